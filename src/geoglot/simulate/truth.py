"""Exact truth about a window: every labelled object with its box, oriented box, outline and visible share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.emit import (
    ANGLE,
    CLASS,
    HEIGHT,
    IN_WOOD,
    KEY,
    LENGTH,
    PAINT,
    PAINT2,
    RUNNING,
    SPEED,
    STAND,
    STANDS,
    WIDTH,
    X,
    Y,
)  # fmt: skip
from geoglot.simulate.tables import material_colours, material_names, object_classes, polygons, thing_classes
from geoglot.simulate.world import Layers

_Share = Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]]
# Things shorter than this many pixels are not labelled: nobody could tell what they are.
SMALLEST_PX = 2.5
# Shorter ones are texture; those between show as dots.
FAINTEST_PX = 1.25
# Trees of a closed wood are labelled one by one only where a crown is at least this wide.
WOOD_TREE_PX = 9.0


@dataclass(frozen=True, slots=True)
class SimObject:
    """One labelled object in pixels of its view (x right, y down, half-open boxes).

    id: 52-bit key, equal in every view of the world. box: (x0, y0, x1, y1) of the outline, cut at the image's edge.
    oriented: (cx, cy, length_px, width_px, angle_deg), uncut; the angle turns x towards y. visible: share of the
    outline's area that is in the image and not hidden. outline: polygon ((x, y), …), uncut. length_m, width_m,
    height_m, colour, material, second_colour, stand (what it stands on), running and speed_mps are
    attributes.
    """

    id: int
    label: str
    box: tuple[float, float, float, float]
    oriented: tuple[float, float, float, float, float]
    visible: float
    outline: tuple[tuple[float, float], ...]
    length_m: float
    width_m: float
    height_m: float
    colour: str
    material: str
    second_colour: str
    stand: str
    running: bool
    speed_mps: float


def _unit_outline(name: str) -> NDArray[np.float64]:
    """(Q, 2) the outline of a class in fractions of length and width."""
    if name in polygons():
        return polygons()[name]
    if name == "ellipse":
        t = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
        return np.stack([0.5 * np.cos(t), 0.5 * np.sin(t)], axis=1)
    if name == "stadium":
        # Width over length of an athletics track is 93 / 177; the ends are half-circles of the full width.
        t = np.linspace(-0.5 * math.pi, 0.5 * math.pi, 13)
        r = 0.5 * 93.0 / 177.0
        right = np.stack([0.5 - r + r * np.cos(t), 0.5 * np.sin(t)], axis=1)
        return np.concatenate([right, -right])
    return np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


def crown_outline(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 32, 2) ragged outlines of crowns in world metres; the curve that paint_objects draws."""
    t = np.linspace(0.0, 2.0 * math.pi, 32, endpoint=False)
    lean = rows[:, KEY, None] % 6.28
    p, q = np.cos(t - lean), -np.sin(t - lean)
    radius = 0.86 + 0.08 * (4.0 * p**3 - 3.0 * p) + 0.06 * (16.0 * q**5 - 20.0 * q**3 + 5.0 * q)
    radius *= 0.5 * rows[:, LENGTH, None]
    return np.stack([rows[:, X, None] + radius * np.cos(t), rows[:, Y, None] + radius * np.sin(t)], axis=2)


