"""Rows of tables: what is missing or of another kind is named with its file, its line and what was expected."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.data.readers import reader
from geoglot.data.readers.rows import Row, document, rows
from geoglot.errors import ReadError

ROW = Row("labels.jsonl:3", {"image": "a.jpg", "split": None, "tags": ["sea", 2], "bbox": [1, 2.5, 3, True],
                             "objects": [{"cls": "ship"}]})  # fmt: skip

WRONG: dict[str, Callable[[Row], object]] = {
    "labels.jsonl:3, which has image, split": lambda row: row.text("scene"),
    'a text under "scene"': lambda row: row.text("scene"),
    "labels.jsonl:3: None": lambda row: row.text("split"),
    "a whole number": lambda row: row.whole("image"),
    "one of port, beach": lambda row: row.one_of("image", {"port": "harbor", "beach": "beach"}),
    "a list of texts": lambda row: row.texts("tags"),
    "a list of 4 numbers": lambda row: row.numbers("bbox", 4),
    "an object": lambda row: row.row("image"),
    "a list of objects": lambda row: row.rows("tags"),
    "a list": lambda row: row.rows("image"),
    r"labels.jsonl:3 objects\[0\], which has cls": lambda row: row.rows("objects")[0].numbers("bbox", 4),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_missing_or_of_another_kind_is_named_with_its_place(said: str) -> None:
    with pytest.raises(ReadError, match=said):
        WRONG[said](ROW)


def test_what_is_there_is_given_as_its_kind() -> None:
    row = Row("x:1", {"n": 3, "list": [1, 2.5], "in": {"t": "a"}, "words": ["a", "b"]})
    assert (row.whole("n"), row.numbers("list", 2), row.texts("words")) == (3, (1.0, 2.5), ("a", "b"))
    assert row.row("in").one_of("t", {"a": "b"}) == "b"


def test_lines_are_counted_from_one_and_blank_ones_are_no_rows(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": "\u2028"}\n\n{"a": "y"}\n', encoding="utf-8")
    assert [(row.place, row.text("a")) for row in rows(tmp_path / "t.jsonl")] == [
        ("t.jsonl:1", "\u2028"),
        ("t.jsonl:3", "y"),
    ]


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[1]", "no object"), ("3", "no object")])
def test_a_line_that_is_no_object_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(f"{{}}\n{text}\n", encoding="utf-8")
    with pytest.raises(ReadError, match=said) as error:
        list(rows(tmp_path / "t.jsonl"))
    assert "t.jsonl:2" in str(error.value)


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        document(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(ReadError, match="UTF-8"):
        document(tmp_path / "latin.json")


@given(st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.text(max_size=3)), st.text())
def test_no_row_ends_as_another_error(held: dict[str, object], key: str) -> None:
    for take in (Row.text, Row.whole, Row.texts, Row.row, Row.rows):
        with contextlib.suppress(ReadError):
            take(Row("x:1", held), key)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("aerial_cars", "index.jsonl"), ("aid_scenes", "labels.jsonl"), ("airbus_airplanes", "boxes.jsonl"),
        ("epfl_roads", "index.jsonl"), ("eurosat_rgb5", "labels.jsonl"), ("flood_areas", "index.jsonl"),
        ("hit_uav", "boxes.jsonl"), ("neon_crowns", "labels.jsonl"), ("rsscn7", "labels.jsonl"),
        ("ships_optical", "boxes.jsonl"), ("simd_vehicles", "boxes.jsonl"), ("ucm_landuse", "labels.jsonl"),
        ("hit_uav_thermal", "instances_train.json"), ("oam_kampala", "labels.geojson"),
    ],
)  # fmt: skip
def test_a_table_without_its_keys_is_a_read_error_of_every_reader(name: str, table: str, tmp_path: Path) -> None:
    (tmp_path / table).write_text('{"other": 1}\n', encoding="utf-8")
    with pytest.raises(ReadError, match=f"{table}.*, which has other"):
        list(reader(name).read(tmp_path))
