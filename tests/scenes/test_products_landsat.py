"""Landsat folders with an MTL: counts become reflectance and kelvin by the factors in it, and only by those."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import GeoglotError, PlaceError, ReadError, SensorUnknown
from geoglot.regions import Box
from geoglot.scenes.gdal import gdal
from geoglot.scenes.products import open_folder
from geoglot.scenes.products.landsat import KelvinSource
from geoglot.scenes.products.landsat_metadata import parse_mtl
from geoglot.scenes.resample import ArraySource
from geoglot.scenes.scene import Frame, HowTold
from geoglot.sensors import Unit

from .fabricate import geotiff

LEVEL_1 = "LC08_L1TP_196030_20200704_20200913_02_T1"
LEVEL_2 = "LC08_L2SP_196030_20200704_20200913_02_T1"
Groups = dict[str, dict[str, str]]


def contents(product: str) -> Groups:
    return {
        "PRODUCT_CONTENTS": {
            "LANDSAT_PRODUCT_ID": f'"{product}"',
            "PROCESSING_LEVEL": f'"{product.split("_")[1]}"',
        },
        "IMAGE_ATTRIBUTES": {
            "SPACECRAFT_ID": '"LANDSAT_8"',
            "SENSOR_ID": '"OLI_TIRS"',
            "WRS_PATH": "196",
            "WRS_ROW": "030",
            "DATE_ACQUIRED": "2020-07-04",
            "SCENE_CENTER_TIME": '"10:28:41.1234560Z"',
            "CLOUD_COVER": "12.30",
            "SUN_ELEVATION": "30.00000000",
        },
    }


def factors(quantity: str, bands: range, mult: str, add: str) -> dict[str, str]:
    keys = {f"{quantity}_MULT_BAND_{number}": mult for number in bands}
    return keys | {f"{quantity}_ADD_BAND_{number}": add for number in bands}


def level_1() -> Groups:
    rescaling = factors("REFLECTANCE", range(1, 10), "2.0000E-05", "-0.100000")
    constants = {"K1_CONSTANT_BAND_10": "774.8853", "K2_CONSTANT_BAND_10": "1321.0789"}
    constants |= {"K1_CONSTANT_BAND_11": "480.8883", "K2_CONSTANT_BAND_11": "1201.1442"}
    return contents(LEVEL_1) | {
        "LEVEL1_RADIOMETRIC_RESCALING": rescaling | factors("RADIANCE", range(10, 12), "3.3420E-04", "0.10000"),
        "LEVEL1_THERMAL_CONSTANTS": constants,
    }


def level_2() -> Groups:
    first = level_1()["LEVEL1_RADIOMETRIC_RESCALING"]  # a Level 2 MTL repeats the Level 1 factors, to be ignored
    heat = {"TEMPERATURE_MULT_BAND_ST_B10": "0.00341802", "TEMPERATURE_ADD_BAND_ST_B10": "149.0"}
    return contents(LEVEL_2) | {
        "LEVEL1_RADIOMETRIC_RESCALING": first,
        "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": factors("REFLECTANCE", range(1, 8), "2.75e-05", "-0.2"),
        "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS": heat,
    }


def as_odl(groups: Groups) -> str:
    lines = ["GROUP = LANDSAT_METADATA_FILE"]
    for name, keys in groups.items():
        lines += [
            f"  GROUP = {name}",
            *(f"    {key} = {value}" for key, value in keys.items()),
            f"  END_GROUP = {name}",
        ]
    return "\n".join([*lines, "END_GROUP = LANDSAT_METADATA_FILE", "END", ""])


def fabricate(folder: Path, product: str, bands: dict[str, int], groups: Groups) -> Path:
    """A product of constant bands, 20 x 16 px, with one pixel of fill in the corner."""
    at = folder / product
    at.mkdir(parents=True, exist_ok=True)
    for band, count in bands.items():
        data = np.full((1, 16, 20), count, np.uint16)
        data[0, 0, 0] = 1 if band == "QA_PIXEL" else 0
        geotiff(at / f"{product}_{band}.TIF", data)
    (at / f"{product}_MTL.txt").write_text(as_odl(groups))
    return at


def frames_of(path: Path) -> tuple[Frame, ...]:
    frames = open_folder(path)
    assert frames is not None
    return frames


def test_level_1_is_reflectance_by_the_sun_and_brightness_temperature(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_1, {"B4": 10_000, "B10": 25_000}, level_1()))
    assert frame.sensor.name == "landsat-8-l1"
    assert frame.told_by is HowTold.METADATA
    assert frame.time == datetime(2020, 7, 4, 10, 28, 41, 123456, UTC)
    red, thermal = frame.bands("red", "thermal")
    assert red[5, 5] == pytest.approx((2e-5 * 10_000 - 0.1) / math.sin(math.radians(30)))
    radiance = 3.342e-4 * 25_000 + 0.1
    assert thermal[5, 5] == pytest.approx(1321.0789 / math.log(774.8853 / radiance + 1))
    assert frame.channel("red").band.unit is Unit.REFLECTANCE
    assert frame.channel("thermal").band.unit is Unit.KELVIN


def test_level_2_uses_its_own_factors_not_those_of_level_1(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_2, {"SR_B4": 20_000, "ST_B10": 44_000}, level_2()))
    assert frame.sensor.name == "landsat-8-l2"
    red, thermal = frame.bands("red", "thermal")
    assert red[5, 5] == pytest.approx(20_000 * 2.75e-5 - 0.2)
    assert thermal[5, 5] == pytest.approx(44_000 * 0.00341802 + 149)


def test_fill_is_no_measurement_though_the_file_declares_nothing(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_1, {"B4": 10_000, "B10": 25_000, "QA_PIXEL": 21824}, level_1()))
    values = frame.bands()
    assert np.isnan(values[:, 0, 0]).all()
    assert np.isfinite(values[:, 0, 1:]).all()


def test_quality_bits_stay_whole_numbers(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_1, {"B4": 10_000, "QA_PIXEL": 21824}, level_1()))
    assert frame.channel("QA_PIXEL").band.unit is Unit.CLASS
    assert set(np.unique(frame.bands("BQA", size=(7, 5))[0])) == {21824}


def test_the_panchromatic_band_lies_half_a_pixel_inside(tmp_path: Path) -> None:
    at = fabricate(tmp_path, LEVEL_1, {"B4": 10_000}, level_1())
    fine = np.tile(np.arange(39), (31, 1))[None].astype(np.uint16) * 100 + 5000
    inset = gdal().Affine(5, 0, 500_000 + 2.5, 0, -5, 5_000_000 - 2.5)
    geotiff(at / f"{LEVEL_1}_B8.TIF", fine, transform=inset)
    (frame,) = frames_of(at)
    assert frame.size == (20, 16)
    assert (frame.channel("pan").source.width, frame.channel("pan").source.height) == (40, 32)
    pan = frame.bands("pan", box=Box(4, 4, 6, 6), size=(4, 4))[0]
    # Column 4 of the 10 m grid begins at 40 m, that is at 37.5 m or pixel 7.5 of the inset 5 m file.
    counts = np.interp([7.5, 8.5, 9.5, 10.5], np.arange(39), fine[0, 0])
    assert pan[0] == pytest.approx((counts * 2e-5 - 0.1) / 0.5, abs=1e-4)


def test_bands_of_another_crs_are_refused(tmp_path: Path) -> None:
    at = fabricate(tmp_path, LEVEL_1, {"B4": 10_000}, level_1())
    geotiff(at / f"{LEVEL_1}_B5.TIF", np.ones((1, 16, 20), np.uint16), crs="EPSG:32634")
    with pytest.raises(PlaceError, match="different CRS"):
        frames_of(at)


def test_at_night_reflective_bands_stay_counts(tmp_path: Path) -> None:
    groups = level_1()
    groups["IMAGE_ATTRIBUTES"]["SUN_ELEVATION"] = "-12.5"
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_1, {"B4": 10_000, "B10": 25_000}, groups))
    assert frame.channel("red").band.unit is Unit.DN
    assert frame.channel("thermal").band.unit is Unit.KELVIN
    assert any("night" in warning for warning in frame.warnings)


def test_missing_factors_leave_counts_and_are_told(tmp_path: Path) -> None:
    groups = level_1()
    groups["LEVEL1_THERMAL_CONSTANTS"] = {}
    del groups["LEVEL1_RADIOMETRIC_RESCALING"]["REFLECTANCE_ADD_BAND_4"]
    (frame,) = frames_of(fabricate(tmp_path, LEVEL_1, {"B4": 10_000, "B10": 25_000}, groups))
    assert {channel.band.unit for channel in frame.channels} == {Unit.DN}
    assert len(frame.warnings) == 2


def test_several_scenes_in_one_folder_come_in_order_of_time(tmp_path: Path) -> None:
    at = fabricate(tmp_path, LEVEL_1, {"B4": 10_000}, level_1())
    earlier = level_1()
    earlier["IMAGE_ATTRIBUTES"]["DATE_ACQUIRED"] = "2019-07-04"
    other = fabricate(tmp_path, LEVEL_1.replace("20200704", "20190704"), {"B4": 9_000}, earlier)
    for file in other.iterdir():
        file.rename(at / file.name)
    frames = frames_of(at)
    assert [frame.time.year for frame in frames if frame.time] == [2019, 2020]


def test_the_json_form_says_the_same(tmp_path: Path) -> None:
    at = fabricate(tmp_path, LEVEL_1, {"B4": 10_000}, level_1())
    (from_text,) = frames_of(at)
    plain = {name: {key: value.strip('"') for key, value in keys.items()} for name, keys in level_1().items()}
    (at / f"{LEVEL_1}_MTL.json").write_text(json.dumps({"LANDSAT_METADATA_FILE": plain}))
    (at / f"{LEVEL_1}_MTL.txt").unlink()
    (from_json,) = frames_of(at)
    assert np.array_equal(from_text.bands(), from_json.bands(), equal_nan=True)
    assert from_json.time == from_text.time


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", ReadError),
        ("END\n", ReadError),
        ("GROUP = A\n  KEY = 1\n", ReadError),
        ("{ not json", ReadError),
        ("[" * 100_000, ReadError),
        ("GROUP = A\n  SPACECRAFT_ID = LANDSAT_8\nEND_GROUP = A\nEND", SensorUnknown),
        ("GROUP = A\n  SPACECRAFT_ID = LANDSAT_3\n  DATA_TYPE = L1T\nEND_GROUP = A\nEND", SensorUnknown),
        (
            "GROUP = A\n SPACECRAFT_ID = LANDSAT_5\n SENSOR_ID = MSS\n DATA_TYPE = L1T\nEND_GROUP = A\nEND",
            SensorUnknown,
        ),
    ],
)
def test_an_mtl_that_says_too_little_is_a_typed_error(tmp_path: Path, text: str, error: type[GeoglotError]) -> None:
    at = fabricate(tmp_path, LEVEL_1, {"B4": 10_000}, level_1())
    (at / f"{LEVEL_1}_MTL.txt").write_text(text)
    with pytest.raises(error):
        frames_of(at)


def test_an_mtl_without_bands_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no band of this product"):
        frames_of(fabricate(tmp_path, LEVEL_1, {}, level_1()))


@given(st.text(max_size=400))
def test_any_text_parses_or_is_a_read_error(text: str) -> None:
    try:
        mtl = parse_mtl(text, what="x_MTL.txt")
    except ReadError:
        return
    assert mtl.groups


@given(kelvin=st.floats(200, 400), gain=st.floats(1e-4, 0.1))
def test_brightness_temperature_inverts_planck(kelvin: float, gain: float) -> None:
    k1, k2 = 774.8853, 1321.0789
    counts = np.full((1, 2, 2), (k1 / (math.exp(k2 / kelvin) - 1) - 0.1) / gain, np.float64)
    values, valid = KelvinSource(ArraySource(counts), gain, 0.1, k1, k2).read(0, Box(0, 0, 2, 2), (2, 2), exact=False)
    assert valid.all()
    assert values == pytest.approx(np.full((2, 2), kelvin), rel=1e-4)


@pytest.mark.data
def test_real_landsat_5_before_collections(shared_data: Path) -> None:
    (frame,) = frames_of(shared_data / "real" / "landsat5_tm_tucurui_thermal")
    assert frame.sensor.name == "landsat-5-l1"
    assert frame.time == datetime(1988, 8, 14, 13, 0, 47, 375019, UTC)
    assert frame.crs == "EPSG:32622"
    assert frame.bounds == (619395, -419505, 628005, -410205)
    assert frame.warnings == ()
    thermal = frame.bands("thermal")[0]
    assert 285 < float(np.nanmin(thermal)) < float(np.nanmax(thermal)) < 310
    red, nir = frame.bands("red", "nir")
    assert -0.02 < float(np.nanmin(red)) < float(np.nanmax(nir)) < 0.6
    vegetation = (nir - red) / (nir + red) > 0.6
    water = nir < 0.05
    assert vegetation.mean() > 0.3  # rain forest around the reservoir
    assert float(red[vegetation].mean()) < 0.06
    assert water.mean() > 0.1
