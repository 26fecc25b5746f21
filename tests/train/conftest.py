"""Small fabricated shards for training tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoglot.data.readers import Card, Labelled
from geoglot.regions import OrientedBox
from geoglot.sensors import Unit
from geoglot.train import shard
from geoglot.train.shard import Shard

CARD = Card("squares", "Red squares", "", "none", "own", True, "", "", (("train", 6),), frozenset({"car"}))


def square(index: int, split: str) -> Labelled:
    """A dark image of 96 x 80 pixels with one red car of 24 x 12 and a cover of two halves."""
    rng = np.random.default_rng(index)
    pixels = rng.integers(20, 60, (3, 80, 96)).astype(np.uint8)
    x, y = int(rng.integers(10, 60)), int(rng.integers(10, 60))
    pixels[0, y : y + 12, x : x + 24] = 250
    cover = np.zeros((80, 96), np.uint8)
    cover[:, 48:] = 1
    return Labelled(
        str(index), split, ("red", "green", "blue"), pixels, Unit.DISPLAY, 0.2,
        objects=(OrientedBox(x + 12, y + 6, 24, 12, 0, label="car"),),
        cover=cover, cover_classes=("water", "grass or shrub"), scene="parking lot", tags=frozenset({"cars"}),
    )  # fmt: skip


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """A folder with the shard `squares`: six images to train on, two to validate."""
    shard.write(tmp_path / "shards" / "squares", CARD, [square(i, "train" if i < 6 else "val") for i in range(8)])
    return tmp_path / "shards"


@pytest.fixture
def squares(shards: Path) -> Shard:
    """The shard itself."""
    return shard.read(shards / "squares")
