"""Labels of whole images prove which peaks are right and wrong; lines of unmarked classes are fitted on them too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoglot.models.nano.decode import Peak
from geoglot.nets import classes
from geoglot.train import package, tagged, validate
from geoglot.train.recipe import Ingredient
from geoglot.train.shard import Shard, Truth
from geoglot.train.tagged import Claimed

FAINT = Peak("airplane", 0.1, (0, 0, 5, 5), None)
NOTHING = Claimed((FAINT,), frozenset())


def test_every_peak_is_wrong_in_an_image_without_the_tag() -> None:
    bare = Claimed((named("airplane", 0.7), named("airplane", 0.2), named("tree", 0.9)), frozenset({"ship"}))
    rows = tagged.proved([bare, Claimed((named("airplane", 0.95),), frozenset({"airplane"}))])["airplane"]
    wrong = [one for one in rows if one.truths == 0]
    assert [(one.scores.tolist(), one.hit.tolist()) for one in wrong] == [([0.7, 0.2], [False, False])]


def test_the_surest_peak_is_right_where_the_tag_is_and_nothing_is_said_of_the_others() -> None:
    there = Claimed((named("airplane", 0.4), named("airplane", 0.8), named("car", 0.9)), frozenset({"airplane"}))
    rows = tagged.proved([there, NOTHING])["airplane"]
    assert [(one.scores.tolist(), one.hit.tolist()) for one in rows if one.truths] == [([0.8], [True])]


def test_a_peak_no_surer_than_those_of_images_without_the_tag_proves_nothing() -> None:
    missed = Claimed((named("airplane", 0.1),), frozenset({"airplane"}))
    rows = tagged.proved([missed, Claimed((), frozenset({"airplane"})), NOTHING])["airplane"]
    assert [one.truths for one in rows] == [0]


def test_a_tag_of_several_classes_proves_only_the_surest_of_them() -> None:
    court = Claimed((named("basketball court", 0.3), named("tennis court", 0.6)), frozenset({"court"}))
    rows = tagged.proved([court, NOTHING])
    assert [one.scores.tolist() for one in rows["tennis court"] if one.truths] == [[0.6]]
    assert not any(one.truths for one in rows["basketball court"])


def test_images_that_all_have_a_tag_prove_nothing() -> None:
    assert tagged.proved([Claimed((FAINT,), frozenset({"airplane"}))] * 3) == {}
    assert tagged.proved([]) == {}


def test_the_tag_of_cars_proves_nothing_of_trucks_and_buses() -> None:
    assert "cars" not in tagged.TAGS  # real cars are marked, and a truck in such an image may be none
    assert set(tagged.TAGS) <= set(classes.TAG_OBJECTS)


def test_images_with_a_tag_that_counts_are_picked() -> None:
    photos = pictures([{"airplane"}, {"cars"}, {"tanks", "cars"}, None])
    assert tagged.with_tags(photos, range(4)) == (0, 2)


def test_a_line_of_simulated_objects_moves_towards_what_tags_prove() -> None:
    raw: package.Rows = {("multispectral", "airplane", True): boxes(hits=30, misses=120, score=0.6)}
    alone = package.object_lines(raw, {})
    rows = [validate.Found(np.array([0.6]), np.array([True]), 1)] * 80
    both = package.object_lines(raw, {("rgb", "airplane"): rows})
    assert at(both["rgb/airplane"], 0.6) > at(alone["rgb/airplane"], 0.6) + 0.2
    assert both["multispectral/airplane"] == alone["multispectral/airplane"]
    assert both["rgb"] == alone["rgb"]  # classes without a line of their own keep that of all boxes


def test_tags_say_nothing_where_enough_real_objects_are_marked() -> None:
    raw: package.Rows = {("rgb", "ship", False): boxes(hits=40, misses=40, score=0.5)}
    rows = [validate.Found(np.array([0.5]), np.array([False]), 0)] * 500
    assert package.object_lines(raw, {("rgb", "ship"): rows}) == package.object_lines(raw, {})


def test_of_taught_images_only_those_with_a_tag_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[tuple[int, ...]] = []

    def seen(_eye: object, _one: Shard, images: tuple[int, ...]) -> tuple[Claimed, ...]:
        looked.append(images)
        return ()

    monkeypatch.setattr(tagged, "seen", seen)
    photos = pictures([{"airplane"}, None, {"ship"}, {"trees"}])
    prove = package._proved
    prove(None, Ingredient("photos", 1, (1, 1), skip_every=4), photos)  # type: ignore[arg-type]
    assert looked == [(3, 0, 2)]
    for other in (Ingredient("photos", 1, (1, 1)), Ingredient("simulated-optical", 1, (1, 1), skip_every=4)):
        assert prove(None, replace(other, absent_only=False), pictures([])) == {}  # type: ignore[arg-type]
    assert len(looked) == 1


def named(label: str, score: float) -> Peak:
    return Peak(label, score, (0, 0, 5, 5), None)


def boxes(*, hits: int, misses: int, score: float) -> list[validate.Found]:
    right = np.arange(hits + misses) < hits
    return [validate.Found(np.full(hits + misses, score), right, hits)]


def at(line: tuple[float, float], score: float) -> float:
    return float(1 / (1 + np.exp(-(line[0] * np.log(score / (1 - score)) + line[1]))))


def pictures(tags: list[set[str] | None]) -> Shard:
    told = [None if one is None else tuple(int(tag in one) for tag in classes.TAGS) for one in tags]
    truths = tuple(Truth(str(n), "train", (8, 8), None, None, (), None, row) for n, row in enumerate(told))
    levels = np.zeros((len(tags), 3, 8, 8), np.uint8)
    return Shard("photos", ("red", "green", "blue"), levels, None, (), truths, np.zeros(1, np.float32))
