"""Every text form of regions: round trips, strict reading, and the worked examples of the field."""

from __future__ import annotations

import contextlib
import math
import time

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from geoglot.errors import UnknownName
from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, Region, codecs
from geoglot.regions.codecs import Codec, CodecError

from . import strategies as draw

SIZE = (640, 480)
EVERY_FORM_AND_KIND = [(name, kind) for name in codecs.names() for kind in codecs.get(name).kinds]
NEEDS_A_LABEL = {"dota"}
FOUR_CORNERS = {"dota", "earth-onevision", "earth-onevision-24-majority", "earth-onevision-48", "geoglot-tokens"}
NO_TURN_BACK = {("vrsbench", "oriented-box"), ("vrsbench-v1", "oriented-box")}
"""Which corners are nearest and farthest, and which side is longer, may change by rounding: then the rectangle
stays and its text does not."""


@st.composite
def regions(draw_one: st.DrawFn, name: str, kind: str) -> tuple[Region, tuple[int, int]]:
    """A region of the kind that lies in an image, and the image's size."""
    width, height = draw_one(draw.SIZES)
    if kind == "mask":
        width, height = width % 500 + 48, height % 500 + 48
    size = (max(width, height // 100), max(height, width // 100))
    by_kind = {
        "box": draw.boxes,
        "oriented-box": draw.oriented_boxes,
        "polygon": quadrilaterals if name in FOUR_CORNERS else draw.star_polygons,
        "mask": blobs,
        "point": draw.single_points,
        "path": draw.paths,
    }
    region = draw_one(by_kind[kind](size))
    if name in NEEDS_A_LABEL:
        region = type(region)(**{**{slot: getattr(region, slot) for slot in _fields(region)}, "label": "ship"})
    return region, size


def _fields(region: Region) -> list[str]:
    import dataclasses

    return [field.name for field in dataclasses.fields(region)]


def quadrilaterals(size: tuple[int, int]) -> st.SearchStrategy[Polygon]:
    return st.lists(draw.points(size), min_size=4, max_size=4, unique=True).map(lambda ring: Polygon((tuple(ring),)))


@st.composite
def blobs(draw_one: st.DrawFn, size: tuple[int, int]) -> Mask:
    """A filled ellipse, at its place in the image."""
    width, height = draw_one(st.integers(1, min(size[0], 90))), draw_one(st.integers(1, min(size[1], 90)))
    y, x = np.mgrid[:height, :width]
    inside = ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 <= 0.25
    left, top = draw_one(st.integers(0, size[0] - width)), draw_one(st.integers(0, size[1] - height))
    return Mask.from_array(inside | (inside.sum() == 0), left=left, top=top)


def written(codec: Codec, region: Region, size: tuple[int, int]) -> str:
    """The text of a region; not every turned rectangle fits a form whose unturned rectangle must lie in the image."""
    try:
        return codec.write(region, size)
    except CodecError:
        if region.type in ("oriented-box", "mask"):
            reject()
        raise


def apart_px(a: Region, b: Region) -> float:
    """How far the vertices of two regions are apart at most, each from its nearest."""
    between = np.hypot(*np.moveaxis(a.outline[:, None] - b.outline[None], -1, 0))
    return float(max(between.min(axis=0).max(), between.min(axis=1).max()))


def allowed_px(codec: Codec, region: Region, size: tuple[int, int]) -> float:
    """What quantisation may do to a vertex: sides and angles of turned boxes add their own."""
    step = codec.quantisation_px(size) * math.sqrt(2) + 1e-6
    if isinstance(region, OrientedBox):
        return 3 * step + math.radians(0.501) * math.hypot(region.w, region.h) / 2
    return step


@pytest.mark.parametrize(("name", "kind"), EVERY_FORM_AND_KIND)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_written_is_read_within_the_quantisation(name: str, kind: str, data: st.DataObject) -> None:
    codec = codecs.get(name)
    region, size = data.draw(regions(name, kind))
    (back,) = codec.read(written(codec, region, size), size)
    if isinstance(region, Mask):
        assert isinstance(back, Mask)
    else:
        assert apart_px(region, back) <= allowed_px(codec, region, size)


@pytest.mark.parametrize(("name", "kind"), [pair for pair in EVERY_FORM_AND_KIND if pair not in NO_TURN_BACK])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_read_is_written_the_same(name: str, kind: str, data: st.DataObject) -> None:
    codec = codecs.get(name)
    region, size = data.draw(regions(name, kind))
    text = written(codec, region, size)
    (back,) = codec.read(text, size)
    assert codec.write(back, size) == text


@pytest.mark.parametrize(("name", "kind"), EVERY_FORM_AND_KIND)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_several_regions_in_one_text_are_read_in_order(name: str, kind: str, data: st.DataObject) -> None:
    codec = codecs.get(name)
    region, size = data.draw(regions(name, kind))
    text = written(codec, region, size)
    assert codec.read(f"{text}\n{text}", size) == codec.read(text, size) * 2


@pytest.mark.parametrize("name", codecs.names())
def test_the_example_of_a_form_is_read(name: str) -> None:
    codec = codecs.get(name)
    assert all(region.type in codec.kinds for region in codec.read(codec.example, SIZE))


@pytest.mark.parametrize("name", codecs.names())
def test_kinds_without_words_and_places_outside_are_refused(name: str) -> None:
    codec = codecs.get(name)
    all_kinds = [
        Box(1, 1, 9, 9),
        OrientedBox(90, 90, 9, 5, 20),
        Polygon((((1, 1), (9, 1), (9, 9)),)),
        Mask(2, 2, (0, 4)),
        Point(1, 1),
        Path(((1, 1), (9, 9))),
    ]
    for region in all_kinds:
        if region.type not in codec.kinds:
            with pytest.raises(CodecError):
                codec.write(region, SIZE)


@pytest.mark.parametrize(
    "name", [name for name in codecs.names() if name not in ("coco", "dota", "yolov5-obb", "selo")]
)
def test_a_box_that_leaves_the_image_is_refused_not_cut(name: str) -> None:
    with pytest.raises(CodecError, match="outside"):
        codecs.get(name).write(Box(-50, 10, 100, 100), SIZE)


TEXTS = [
    "",
    " ",
    "none",
    "ship",
    "[]x",
    "<box>",
    "{",
    "[[",
    "<box>1,2,3</box>",
    "1 2 3 4 5",
    "null",
    "\x00",
    "²³",
    "<box>-1,2,3,4</box>",
    "<box>1,2,3,4</box> and more",
    "{<1><2><3>}",
    "[1, 2, 3]",
    "[9999, 9999, 9999, 9999]",
    "<box>5,5,1,1</box>",
]


@pytest.mark.parametrize("name", codecs.names())
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_another_kind_is_an_error_of_one_type(name: str, text: str) -> None:
    with pytest.raises(CodecError):
        codecs.get(name).read(text, SIZE)


@pytest.mark.parametrize("name", codecs.names())
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_text_is_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    codec = codecs.get(name)
    text = codec.example
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 6)))
    damaged = text[:start] + data.draw(st.text(alphabet='0159-.,;:|<>[]{}()/"box prefP', max_size=6)) + text[end:]
    try:
        found = codec.read(damaged, SIZE)
    except CodecError:
        return
    assert all(isinstance(region, Region) for region in found)


