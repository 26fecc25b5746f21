"""Memory of a large scene: `geoglot map` over 20 000 x 20 000 pixels, and opening a 40 000 px wide GeoTIFF."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.simulate.layouts.geotiff import north_up, write_sparse
from tests.bench.measure import Row, command


def rows(folder: Path) -> Iterator[Row]:
    """A sparse file, so that most tiles are empty: what is measured is the frame, not the eye."""
    large = folder / "large.tif"
    _sparse(large, 20_000, 20_000)
    out = folder / "water.tif"
    run = command([_geoglot(), "map", str(large), "water", "cars", "--sensor", "grey", "--out", str(out), "--quiet"])
    yield Row("map over 20 000 x 20 000 px, peak", run.peak_mb, "MB", 1500)
    yield Row("map over 20 000 x 20 000 px", run.seconds, "s")
    wide = folder / "wide.tif"
    _sparse(wide, 40_000, 4_000)
    code = f"import geoglot; print(geoglot.read({str(wide)!r}, sensor='grey').size)"
    empty = command([sys.executable, "-c", "import rasterio"])
    opened = command([sys.executable, "-c", code])
    yield Row("open a 40 000 px wide GeoTIFF, start of Python included", opened.seconds, "s", 0.5)
    yield Row("open a 40 000 px wide GeoTIFF, peak", opened.peak_mb, "MB", 200)
    yield Row("import rasterio alone, peak", empty.peak_mb, "MB")


def _sparse(path: Path, width: int, height: int) -> None:
    patch = np.random.default_rng(0).integers(1, 255, (2048, 2048), np.uint8)
    grid = north_up(width, height, crs="EPSG:32632", corner=(500_000.0, 5_300_000.0), pixel=1.0)
    write_sparse(path, grid=grid, patch=patch, at=(1000, 1000))


def _geoglot() -> str:
    return str(Path(sys.executable).with_name("geoglot"))
