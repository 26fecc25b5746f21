"""`geoglot simulate` writes what `geoglot info` reads."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numba")

from tests.cli.run import geoglot


def test_simulated_scenes_are_read_by_the_next_command(tmp_path: Path) -> None:
    asked = ("simulate", "--sensor", "thermal", "--count", "2", "--seed", "5", "--out", tmp_path / "heat", "--json")
    made = geoglot(*asked)
    assert made.code == 0, made.err
    scenes = made.document["scenes"]
    assert [one["name"] for one in scenes] == ["thermal-000000", "thermal-000001"]
    told = geoglot("info", tmp_path / "heat" / scenes[1]["images"][0], "--json").document["frames"][0]
    assert told["sensor"] == "thermal-kelvin"
    assert told["crs"] == "EPSG:32633"
    again = geoglot(*asked)
    assert again.code == 0
    assert again.document == made.document


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sensor", "lidar"), ("lidar", "sar")),
        (("--sensor", "sar", "--kind", "video"), ("sar", "optical, thermal")),
        (("--sensor", "sar", "--kind", "film"), ("film", "image")),
        (("--sensor", "sar", "--count", "0"), ("0",)),
    ],
)
def test_what_cannot_be_simulated_is_said_and_leaves_nothing(
    options: tuple[str, ...], words: tuple[str, ...], tmp_path: Path
) -> None:
    done = geoglot("simulate", *options, "--out", tmp_path / "out")
    assert done.code == 2
    assert all(word in done.err for word in words)
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = geoglot("simulate", "--sensor", "sar", "--count", "1", "--out", tmp_path)
    assert done.code == 2
    assert "not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_help_fits_a_narrow_terminal() -> None:
    help_text = geoglot("simulate", "--help")
    assert help_text.code == 0
    assert max(map(len, help_text.out.splitlines())) <= 80
