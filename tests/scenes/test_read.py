"""`read`: one path or several, of every kind, and what several images are to each other."""

from __future__ import annotations

import contextlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geoglot
from geoglot import sensors
from geoglot.errors import BandError, InputError, PlaceError, ReadError, SensorUnknown
from geoglot.regions import Box, Grid
from geoglot.scenes.arrays import frame_from_array, scene_from_array
from geoglot.scenes.gdal import gdal
from geoglot.scenes.join import join
from geoglot.scenes.netcdf import open_arrays
from geoglot.scenes.netcdf3 import read_classic
from geoglot.scenes.opening import read
from geoglot.scenes.scene import Frame, HowTold, SceneKind
from geoglot.sensors import Kind, Unit

from .fabricate import geotiff, netcdf3, ramp

THREE = ramp(3, 8, 8, "uint8")


class TestOnePath:
    """A file, a folder, a ZIP."""

    def test_the_public_door_is_the_same_function(self) -> None:
        assert geoglot.read is read

    def test_a_path_may_be_text_or_path_and_a_list_of_one_is_the_same(self, tmp_path: Path) -> None:
        path = geotiff(tmp_path / "x.tif", THREE)
        for source in (path, str(path), [path], (str(path),)):
            scene = read(source)
            assert (scene.kind, scene.frame.paths) == (SceneKind.IMAGE, (path,))

    def test_a_sensor_may_be_given_as_itself(self, tmp_path: Path) -> None:
        path = geotiff(tmp_path / "x.tif", THREE)
        scene = read(path, sensor=sensors.get("uav-rgb"))
        assert (scene.sensor.name, scene.frame.told_by) == ("uav-rgb", HowTold.USER)

    def test_a_folder_of_dated_images_is_a_series_in_order_of_time(self, tmp_path: Path) -> None:
        for name in ("b_2021-03-01.tif", "a_2022-03-01.tif", "c_20200301.tif"):
            geotiff(tmp_path / name, THREE)
        (tmp_path / "notes.txt").write_text("not an image")
        scene = read(tmp_path)
        assert scene.kind is SceneKind.SERIES
        assert [frame.time.year for frame in scene.frames if frame.time] == [2020, 2021, 2022]

    def test_bands_in_loose_files_are_one_image(self, tmp_path: Path) -> None:
        names = ("T33TUM_20210403T101021_B04.tif", "T33TUM_20210403T101021_B08.tif")
        paths = [geotiff(tmp_path / name, ramp(1, 8, 8) + 100) for name in names]
        scene = read(paths)
        assert scene.kind is SceneKind.IMAGE
        assert scene.frame.has("red", "nir")

    def test_a_georeferenced_png_is_placed_and_a_plain_one_is_a_photo(self, tmp_path: Path) -> None:
        placed = geotiff(tmp_path / "x.png", THREE, driver="PNG")
        assert (tmp_path / "x.png.aux.xml").exists()
        assert read(placed).crs is not None
        plain = geotiff(tmp_path / "y.png", THREE, driver="PNG", crs=None, transform=None)
        assert read(plain).crs is None

    def test_a_year_alone_and_a_span_of_days(self, tmp_path: Path) -> None:
        assert read(geotiff(tmp_path / "1985.tif", THREE)).time == datetime(1985, 1, 1, tzinfo=UTC)
        assert read(geotiff(tmp_path / "2020-01-01_2020-12-31.tif", THREE)).time is None


class TestHeights:
    """SRTM tiles."""

    def tile(self, folder: Path, name: str = "N46E007.hgt") -> Path:
        data = np.arange(1201 * 1201, dtype=">i2").reshape(1201, 1201) % 3000
        data = data.astype(">i2")
        data[0, 0] = -32768
        (folder / name).write_bytes(data.tobytes())
        return folder / name

    def test_the_name_is_the_place_and_samples_lie_on_whole_degrees(self, tmp_path: Path) -> None:
        scene = read(self.tile(tmp_path))
        assert (scene.sensor.kind, scene.frame.told_by) == (Kind.ELEVATION, HowTold.NAME)
        np.testing.assert_allclose(scene.grid.to_lonlat([(0.5, 0.5), (1200.5, 1200.5)]), [(7, 47), (8, 46)], atol=1e-9)
        assert scene.gsd_m == pytest.approx(77, rel=0.05)

    def test_voids_are_missing(self, tmp_path: Path) -> None:
        values = read(self.tile(tmp_path, "S01W180.hgt")).bands(box=Box(0, 0, 3, 1))[0, 0]
        assert np.isnan(values[0])
        assert values[1:].tolist() == [1, 2]

    def test_a_zip_with_nothing_but_a_tile_is_the_tile(self, tmp_path: Path) -> None:
        path = self.tile(tmp_path)
        with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
        assert read(tmp_path / "x.zip").bounds == pytest.approx(read(path).bounds)

    def test_a_tile_whose_name_tells_no_place_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(PlaceError, match="tells no place"):
            read(self.tile(tmp_path, "heights.hgt"))


