"""Memory of a large scene: `geoglot map` over 20 000 x 20 000 pixels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.simulate.layouts.geotiff import north_up, write_sparse
from tests.bench.measure import Row, command


def rows(folder: Path) -> Iterator[Row]:
    """A file with data in one corner only, so that few tiles are looked at: memory is what is measured."""
    large = folder / "large.tif"
    _sparse(large, 20_000, 20_000)
    out = folder / "water.tif"
    run = command([_geoglot(), "map", str(large), "water", "cars", "--sensor", "grey", "--out", str(out), "--quiet"])
    yield Row("map over 20 000 x 20 000 px, peak", run.peak_mb, "MB", 1500)
    yield Row("map over 20 000 x 20 000 px", run.seconds, "s")


def _sparse(path: Path, width: int, height: int) -> None:
    patch = np.random.default_rng(0).integers(1, 255, (2048, 2048), np.uint8)
    grid = north_up(width, height, crs="EPSG:32632", corner=(500_000.0, 5_300_000.0), pixel=1.0)
    write_sparse(path, grid=grid, patch=patch, at=(1000, 1000))


def _geoglot() -> str:
    return str(Path(sys.executable).with_name("geoglot"))
