"""The colour of an object, told from its pixels by a plain rule on hue, saturation and brightness."""

from __future__ import annotations

import colorsys

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
    names = [named(pixel) for pixel in pixels]
    best = max(dict.fromkeys(names), key=names.count)
    return best, names.count(best) / len(names)


def named(pixel: NDArray[np.float32]) -> str:
    """Name the colour of one pixel, red, green, blue in 0..1."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(float(part) for part in pixel))
    if value < DARK:
        return "black"
    if saturation < PALE:
        return "white" if value > BRIGHT else "grey"
    name = next(colour for end, colour in HUES if hue * 360 <= end)
    return "brown" if name == "orange" and value < BROWN_BELOW else name


def _middle(shown: Shown, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """The middle 60 % of a box in whole pixels of the picture."""
    (across, down), (width, height) = shown.scale, shown.size
    cx, cy = ((box[0] + box[2]) / 2 - shown.box.x0) / across, ((box[1] + box[3]) / 2 - shown.box.y0) / down
    half_w, half_h = 0.3 * (box[2] - box[0]) / across, 0.3 * (box[3] - box[1]) / down
    x0, y0 = max(0, int(cx - half_w)), max(0, int(cy - half_h))
    return x0, y0, min(width, max(x0 + 1, round(cx + half_w))), min(height, max(y0 + 1, round(cy + half_h)))