def _outlines(rows: NDArray[np.float64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, Q, 2) outlines of objects in world metres."""
    u = unit[None, :, 0] * rows[:, LENGTH, None]
    v = unit[None, :, 1] * rows[:, WIDTH, None]
    c = np.cos(rows[:, ANGLE])[:, None]
    s = np.sin(rows[:, ANGLE])[:, None]
    return np.stack([rows[:, X, None] + u * c - v * s, rows[:, Y, None] + u * s + v * c], axis=2)


def _areas(outlines: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = outlines[..., 0], outlines[..., 1]
    area: NDArray[np.float64] = 0.5 * np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))
    return area


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a view lies in the world: top-left corner and pixel size in metres, size (width, height) in pixels."""

    x_m: float
    y_m: float
    gsd_m: float
    size_px: tuple[int, int]


def _seen_pixels(layers: Layers, frame: Frame) -> NDArray[np.int64]:
    """(N,) fine pixels inside the frame that show each object."""
    c0 = round((frame.x_m - layers.x_m) / layers.gsd_m)
    r0 = round((frame.y_m - layers.y_m) / layers.gsd_m)
    factor = round(frame.gsd_m / layers.gsd_m)
    part = layers.thing[r0 : r0 + frame.size_px[1] * factor, c0 : c0 + frame.size_px[0] * factor]
    return np.bincount(part[part >= 0], minlength=len(layers.objects))


def objects_in(layers: Layers, frame: Frame) -> tuple[SimObject, ...]:
    """All labelled objects of which at least one pixel is seen, large enough to be told, in the order of the rows."""
    rows = layers.objects
    seen = _seen_pixels(layers, frame)
    longest = np.maximum(rows[:, LENGTH], rows[:, WIDTH]) / frame.gsd_m
    keep = (seen > 0) & (longest >= SMALLEST_PX) & (rows[:, CLASS] < len(object_classes()))
    keep &= (rows[:, STAND] != IN_WOOD) | (longest >= WOOD_TREE_PX)
    which = np.flatnonzero(keep)

    def share(numbers: NDArray[np.int64], outlines: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.minimum(1.0, seen[numbers] * layers.gsd_m**2 / _areas(outlines))

    return _described(rows, which, frame, share)


def faint_in(layers: Layers, frame: Frame) -> NDArray[np.float64]:
    """(N, 4) boxes x0, y0, x1, y1 in pixels of the view of things that show as dots, too small to be labelled.

    No one could tell a car of two pixels, and no one should learn that nothing is there.
    """
    rows = layers.objects
    longest = np.maximum(rows[:, LENGTH], rows[:, WIDTH]) / frame.gsd_m
    keep = (_seen_pixels(layers, frame) > 0) & (longest >= FAINTEST_PX) & (longest < SMALLEST_PX)
    keep &= rows[:, CLASS] < len(object_classes())
    centre = (rows[keep][:, [X, Y]] - (frame.x_m, frame.y_m)) / frame.gsd_m
    half = longest[keep, None] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def objects_of(rows: NDArray[np.float64], visible: NDArray[np.float64], frame: Frame) -> tuple[SimObject, ...]:
    """Objects from their rows (N, 16), on the map of a frame, with the visible shares (N,) that are known of them."""
    return _described(rows, np.arange(len(rows)), frame, lambda numbers, _: visible[numbers])


def _described(
    rows: NDArray[np.float64], which: NDArray[np.int64], frame: Frame, share: _Share
) -> tuple[SimObject, ...]:
    """The chosen rows as objects, in their order. share: gives the visible share of rows and their outlines."""
    found: list[tuple[int, SimObject]] = []
    for kind in np.unique(rows[which, CLASS]).astype(int):
        these = which[rows[which, CLASS] == kind]
        shape = thing_classes()[kind].outline
        mine = rows[these]
        outlines = crown_outline(mine) if shape == "crown" else _outlines(mine, _unit_outline(shape))
        pixels = (outlines - (frame.x_m, frame.y_m)) / frame.gsd_m
        corners = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
        # Lists of Python's own numbers: thousands of trees make the handling of single array elements slow.
        shares = share(these, outlines)
        points = zip(pixels[..., 0].tolist(), pixels[..., 1].tolist(), strict=True)
        lines = [tuple(zip(xs, ys, strict=True)) for xs, ys in points]
        columns = (these.tolist(), mine.tolist(), lines, corners.tolist(), shares.tolist())
        found += [
            (n, _object(row, outline, box, visible, frame))
            for n, row, outline, box, visible in zip(*columns, strict=True)
        ]
    return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))


def _object(
    row: list[float],
    outline: tuple[tuple[float, float], ...],
    corners: list[float],
    visible: float,
    frame: Frame,
) -> SimObject:
    """One object from its row, its outline in pixels, the outline's corners (x0, y0, x1, y1), and its seen share."""
    width, height = frame.size_px
    x0, y0, x1, y1 = corners
    colours = material_colours()
    return SimObject(
        int(row[KEY]),
        thing_classes()[int(row[CLASS])].name,
        (max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)),
        (
            (row[X] - frame.x_m) / frame.gsd_m,
            (row[Y] - frame.y_m) / frame.gsd_m,
            row[LENGTH] / frame.gsd_m,
            row[WIDTH] / frame.gsd_m,
            math.degrees(row[ANGLE]) % 360.0,
        ),
        visible,
        outline,
        row[LENGTH],
        row[WIDTH],
        row[HEIGHT],
        colours[int(row[PAINT])],
        material_names()[int(row[PAINT])],
        colours[int(row[PAINT2])],
        STANDS[int(row[STAND])],
        bool(row[RUNNING]),
        row[SPEED],
    )


def cover_in(layers: Layers, frame: Frame) -> NDArray[np.uint8]:
    """(H, W) land-cover index at the view's pixel size: the class of the fine pixel at the upper left of the centre."""
    c0 = round((frame.x_m - layers.x_m) / layers.gsd_m)
    r0 = round((frame.y_m - layers.y_m) / layers.gsd_m)
    factor = round(frame.gsd_m / layers.gsd_m)
    width, height = frame.size_px
    part = layers.cover[r0 : r0 + height * factor : factor, c0 : c0 + width * factor : factor]
    return np.ascontiguousarray(part)
