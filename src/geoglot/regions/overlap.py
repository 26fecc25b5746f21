"""Intersection over union between any two regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoglot.regions.box import Box
from geoglot.regions.geometry import box_iou, rotated_iou
from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

if TYPE_CHECKING:
    import shapely


def iou(a: Region, b: Region) -> float:
    """Give intersection over union, exact for every pair of kinds; 0 without area or across frames."""
    if a.frame != b.frame:
        return 0.0
    if isinstance(a, Box) and isinstance(b, Box):
        return float(box_iou(_corners(a), _corners(b))[0, 0])
    if isinstance(a, Box | OrientedBox) and isinstance(b, Box | OrientedBox):
        return float(rotated_iou(_turned(a), _turned(b))[0, 0])
    areas = a.area_px, b.area_px
    if not all(areas):
        return 0.0
    shared = _shared_px(a, b)
    return min(1.0, shared / (sum(areas) - shared))


def _shared_px(a: Region, b: Region) -> float:
    """The area two regions with an area have in common, in square pixels."""
    if isinstance(b, Mask) and not isinstance(a, Mask):
        a, b = b, a
    if isinstance(a, Mask) and isinstance(b, Mask):
        return _shared_pixels(a, b)
    if isinstance(a, Mask) and isinstance(b, Box):
        return _shared_with_box(a, b)
    import shapely

    return float(shapely.area(shapely.intersection(shape_px(a), shape_px(b))))


def _shared_pixels(a: Mask, b: Mask) -> float:
    """Pixels that both masks have on."""
    left, top = max(a.left, b.left), max(a.top, b.top)
    right, bottom = min(a.left + a.width, b.left + b.width), min(a.top + a.height, b.top + b.height)
    if left >= right or top >= bottom:
        return 0.0
    first, second = (
        mask.to_array()[top - mask.top : bottom - mask.top, left - mask.left : right - mask.left] for mask in (a, b)
    )
    return float(np.count_nonzero(first & second))


def _shared_with_box(mask: Mask, box: Box) -> float:
    """The area of a mask inside a box, whose edges may cut pixels."""
    start, end, row = mask.stretches()
    across = np.minimum(end + mask.left, box.x1) - np.maximum(start + mask.left, box.x0)
    down = np.minimum(row + 1 + mask.top, box.y1) - np.maximum(row + mask.top, box.y0)
    return float(np.dot(np.clip(across, 0, None), np.clip(down, 0, None)))


def shape_px(region: Region) -> shapely.Geometry:
    """Give a region with an area as a valid shapely geometry in pixels."""
    import shapely

    if isinstance(region, Mask):
        return shapely.MultiPolygon([(piece.rings[0], piece.rings[1:]) for piece in region.polygons()])
    if isinstance(region, Polygon):
        return shapely.make_valid(shapely.Polygon(region.rings[0], region.rings[1:]))
    return shapely.Polygon(region.outline)


def _corners(box: Box) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[box.x0, box.y0, box.x1, box.y1]])


def _turned(box: Box | OrientedBox) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if isinstance(box, Box):
        return np.array([[*box.centre, box.width, box.height, 0.0]])
    return np.array([[box.cx, box.cy, box.w, box.h, box.angle_deg]])
