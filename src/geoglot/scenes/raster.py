"""Pixels of a raster file: `RasterSource` over one checked GDAL data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.fit import Fit, fit
from geoglot.scenes.gdal import decoding, resampling, window
from geoglot.scenes.resample import resample

Values = NDArray[np.generic]
Valid = NDArray[np.bool_]

_SAMPLES_PER_PIXEL = 4  # a side, of one output pixel where GDAL cannot average for us


@dataclass(frozen=True, slots=True)
class RasterSource:
    """The layers of a raster file, read through the gate. See `PixelSource` for `read`.

    dtypes, nodata, declared: one entry per layer. nodata: the stored value that means nothing was measured, None
    if there is none; declared: the one that the file itself declares, which GDAL leaves out of averages (none
    if empty).
    masked: whether the file has a mask band or a tagged alpha band. Complex layers are given as amplitude
    (float32). member: a file inside a ZIP.
    """

    path: Path
    width: int
    height: int
    dtypes: tuple[str, ...]
    nodata: tuple[float | None, ...]
    declared: tuple[float | None, ...] = ()
    masked: bool = False
    member: str = ""
    profile: gate.Profile = gate.LOCAL

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give stored values and validity, both (height, width) of `size`; see `PixelSource.read`.

        Raises Refused above the pixel budget, ReadError if the file cannot be decoded there.
        """
        values, valid = self.read_together((layer,), box, size, exact=exact)
        return values[0], valid[0]

    def read_together(
        self, layers: Sequence[int], box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[Values, Valid]:
        """Give several layers in one pass of the file, both (N, height, width); else as `read`."""
        gate.allow(len(layers) * size[0] * size[1], self.profile.max_pixels)
        part = fit(box, size, (self.width, self.height))
        shape = len(layers), size[1], size[0]
        if part is None:
            return np.zeros(shape, self._dtype(layers)), np.zeros(shape, np.bool_)
        with decoding(self.path):
            values, valid = self._inside(layers, part, exact)
        if part.size == size:
            return values, valid
        whole: NDArray[Any] = np.zeros(shape, values.dtype)  # (N, H, W)
        known = np.zeros(shape, np.bool_)
        place = slice(None), slice(*part.rows), slice(*part.columns)
        whole[place], known[place] = values, valid
        return whole, known

    def _inside(self, layers: Sequence[int], part: Fit, exact: bool) -> tuple[Values, Valid]:
        if part.is_plain:
            return self._get(layers, part)
        if exact:
            return self._get(layers, part, part.size, "nearest")
        if not part.shrinks:
            return self._between_valid(layers, part)
        if not all(self._gdal_can_average(layer) for layer in layers):
            return self._mean_of_samples(layers, part)
        return self._get(layers, part, part.size, "average")

    def _gdal_can_average(self, layer: int) -> bool:
        """Not over nodata that it does not know of, and not over complex numbers, whose mean is near zero."""
        declared = self.declared[layer] if self.declared else None
        return self.nodata[layer] in (None, declared) and not self.dtypes[layer].startswith("complex")

    def _mean_of_samples(self, layers: Sequence[int], part: Fit) -> tuple[Values, Valid]:
        """The mean of up to 4 x 4 valid samples in each output pixel."""
        width, height = part.size
        side = int(max(1, min(_SAMPLES_PER_PIXEL, part.width / width, part.height / height)))
        values, valid = self._get(layers, part, (width * side, height * side), "nearest")
        blocks = np.where(valid, values, 0).reshape(len(layers), height, side, width, side)
        count = valid.reshape(blocks.shape).sum(axis=(2, 4))  # (N, H, W)
        total = blocks.sum(axis=(2, 4), dtype=np.float64)
        return np.divide(total, count, out=np.zeros_like(total), where=count > 0).astype(np.float32), count > 0

    def _between_valid(self, layers: Sequence[int], part: Fit) -> tuple[Values, Valid]:
        """Bilinear between the valid pixels only; GDAL would spread them by half a pixel over what is not."""
        box = Box(part.x, part.y, part.x + part.width, part.y + part.height)
        grown = [self._grow(layer, box, part.size) for layer in layers]
        return np.stack([values for values, _ in grown]), np.stack([valid for _, valid in grown])

    def _grow(self, layer: int, box: Box, size: tuple[int, int]) -> tuple[Values, Valid]:
        def pixels(left: int, top: int, right: int, bottom: int) -> tuple[Values, Valid]:
            whole = Fit(left, top, right - left, bottom - top, (0, right - left), (0, bottom - top))
            values, valid = self._get((layer,), whole)
            return values[0], valid[0]

        return resample(pixels, box, size, source=(self.width, self.height), exact=False)

    def _get(
        self, layers: Sequence[int], part: Fit, size: tuple[int, int] | None = None, method: str = ""
    ) -> tuple[Values, Valid]:
        """Ask GDAL for a place at its own size, or at another with a resampling method."""
        handle = gate.raster(self.path, self.profile, member=self.member)
        indexes = [layer + 1 for layer in layers]
        request: dict[str, Any] = {"window": window(part.x, part.y, part.width, part.height)}
        if size is not None:
            request |= {"out_shape": (len(layers), size[1], size[0]), "resampling": resampling(method)}
        if len({self.dtypes[layer] for layer in layers}) > 1:
            request["out_dtype"] = np.result_type(*(self.dtypes[layer] for layer in layers)).name
        values: NDArray[Any] = handle.read(indexes, **request)
        valid = self._measured(layers, values)
        if self.masked:
            request.pop("out_dtype", None)
            valid &= handle.read_masks(indexes, **request) > 0
        return (np.abs(values).astype(np.float32) if values.dtype.kind == "c" else values), valid

    def _measured(self, layers: Sequence[int], values: NDArray[Any]) -> Valid:
        """True where the stored value is not nodata and finite."""
        kind = values.dtype.kind
        valid = np.isfinite(values) if kind in "fc" else np.ones(values.shape, np.bool_)
        for layer, array, known in zip(layers, values, valid, strict=True):
            nodata = self.nodata[layer]
            if nodata is not None and (kind in "fc" or _holds(values.dtype, nodata)):
                known &= array != values.dtype.type(nodata)
        return valid

    def _dtype(self, layers: Sequence[int]) -> np.dtype[Any]:
        names = [self.dtypes[layer] for layer in layers]
        return np.dtype(np.float32) if names[0].startswith("complex") else np.result_type(*names)


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether an integer type can hold the value: -9999 in an unsigned file marks nothing."""
    return bool(np.isfinite(value) and value == int(value) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)
