"""GeoJSON and the attribute table."""

from __future__ import annotations

from datetime import UTC, datetime

import pyproj
import pytest
import shapely

from geoglot.answers.features import layer
from geoglot.errors import PlaceError
from geoglot.regions import Box, Grid, OrientedBox
from geoglot.regions import Path as Route

from . import fabricated as made

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def cells(about: object, name: str) -> tuple[object, ...]:
    table = layer(about, now=NOW)  # type: ignore[arg-type]
    return next(column.cells for column in table.columns if column.name == name)


def test_every_region_is_a_feature_with_the_properties_of_the_interface() -> None:
    collection = made.answer().to_geojson()
    assert collection["type"] == "FeatureCollection"
    for feature, region in zip(collection["features"], made.REGIONS, strict=True):  # type: ignore[arg-type]
        assert set(feature) == {"type", "geometry", "properties"}
        assert set(feature["properties"]) == {"label", "score", "task", "frame", "area_m2"}
        assert feature["properties"]["label"] == region.label
        assert feature["properties"]["task"] == "detect"


def test_a_feature_lies_inside_the_frame() -> None:
    grid = made.UTM
    footprint = shapely.Polygon(grid.footprint_lonlat())
    for feature in made.answer().to_geojson()["features"]:  # type: ignore[union-attr]
        assert footprint.buffer(1e-9).contains(shapely.geometry.shape(feature["geometry"]))


def test_geojson_has_no_crs_member() -> None:
    assert set(made.answer().to_geojson()) == {"type", "features"}


@pytest.mark.parametrize("regions", [made.REGIONS, ()])
def test_without_a_place_there_is_no_map(regions: tuple[object, ...]) -> None:
    about = made.answer(regions, about=made.scene(made.frame(made.NOWHERE)))  # type: ignore[arg-type]
    with pytest.raises(PlaceError, match="png"):
        about.to_geojson()
    with pytest.raises(PlaceError):
        layer(about, now=NOW)


def test_nothing_found_is_an_empty_collection() -> None:
    assert made.answer(()).to_geojson()["features"] == []


def test_the_layer_is_named_after_the_task_and_in_the_scenes_crs() -> None:
    table = layer(made.answer(), now=NOW)
    assert (table.name, table.crs) == ("detect", "EPSG:32633")
    assert table.geometries[0].bounds == (500_100, 5_799_600, 500_600, 5_799_900)
    assert all(geometry.is_valid for geometry in table.geometries)


def test_the_table_has_the_columns_that_analysts_use() -> None:
    names = {column.name for column in layer(made.answer(), now=NOW).columns}
    assert names >= {
        "label", "score", "score_kind", "area_m2", "length_m", "width_m", "azimuth_deg", "lon", "lat", "tile_id",
        "image_date", "asset_sha256", "model_id", "model_sha256", "question", "convention", "created",
    }  # fmt: skip


def test_the_table_says_who_when_and_what_was_asked() -> None:
    about = made.answer((Box(0, 0, 9, 9),))
    assert cells(about, "created") == ("2025-01-02T03:04:05Z",)
    assert cells(about, "image_date") == ("2024-05-17T10:20:00+00:00",)
    assert cells(about, "question") == (about.question,)
    assert cells(about, "score_kind") == ("none",)


def test_length_and_width_are_those_of_the_object_on_the_ground() -> None:
    about = made.answer((OrientedBox(100, 50, 20, 5, 30),))
    assert cells(about, "length_m")[0] == pytest.approx(200 / 0.9996, abs=0.1)
    assert cells(about, "width_m")[0] == pytest.approx(50 / 0.9996, abs=0.1)


@pytest.mark.parametrize(("angle_deg", "azimuth_deg"), [(0, 90), (90, 0), (45, 135), (-45, 45), (10, 100)])
def test_the_azimuth_runs_clockwise_from_north(angle_deg: float, azimuth_deg: float) -> None:
    """Angles in pixels turn clockwise from east on a north-up image."""
    found = float(cells(made.answer((OrientedBox(10, 50, 20, 5, angle_deg),)), "azimuth_deg")[0])  # type: ignore[arg-type]
    assert min(abs(found - azimuth_deg), 180 - abs(found - azimuth_deg)) < 0.1


def test_length_and_width_in_degrees_are_those_on_the_ground() -> None:
    """At 60 degrees north a degree of longitude is half as long: a square of pixels is twice as high as wide."""
    north = made.frame(Grid(200, 100, "EPSG:4326", (0.001, 0, 10, 0, -0.001, 60)))
    about = made.answer((Box(0, 0, 10, 10),), about=made.scene(north))
    assert cells(about, "length_m")[0] == pytest.approx(1114, rel=0.01)
    assert cells(about, "width_m")[0] == pytest.approx(558, rel=0.01)
    assert float(cells(about, "azimuth_deg")[0]) % 180 == pytest.approx(0, abs=0.5)  # type: ignore[arg-type]


def test_a_path_has_its_own_length_and_direction() -> None:
    about = made.answer((Route(((10, 50), (10, 20), (10, 10))),))
    assert cells(about, "length_m")[0] == pytest.approx(400 / 0.9996, abs=0.1)
    assert float(cells(about, "azimuth_deg")[0]) % 360 == pytest.approx(0, abs=0.1)  # type: ignore[arg-type]
    assert cells(about, "area_m2") == (None,)


def test_the_middle_of_a_region_is_in_degrees_with_seven_decimals() -> None:
    about = made.answer((Box(0, 0, 2, 2),))
    expected = pyproj.Transformer.from_crs(32633, 4326, always_xy=True).transform(500_010, 5_799_990)
    assert (cells(about, "lon")[0], cells(about, "lat")[0]) == pytest.approx(expected, abs=1e-7)
    assert round(float(cells(about, "lon")[0]), 7) == cells(about, "lon")[0]  # type: ignore[arg-type]


def test_frames_in_another_crs_are_brought_into_the_first_ones() -> None:
    other = made.frame(Grid(200, 100, "EPSG:4326", (0.0001, 0, 15, 0, -0.0001, 52.35)))
    about = made.answer((Box(0, 0, 10, 10, frame=1),), about=made.scene(made.frame(), other))
    x0, _, _, y1 = layer(about, now=NOW).geometries[0].bounds
    expected = pyproj.Transformer.from_crs(4326, 32633, always_xy=True).transform(15, 52.35)
    assert (x0, y1) == pytest.approx(expected, abs=0.01)
