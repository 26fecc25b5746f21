"""Trials are long jobs: what is done is kept, seeds are whole, and their numbers are what a plain count gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from geoglot.regions import Box, codecs
from geoglot.simulate.conversations.words import plural
from geoglot.train.text.loop import Ended
from geoglot.train.text.views import Talk
from tests.bench.trials import levels, members, named, plain, plain_several
from tests.bench.trials.altered import altered
from tests.bench.trials.intervals import Interval, mean, verdict
from tests.bench.trials.judging import parses
from tests.bench.trials.ledgers import Size, Sums, Trial, Unit, cost, found, run, units
from tests.bench.trials.precision import average_precision, precision_difference
from tests.bench.trials.ranking import precision_sums
from tests.bench.trials.verdicts import CHECKS, rows

RNG = np.random.default_rng(0)
SMALL = Size("small", 100)


@dataclass(frozen=True, slots=True, eq=False)
class Toy(Trial[Size]):
    """Two variants, of which one is right one time more often; remembers what it was asked to learn."""

    name: str = "toy"
    size: Size = SMALL
    learned: list[str] = field(default_factory=list)

    def variants(self) -> Sequence[str]:
        return ("plain", "better")

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        self.learned.append(unit.name)
        right = np.array([1.0, 2.0, 3.0]) + (unit.variant == "better")
        return {"accuracy": np.stack([right, np.full(3, 5.0)])}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        return {name: str(one["accuracy"].shape) for name, one in found.items()}


def test_a_run_that_is_cut_short_goes_on_with_the_next_training(tmp_path: Path) -> None:
    first, second = Toy(), Toy()
    run(first, tmp_path, seeds=1)
    ledger = run(second, tmp_path, seeds=2)
    assert first.learned == ["plain 0", "better 0"]
    assert second.learned == ["plain 1", "better 1"]
    assert second.table(found(second, ledger, 2)) == {"plain": "(2, 2, 3)", "better": "(2, 2, 3)"}


def test_another_size_begins_anew_and_leaves_the_first_as_it_is(tmp_path: Path) -> None:
    large, small = Toy(size=Size("full", 900)), Toy()
    assert (large.shortened(5).steps, large.shortened(None).steps) == (5, 900)
    for toy in (small, large, Toy(), Toy(size=Size("full", 900))):
        run(toy, tmp_path, seeds=1)
    assert small.learned == large.learned == ["plain 0", "better 0"]
    assert len(small.ledger(tmp_path)) == len(large.ledger(tmp_path)) == 2


def test_only_seeds_that_every_variant_has_are_told(tmp_path: Path) -> None:
    toy = Toy()
    ledger = run(toy, tmp_path, seeds=2, until_s=0.0)
    assert found(toy, ledger, 2) == {}
    ledger.add(units(toy, 2)[0].name, {"cpu_s": 1.0, "sums": {"accuracy": [[1.0], [1.0]]}})
    assert found(toy, ledger, 2) == {}


def test_a_cost_is_told_without_training_to_the_end_or_from_what_trainings_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy, clock = Toy(), iter([0.0, 7.0, 10.0, 27.0])  # 2 s once, 1 s a step: of 5 and of 15 steps
    with monkeypatch.context() as timed:
        timed.setattr("time.process_time", lambda: next(clock))
        assert cost(toy, toy.ledger(tmp_path), seeds=3) == pytest.approx(6 * (2 + toy.size.steps) / 3600)
    assert toy.learned == ["plain 0"] * 3
    toy.ledger(tmp_path).add("plain 0", {"cpu_s": 600.0, "sums": {}})
    assert cost(toy, toy.ledger(tmp_path), seeds=3) == 1.0


def test_scenes_that_were_not_asked_do_not_spoil_an_interval() -> None:
    sums = np.zeros((1, 2, 4))
    sums[0, :, 0] = 1.0
    told = mean(sums)
    assert (told.value, told.low, told.high) == (100, 100, 100)


@pytest.mark.parametrize(
    ("text", "read"),
    [('ship {"hbox_2d": [<1>, <2>, <30>, <40>]}', True), ("none", True), ("ship <seg>a *3</seg>", False),
     ("seven of them, somewhere", False), ('{"hbox_2d": [<1>, <2>]}', False)],
)  # fmt: skip
def test_a_reply_counts_as_parsed_only_where_its_task_reads_it(text: str, read: bool) -> None:
    assert parses(text, "detect", codecs.get("geoglot-tokens"), (64, 64)) == read


def test_average_precision_by_hand() -> None:
    truth, logits = np.array([1, 0, 1, 0], np.float32), np.array([4.0, 3.0, 2.0, 1.0])
    assert average_precision(truth, logits) == pytest.approx(100 * (1 + 2 / 3) / 2)
    twice = average_precision(truth, logits, np.array([1.0, 0.0, 1.0, 1.0]))
    assert twice == pytest.approx(100)


def test_u_7_boxes_are_ranked_over_all_scenes_and_surer_ones_choose_first() -> None:
    near, far = Box(0, 0, 10, 10), Box(20, 20, 30, 30)

    def sure(box: Box, score: float) -> Box:
        return replace(box, score=score)

    answers = [
        (4, (sure(near, 0.9), sure(near, 0.8), sure(far, 0.3)), (near, far)),  # found, found twice, found late
        (7, (sure(far, 0.5),), ()),  # nothing is there
        (9, (), (near,)),  # missed
    ]
    found = list(precision_sums(answers))
    assert found == [(4, pytest.approx(1 / 1 + 2 / 4), 2.0), (7, 0.0, 0.0), (9, 0.0, 1.0)]
    assert list(precision_sums([(0, (), (near,))])) == [(0, 0.0, 1.0)]


def test_scenes_drawn_again_give_what_sorting_their_patches_anew_gives() -> None:
    truth = (RNG.random((80, 20)) < 0.3).astype(np.float32)
    one, other = RNG.normal(size=(2, 2, 1600))
    scene = np.repeat(np.arange(40), 2)
    told = precision_difference(truth, one, other, scene, resamples=50)
    drawn_rng = np.random.default_rng(0)
    again = []
    for _ in range(50):
        rows_ = np.concatenate([np.flatnonzero(scene == name) for name in drawn_rng.integers(0, 40, 40)])
        each = [
            np.mean([average_precision(truth[rows_].ravel(), a.reshape(80, 20)[rows_].ravel()) for a in side])
            for side in (one, other)
        ]
        again.append(each[0] - each[1])
    assert (told.low, told.high) == pytest.approx(tuple(np.quantile(again, (0.025, 0.975))), abs=0.3)
    plain = [np.mean([average_precision(truth.ravel(), a) for a in side]) for side in (one, other)]
    assert told.value == pytest.approx(plain[0] - plain[1])


def test_a_mark_is_met_only_where_the_interval_is_clear_of_nought() -> None:
    sums = {
        "boxes in tokens": {"ground, P@0.5": np.tile([[[3.0] * 40, [4.0] * 40]], (2, 1, 1))},
        "boxes in digits": {"ground, P@0.5": np.tile([[[2.0] * 40, [4.0] * 40]], (2, 1, 1))},
    }
    told = rows(sums, "small")
    assert told["EO-5: ground, P@0.5, boxes in tokens - boxes in digits"] == "+25.00 [+25.00, +25.00], met, small"
    assert verdict(Interval(2.0, -0.1, 4.0), size="full", least=1.0).endswith("4.00], not met")
    assert verdict(Interval(0.5, -0.1, 4.0), size="full", least=1.0, falls=True, clear=False).endswith("], met")


def test_two_measures_of_one_variant_are_compared_scene_by_scene() -> None:
    sums = {"several frames": {"way": np.ones((1, 2, 9)), "way, shuffled": np.stack([[np.zeros(9), np.ones(9)]])}}
    told = rows(sums, "small")
    assert told["EO-15: way, shuffled, several frames - way"] == "-100.00 [-100.00, -100.00], met, small"


def test_what_a_blind_member_keeps_is_no_verdict() -> None:
    half = np.stack([[np.tile([0.0, 1.0], 20), np.ones(40)]])
    sums = {"any date": half, "any date, order exchanged": half, "blind: any date": half}
    (told,) = rows({"several frames": sums}, "small").values()
    assert told == "+0.00 [+0.00, +0.00], no verdict: not above blind"
    seen = sums | {"blind: any date": np.stack([[np.zeros(40), np.ones(40)]])}
    (told,) = rows({"several frames": seen}, "small").values()
    assert told == "+0.00 [+0.00, +0.00], met, small"


def answers(kind: str, talk: Talk) -> Counter[str]:
    return Counter(one.reply for scene in talk.scenes for one in scene.asked if one.kind == kind)


@pytest.fixture(scope="module")
def several() -> Mapping[str, Talk]:
    return {kind: plain_several.talk(kind, count=400, seed=3) for kind in plain_several.TAKES}


@pytest.mark.parametrize(
    ("talk", "kind"),
    [("dates", "more when"), ("dates", "any date"), ("dates", "images"), ("sensors", "fusion needed"),
     ("sensors", "fusion control"), ("video", "way"), ("video", "still")],
)  # fmt: skip
def test_words_alone_predict_no_answer_about_several_frames(several: Mapping[str, Talk], talk: str, kind: str) -> None:
    counted = answers(kind, several[talk])
    most, least = max(counted.values()), min(counted.values())
    assert len(counted) > 1
    assert most - least < 4 * counted.total() ** 0.5


def test_the_camera_under_cloud_and_the_radar_alone_do_not_tell_what_is_asked(several: Mapping[str, Talk]) -> None:
    camera, _ = several["sensors"].views
    cloudy = np.asarray(camera.pictures, np.float32).std(axis=(1, 2, 3)) < 0.4
    for index, scene in enumerate(several["sensors"].scenes):
        for one in scene.asked:
            hidden = any(label in one.question for label in ("houses", "fields"))
            assert (one.kind == "fusion needed") == (bool(cloudy[index]) or hidden)
            assert not (cloudy[index] and hidden)


def test_altered_scenes_are_asked_what_the_change_is_about(several: Mapping[str, Talk]) -> None:
    marks = dict(altered(several["sensors"]))
    assert list(marks) == [", both", ", radar of another place", ", camera alone", ", radar alone"]
    assert {scene.frames for scene in marks[", camera alone"].scenes} == {(0,)}
    other = marks[", radar of another place"].views[1].pictures
    assert np.array_equal(other[1], several["sensors"].views[1].pictures[0])
    *_, (_, exchanged) = altered(several["dates"])
    for one, before in zip(exchanged.scenes, several["dates"].scenes, strict=True):
        told = [asked.reply for asked in before.asked if asked.kind == "more when"]
        assert one.frames == before.frames[::-1]
        assert [asked.reply for asked in one.asked] == [{"first": "last", "last": "first"}[reply] for reply in told]
    assert not list(altered(plain.talk("optical", count=3, seed=1)))


def test_eo_18_no_held_out_place_is_one_that_was_taught() -> None:
    for sensor in ("optical", "thermal"):
        taught, held = (plain.talk(sensor, count=200, seed=seed) for seed in (1, 2))
        kinds = [{one.views[0].pictures[index].tobytes() for index in range(200)} for one in (taught, held)]
        assert len(kinds[0]) == len(kinds[1]) == 200
        assert not kinds[0] & kinds[1]


def test_plain_scenes_show_what_is_asked_about_them() -> None:
    talk = plain.talk("optical", count=60, seed=4)
    colours = plain.palette("optical")
    for index, scene in enumerate(talk.scenes):
        picture = np.asarray(talk.views[0].pictures[index], np.float32)
        for drawn in scene.drawn:
            if drawn.task == "detect":
                label = next(one for one in plain.CLASSES if f" {plural(one)}?" in drawn.question)
                for region in drawn.regions:
                    box = region.bounds
                    inside = picture[:, round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)].mean(axis=(1, 2))
                    assert np.abs(inside - colours[plain.CLASSES.index(label)]).max() < 0.3
            if drawn.task == "navigate":
                along = [picture[:, round(y), round(x)] for x, y in drawn.regions[0].outline]
                assert np.abs(np.mean(along, axis=0) - colours[plain.ROAD]).max() < 0.8


@pytest.mark.parametrize("kind", named.KINDS)
def test_a_named_answer_ends_as_the_answer_alone_and_names_places_before(kind: str) -> None:
    alone, behind = (named.drawn(kind, count=12, seed=3, named=one) for one in (False, True))
    asked = [
        pair
        for one, other in zip(alone.scenes, behind.scenes, strict=True)
        for pair in zip(one.asked, other.asked, strict=True)
        if pair[0].kind in named.KINDS[kind]
    ]
    assert asked
    for one, other in asked:
        places, _, answer = other.reply.rpartition(": ")
        assert answer == one.reply == one.value == other.value
        assert places.split() == [f"<r{index}>" for index in range(len(other.boxes))]


def test_things_of_the_trial_of_levels_are_apart_and_each_is_asked_for() -> None:
    pixels, colours, boxes = levels.scenes(20, np.random.default_rng(0))
    for picture, each, corners in zip(pixels, colours.tolist(), boxes.tolist(), strict=True):
        assert len(set(each)) == len(each) == levels.THINGS
        for x0, y0, x1, y1 in corners:
            inside = picture[:, y0:y1, x0:x1]
            assert float((inside - inside[:, :1, :1]).abs().max()) == 0  # of one colour: nothing hides it


def test_a_training_that_was_stopped_is_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "train", lambda *_, **__: Ended(step=3, skipped=0, finished=False))
    size = replace(members.SIZES["small"], plain=4, held_out=1, opened=0)
    with pytest.raises(SystemExit, match="step 3 of superset 0"):
        run(members.Members("members", size, tmp_path, tmp_path), tmp_path, seeds=1)
    assert len(members.Members("members", size, tmp_path, tmp_path).ledger(tmp_path)) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant",
    ["superset", "boxes, both ways", "masks, both ways", "paths by state", "captions first", "several frames"],
)
def test_a_member_is_taught_and_judged_in_every_measure_that_its_checks_name(variant: str, tmp_path: Path) -> None:
    size = replace(members.SIZES["small"], rows=2, plain=24, held_out=8)
    trial = members.Members("members", size, tmp_path, tmp_path)
    sums = trial.learn(Unit(variant, 0), steps=2)
    sides = [(one.one, one.measure) for one in CHECKS] + [(one.other, one.beside or one.measure) for one in CHECKS]
    rare = ("more when", "fusion", "way", "marked", "described", "masks, IoU, words")  # not in every eight scenes
    rare = (
        *rare,
        "any date",
        "of both routes",
        "for each in words",
    )  # of boxes that a member of two steps may not give
    wanted = {name for one, name in sides if one == variant and not any(part in name for part in rare)}
    assert wanted <= set(sums)
    told = trial.table({variant: {name: one[None] for name, one in sums.items()}})
    assert told or variant != "superset"  # the others are judged beside it
