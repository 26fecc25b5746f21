"""The row of change: pairs without calibration, blocks that share out the marks, a network that finds what changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.data.readers import Labelled, reader
from geoglot.data.readers.landsat_change import CHANGE
from geoglot.sensors import Unit as PixelUnit
from geoglot.train.recipes.transfer import change, dated, plan, score, table, twin
from geoglot.train.recipes.transfer.dated import CHANGED, UNCHANGED, UNKNOWN, Dated
from geoglot.train.recipes.transfer.fit import Course, follow
from geoglot.train.recipes.transfer.plan import BOTH, EVERYWHERE, MIXED, REAL, ROWS, SIMULATED, THRESHOLD, Run

(ROW,) = (row for row in ROWS if row.dates == 2)
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")


def made(seed: int, side_px: int = 40) -> Dated:
    """Two noisy dates, the second brighter as a whole; one square changed, a strip of marks is unknown."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(0.0, 1.0, (6, side_px, side_px))
    after = 1.3 * ground + 0.5 + 0.1 * rng.normal(size=ground.shape)
    marks = np.zeros((side_px, side_px), np.uint8)
    row, column = rng.integers(0, side_px - 15, 2)
    after[:, row : row + 12, column : column + 12] = rng.normal(3.0, 0.5, (6, 12, 12)) * ([[[1]], [[-1]]] * 3)
    marks[row : row + 12, column : column + 12] = CHANGED
    marks[-3:] = UNKNOWN
    return Dated(dated.levelled(ground, after), marks)


def course(steps: int) -> Course:
    return Course(steps, views=4, size_px=16, seed=1)


def test_gain_and_offset_of_a_whole_picture_are_gone() -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(80.0, 9.0, (6, 30, 30))
    one, other = dated.levelled(picture, 2.5 * picture + 11.0)
    assert one == pytest.approx(other, abs=1e-5)
    assert one.mean() == pytest.approx(0.0, abs=1e-5)
    assert one.std(axis=(1, 2)) == pytest.approx(1.0, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 70), st.integers(7, 40))
def test_blocks_share_out_every_mark_once(side_px: int, block_px: int) -> None:
    marks = np.full((side_px, side_px), UNKNOWN, np.uint8)
    marks.flat[::37] = CHANGED
    cut = dated.blocks(Dated(np.zeros((2, 6, side_px, side_px), np.float32), marks), block_px)
    assert sum((one.marks != UNKNOWN).sum() for one in cut) == (marks != UNKNOWN).sum()
    assert all((one.marks != UNKNOWN).any() and one.values.shape[2:] == one.marks.shape for one in cut)


def test_larger_parts_hold_the_smaller_ones() -> None:
    pairs = [made(seed) for seed in range(16)]
    parts = [{id(one) for one in dated.part_of(pairs, fraction, 1)} for fraction in (0.1, 0.3, 1.0)]
    assert parts[0] < parts[1] < parts[2]
    assert [len(part) for part in parts] == [2, 5, 16]


def test_views_hold_marked_pixels_of_both_kinds_and_keep_dates_with_their_marks() -> None:
    pair = made(1)
    seen = dated.views([pair], np.random.default_rng(0), count=200, size_px=16)
    assert seen.before.shape == seen.after.shape == (200, 6, 16, 16)
    assert all((one != UNKNOWN).any() for one in seen.marks)
    apart = (seen.before - seen.after).abs().mean(dim=1)
    assert float(apart[seen.marks == CHANGED].mean()) > 2 * float(apart[seen.marks == UNCHANGED].mean())
    changed = (seen.marks == CHANGED).float()
    assert float(changed.mean()) > 2 * (pair.marks == CHANGED).mean()  # half of the views are about a changed pixel
    assert 0.5 < float(changed.flatten(1).amax(dim=1).mean()) < 0.9


def test_the_order_of_the_dates_does_not_matter() -> None:
    net, seen = twin.Twin().eval(), dated.views([made(1)], np.random.default_rng(0), count=2, size_px=16)
    assert torch.equal(net(seen.before, seen.after), net(seen.after, seen.before))


