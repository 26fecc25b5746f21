"""How fast windows are read beside bare rasterio, and what opening a wide file costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from geoglot import sensors
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.frame import open_raster
from geoglot.scenes.gdal import gdal, window
from tests.bench.measure import Row

SIDE_PX = 4096
WINDOW_PX = 512
BANDS = 3


def make_scene(path: Path, *, tiled: bool) -> Path:
    """A deflated uint16 scene of smooth noise, 4096 x 4096 x 3."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(200, 4000, (BANDS, SIDE_PX // 16, SIDE_PX // 16))
    data = (coarse.repeat(16, 1).repeat(16, 2) + rng.integers(0, 64, (BANDS, SIDE_PX, SIDE_PX))).astype(np.uint16)
    rasterio = gdal()
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512} if tiled else {}
    with rasterio.open(path, "w", driver="GTiff", width=SIDE_PX, height=SIDE_PX, count=BANDS, dtype="uint16",
                       crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), compress="deflate",
                       photometric="RGB", **blocks) as file:  # fmt: skip
        file.write(data)
    return path


def seconds(work: Callable[[int, int], object]) -> float:
    """Time for every window of the scene, once."""
    start = time.perf_counter()
    for y in range(0, SIDE_PX, WINDOW_PX):
        for x in range(0, SIDE_PX, WINDOW_PX):
            work(x, y)
    return time.perf_counter() - start


def window_ratio(path: Path, *, rounds: int = 5) -> tuple[float, float]:
    """Give the median rate of Frame.bands over that of rasterio, and windows a second.

    Both go through the whole scene once on one thread, with a fresh handle and so an empty cache, three bands to
    float32; ours also marks what is invalid. In turn, so that a busy machine slows both.
    """
    frame = open_raster(path, sensor=sensors.get("rgb"))
    names = frame.band_names
    ratios, rates = [], []
    for _ in range(rounds):
        gate.forget()
        ours = seconds(lambda x, y: frame.bands(*names, box=Box(x, y, x + WINDOW_PX, y + WINDOW_PX)))
        gate.forget()
        with gdal().open(path) as bare:
            theirs = seconds(
                lambda x, y, bare=bare: bare.read(window=window(x, y, WINDOW_PX, WINDOW_PX)).astype(np.float32)
            )
        ratios.append(theirs / ours)
        rates.append((SIDE_PX // WINDOW_PX) ** 2 / ours)
    return float(np.median(ratios)), float(np.median(rates))


def open_wide(folder: Path) -> tuple[float, float]:
    """Give seconds and megabytes (peak of the whole process, imports and all) to open a 40 000-px-wide GeoTIFF."""
    path = folder / "wide.tif"
    rasterio = gdal()
    with rasterio.open(path, "w", driver="GTiff", width=40_000, height=40_000, count=3, dtype="uint8", tiled=True,
                       crs="EPSG:32633", transform=rasterio.Affine(1, 0, 5e5, 0, -1, 5e6), compress="deflate",
                       photometric="RGB", SPARSE_OK="TRUE", blockxsize=512, blockysize=512) as file:  # fmt: skip
        block = np.random.default_rng(0).integers(1, 255, (3, 512, 512), np.uint8)
        for place in range(0, 39_936, 512):
            file.write(block, window=window(place, place, 512, 512))
    script = (
        "import sys, time, geoglot.scenes\n"
        "start = time.perf_counter(); geoglot.scenes.read(sys.argv[1]).bounds; took = time.perf_counter() - start\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "print(took, int(peak) / 1024)"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    took, peak = map(float, ran.stdout.split())
    return took, peak


def rows(folder: Path) -> Iterator[Row]:
    """Window reads beside bare rasterio, tiled and in strips; opening a very wide file."""
    for tiled in (True, False):
        path = make_scene(folder / f"{tiled}.tif", tiled=tiled)
        ratio, rate = window_ratio(path)
        kind = "512-px tiles" if tiled else "strips"
        yield Row(f"window reads, {kind}, share of bare rasterio's rate", ratio, "x", 0.8, higher=True)
        yield Row(f"window reads, {kind}", rate, "windows/s")
    took, peak = open_wide(folder)
    yield Row("open a 40 000 px wide GeoTIFF", took, "s", 0.5)
    yield Row("open a 40 000 px wide GeoTIFF, peak, imports and all", peak, "MB", 200)
