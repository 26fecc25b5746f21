"""The JSON document of an answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pyproj
import pytest

from geoglot.errors import InputError
from geoglot.regions import Box, Grid

from . import fabricated as made

SCHEMA = json.loads((Path(__file__).parent / "answer.schema.json").read_text())


def check(document: object) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document, allow_nan=False)))


def test_an_answer_with_every_kind_of_region_follows_the_schema() -> None:
    check(made.answer().as_json())


@pytest.mark.parametrize("value", [True, 3, 2.5, "forest", ("forest", "water"), None])
def test_values_of_every_type_follow_the_schema(value: object) -> None:
    document = replace(made.answer(), value=value).as_json()
    check(document)
    assert document["value"] == (list(value) if isinstance(value, tuple) else value)


def test_the_schema_refuses_a_key_that_the_interface_does_not_name() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check({**made.answer().as_json(), "extra": 1})


def test_the_numbers_of_a_box_are_its_corners() -> None:
    first = made.answer().as_json()["regions"][0]  # type: ignore[index]
    assert first["pixels"] == [10, 10, 60, 40]
    proj = pyproj.Transformer.from_crs(32633, 4326, always_xy=True)
    assert first["lonlat"][0] == pytest.approx(list(proj.transform(500_100, 5_799_900)), abs=1e-7)
    assert first["area_m2"] == pytest.approx(500 * 300 / 0.9996**2, rel=1e-5)
    assert (first["label"], first["score"], first["frame"]) == ("ship", 0.9, 0)


def test_points_and_paths_have_a_place_and_no_area() -> None:
    *_, point, path = made.answer().as_json()["regions"]  # type: ignore[misc]
    assert "area_m2" not in point
    assert "area_m2" not in path
    assert len(path["lonlat"]) == 3


def test_without_a_crs_regions_are_in_pixels_only() -> None:
    document = made.answer(about=made.scene(made.frame(made.NOWHERE))).as_json()
    check(document)
    assert all("lonlat" not in region and "area_m2" not in region for region in document["regions"])  # type: ignore[union-attr]


def test_a_region_beside_the_earths_disk_is_in_pixels_only() -> None:
    disk = Grid(200, 100, "+proj=geos +h=35785831 +lon_0=0", (60_000, 0, -6_000_000, 0, -120_000, 6_000_000))
    away, on_it = made.answer((Box(0, 0, 5, 5), Box(95, 45, 105, 55)), about=made.scene(made.frame(disk))).as_json()[
        "regions"
    ]  # type: ignore[misc]
    assert "lonlat" not in away
    assert "lonlat" in on_it


def test_regions_of_a_view_are_placed_by_the_whole_raster() -> None:
    """Regions are in pixels of the whole raster, also when only a part was asked about."""
    part = made.scene(made.view(made.frame(), Box(50, 20, 150, 80)))
    assert made.answer(about=part).as_json()["regions"] == made.answer().as_json()["regions"]


def test_a_region_is_placed_by_its_own_frame() -> None:
    elsewhere = made.frame(replace(made.UTM, affine=(10, 0, 600_000, 0, -10, 5_800_000)))
    pair = made.scene(made.frame(), elsewhere)
    before, after = made.answer((Box(0, 0, 9, 9), Box(0, 0, 9, 9, frame=1)), about=pair).as_json()["regions"]  # type: ignore[misc]
    assert after["lonlat"][0][0] - before["lonlat"][0][0] == pytest.approx(1.47, abs=0.02)


def test_a_region_of_a_frame_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError):
        made.answer((Box(0, 0, 9, 9, frame=3),)).as_json()


def test_a_unit_is_told_where_there_is_one() -> None:
    assert "unit" not in made.answer().as_json()
    assert replace(made.answer(), value=2.5, unit="m2").as_json()["unit"] == "m2"


def test_an_answer_without_a_scene_still_has_a_document() -> None:
    document = replace(made.answer(), scene=None).as_json()
    check(document)
    assert document["inputs"] == []


def test_inputs_carry_the_hash_of_each_file_once(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_bytes(b"pixels")
    pair = made.scene(made.frame(paths=(file,)), made.frame(paths=(file, tmp_path / "gone.tif")))
    document = made.answer(about=pair).as_json()
    check(document)
    assert document["inputs"] == [
        {"path": str(file), "kind": "pair", "sensor": "grey-test", "sha256": hashlib.sha256(b"pixels").hexdigest()},
        {"path": str(tmp_path / "gone.tif"), "kind": "pair", "sensor": "grey-test", "sha256": None},
    ]


def test_a_changed_file_has_another_hash(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    hashes = []
    for content in (b"one", b"three"):
        file.write_bytes(content)
        hashes.append(made.answer(about=made.scene(made.frame(paths=(file,)))).as_json()["inputs"][0]["sha256"])  # type: ignore[index,call-overload]
    assert hashes[0] != hashes[1]


def test_a_folder_has_the_hash_of_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "S2A.SAFE"
    (folder / "GRANULE").mkdir(parents=True)
    (folder / "GRANULE" / "B02.jp2").write_bytes(b"blue")
    about = made.answer(about=made.scene(made.frame(paths=(folder,))))
    first = about.as_json()["inputs"]
    (folder / "manifest.safe").write_bytes(b"<xml/>")
    assert about.as_json()["inputs"] != first
