"""The six regions: what they accept, and how they move, scale and are cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, Region

from . import strategies as draw

SIZE = (40, 30)
ONE_OF_EACH = [
    Box(1, 2, 5, 7, label="ship", score=0.5, frame=1),
    OrientedBox(10, 10, 6, 2, 30, label="ship", score=0.5, frame=1),
    Polygon((((0, 0), (10, 0), (10, 10), (0, 10)), ((2, 2), (4, 2), (4, 4))), label="ship", score=0.5, frame=1),
    Mask(3, 2, (1, 2, 3), left=4, top=5, label="ship", score=0.5, frame=1),
    Point(3, 4, label="ship", score=0.5, frame=1),
    Path(((0, 0), (3, 4), (3, 10)), label="ship", score=0.5, frame=1),
]


def kinds(regions: list[Region]) -> list[str]:
    return [region.type for region in regions]


def test_the_six_kinds_have_the_names_of_the_interface() -> None:
    assert kinds(ONE_OF_EACH) == ["box", "oriented-box", "polygon", "mask", "point", "path"]


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_moving_scaling_and_cutting_keep_label_score_and_frame(region: Region) -> None:
    for changed in (region.shifted(1, 2), region.scaled(2, 3), region.clipped(*SIZE), region.bounds):
        assert changed is not None
        assert (changed.label, changed.score, changed.frame) == ("ship", 0.5, 1)


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_equal_regions_are_equal_and_hash_alike(region: Region) -> None:
    assert region.shifted(0, 0) == region
    assert hash(region.shifted(0, 0)) == hash(region)


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_moving_there_and_back_changes_nothing(region: Region) -> None:
    assert region.shifted(7, -3).shifted(-7, 3) == region


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_doubling_and_halving_changes_nothing(region: Region) -> None:
    assert region.scaled(2, 2).scaled(0.5, 0.5) == region


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_area_scales_with_both_factors(region: Region) -> None:
    assert region.scaled(2, 3).area_px == pytest.approx(6 * region.area_px)


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_outside_the_image_nothing_remains(region: Region) -> None:
    assert region.shifted(100, 0).clipped(*SIZE) is None


@pytest.mark.parametrize("region", ONE_OF_EACH, ids=kinds(ONE_OF_EACH))
def test_the_bounds_hold_the_outline(region: Region) -> None:
    box = region.bounds
    x, y = region.outline.T
    assert (box.x0, box.y0, box.x1, box.y1) == (x.min(), y.min(), x.max(), y.max())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_not_finite_is_refused(bad: float) -> None:
    for make in (
        lambda: Box(0, 0, bad, 1),
        lambda: OrientedBox(0, 0, 1, 1, bad),
        lambda: Polygon((((0, 0), (1, 0), (1, bad)),)),
        lambda: Point(bad, 0),
        lambda: Path(((0, 0), (bad, 0))),
        lambda: Box(0, 0, 1, 1).scaled(bad, 1),
    ):
        with pytest.raises(InputError):
            make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Box(5, 0, 1, 1),
        lambda: OrientedBox(0, 0, -1, 1, 0),
        lambda: Polygon(()),
        lambda: Polygon((((0, 0), (1, 1)),)),
        lambda: Polygon((((0, 0), (1, 1), (0, 0)),)),
        lambda: Path(((0, 0),)),
        lambda: Path("/etc/passwd"),
        lambda: Box(0, 0, None, 1),
        lambda: Path(((0, 0, 0), (1, 1, 1))),
        lambda: Mask(2, 2, (3,)),
        lambda: Mask(2, 2, (5, -1)),
        lambda: Mask(0, 2, ()),
        lambda: Mask.from_array(np.zeros((0, 3), bool)),
        lambda: Mask(2, 2, (0, 4)).shifted(0.5, 0),
        lambda: Box(0, 0, 1, 1, score=1.5),
        lambda: Box(0, 0, 1, 1, frame=-1),
        lambda: Box(0, 0, 1, 1).scaled(0, 1),
    ],
)
def test_what_cannot_be_a_region_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]


def test_numbers_of_numpy_become_plain_floats() -> None:
    assert type(Box(np.float32(1), np.int64(2), 3, 4).x0) is float


def test_a_repeated_last_vertex_of_a_ring_is_dropped() -> None:
    assert len(Polygon((((0, 0), (1, 0), (1, 1), (0, 0)),)).rings[0]) == 3


def test_an_oriented_box_turns_clockwise_on_screen() -> None:
    """At 90 degrees the w side points down the screen, towards +y."""
    box = OrientedBox(0, 0, 4, 2, 90).bounds
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((-1, -2, 1, 2))


@given(draw.oriented_boxes(SIZE))
def test_a_normalised_oriented_box_is_the_same_rectangle(box: OrientedBox) -> None:
    same = box.normalised
    assert same.w >= same.h
    assert 0 <= same.angle_deg < 180
    assert same.iou(box) == pytest.approx(1, abs=1e-9)
    assert same.normalised == same


@given(draw.oriented_boxes(SIZE))
def test_the_smallest_rectangle_around_four_corners_is_the_rectangle(box: OrientedBox) -> None:
    assert OrientedBox.around(box.outline).iou(box) == pytest.approx(1, abs=1e-6)


def test_the_smallest_rectangle_around_points_on_a_line_has_no_height() -> None:
    box = OrientedBox.around(np.array([(0, 0), (1, 1), (3, 3)], float))
    assert (box.w, box.h, box.angle_deg) == pytest.approx((math.hypot(3, 3), 0, 45), abs=1e-9)


@given(draw.oriented_boxes(SIZE), st.floats(0.5, 2), st.floats(0.5, 2))
def test_scaling_an_oriented_box_scales_its_area_and_keeps_its_long_axis(
    box: OrientedBox, sx: float, sy: float
) -> None:
    scaled = box.scaled(sx, sy)
    axis = (box.outline[1] - box.outline[0]) * (sx, sy)
    assert scaled.area_px == pytest.approx(box.area_px * sx * sy)
    assert scaled.outline[1] - scaled.outline[0] == pytest.approx(axis, abs=1e-6)


@given(draw.star_polygons(SIZE), st.integers(1, 40), st.integers(1, 30))
def test_cutting_a_concave_polygon_leaves_the_area_that_shapely_finds(
    polygon: Polygon, width: int, height: int
) -> None:
    import shapely

    expected = shapely.Polygon(polygon.rings[0]).intersection(shapely.box(0, 0, width, height)).area
    cut = polygon.clipped(width, height)
    assert (cut.area_px if cut else 0) == pytest.approx(expected, abs=1e-6)


def test_a_cut_oriented_box_becomes_a_polygon_of_the_remaining_area() -> None:
    cut = OrientedBox(0, 10, 8, 4, 0).clipped(20, 20)
    assert cut is not None
    assert (cut.type, cut.area_px) == ("polygon", pytest.approx(16))


def test_a_path_that_leaves_the_image_keeps_its_longest_part() -> None:
    path = Path(((1, 1), (1, -5), (5, -5), (5, 9), (8, 9)))
    cut = path.clipped(10, 10)
    assert cut is not None
    assert cut.points == ((5, 0), (5, 9), (8, 9))


@given(draw.masks())
def test_a_mask_comes_back_from_its_pixels(mask: Mask) -> None:
    assert Mask.from_array(mask.to_array(), left=mask.left, top=mask.top) == mask


@given(draw.masks())
def test_a_masks_pieces_cover_its_pixels(mask: Mask) -> None:
    assert sum(piece.area_px for piece in mask.polygons()) == mask.area_px


@given(draw.masks())
def test_a_masks_pieces_are_the_valid_polygons_that_its_pixels_make(mask: Mask) -> None:
    import shapely

    rows, columns = np.nonzero(mask.to_array())
    pixels = shapely.box(columns + mask.left, rows + mask.top, columns + mask.left + 1, rows + mask.top + 1)
    expected = shapely.get_parts(shapely.union_all(pixels)) if len(pixels) else []
    pieces = [shapely.Polygon(piece.rings[0], piece.rings[1:]) for piece in mask.polygons()]
    assert all(piece.is_valid for piece in pieces)
    assert sorted(piece.area for piece in pieces) == sorted(part.area for part in expected)
    assert all(any(piece.equals(part) for part in expected) for piece in pieces)


def test_a_hole_that_touches_the_outside_at_a_corner_stays_a_hole() -> None:
    pixels = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], bool)
    (piece,) = Mask.from_array(pixels).polygons()
    assert [len(ring) for ring in piece.rings] == [6, 4]


@given(draw.masks())
def test_a_masks_stretches_are_its_pixels_row_by_row(mask: Mask) -> None:
    out = np.zeros((mask.height, mask.width), bool)
    for start, end, row in zip(*mask.stretches(), strict=True):
        assert not out[row, start:end].any()
        out[row, start:end] = True
    assert np.array_equal(out, mask.to_array())


@given(draw.masks(), st.integers(1, 15), st.integers(1, 15))
def test_a_cut_mask_shows_the_same_pixels_in_the_image(mask: Mask, width: int, height: int) -> None:
    whole, cut = mask.to_array((width, height)), mask.clipped(width, height)
    assert np.array_equal(whole, cut.to_array((width, height)) if cut else np.zeros_like(whole))


def test_a_small_mask_lies_at_its_offset_in_the_frame() -> None:
    inside = Mask(2, 1, (0, 2), left=3, top=1).to_array((6, 3))
    assert np.argwhere(inside).tolist() == [[1, 3], [1, 4]]


def test_an_empty_mask_has_no_area_and_no_pieces() -> None:
    empty = Mask(3, 3, (9,))
    assert (empty.area_px, empty.polygons(), empty.bounds.area_px) == (0, (), 0)


def test_importing_regions_loads_no_geographic_library() -> None:
    import subprocess
    import sys

    heavy = "{'shapely', 'pyproj', 'rasterio', 'pyogrio', 'torch'}"
    code = f"import sys, geoglot.regions.codecs; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
