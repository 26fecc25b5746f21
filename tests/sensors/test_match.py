"""Bands by name or wavelength, never by position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import BandError, UnitError
from geoglot.sensors import Unit, as_stored, get, match, with_wavelengths


def named(sensor: str, *descriptions: str | None, **more: object) -> list[str]:
    return [band.name for band in match(get(sensor), descriptions, **more)]  # type: ignore[arg-type]


def test_layers_are_matched_by_name_in_any_order_and_spelling() -> None:
    assert named("sentinel-2-l2a", "B8A", "b4", "Band 03", "blue") == ["B8A", "B04", "B03", "B02"]
    assert named("sentinel-2-l1c", "Blue(B2)", "NIR(B8)", "SWIR1(B11)") == ["B02", "B08", "B11"]
    assert named("landsat-7-l1", "band 4 reflectance", "band 6 temperature") == ["B4", "B6_VCID_1"]
    assert named("landsat-8-l2", "SR_B4", "ST_B10") == ["B4", "ST_B10"]
    assert named("multispectral", "SWIR1", "NIR", "Red", "Green") == ["swir16", "nir", "red", "green"]
    assert named("sentinel-1-sigma0-db", "Sigma0_VH_db", "VV") == ["VH", "VV"]
    assert named("modis-mod09", "sur_refl_b03", "sur_refl_b01") == ["B3", "B1"]


def test_red_edge_is_not_red() -> None:
    assert named("uav-rededge", "Red edge", "Red") == ["rededge", "red"]
    assert named("worldview-2", "Red Edge", "Coastal", "NIR2", "NIR1") == ["RE", "C", "N2", "N"]


@given(st.permutations(["B02", "B03", "B04", "B08", "B11", "B12"]))
def test_the_order_of_the_layers_never_matters(order: list[str]) -> None:
    assert named("sentinel-2-l2a", *order) == order


def test_layers_are_matched_by_wavelength() -> None:
    bands = match(get("sentinel-2-l2a"), [None, None, None], [0.665, 0.842, 1.61])
    assert [band.name for band in bands] == ["B04", "B08", "B11"]


def test_a_panchromatic_band_does_not_take_the_place_of_a_colour() -> None:
    assert [band.name for band in match(get("worldview-3"), [None, None], [0.632, 0.545])] == ["R", "G"]


def test_a_wavelength_inside_the_description_counts() -> None:
    assert named("sentinel-2-l2a", "664.6 nm", "0.56 µm") == ["B04", "B03"]


def test_names_and_wavelengths_must_agree() -> None:
    with pytest.raises(BandError, match=r"another wavelength.*0\.83"):
        match(get("sentinel-2-l2a"), ["B04"], [0.833])


def test_a_layer_that_fits_no_band_is_refused_with_its_name() -> None:
    with pytest.raises(BandError, match="cloud probability"):
        named("sentinel-2-l2a", "B04", "cloud probability")


def test_a_layer_that_fits_several_bands_is_refused() -> None:
    with pytest.raises(BandError, match="several bands"):
        named("landsat-8-l2", "B2", "Red (B3)")


def test_a_band_that_two_layers_claim_is_refused() -> None:
    with pytest.raises(BandError, match="Layers 1 and 3 are both B04"):
        named("sentinel-2-l2a", "B04", "B03", "red")


def test_a_wavelength_between_two_bands_is_refused() -> None:
    with pytest.raises(BandError, match="between"):
        match(get("planetscope-8-band"), [None, None], [0.548, 0.66])


def test_a_wavelength_outside_every_band_is_refused_with_its_value() -> None:
    with pytest.raises(BandError, match=r"1\.05"):
        match(get("sentinel-2-l2a"), [None, None], [1.05, 0.665])


def test_nanometres_passed_as_micrometres_are_refused() -> None:
    with pytest.raises(UnitError, match="nm"):
        match(get("sentinel-2-l2a"), [None, None], [665.0, 560.0])


def test_a_file_without_names_is_refused_unless_the_sensor_was_told() -> None:
    with pytest.raises(BandError, match="does not say which layer"):
        match(get("naip"), [None] * 4)
    bands = match(get("naip"), [None] * 4, vendor_order=True)
    assert [band.common for band in bands] == ["red", "green", "blue", "nir"]


def test_the_vendors_order_needs_the_vendors_number_of_layers() -> None:
    with pytest.raises(BandError, match="3 layers"):
        match(get("naip"), [None] * 3, vendor_order=True)


def test_numbers_that_only_count_the_layers_are_no_names() -> None:
    thirteen = [f"Band {place}" for place in range(1, 14)]
    with pytest.raises(BandError, match="does not say"):
        match(get("sentinel-2-l1c"), thirteen)  # Band 9 would be B8A by place and B09 by name
    assert [b.name for b in match(get("sentinel-2-l1c"), thirteen, vendor_order=True)][8] == "B8A"


def test_one_layer_of_a_one_band_sensor_needs_no_name() -> None:
    assert match(get("elevation"), [None])[0].unit is Unit.METRE


def test_a_spectrometer_takes_the_wavelengths_of_the_file() -> None:
    bands = match(get("neon-hyperspectral"), [None] * 3, [0.45, 0.55, 0.65], widths_um=[0.005, None, 0.007])
    assert [(band.centre_um, band.width_um) for band in bands] == [(0.45, 0.005), (0.55, 0.006), (0.65, 0.007)]
    assert {(band.unit, band.scale, band.nodata) for band in bands} == {(Unit.REFLECTANCE, 1e-4, -9999)}


def test_a_spectrometer_without_wavelengths_is_refused_unless_complete() -> None:
    with pytest.raises(BandError, match="369 layers"):
        match(get("neon-hyperspectral"), [None] * 369, vendor_order=True)
    assert len(match(get("neon-hyperspectral"), [None] * 426, vendor_order=True)) == 426


def test_a_spectrum_shows_what_an_eye_would_see() -> None:
    sensor = with_wavelengths(get("hyperspectral"), [0.40, 0.475, 0.55, 0.66, 0.9, 1.6])
    assert sensor.display == ("B004", "B003", "B002")
    assert with_wavelengths(get("hyperspectral"), [1.6, 2.2]).display == ("B001",)
    with pytest.raises(UnitError, match="nanometres"):
        with_wavelengths(get("hyperspectral"), [475.0, 550.0])


def test_eight_bits_of_a_sixteen_bit_sensor_are_a_picture() -> None:
    sensor, warnings = as_stored(get("sentinel-2-l1c"), "uint8")
    assert {(band.unit, band.scale, band.high) for band in sensor.bands} == {(Unit.DISPLAY, 1.0, 255.0)}
    assert "stretched picture" in warnings[0]


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32"])
def test_wide_integers_hold_the_same_counts(dtype: str) -> None:
    assert as_stored(get("sentinel-2-l2a"), dtype) == (get("sentinel-2-l2a"), ())


def test_floats_are_told_as_counts_or_values_by_their_size() -> None:
    scaled, warnings = as_stored(get("sentinel-2-l2a"), "float32", medians=(0.05, 0.3))
    assert scaled.bands[0].scale == 1.0
    assert scaled.bands[0].unit is Unit.REFLECTANCE
    assert "already scaled" in warnings[0]
    assert as_stored(get("sentinel-2-l2a"), "float32", medians=(500.0, 3000.0))[0].bands[0].scale == 1e-4
    unknown, warnings = as_stored(get("sentinel-2-l2a"), "float32")
    assert unknown.bands[0].unit is Unit.DN
    assert "No unit is assumed" in warnings[0]


def test_another_integer_where_bytes_were_stored_has_no_known_unit() -> None:
    sensor, warnings = as_stored(get("landsat-7-l1"), "int16")
    assert {band.unit for band in sensor.bands} == {Unit.DN}
    assert warnings
