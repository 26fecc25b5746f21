"""The contract of the whole sensor table: every sensor that comes with geoglot keeps it."""

import tomllib
from importlib import resources

import pytest

from geoglot.errors import UnknownName
from geoglot.sensors import Kind, Sensor, Unit, all_sensors, by_name, get, names

SENSORS = all_sensors()
LISTED = (Kind.OPTICAL, Kind.RGB, Kind.THERMAL, Kind.SAR, Kind.ELEVATION, Kind.CLASSES)


def _examples() -> list[tuple[str, str]]:
    folder = resources.files("geoglot.sensors") / "table"
    tables = [tomllib.loads(entry.read_text("utf-8")) for entry in folder.iterdir()]
    rows = [row for table in tables for row in table["sensor"]]
    return [(row["name"], line["example"]) for row in rows for line in row.get("files", [])]


every_sensor = pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)


def test_names_are_unique_over_all_families() -> None:
    folder = resources.files("geoglot.sensors") / "table"
    rows = [r for e in folder.iterdir() for r in tomllib.loads(e.read_text("utf-8"))["sensor"]]
    assert len(rows) == len(names()) == len({row["name"] for row in rows})


def test_the_table_holds_every_sensor_that_was_asked_for() -> None:
    wanted = (
        "sentinel-1-grd sentinel-1-slc sentinel-1-rtc sentinel-1-sigma0-db sentinel-2-l1c sentinel-2-l2a "
        "landsat-4-l1 landsat-4-l2 landsat-5-l1 landsat-5-l2 landsat-7-l1 landsat-7-l2 landsat-8-l1 landsat-8-l2 "
        "landsat-9-l1 landsat-9-l2 modis-mod09 modis-mod13 modis-mod11 naip worldview-2 worldview-3 "
        "worldview-3-swir worldview-4 geoeye-1 quickbird-2 pleiades pleiades-neo spot-4 spot-5 spot-6 spot-7 "
        "planetscope-3-band planetscope-4-band planetscope-8-band gaofen-1-pms gaofen-1-wfv gaofen-2-pms gaofen-3 "
        "ers-pri radarsat-2 rcm enmap-l2a prisma neon-hyperspectral hyperspectral flir-tiff-high-gain "
        "flir-display dji-thermal thermal-display uav-rgb uav-p4-multispectral uav-rededge aerial-rgb aerial-rgbn "
        "rgb grey sar-amplitude elevation classes"
    )
    assert set(wanted.split()) <= set(names())


@every_sensor
def test_every_sensor_says_where_its_numbers_come_from(sensor: Sensor) -> None:
    assert len(sensor.source) > 20


@every_sensor
def test_every_sensor_has_bands_and_a_picture(sensor: Sensor) -> None:
    if sensor.kind is Kind.HYPERSPECTRAL:
        return  # its bands may stand in the file
    assert sensor.bands
    assert len(sensor.display) in (1, 3)
    assert set(sensor.display) | set(sensor.bands_in_file) <= {band.name for band in sensor.bands}


@every_sensor
def test_wavelengths_are_plausible_and_optical_bands_rise(sensor: Sensor) -> None:
    for band in sensor.bands:
        if band.centre_um is not None:
            assert 0.3 <= band.centre_um <= 15
            assert band.width_um is not None
            assert 0 < band.width_um < 8
    if sensor.name.startswith(("sentinel-2", "landsat-8", "worldview-2", "planetscope-8")):
        listed = [b.centre_um for b in sensor.bands if b.centre_um is not None and b.common not in ("pan", "cirrus")]
        assert listed == sorted(listed)


@every_sensor
def test_units_fit_the_kind(sensor: Sensor) -> None:
    physical = {
        Kind.SAR: {Unit.AMPLITUDE, Unit.SIGMA0, Unit.SIGMA0_DB, Unit.GAMMA0, Unit.GAMMA0_DB},
        Kind.THERMAL: {Unit.KELVIN, Unit.CELSIUS, Unit.DISPLAY},
        Kind.RGB: {Unit.DISPLAY},
        Kind.ELEVATION: {Unit.METRE},
        Kind.CLASSES: {Unit.CLASS},
    }
    allowed = physical.get(sensor.kind)
    if allowed:
        assert {band.unit for band in sensor.bands} <= allowed


@every_sensor
def test_the_display_range_can_be_reached_by_stored_counts(sensor: Sensor) -> None:
    widest = {"uint8": (0, 255), "uint16": (0, 65535), "int16": (-32768, 32767)}
    for band in sensor.bands:
        assert band.low < band.high
        if sensor.dtype in widest:
            ends = [count * band.scale + band.offset for count in widest[sensor.dtype]]
            assert min(ends) <= band.low + abs(band.offset) + 1e-6
            assert band.high <= max(ends)


@every_sensor
def test_radar_bands_are_told_by_polarisation(sensor: Sensor) -> None:
    if sensor.kind is Kind.SAR and len(sensor.bands) > 1:
        for band in sensor.bands:
            assert band.polarisation == band.name or band.name in ("RH", "RV")
            assert band.centre_um is None


@every_sensor
def test_a_band_answers_to_its_own_name_and_its_common_name(sensor: Sensor) -> None:
    for band in sensor.bands:
        assert sensor.band(band.name) == band
        if band.common:
            assert sensor.band(band.common.upper()) == band


@pytest.mark.parametrize(("sensor", "example"), _examples())
def test_every_file_name_pattern_finds_its_own_example_and_sensor(sensor: str, example: str) -> None:
    match = by_name(example)
    assert match is not None
    assert match.sensor.name == sensor


def test_a_sensor_is_found_in_any_case() -> None:
    assert get("Sentinel-2-L2A") is get("sentinel-2-l2a")


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="sentinel-2-l2a"):
        get("sentinel-2")


def test_the_same_band_number_is_another_colour_on_tm_and_oli() -> None:
    assert get("landsat-5-l2").band("B4").common == "nir"
    assert get("landsat-8-l2").band("B4").common == "red"


def test_worldview_4_stores_red_first_and_geoeye_1_blue() -> None:
    assert get("worldview-4").bands_in_file[0] == "R"
    assert get("geoeye-1").bands_in_file[0] == "B"


def test_enmap_lists_224_centres_that_fall_back_where_the_spectrometers_overlap() -> None:
    bands = get("enmap-l2a").bands
    assert len(bands) == 224
    assert bands[90].centre_um == pytest.approx(0.9933)
    assert bands[91].centre_um == pytest.approx(0.9020)