def test_pixels_without_a_mark_teach_nothing() -> None:
    net, seen = twin.Twin(), dated.views([made(1)], np.random.default_rng(0), count=2, size_px=16)
    loss = twin.loss(net, seen)
    spoiled = seen.after.clone()
    far = torch.nn.functional.max_pool2d((seen.marks != UNKNOWN).float()[:, None], 7, 1, 3) == 0
    spoiled[far.expand_as(spoiled)] = 99.0
    assert torch.equal(loss, twin.loss(net, dated.Views(seen.before, spoiled, seen.marks)))


def test_a_network_that_learned_changes_beats_the_rule_that_all_has_changed() -> None:
    torch.set_num_threads(1)
    parts = [[made(seed) for seed in range(6)]]
    (net,) = follow(twin.study(parts, course(40)), course(40), [None])
    unseen = [made(seed) for seed in (20, 21)]
    learned = score.value(twin.tested(net, unseen), scene=False)
    assert learned > 0.8
    assert learned > score.value(twin.told(unseen, twin.everywhere), scene=False) + 0.3


def test_a_unit_holds_the_marked_pixels_of_its_block() -> None:
    one = made(3)
    (unit,) = twin.told([one], twin.length)
    assert len(unit.scores) == len(unit.hits) == (one.marks != UNKNOWN).sum()
    assert unit.truths == sum(unit.hits) == 144
    (all_of_it,) = twin.told([one], twin.everywhere)
    assert set(all_of_it.scores) == {1.0}


def test_the_row_trains_on_one_town_and_is_told_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    pictures = []
    for town, split in (("one", "train"), ("two", "test")):
        pair = made(len(town), 120)
        marks = np.where(pair.marks == UNKNOWN, 255, pair.marks).astype(np.uint8)
        before, after = pair.values
        pictures += [
            Labelled(f"{town}/t1", split, BANDS, before, PixelUnit.DN, 30.0),
            Labelled(f"{town}/t2", split, BANDS, after, PixelUnit.DN, 30.0, cover=marks, cover_classes=CHANGE),
        ]
    source = reader("landsat_change")
    monkeypatch.setattr(dated, "reader", lambda _name: type(source)(card=source.card, read=lambda _at: iter(pictures)))
    monkeypatch.setattr(dated, "_rendered", made)
    monkeypatch.setattr(dated, "COUNT", 3)
    monkeypatch.setattr(change, "STEPS", 2)
    row = replace(ROW, steps=2, views=2, size_px=16)
    for arms in ((SIMULATED,), (REAL, BOTH), (MIXED,), (THRESHOLD,), (EVERYWHERE,)):
        lot = [Run(row, arm, 0.0 if arm in (SIMULATED, THRESHOLD, EVERYWHERE) else 0.3, 1) for arm in arms]
        told = change.scored(lot, data=tmp_path, out=tmp_path)
        assert [len(units) for units in told] == [4] * len(arms)
        assert sum(unit.truths for unit in told[0]) == 144
    assert (tmp_path / "nets" / "simulated years.pt").exists()


def test_simulated_pairs_are_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []

    def render(index: int) -> Dated:
        rendered.append(index)
        return made(index)

    monkeypatch.setattr(dated, "COUNT", 2)
    monkeypatch.setattr(dated, "_rendered", render)
    first, second = (dated.simulated(tmp_path / "years") for _ in range(2))
    assert rendered == [0, 1]
    assert all(np.array_equal(one.marks, other.marks) for one, other in zip(first, second, strict=True))


def test_rules_stand_in_the_plan_and_beside_the_table() -> None:
    rules = [run for run in plan.runs() if run.arm in (THRESHOLD, EVERYWHERE)]
    assert {run.row.name for run in rules} == {ROW.name}
    pairs = [made(seed) for seed in range(4)]
    units = {run.id: twin.told(pairs, twin.RULES[run.arm]) for run in rules}
    units |= {Run(ROW, SIMULATED, 0.0, 1).id: twin.told(pairs, twin.length)}
    assert "| threshold on the spectral change |" in table.markdown(units)
