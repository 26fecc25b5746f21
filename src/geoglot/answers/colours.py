"""A colour for every label: far apart from each other, and light enough to be seen on any image."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

from geoglot.regions import Region
from geoglot.scenes.write.classes import Colour

# Yellow, sky blue, vermilion, green, pink, blue, violet and lime, after Okabe and Ito (jfly.uni-koeln.de/color),
# brightened to stand out from soil, water and vegetation.
_FIRST: tuple[Colour, ...] = (
    (255, 221, 51),
    (64, 196, 255),
    (255, 92, 56),
    (38, 222, 148),
    (255, 122, 214),
    (92, 124, 255),
    (186, 104, 255),
    (190, 242, 72),
)
_GOLDEN = 0.618034  # steps of the golden ratio around the colour circle never come close to each other soon


def colours_of(regions: Iterable[Region]) -> dict[str, Colour]:
    """Give a colour for each label, in the order in which they come; regions without one are labelled ""."""
    labels = dict.fromkeys(region.label or "" for region in regions)
    return {label: _colour(index) for index, label in enumerate(labels)}


def on_top(colour: Colour) -> Colour:
    """Give black or white, whichever is easier to read on a colour. Source: WCAG 2.1, relative luminance."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return (16, 20, 24) if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else (255, 255, 255)


def _colour(index: int) -> Colour:
    if index < len(_FIRST):
        return _FIRST[index]
    hue, lightness = (index * _GOLDEN) % 1, 0.55 + 0.15 * (index % 2)
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, lightness, 0.9))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
