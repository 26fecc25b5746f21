"""Band files that lie side by side are one image, told by their names and never by their order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from geoglot import sensors
from geoglot.errors import BandError, SensorUnknown
from geoglot.scenes.gdal import gdal
from geoglot.scenes.products import open_folder
from geoglot.scenes.scene import Frame, HowTold
from geoglot.sensors import Unit

from .fabricate import geotiff


def write(path: Path, value: float, *, gsd_m: int = 10, dtype: str = "uint16", **profile: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    side = 600 // gsd_m
    data = np.full((1, side, side), value, dtype)
    data[0, 0, 0] = 0
    geotiff(path, data, transform=gdal().Affine(gsd_m, 0, 500_000, 0, -gsd_m, 5_000_000), **profile)


def frames_of(path: Path) -> tuple[Frame, ...]:
    frames = open_folder(path)
    assert frames is not None
    return frames


def test_element_84_files_take_sensor_and_date_from_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_31UFS_20200101_0_L2A"
    for band, gsd_m in (("B02", 10), ("B8A", 20), ("SCL", 20)):
        write(folder / f"{band}.tif", 4 if band == "SCL" else 2000, gsd_m=gsd_m, dtype="uint16")
    (frame,) = frames_of(folder)
    assert (frame.sensor.name, frame.told_by) == ("sentinel-2-l2a", HowTold.NAME)
    assert frame.time == datetime(2020, 1, 1, tzinfo=UTC)
    assert frame.band_names == ("B02", "B8A", "SCL")
    assert frame.size == (60, 60)
    assert frame.bands("B02")[0, 5, 5] == pytest.approx(0.2)
    assert any("baseline" in warning for warning in frame.warnings)


def test_the_baseline_in_the_folder_name_decides_the_offset(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500"
    write(folder / "T31UFS_20220125T105311_B02_10m.tif", 2000)
    write(folder / "T31UFS_20220125T105311_B02_20m.tif", 9000, gsd_m=20)
    (frame,) = frames_of(folder)
    assert frame.bands("B02")[0, 5, 5] == pytest.approx(0.1)
    assert np.isnan(frame.bands("B02")[0, 0, 0])
    assert frame.warnings == ()


def test_a_scale_in_the_file_wins_and_is_not_applied_twice(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_31UFS_20230101_0_L2A"
    write(folder / "B02.tif", 2000)
    with gdal().open(folder / "B02.tif", "r+") as file:
        file.scales, file.offsets = (1e-4,), (-0.1,)
    (frame,) = frames_of(folder)
    assert frame.bands("B02")[0, 5, 5] == pytest.approx(0.1)
    assert frame.warnings == ()


def test_hls_files_are_grouped_by_date(tmp_path: Path) -> None:
    for day in (123, 128):
        for band in ("B02", "B04", "Fmask"):
            name = f"HLS.S30.T31UFS.2020{day}T105031.v2.0.{band}.tif"
            write(tmp_path / "hls" / name, 900 if band != "Fmask" else 64, gsd_m=30, dtype="int16", nodata=-9999)
    first, second = frames_of(tmp_path / "hls")
    assert first.time is not None
    assert second.time is not None
    assert (second.time - first.time).days == 5
    assert first.sensor.name == "hls-s30"
    assert first.bands("blue")[0, 5, 5] == pytest.approx(0.09)
    assert first.channel("FMASK").band.unit is Unit.CLASS


def test_landsat_without_metadata_stays_counts(tmp_path: Path) -> None:
    folder = tmp_path / "LC08_L1TP_013032_20180405_20180417_01_T1"
    write(folder / "LC08_L1TP_013032_20180405_B4.TIF", 10_000, gsd_m=30)
    write(folder / "LC08_L1TP_013032_20180405_B8.TIF", 12_000, gsd_m=15)
    (frame,) = frames_of(folder)
    assert frame.size == (20, 20)  # of the 30 m bands, not the panchromatic one
    assert {channel.band.unit for channel in frame.channels} == {Unit.DN}
    assert frame.bands("red")[0, 5, 5] == 10_000
    assert np.isnan(frame.bands("red")[0, 0, 0])


def test_radar_polarisations_side_by_side_are_one_image(tmp_path: Path) -> None:
    for polarisation, value in (("VV", 0.1), ("VH", 0.02)):
        name = f"S1A_IW_20200101T054012_DVP_RTC30_G_gpuned_1A2B_{polarisation}.tif"
        write(tmp_path / "rtc" / name, value, gsd_m=30, dtype="float32", nodata=0)
    (frame,) = frames_of(tmp_path / "rtc")
    assert frame.sensor.name == "sentinel-1-rtc"
    assert frame.bands("VV", "VH")[:, 5, 5] == pytest.approx([0.1, 0.02])


def test_stretched_pictures_of_bands_are_no_reflectance(tmp_path: Path) -> None:
    for band in ("B02", "B03"):
        write(tmp_path / "export" / f"2018-10-13, Sentinel-2B L1C, {band}.tiff", 90, dtype="uint8")
    (frame,) = frames_of(tmp_path / "export")
    assert {channel.band.unit for channel in frame.channels} == {Unit.DISPLAY}
    assert any("8-bit" in warning for warning in frame.warnings)


def test_the_caller_may_name_the_sensor_of_plainly_named_bands(tmp_path: Path) -> None:
    for band in ("red", "nir"):
        write(tmp_path / "mine" / f"field_{band}.tif", 3000)
    assert open_folder(tmp_path / "mine") is None
    frames = open_folder(tmp_path / "mine", sensors.get("sentinel-2-l2a"))
    assert frames is not None
    assert frames[0].told_by is HowTold.USER
    assert frames[0].band_names == ("B04", "B08")


def test_band_numbers_without_a_sensor_are_asked_for(tmp_path: Path) -> None:
    for band in ("B02", "B03"):
        write(tmp_path / "what" / f"{band}.tif", 3000)
    with pytest.raises(SensorUnknown, match="--sensor"):
        frames_of(tmp_path / "what")


def test_two_files_of_one_band_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_31UFS_20200101_0_L2A"
    write(folder / "B02.tif", 2000)
    write(folder / "blue.tif", 2000)
    with pytest.raises(BandError, match="same band"):
        frames_of(folder)


def test_other_pictures_in_the_folder_are_left_out_and_told(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_31UFS_20200101_0_L2A"
    write(folder / "B02.tif", 2000)
    write(folder / "preview.tif", 100, dtype="uint8")
    (frame,) = frames_of(folder)
    assert frame.band_names == ("B02",)
    assert any("left out" in warning for warning in frame.warnings)


def test_a_folder_of_ordinary_pictures_is_no_product(tmp_path: Path) -> None:
    write(tmp_path / "photos" / "one.tif", 100, dtype="uint8")
    write(tmp_path / "photos" / "two.tif", 100, dtype="uint8")
    assert open_folder(tmp_path / "photos") is None


def test_an_empty_folder_is_no_product(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert open_folder(tmp_path / "empty") is None


@pytest.mark.data
def test_real_beaufort_export(shared_data: Path) -> None:
    (frame,) = frames_of(shared_data / "real" / "sentinel2_band_folder_beaufort")
    assert frame.sensor.name == "sentinel-2-l1c"
    assert frame.band_names == tuple(f"B{number:02d}" for number in range(1, 9))
    assert frame.time == datetime(2018, 10, 13, tzinfo=UTC)
    assert frame.size == (900, 560)
    assert frame.crs == "EPSG:4326"
    assert frame.bounds == pytest.approx((-76.6820464, 34.6776656, -76.6011847, 34.7190571), abs=1e-6)
    assert frame.gsd_m == pytest.approx(8.2, abs=0.1)
    # The set is an 8-bit stretch, so its values are picture values; it must not be sold as reflectance.
    assert {channel.band.unit for channel in frame.channels} == {Unit.DISPLAY}
    values = frame.bands("red", "nir")
    assert 0 <= values.min() < values.max() <= 255


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("LC08_L1TP_013032_20180405_20180417_01_T1", datetime(2018, 4, 5, tzinfo=UTC)),
        ("LC08_L1TP_014032_20180903_20180912_01_T1", datetime(2018, 9, 3, tzinfo=UTC)),
    ],
)
def test_real_landsat_8_without_metadata(shared_data: Path, name: str, day: datetime) -> None:
    (frame,) = frames_of(shared_data / "real" / "landsat8_l1tp_folder_new_york" / name)
    assert frame.sensor.name == "landsat-8-l1"
    assert frame.time == day
    assert frame.crs == "EPSG:32618"
    assert frame.gsd_m == pytest.approx(3030, rel=0.01)  # the whole scene, reduced a hundredfold
    assert frame.band_names[:4] == ("B1", "B2", "B3", "B4")
    assert len(frame.channels) == 12
    assert frame.channel("pan").source.width == pytest.approx(2 * frame.size[0], abs=1)
    counts = frame.bands("red", "thermal")
    assert np.isnan(counts[:, 0, 0]).all()  # fill around the tilted scene, declared by no tag
    assert 5000 < float(np.nanmedian(counts[0])) < 15_000
    assert 15_000 < float(np.nanmedian(counts[1])) < 30_000
    assert set(np.unique(frame.bands("BQA"))) >= {2720.0}  # clear, in the bits of Collection 1
