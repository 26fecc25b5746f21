"""GDAL with its ways out of a file closed. Every module takes rasterio from here, never by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from geoglot.errors import ReadError, Refused

# Drivers that open other files or hosts by what stands inside a file. Source: GDAL security page
# (doc/source/user/security.rst); the tests in tests/scenes/test_gate_attacks.py use them against rasterio
# 1.4.4.
_SKIPPED_DRIVERS = (
    "VRT GTI WMS WCS WMTS HTTP EEDA EEDAI PLMOSAIC DAAS STACIT STACTA DERIVED PDF MBTiles KMLSUPEROVERLAY DIMAP"
)


@cache
def gdal() -> Any:
    """Give rasterio, after closing GDAL's ways out of a file.

    GDAL reads GDAL_SKIP once, when the process opens its first data set, so the variable is set before
    rasterio is imported. Network names are closed whatever the driver.
    """
    skipped = os.environ.get("GDAL_SKIP", "").replace(",", " ").split()
    os.environ["GDAL_SKIP"] = ",".join(dict.fromkeys([*skipped, *_SKIPPED_DRIVERS.split()]))
    os.environ["CPL_VSIL_CURL_ALLOWED_FILENAME"] = "/none"
    os.environ.setdefault("GDAL_CACHEMAX", "256")  # megabytes; GDAL's own default is 5 % of the machine
    import rasterio

    return rasterio


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn what GDAL raises over a file into ReadError: the one place where that is done.

    Raises ReadError for a damaged file, Refused if memory does not suffice.
    """
    rasterio = gdal()
    try:
        with rasterio.Env():  # without it GDAL prints its errors to stderr
            yield
    except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError, UnicodeDecodeError) as error:
        # Some of GDAL's errors come as they are, and texts that are no UTF-8 as Python's.
        raise ReadError(
            "the file cannot be decoded", value=path.name, hint=f"it is damaged or cut off: {reason(error)}"
        ) from error
    except MemoryError as error:
        raise Refused("decoding needs more memory than there is", value=path.name) from error


def window(x: float, y: float, width: float, height: float) -> Any:
    """Give rasterio's window for a place in pixels."""
    gdal()
    from rasterio.windows import Window

    return Window(x, y, width, height)


def resampling(name: str) -> Any:
    """Give rasterio's resampling of that name."""
    gdal()
    from rasterio.enums import Resampling

    return Resampling[name]


def reason(error: BaseException) -> str:
    """Give the first line of a foreign message, shortened and without memory addresses."""
    # GDAL's own words are in the cause: rasterio says only "Read failed. See previous exception for details."
    told = str(error.__cause__ or error).strip() or type(error).__name__
    return re.sub(r"0x[0-9a-fA-F]+", "…", told.splitlines()[0])[:160]
