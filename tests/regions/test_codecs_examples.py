"""The worked examples of each text form of regions, from the specification of the system that uses it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, codecs
from geoglot.regions.codecs import CodecError
from geoglot.regions.codecs.qwen import Qwen25Vl
from geoglot.regions.geometry import ring_area

SIZE = (640, 480)

# geoglot's own form


def test_the_corners_of_the_image_are_0_and_999() -> None:
    codec = codecs.get("geoglot")
    assert codec.write(Box(0, 0, 640, 480), SIZE) == "<box>0,0,999,999</box>"
    assert codec.read("<box>0,0,999,999</box>", SIZE) == (Box(0, 0, 640, 480),)


def test_the_tags_of_the_default_form() -> None:
    codec = codecs.get("geoglot")
    texts = [
        codec.write(region, (999, 999))
        for region in (
            OrientedBox(100, 200, 20, 30, 10),
            Polygon((((1, 1), (90, 1), (90, 90)), ((50, 20), (80, 20), (80, 50)))),
            Mask(2, 2, (0, 3, 1), left=10, top=20),
            Point(3, 4),
            Path(((1, 2), (3, 4))),
        )
    ]
    assert texts == [
        "<obox>100,200,21,14,100</obox>",
        "<poly>1,1,90,1,90,90;50,20,80,20,80,50</poly>",
        "<mask>10,20,12,22;2,2;0,3,1</mask>",
        "<point>3,4</point>",
        "<path>1,2,3,4</path>",
    ]


@pytest.mark.parametrize("side", [12, 24, 80, 300])
def test_a_round_mask_keeps_its_shape(side: int) -> None:
    codec = codecs.get("geoglot")
    y, x = np.mgrid[:side, :side] + 0.5 - side / 2
    disc = Mask.from_array(x**2 + y**2 <= side**2 / 4, left=100, top=50)
    (back,) = codec.read(codec.write(disc, (1024, 1024)), (1024, 1024))
    assert disc.iou(back) > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "<mask>1,1,2,2;2,2;0,3</mask>",
        "<mask>2,2,2,2;1,1;0,1</mask>",
        "<mask>1,1,2,2;0,0;0</mask>",
        "<mask>1,1,2,2</mask>",
        "<obox>1,1,5,5,180</obox>",
        "<poly>1,1,2</poly>",
        "<poly>1,1,2,2</poly>",
        "<path>1,1</path>",
        "<point>1</point>",
        "<box>1,1,2,2;3</box>",
    ],
)
def test_a_tag_with_the_wrong_numbers_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        codecs.get("geoglot").read(text, SIZE)


# worked examples: specs of the systems


def test_geochat_text_of_512_pixels_is_cut_to_whole_percents() -> None:
    """Pixel 127.9 of 512 is int(24.98) = 24; decoded to 122.88 it is up to 5.12 pixels off."""
    codec = codecs.get("geochat")
    assert codec.write(Box(127.9, 0, 512, 512), (512, 512)) == "{<24><0><100><100>}"
    assert codec.read("{<24><0><100><100>}", (512, 512))[0].bounds.x0 == pytest.approx(122.88)
    assert codec.quantisation_px((512, 512)) == pytest.approx(5.12)
    assert codec.quantisation_px((800, 800)) == pytest.approx(8)
    assert codecs.get("qwen3-vl").quantisation_px((800, 800)) == pytest.approx(0.8 / 2)


def test_earthdial_turns_counter_clockwise() -> None:
    (box,) = codecs.get("earthdial").read("[[20,40,60,50,30]]", (100, 100))
    expected = [(20.18, 50.67), (54.82, 30.67), (59.82, 39.33), (25.18, 59.33)]
    assert box.outline == pytest.approx(np.array(expected), abs=0.005)


def test_geochat_and_earthdial_tell_the_same_rectangle() -> None:
    assert codecs.get("geochat").read("{<20><40><60><50>|<30>}", SIZE) == codecs.get("earthdial").read(
        "[[20, 40, 60, 50, 30]]", SIZE
    )


@pytest.mark.parametrize(
    "text",
    ["[[1,2,3,4,0]][[5,6,7,8,0]]", "[[1,2,3,4,0],[5,6,7,8,0]]", "<box>[[[1, 2, 3, 4, 0], [5, 6, 7, 8, 0]]]</box>"],
)
def test_earthdial_lists_come_in_three_shapes(text: str) -> None:
    assert codecs.get("earthdial").read(text, (100, 100)) == (Box(1, 2, 3, 4), Box(5, 6, 7, 8))


def test_geochat_joins_boxes_of_one_phrase() -> None:
    found = codecs.get("geochat").read("<p>2 white planes</p> {<49><48><57><56>|<90>}<delim>{<1><2><3><4>}", (100, 100))
    assert [region.label for region in found] == ["2 white planes"] * 2


def test_skysensegpt_takes_the_angle_as_radians_and_gives_an_upright_box() -> None:
    """|cos 1| = 0.540, |sin 1| = 0.841: half extents 5.403 + 2.104 and 8.415 + 1.351."""
    (box,) = codecs.get("skysensegpt").read("{<50><50><20><5>|<1>}", (100, 100))
    assert box == Box(42, 40, 57, 59)


def test_vrsbench_versions_tell_one_rectangle_in_two_ways() -> None:
    box = OrientedBox(50, 50, 40, 10, -30)
    first, second = (codecs.get(name).write(box, (100, 100)) for name in ("vrsbench-v1", "vrsbench"))
    assert first == "{<50><50><40><10>|<30>}"
    assert second.endswith("|<30>}")
    assert codecs.get("vrsbench").read(second, (100, 100))[0].iou(box) > 0.7


def test_earthgpt_pads_to_a_square() -> None:
    """A 400 x 200 image gets 100 rows above: y = 0 is a quarter down the square."""
    codec = codecs.get("earthgpt")
    assert codec.write(Box(0, 0, 200, 100), (400, 200)) == "[0.00,0.25,0.50,0.50]"
    assert codec.read("[0.00,0.25,0.50,0.50]", (400, 200)) == (Box(0, 0, 200, 100),)
    assert codec.read("[0.00,0.00,0.50,1.00]", (400, 200)) == (Box(0, 0, 200, 200),)


def test_earthgpt_reports_a_count_that_disagrees() -> None:
    with pytest.raises(CodecError, match="count"):
        codecs.get("earthgpt").read("<p>3 ships</p>[0.1,0.1,0.2,0.2]", SIZE)


def test_voc_counts_from_1_and_dior_from_0() -> None:
    text = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>10</xmax><ymax>20</ymax></bndbox>"
    assert codecs.get("voc").read(text, SIZE) == (Box(0, 0, 10, 20),)
    assert codecs.get("dior").read(text, SIZE) == (Box(1, 1, 10, 20),)


def test_voc_labels_are_escaped() -> None:
    codec = codecs.get("voc")
    text = codec.write(Box(0, 0, 9, 9, label="a<b & c"), SIZE)
    assert "a&lt;b &amp; c" in text
    assert codec.read(text, SIZE)[0].label == "a<b & c"


def test_dota_lines_may_have_a_head_and_lie_outside_the_image() -> None:
    text = (
        "imagesource:GoogleEarth\ngsd:0.14\n-3.0 1.0 5.0 1.0 5.0 9.0 -3.0 9.0 large-vehicle 1\n1 1 2 1 2 2 1 2 ship 0\n"
    )
    assert [region.label for region in codecs.get("dota").read(text, SIZE)] == ["large-vehicle", "ship"]


def test_a_dota_line_that_is_too_short_is_refused() -> None:
    with pytest.raises(CodecError):
        codecs.get("dota").read("1 1 2 1 2 2 1 ship 0", SIZE)


@pytest.mark.parametrize(("theta", "angle_deg"), [(90, 0), (0, 90), (120, -30), (45, 45)])
def test_yolov5_obb_adds_90_degrees(theta: int, angle_deg: float) -> None:
    (box,) = codecs.get("yolov5-obb").read(f"50 50 20 10 {theta}", SIZE)
    assert box.iou(OrientedBox(50, 50, 20, 10, angle_deg)) == pytest.approx(1)


def test_coco_boxes_have_a_size_and_masks_run_down_the_columns() -> None:
    codec = codecs.get("coco")
    assert json.loads(codec.write(Box(10, 20, 30, 60), SIZE)) == {"bbox": [10, 20, 20, 40]}
    mask = Mask.from_array(np.array([[0, 1], [0, 1], [1, 0]], bool))
    assert json.loads(codec.write(mask, (2, 3))) == {"segmentation": {"size": [3, 2], "counts": [2, 3, 1]}}


def test_coco_pieces_are_polygons_of_their_own() -> None:
    text = '{"segmentation": [[0, 0, 4, 0, 4, 4], [6, 6, 9, 6, 9, 9]]}'
    assert [region.area_px for region in codecs.get("coco").read(text, SIZE)] == [8, 4.5]


def test_teochat_masks_are_wkt() -> None:
    text = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 4 2, 4 4, 2 2))"
    (polygon,) = codecs.get("teochat").read(text, SIZE)
    assert polygon.area_px == 98


def test_a_selo_polygon_may_repeat_its_first_vertex() -> None:
    (polygon,) = codecs.get("selo").read("[[[0, 0], [10, 0], [10, 10], [0, 0]]]", SIZE)
    assert polygon.area_px == 50


@pytest.mark.parametrize(
    ("size", "resized"),
    [
        ((512, 512), (504, 504)),
        ((1000, 600), (1008, 588)),
        ((20, 20), (56, 56)),
        ((10_000, 8_000), (4004, 3192)),
        ((28, 28), (56, 56)),
    ],
)
def test_qwen25_counts_in_pixels_of_its_resized_image(size: tuple[int, int], resized: tuple[int, int]) -> None:
    codec = Qwen25Vl()
    width, height = codec.resized(size)
    assert (width, height) == resized
    assert width % 28 == height % 28 == 0
    assert codec.read(f'{{"bbox_2d": [0, 0, {width}, {height}]}}', size) == (Box(0, 0, *size),)


def test_qwen25_follows_the_limits_of_a_folder() -> None:
    small = Qwen25Vl(max_pixels=1280 * 28 * 28)
    assert np.prod(small.resized((4000, 4000))) <= 1280 * 28 * 28


def test_qwen3_counts_to_a_thousand() -> None:
    assert codecs.get("qwen3-vl").read('{"bbox_2d": [0, 500, 1000, 1000], "label": "ship"}', SIZE) == (
        Box(0, 240, 640, 480, label="ship"),
    )
    with pytest.raises(CodecError):
        codecs.get("qwen3-vl").read('{"bbox_2d": [0, 500, 1003, 1000]}', SIZE)


def test_qwen_that_finds_nothing_says_so_with_an_empty_list() -> None:
    assert codecs.get("qwen3-vl").read("```json\n[]\n```", SIZE) == ()


def test_deepseek_boxes_of_one_phrase_share_its_label() -> None:
    text = "<|ref|>ship<|/ref|><|det|>[[580, 270, 999, 900], [12, 40, 60, 88]]<|/det|>"
    found = codecs.get("deepseek-vl2").read(text, (999, 999))
    assert found == (Box(580, 270, 999, 900, label="ship"), Box(12, 40, 60, 88, label="ship"))
    assert codecs.get("ringmo-agent").read(text, (999, 999)) == found


def test_florence_reads_the_middle_of_a_bin() -> None:
    assert codecs.get("florence2").read("car<loc_0><loc_10><loc_500><loc_999>", (1000, 1000)) == (
        Box(0.5, 10.5, 500.5, 999.5, label="car"),
    )


EARTH_ONEVISION = codecs.get("earth-onevision")


@given(
    size=st.tuples(st.integers(64, 8000), st.integers(64, 8000)),
    tokens=st.lists(st.integers(0, 999), min_size=8, max_size=8),
)
def test_earth_onevision_writes_every_text_again_as_it_was(size: tuple[int, int], tokens: list[int]) -> None:
    """EO-1: encode(decode(t)) = t for all t."""
    corners = ", ".join(f"<{token}>" for token in tokens)
    text = f'{{"rbox_2d": [{corners}], "label": "ship"}}'
    assert EARTH_ONEVISION.write(EARTH_ONEVISION.read(text, size)[0], size) == text


@pytest.mark.parametrize(
    ("side", "box", "mean"), [(512, 8, 0.938), (800, 8, 0.906), (2048, 16, 0.881), (2048, 8, 0.781), (4000, 16, 0.787)]
)
def test_earth_onevision_loses_no_more_than_the_grid_must(side: int, box: int, mean: float) -> None:
    """Mean IoU of square boxes at random places, as measured for reading the middle of a bin."""
    rng = np.random.default_rng(0)
    overlaps = []
    for x, y in rng.uniform(0, side - box, (400, 2)):
        region = Box(x, y, x + box, y + box)
        overlaps.append(region.iou(EARTH_ONEVISION.read(EARTH_ONEVISION.write(region, (side, side)), (side, side))[0]))
    assert np.mean(overlaps) == pytest.approx(mean, abs=0.01)


def test_earth_onevision_starts_an_oriented_box_at_its_uppermost_corner_and_goes_clockwise() -> None:
    (polygon,) = EARTH_ONEVISION.read(
        EARTH_ONEVISION.write(OrientedBox(500, 500, 200, 100, 30), (1000, 1000)), (1000, 1000)
    )
    assert polygon.outline[0, 1] == polygon.outline[:, 1].min()
    assert ring_area(polygon.outline) > 0


def test_earth_onevision_tags_in_prompts_are_read() -> None:
    assert EARTH_ONEVISION.read("<hbox_2d>[<617>,<748>,<641>,<773>]</hbox_2d>", (1000, 1000)) == (
        Box(617.5, 748.5, 641.5, 773.5),
    )


def test_earth_onevision_masks_with_several_labels_and_an_unclosed_tag() -> None:
    rows = ["others *20, building *4"] * 2 + ["no-change *23, road *1"] * 22
    found = EARTH_ONEVISION.read(f"<seg>{'; '.join(rows)}<seg>", (48, 48))
    assert [(mask.label, mask.area_px) for mask in found] == [("building", 4 * 2 * 4), ("road", 1 * 22 * 4)]


@pytest.mark.parametrize("rows", [23, 25])
def test_earth_onevision_masks_must_fill_their_grid(rows: int) -> None:
    with pytest.raises(CodecError):
        EARTH_ONEVISION.read(f"<seg>{'; '.join(['others *24'] * rows)}</seg>", (48, 48))


def test_earth_onevision_writes_the_runs_of_the_paper() -> None:
    mask = Mask.from_array(np.ones((2, 4), bool), left=0, top=0)
    text = EARTH_ONEVISION.write(mask, (24, 24))
    assert text.startswith("<seg>target *4, others *20; target *4, others *20; others *24; ")
