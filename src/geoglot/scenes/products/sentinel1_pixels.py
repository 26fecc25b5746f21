"""Pixels of Sentinel-1 as backscatter: sigma nought from counts, window by window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.fit import Fit, fit
from geoglot.scenes.gdal import decoding, resampling, window
from geoglot.scenes.products.sentinel1_annotation import Calibration
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.resample import Valid, Values, resample

_OVERVIEW_STEP = 4.0
"""From this many counts a side on, an output pixel comes from GDAL, ten times as fast but in whole counts."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedSource:
    """Sigma nought (linear power) of one measurement file: DN² / A², thermal noise not subtracted.

    counts: the file, one layer, where 0 means no measurement. When shrinking, power is averaged, as in
    multi-looking, never amplitude or decibels. Where the file's own tags declare the 0, GDAL makes the
    overviews of a detected product, off by at most half a count.
    """

    counts: RasterSource
    calibration: Calibration

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.counts.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.counts.height

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give sigma nought as float32: see `PixelSource.read`."""
        gate.allow(size[0] * size[1], self.counts.profile.max_pixels)
        whole = (self.width, self.height)
        part = fit(box, size, whole)
        if part is None or exact or not self._overviews_by_gdal or not _is_overview(part):
            return resample(self._window, box, size, source=whole, exact=exact)
        sigma0 = np.zeros((size[1], size[0]), np.float32)  # (H, W)
        valid = np.zeros(sigma0.shape, np.bool_)
        place = slice(*part.rows), slice(*part.columns)
        sigma0[place], valid[place] = self._overview(part)
        return sigma0, valid

    @property
    def _overviews_by_gdal(self) -> bool:
        """GDAL averages complex values, not their power, and counts zeros in unless a tag forbids it."""
        return self.counts.declared == (0,) and not self.counts.dtypes[0].startswith("complex")

    def _window(self, left: int, top: int, right: int, bottom: int) -> tuple[Values, Valid]:
        """Every pixel of a window, calibrated by its own A."""
        size = right - left, bottom - top
        counts, valid = self.counts.read(0, Box(left, top, right, bottom), size, exact=True)
        table = self.calibration.at(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        return np.square(counts.astype(np.float32) / table), valid & (counts != 0)

    def _overview(self, part: Fit) -> tuple[Values, Valid]:
        """The root of mean power from GDAL; A varies by parts in ten thousand within one output pixel."""
        width, height = part.size
        with decoding(self.counts.path):
            handle = gate.raster(self.counts.path, self.counts.profile, member=self.counts.member)
            rms: NDArray[np.generic] = handle.read(
                1,
                window=window(part.x, part.y, part.width, part.height),
                out_shape=(height, width),
                resampling=resampling("rms"),
            )
        x = part.x + (np.arange(width) + 0.5) * part.width / width
        y = part.y + (np.arange(height) + 0.5) * part.height / height
        return np.square(rms.astype(np.float32) / self.calibration.at(x, y)), rms != 0


def _is_overview(part: Fit) -> bool:
    width, height = part.size
    return min(part.width / width, part.height / height) >= _OVERVIEW_STEP
