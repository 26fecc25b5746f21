"""Writing: whole files or none, class rasters, vector layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from geoglot.errors import InputError, ReadError, WorkError
from geoglot.regions import Grid, GroundControlPoint
from geoglot.scenes.write import ClassRaster, Column, Layer, write_classes, write_layers, writing

UTM = Grid(1300, 1100, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000))
COLOURS = ((230, 25, 75), (60, 180, 75))


def raster(grid: Grid) -> ClassRaster:
    """Two classes: a block of each."""
    pixels = np.zeros((grid.height, grid.width), np.uint8)
    pixels[10:500, 10:500] = 1
    pixels[600:1050, 300:900] = 2
    return ClassRaster(grid, ("water", "forest"), COLOURS, lambda first, last: pixels[first:last])


# whole files or none


def raise_after(temporary: Path) -> None:
    temporary.write_text("half")
    raise ZeroDivisionError


def test_what_is_written_appears_only_at_the_end(tmp_path: Path) -> None:
    with writing(tmp_path / "a.txt") as temporary:
        temporary.write_text("done")
        assert not (tmp_path / "a.txt").exists()
        assert temporary.suffix == ".txt"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_leaves_nothing_and_keeps_the_older_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("older")
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "a.txt") as temporary:
        raise_after(temporary)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "older")]


def test_errors_of_reading_pass_through_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(ReadError), writing(tmp_path / "a.txt"):
        raise ReadError("the source is cut off")


def test_nothing_written_is_an_error_of_the_work(tmp_path: Path) -> None:
    with pytest.raises(WorkError), writing(tmp_path / "a.txt"):
        pass


@pytest.mark.parametrize("place", ["missing/a.txt", "."])
def test_a_place_where_no_file_can_be_is_refused_before_the_work(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError), writing(tmp_path / place):
        pytest.fail("the body must not run")


# class rasters


def test_a_class_raster_is_a_cog_in_the_scenes_grid(tmp_path: Path) -> None:
    path = write_classes(tmp_path / "cover.tif", raster(UTM))
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.crs.to_epsg(), tuple(file.transform)[:6]) == (32633, UTM.affine)
        assert file.colormap(1)[1] == (230, 25, 75, 255)
        assert {file.tags()[f"CLASS_{index}"] for index in range(3)} == {"none", "water", "forest"}
        assert file.overviews(1)
        assert np.array_equal(file.read(1), raster(UTM).rows(0, 1100))


def test_overviews_invent_no_classes(tmp_path: Path) -> None:
    path = write_classes(tmp_path / "cover.tif", raster(UTM))
    with rasterio.open(path, overview_level=0) as file:
        assert set(np.unique(file.read(1)).tolist()) == {0, 1, 2}


def test_control_points_are_kept(tmp_path: Path) -> None:
    corners = [(0, 0), (1300, 0), (1300, 1100), (0, 1100)]
    points = tuple(GroundControlPoint(x, y, 10 + x / 1e4, 50 - y / 1e4) for x, y in corners)
    path = write_classes(tmp_path / "cover.tif", raster(Grid(1300, 1100, "EPSG:4326", gcps=points)))
    with rasterio.open(path) as file:
        found, crs = file.gcps
        assert crs.to_epsg() == 4326
        assert [(p.col, p.row, p.x, p.y) for p in found] == [(p.x_px, p.y_px, p.x, p.y) for p in points]


def test_a_scene_without_a_place_gives_a_raster_without_one(tmp_path: Path) -> None:
    path = write_classes(tmp_path / "cover.tif", raster(Grid(1300, 1100)))
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(path) as file:
        assert file.crs is None


def test_a_raster_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def rows(first: int, last: int) -> np.ndarray:
        raise ReadError("the source is cut off")

    with pytest.raises(ReadError):
        write_classes(tmp_path / "cover.tif", ClassRaster(UTM, ("water",), COLOURS[:1], rows))
    assert list(tmp_path.iterdir()) == []


# vector layers


def layer(*geometries: object, name: str = "detect") -> Layer:
    count = len(geometries)
    columns = (
        Column("label", str, tuple(["ship", None] * count)[:count]),
        Column("score", float, tuple([0.5, None] * count)[:count]),
        Column("frame", int, tuple(range(count))),
    )
    return Layer(name, "EPSG:32633", geometries, columns)  # type: ignore[arg-type]


def read(path: Path, name: str) -> tuple[dict[str, object], list[object], dict[str, list[object]]]:
    meta, _, wkb, fields = pyogrio.raw.read(path, layer=name)
    return meta, list(shapely.from_wkb(wkb)), dict(zip(meta["fields"].tolist(), map(list, fields), strict=True))


def test_a_layer_keeps_geometries_attributes_and_crs(tmp_path: Path) -> None:
    boxes = (shapely.box(500_000, 5_000_000, 500_010, 5_000_010), shapely.box(0, 0, 1, 1))
    meta, geometries, table = read(write_layers(tmp_path / "a.gpkg", [layer(*boxes)]), "detect")
    assert meta["crs"] == "EPSG:32633"
    assert [geometry.geom_type for geometry in geometries] == ["MultiPolygon"] * 2
    assert geometries[0].equals(boxes[0])
    assert table["label"] == ["ship", None]
    assert table["score"][0] == 0.5
    assert np.isnan(table["score"][1])
    assert table["frame"] == [0, 1]


def test_layers_of_several_kinds_lie_in_one_file(tmp_path: Path) -> None:
    path = write_layers(
        tmp_path / "a.gpkg",
        [
            layer(shapely.Point(1, 2), name="points"),
            layer(shapely.LineString([(0, 0), (1, 1)]), name="lines"),
            layer(shapely.Point(1, 2), shapely.box(0, 0, 1, 1), name="mixed"),
            layer(name="empty"),
        ],
    )
    kinds = {name: kind for name, kind in pyogrio.list_layers(path).tolist()}
    assert kinds == {"points": "Point", "lines": "MultiLineString", "mixed": "Unknown", "empty": "Unknown"}


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(InputError):
        Layer("a", "EPSG:4326", (shapely.Point(0, 0),), (Column("label", str, ()),))
