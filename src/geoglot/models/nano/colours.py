"""The colour of an object, told from its pixels by a plain rule on hue, saturation and brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.shown import Shown

HUES = (
    (15.0, "red"), (40.0, "orange"), (70.0, "yellow"), (165.0, "green"), (255.0, "blue"), (330.0, "purple"),
    (360.0, "red"),
)  # fmt: skip
"""Upper end of each hue in degrees."""

DARK, BRIGHT = 0.22, 0.75  # brightness of black and of white things
PALE = 0.2  # saturation below which a thing has no hue
BROWN_BELOW = 0.55  # a dark orange is brown
LEAST_PIXELS = 4


def colour_of(shown: Shown, box: tuple[float, float, float, float]) -> tuple[str, float] | None:
    """Give the colour name of most pixels in the middle of a box, and their share; None without a visible picture.

    box: x0, y0, x1, y1 in whole-raster pixels. The middle 60 % is read, for a turned object leaves its box's
    corners to the ground.
    """
    if not {"red", "green", "blue"} <= shown.levels.keys() or shown.levels["red"] is shown.levels["blue"]:
        return None
    x0, y0, x1, y1 = _middle(shown, box)
    pixels = np.stack([shown.levels[name][y0:y1, x0:x1].ravel() for name in ("red", "green", "blue")], axis=1)
    pixels = pixels[np.isfinite(pixels).all(axis=1)].clip(0, 1)
    if len(pixels) < LEAST_PIXELS:
        return None
    if len(pixels) > 64:
        pixels = pixels[:: len(pixels) // 64]
    names = named(pixels)
    best = max(dict.fromkeys(names), key=names.count)
    return best, names.count(best) / len(names)


def named(pixels: NDArray[np.float32]) -> list[str]:
    """Name the colours of pixels (n, 3), red, green, blue in 0..1, by hue, saturation and value (HSV)."""
    red, green, blue = pixels.astype(np.float64).T
    value, least = pixels.max(axis=1).astype(np.float64), pixels.min(axis=1).astype(np.float64)
    span = value - least
    part = 60.0 / np.maximum(span, 1e-12)  # degrees of hue for each difference of two bands
    hue = np.where(value == green, 120 + part * (blue - red), 240 + part * (red - green))
    hue = np.where(value == red, part * (green - blue), hue) % 360
    names = np.array([name for _, name in HUES])[np.searchsorted([end for end, _ in HUES], hue)]
    names = np.where((names == "orange") & (value < BROWN_BELOW), "brown", names)
    names = np.where(span < PALE * value, np.where(value > BRIGHT, "white", "grey"), names)
    return [str(name) for name in np.where(value < DARK, "black", names)]


def _middle(shown: Shown, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """The middle 60 % of a box in whole pixels of the picture."""
    (across, down), (width, height) = shown.scale, shown.size
    cx, cy = ((box[0] + box[2]) / 2 - shown.box.x0) / across, ((box[1] + box[3]) / 2 - shown.box.y0) / down
    half_w, half_h = 0.3 * (box[2] - box[0]) / across, 0.3 * (box[3] - box[1]) / down
    x0, y0 = max(0, int(cx - half_w)), max(0, int(cy - half_h))
    return x0, y0, min(width, max(x0 + 1, round(cx + half_w))), min(height, max(y0 + 1, round(cy + half_h)))
