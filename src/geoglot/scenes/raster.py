"""Pixels of a raster file: `RasterSource` over one checked GDAL dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.fit import Fit, fit
from geoglot.scenes.gdal import decoding, resampling, window


@dataclass(frozen=True, slots=True)
class RasterSource:
    """The layers of a raster file, read through the gate. See `PixelSource` for `read`.

    nodata: one value per layer, None where the file declares none. masked: whether the file has a mask band
    or a tagged alpha band. Complex layers are given as amplitude (float32). member: a file inside a ZIP.
    """

    path: Path
    width: int
    height: int
    dtypes: tuple[str, ...]
    nodata: tuple[float | None, ...]
    masked: bool = False
    member: str = ""
    profile: gate.Profile = gate.LOCAL

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Give stored values and validity, both (height, width) of `size`; see `PixelSource.read`.

        Raises Refused above the pixel budget, ReadError if the file cannot be decoded there.
        """
        gate.allow(size[0] * size[1], self.profile.max_pixels)
        part = fit(box, size, (self.width, self.height))
        if part is None:
            return np.zeros((size[1], size[0]), self._dtype(layer)), np.zeros((size[1], size[0]), np.bool_)
        values, valid = self._inside(layer, part, exact)
        if part.size == size:
            return values, valid
        whole = np.zeros((size[1], size[0]), values.dtype)  # (H, W)
        known = np.zeros(whole.shape, np.bool_)
        place = slice(*part.rows), slice(*part.columns)
        whole[place], known[place] = values, valid
        return whole, known

    def _dtype(self, layer: int) -> np.dtype[Any]:
        dtype = np.dtype("complex64" if self.dtypes[layer] == "complex_int16" else self.dtypes[layer])
        return np.dtype(np.float32) if dtype.kind == "c" else dtype

    def _inside(self, layer: int, part: Fit, exact: bool) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        with decoding(self.path):
            handle = gate.raster(self.path, self.profile, member=self.member)
            request: dict[str, Any] = {"window": window(part.x, part.y, part.width, part.height)}
            if not part.is_plain:
                request["out_shape"] = (part.size[1], part.size[0])
                request["resampling"] = resampling(
                    "nearest" if exact else "average" if part.shrinks else "bilinear"
                )
            values: NDArray[Any] = handle.read(layer + 1, **request)
            valid = self._mask(handle, layer, request, values, soft=part.shrinks and not exact)
        if values.dtype.kind == "c":
            values = np.abs(values).astype(np.float32)
        return values, valid

    def _mask(
        self, handle: Any, layer: int, request: dict[str, Any], values: NDArray[Any], *, soft: bool
    ) -> NDArray[np.bool_]:
        """True where measured: not nodata, finite, and inside the mask band if there is one."""
        nodata = self.nodata[layer]
        if nodata is None or nodata != nodata:
            valid = np.ones(values.shape, np.bool_)
        else:
            valid = values != values.dtype.type(nodata)
        if values.dtype.kind in "fc":
            valid &= np.isfinite(values)
        if self.masked:
            if not soft and "resampling" in request:
                request = {**request, "resampling": resampling("nearest")}
            valid &= handle.read_masks(layer + 1, **request) > 0
        return valid
