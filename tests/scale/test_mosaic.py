"""Mapping a whole scene: each object once, restartable, the same with one process or two."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoglot.errors import InputError, NoData
from geoglot.regions.runs import runs_of
from geoglot.scale import mosaic
from geoglot.scale.mosaic import map_things
from geoglot.simulate.layouts.geotiff import north_up, write_geotiff


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two by two tiles: grass with a pond across the border of the tiles, and white roofs."""
    rng = np.random.default_rng(0)
    image = np.empty((3, 600, 700), np.uint8)
    image[:] = np.array([80, 105, 60], np.uint8)[:, None, None]
    y, x = np.mgrid[:600, :700]
    pond = (x - 448) ** 2 + (y - 448) ** 2 < 110**2
    image[:, pond] = np.array([35, 50, 60], np.uint8)[:, None]
    for left in range(30, 640, 90):
        image[:, 60:95, left : left + 50] = 225
    image = (image + rng.integers(-6, 7, image.shape)).clip(1, 255).astype(np.uint8)
    grid = north_up(700, 600, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5)
    return write_geotiff(tmp_path_factory.mktemp("scene") / "pond.tif", image, grid=grid)


def _json(answer: object) -> str:
    document = answer.as_json()  # type: ignore[attr-defined]
    document.pop("seconds")
    return json.dumps(document)


def test_one_process_and_two_give_the_same_answer(scene: Path, tmp_path: Path) -> None:
    alone = map_things([scene], ["water", "buildings"], work=tmp_path / "one", sensor="rgb")
    both = map_things([scene], ["water", "buildings"], work=tmp_path / "two", sensor="rgb", workers=2)
    assert _json(alone) == _json(both)


def test_a_job_that_was_stopped_goes_on_where_it_stopped(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = map_things([scene], ["water"], work=tmp_path / "whole", sensor="rgb")
    looked: list[str] = []
    real = mosaic.look_at

    def stops_after_two(job: mosaic.Job, tile: mosaic.Tile) -> object:
        if len(looked) == 2:
            raise KeyboardInterrupt
        looked.append(tile.id)
        return real(job, tile)

    monkeypatch.setattr(mosaic, "look_at", stops_after_two)
    with pytest.raises(KeyboardInterrupt):
        map_things([scene], ["water"], work=tmp_path / "cut", sensor="rgb")

    again: list[str] = []

    def notes(job: mosaic.Job, tile: mosaic.Tile) -> object:
        again.append(tile.id)
        return real(job, tile)

    monkeypatch.setattr(mosaic, "look_at", notes)
    told: list[str] = []
    resumed = map_things([scene], ["water"], work=tmp_path / "cut", sensor="rgb", progress=told.append)
    assert len(again) == 2
    assert not set(again) & set(looked)
    assert sorted(told) == sorted([*looked, *again])  # a bar of all tiles comes to its end
    assert _json(resumed) == _json(whole)


def test_a_map_is_as_sure_as_what_is_on_it(scene: Path, tmp_path: Path) -> None:
    answer = map_things([scene], ["water"], work=tmp_path / "w", sensor="rgb")
    (mask,) = answer.regions
    assert mask.score is not None
    assert 0.2 < mask.score <= 1
    assert answer.confidence == pytest.approx(mask.score)
    assert answer.unsure is (answer.confidence < 0.5)


def test_what_is_said_of_tiles_is_said_of_the_map(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def looks(job: mosaic.Job, tile: mosaic.Tile) -> object:
        dark = [] if (tile.core.x0, tile.core.y0) == (0, 0) else ["the image is dark"]
        return {"valid": True, "objects": [], "cover": [], "warnings": ["the sensor is a guess", *dark]}

    monkeypatch.setattr(mosaic, "look_at", looks)
    answer = map_things([scene], ["cars"], work=tmp_path / "w", sensor="rgb")
    assert answer.unsure
    assert answer.warnings[0].startswith("nothing was found")
    assert answer.warnings[1:] == ("the sensor is a guess", "the image is dark (in 3 of 4 tiles)")


def test_regions_lie_inside_the_scene_and_one_mask_stands_for_a_land_cover(scene: Path, tmp_path: Path) -> None:
    answer = map_things([scene], ["grass", "buildings"], work=tmp_path / "w", sensor="rgb")
    masks = [region for region in answer.regions if region.type == "mask"]
    assert len(masks) <= 1
    for region in answer.regions:
        box = region.bounds
        assert 0 <= box.x0 < box.x1 <= 700 + 1e-6
        assert 0 <= box.y0 < box.y1 <= 600 + 1e-6


def test_a_word_that_nano_does_not_know_is_told_before_any_work(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="zeppelin"):
        map_things([scene], ["zeppelin"], work=tmp_path / "w", sensor="rgb")
    assert not (tmp_path / "w").exists()


def test_a_scene_of_nothing_but_nodata_is_told(tmp_path: Path) -> None:
    grid = north_up(64, 64, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5)
    path = write_geotiff(tmp_path / "empty.tif", np.zeros((3, 64, 64), np.uint8), grid=grid, nodata=0)
    with pytest.raises(NoData):
        map_things([path], ["water"], work=tmp_path / "w", sensor="rgb")


@given(st.lists(arrays(bool, st.tuples(st.integers(1, 4), st.just(5))), min_size=1, max_size=5))
def test_runs_of_strips_join_to_the_runs_of_the_whole(strips: list[np.ndarray]) -> None:
    runs: list[int] = []
    for strip in strips:
        mosaic._append_runs(runs, runs_of(strip))
    assert tuple(runs) == runs_of(np.concatenate(strips))