class TestArrays:
    """Gridded variables."""

    TIMES = ("time", (3,), np.array([0, 31, 59], "i4"), {"units": "days since 2021-01-01"})
    LAT = ("lat", (4,), np.array([10, 20, 30, 40], "f4"), {"units": "degrees_north"})
    LON = ("lon", (5,), np.array([-2, 0, 2, 4, 6], "f4"), {"units": "degrees_east"})

    def cube(self, **attributes: object) -> tuple[str, tuple[str, ...], np.ndarray, dict[str, object]]:
        data = np.arange(3 * 4 * 5, dtype="i2").reshape(3, 4, 5)
        return "sst", ("time", "lat", "lon"), data, {"units": "kelvin", "_FillValue": 7.0, **attributes}

    def file(self, folder: Path, *variables: tuple[str, tuple[str, ...], np.ndarray, dict[str, object]]) -> Path:
        coordinates = [(name, (name,), values, about) for name, _, values, about in (self.TIMES, self.LAT, self.LON)]
        return netcdf3(folder / "x.nc", {"time": 3, "lat": 4, "lon": 5}, [*coordinates, *variables])

    def test_times_are_frames_and_north_is_up(self, tmp_path: Path) -> None:
        scene = read(self.file(tmp_path, self.cube()))
        assert scene.kind is SceneKind.SERIES
        assert [frame.time.month for frame in scene.frames if frame.time] == [1, 2, 3]
        assert scene.crs == "EPSG:4326"
        assert scene.bounds == (-3, 5, 7, 45)
        np.testing.assert_array_equal(scene.frames[1].bands("sst")[0, 0], [35, 36, 37, 38, 39])
        assert scene.frame.channels[0].band.unit is Unit.KELVIN

    def test_packed_and_missing_values(self, tmp_path: Path) -> None:
        values = read(self.file(tmp_path, self.cube(scale_factor=0.5, add_offset=100.0))).bands("sst")[0]
        assert values[3].tolist() == [100, 100.5, 101, 101.5, 102]
        assert np.isnan(values[2]).tolist() == [False, False, True, False, False]

    def test_axes_in_the_other_order(self, tmp_path: Path) -> None:
        data = np.arange(20, dtype="f4").reshape(5, 4)
        scene = read(self.file(tmp_path, ("rain", ("lon", "lat"), data, {"units": "mm"})))
        assert scene.size == (5, 4)
        np.testing.assert_array_equal(scene.bands()[0], data.T[::-1])

    def test_levels_are_bands(self, tmp_path: Path) -> None:
        data = np.arange(2 * 4 * 5, dtype="f4").reshape(2, 4, 5)
        path = netcdf3(tmp_path / "x.nc", {"z": 2, "lat": 4, "lon": 5}, [("t", ("z", "lat", "lon"), data, {})])
        assert read(path).frame.band_names == ("t[0]", "t[1]")

    def test_variables_can_be_the_bands_of_a_named_sensor(self, tmp_path: Path) -> None:
        counts = np.full((4, 5), 2000, "i2")
        packed = {"scale_factor": 1e-4}
        path = self.file(tmp_path, ("B04", ("lat", "lon"), counts, packed), ("B08", ("lat", "lon"), counts, packed))
        scene = read(path, sensor="sentinel-2-l2a")
        np.testing.assert_allclose(scene.bands("red", "nir"), 0.2, rtol=1e-5)
        with pytest.raises(BandError, match="sst"):
            read(self.file(tmp_path, self.cube()), sensor="sentinel-2-l2a")

    def test_the_same_in_hdf5(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "x.h5", "w") as file:
            for name, values, units in (
                ("lat", [10.0, 20, 30, 40], "degrees_north"),
                ("lon", [-2.0, 0, 2, 4, 6], "degrees_east"),
            ):
                file[name] = np.array(values)
                file[name].attrs["units"] = units
                file[name].make_scale(name)
            file["t"] = np.arange(20, dtype="f4").reshape(4, 5)
            file["t"].dims[0].attach_scale(file["lat"])
            file["t"].dims[1].attach_scale(file["lon"])
        scene = read(tmp_path / "x.h5")
        assert scene.bounds == (-3, 5, 7, 45)
        assert scene.bands("t")[0, 0].tolist() == [15, 16, 17, 18, 19]

    def test_uneven_coordinates_are_no_place(self, tmp_path: Path) -> None:
        uneven = ("lat", ("lat",), np.array([10, 20, 40, 80], "f4"), {"units": "degrees_north"})
        data = ("t", ("lat", "lon"), np.zeros((4, 5), "f4"), {})
        lon = ("lon", ("lon",), self.LON[2], self.LON[3])
        path = netcdf3(tmp_path / "x.nc", {"lat": 4, "lon": 5}, [uneven, lon, data])
        scene = read(path)
        assert scene.bounds is None
        assert any("evenly" in warning for warning in scene.frame.warnings)

    def test_a_grid_mapping_is_the_crs(self, tmp_path: Path) -> None:
        axes = [
            (name, (name,), np.arange(4.0) * 1000 + start, {"standard_name": f"projection_{name}_coordinate"})
            for name, start in (("x", 5e5), ("y", 5e6))
        ]
        wkt = gdal().crs.CRS.from_epsg(32633).to_wkt()
        mapping = ("utm", (), np.int32(0), {"crs_wkt": wkt})
        data = ("t", ("y", "x"), np.zeros((4, 4), "f4"), {"grid_mapping": "utm"})
        scene = read(netcdf3(tmp_path / "x.nc", {"x": 4, "y": 4}, [*axes, mapping, data]))
        assert scene.bounds == (499_500, 4_999_500, 503_500, 5_003_500)
        assert scene.gsd_m == pytest.approx(1000, rel=0.01)

    def test_data_that_would_lie_before_the_file_are_refused(self, tmp_path: Path) -> None:
        path = netcdf3(tmp_path / "x.nc", {"y": 2, "x": 2}, [("t", ("y", "x"), np.zeros((2, 2), "f4"), {})])
        content = path.read_bytes()
        begin = (len(content) - 16).to_bytes(4, "big")
        assert content.count(begin) == 1
        path.write_bytes(content.replace(begin, (-16).to_bytes(4, "big", signed=True)))
        with pytest.raises(ReadError, match="damaged"):
            read(path)

    @given(tail=st.binary(max_size=300))
    def test_any_header_is_read_or_a_typed_error(self, tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
        path = tmp_path_factory.getbasetemp() / "header.nc"
        path.write_bytes(b"CDF\x01" + tail)
        with contextlib.suppress(ReadError):
            assert all(entry.name for entry in read_classic(path))


def placed(x: float, y: float, *, day: int | None = None, size: int = 10, epsg: int = 32633) -> Frame:
    """A frame of 10-m pixels whose upper left corner is there."""
    grid = Grid(size, size, f"EPSG:{epsg}", (10, 0, x, 0, -10, y))
    time = None if day is None else datetime(2020, 1, day, tzinfo=UTC)
    return frame_from_array(np.zeros((1, size, size), np.uint8), sensor="grey", grid=grid, time=time)


class TestJoin:
    """What several frames are to each other."""

    def test_two_of_the_same_ground_are_a_pair_before_first(self) -> None:
        late, early = placed(5e5, 5e6, day=9), placed(5e5, 5e6, day=2)
        scene = join([late, early])
        assert (scene.kind, scene.frames) == (SceneKind.PAIR, (early, late))
        assert scene.warnings == ()

    def test_half_of_the_smaller_is_enough(self) -> None:
        assert join([placed(5e5, 5e6), placed(5e5 + 49, 5e6)]).kind is SceneKind.PAIR
        assert join([placed(5e5, 5e6), placed(5e5 + 51, 5e6)]).kind is SceneKind.SET
        assert join([placed(5e5, 5e6, size=100), placed(5e5 + 300, 5e6 - 300)]).kind is SceneKind.PAIR

    def test_a_shift_is_told_in_pixels_and_nothing_is_moved(self) -> None:
        scene = join([placed(5e5, 5e6), placed(5e5 + 4, 5e6 - 2)])
        assert any("(+0.4, +0.2)" in warning for warning in scene.warnings)

    def test_missing_times_keep_the_order_given(self) -> None:
        frames = [placed(5e5, 5e6), placed(5e5, 5e6, day=1)]
        scene = join(frames)
        assert list(scene.frames) == frames
        assert any("order given" in warning for warning in scene.warnings)

    def test_a_set_can_be_asked_for(self) -> None:
        assert join([placed(5e5, 5e6), placed(5e5, 5e6)], kind=SceneKind.SET).kind is SceneKind.SET

    def test_across_the_antimeridian(self) -> None:
        west = Grid(10, 10, "EPSG:4326", (0.1, 0, 179.5, 0, -0.1, 10))
        east = Grid(10, 10, "EPSG:4326", (0.1, 0, -180.5, 0, -0.1, 10))
        frames = [frame_from_array(np.zeros((1, 10, 10), np.uint8), sensor="grey", grid=grid) for grid in (west, east)]
        assert join(frames).kind is SceneKind.PAIR

    def test_a_demanded_pair_of_different_ground_is_refused(self) -> None:
        with pytest.raises(PlaceError, match="same ground"):
            join([placed(5e5, 5e6), placed(6e5, 5e6)], kind=SceneKind.PAIR)

    @pytest.mark.parametrize(("count", "kind"), [(3, SceneKind.PAIR), (1, SceneKind.SERIES), (2, SceneKind.VIDEO),
                                                 (2, SceneKind.IMAGE)])  # fmt: skip
    def test_a_kind_that_does_not_fit_the_number(self, count: int, kind: SceneKind) -> None:
        with pytest.raises(InputError):
            join([placed(5e5, 5e6)] * count, kind=kind)


class TestFromArray:
    """Scenes of arrays in memory."""

    def test_values_come_back_as_they_are(self) -> None:
        data = np.random.default_rng(0).uniform(0, 0.4, (12, 5, 6)).astype(np.float32)
        scene = scene_from_array(data, sensor="sentinel-2-l2a")
        np.testing.assert_array_equal(scene.bands(), data)
        np.testing.assert_array_equal(scene.bands("red")[0], data[3])
        assert scene.frame.channels[0].band.unit is Unit.REFLECTANCE

    def test_some_bands_by_name_in_any_order(self) -> None:
        data = np.stack([np.full((4, 4), 1.0), np.full((4, 4), 2.0)]).astype(np.float32)
        scene = scene_from_array(data, sensor="sentinel-2-l2a", bands=("nir", "red"))
        assert scene.bands("red", "nir")[:, 0, 0].tolist() == [2, 1]

    def test_nan_and_the_mask_are_both_missing(self) -> None:
        data = np.array([[1, np.nan, 3]], np.float32)
        scene = scene_from_array(data, sensor="thermal-kelvin", valid=np.array([[True, True, False]]))
        assert np.isnan(scene.bands()).tolist() == [[[False, True, True]]]

    def test_what_does_not_fit_is_told(self) -> None:
        with pytest.raises(BandError, match="fit"):
            scene_from_array(np.zeros((5, 4, 4)), sensor="sentinel-2-l2a")
        with pytest.raises(InputError, match="shape"):
            scene_from_array(np.zeros(4), sensor="grey")
        with pytest.raises(InputError, match="another size"):
            scene_from_array(np.zeros((4, 4)), sensor="grey", grid=Grid(5, 5))


def test_a_layer_without_a_polarisation_is_read_as_radar_without_one(tmp_path: Path) -> None:
    tags = {"": {"TIFFTAG_IMAGEDESCRIPTION": "Sentinel-1A IW GRD HR L1"}}
    frame = read(geotiff(tmp_path / "x.tif", ramp(1, 9, 9) + 1, tags=tags)).frame
    assert (frame.sensor.name, frame.told_by) == ("sentinel-1-grd", HowTold.TAGS)
    assert frame.channels[0].band.polarisation is None
    assert any("polarisation" in warning for warning in frame.warnings)


def test_open_arrays_refuses_a_file_without_an_area(tmp_path: Path) -> None:
    path = netcdf3(tmp_path / "x.nc", {"t": 3}, [("a", ("t",), np.zeros(3, "f4"), {})])
    with pytest.raises(ReadError, match="no gridded variable"):
        open_arrays(path)


def test_the_error_over_one_of_many_files_names_it(tmp_path: Path) -> None:
    good = geotiff(tmp_path / "a.tif", THREE)
    (tmp_path / "b").mkdir()
    unknown = geotiff(tmp_path / "b" / "b.tif", ramp(5, 4, 4))
    with pytest.raises(SensorUnknown) as caught:
        read([good, unknown])
    assert any("b.tif" in note for note in caught.value.__notes__)
