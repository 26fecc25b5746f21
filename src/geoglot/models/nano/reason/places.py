"""Where things are: parts of the image, regions, and relations between things, as plain geometry."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.reason.seen import Seen
from geoglot.regions import Box, Mask, OrientedBox, Polygon, Region

Numbers = NDArray[np.float64]

CENTRE = (1 / 3, 2 / 3)  # the middle third, both ways
EDGE = 0.1  # of the width and of the height
NEAR = 0.05  # of the image's diagonal, or the longer side of either thing if that is more
COMPASS = frozenset({"north", "south", "east", "west", "north-east", "north-west", "south-east", "south-west"})
NO_NORTH = "the image's place on Earth is not known, so north was taken to be up"


def in_place(place: str, x: Numbers, y: Numbers, seen: Seen) -> NDArray[np.bool_]:
    """Tell which points (whole-raster pixels) lie in a part of the image: "left", "upper left", "centre", "north" …

    Halves for one word, quarters for two, the middle third for the centre, a tenth all round for the edge. Compass
    words follow the ground where its place is known, else north is up.
    """
    box = seen.extent
    u, v = (np.asarray(x) - box.x0) / max(box.width, 1e-9), (np.asarray(y) - box.y0) / max(box.height, 1e-9)
    if place == "centre":
        low, high = CENTRE
        return np.asarray((u >= low) & (u <= high) & (v >= low) & (v <= high))
    if place == "edge":
        return np.asarray(np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)) <= EDGE)
    inside = np.ones(np.shape(u), np.bool_)
    if place in COMPASS:
        east, north = _to_compass(np.asarray(x) - box.centre[0], np.asarray(y) - box.centre[1], seen)
        for word in place.split("-"):
            inside &= {"north": north >= 0, "south": north < 0, "east": east >= 0, "west": east < 0}[word]
        return inside
    for word in place.split():
        inside &= {"left": u < 0.5, "right": u >= 0.5, "upper": v < 0.5, "lower": v >= 0.5}[word]
    return inside


def _to_compass(x: Numbers, y: Numbers, seen: Seen) -> tuple[Numbers, Numbers]:
    """Turn offsets in pixels into offsets to the east and to the north."""
    north = seen.north() or (0.0, -1.0)
    return -x * north[1] + y * north[0], x * north[0] + y * north[1]


def place_of(x: float, y: float, seen: Seen) -> str:
    """Name the ninth of the image that a point lies in: "upper left", "top", "centre", "lower right" …"""
    box = seen.extent
    column = min(2, max(0, int(3 * (x - box.x0) / max(box.width, 1e-9))))
    row = min(2, max(0, int(3 * (y - box.y0) / max(box.height, 1e-9))))
    names = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))
    return names[row][column]


def holds(region: Region, x: Numbers, y: Numbers) -> NDArray[np.bool_]:
    """Tell which points lie inside a region; none lie in a point or a path."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if isinstance(region, Box):
        return np.asarray((x >= region.x0) & (x < region.x1) & (y >= region.y0) & (y < region.y1))
    if isinstance(region, Mask):
        column, row = np.floor(x).astype(np.intp) - region.left, np.floor(y).astype(np.intp) - region.top
        fits = (column >= 0) & (column < region.width) & (row >= 0) & (row < region.height)
        pixels = region.to_array()
        return np.asarray(fits & pixels[row.clip(0, region.height - 1), column.clip(0, region.width - 1)])
    rings = (
        region.rings if isinstance(region, Polygon) else (region.outline,) if isinstance(region, OrientedBox) else ()
    )
    inside = np.zeros(np.shape(x), np.bool_)
    for ring in rings:
        inside ^= _in_ring(np.asarray(ring, np.float64), x, y)
    return inside


def _in_ring(ring: Numbers, x: Numbers, y: Numbers) -> NDArray[np.bool_]:
    """Even-odd rule: a point is inside if a ray to the right crosses the ring an odd number of times."""
    inside = np.zeros(np.shape(x), np.bool_)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def touches(thing: Region, region: Region) -> bool:
    """Tell whether a thing is meant by a region: its middle inside, much in common, or the region a part of it."""
    x, y = thing.bounds.centre
    if bool(holds(region, np.array(x), np.array(y))) or thing.bounds.iou(region.bounds) >= 0.3:
        return True
    centre = region.bounds.centre
    small = region.bounds.area_px <= thing.bounds.area_px
    return small and bool(holds(thing, np.array(centre[0]), np.array(centre[1])))


