"""Make the scenes that the demo ships: one of every kind, in its sensor's real file layout.

    python -m geoglot.simulate.demo_scenes FOLDER

The same folder, byte for byte, each time: everything comes from the simulated Earth by seed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Grid
from geoglot.simulate import SimulatedScene, scene
from geoglot.simulate.bands import RGBN
from geoglot.simulate.epoch import Epoch, Event
from geoglot.simulate.layouts.geotiff import Extras, north_up, write_geotiff
from geoglot.simulate.layouts.landsat import write_landsat
from geoglot.simulate.layouts.photo import Shot, write_photo
from geoglot.simulate.layouts.sentinel1 import Swath, write_safe_grd
from geoglot.simulate.layouts.sentinel2 import write_safe_l2a
from geoglot.simulate.layouts.video import write_video
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_multispectral import digital_numbers
from geoglot.simulate.view_optical import OpticalView, fine_layers, optical
from geoglot.simulate.world import World

SEED = 2026
UTM = "EPSG:32632"
CORNER = (690_000.0, 5_334_000.0)  # where the simulated Earth is put down: a place like any other
TAKEN = datetime(2026, 6, 21, 10, 30, tzinfo=UTC)
GRD_AMPLITUDE = 500.0  # calibration constant A of the fabricated product: sigma nought = DN² / A²


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of scenes.json: what the demo reads and asks."""

    title: str
    paths: tuple[str, ...]
    questions: tuple[str, ...]
    sensor: str | None = None
    note: str = ""


