"""A STAC item and the images beside it are one frame, scaled as the item says and never from outside its folder."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot import sensors
from geoglot.errors import BandError, GeoglotError, ReadError, Refused, SensorUnknown
from geoglot.scenes.gdal import gdal
from geoglot.scenes.scene import Frame, HowTold
from geoglot.scenes.stac import open_item
from geoglot.sensors import Unit

from .fabricate import geotiff

Json = dict[str, Any]
COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def image(path: Path, value: float, *, gsd_m: int = 10, bands: int = 1, dtype: str = "uint16", **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    side = 600 // gsd_m
    data = np.stack([np.full((side, side), value + band, dtype) for band in range(bands)])
    data[:, 0, 0] = 0
    geotiff(path, data, **({"transform": gdal().Affine(gsd_m, 0, 500_000, 0, -gsd_m, 5_000_000)} | more))


def asset(href: str, name: str, common: str = "", /, **more: Any) -> Json:
    described = {"name": name} | ({"common_name": common} if common else {})
    return {"href": href, "type": COG, "roles": ["data"], "eo:bands": [described]} | more


def write(folder: Path, assets: Json, /, name: str = "S2A_31UFS_20230101_0_L2A", **properties: Any) -> Path:
    item: Json = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "collection": "sentinel-2-l2a",
        "properties": {
            "datetime": "2023-01-01T10:53:45.678Z",
            "platform": "sentinel-2a",
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "eo:cloud_cover": 12.345,
        }
        | properties,
        "links": [],
        "assets": assets,
    }
    collection = item["properties"].pop("collection", None)
    if collection is not None:
        item["collection"] = collection
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "item.json").write_text(json.dumps(item))
    return folder / "item.json"


def frame_of(path: Path) -> Frame:
    (frame,) = open_item(path)
    return frame


def scaled(scale: float, offset: float | None = None, **more: Any) -> Json:
    return {"raster:bands": [{"scale": scale, "nodata": 0} | ({} if offset is None else {"offset": offset}) | more]}


def test_an_item_gives_one_frame_at_the_finest_grid(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    image(tmp_path / "deep" / "B8A.tif", 4000, gsd_m=20)
    image(tmp_path / "SCL.tif", 4, gsd_m=20, dtype="uint8")
    assets = {
        "red": asset("./B04.tif", "B04", "red", **scaled(1e-4, -0.1)),
        "nir08": asset("deep/B8A.tif", "B8A", "nir08", **scaled(1e-4, -0.1)),
        "scl": asset("./SCL.tif", "SCL"),
        "thumbnail": {"href": "./preview.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
    }
    frame = frame_of(write(tmp_path, assets))
    assert (frame.sensor.name, frame.told_by) == ("sentinel-2-l2a", HowTold.METADATA)
    assert frame.time == datetime(2023, 1, 1, 10, 53, 45, 678000, UTC)
    assert frame.band_names == ("B04", "B8A", "SCL")
    assert frame.size == (60, 60)
    assert frame.bands("red", "nir08")[:, 5, 5] == pytest.approx([0.1, 0.3])
    assert np.isnan(frame.bands("red")[0, 0, 0])
    assert (frame.bands("SCL")[0][2:, 2:] == 4).all()
    assert frame.channel("SCL").band.unit is Unit.CLASS
    assert dict(frame.notes)["cloud cover"] == "12.3 %"


def test_an_offset_that_was_applied_is_not_applied_again(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    assets = {"red": asset("B04.tif", "B04", "red", **scaled(1e-4, -0.1))}
    applied: Json = {"earthsearch:boa_offset_applied": True}
    frame = frame_of(write(tmp_path, assets, **applied))
    assert frame.bands("red")[0, 5, 5] == pytest.approx(0.2)


@pytest.mark.parametrize(("baseline", "expected"), [("03.01", 0.2), ("04.00", 0.1), ("05.10", 0.1)])
def test_without_a_scale_the_baseline_decides(tmp_path: Path, baseline: str, expected: float) -> None:
    image(tmp_path / "B04.tif", 2000)
    frame = frame_of(write(tmp_path, {"B04": asset("B04.tif", "B04")}, **{"s2:processing_baseline": baseline}))
    assert frame.bands("red")[0, 5, 5] == pytest.approx(expected)


def test_the_new_form_of_bands_says_the_same(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    told = {"name": "B04", "eo:common_name": "red", "raster:scale": 1e-4, "raster:offset": -0.1, "nodata": 0}
    assets = {"red": {"href": "B04.tif", "type": COG, "roles": ["data"], "bands": [told]}}
    assert frame_of(write(tmp_path, assets)).bands("red")[0, 5, 5] == pytest.approx(0.1)


def test_landsat_is_told_by_platform_and_level(tmp_path: Path) -> None:
    image(tmp_path / "b4.tif", 20_000, gsd_m=30)
    image(tmp_path / "st.tif", 44_000, gsd_m=30)
    assets = {
        "red": asset("b4.tif", "OLI_B4", "red", **scaled(2.75e-5, -0.2)),
        "lwir11": asset("st.tif", "TIRS_B10", "lwir11", **scaled(0.00341802, 149.0, unit="kelvin")),
    }
    path = write(tmp_path, assets, name="scene", platform="landsat-8", constellation="", collection="landsat-c2-l2")
    frame = frame_of(path)
    assert frame.sensor.name == "landsat-8-l2"
    assert frame.bands("red", "thermal")[:, 5, 5] == pytest.approx([0.35, 44_000 * 0.00341802 + 149])
    assert frame.channel("thermal").band.unit is Unit.KELVIN


def test_a_file_of_several_bands_is_matched_by_name(tmp_path: Path) -> None:
    image(tmp_path / "stack.tif", 1000, bands=3)
    told = [{"name": name} for name in ("B04", "B03", "cloud probability")]
    assets = {"stack": {"href": "stack.tif", "type": COG, "eo:bands": told}}
    frame = frame_of(write(tmp_path, assets))
    assert frame.band_names == ("B04", "B03")
    assert frame.bands("green")[0, 5, 5] == pytest.approx(0.1001)


def test_an_unknown_instrument_is_described_by_its_wavelengths(tmp_path: Path) -> None:
    image(tmp_path / "a.tif", 2000)
    told = {"eo:bands": [{"name": "X1", "common_name": "red", "center_wavelength": 0.66, "full_width_half_max": 0.03}]}
    assets = {"one": {"href": "a.tif", "type": COG} | told | scaled(0.5)}
    frame = frame_of(write(tmp_path, assets, name="x", platform="mysat-1", constellation="", collection="mine"))
    assert frame.sensor.name == "described-by-stac"
    assert frame.sensor.band_at(0.66).name == "X1"
    assert frame.channel("red").band.unit is Unit.DN  # the item names no unit, so there is none
    assert frame.bands("red")[0, 5, 5] == 1000


def test_the_role_reflectance_gives_described_bands_their_unit(tmp_path: Path) -> None:
    image(tmp_path / "a.tif", 2000)
    told = {"bands": [{"name": "X1", "eo:center_wavelength": 0.66}], "raster:scale": 1e-4, "roles": ["reflectance"]}
    path = write(
        tmp_path,
        {"one": {"href": "a.tif", "type": COG} | told},
        name="x",
        platform="mysat",
        constellation="",
        collection="",
    )
    frame = frame_of(path)
    assert frame.channels[0].band.unit is Unit.REFLECTANCE
    assert frame.bands("X1")[0, 5, 5] == pytest.approx(0.2)


def test_without_sensor_and_wavelengths_the_caller_is_asked(tmp_path: Path) -> None:
    image(tmp_path / "a.tif", 2000)
    path = write(tmp_path, {"one": asset("a.tif", "X1")}, name="x", platform="mysat", constellation="", collection="x")
    with pytest.raises(SensorUnknown, match="--sensor"):
        open_item(path)
    with pytest.raises(BandError):
        open_item(path, sensors.get("sentinel-2-l2a"))


def test_the_callers_sensor_wins(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    (frame,) = open_item(write(tmp_path, {"B04": asset("B04.tif", "B04")}), sensors.get("sentinel-2-l1c"))
    assert (frame.sensor.name, frame.told_by) == ("sentinel-2-l1c", HowTold.USER)


def test_the_item_gives_a_place_to_a_file_without_one(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000, crs=None, transform=None)
    lies = {"proj:transform": [10, 0, 500_000, 0, -10, 5_000_000, 0, 0, 1]}
    frame = frame_of(write(tmp_path, {"B04": asset("B04.tif", "B04", **lies)}, **{"proj:code": "EPSG:32631"}))
    assert frame.crs == "EPSG:32631"
    assert frame.bounds == (500_000, 4_999_400, 500_600, 5_000_000)


def test_remote_and_missing_assets_are_left_out_and_told(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    assets = {
        "red": asset("B04.tif", "B04"),
        "green": asset("https://example.com/B03.tif", "B03"),
        "blue": asset("s3://bucket/B02.tif", "B02"),
        "nir": asset("B08.tif", "B08"),
    }
    frame = frame_of(write(tmp_path, assets))
    assert frame.band_names == ("B04",)
    assert frame.warnings == ("3 assets of the item are not on this machine and were left out",)


def test_an_item_without_images_here_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No image of the STAC item is here"):
        open_item(write(tmp_path, {"red": asset("https://example.com/B04.tif", "B04")}))


OUTSIDE = [
    "../secret.tif",
    "a/../../secret.tif",
    "{absolute}",
    "link.tif",
    "folder/secret.tif",
    "loop.tif",
    "a\0.tif",
    "a" * 5000 + ".tif",
]


@pytest.mark.parametrize("href", OUTSIDE)
def test_an_asset_outside_the_folder_is_refused(tmp_path: Path, href: str) -> None:
    image(tmp_path / "secret.tif", 2000)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.tif").symlink_to(tmp_path / "secret.tif")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "loop.tif").symlink_to(inside / "loop.tif")
    path = write(inside, {"red": asset(href.format(absolute=tmp_path / "secret.tif"), "B04")})
    with pytest.raises(Refused, match="out of its folder"):
        open_item(path)


@pytest.mark.parametrize("href", ["/vsicurl/http://127.0.0.1/x.tif", "file:///etc/passwd", "//host/x.tif"])
def test_an_address_is_never_opened(tmp_path: Path, href: str) -> None:
    with pytest.raises(ReadError):
        open_item(write(tmp_path, {"red": asset(href, "B04")}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Collection", "stac_version": "1.0.0", "id": "x"}',
        '{"type": "Feature", "stac_version": "1.0.0"}',
        '{"type": "Feature", "stac_version": "1.0.0", "id": "x", "properties": [], "assets": {}}',
        '{"type": "Feature", "stac_version": "1.0.0", "id": "x", "properties": {}, "assets": {"a": {}}}',
        '{"type": "Feature", "stac_version": "1.0.0", "id": "x", "properties": {}, "assets": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_item_is_a_read_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "item.json").write_text(text)
    with pytest.raises(ReadError):
        open_item(tmp_path / "item.json")


def test_a_time_that_is_none_is_a_read_error(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    with pytest.raises(ReadError, match="time"):
        open_item(write(tmp_path, {"B04": asset("B04.tif", "B04")}, datetime="yesterday"))


def test_a_null_time_falls_back_to_the_start(tmp_path: Path) -> None:
    image(tmp_path / "B04.tif", 2000)
    path = write(tmp_path, {"B04": asset("B04.tif", "B04")}, datetime=None, start_datetime="2023-01-01T00:00:00Z")
    assert frame_of(path).time == datetime(2023, 1, 1, tzinfo=UTC)


VALUES = st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)


@given(key=st.sampled_from(["href", "type", "roles", "eo:bands", "raster:bands", "bands", "nodata"]), value=VALUES)
def test_any_value_in_an_asset_is_read_or_is_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    if not folder.exists():
        image(folder / "B04.tif", 2000)
    path = write(folder, {"B04": asset("B04.tif", "B04") | {key: value}})
    with contextlib.suppress(GeoglotError):
        frame_of(path).bands(size=(2, 2))
