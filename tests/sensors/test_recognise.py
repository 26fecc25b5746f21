"""Names and tags: what they tell, and near misses that must tell nothing."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.sensors import at_baseline, by_name, by_tags, get
from geoglot.sensors.parse import parse_table


@pytest.mark.parametrize(
    ("name", "sensor"),
    [
        ("S1A_IW_GRDH_1SDV_20200101T054012_20200101T054037_030611_0381E6_1A2B", "sentinel-1-grd"),
        ("S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE", "sentinel-2-l2a"),
        ("LC08_L2SP_196030_20200704_20200913_02_T1", "landsat-8-l2"),
        ("GF2_PMS1_E117.4_N39.1_20180514_L1A0003189440-MSS1.tiff", "gaofen-2-pms"),
        ("SAR_IMP_1PNESA19950607_101212_00000015F157_00123_20368_0001.E1", "ers-pri"),
        ("HLS.S30.T31UFS.2020123T105031.v2.0.B02.tif", "hls-s30"),
        ("m_3807708_ne_18_060_20181104.tif", "naip"),
        ("RS2_OK1234_PK5678_DK910_FQ9_20100101_120000_HH_VV_HV_VH_SLC", "radarsat-2"),
        ("MOD09A1.A2020001.h18v04.061.2020012345678.hdf", "modis-mod09"),
        (
            "ENMAP01-____L2A-DT0000001234_20220712T104302Z_001_V010110_20221116T122112Z-SPECTRAL_IMAGE.TIF",
            "enmap-l2a",
        ),
    ],
)
def test_product_names_tell_the_sensor(name: str, sensor: str) -> None:
    match = by_name(name)
    assert match is not None
    assert match.sensor.name == sensor


@pytest.mark.parametrize(
    "name",
    [
        "S1A_IW_GRDH_1SXV_20200101T054012_20200101T054037_030611_0381E6_1A2B",  # no such polarisation
        "S2E_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE",  # no such satellite
        "S2A_MSIL2B_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE",  # no such level
        "S2A_MSIL2A_20220125T105311_N400_R051_T31UFS_20220125T141500.SAFE",  # three-digit baseline
        "S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T1415001.SAFE",  # a digit too many
        "XS2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE",  # a letter touches it
        "LC08_L2XX_196030_20200704_20200913_02_T1",
        "LC06_L2SP_196030_20200704_20200913_02_T1",  # Landsat 6 never reached its orbit
        "LC08_L2SP_19603_20200704_20200913_02_T1",
        "LC08_L2SP_196030_20200704_20200913_01_T1",  # Collection 1 had no L2SP
        "GF2_WFV1_E117.4_N39.1_20180514_L1A0003189440.tiff",  # Gaofen-2 has no wide field camera
        "SAR_IMP_1PNESA19950607_101212_00000015F157_00123_20368_0001.E3",
        "HLS.S31.T31UFS.2020123T105031.v2.0.B02.tif",
        "m_3807708_no_18_060_20181104.tif",
        "RS2_OK1234_PK5678_DK910_FQ9_20100101_120000_HX_SLC",
        "MOD09A1.A20201.h18v04.061.2020012345678.hdf",
        "ENMAP01-____L3A-DT0000001234_20220712T104302Z_001_V010110_20221116T122112Z-SPECTRAL_IMAGE.TIF",
        "DJI_12345.JPG",
        "holiday.jpg",
        "",
    ],
)
def test_near_misses_tell_nothing(name: str) -> None:
    assert by_name(name) is None


def test_the_baseline_in_the_name_decides_the_offset_not_the_date() -> None:
    new = by_name("S2A_MSIL2A_20160125T105311_N0500_R051_T31UFS_20230125T141500.SAFE")  # reprocessed
    old = by_name("S2A_MSIL2A_20220125T105311_N0301_R051_T31UFS_20220125T141500.SAFE")
    assert new is not None
    assert old is not None
    assert {band.offset for band in new.sensor.bands} == {-0.1}
    assert {band.offset for band in old.sensor.bands} == {0.0}
    assert (new.baseline, old.baseline) == ("0500", "0301")


def test_a_name_without_baseline_says_that_it_is_missing() -> None:
    match = by_name("T31UFS_20220125T105311_B02_10m.jp2")
    assert match is not None
    assert match.baseline_missing
    assert match.band is not None
    assert match.band.offset == 0.0
    assert not by_name("LC08_L2SP_196030_20200704_20200913_02_T1").baseline_missing  # type: ignore[union-attr]


@pytest.mark.parametrize(("baseline", "offset"), [("0301", 0.0), ("0399", 0.0), ("0400", -0.1), ("0511", -0.1)])
def test_the_offset_begins_with_baseline_0400(baseline: str, offset: float) -> None:
    assert at_baseline(get("sentinel-2-l1c"), baseline).bands[0].offset == offset


def test_a_sensor_without_a_baseline_rule_stays_as_it_is() -> None:
    assert at_baseline(get("landsat-8-l2"), "0500") is get("landsat-8-l2")


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE", (2022, 1, 25, 10, 53, 11)),
        ("s1b-iw-grd-vv-20210401t052623-20210401t052648-026269-032297-001.tiff", (2021, 4, 1, 5, 26, 23)),
        ("HLS.S30.T31UFS.2020123T105031.v2.0.B02.tif", (2020, 5, 2, 10, 50, 31)),
        ("LT52240631988227CUB02_B6.TIF", (1988, 8, 14)),
        ("TERRA_MODIS_012010_NDVI_2014-07-28.jp2", (2014, 7, 28)),
        ("20JAN31103045-A2AS-010203040506_01_P001.TIF", (2020, 1, 31, 10, 30, 45)),
        ("20190601_093012_0f32_3B_AnalyticMS.tif", (2019, 6, 1, 9, 30, 12)),
        ("SENTINEL2A_20200101-105441-123_L2A_T31UFS_C_V2-2", (2020, 1, 1, 10, 54, 41)),
    ],
)
def test_times_are_read_as_utc(name: str, time: tuple[int, ...]) -> None:
    match = by_name(name)
    assert match is not None
    assert match.time == datetime(*time, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_an_impossible_date_is_no_time() -> None:
    match = by_name("m_3807708_ne_18_060_20181399.tif")
    assert match is not None
    assert match.time is None


@pytest.mark.parametrize(
    ("name", "layer", "band"),
    [
        ("LC08_L2SP_196030_20200704_20200913_02_T1_ST_B10.TIF", "ST_B10", "ST_B10"),
        ("LC08_L2SP_196030_20200704_20200913_02_T1_SR_B4.TIF", "SR_B4", "B4"),
        ("LC08_L2SP_196030_20200704_20200913_02_T1_QA_PIXEL.TIF", "QA_PIXEL", None),
        ("LE07_L1TP_224063_20030814_20200917_02_T1_B6_VCID_2.TIF", "B6_VCID_2", "B6_VCID_2"),
        ("T31UFS_20220125T105311_SCL_20m.jp2", "SCL", None),
        ("T31UFS_20220125T105311_B8A_20m.jp2", "B8A", "B8A"),
        ("s1b-iw-grd-vh-20210401t052623-20210401t052648-026269-032297-002.tiff", "vh", "VH"),
        ("LC08_L1TP_014032_20180903_20180912_01_T1", None, None),
    ],
)
def test_the_layer_is_told_and_the_band_where_it_is_one(name: str, layer: str | None, band: str | None) -> None:
    match = by_name(name)
    assert match is not None
    assert match.layer == layer
    assert (match.band.name if match.band else None) == band


def test_a_name_may_be_prefixed_and_followed() -> None:
    match = by_name("crop_LC08_L1TP_014032_20180903_B4_clip.tif")
    assert match is not None
    assert match.sensor.name == "landsat-8-l1"
    assert match.layer == "B4"


def test_collection_and_level_are_told() -> None:
    match = by_name("LC08_L1TP_014032_20180903_20180912_01_T1")
    assert match is not None
    assert (match.collection, match.level) == ("01", "L1TP")


OWN = """
[[sensor]]
name = "my-camera"
title = "My camera"
kind = "rgb"
source = "my own measurement"
bands = [{ name = "red", unit = "display" }]
tags = ['^MyCam 3$']
files = [{ pattern = 'm_\\d{7}_ne.*', example = "m_1234567_ne" }]
"""


def test_a_sensor_of_the_user_is_tried_first() -> None:
    own = parse_table(OWN, family="mine")
    match = by_name("m_3807708_ne_18_060_20181104.tif", also=own)
    assert match is not None
    assert match.sensor.name == "my-camera"


def test_tags_tell_the_sensor_when_they_name_exactly_one() -> None:
    assert by_tags(["Sentinel-1A IW GRD HR L1"]) == get("sentinel-1-grd")
    assert by_tags(["WV02"]) == get("worldview-2")
    assert by_tags(["MyCam 3"], also=parse_table(OWN, family="mine")) is not None
    assert by_tags(["WV02", "GE01"]) is None
    assert by_tags(["Adobe Photoshop", ""]) is None


@given(st.text(max_size=80))
def test_no_name_makes_it_fail(name: str) -> None:
    match = by_name(name)
    assert match is None or match.sensor is not None


def test_a_hostile_name_costs_no_time() -> None:
    started = time.process_time()  # not the clock's: a busy machine is no slow pattern
    for piece in ("RS2_OK1_PK1_DK1_", "A_", "20190601_", "S1A_IW_", "DJI_", "GF3_KAS_", "_HH", "aA-"):
        by_name(piece * 2000)
    assert time.process_time() - started < 20
