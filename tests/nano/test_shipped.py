"""The shipped weights: what their model card promises, on pictures made here and on real ones where they are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from geoglot.models.nano import Nano
from geoglot.scenes import read
from tests.nano.frames import frame, picture, scene

NOTHING = {
    "black": np.zeros((3, 256, 256), np.float32),
    "flat": np.full((3, 256, 256), 140, np.float32),
    "noise": np.random.default_rng(0).integers(0, 255, (3, 256, 256)).astype(np.float32),
    "grey noise": np.repeat(np.random.default_rng(1).integers(0, 255, (1, 256, 256)), 3, axis=0).astype(np.float32),
}


@pytest.fixture(scope="module")
def nano() -> Nano:
    return Nano()


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_pictures_of_nothing_are_not_believed(nano: Nano, name: str) -> None:
    answer = nano.ask(scene(frame(NOTHING[name])), "How many cars are there?")
    assert answer.unsure
    assert any("not look like an image of the ground" in warning for warning in answer.warnings)


def test_the_same_image_gives_the_same_evidence(nano: Nano) -> None:
    from geoglot.models.nano.look import look

    one = scene(frame(np.random.default_rng(2).normal(120, 30, (3, 128, 128)).astype(np.float32)))
    assert look(one, nano.eye).objects == look(one, nano.eye).objects


def test_a_half_empty_image_says_how_much_is_missing(nano: Nano) -> None:
    pixels = picture()
    pixels[:, :256] = np.nan
    evidence = nano.look(scene(frame(pixels)))
    assert [guess.probability for guess in evidence.quality if guess.name == "nodata"] == [0.5]


@pytest.mark.data
def test_cars_on_a_real_street_are_found(nano: Nano, shared_data: Path) -> None:
    path = shared_data / "real/aerial_cars/val/MunichStreet02-MOS84.jpg"  # 37 cars
    answer = nano.ask(read(path), "How many cars are there?")
    assert isinstance(answer.value, int)
    assert 20 <= answer.value <= 50
    assert len(answer.regions) >= 20


@pytest.mark.data
def test_scenes_of_real_photographs_are_named(nano: Nano, shared_data: Path, tmp_path: Path) -> None:
    import json
    import zipfile

    from PIL import Image

    from geoglot.data.readers.ucm_landuse import SCENES

    folder = shared_data / "real/ucm_landuse"
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["split"] == "val"][::5]  # two of each class
    right = 0
    with zipfile.ZipFile(folder / "images_val.zip") as archive:
        for row in rows:
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(row["image"]))).convert("RGB"), np.float32)
            evidence = nano.look(scene(frame(pixels.transpose(2, 0, 1), gsd_m=0.3)))
            right += evidence.scenes[0].name == SCENES[row["scene"]]
    assert right / len(rows) >= 0.7  # the card says about four in five; 42 images have a standard error of 6 %
