"""Values, validity and place of raster files of every make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import PlaceError, Refused
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.fit import fit
from geoglot.scenes.frame import open_raster, source_of
from geoglot.scenes.gdal import gdal
from geoglot.scenes.header import header
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.scene import Frame
from geoglot.sensors import Unit

from .fabricate import geotiff, ramp, sparse

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


def grey(path: Path) -> Frame:
    """A frame of one nameless layer."""
    return open_raster(path, sensor=sensors.get("grey"))


def values(path: Path, box: Box | None = None, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
    return grey(path).bands(box=box, size=size)[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_type_comes_back_as_float32(tmp_path: Path, dtype: str) -> None:
    data = ramp(1, 6, 8, dtype)
    np.testing.assert_array_equal(values(geotiff(tmp_path / "x.tif", data)), data[0].astype(np.float32))


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "complex_int16"])
def test_complex_becomes_amplitude(tmp_path: Path, dtype: str) -> None:
    data = np.full((1, 4, 5), 3 + 4j, np.complex64)
    frame = open_raster(geotiff(tmp_path / "x.tif", data, dtype=dtype))
    assert frame.sensor.name == "sar-amplitude"
    np.testing.assert_array_equal(frame.bands("amplitude"), np.full((1, 4, 5), 5, np.float32))


def test_a_shrunken_complex_image_is_the_mean_amplitude_not_the_amplitude_of_the_mean(tmp_path: Path) -> None:
    phases = np.exp(1j * np.random.default_rng(0).uniform(0, 2 * np.pi, (1, 64, 64)))
    frame = open_raster(geotiff(tmp_path / "x.tif", (10 * phases).astype(np.complex64)))
    np.testing.assert_allclose(frame.bands(size=(16, 16)), 10, rtol=1e-4)


def test_scale_and_offset_of_the_file_are_applied_once_and_band_by_band(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", np.full((2, 3, 3), 100, np.int16), descriptions=("Red", "Green"))
    with gdal().open(path, "r+") as file:
        file.scales, file.offsets = (0.5, 2.0), (1.0, -10.0)
    np.testing.assert_array_equal(open_raster(path).bands("red", "green")[:, 0, 0], (51, 190))


def test_each_band_has_its_own_nodata(tmp_path: Path) -> None:
    """GeoTIFF holds one nodata value; the ENVI header beside a raw file too: bands differ only in netCDF and VRT."""
    data = np.array([[[0, 5, 9]], [[0, 5, 9]]], np.uint8)
    source = RasterSource(geotiff(tmp_path / "x.tif", data), 3, 1, ("uint8",) * 2, (0, 9))
    valid = [source.read(layer, Box(0, 0, 3, 1), (3, 1), exact=False)[1][0].tolist() for layer in (0, 1)]
    assert valid == [[False, True, True], [True, True, False]]


@pytest.mark.parametrize("nodata", [0, 65535, 7])
def test_declared_nodata_is_nan(tmp_path: Path, nodata: int) -> None:
    data = np.array([[[nodata, 5, 9]]], np.uint16)
    got = values(geotiff(tmp_path / "x.tif", data, nodata=nodata))
    assert np.isnan(got).tolist() == [[True, False, False]]


def test_nan_and_infinity_are_invalid_without_being_declared(tmp_path: Path) -> None:
    data = np.array([[[np.nan, 5, np.inf, -np.inf]]], np.float32)
    assert np.isnan(values(geotiff(tmp_path / "x.tif", data))).tolist() == [[True, False, True, True]]


def test_float_nodata_that_float32_cannot_hold_exactly_is_found(tmp_path: Path) -> None:
    data = np.array([[[-3.4e38, 5]]], np.float32)
    assert np.isnan(values(geotiff(tmp_path / "x.tif", data, nodata=-3.4e38))).tolist() == [[True, False]]


def test_nodata_that_the_type_cannot_hold_marks_nothing(tmp_path: Path) -> None:
    source = RasterSource(geotiff(tmp_path / "x.tif", ramp(1, 2, 2)), 2, 2, ("uint16",), (-9999.0,))
    assert source.read(0, Box(0, 0, 2, 2), (2, 2), exact=False)[1].all()


def test_nodata_of_the_sensor_counts_where_the_file_declares_none(tmp_path: Path) -> None:
    data = np.full((13, 4, 4), 1000, np.uint16)
    data[:, 0, 0] = 0
    frame = open_raster(geotiff(tmp_path / "x.tif", data), sensor=sensors.get("sentinel-2-l1c"))
    red = frame.bands("red")[0]
    assert np.isnan(red[0, 0])
    assert red[1, 1] == pytest.approx(0.1)


@pytest.mark.parametrize("declared", [True, False])
def test_shrinking_averages_only_what_was_measured(tmp_path: Path, declared: bool) -> None:
    data = np.full((1, 8, 8), 100, np.int16)
    data[:, :, ::2] = -999
    path = geotiff(tmp_path / "x.tif", data, nodata=-999 if declared else None)
    source = RasterSource(path, 8, 8, ("int16",), (-999,), (-999 if declared else None,))
    got, valid = source.read(0, Box(0, 0, 8, 8), (4, 4), exact=False)
    assert valid.all()
    assert (got == 100).all()


@pytest.mark.parametrize("declared", [True, False])
def test_growing_does_not_bleed_nodata_into_measurements(tmp_path: Path, declared: bool) -> None:
    data = np.full((1, 4, 4), 100, np.int16)
    data[:, :, :2] = -999
    path = geotiff(tmp_path / "x.tif", data, nodata=-999 if declared else None)
    source = RasterSource(path, 4, 4, ("int16",), (-999,), (-999 if declared else None,))
    got, valid = source.read(0, Box(0, 0, 4, 4), (16, 16), exact=False)
    assert (valid == (np.arange(16) >= 8)).all()
    assert (got[valid] == 100).all()


def test_a_mask_band_inside_the_file_is_used(tmp_path: Path) -> None:
    rasterio = gdal()
    path = tmp_path / "x.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        geotiff(path, ramp(3, 4, 4, "uint8"))
        with rasterio.open(path, "r+") as file:
            file.write_mask(np.array([[0] + [255] * 3] * 4, np.uint8))
    assert np.isnan(open_raster(path).bands("red")[0]).tolist() == [[True, False, False, False]] * 4


def test_a_mask_file_beside_the_image_is_used_locally_and_ignored_by_the_service(tmp_path: Path) -> None:
    rasterio = gdal()
    path = geotiff(tmp_path / "x.tif", ramp(3, 4, 4, "uint8"))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.zeros((4, 4), np.uint8))
    assert (tmp_path / "x.tif.msk").exists()
    gate.forget()
    assert open_raster(path).valid_fraction() == 0
    assert open_raster(path, profile=gate.SERVICE).valid_fraction() == 1


def test_a_tagged_alpha_layer_is_the_mask_and_no_band(tmp_path: Path) -> None:
    data = ramp(4, 2, 2, "uint8")
    data[3] = [[0, 128], [255, 255]]
    frame = open_raster(geotiff(tmp_path / "x.tif", data, photometric="RGB", alpha="YES"))
    assert frame.band_names == ("red", "green", "blue")
    assert np.isnan(frame.bands("red")[0]).tolist() == [[True, False], [False, False]]


def test_a_fourth_layer_that_is_named_is_a_band_even_where_its_colour_says_alpha(tmp_path: Path) -> None:
    data = ramp(4, 2, 2, "uint8")
    data[3] = 0
    path = geotiff(
        tmp_path / "x.tif", data, photometric="RGB", alpha="YES", descriptions=("Red", "Green", "Blue", "NIR")
    )
    frame = open_raster(path)
    assert frame.has("nir")
    assert np.isfinite(frame.bands("red")).all()


@pytest.mark.parametrize("driver", ["GTiff", "PNG", "JP2OpenJPEG", "WEBP"])
def test_every_lossless_format_of_the_gate_gives_the_same_values(tmp_path: Path, driver: str) -> None:
    data = ramp(3, 40, 60, "uint8")
    extra: dict[str, Any] = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    extra = {"LOSSLESS": "YES"} if driver == "WEBP" else extra
    path = geotiff(tmp_path / "x.img", data, driver=driver, **extra)
    np.testing.assert_array_equal(open_raster(path).bands("red", "green", "blue"), data.astype(np.float32))


def test_envi_layers_are_told_by_the_wavelengths_of_their_header(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.img", ramp(3, 4, 4), driver="ENVI")
    header_file = tmp_path / "x.hdr"
    header_file.write_text(header_file.read_text() + "wavelength units = Nanometers\nwavelength = {665, 560, 842}\n")
    frame = open_raster(path)
    assert frame.band_names == ("red", "green", "nir")
    np.testing.assert_array_equal(frame.bands("nir")[0], ramp(3, 4, 4)[2])


def test_a_file_with_forty_wavelengths_is_a_spectrum(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.img", ramp(40, 2, 2), driver="ENVI")
    header_file = tmp_path / "x.hdr"
    waves = ", ".join(str(450 + 50 * place) for place in range(40))
    header_file.write_text(header_file.read_text() + f"wavelength units = nm\nwavelength = {{{waves}}}\n")
    frame = open_raster(path)
    assert frame.sensor.name == "hyperspectral"
    assert frame.channels[3].band.centre_um == pytest.approx(0.6)
    assert len(frame.sensor.display) == 3


class TestPlace:
    """Georeference as rasterio tells it."""

    def test_north_up(self, tmp_path: Path) -> None:
        frame = grey(geotiff(tmp_path / "x.tif", ramp()))
        assert frame.bounds == (500_000, 4_999_600, 500_600, 5_000_000)
        assert frame.gsd_m == pytest.approx(10, rel=1e-3)

    def test_south_up(self, tmp_path: Path) -> None:
        place = gdal().Affine(10, 0, 500_000, 0, 10, 5_000_000)
        frame = grey(geotiff(tmp_path / "x.tif", ramp(), transform=place))
        assert frame.grid.to_crs([(0, 0)]).tolist() == [[500_000, 5_000_000]]
        assert frame.bounds == (500_000, 5_000_000, 500_600, 5_000_400)

    def test_rotated(self, tmp_path: Path) -> None:
        affine = gdal().Affine
        place = affine.translation(500_000, 5_000_000) @ affine.rotation(30) @ affine.scale(10, -10)
        frame = grey(geotiff(tmp_path / "x.tif", ramp(), transform=place))
        corners = frame.grid.to_crs([(0, 0), (60, 0), (60, 40)])
        np.testing.assert_allclose(np.hypot(*(corners[1] - corners[0])), 600)
        np.testing.assert_allclose(np.hypot(*(corners[2] - corners[1])), 400)
        assert ("grid", "rotated") in frame.notes

    def test_control_points(self, tmp_path: Path) -> None:
        point = gdal().control.GroundControlPoint
        gcps = [point(row, col, 15 + col / 100, 45 - row / 100) for row in (0, 20, 40) for col in (0, 30, 60)]
        frame = grey(geotiff(tmp_path / "x.tif", ramp(), crs="EPSG:4326", transform=None, gcps=gcps))
        np.testing.assert_allclose(frame.grid.to_lonlat([(60, 40)]), [(15.6, 44.6)], atol=1e-6)
        assert any("9 control points" in text for _, text in frame.notes)

    def test_none(self, tmp_path: Path) -> None:
        frame = grey(geotiff(tmp_path / "x.tif", ramp(), crs=None, transform=None))
        assert (frame.crs, frame.bounds, frame.gsd_m) == (None, None, frame.sensor.gsd_m)
        assert any("no coordinate reference system" in warning for warning in frame.warnings)
        with pytest.raises(PlaceError):
            frame.grid.to_lonlat([(0, 0)])

    def test_rational_polynomials_are_named_not_applied(self, tmp_path: Path) -> None:
        path = geotiff(tmp_path / "x.tif", ramp(), crs=None, transform=None)
        ones = " ".join(["1"] + ["0"] * 19)
        (tmp_path / "x_rpc.txt").write_text(
            "".join(f"{name}: 1\n" for name in ("LINE_OFF", "SAMP_OFF", "LAT_OFF", "LONG_OFF", "HEIGHT_OFF",
                    "LINE_SCALE", "SAMP_SCALE", "LAT_SCALE", "LONG_SCALE", "HEIGHT_SCALE"))
            + "".join(f"{name}_{place}: {value}\n" for name in ("LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF",
                      "SAMP_DEN_COEFF") for place, value in enumerate(ones.split(), start=1))
        )  # fmt: skip
        assert any("RPC" in warning for warning in grey(path).warnings)


class TestWindows:
    """Windows of a file at any place and size."""

    def test_overviews_are_used(self, tmp_path: Path) -> None:
        path = geotiff(
            tmp_path / "x.tif", np.zeros((1, 512, 512), np.uint8), tiled=True, blockxsize=256, blockysize=256
        )
        rasterio = gdal()
        with rasterio.open(path, "r+") as file:
            file.build_overviews([4], rasterio.enums.Resampling.nearest)
            file.write(np.full((512, 512), 9, np.uint8), 1)  # the overview still says 0
        assert values(path, size=(128, 128)).max() == 0
        assert values(path, size=(512, 512)).min() == 9

    def test_outside_is_invalid_not_zero(self, tmp_path: Path) -> None:
        got = values(geotiff(tmp_path / "x.tif", ramp(1, 4, 4) + 1), Box(-2, -1, 3, 5))
        assert got.shape == (6, 5)
        assert np.isfinite(got).sum() == 4 * 3
        np.testing.assert_array_equal(got[1:5, 2:5], ramp(1, 4, 4)[0, :, :3] + 1)

    def test_far_outside_is_all_invalid(self, tmp_path: Path) -> None:
        assert np.isnan(values(geotiff(tmp_path / "x.tif", ramp()), Box(1000, 1000, 1010, 1005))).all()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(x=st.floats(0, 80), y=st.floats(0, 80), zoom=st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.5, 8.0]))
    def test_a_plane_stays_a_plane_at_any_place_and_zoom(self, tmp_path: Path, x: float, y: float, zoom: float) -> None:
        """Averages and bilinear values of a linear ramp are its values at the output pixel's centre."""
        path = tmp_path / "ramp.tif"
        if not path.exists():
            rows, columns = np.mgrid[0:200, 0:200] + 0.5
            geotiff(path, np.stack([columns, rows]).astype(np.float32))
        source = source_of(header(path))
        box = Box(x, y, x + 12 * zoom, y + 12 * zoom)
        for layer, corner in ((0, x), (1, y)):
            got, valid = source.read(layer, box, (12, 12), exact=False)
            along = (got.T if layer else got)[2:-2, 2:-2]
            centres = corner + (np.arange(2, 10) + 0.5) * zoom
            np.testing.assert_allclose(along, np.broadcast_to(centres, along.shape), atol=0.12 * max(zoom, 1))
            assert valid.all()

    def test_tiles_put_together_are_the_whole(self, tmp_path: Path) -> None:
        path = geotiff(tmp_path / "x.tif", ramp(1, 90, 70))
        frame = grey(path)
        whole = np.zeros((90, 70), np.float32)
        for y in range(0, 90, 32):
            for x in range(0, 70, 32):
                tile = frame.window(Box(x, y, x + 32, y + 32)).bands()[0]
                whole[y : y + 32, x : x + 32] = tile
        np.testing.assert_array_equal(whole, ramp(1, 90, 70)[0])

    def test_classes_are_never_mixed(self, tmp_path: Path) -> None:
        data = np.random.default_rng(0).choice([1, 5, 9], (1, 50, 50)).astype(np.uint8)
        frame = open_raster(geotiff(tmp_path / "landcover.tif", data))
        for size in ((7, 7), (133, 133)):
            assert set(np.unique(frame.bands("class", size=size))) == {1, 5, 9}

    def test_a_read_above_the_budget_is_refused(self, tmp_path: Path) -> None:
        small = gate.Profile("small", gate.LOCAL.formats, max_pixels=1000)
        path = geotiff(tmp_path / "x.tif", ramp(), tiled=True, blockxsize=16, blockysize=16)
        frame = open_raster(path, sensor=sensors.get("grey"), profile=small)
        with pytest.raises(Refused, match="too many pixels"):
            frame.bands()
        assert frame.bands(size=(30, 20)).shape == (1, 20, 30)


