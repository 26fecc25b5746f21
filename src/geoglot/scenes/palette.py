"""Colours for values that are not colours: heat, heights, indices, classes."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]
"""(H, W, 3), 0..1."""

# Anchors of matplotlib's "inferno" (CC0): even steps of lightness, so that hotter always looks brighter.
HEAT = ((0, 0, 4), (31, 12, 72), (85, 15, 109), (136, 34, 106), (186, 54, 85), (227, 89, 51), (249, 140, 10),
        (249, 201, 50), (252, 255, 164))  # fmt: skip
HEIGHT = ((62, 99, 84), (116, 141, 96), (176, 176, 122), (196, 166, 118), (166, 128, 98), (214, 206, 198))
INDEX = ((96, 72, 58), (176, 140, 96), (228, 212, 160), (158, 190, 96), (66, 138, 58), (14, 78, 36))

_GOLDEN = 0.618034  # of the colour circle: neighbouring class numbers come out far apart
_BACKGROUND = (0.16, 0.17, 0.20)


def ramp(values: NDArray[np.floating], anchors: tuple[tuple[int, int, int], ...]) -> Colours:
    """Give a colour for each value of 0..1 by straight lines between evenly spaced anchors (8-bit RGB)."""
    places = np.linspace(0.0, 1.0, len(anchors))
    table = np.asarray(anchors, np.float64) / 255
    return np.stack([np.interp(values, places, column) for column in table.T], axis=-1).astype(np.float32)


def class_colours(classes: NDArray[np.floating]) -> Colours:
    """Give each class number its own colour, the same in every image; 0 is dark."""
    numbers, places = np.unique(classes, return_inverse=True)
    table = np.array([_class_colour(int(number)) for number in numbers], np.float32)
    return table[places].reshape(*classes.shape, 3)


def _class_colour(number: int) -> tuple[float, float, float]:
    if number == 0:
        return _BACKGROUND
    lightness = 0.62 if number % 2 else 0.78
    return colorsys.hsv_to_rgb((0.09 + number * _GOLDEN) % 1.0, 0.55, lightness + 0.15)


def hillshade(height_m: NDArray[np.floating], pixel_m: float) -> NDArray[np.float32]:
    """Give the light on a surface from the north-west at 45 degrees, 0..1, (H, W).

    Slopes are drawn so steep that flat country shows too. Source: Horn 1981, Proc. IEEE 69(1), reflectance of a
    Lambertian surface.
    """
    if min(height_m.shape) < 2:
        return np.full(height_m.shape, 0.7, np.float32)
    down, right = np.gradient(np.asarray(height_m, np.float64), pixel_m)
    steepness = float(np.nanpercentile(np.hypot(down, right), 90))
    exaggeration = np.clip(0.5 / max(steepness, 1e-6), 1.0, 50.0)
    right, down = right * exaggeration, down * exaggeration
    light = (1.0 + right / np.sqrt(2) + down / np.sqrt(2)) / np.sqrt(2)
    lit: NDArray[np.float32] = np.clip(light / np.sqrt(1 + right**2 + down**2), 0, 1).astype(np.float32)
    return lit
