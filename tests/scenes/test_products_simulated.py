"""What the simulator writes in a real layout, the readers read back: two hands, one specification."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.regions import Grid
from geoglot.scenes.photo import open_photo
from geoglot.scenes.products import open_folder
from geoglot.scenes.scene import Frame, HowTold
from geoglot.scenes.stac import open_item
from geoglot.scenes.video import open_video
from geoglot.sensors import Unit
from geoglot.simulate import layouts

TIME = datetime(2022, 1, 25, 10, 53, 11, tzinfo=UTC)
CORNERS = ((12.4, 47.3), (9.2, 47.5), (9.0, 46.2), (12.0, 46.0))
GRID = Grid(60, 48, "EPSG:32631", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0))


def counts(height: int, width: int, seed: int = 0, high: int = 6000) -> NDArray[np.uint16]:
    values = np.random.default_rng(seed).integers(1500, high, (height, width)).astype(np.uint16)
    values[:, :2] = 0
    return values


def one(path: Path) -> Frame:
    frames = open_folder(path)
    assert frames is not None
    (frame,) = frames
    return frame


@pytest.mark.parametrize("calibrated", [True, False])
def test_sentinel_1_grd(tmp_path: Path, calibrated: bool) -> None:
    written = {"VV": counts(40, 60, 1, 3000), "VH": counts(40, 60, 2, 3000)}
    swath = layouts.Swath(CORNERS, TIME, ascending=True, calibrated=calibrated)
    frame = one(layouts.write_safe_grd(tmp_path, written, swath=swath))
    assert (frame.sensor.name, frame.told_by, frame.time) == ("sentinel-1-grd", HowTold.NAME, TIME)
    assert frame.band_names == ("VV", "VH")
    assert dict(frame.notes)["orbit pass"] == "ascending"
    assert frame.grid.to_lonlat([(0.5, 0.5), (59.5, 39.5)]) == pytest.approx(
        np.array([CORNERS[0], CORNERS[2]]), abs=1e-4
    )
    values = frame.bands("VH")[0]
    assert np.isnan(values[:, :2]).all()
    if calibrated:
        assert frame.channel("VH").band.unit is Unit.SIGMA0
        table = written["VH"][:, 2:] / np.sqrt(values[:, 2:])
        assert 100 < table.min() <= table.max() < 2000  # A of a real IW product lies between 300 and 700
    else:
        assert np.array_equal(values[:, 2:], written["VH"][:, 2:])


def test_sentinel_1_slc(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = (rng.normal(0, 50, (40, 60)) + 1j * rng.normal(0, 50, (40, 60))).astype(np.complex64)
    path = layouts.write_safe_slc(tmp_path, {"VV": written}, swath=layouts.Swath(CORNERS, TIME, calibrated=False))
    frame = one(path)
    assert frame.sensor.name == "sentinel-1-slc"
    assert frame.bands("VV")[0] == pytest.approx(np.abs(written), abs=1.0)


@pytest.mark.parametrize(("baseline", "offset"), [("0301", 0.0), ("0400", -0.1), ("0510", -0.1)])
@pytest.mark.parametrize("level", ["l1c", "l2a"])
def test_sentinel_2(tmp_path: Path, level: str, baseline: str, offset: float) -> None:
    written = {"B02": counts(48, 60), "B8A": counts(24, 30, 1), "B01": counts(8, 10, 2)}
    write = layouts.write_safe_l1c if level == "l1c" else layouts.write_safe_l2a
    frame = one(write(tmp_path, written, grid=GRID, time=TIME, baseline=baseline))
    assert (frame.sensor.name, frame.time) == (f"sentinel-2-{level}", TIME)
    assert (frame.size, frame.crs, frame.bounds) == ((60, 48), "EPSG:32631", (500_000, 4_999_520, 500_600, 5_000_000))
    for name, gsd in (("B02", 1), ("B8A", 2), ("B01", 6)):
        values = frame.bands(name, size=(60 // gsd, 48 // gsd))[0]
        expected = written[name] / 10_000 + offset
        assert np.isnan(values[:, :2]).all()
        assert values[:, 2:] == pytest.approx(expected[:, 2:], abs=1e-6)


def test_landsat_level_1_with_its_panchromatic_band(tmp_path: Path) -> None:
    grid = Grid(60, 48, "EPSG:32631", (30.0, 0.0, 499_995.0, 0.0, -30.0, 5_000_025.0))
    written = {"B4": counts(48, 60), "B8": counts(95, 119), "B10": counts(48, 60, 3, 26_000)}
    name = "LC08_L1TP_196030_20220125_20220130_02_T1"
    frame = one(layouts.write_landsat(tmp_path, name, written, grid=grid, time=TIME))
    assert (frame.sensor.name, frame.time, frame.size) == ("landsat-8-l1", TIME, (60, 48))
    assert frame.channel("red").band.unit is Unit.REFLECTANCE
    assert np.isnan(frame.bands("red")[0][:, :2]).all()
    assert (frame.channel("pan").source.width, frame.channel("pan").source.height) == (120, 96)
    thermal = frame.bands("thermal")[0][:, 2:]
    radiance = 3.342e-4 * written["B10"][:, 2:] + 0.1
    assert thermal == pytest.approx(1321.0789 / np.log(774.8853 / radiance + 1), rel=1e-5)


def test_landsat_level_2(tmp_path: Path) -> None:
    grid = Grid(60, 48, "EPSG:32631", (30.0, 0.0, 499_995.0, 0.0, -30.0, 5_000_025.0))
    written = {"B4": counts(48, 60, 0, 20_000), "ST_B10": counts(48, 60, 1, 45_000)}
    name = "LC08_L2SP_196030_20220125_20220130_02_T1"
    frame = one(layouts.write_landsat(tmp_path, name, written, grid=grid, time=TIME))
    assert frame.sensor.name == "landsat-8-l2"
    assert frame.bands("red")[0][:, 2:] == pytest.approx(written["B4"][:, 2:] * 2.75e-5 - 0.2, abs=1e-6)
    assert frame.bands("thermal")[0][:, 2:] == pytest.approx(written["ST_B10"][:, 2:] * 0.00341802 + 149, abs=1e-3)
    assert set(np.unique(frame.bands("QA_PIXEL")[0][:, 2:])) == {21824}


def test_a_photo(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (3, 40, 60)).astype(np.uint8)
    shot = layouts.Shot(-49.92, -3.76, TIME, above_ground_m=80.0)
    frame = open_photo(layouts.write_photo(tmp_path / "DJI_0001.JPG", picture, shot=shot))
    assert (frame.sensor.name, frame.time) == ("uav-rgb", TIME)
    assert dict(frame.notes)["camera position"].startswith("-49.9200000, -3.7600000")
    assert frame.gsd_m == pytest.approx(80 * 13.2 / (8.8 * 60), rel=0.03)


def test_a_video(tmp_path: Path) -> None:
    frames = np.stack([np.full((3, 32, 48), 20 + 20 * index, np.uint8) for index in range(10)])
    scene = open_video(layouts.write_video(tmp_path / "clip.mp4", frames, frames_per_s=5.0, begins=TIME))
    assert len(scene.frames) == 10
    assert scene.frames[5].time == TIME + timedelta(seconds=1)
    for index in (9, 0, 4):
        assert float(np.median(scene.frames[index].bands())) == pytest.approx(20 + 20 * index, abs=4)


def test_a_stac_item(tmp_path: Path) -> None:
    sensor = sensors.at_baseline(sensors.get("sentinel-2-l2a"), "0400")
    written = {"B02": counts(48, 60), "B08": counts(48, 60, 1)}
    path = layouts.write_stac_item(tmp_path, "S2A_31UFS_20220125_0_L2A", written, grid=GRID, time=TIME, sensor=sensor)
    (frame,) = open_item(path)
    assert (frame.sensor.name, frame.told_by, frame.time) == ("sentinel-2-l2a", HowTold.METADATA, TIME)
    assert frame.bounds == (500_000, 4_999_520, 500_600, 5_000_000)
    values = frame.bands("blue", "nir")
    assert np.isnan(values[:, :, :2]).all()
    for layer, name in zip(values, written, strict=True):
        assert layer[:, 2:] == pytest.approx(written[name][:, 2:] / 10_000 - 0.1, abs=1e-6)
