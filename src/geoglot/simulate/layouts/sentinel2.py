"""Sentinel-2 products in their own folder layout (SAFE compact), Level-1C and Level-2A.

Source: Sentinel-2 Products Specification Document S2-PDGS-TAS-DI-PSD, sections 3.3 and 4.6 to 4.9: names, images
by resolution, offsets from processing baseline 04.00 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.simulate.layouts.geotiff import write_geotiff
from geoglot.simulate.layouts.sentinel2_xml import Granule, granule_xml, manifest_xml, product_xml

Counts = NDArray[np.uint16]

_L2A_COPIES = {  # what a Level-2A granule holds at each resolution beside AOT, WVP, SCL and TCI
    10: "B02 B03 B04 B08",
    20: "B01 B02 B03 B04 B05 B06 B07 B8A B11 B12",
    60: "B01 B02 B03 B04 B05 B06 B07 B8A B09 B11 B12",
}
_RED_GREEN_BLUE = ("B04", "B03", "B02")
_TRUE_COLOUR_FULL = 3558  # reflectance 0.3558 becomes 255 in the true-colour image


@dataclass(frozen=True, slots=True)
class _Writer:
    """One product being written."""

    safe: Path
    granule: Granule

    def images(self) -> Path:
        return self.safe / "GRANULE" / self.granule.name / "IMG_DATA"

    def image(self, path: Path, layers: NDArray[np.generic], gsd_m: int) -> None:
        """Write one JPEG 2000 on the granule's corner."""
        grid = self.granule.grid
        assert grid.affine is not None
        height, width = layers.shape[-2:]
        affine = (float(gsd_m), 0.0, grid.affine[2], 0.0, -float(gsd_m), grid.affine[5])
        write_geotiff(path, layers, grid=Grid(width, height, grid.crs, affine), driver="JP2OpenJPEG")


def write_safe_l1c(
    folder: Path,
    bands: Mapping[str, Counts],
    *,
    grid: Grid,
    time: datetime,
    baseline: str = "0510",
    tile: str = "32UMU",
) -> Path:
    """Write a Level-1C product into `folder` and give its path (….SAFE).

    bands: stored counts by name ("B02"), (H, W) at the band's own 10, 20 or 60 m. grid: of the 10 m bands, north
    up, both sides multiples of six. time: of sensing, UTC. baseline: four digits; from "0400" on the metadata
    tell an offset of -1000, which the counts must already carry.
    Raises InputError for a band of the wrong size.
    """
    writer = _writer(folder, bands, Granule("L1C", grid, time, baseline, tile))
    for name, counts in bands.items():
        writer.image(writer.images() / f"{writer.granule.stem}_{name}.jp2", counts, _gsd_m("L1C", name))
    if set(_RED_GREEN_BLUE) <= set(bands):
        writer.image(writer.images() / f"{writer.granule.stem}_TCI.jp2", _true_colour(writer.granule, bands), 10)
    _finish(writer, bands)
    return writer.safe


