"""Simulated images have the statistics of real ones of the same sensor (row O4)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from geoglot.simulate import scene

from .image_statistics import statistics

AERIAL = (
    "agricultural", "airport", "beach", "city centre", "dense residential", "forest", "motorway", "golf course",
    "harbour", "intersection", "medium residential", "parking lot", "river", "runway", "sparse residential",
    "storage tanks", "tennis courts", "desert",
)  # fmt: skip
STREETS = ("parking lot", "intersection", "dense residential", "medium residential", "motorway", "apartment blocks")
Table = dict[str, NDArray[np.float64]]


def displayed(image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Reflectance (3, H, W) as an 8-bit picture: dark object taken off each band, one stretch, gamma 1.6."""
    low = np.array([np.percentile(band, 0.5) for band in image])[:, None, None] * 0.9
    high = max(float(np.percentile(image, 99.5)), 0.25)
    return np.floor(np.clip((image - low) / (high - low), 0.0, 1.0) ** (1 / 1.6) * 255.0).astype(np.float64)


def table(images: Iterator[NDArray[np.float64]]) -> Table:
    rows = [statistics(image) for image in images]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def zipped(path: Path, count: int) -> Iterator[NDArray[np.float64]]:
    """Every n-th picture of a zip archive, as (3, H, W)."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith((".jpg", ".png")))
        for name in names[:: max(1, len(names) // count)]:
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                yield np.asarray(picture.convert("RGB"), dtype=np.float64).transpose(2, 0, 1)


def real_heat(folder: Path) -> Iterator[NDArray[np.float64]]:
    for path in sorted(folder.rglob("*.jpg")):
        with Image.open(path) as picture:
            yield np.asarray(picture.convert("L"), dtype=np.float64)[None, 128:384, 192:448]


def real_radar(folder: Path) -> Iterator[NDArray[np.float64]]:
    for path in sorted(folder.glob("*00.jpg")):
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"), dtype=np.float64)[None]
        for r in range(0, 768, 256):
            for c in range(0, 768, 256):
                yield grey[:, r : r + 256, c : c + 256]


def simulated_radar() -> Iterator[NDArray[np.float64]]:
    """Amplitude as 8 bits, as the ship chips are published."""
    for k in range(20):
        seen = scene(11, 500 + k, sensor="sar", label=("sea", "harbour", "beach")[k % 3], gsd_m=2.5)
        amplitude = np.sqrt(seen.image[:1].astype(np.float64))
        yield np.floor(np.clip(amplitude / np.percentile(amplitude, 99.8), 0.0, 1.0) * 255.0)


def comparison(sensor: str, data: Path) -> tuple[Table, Table]:
    """Statistics of real and of simulated images of one sensor."""
    real = data / "real"
    if sensor == "aerial":
        return table(zipped(real / "ucm_landuse" / "images_train.zip", 150)), table(
            displayed(scene(11, 500 + k, gsd_m=0.3, label=AERIAL[k % len(AERIAL)]).image[:3]) for k in range(72)
        )
    if sensor == "sentinel-2":
        seen = (displayed(scene(11, 500 + k, sensor="multispectral").image[[3, 2, 1]]) for k in range(20))
        return table(zipped(real / "eurosat_rgb_5class" / "images.zip", 150)), table(
            image[:, :, c : c + 64][:, c : c + 64] for image in seen for c in (0, 64, 128, 192)
        )
    if sensor == "thermal":
        return table(real_heat(real / "hit_uav_thermal")), table(
            scene(11, 500 + k, gsd_m=0.15, sensor="thermal", label=STREETS[k % len(STREETS)]).image.astype(np.float64)
            for k in range(36)
        )
    return table(real_radar(real / "hrsid_sar_ships")), table(simulated_radar())


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("sensor", ["aerial", "sentinel-2", "thermal", "radar"])
def test_median_statistics_lie_within_the_range_of_real_images(sensor: str, shared_data: Path) -> None:
    real, simulated = comparison(sensor, shared_data)
    for name in real:
        low, high = np.percentile(real[name], [5, 95])
        assert low <= np.median(simulated[name]) <= high, (name, low, float(np.median(simulated[name])), high)
