"""How far an event between two dates stands out from what season, light and noise do to the ground around it.

An event can be seen if, at some scale, its ground lies `SEEN` spreads away from what unchanged ground does: in the
brightness or the roughness of some band, after what a line through the unchanged ground of both dates explains (light,
air, day and night, the usual turn of a season) is taken off. Two scales: windows of a few pixels, in which sharp
pictures show a building, and means over all of it, for hundreds of pixels average noise and speckle away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEEN = 3.0
"""Detectability index d' from which an event counts as seen. Who goes by that one mean is right in Phi(d' / 2) = 93 %
of even choices between happened and not (Green & Swets 1966, equal variances); Rose (1948) asks for 3 to 5."""

SQUARES = 8  # of unchanged ground, at least, over which means are taken
MOSTLY = 0.75  # share of such a square that is unchanged
WINDOW_PX = 5
SMOOTH = 0.05  # of the picture's spread, added to roughness before its logarithm: no water is infinitely smooth
LEAST = 1e-6  # ground that differs by less between two dates, in spreads of the picture, does not differ
NORMAL = 0.6745  # median of the absolute value of a standard normal number

Plane = NDArray[np.float64]
Image = NDArray[np.float32]


def contrast(before: Image, after: Image, event: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Give d' of an event.

    before, after: (C, H, W) without NaN, in units to which light adds or which it multiplies (reflectance, kelvin,
    decibels). event: (H, W) its footprint. other: (H, W) whatever else changed. Spreads are robust ones (of medians),
    for shadows that turn with the sun are no noise. Infinite where less than an eighth as much ground is unchanged:
    then nothing shows that the event could not be seen.
    """
    still = ~(event | other)
    if still.sum() < max(SQUARES, event.sum() / SQUARES):
        return math.inf
    dates = zip(_features(before), _features(after), strict=True)
    return max(_deviation(_unexplained(old, new, still), event, still) for old, new in dates)


def _features(image: Image) -> Iterator[Plane]:
    """Brightness and roughness of every band, in spreads of the picture."""
    for band in np.asarray(image, np.float64):
        level = (band - band.mean()) / max(float(band.std()), LEAST)
        yield level
        mean, square = _averaged(level), _averaged(level**2)
        yield np.log(np.sqrt(np.maximum(square - mean**2, 0.0)) + SMOOTH)


def _unexplained(old: Plane, new: Plane, still: NDArray[np.bool_]) -> Plane:
    """What a line from the first date leaves of the second; fitted on averages, for noise would flatten it."""
    x, y = _averaged(old)[still], _averaged(new)[still]
    off = x - x.mean()
    slope = float(off @ (y - y.mean())) / max(float(off @ off), LEAST)
    left: Plane = new - slope * old
    return left - float(np.median(left[still]))


def _deviation(left: Plane, event: NDArray[np.bool_], still: NDArray[np.bool_]) -> float:
    """The larger of what half of the event's windows reach, and what its mean does."""
    windows = _averaged(left)
    near = float(np.median(np.abs(windows[event]))) / _spread(windows[still])
    side = max(1, int(np.sqrt(min(event.sum(), still.sum() / SQUARES))))
    while True:
        share = _squares(still.astype(np.float64), side)
        told = share >= MOSTLY
        if side == 1 or told.sum() >= SQUARES / 2 * side**2:  # overlapping ones: so many lie in eight side by side
            break
        side //= 2
    means = _squares(left * still, side)[told] / share[told]
    return max(near, abs(float(left[event].mean())) / _spread(means))


def _spread(values: Plane) -> float:
    """Standard deviation of a normal distribution with the median size of these."""
    return max(float(np.median(np.abs(values))) / NORMAL, LEAST)


def _squares(plane: Plane, side: int) -> Plane:
    """(H - side + 1, W - side + 1) means over all squares."""
    sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    whole: Plane = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return whole / side**2


def _averaged(plane: Plane) -> Plane:
    """The mean of the window around each pixel; pixels at the edge are repeated beyond it."""
    return _squares(np.pad(plane, WINDOW_PX // 2, mode="edge"), WINDOW_PX)