def write_safe_l2a(
    folder: Path,
    bands: Mapping[str, Counts],
    *,
    grid: Grid,
    time: datetime,
    baseline: str = "0510",
    tile: str = "32UMU",
) -> Path:
    """Write a Level-2A product into `folder` and give its path (….SAFE).

    As `write_safe_l1c`, without B10, and with "SCL" (scene classes, uint8, 20 m) if wanted. Coarser copies of the
    finer bands, aerosol and water vapour maps and the true-colour image are made as in the real product.
    """
    measured = {name: counts for name, counts in bands.items() if name != "SCL"}
    writer = _writer(folder, measured, Granule("L2A", grid, time, baseline, tile))
    for gsd_m, name, counts in _copies(measured):
        _l2a_image(writer, name, counts, gsd_m)
    for gsd_m in (10, 20, 60):
        size = (grid.height * 10 // gsd_m, grid.width * 10 // gsd_m)
        _l2a_image(writer, "AOT", np.full(size, 120, np.uint16), gsd_m)  # optical depth 0.12, scale 1000
        _l2a_image(writer, "WVP", np.full(size, 1500, np.uint16), gsd_m)  # 1.5 cm, scale 1000
    if "SCL" in bands:
        _l2a_image(writer, "SCL", bands["SCL"].astype(np.uint8), 20)
        _l2a_image(writer, "SCL", bands["SCL"][1::3, 1::3].astype(np.uint8), 60)
    if set(_RED_GREEN_BLUE) <= set(measured):
        _l2a_image(writer, "TCI", _true_colour(writer.granule, measured), 10)
    _finish(writer, measured)
    return writer.safe


def _writer(folder: Path, bands: Mapping[str, Counts], granule: Granule) -> _Writer:
    """Check sizes before anything is written."""
    grid = granule.grid
    if grid.affine is None or grid.crs is None or grid.width % 6 or grid.height % 6:
        raise InputError(
            "a Sentinel-2 tile needs a place and sides that are multiples of 60 m", value=(grid.width, grid.height)
        )
    for name, counts in bands.items():
        gsd_m = _gsd_m(granule.level, name)
        expected = (grid.height * 10 // gsd_m, grid.width * 10 // gsd_m)
        if counts.shape != expected:
            raise InputError(f"{name} has the wrong size", value=counts.shape, expected=str(expected))
    made = granule.time + timedelta(hours=3)
    product = (
        f"S2A_MSI{granule.level}_{granule.time:%Y%m%dT%H%M%S}_N{granule.baseline}_R051_T{granule.tile}"
        f"_{made:%Y%m%dT%H%M%S}.SAFE"
    )
    return _Writer(folder / product, granule)


def _gsd_m(level: str, name: str) -> int:
    return int(sensors.get(f"sentinel-2-{level.casefold()}").band(name).gsd_m or 0)


def _copies(bands: Mapping[str, Counts]) -> Iterator[tuple[int, str, Counts]]:
    """Every band at its own and all coarser resolutions that the product has."""
    for gsd_m, names in _L2A_COPIES.items():
        for name in names.split():
            own_m = _gsd_m("L2A", name)
            if name in bands and own_m <= gsd_m:
                yield gsd_m, name, _shrunk(bands[name], gsd_m // own_m)
            elif name == "B01" and name in bands and gsd_m == 20:
                yield gsd_m, name, np.repeat(np.repeat(bands[name], 3, axis=0), 3, axis=1)


def _shrunk(counts: Counts, factor: int) -> Counts:
    """Means of factor² pixels; no data (0) where any of them is."""
    height, width = counts.shape
    blocks = counts.reshape(height // factor, factor, width // factor, factor)  # (h, f, w, f)
    means = blocks.mean(axis=(1, 3)).round()
    return np.where((blocks == 0).any(axis=(1, 3)), 0, means).astype(np.uint16)


def _true_colour(granule: Granule, bands: Mapping[str, Counts]) -> NDArray[np.uint8]:
    """The true-colour image, (3, H, W); 0 is no data."""
    counts = np.stack([bands[name] for name in _RED_GREEN_BLUE]).astype(np.float32) + granule.offset
    grey = np.clip(counts * (254 / _TRUE_COLOUR_FULL), 0, 254) + 1
    return np.where(np.stack([bands[name] for name in _RED_GREEN_BLUE]) == 0, 0, grey).astype(np.uint8)


def _l2a_image(writer: _Writer, name: str, layers: NDArray[np.generic], gsd_m: int) -> None:
    folder = writer.images() / f"R{gsd_m}m"
    writer.image(folder / f"{writer.granule.stem}_{name}_{gsd_m}m.jp2", layers, gsd_m)


def _finish(writer: _Writer, bands: Mapping[str, Counts]) -> None:
    """The metadata files, last, because they list the images."""
    safe, granule = writer.safe, writer.granule
    images = sorted(path.relative_to(safe).as_posix() for path in safe.rglob("*.jp2"))
    names = [band.name for band in sensors.get("sentinel-2-l1c").bands]
    texts = {
        f"MTD_MSI{granule.level}.xml": product_xml(granule, safe.name, images, bands, names),
        f"GRANULE/{granule.name}/MTD_TL.xml": granule_xml(granule),
        "manifest.safe": manifest_xml(granule, images),
    }
    for name, text in texts.items():
        (safe / name).write_text(text, encoding="utf-8")
    for name in ("AUX_DATA", "HTML", "rep_info", f"GRANULE/{granule.name}/AUX_DATA", f"GRANULE/{granule.name}/QI_DATA"):
        (safe / name).mkdir(parents=True, exist_ok=True)
