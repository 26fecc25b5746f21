"""Measuring and calibrating: worked examples by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.nets import classes
from geoglot.train import validate
from geoglot.train.package import found_classes, held_out, taught_classes
from geoglot.train.recipe import Ingredient
from geoglot.train.shard import Shard
from geoglot.train.validate import Found
from tests.nano.frames import PlantedEye, put, weights


def test_f1_is_counted_at_the_best_threshold_and_at_one_half() -> None:
    found = Found(np.array([0.9, 0.8, 0.4, 0.3]), np.array([True, False, True, False]), truths=2)
    best, threshold, at_half = validate.best_f1([found])
    assert (best, threshold) == (pytest.approx(0.8), 0.4)  # 2 hits, 3 peaks, 2 truths
    assert at_half == pytest.approx(0.5)  # 1 hit, 2 peaks, 2 truths


def test_nothing_found_is_zero() -> None:
    assert validate.best_f1([Found(np.zeros(0), np.zeros(0, bool), 3)]) == (0.0, 0.5, 0.0)


def test_a_line_makes_frequencies_of_scores() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.05, 0.95, 4000)
    told = 1 / (1 + np.exp(-(np.log(truth / (1 - truth)) / 2 - 1)))  # too timid, and shifted
    a, b = validate.fit_line(told, rng.random(4000) < truth)
    assert (a, b) == (pytest.approx(2, abs=0.15), pytest.approx(2, abs=0.25))


def test_too_sure_logits_get_a_temperature_above_one() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(600):
        logits = rng.normal(0, 1, 5).astype(np.float32)
        p = np.exp(logits) / np.exp(logits).sum()
        rows.append((int(rng.choice(5, p=p)), logits * 2))
    assert validate.fit_temperature(rows) == pytest.approx(2, rel=0.15)


def test_covers_that_are_too_sure_get_a_temperature_above_one(squares: Shard) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(len(classes.COVER)), 3000)
    drawn = np.array([rng.choice(len(classes.COVER), p=row) for row in p])
    water, grassy = (drawn == classes.COVER.index(name) for name in ("water", "grass"))
    truth = np.where(water, 0, 1).astype(np.uint8)
    keep = water | grassy | (drawn == classes.COVER.index("shrub"))
    sure = (p**2 / (p**2).sum(axis=1, keepdims=True)).T.astype(np.float32)
    measured = validate.Measured(cover=[(truth[keep], sure[:, keep])])
    assert validate.fit_cover_temperature([(measured, squares)]) > 1.3


def test_a_car_found_where_it_is_is_a_hit(squares: Shard) -> None:
    place = squares.truth[0].objects
    assert place is not None
    x, y = np.reshape(place[0][1], (4, 2)).mean(axis=0) * 3  # 96 px are shown at 288
    cell = (int(y) // 4, int(x) // 4)
    sizes = ((0.1, 1000.0), (0.1, 1000.0), (0.1, 1000.0))
    eye = PlantedEye(lambda sight, _: put(sight, 0, cell, (72, 36)), weights(cover=classes.COVER, lengths_m=sizes))
    (found,) = validate.measure(eye, squares, [0]).found["car"]  # type: ignore[arg-type]
    assert (found.truths, found.hit.tolist()) == (1, [True])


def test_calibration_images_are_not_trained_on(squares: Shard) -> None:
    from geoglot.train.loop import _kept

    ingredient = Ingredient("squares", 1.0, (1.0, 1.0), skip_every=3)
    aside = held_out(ingredient, squares)
    assert aside == (2, 5)
    assert set(aside).isdisjoint(_kept(squares.of("train"), 3))


def test_only_classes_that_were_marked_somewhere_are_taught(squares: Shard) -> None:
    assert taught_classes({"squares": squares}) == {"rgb": ["car"]}


def test_a_class_that_is_never_found_is_not_claimed_to_be_known(squares: Shard) -> None:
    def told(right: int, wrong: int, truths: int) -> list[validate.Found]:
        hit = np.arange(right + wrong) < right
        return [validate.Found(np.linspace(0.9, 0.3, right + wrong), hit, truths)]

    rows = {"car": told(20, 0, 40), "tree": told(30, 0, 900), "bus": told(2, 0, 2)}
    assert found_classes({"squares": rows}, {"squares": squares}) == {"rgb": ["car"]}


def test_pictures_of_nothing_are_of_every_kind() -> None:
    made = validate.ruins(5)
    assert [bool(np.ptp(picture) == 0) for picture, _ in made] == [True, True, False, False, False]
