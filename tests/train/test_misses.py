"""What a packaged eye misses is measured on images left aside, and written where reasoning reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geoglot.models.nano.misses import Miss, Tally, open_misses
from geoglot.train import misses, validate
from geoglot.train.package import LEAST_TO_FIT
from geoglot.train.recipe import Ingredient, Recipe
from geoglot.train.shard import Shard, Truth


def test_only_misses_change_in_the_manifest(tmp_path: Path) -> None:
    before = {"name": "nano", "calibration": {"scene": 1.5, "misses": {"rgb": {"car": 0.1}}}}
    (tmp_path / "nano.json").write_text(json.dumps(before))
    misses.write_misses(tmp_path, {"sar": {"ship": Miss(0.4, 0.2)}})
    after = json.loads((tmp_path / "nano.json").read_text())
    assert after == before | {"calibration": {"scene": 1.5, "misses": {"sar": {"ship": [0.4, 0.2]}}}}
    assert open_misses(tmp_path) == {"sar": {"ship": Miss(0.4, 0.2)}}
    assert [path.name for path in tmp_path.iterdir()] == ["nano.json"]


def test_images_left_aside_are_tallied_by_modality_and_class(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def measure(_eye: object, _shard: Shard, images: tuple[int, ...], *, overlap: float) -> validate.Measured:
        assert overlap < validate.HIT  # "is there one" is not "is its box right"
        asked.append(images)
        one = validate.Found(np.array([0.9, 0.4]), np.array([True, False]), 3)
        return validate.Measured(found={"car": [one] * len(images)})

    monkeypatch.setattr(validate, "measure", measure)
    cars = made("cars", 6)
    recipe = Recipe("r", (Ingredient("cars", 1, (1, 1), skip_every=3), Ingredient("gone", 1, (1, 1))), steps=1)
    told = list(misses.tallies(None, recipe, {"cars": cars}, simulated=False))  # type: ignore[arg-type]
    assert asked == [(2, 5)]
    assert list(misses.tallies(None, recipe, {"cars": cars}, simulated=True)) == []  # type: ignore[arg-type]
    assert told == [Tally("rgb", "car", 1, 3)] * 2


def test_simulated_images_stand_in_where_real_ones_are_few() -> None:
    real = [Tally("rgb", "car", 15, LEAST_TO_FIT), Tally("rgb", "bus", 1, 2)]
    simulated = [Tally("rgb", "car", 0, 900), Tally("rgb", "bus", 3, 30), Tally("sar", "car", 2, 9)]
    assert list(misses.real_first(real, simulated)) == [*real, *simulated[1:]]


def made(name: str, count: int) -> Shard:
    truths = tuple(Truth(f"i{n}", "train", (8, 8), None, (), (), None, None) for n in range(count))
    levels = np.zeros((count, 3, 8, 8), np.uint8)
    return Shard(name, ("red", "green", "blue"), levels, None, (), truths, np.zeros(1, np.float32))
