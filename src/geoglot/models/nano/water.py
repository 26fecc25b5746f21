"""Where water is: by what the eye sees, and by what physics says of it where bands and units allow.

The eye knows water by its shape and smoothness, and takes flooded fields for meadows. How dark radar shows a place, and
how much less infrared than green light it reflects, tells water by itself, but also shadows and snow. A fitted line of
logits over the three says more than either (docs/results.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import slots
from geoglot.models.nano.shown import Shown

Plane = NDArray[np.float64]

WATER = "water"
LEAST_M = 4.0  # finer radar shows shadows, as dark as water
WINDOW_M = 120.0  # speckle is averaged over it
RADAR = ("co", "cross")
OPTICAL = ("green", "nir", "swir16")
NEVER = 1e-4  # probabilities are kept this far from 0 and 1


def measures(water: NDArray[np.float32], shown: Shown, stride: int) -> Plane | None:
    """Give (3, h, w): the logit of the eye's probability of water (h, w), and two physical measures of its cells.

    Calibrated radar of both polarisations and pixels of LEAST_M or more: mean backscatter in dB, co and cross, over
    WINDOW_M. Reflectance: the normalised differences of green and near infrared, and of green and 1.6 µm (McFeeters
    1996, doi 10.1080/01431169608948714; Xu 2006, doi 10.1080/01431160600589179). NaN where nothing is known. None
    where bands, units or pixel size do not allow them.
    """
    if not shown.calibrated or shown.modality not in ("sar", "multispectral"):
        return None
    names = RADAR if shown.modality == "sar" else OPTICAL
    if any(name not in shown.levels for name in names):
        return None
    cells = {name: _cells(shown.levels[name], stride, water.shape) for name in names}
    p = np.clip(water.astype(np.float64), NEVER, 1 - NEVER)
    if shown.modality == "multispectral":
        told = _differences(cells)
    elif shown.gsd_m is None or shown.gsd_m < LEAST_M:
        return None
    else:
        cell_m = shown.gsd_m * shown.scale[0] * stride
        reach = round((WINDOW_M / cell_m - 1) / 2)
        told = [_decibels(name, _smoothed(cells[name], max(0, reach))) for name in RADAR]
    return np.stack([np.log(p / (1 - p)), *told])


def corrected(
    probability: NDArray[np.float32], names: tuple[str, ...], shown: Shown, line: tuple[float, ...], stride: int
) -> NDArray[np.float32]:
    """Give probabilities of covers (covers, h, w) with that of water moved along a fitted line, the others to fit.

    line: a weight for each of `measures`, and a bias; empty leaves all as it is.
    """
    if not line or WATER not in names:
        return probability
    place = names.index(WATER)
    told = measures(probability[place], shown, stride)
    if told is None:
        return probability
    logit = np.tensordot(np.array(line[:-1]), told, axes=1) + line[-1]
    water = np.where(np.isfinite(logit), 1 / (1 + np.exp(-np.clip(logit, -50, 50))), probability[place])
    left = (1 - water) / np.maximum(1 - probability[place], NEVER)
    moved = probability * left
    moved[place] = water
    return np.asarray(moved / moved.sum(axis=0), np.float32)


def _cells(plane: NDArray[np.float32], stride: int, shape: tuple[int, ...]) -> Plane:
    """(h, w) means of the measured pixels of each cell, NaN where there is none."""
    height, width = shape
    padded = np.full((height * stride, width * stride), np.nan)
    padded[: plane.shape[0], : plane.shape[1]] = plane[: height * stride, : width * stride]
    return _mean(padded.reshape(height, stride, width, stride).swapaxes(1, 2).reshape(height, width, -1))


def _mean(values: Plane) -> Plane:
    """Mean of what is known along the last axis, NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _smoothed(plane: Plane, reach: int) -> Plane:
    """Mean of what is known within `reach` cells in each direction, NaN where nothing is known at the cell itself."""
    found = plane
    for axis in (0, 1):
        padding = [(reach, reach) if axis == at else (0, 0) for at in (0, 1)]
        padded = np.pad(found, padding, constant_values=np.nan)
        found = _mean(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis))
    return np.where(np.isfinite(plane), found, np.nan)


def _decibels(slot: str, level: Plane) -> Plane:
    low, high = slots.DECIBELS[slot]
    return low + (high - low) * level


def _differences(cells: Mapping[str, Plane]) -> list[Plane]:
    """Normalised differences of green and each infrared band."""
    green, *infrared = (np.maximum(slots.REFLECTANCE_HIGH[name] * cells[name], 1e-3) for name in OPTICAL)
    return [(green - band) / (green + band) for band in infrared]
