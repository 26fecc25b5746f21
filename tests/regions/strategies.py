"""Regions drawn by hypothesis, inside an image of a given size."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon

SIZES = st.tuples(st.integers(8, 3000), st.integers(8, 3000))
"""Width and height of an image."""


def points(size: tuple[int, int]) -> st.SearchStrategy[tuple[float, float]]:
    width, height = size
    return st.tuples(st.floats(0, width), st.floats(0, height))


@st.composite
def boxes(draw: st.DrawFn, size: tuple[int, int]) -> Box:
    (ax, ay), (bx, by) = draw(points(size)), draw(points(size))
    return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


@st.composite
def oriented_boxes(draw: st.DrawFn, size: tuple[int, int]) -> OrientedBox:
    """Wholly inside the image."""
    width, height = size
    w, h = draw(st.floats(1, min(size) / 3)), draw(st.floats(1, min(size) / 3))
    reach = np.hypot(w, h) / 2
    cx, cy = draw(st.floats(reach, width - reach)), draw(st.floats(reach, height - reach))
    return OrientedBox(cx, cy, w, h, draw(st.floats(-180, 180)))


@st.composite
def star_polygons(draw: st.DrawFn, size: tuple[int, int]) -> Polygon:
    """Simple, often concave: a radius at each of several angles."""
    reach = min(size) / 2
    radii = draw(st.lists(st.floats(0.2 * reach, reach), min_size=3, max_size=9))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    x, y = size[0] / 2 + radii * np.cos(angles), size[1] / 2 + radii * np.sin(angles)
    return Polygon((tuple(zip(x.tolist(), y.tolist(), strict=True)),))


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    bits = draw(st.lists(st.booleans(), min_size=width * height, max_size=width * height))
    left, top = draw(st.integers(-3, 8)), draw(st.integers(-3, 8))
    return Mask.from_array(np.array(bits).reshape(height, width), left=left, top=top)


def paths(size: tuple[int, int]) -> st.SearchStrategy[Path]:
    return st.lists(points(size), min_size=2, max_size=6).map(lambda line: Path(tuple(line)))


def single_points(size: tuple[int, int]) -> st.SearchStrategy[Point]:
    return points(size).map(lambda point: Point(*point))
