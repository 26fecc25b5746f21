"""ENVI images, the form of imaging spectrometers: raw numbers, and a header that tells every band's wavelength.

Source: ENVI header files, NV5 Geospatial documentation: field names, order of axes, map info.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.simulate.bands import SpectralBand

_UTM_NORTH = "EPSG:326"


def write_envi(path: Path, layers: NDArray[np.float32], *, grid: Grid, bands: Sequence[SpectralBand]) -> Path:
    """Write (C, H, W) float32, band sequential, with `path`.hdr beside it, and give the path.

    grid: north up in a northern UTM zone of WGS 84. Raises InputError for another place or number of bands.
    """
    count, height, width = layers.shape
    crs, affine = grid.crs or "", grid.affine
    if affine is None or not crs.startswith(_UTM_NORTH) or len(bands) != count:
        raise InputError("an ENVI image needs a UTM grid and a band for each layer", value=(crs, count, len(bands)))
    zone = int(crs.removeprefix(_UTM_NORTH))
    place = f"UTM, 1, 1, {affine[2]!r}, {affine[5]!r}, {affine[0]!r}, {-affine[4]!r}, {zone}, North, WGS-84"
    fields = {
        "samples": width,
        "lines": height,
        "bands": count,
        "header offset": 0,
        "file type": "ENVI Standard",
        "data type": 4,
        "interleave": "bsq",
        "byte order": 0,
        "map info": f"{{{place}, units=Meters}}",
        "wavelength units": "Micrometers",
        "wavelength": _listed(band.centre_um for band in bands),
        "fwhm": _listed(band.width_um for band in bands),
    }
    text = "ENVI\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(np.ascontiguousarray(layers, "<f4").tobytes())
    path.with_suffix(".hdr").write_text(text, encoding="ascii")
    return path


def _listed(numbers: Iterable[float]) -> str:
    return "{" + ", ".join(f"{number:.6g}" for number in numbers) + "}"