@given(
    box=st.tuples(*[st.floats(-50, 150)] * 2, *[st.floats(0.01, 120)] * 2),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_the_part_inside_is_inside_and_keeps_the_scale(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> None:
    x, y, width, height = box
    part = fit(Box(x, y, x + width, y + height), size, (100, 90))
    if part is None:
        return
    assert 0 <= part.x <= part.x + part.width <= 100 + 1e-6
    assert 0 <= part.y <= part.y + part.height <= 90 + 1e-6
    assert 0 <= part.columns[0] < part.columns[1] <= size[0]
    step = width / size[0]
    assert abs(part.width - part.size[0] * step) <= step + 1e-6  # at most half an output pixel cut on each side


def test_one_pixel_is_an_image(tmp_path: Path) -> None:
    frame = open_raster(geotiff(tmp_path / "x.tif", np.array([[[7]], [[8]], [[9]]], np.uint8)))
    assert frame.size == (1, 1)
    assert frame.bands().ravel().tolist() == [7, 8, 9]
    assert frame.picture().size == (1, 1)


def test_header_and_source_agree_with_the_file(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp(2, 4, 6), nodata=3, tags={"": {"NOTE": "a\nb\x00"}})
    facts = header(path)
    source = source_of(facts)
    assert (source.width, source.height, source.nodata) == (6, 4, (3, 3))
    assert facts.tag("note") == "a b"
    assert facts.layers[0].dtype == "uint16"


def test_all_nodata_opens_and_says_that_nothing_is_valid(tmp_path: Path) -> None:
    frame = grey(geotiff(tmp_path / "x.tif", np.zeros((1, 5, 5), np.uint8), nodata=0))
    assert frame.valid_fraction() == 0
    assert frame.channels[0].band.unit is Unit.DISPLAY


def test_a_tag_that_is_no_utf8_does_not_hide_the_pixels(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp(1, 4, 6), tags={"": {"NOTE": "Pl@iades"}})
    path.write_bytes(path.read_bytes().replace(b"Pl@iades", b"Pl\xe9iades"))
    assert header(path).tag("NOTE") is None
    assert values(path).shape == (4, 6)


def test_the_valid_share_of_a_huge_raster_comes_from_windows(tmp_path: Path) -> None:
    """40 000 x 40 000 pixels whose left half is valid; blocks that were never written are nodata."""
    path = sparse(tmp_path / "x.tif", 40_000, tiled=True, blockxsize=512, blockysize=512, nodata=0)
    frame = grey(path)
    assert frame.valid_fraction() == 0
    source = frame.channels[0].source
    half = replace(frame, channels=(replace(frame.channels[0], source=_LeftHalf(source.width, source.height)),))
    assert half.valid_fraction() == pytest.approx(0.5)


@dataclass(frozen=True)
class _LeftHalf:
    """A source that is valid in its left half and may only be read in small windows."""

    width: int
    height: int

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        assert box.width * box.height < 10_000
        valid = np.full((size[1], size[0]), box.centre[0] < self.width / 2)
        return np.ones(valid.shape, np.uint8), valid
