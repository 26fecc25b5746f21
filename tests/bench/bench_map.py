"""Memory of a large scene: `geoglot map` over 20 000 x 20 000 pixels, and opening a 40 000 px wide GeoTIFF."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from geoglot.simulate.layouts.geotiff import write_sparse
from tests.bench.measure import Row, command


def rows(folder: Path) -> Iterator[Row]:
    """A sparse file, so that most tiles are empty: what is measured is the frame, not the eye."""
    large = folder / "large.tif"
    write_sparse(large, width=20_000, height=20_000, data_px=2048)
    out = folder / "water.tif"
    run = command([_geoglot(), "map", str(large), "water", "cars", "--sensor", "rgb", "--out", str(out), "--quiet"])
    yield Row("map over 20 000 x 20 000 px, peak", run.peak_mb, "MB", 1500)
    yield Row("map over 20 000 x 20 000 px", run.seconds, "s")
    wide = folder / "wide.tif"
    write_sparse(wide, width=40_000, height=4_000, data_px=1024)
    code = f"import geoglot; print(geoglot.read({str(wide)!r}, sensor='rgb').size)"
    empty = command([sys.executable, "-c", "import rasterio"])
    opened = command([sys.executable, "-c", code])
    yield Row("open a 40 000 px wide GeoTIFF, start of Python included", opened.seconds, "s", 0.5)
    yield Row("open a 40 000 px wide GeoTIFF, peak", opened.peak_mb, "MB", 200)
    yield Row("import rasterio alone, peak", empty.peak_mb, "MB")


def _geoglot() -> str:
    return str(Path(sys.executable).with_name("geoglot"))
