"""The change head: it learns from pairs, is calibrated on worlds kept aside, and runs the same without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from geoglot.data.readers import Labelled
from geoglot.models.nano import slots
from geoglot.models.nano.events import KINDS, LASTING
from geoglot.models.nano.weights import CHANGE
from geoglot.nets.change import ChangeHead, Comparing
from geoglot.nets.eye import Eye
from geoglot.nets.judge import SIDE, Judge, in_parts
from geoglot.sensors import Unit
from geoglot.simulate import SimulatedScene
from geoglot.simulate.change import CHANGES, SimulatedPair
from geoglot.simulate.truth import SimObject
from geoglot.train import augment, change, compare, judge, pairs
from geoglot.train.change import Compared

FLOOD, BURN, OTHER = (KINDS.index(name) for name in ("flood", "burn", "other"))
RGB = torch.tensor([1.0, 0.0, 0.0, 0.0])


def toy(count: int, seed: int) -> list[Compared]:
    """Pairs under another light at the second date; a quarter show a flood, which darkens, a quarter a fire."""
    torch.manual_seed(seed)
    return [one_toy(kind) for kind in [0, FLOOD, 0, BURN] * (count // 4)]


def one_toy(kind: int) -> Compared:
    before, old = torch.randn(64, 12, 12), torch.randn(3, 48, 48)
    share = torch.zeros(len(KINDS), 12, 12)
    if kind:
        row, column = torch.randint(0, 8, (2,)).tolist()
        share[kind, row : row + 4, column : column + 4] = 1.0
    share[0] = 1 - share.sum(dim=0)
    changed = 1 - share[:1]
    after = before * 1.2 + 0.1 + changed * torch.randn(64, 1, 1).abs()
    new = old - 2 * torch.kron(share[FLOOD], torch.ones(4, 4)) + 2 * torch.kron(share[BURN], torch.ones(4, 4))
    known = torch.ones(12, 12) > 0
    return Compared(before.half(), after.half(), old.half(), new.half(), (0, 1, 2), RGB, share, known)


def test_pairs_some_years_apart_mark_what_shows_and_leave_the_rest_open(tmp_path: Path) -> None:
    packed = pairs.pack_years(tmp_path / "pairs-years", count=2, seed=11)
    assert packed.slots == ("blue", "green", "red", "nir", "swir16", "swir22")
    assert packed.change.shape == (2, pairs.YEARS_PX, pairs.YEARS_PX)
    assert set(np.unique(packed.change)) <= {0, pairs.OTHER, pairs.UNKNOWN}
    assert (packed.change == pairs.OTHER).any()
    assert (packed.change == 0).mean() > 0.2


@pytest.fixture(scope="module")
def head() -> ChangeHead:
    return change.fit([toy(48, 0)], steps=90)


@pytest.fixture(scope="module")
def told() -> Judge:
    rng = np.random.default_rng(0)
    return judge.fit([[one for seen in toy(48, 0) for one in judge.glimpses(seen, rng)]], steps=120)


def test_a_head_finds_changes_that_light_does_not_explain_and_tells_whether_there_are_any(
    head: ChangeHead, told: Judge
) -> None:
    lines = change.fit_lines(head, told, toy(24, 2))
    found = change.scores(Comparing(head, told, lines, LASTING), toy(24, 1))
    assert found["F1"] > 0.8
    assert found["F1"] > found["all changed"] + 0.3
    assert found["flag"] > 0.9 > found["majority"]


def test_a_head_tells_a_flood_from_a_fire(head: ChangeHead) -> None:
    for seen in toy(12, 3):
        kind = int(seen.share[1:].sum(dim=(1, 2)).argmax()) + 1
        if seen.happened[0]:
            said = change.said_of(head, seen)[:, seen.share[kind] == 1].mean(dim=1)
            assert int(said[1:].argmax()) + 1 == kind


def test_cells_that_are_not_known_teach_nothing(head: ChangeHead) -> None:
    silent = replace(toy(4, 2)[1], known=torch.zeros(12, 12) > 0)
    head.zero_grad()
    change._loss(head, silent, np.random.default_rng(0)).backward()  # type: ignore[no-untyped-call]
    assert all(float(p.grad.abs().max()) < 1e-6 for p in head.parameters() if p.grad is not None)


def test_dates_change_places_only_where_what_happened_can_be_undone() -> None:
    fire, rng = one_toy(BURN), np.random.default_rng(0)
    assert all(float(change._view(fire, rng)[1][BURN].sum()) == 16 for _ in range(8))
    water = one_toy(FLOOD)
    seen = {int(change._view(water, rng)[1][1:].sum(dim=(1, 2)).argmax()) + 1 for _ in range(16)}
    assert seen == {FLOOD, KINDS.index("flood receded")}


def test_the_graph_says_what_torch_says_at_any_size(head: ChangeHead, told: Judge, tmp_path: Path) -> None:
    runtime = Comparing(head, told, torch.arange(24.0).reshape(4, 2, 3) / 16, LASTING)
    change.write_onnx(runtime, tmp_path / "events.onnx")
    assert (tmp_path / "events.onnx").stat().st_size < 1_000_000
    session = ort.InferenceSession(tmp_path / "events.onnx", providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    sides = [rng.standard_normal((1, 64, 10, 14)).astype(np.float32) for _ in range(2)]
    sides += [rng.standard_normal((1, 9, 40, 56)).astype(np.float32) for _ in range(2)]
    for present in np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)[:, None]:
        given = dict(zip(("before", "after", "old", "new", "present"), (*sides, present), strict=True))
        cells, flags = session.run(["cells", "flags"], given)
        with torch.no_grad():
            expected = runtime(*(torch.from_numpy(one) for one in given.values()))
        assert cells == pytest.approx(expected[0].numpy(), abs=1e-4)
        assert flags == pytest.approx(expected[1].numpy(), abs=1e-4)


def test_flags_go_by_the_lines_of_their_modality(head: ChangeHead, told: Judge) -> None:
    lines = torch.zeros(4, 2, 3)
    lines[:, :, 2] = torch.tensor([[-3.0, -4.0], [-1.0, -2.0], [1.0, 2.0], [3.0, 4.0]])
    features, pictures = torch.zeros(2, 1, 64, 4, 4), torch.zeros(2, 1, 9, 16, 16)
    found = {}
    for name, present in {"rgb": RGB, "multi": [1, 1, 0, 0], "sar": [0, 0, 1, 0], "thermal": [0, 0, 0, 1]}.items():
        flags = Comparing(head, told, lines, LASTING)(*features, *pictures, torch.as_tensor(present).float()[None])[1]
        found[name] = torch.logit(flags[0, :2]).tolist()
    expected = {"rgb": [-3, -4], "multi": [-1, -2], "sar": [1, 2], "thermal": [3, 4]}
    assert found == {name: pytest.approx(line, abs=1e-3) for name, line in expected.items()}


def test_whole_worlds_are_kept_aside() -> None:
    kinds = ("flood",) * 150
    learnt, aside = change.held_out(
        pairs.Pairs("x", (), np.zeros(0, np.uint8), np.zeros(0, np.uint8), kinds, (1.0,) * 150)
    )
    assert aside == list(range(100, 125))
    assert sorted(learnt + aside) == list(range(150))


def test_landsat_pairs_are_cut_to_squares_that_reach_every_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = np.full((300, 400), 255, np.uint8)
    marks[299, 399] = 1
    shape = (6, *marks.shape)
    bands = ("blue", "green", "red", "nir", "swir16", "swir22")
    dates = [
        Labelled("a/t1", "train", bands, np.full(shape, 50, np.uint8), Unit.DN, 30.0),
        Labelled("a/t2", "train", bands, np.full(shape, 60, np.uint8), Unit.DN, 30.0, cover=marks,
                 cover_classes=("unchanged", "changed")),
    ]  # fmt: skip
    source = pairs.reader("landsat_change")
    monkeypatch.setattr(pairs, "reader", lambda _name: type(source)(card=source.card, read=lambda _folder: iter(dates)))
    packed = pairs.pack_landsat(tmp_path / "pairs", tmp_path, split="train")
    assert packed.levels.shape == (6, 2, 6, 256, 256)
    assert packed.change[-1, 255, 255] == pairs.OTHER
    assert (packed.change[0] == 255).all()
    assert pairs.read(tmp_path / "pairs").slots == bands
    assert packed.gsd_m == (30.0,) * 6


def test_simulated_pairs_tell_what_happened_and_how_large_their_pixels_are(tmp_path: Path) -> None:
    packed = pairs.pack_simulated(tmp_path / "pairs-thermal", sensor="thermal", count=2, seed=11)
    assert packed.levels.shape == (2, 2, 1, pairs.SIZE_PX, pairs.SIZE_PX)
    assert packed.change.max() < len(KINDS)
    assert all(0.2 <= gsd_m <= 8.0 for gsd_m in packed.gsd_m)  # twice the usual: as much ground as 256 pixels show
    assert packed.kinds[0] in pairs.QUIET


def test_every_simulated_change_has_its_kind() -> None:
    house = thing("house", 1, 0, len(CHANGES))
    scene = pair_of(np.arange(len(CHANGES), dtype=np.uint8)[None], before=[replace(house, id=2)], after=[house])
    named = pairs.kinds_of(scene)[0].tolist()
    assert [KINDS[kind] for kind in named] == [*CHANGES[:-2], "moved", "moved"]


def thing(label: str, key: int, left: float, right: float) -> SimObject:
    """One that stands from `left` to `right` in an image of one row."""
    outline = ((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0))
    middle = ((left + right) / 2, 0.5, right - left, 1.0, 0.0)
    return SimObject(key, label, (left, 0, right, 1), middle, 1.0, outline, 1, 1, 1, "", "", "", "", False, 0.0)


def pair_of(
    marks: NDArray[np.uint8], *, before: Sequence[SimObject] = (), after: Sequence[SimObject] = ()
) -> SimulatedPair:
    cover, faint = np.zeros(marks.shape, np.uint8), np.zeros((0, 4))
    views = [
        SimulatedScene(
            np.zeros((1, *marks.shape), np.float32), "optical", ("red",), 1.0, cover, tuple(things), faint, "", False,
            0.0, 0.0, 0, 0.0, 0.0, 0.5,
        )
        for things in (before, after)
    ]  # fmt: skip
    return SimulatedPair(views[0], views[1], "construction", marks, (0.0, 0.0))


def test_a_building_came_and_of_its_lot_something_else_became() -> None:
    lot = np.full((1, 24), CHANGES.index("construction"), np.uint8)
    stood, came, tree = thing("house", 1, 0, 4), thing("house", 2, 8, 16), thing("tree", 3, 18, 22)
    both = {"construction": ([stood], [stood, came, tree]), "demolition": ([stood, came, tree], [stood])}
    for name, (before, after) in both.items():
        happened = np.full_like(lot, CHANGES.index(name))
        marks = pairs.kinds_of(pair_of(happened, before=before, after=after))[0]
        named = set((marks == KINDS.index(name)).nonzero()[0].tolist())
        assert set(range(9, 15)) <= named <= set(range(7, 17))  # to the pixel
        assert (marks[sorted(set(range(24)) - named)] == pairs.OTHER).all()


def test_in_radar_a_building_leans_over_its_lot() -> None:
    lot = np.full((1, 24), CHANGES.index("construction"), np.uint8)
    came = pair_of(lot, after=[thing("house", 2, 8, 16)])
    leaning = replace(came, before=replace(came.before, sensor="sar"))
    assert (pairs.kinds_of(leaning) == KINDS.index("construction")).all()


def test_what_is_named_beside_the_rest_of_a_change_leaves_no_doubt_of_the_other_kinds() -> None:
    lot = torch.zeros(len(KINDS))
    lot[0], lot[OTHER], lot[FLOOD] = 0.5, 0.3, 0.2
    told = change.told(lot, 1.0)
    assert told[[0, FLOOD, BURN]].tolist() == [1, 1, 0]
    assert told[OTHER].isnan()


def test_closed_clouds_hide_the_ground_and_say_nothing_of_change(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = []
    for rng in map(np.random.default_rng, range(20)):
        planes = {name: np.kron(rng.random((16, 16)), np.ones((4, 4))).astype(np.float32) for name in ("red", "swir16")}
        thick = change.closed(planes, rng)
        shares.append(float((thick > change.OPAQUE).mean()))
        assert all(plane.shape == thick.shape for plane in planes.values())
    assert np.mean(shares) > 0.9
    monkeypatch.setattr(change, "CLOSED", 1.0)
    levels, burnt = np.full((1, 2, 3, 64, 64), 90, np.uint8), np.full((1, 64, 64), BURN, np.uint8)
    own = pairs.Pairs("x", ("red", "green", "blue"), levels, burnt, ("burn",), (0.35,))
    seen = change.compared(Eye(8).eval(), own, 0, np.random.default_rng(0), clouded=True)
    assert float(seen.share[BURN].mean()) < 0.3


def test_a_displaced_pair_shows_the_same_ground_a_little_beside_with_its_changes_where_the_first_date_has_them() -> (
    None
):
    marks = np.random.default_rng(0).integers(0, len(KINDS), (2, 32, 40), np.uint8)
    levels = np.stack([np.stack([one, one])[:, None] for one in marks])  # both dates show the marks themselves
    own = pairs.Pairs("x", ("thermal",), levels, marks, ("season", "burn"), (0.35, 0.7))
    seen = set()
    for rng in map(np.random.default_rng, range(40)):
        moved = change.displaced(own, 1, rng)
        assert (moved.kinds, moved.gsd_m) == (("burn",), (0.7,))
        assert (moved.levels[0, 0, 0] == moved.change[0]).all()
        rows, columns = moved.change.shape[1:]
        assert (rows, columns) == (32 - change.BESIDE_PX, 40 - change.BESIDE_PX)
        corners = [
            [
                (row, column)
                for row in range(change.BESIDE_PX + 1)
                for column in range(change.BESIDE_PX + 1)
                if (date == marks[1][row : row + rows, column : column + columns]).all()
            ]
            for date in moved.levels[0, :, 0]
        ]
        assert [len(each) for each in corners] == [1, 1]
        seen.add((corners[0][0][0] - corners[1][0][0], corners[0][0][1] - corners[1][0][1]))
    assert len(seen) > 12
    assert {abs(by) for both in seen for by in both} == set(range(change.BESIDE_PX + 1))


def test_what_cannot_be_seen_is_neither_yes_nor_no() -> None:
    hidden = replace(one_toy(0), known=torch.arange(144).reshape(12, 12) > 20)
    assert np.isnan(hidden.happened).all()
    shown = one_toy(FLOOD)
    assert shown.happened[[0, FLOOD, BURN]].tolist() == [1, 1, 0]
    few = replace(shown, known=torch.arange(144).reshape(12, 12) != 143)
    assert few.happened[BURN] == 0  # a cell is no event


def test_lines_and_scores_leave_out_what_nobody_can_tell() -> None:
    torch.manual_seed(0)
    head, told = change.untaught().eval(), judge.untaught().eval()
    pairs_seen = toy(16, 5)
    hidden = [replace(one, known=torch.zeros(12, 12) > 0) for one in toy(8, 6)]
    lines = change.fit_lines(head, told, pairs_seen)
    assert torch.equal(change.fit_lines(head, told, [*pairs_seen, *hidden]), lines)
    runtime = Comparing(head, told, lines, LASTING)
    plain, more = (change.scores(runtime, part) for part in (pairs_seen, [*pairs_seen, *hidden]))
    assert (plain["flag"], plain["majority"]) == (more["flag"], more["majority"])
    assert (more["pairs"], more["pairs whose truth can be seen"]) == (24, 16)


def test_a_pair_is_seen_at_the_size_at_which_users_pairs_are() -> None:
    levels, change_px = np.full((1, 2, 1, 64, 64), 90, np.uint8), np.zeros((1, 64, 64), np.uint8)
    change_px[0, 32:, :] = KINDS.index("burn")
    own = pairs.Pairs("x", ("thermal",), levels, change_px, ("burn",), (0.525,))
    seen = change.compared(Eye(8).eval(), own, 0, np.random.default_rng(0))
    assert seen.before.shape == (64, 24, 24)  # enlarged by a half, four pixels a cell
    assert seen.old.shape == (1, 96, 96)
    assert seen.share[KINDS.index("burn"), :12].sum() == 0
    assert bool((seen.share[KINDS.index("burn"), 12:] == 1).all())
    assert seen.happened.tolist() == [name in ("none", "burn") for name in KINDS]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (40, 24), (7, 33)])
def test_parts_are_means_over_equal_areas_whatever_the_size(height: int, width: int) -> None:
    torch.manual_seed(0)
    dense, picture = torch.rand(2, 1, 64, height, width), torch.rand(2, 1, 9, 4 * height, 4 * width)
    parts = in_parts(dense[0], dense[1], picture[0], picture[1])
    assert parts.overview().shape == (1, 6 * 64 + 7 * 9, SIDE, SIDE)
    assert float(parts.before.mean()) == pytest.approx(float(dense[0].mean()), abs=1e-5)
    if height % SIDE == width % SIDE == 0:
        assert torch.allclose(parts.after, torch.nn.functional.adaptive_avg_pool2d(dense[1], SIDE), atol=1e-5)


def test_a_cut_beside_the_flood_is_a_pair_in_which_nothing_happened() -> None:
    seen = one_toy(FLOOD)
    seen.share.zero_()
    seen.share[0] = 1
    seen.share[FLOOD, :4, :4], seen.share[0, :4, :4] = 1, 0
    whole = judge.glimpse(seen, (slice(0, 12), slice(0, 12)))
    assert [KINDS[kind] for kind in np.flatnonzero(whole.happened.numpy())] == ["none", "flood"]
    assert not judge.glimpse(seen, (slice(4, 12), slice(0, 12))).happened.any()


def test_what_nobody_knows_is_not_judged() -> None:
    seen = replace(one_toy(0), known=torch.arange(144).reshape(12, 12) > 70)
    assert judge.glimpse(seen, (slice(0, 12), slice(0, 12))).happened.isnan().all()
    seen.share[KINDS.index("other")], seen.share[0] = 1, 0
    told = judge.glimpse(seen, (slice(0, 12), slice(0, 12))).happened
    assert float(told[0]) == 1.0
    assert told[1:].isnan().all()  # "other" has no name: it may be a fire


def test_a_flood_is_one_that_recedes_when_the_dates_change_places_and_a_fire_stays_one() -> None:
    rng = np.random.default_rng(0)
    whole = slice(0, 12), slice(0, 12)
    for kind, names in ((FLOOD, {"flood", "flood receded"}), (BURN, {"burn"})):
        one = judge.glimpse(one_toy(kind), whole)
        seen = [judge.changed(one, rng).happened for _ in range(16)]
        assert {KINDS[int(told[1:].argmax()) + 1] for told in seen} == names
        assert all(float(told[0]) == 1 for told in seen)


def test_under_a_cloud_nothing_is_known_to_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(planes: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
        del rng
        thick = np.zeros((64, 64), np.float32)
        thick[:, :32] = 1
        for plane in planes.values():
            plane[:, :32] = 1
        return thick

    monkeypatch.setattr(augment, "overcast", half)
    monkeypatch.setattr(change, "CLOSED", 0.0)
    levels, burnt = np.full((1, 2, 3, 64, 64), 90, np.uint8), np.full((1, 64, 64), BURN, np.uint8)
    own = pairs.Pairs("x", ("red", "green", "blue"), levels, burnt, ("burn",), (0.35,))
    seen = change.compared(Eye(8).eval(), own, 0, np.random.default_rng(0), clouded=True)
    assert bool((seen.share[BURN, :, :8] == 0).all())
    assert bool((seen.share[BURN, :, 8:] == 1).all())
    assert float((seen.before - seen.after).abs().max()) > 0


def test_radar_is_shifted_as_far_as_in_the_lessons_of_the_eye() -> None:
    levels = np.full((1, 2, 1, 32, 32), 128, np.uint8)
    own = pairs.Pairs("x", ("co",), levels, np.zeros((1, 32, 32), np.uint8), ("season",), (0.35,))
    levels_of = [
        float(change._shown(change._planes(levels[0, 0], own.slots), (32, 32), rng)[0][slots.SLOTS.index("co")].mean())
        for rng in map(np.random.default_rng, range(200))
    ]
    low, high = (4 * shift_db / 30 for shift_db in augment.SHIFT_DB)
    assert high - low - 0.1 < max(levels_of) - min(levels_of) <= high - low + 1e-3


def test_packaging_writes_the_graph_and_scores_what_was_kept_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for name in ("pairs-thermal", "pairs-nanjing"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "levels.npy", rng.integers(1, 255, (10, 2, 1, 32, 32), np.uint8))
        np.save(tmp_path / name / "change.npy", np.full((10, 32, 32), pairs.OTHER, np.uint8))
        meta = {"slots": ["thermal"], "kinds": ["flood"] * 10, "gsd_m": [0.2] * 10}
        (tmp_path / name / "truth.json").write_text(json.dumps(meta), encoding="utf-8")
    learnt = []
    monkeypatch.setattr(change, "A_WORLD", 1)
    monkeypatch.setattr(change, "fit", lambda parts: learnt.extend(parts) or change.untaught().eval())
    monkeypatch.setattr(judge, "fit", lambda sets: learnt.extend(sets) or judge.untaught().eval())
    assert compare.compare(Eye(8), tmp_path / "pairs-thermal", tmp_path) == {}
    found = compare.compare(Eye(8), tmp_path, tmp_path)
    assert [len(part) for part in learnt] == [8 * (1 + judge.CUTS)] * 2 + [8, 8]
    assert (tmp_path / CHANGE).is_file()
    assert {name: each["pairs"] for name, each in found.items()} == {"pairs-nanjing": 10, "pairs-thermal": 2}


def test_a_head_that_goes_on_stays_half_way_to_where_it_began(tmp_path: Path) -> None:
    torch.manual_seed(0)
    begun, ended = change.untaught(), change.untaught()
    torch.save(begun.state_dict(), tmp_path / "change.pt")
    mean = (begun.out.weight + ended.out.weight) / 2
    assert torch.allclose(compare._midway(tmp_path / "change.pt", ended).out.weight, mean)


def test_what_tells_changes_is_entered_into_the_packaged_eye(tmp_path: Path) -> None:
    (tmp_path / CHANGE).write_bytes(b"graph")
    (tmp_path / "nano.json").write_text(json.dumps({"files": {"eye.onnx": "1"}, "trained_on": ["terramesh"]}))
    (tmp_path / "scores.json").write_text(json.dumps({"ucm": 1, "change": 2}))
    for _ in range(2):
        compare.add(tmp_path, {"pairs-nanjing": {"F1": 0.5}})
    manifest = json.loads((tmp_path / "nano.json").read_text())
    assert manifest["files"] == {"eye.onnx": "1", CHANGE: hashlib.sha256(b"graph").hexdigest()}
    assert manifest["trained_on"] == ["landsat_change", "terramesh"]
    assert json.loads((tmp_path / "scores.json").read_text()) == {"ucm": 1, "change": {"pairs-nanjing": {"F1": 0.5}}}
