"""A table of the user's own, and what is wrong with one that is refused."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError, ReadError, UnknownName
from geoglot.sensors import Kind, Unit, find, get, load
from geoglot.sensors.parse import parse_table

GOOD = """
source = "data sheet of my camera, page 3"

[bands]
two = [
  { name = "r", common = "red", range_um = [0.62, 0.68] },
  { name = "n", common = "nir", centre_um = 0.84, width_um = 0.05, scale = 2.0 },
]

[[sensor]]
name = "my-camera"
title = "My camera"
kind = "optical"
bands = ["two", { name = "t", common = "thermal", centre_um = 10.5, width_um = 6, unit = "celsius" }]
each = { unit = "radiance", scale = 0.1, nodata = nan }
display = ["r"]
bands_in_file = ["r", "n"]
files = [{ pattern = 'my_(?P<time>\\d{8})', example = "my_20200101.tif" }]
"""


def test_a_users_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    (sensor,) = load(path)
    assert (sensor.name, sensor.family, sensor.kind) == ("my-camera", "mine", Kind.OPTICAL)
    red, nir, thermal = sensor.bands
    assert (red.centre_um, red.width_um, red.scale) == (0.65, 0.06, 0.1)
    assert nir.scale == 2.0  # its own line wins over `each`
    assert red.nodata != red.nodata
    assert thermal.unit is Unit.CELSIUS
    assert sensor.band("near_infrared") == nir


def test_a_sensor_is_found_by_name_or_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert find("naip") is get("naip")
    assert find(str(path)).name == find(f"{path}#my-camera").name == "my-camera"
    with pytest.raises(UnknownName, match="my-camera"):
        find(f"{path}#my-camrea")
    path.write_text(GOOD + GOOD[GOOD.index("[[sensor]]") :].replace("my-camera", "other"), encoding="utf-8")
    with pytest.raises(InputError, match=r"several sensors.*#my-camera"):
        find(str(path))


def test_get_never_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(UnknownName):
        get(str(path))


def test_the_examples_of_the_handbook_are_tables(repo: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (repo / "docs" / "sensors.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        assert parse_table(block, family="docs")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "my-camera"', 'name = "My Camera"', "lower-case words"),
        ('kind = "optical"', 'kind = "optic"', "optical"),
        ('kind = "optical"', 'kind = "optical"\ncolour = 1', "unknown key"),
        ("centre_um = 0.84", "centre_um = 840", "nm"),
        ("range_um = [0.62, 0.68]", "range_um = [0.68, 0.62]", "range_um"),
        ("range_um = [0.62, 0.68]", "range_um = [0.62, 0.68], centre_um = 0.65", "range_um"),
        ('unit = "radiance"', 'unit = "watt"', "radiance"),
        ("scale = 0.1", "scale = 0", "scale of 0"),
        ("scale = 0.1", 'scale = "0.1"', "not a number"),
        ("scale = 2.0", "low = 3, high = 3", "range is empty"),
        ('name = "n"', 'name = "R"', "band twice"),
        ('display = ["r"]', 'display = ["x"]', "does not have"),
        ('"two", {', '"three", {', "three"),
        ("example = \"my_20200101.tif\"", 'example = "your_20200101.tif"', "own example"),
        ("my_(?P<time>", "my_(?P<time", "regular expression"),
        ('display = ["r"]', 'display = ["r"]\ntags = ["("]', "regular expression"),
        ('source = "data sheet of my camera, page 3"', "", "where its numbers come from"),
        ("[[sensor]]", "[[sensors]]", "unknown key"),
        ("title =", "title :", "not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_the_place(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=problem):
        parse_table(GOOD.replace(old, new), family="mine")


def test_a_name_of_the_built_in_table_cannot_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("my-camera", "naip"), encoding="utf-8")
    with pytest.raises(InputError, match="taken"):
        load(path)


def test_a_missing_or_binary_or_huge_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.toml"):
        load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "binary.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="too large"):
        load(tmp_path / "huge.toml")


def test_a_sensor_twice_in_one_table_is_refused() -> None:
    with pytest.raises(InputError, match="twice"):
        parse_table(GOOD + GOOD[GOOD.index("[[sensor]]") :], family="mine")


def test_widths_and_wavelengths_must_be_as_many() -> None:
    text = GOOD.replace('bands = ["two", ', "wavelengths_um = [0.5, 0.6]\nwidths_um = [0.01]\nbands = [")
    with pytest.raises(InputError, match="number of widths"):
        parse_table(text, family="mine")


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3))
def test_a_mutated_table_is_read_or_refused_but_never_breaks(place: int, text: str) -> None:
    with contextlib.suppress(InputError):  # anything else fails the test
        parse_table(GOOD[:place] + text + GOOD[place + 1 :], family="mine")
