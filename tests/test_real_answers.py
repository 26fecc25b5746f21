"""Every real set beside the checkout is asked a question; what comes back is valid and lies where the raster lies."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import rasterio
from pyproj import Transformer

import geoglot
from geoglot.conversation import Answer
from geoglot.errors import GeoglotError, NoData, ReadError
from geoglot.models.nano import Nano
from geoglot.regions import Box
from geoglot.scenes import Scene
from geoglot.tasks import TaskName
from tests.scenes.test_zoo_real import REAL, Real, files

pytestmark = pytest.mark.data

SCHEMA = json.loads((Path(__file__).parent / "answers" / "answer.schema.json").read_text())
NO_PIXELS = "*GRDH*.zip"  # the set holds headers only


@pytest.fixture(scope="module")
def nano() -> Nano:
    return Nano()


@pytest.mark.parametrize("real", REAL, ids=lambda real: f"{real.files} {real.sensor or ''}".strip())
def test_every_real_set_can_be_asked(real: Real, nano: Nano, shared_data: Path) -> None:
    scene = geoglot.read(files(shared_data, real.files)[0], sensor=real.sensor)
    try:
        answer = nano.ask(scene, "Describe the image.")
    except ReadError as error:
        assert isinstance(error, NoData) or real.files.endswith(NO_PIXELS), error  # noqa: PT017
        return
    jsonschema.validate(json.loads(json.dumps(answer.as_json(), allow_nan=False)), SCHEMA)
    assert answer.text
    assert 0 <= answer.confidence <= 1
    if scene.crs is None:
        with pytest.raises(GeoglotError, match="place"):
            answer.to_geojson()


LOCATED = (
    "naip_prairie_potholes/*2020*.tif",
    "landsat_pucallpa_1985_2020/1985.tif",
    "sen1floods11_sample/*S1Hand.tif",
    "neon_trees_deepforest/OSBS_029.tif",
    "modis_sinop_timeseries/*2014-01-17.jp2",
    "reader_zoo/cog_webmercator_jpeg.tif",
    "spacenet_optical_sar/sar_vv_complex.tif",
    "lidar_dsm_dtm_buildings/dsm.tif",
)


@pytest.mark.parametrize("pattern", LOCATED)
def test_geojson_lies_where_rasterio_says_the_raster_lies(pattern: str, shared_data: Path) -> None:
    path = files(shared_data, pattern)[0]
    scene = geoglot.read(path)
    with rasterio.open(path) as bare:
        a, b, c, d, e, f = tuple(bare.transform)[:6]
        pixels = [(0, 0), (bare.width, 0), (bare.width, bare.height), (0, bare.height)]
        corners = [(a * x + b * y + c, d * x + e * y + f) for x, y in pixels]
        expected = _lonlat(bare.crs.to_wkt(), corners)
    _same_corners(_whole(scene), expected, tolerance_deg=1e-6)


def test_geojson_of_a_raster_placed_by_control_points_passes_through_them(shared_data: Path) -> None:
    path = files(shared_data, "sentinel1_safe_headers/*overview_with*.tif")[0]
    scene = geoglot.read(path)
    with rasterio.open(path) as bare:
        points, crs = bare.gcps
    width, height = scene.size
    inside = [point for point in points if 1 < point.col < width - 1 and 1 < point.row < height - 1]
    assert len(inside) > 10
    for point in inside[:: len(inside) // 10]:
        region = Box(point.col - 0.5, point.row - 0.5, point.col + 0.5, point.row + 0.5)
        ring = np.array(_geojson(scene, region)["features"][0]["geometry"]["coordinates"][0])
        centre = (ring.min(axis=0) + ring.max(axis=0)) / 2
        np.testing.assert_allclose(centre, _lonlat(crs.to_wkt(), [(point.x, point.y)])[0], atol=2e-3)


def _whole(scene: Scene) -> np.ndarray:
    width, height = scene.size
    return np.array(_geojson(scene, Box(0, 0, width, height))["features"][0]["geometry"]["coordinates"][0])


def _geojson(scene: Scene, region: Box) -> dict:  # type: ignore[type-arg]
    answer = Answer(text="Here.", task=TaskName.DETECT, model="none", regions=(region,), scene=scene)
    return json.loads(json.dumps(answer.to_geojson()))


def _lonlat(wkt: str, points: list[tuple[float, float]]) -> np.ndarray:
    to_degrees = Transformer.from_crs(wkt, "OGC:CRS84", always_xy=True)
    return np.array([to_degrees.transform(*point) for point in points])


def _same_corners(ring: np.ndarray, expected: np.ndarray, *, tolerance_deg: float) -> None:
    """Each expected corner is a vertex of the ring, and the ring goes no further."""
    for corner in expected:
        assert np.abs(ring - corner).max(axis=1).min() < tolerance_deg
    np.testing.assert_allclose(ring.min(axis=0)[1], expected.min(axis=0)[1], atol=0.01)
    np.testing.assert_allclose(ring.max(axis=0)[0], expected.max(axis=0)[0], atol=0.01)
