"""Simulated views as files in the layout of their sensors: what `geoglot.read` opens without being told anything."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Grid
from geoglot.simulate.bands import SENTINEL2_GSD_M
from geoglot.simulate.draws import HYPERSPECTRAL
from geoglot.simulate.earth import TILE, grid_of, time_of
from geoglot.simulate.layouts.envi import write_envi
from geoglot.simulate.layouts.geotiff import Extras, write_geotiff
from geoglot.simulate.layouts.sentinel1 import Swath, write_safe_grd
from geoglot.simulate.layouts.sentinel2 import write_safe_l1c
from geoglot.simulate.layouts.video import write_video
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.video import SimulatedVideo
from geoglot.simulate.view_multispectral import digital_numbers

READ_AS = {
    "optical": "multispectral-reflectance",
    "multispectral": "sentinel-2-l1c",
    "sar": "sentinel-1-grd",
    "thermal": "thermal-kelvin",
    "hyperspectral": "hyperspectral",
    "elevation": "elevation",
}
"""The sensor of geoglot's table that each simulated sensor's files are read as."""

GRD_AMPLITUDE = 500.0  # calibration constant A of the product: sigma nought = DN² / A²
_SINGLE = {
    "optical": ("aerial", ("red", "green", "blue", "nir")),
    "thermal": ("thermal", ("thermal",)),
    "elevation": ("dsm", ("elevation",)),
}
_WHITE = 0.55  # reflectance that is white in a video


def write_product(folder: Path, seen: SimulatedScene, *, years: int = 0, frame: int | None = None) -> Path:
    """Write a view into `folder` as its sensor's product and give the path to open: a file, or a ….SAFE folder.

    optical, thermal and elevation: one float32 GeoTIFF in reflectance, kelvin and metres, named after what it is and
    the day. multispectral: a Sentinel-2 Level-1C folder, its sides cut to multiples of 60 m. sar: a Sentinel-1 GRD
    folder, whatever the pixel size. hyperspectral: an ENVI image with its header. years: after the first, for later
    dates. frame: of a series or pair, goes before the name, so that files sort by time.
    """
    time = time_of(seen.season, night=seen.night, years=years)
    grid = grid_of(seen.x_m, seen.y_m, (seen.image.shape[2], seen.image.shape[1]), seen.gsd_m)
    if seen.sensor == "multispectral":
        return _sentinel2(folder, seen, grid, time)
    if seen.sensor == "sar":
        return _sentinel1(folder, seen, grid, time)
    before = "" if frame is None else f"{frame}_"
    if seen.sensor == "hyperspectral":
        path = folder / f"{before}spectra_{time:%Y-%m-%d}.img"
        return write_envi(path, seen.image, grid=grid, bands=HYPERSPECTRAL)
    stem, names = _SINGLE[seen.sensor]
    tags = {"TIFFTAG_DATETIME": f"{time:%Y:%m:%d %H:%M:%S}"}
    path = folder / f"{before}{stem}_{time:%Y-%m-%d}.tif"
    return write_geotiff(path, seen.image, grid=grid, extras=Extras(descriptions=names, tags=tags))


def write_clip(folder: Path, clip: SimulatedVideo) -> Path:
    """Write a clip into `folder` as H.264 and give its path: colours of reflectance, or thermal as white-hot grey."""
    rate = 1.0 / (clip.times_s[1] - clip.times_s[0]) if len(clip.times_s) > 1 else 1.0
    shown = _sunlit(clip.frames) if clip.sensor == "optical" else _white_hot(clip.frames)
    return write_video(folder / "clip.mp4", shown, frames_per_s=rate, begins=time_of(0.5))


def display(reflectance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give reflectance of red, green, blue as a camera's 8-bit sRGB picture, white at 0.55; any leading axes."""
    light = np.clip(reflectance / _WHITE, 0, 1)
    return np.asarray(np.round(255 * light ** (1 / 2.2)), np.uint8)


def _sunlit(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    return display(frames[:, :3])


def _white_hot(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    """One stretch for the whole clip, between its 0.5th and 99.5th percentile."""
    low, high = np.percentile(frames, [0.5, 99.5])
    grey = np.round(255 * np.clip((frames - low) / max(high - low, 1e-6), 0, 1)).astype(np.uint8)
    return np.repeat(grey[:, :1], 3, axis=1)


def _sentinel2(folder: Path, seen: SimulatedScene, grid: Grid, time: datetime) -> Path:
    """Each band on its own grid again: means of the 10 m pixels, which are copies where the view has it coarser."""
    width, height = (side - side % 6 for side in (grid.width, grid.height))
    counts = {}
    for name, plane, gsd_m in zip(seen.bands, seen.image, SENTINEL2_GSD_M, strict=True):
        step = gsd_m // 10
        blocks = plane[:height, :width].reshape(height // step, step, width // step, step)
        counts[name] = digital_numbers(blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32))
    square = Grid(width, height, grid.crs, grid.affine)
    return write_safe_l1c(folder, counts, grid=square, time=time, tile=TILE)


def _sentinel1(folder: Path, seen: SimulatedScene, grid: Grid, time: datetime) -> Path:
    counts = np.clip(np.sqrt(np.maximum(seen.image, 0)) * GRD_AMPLITUDE, 1, 65535).round().astype(np.uint16)
    right, low = grid.width - 0.5, grid.height - 0.5
    corners = grid.to_lonlat([(0.5, 0.5), (right, 0.5), (right, low), (0.5, low)])
    swath = Swath(tuple((float(lon), float(lat)) for lon, lat in corners), time)
    return write_safe_grd(folder, {"VV": counts[0], "VH": counts[1]}, swath=swath)