@pytest.mark.parametrize("name", codecs.names())
@pytest.mark.parametrize(
    "piece", ["[", "[[1,", " ", "a", "<", "{<1>", "1 ", ", ", '{"bbox_2d": ', "<loc_1>", "[1, 2], "]
)
def test_a_long_hostile_text_takes_no_long_time(name: str, piece: str) -> None:
    before = time.perf_counter()
    with contextlib.suppress(CodecError):
        codecs.get(name).read(piece * 4000, SIZE)
    assert time.perf_counter() - before < 2


def test_an_unknown_form_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="geochat"):
        codecs.get("geochatt")


def test_every_form_says_where_it_comes_from() -> None:
    assert all(codecs.get(name).source for name in codecs.names())


LABELLED = [
    "geochat",
    "earthdial",
    "earthgpt",
    "qwen2.5-vl",
    "qwen3-vl",
    "deepseek-vl2",
    "ringmo-agent",
    "internvl",
    "florence2",
    "earth-onevision",
    "dota",
    "dior",
    "voc",
]


@pytest.mark.parametrize("name", LABELLED)
def test_forms_with_words_for_a_label_keep_it(name: str) -> None:
    codec = codecs.get(name)
    (back,) = codec.read(codec.write(Box(64, 48, 128, 96, label="cargo-ship"), SIZE), SIZE)
    assert back.label == "cargo-ship"


@pytest.mark.parametrize("name", ["geochat", "earthdial", "deepseek-vl2", "internvl", "florence2", "earthgpt"])
def test_a_label_that_would_break_the_text_is_refused(name: str) -> None:
    with pytest.raises(CodecError):
        codecs.get(name).write(Box(1, 1, 9, 9, label="a<b>"), SIZE)


def test_regions_in_running_text_become_markers() -> None:
    text = "A ship <box>0,0,100,100</box> near <point>500,500</point>."
    plain, found = codecs.marked(text, codecs.get("geoglot"), SIZE)
    assert plain == "A ship <r0> near <r1>."
    assert [region.type for region in found] == ["box", "point"]


def test_a_list_in_running_text_becomes_as_many_markers() -> None:
    text = 'Here: ```json\n[{"bbox_2d": [0, 0, 500, 500]}, {"bbox_2d": [500, 500, 1000, 1000]}]\n``` are two.'
    plain, found = codecs.marked(text, codecs.get("qwen3-vl"), SIZE)
    assert plain == "Here: <r0> <r1> are two."
    assert found[1] == Box(320, 240, 640, 480)
