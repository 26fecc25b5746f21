"""IoU between regions of any two kinds."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given

from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, Region

from . import strategies as draw

SIZE = (12, 12)
SQUARE: list[Region] = [
    Box(2, 2, 8, 8),
    OrientedBox(5, 5, 6, 6, 90),
    Polygon((((2, 2), (8, 2), (8, 8), (2, 8)),)),
    Mask.from_array(np.ones((6, 6), bool), left=2, top=2),
]
IDS = [region.type for region in SQUARE]


@pytest.mark.parametrize("a", SQUARE, ids=IDS)
@pytest.mark.parametrize("b", SQUARE, ids=IDS)
def test_the_same_square_told_in_two_ways_overlaps_wholly(a: Region, b: Region) -> None:
    assert a.iou(b) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("a", SQUARE, ids=IDS)
@pytest.mark.parametrize("b", SQUARE, ids=IDS)
def test_a_square_moved_by_a_third_shares_half_its_union(a: Region, b: Region) -> None:
    assert a.iou(b.shifted(2, 0)) == pytest.approx(24 / 48, abs=1e-12)


@pytest.mark.parametrize("a", SQUARE, ids=IDS)
def test_places_without_area_overlap_nothing(a: Region) -> None:
    for thin in (Point(5, 5), Path(((2, 2), (8, 8))), Box(3, 3, 3, 5), Mask(2, 2, (4,), left=3, top=3)):
        assert a.iou(thin) == thin.iou(a) == 0


def test_regions_of_different_frames_never_overlap() -> None:
    assert Box(0, 0, 4, 4).iou(Box(0, 0, 4, 4, frame=1)) == 0


def test_a_hole_is_not_shared() -> None:
    ring = Polygon((((0, 0), (4, 0), (4, 4), (0, 4)), ((1, 1), (3, 1), (3, 3), (1, 3))))
    assert ring.iou(Box(0, 0, 4, 4)) == pytest.approx(12 / 16)
    assert ring.iou(Box(1, 1, 3, 3)) == 0


@given(draw.masks(), draw.boxes(SIZE))
def test_a_mask_and_a_box_that_cuts_pixels_overlap_exactly(mask: Mask, box: Box) -> None:
    pixels = [
        shapely.box(x, y, x + 1, y + 1) for y, x in np.argwhere(mask.to_array()) + np.array([mask.top, mask.left])
    ]
    inside = shapely.unary_union(pixels) if pixels else shapely.Polygon()
    other = shapely.box(box.x0, box.y0, box.x1, box.y1)
    shared, union = inside.intersection(other).area, inside.area + other.area
    expected = shared / (union - shared) if mask.area_px and box.area_px else 0
    assert mask.iou(box) == pytest.approx(expected, abs=1e-9)


@given(draw.masks(), draw.masks())
def test_two_masks_overlap_as_their_pixels_in_a_common_frame(a: Mask, b: Mask) -> None:
    first, second = (mask.shifted(3, 3).to_array((30, 30)) for mask in (a, b))
    union = (first | second).sum()
    expected = (first & second).sum() / union if a.area_px and b.area_px else 0
    assert a.iou(b) == pytest.approx(expected, abs=1e-12)


@given(draw.star_polygons(SIZE), draw.oriented_boxes(SIZE), draw.masks())
def test_overlap_does_not_depend_on_the_order(polygon: Polygon, box: OrientedBox, mask: Mask) -> None:
    for a, b in ((polygon, box), (box, mask), (mask, polygon)):
        assert a.iou(b) == pytest.approx(b.iou(a), abs=1e-9)
        assert 0 <= a.iou(b) <= 1
