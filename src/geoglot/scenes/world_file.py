"""World files: six lines beside a picture that say where its pixels lie (.jgw, .pgw, .wld …), and the .prj of its CRS.

Source: Esri, "World files for raster datasets"; the numbers name the centre of the upper left pixel.
"""

from __future__ import annotations

import math
from pathlib import Path

from geoglot.errors import ReadError
from geoglot.regions import Grid

_LARGEST_BYTES = 64 << 10


def world_grid(path: Path, width: int, height: int) -> Grid | None:
    """Give the place of a picture from the files beside it; None without a world file.

    Without a .prj the CRS stays unknown. Raises ReadError for a damaged world file or .prj.
    """
    suffix = path.suffix.removeprefix(".")
    endings = (f"{suffix[:1]}{suffix[-1:]}w", f"{suffix}w", "wld")
    found = next((beside for ending in endings if (beside := _beside(path, ending)) is not None), None)
    if found is None:
        return None
    affine = _affine(found)
    crs = _beside(path, "prj")
    return Grid(width, height, _crs(crs) if crs else None, affine)


def _beside(path: Path, ending: str) -> Path | None:
    """A plain file of the same name in the same folder, its suffix in lower or upper case; links out do not count."""
    for name in (f"{path.stem}.{ending}", f"{path.stem}.{ending.upper()}"):
        beside = path.with_name(name)
        if beside.is_file() and beside.resolve().parent == path.resolve().parent:
            return beside
    return None


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_BYTES:
        raise ReadError("a file beside the picture is too large to be what its name says", value=path.name)
    return path.read_bytes().decode("utf-8", "replace")


def _affine(path: Path) -> tuple[float, float, float, float, float, float]:
    try:
        a, d, b, e, x, y = (float(line) for line in _text(path).split())
    except ValueError as error:
        raise ReadError("the world file does not hold six numbers", value=path.name) from error
    if not all(map(math.isfinite, (a, b, d, e, x, y))) or a * e - b * d == 0:
        raise ReadError("the world file describes no place", value=path.name)
    return (a, b, x - (a + b) / 2, d, e, y - (d + e) / 2)


def _crs(path: Path) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_wkt(_text(path).strip())
    except CRSError as error:
        raise ReadError("the .prj beside the picture is no CRS", value=path.name) from error
    code = crs.to_authority()
    return ":".join(code) if code else crs.to_wkt()
