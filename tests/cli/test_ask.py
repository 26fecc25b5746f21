"""`ask`, `info`, `look`, `map`, `compare-dates` on small files made here."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from pyproj import Transformer

from geoglot import load, read
from geoglot.regions import Box
from geoglot.simulate.layouts.geotiff import north_up, write_geotiff
from tests.cli.run import geoglot

SCHEMA = json.loads((Path(__file__).parents[1] / "answers" / "answer.schema.json").read_text())


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A green field with a grey road and a few white roofs, 0.5 m, UTM 32N; so smooth that nano takes it for water."""
    return _picture(tmp_path_factory.mktemp("scenes") / "field.tif", seed=1)


def _picture(path: Path, *, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    image = np.empty((3, 256, 256), np.uint8)
    image[:] = np.array([70, 95, 50], np.uint8)[:, None, None]
    image = (image + rng.integers(-8, 9, image.shape)).clip(0, 255).astype(np.uint8)
    image[:, 120:134] = 120
    for x in range(20, 220, 60):
        image[:, 60:85, x : x + 30] = 225
    write_geotiff(path, image, grid=north_up(256, 256, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5))
    return path


def test_an_answer_is_valid_json(field: Path) -> None:
    done = geoglot("ask", field, "How many buildings are there?", "--sensor", "rgb", "--json")
    assert done.code == 0, done.err
    jsonschema.validate(done.document, SCHEMA)
    assert done.document["task"] == "count"
    assert done.document["inputs"][0]["sensor"] == "rgb"


def test_an_answer_for_people_has_its_confidence(field: Path) -> None:
    done = geoglot("ask", field, "Is there a road?", "--sensor", "rgb")
    assert done.code == 0, done.err
    assert "confidence" in done.out


FIRST_BYTES = {
    ".geojson": b'{\n "type": "FeatureCollection"',
    ".gpkg": b"SQLite format 3\0",
    ".png": b"\x89PNG",
    ".html": b"<!doctype html>",
    ".json": b"{",
    ".tif": b"II*\0",
}


@pytest.mark.parametrize("suffix", FIRST_BYTES)
def test_an_answer_is_written_as_its_suffix_says(field: Path, suffix: str, tmp_path: Path) -> None:
    done = geoglot("ask", field, "Show the water.", "--sensor", "rgb", "--out", tmp_path / f"answer{suffix}")
    assert done.code == 0, done.err
    assert [path.name for path in tmp_path.iterdir()] == [f"answer{suffix}"]
    assert (tmp_path / f"answer{suffix}").read_bytes().startswith(FIRST_BYTES[suffix])


def test_regions_on_the_map_lie_inside_the_raster(field: Path, tmp_path: Path) -> None:
    done = geoglot("ask", field, "Show the water.", "--sensor", "rgb", "--out", tmp_path / "a.geojson", "--json")
    assert done.code == 0, done.err
    footprint = geoglot("info", field, "--sensor", "rgb", "--json").document["frames"][0]["footprint"]
    low, high = np.min(footprint, axis=0) - 1e-6, np.max(footprint, axis=0) + 1e-6
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert features
    for feature in features:
        points = np.array(_points(feature["geometry"]["coordinates"]))
        assert (points >= low).all()
        assert (points <= high).all()


def _points(nested: list) -> list:  # type: ignore[type-arg]
    if isinstance(nested[0], int | float):
        return [nested]
    return [point for part in nested for point in _points(part)]


def test_bounds_in_degrees_and_region_in_pixels_ask_about_the_same_part(field: Path) -> None:
    to_degrees = Transformer.from_crs("EPSG:32632", "OGC:CRS84", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(690_050.0, 5_333_925.0, 690_075.0, 5_333_950.0)
    looked = []
    for option in (("--bounds", f"{west},{south},{east},{north}"), ("--region", "100,100,150,150")):
        done = geoglot("look", field, "--sensor", "rgb", *option, "--json")
        assert done.code == 0, done.err
        looked.append(done.document["looked"]["numbers"])
    assert looked[1] == [100, 100, 150, 150]
    assert looked[0] == pytest.approx(looked[1], abs=4)  # the meridians lean: a box of degrees holds a little more


BAD = {
    "no file": (["Is there a ship?"], "file"),
    "no question": (["{field}"], "question"),
    "an empty question": (["{field}", " ", "--sensor", "rgb"], "question"),
    "a file that is not there": (["absent.tif", "Is there a ship?"], "absent.tif"),
    "an unknown sensor": (["{field}", "Is there a ship?", "--sensor", "sentinel-9"], "sentinel"),
    "an unknown task": (["{field}", "Is there a ship?", "--sensor", "rgb", "--task", "cuont"], "count"),
    "an unknown model": (["{field}", "Is there a ship?", "--sensor", "rgb", "--model", "mano"], "nano"),
    "a region outside": (["{field}", "What?", "--sensor", "rgb", "--region", "900,900,950,950"], "outside"),
    "a region of three numbers": (["{field}", "What?", "--sensor", "rgb", "--region", "1,2,3"], "four numbers"),
    "a region inside out": (["{field}", "What?", "--sensor", "rgb", "--region", "50,50,10,10"], "--region"),
    "bounds elsewhere": (["{field}", "What?", "--sensor", "rgb", "--bounds", "0,0,1,1"], "outside"),
    "an output of no known kind": (["{field}", "What?", "--sensor", "rgb", "--out", "{tmp}/a.docx"], ".docx"),
    "an output in no folder": (["{field}", "What?", "--sensor", "rgb", "--out", "{tmp}/no/a.json"], "folder"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_words_and_leaves_nothing(name: str, field: Path, tmp_path: Path) -> None:
    arguments, word = BAD[name]
    done = geoglot("ask", *(argument.format(field=field, tmp=tmp_path) for argument in arguments), folder=tmp_path)
    assert done.code == 2, done.out + done.err
    assert word in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_a_document_for_programs(field: Path) -> None:
    done = geoglot("ask", field, "Is there a ship?", "--sensor", "sentinel-9", "--json")
    assert done.code == 2
    assert done.document["error"]["type"] == "UnknownName"
    assert done.document["error"]["value"] == "sentinel-9"


def test_look_shows_what_answers_rest_on(field: Path, tmp_path: Path) -> None:
    done = geoglot(
        "look", field, "--sensor", "rgb", "--json", "--out", tmp_path / "e.gpkg", "--out", tmp_path / "e.png"
    )
    assert done.code == 0, done.err
    assert {"objects", "cover", "scenes", "quality"} <= done.document.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.gpkg", "e.png"]


def test_map_writes_one_file_and_no_leftovers(field: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.gpkg"
    done = geoglot("map", field, "grass", "buildings", "--sensor", "rgb", "--out", out, "--json")
    assert done.code == 0, done.err
    assert [path.name for path in tmp_path.iterdir()] == ["map.gpkg"]


def test_map_refuses_a_thing_it_does_not_know(field: Path, tmp_path: Path) -> None:
    done = geoglot("map", field, "zeppelin", "--sensor", "rgb", "--out", tmp_path / "map.gpkg")
    assert done.code == 2
    assert "zeppelin" in done.err


def test_compare_dates_tells_what_the_library_tells_of_the_dates_in_their_order(repo: Path, tmp_path: Path) -> None:
    scenes = repo / "src" / "geoglot" / "demo" / "scenes"
    dates = [scenes / "suburb_2021-06-20.tif", scenes / "suburb_2026-06-21.tif"]
    out = tmp_path / "changed.geojson"
    done = geoglot("compare-dates", *dates, "--sensor", "aerial-rgb", "--region", "0,0,128,256", "--out", out, "--json")
    assert done.code == 0, done.err
    scene = read(list(map(str, dates)), sensor="aerial-rgb", kind="pair")
    answer = load("nano").ask(scene, "What has changed?", region=Box(0, 0, 128, 256), task="change-mask")
    told = json.loads(json.dumps(answer.as_json()))
    assert [Path(one["path"]).name for one in done.document["inputs"]] == [path.name for path in dates]
    assert done.document | {"seconds": 0} == told | {"seconds": 0, "written": [str(out)]}
    assert json.loads(out.read_text())["features"] == json.loads(json.dumps(answer.to_geojson()))["features"]


def test_files_that_share_no_ground_are_no_pair(field: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.tif"
    grid = north_up(64, 64, crs="EPSG:32632", corner=(500_000.0, 5_000_000.0), pixel=0.5)
    write_geotiff(elsewhere, np.full((3, 64, 64), 90, np.uint8), grid=grid)
    done = geoglot("compare-dates", field, elsewhere, "--sensor", "rgb")
    assert done.code == 2
    assert "ground" in done.err