def make(folder: Path) -> None:
    """Write all scenes and scenes.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    makers: tuple[Callable[[Path], Entry], ...] = (
        _aerial,
        _photo,
        _sentinel2,
        _landsat,
        _radar,
        _thermal,
        _pair,
        _series,
        _video,
    )
    entries = [asdict(maker(folder)) for maker in makers]
    (folder / "scenes.json").write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _aerial(folder: Path) -> Entry:
    seen = scene(SEED, 10, label="airport", size_px=384, gsd_m=0.6)
    path = write_geotiff(folder / "airport.tif", _display(seen.image), grid=_grid(seen), extras=_tags(TAKEN))
    questions = (
        "How many airplanes are there?",
        "Where are the airplanes?",
        "What kind of place is this?",
        "Is there a ship?",
    )
    return Entry("Airport from the air, RGB", (path.name,), questions, "aerial-rgb")


def _photo(folder: Path) -> Entry:
    seen = scene(SEED, 8, label="medium residential", size_px=384, gsd_m=0.25)
    shot = Shot(11.6, 48.1, TAKEN, above_ground_m=91.0)
    write_photo(folder / "DJI_0042.JPG", _display(seen.image), shot=shot, quality=90)
    questions = (
        "Describe the image.",
        "How many houses are there?",
        "Are there any swimming pools?",
        "Where is the largest building?",
    )
    return Entry("Drone photo with EXIF", ("DJI_0042.JPG",), questions)


def _sentinel2(folder: Path) -> Entry:
    seen = scene(SEED, 5, sensor="multispectral", label="river", size_px=240)
    counts = {name: digital_numbers(plane) for name, plane in zip(seen.bands, seen.image, strict=True) if name != "B10"}
    stored = {name: _native(name, plane) for name, plane in counts.items()}
    safe = write_safe_l2a(folder, stored, grid=_grid(seen), time=TAKEN)
    questions = (
        "What share of the image is water?",
        "How large is the forest in hectares?",
        "Show the water.",
        "Describe the image.",
    )
    return Entry("Sentinel-2 Level-2A product folder", (safe.name,), questions)


def _landsat(folder: Path) -> Entry:
    seen = scene(SEED, 6, sensor="multispectral", label="agricultural", size_px=540)
    wanted = {"B1": "B01", "B2": "B02", "B3": "B03", "B4": "B04", "B5": "B8A", "B6": "B11", "B7": "B12"}
    coarse = seen.image.reshape(len(seen.bands), 180, 3, 180, 3).mean(axis=(2, 4))
    bands = {
        f"SR_{name}": _counts(coarse[seen.bands.index(band)], scale=2.75e-5, offset=-0.2)
        for name, band in wanted.items()
    }
    leaves = _index(coarse[seen.bands.index("B8A")], coarse[seen.bands.index("B04")])
    bands["ST_B10"] = _counts(
        312.0 - 14.0 * leaves, scale=0.00341802, offset=149.0
    )  # bare soil 312 K, full cover 298 K
    grid = north_up(180, 180, crs=UTM, corner=CORNER, pixel=30.0)
    write_landsat(folder, "LC08_L2SP_193027_20260621_20260625_02_T1", bands, grid=grid, time=TAKEN)
    questions = ("What share of the image is crops?", "Describe the image.", "How many cars are there?")
    note = "Cars cannot be seen at 30 m; the question is asked to show that nano says so."
    return Entry(
        "Landsat 8 Level-2 product folder", ("LC08_L2SP_193027_20260621_20260625_02_T1",), questions, note=note
    )


def _radar(folder: Path) -> Entry:
    seen = scene(SEED, 1, sensor="sar", label="sea", size_px=320, gsd_m=3.0)
    counts = np.clip(np.sqrt(np.maximum(seen.image, 0)) * GRD_AMPLITUDE, 1, 65535).astype(np.uint16)
    corners = _grid(seen).to_lonlat([(0.5, 0.5), (319.5, 0.5), (319.5, 319.5), (0.5, 319.5)])
    swath = Swath(tuple((float(lon), float(lat)) for lon, lat in corners), TAKEN)
    safe = write_safe_grd(folder, {"VV": counts[0], "VH": counts[1]}, swath=swath)
    questions = ("How many ships are there?", "Where are the ships?", "Is there a car?")
    note = "Laid out like a Sentinel-1 GRD product, placed by control points; 3 m pixels, so that ships show."
    return Entry("Radar in a SAFE folder", (safe.name,), questions, note=note)


def _thermal(folder: Path) -> Entry:
    seen = scene(SEED, 4, sensor="thermal", label="parking lot", size_px=320, gsd_m=0.25)
    counts = np.clip(np.round(seen.image / 0.04), 0, 16383).astype(np.uint16)  # FLIR 14 bit, high gain: 0.04 K a count
    path = write_geotiff(folder / "thermal.tif", counts, grid=_grid(seen), extras=_tags(TAKEN))
    questions = ("How many cars are there?", "Where are the cars?", "What is the land cover?")
    note = (
        "Land cover in thermal images was taught on simulated scenes only; "
        "the question is asked to show that nano says so."
    )
    return Entry("Thermal drone image in kelvin", (path.name,), questions, "flir-tiff-high-gain", note)


def _pair(folder: Path) -> Entry:
    seen = scene(SEED, 9, label="medium residential", size_px=320, gsd_m=0.5)
    middle = (seen.x_m + 80.0, seen.y_m + 80.0)
    vacant = Epoch(traffic=1, events=(Event("vacant", middle[0], middle[1], 55.0),))
    before, after = _optical(seen, vacant, noise=1), _optical(seen, Epoch(traffic=2), noise=2)
    names = ("suburb_2021-06-20.tif", "suburb_2026-06-21.tif")
    for name, image, year in zip(names, (before, after), (2021, 2026), strict=True):
        write_geotiff(folder / name, _display(image), grid=_grid(seen), extras=_tags(TAKEN.replace(year=year)))
    questions = ("What has changed?", "Mark the changed area.", "Were new buildings put up?")
    return Entry("Before and after, aerial RGB", names, questions, "aerial-rgb")


def _series(folder: Path) -> Entry:
    seen = scene(SEED, 11, label="lake", size_px=256, gsd_m=4.0)
    flood = Event("flooded", seen.x_m + 420.0, seen.y_m + 340.0, 330.0)
    epochs = (Epoch(season=0.3), Epoch(season=0.45, events=(flood,)), Epoch(season=0.75))
    names = []
    for number, epoch in enumerate(epochs):
        day = datetime(2026, 1, 1, 10, 30, tzinfo=UTC) + timedelta(days=round(epoch.season * 365))
        names.append(f"lake_{day:%Y-%m-%d}.tif")
        image = _optical(seen, epoch, noise=number, bands=4)
        layers = np.clip(np.round(image * 10_000), 1, 65535).astype(np.uint16)
        extras = Extras(descriptions=("red", "green", "blue", "nir"), scales=(1e-4,) * 4, tags=_tags(day).tags)
        write_geotiff(folder / names[-1], layers, grid=_grid(seen), nodata=0, extras=extras)
    questions = ("What has changed?", "When was there most water?")
    return Entry("Three dates of one place", tuple(names), questions, "multispectral-reflectance")


def _video(folder: Path) -> Entry:
    seen = scene(SEED, 9, label="motorway", size_px=320, gsd_m=0.3)
    frames = [_display(_optical(seen, Epoch(time_s=number / 5), noise=number)) for number in range(20)]
    write_video(folder / "motorway.mp4", np.stack(frames), frames_per_s=5.0, begins=TAKEN)
    return Entry("Drone video", ("motorway.mp4",), ("How many cars are there?", "Track the cars."))


def _optical(seen: SimulatedScene, epoch: Epoch, *, noise: int, bands: int = 3) -> NDArray[np.float32]:
    """The place of a scene at another time, (bands, H, W) reflectance."""
    world = World(seen.world_seed)
    view = OpticalView(seen.gsd_m, bands=RGBN, haze=0.4, noise_seed=noise)
    margins = view.margins_px()
    height, width = seen.image.shape[1:]
    frame = Frame(seen.x_m, seen.y_m, seen.gsd_m, (width, height))
    layers = fine_layers(world, frame, margins, epoch=epoch)
    return optical(world.seed, layers, view, margins)[:bands]


def _native(name: str, plane: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """A band of the 10 m stack on its own 10, 20 or 60 m grid again: its pixels were repeated."""
    step = {"B01": 6, "B09": 6, "B02": 1, "B03": 1, "B04": 1, "B08": 1}.get(name, 2)
    return np.ascontiguousarray(plane[::step, ::step])


def _grid(seen: SimulatedScene) -> Grid:
    height, width = seen.image.shape[1:]
    return north_up(width, height, crs=UTM, corner=CORNER, pixel=seen.gsd_m)


def _display(reflectance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Reflectance of red, green, blue as a camera's 8-bit sRGB picture, white at 0.55."""
    light = np.clip(reflectance[:3] / 0.55, 0, 1)
    return np.asarray(np.round(255 * light ** (1 / 2.2)), np.uint8)


def _counts(values: NDArray[np.floating], *, scale: float, offset: float) -> NDArray[np.uint16]:
    return np.clip(np.round((values - offset) / scale), 1, 65535).astype(np.uint16)


def _index(nir: NDArray[np.floating], red: NDArray[np.floating]) -> NDArray[np.floating]:
    """Normalised difference vegetation index, cut to 0..1."""
    return np.clip((nir - red) / np.maximum(nir + red, 1e-6), 0, 1)


def _tags(time: datetime) -> Extras:
    return Extras(tags={"TIFFTAG_DATETIME": f"{time:%Y:%m:%d %H:%M:%S}"})


if __name__ == "__main__":
    make(Path(sys.argv[1]))