def gap_px(a: Box, b: Box) -> float:
    """Give the distance between the nearest edges of two boxes, 0 if they touch."""
    across = max(a.x0 - b.x1, b.x0 - a.x1, 0.0)
    down = max(a.y0 - b.y1, b.y0 - a.y1, 0.0)
    return math.hypot(across, down)


def stands(kind: str, thing: Region, anchors: tuple[Region, ...], seen: Seen) -> bool:
    """Tell whether a thing stands in a relation to its anchor, or for "between" to its two."""
    box, anchor = thing.bounds, anchors[0].bounds
    dx, dy = box.centre[0] - anchor.centre[0], box.centre[1] - anchor.centre[1]
    if kind == "between":
        return _is_between(box.centre, anchor.centre, anchors[-1].bounds.centre)
    if kind == "inside":
        return _is_inside(thing, anchors[0])
    if kind in {"near", "far from"}:
        reach = max(NEAR * seen.diagonal_px, *(max(each.width, each.height) for each in (box, anchor)))
        return (_gap_to(thing, anchors[0]) <= min(reach, 4 * NEAR * seen.diagonal_px)) is (kind == "near")
    if kind.removesuffix(" of") in COMPASS:
        east, north = _to_compass(np.array(dx), np.array(dy), seen)
        return bool(
            {"north": north > 0, "south": north < 0, "east": east > 0, "west": east < 0}[kind.removesuffix(" of")]
        )
    return {"left of": dx < 0, "right of": dx > 0, "above": dy < 0, "below": dy > 0}.get(kind, True)


def _is_between(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> bool:
    """In the middle eight tenths of the way, and off the line by no more than a third of its length."""
    way = (end[0] - start[0], end[1] - start[1])
    length = math.hypot(*way)
    if length == 0:
        return False
    off = (point[0] - start[0], point[1] - start[1])
    along = (off[0] * way[0] + off[1] * way[1]) / length**2
    aside = abs(off[0] * way[1] - off[1] * way[0]) / length
    return 0.1 <= along <= 0.9 and aside <= length / 3


def _is_inside(thing: Region, anchor: Region) -> bool:
    """Half of a grid of five by five points of the thing's box lies in the anchor."""
    box = thing.bounds
    steps = (np.arange(5) + 0.5) / 5
    x, y = np.meshgrid(box.x0 + steps * box.width, box.y0 + steps * box.height)
    return float(holds(anchor, x, y).mean()) >= 0.5


def _gap_to(thing: Region, anchor: Region) -> float:
    """The distance between two regions; to a mask, that to its nearest pixel."""
    if not isinstance(anchor, Mask):
        return gap_px(thing.bounds, anchor.bounds)
    start, end, row = anchor.stretches()
    box = thing.bounds
    across = np.maximum(np.maximum(start + anchor.left - box.x1, box.x0 - end - anchor.left), 0)
    down = np.maximum(np.maximum(row + anchor.top - box.y1, box.y0 - row - 1 - anchor.top), 0)
    return float(np.hypot(across, down).min())


def relation_between(thing: Region, other: Region, seen: Seen, *, compass: bool = False) -> str:
    """Name how one thing lies to another: inside, around, overlapping, or the side it lies on.

    compass: "north of" … instead of "above" …, where the place on Earth is known.
    """
    if _is_inside(thing, other):
        return "inside"
    if _is_inside(other, thing):
        return "around"
    if thing.iou(other) > 0:
        return "overlapping"
    (x, y), (ax, ay) = thing.bounds.centre, other.bounds.centre
    if compass and seen.north() is not None:
        east, north = _to_compass(np.array(x - ax), np.array(y - ay), seen)
        if abs(east) > abs(north):
            return "east of" if east > 0 else "west of"
        return "north of" if north > 0 else "south of"
    if abs(x - ax) > abs(y - ay):
        return "right of" if x > ax else "left of"
    return "below" if y > ay else "above"
