"""What people see: words as they are, on a terminal of any width."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import geoglot
from geoglot.cli import cli, main
from geoglot.cli.ask import show
from geoglot.cli.look import _show
from geoglot.cli.options import console, facts, four_numbers, place, table, warn, wrote
from geoglot.errors import InputError, PlaceError
from geoglot.models.nano.evidence import Evidence, Guess
from geoglot.regions import Box
from geoglot.scenes import read
from geoglot.simulate.layouts.geotiff import north_up, write_geotiff


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grid = north_up(64, 64, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5)
    return write_geotiff(
        tmp_path_factory.mktemp("scene") / "roofs[north].tif", np.full((3, 64, 64), 90, np.uint8), grid=grid
    )


def test_the_extra_that_a_model_needs_is_named() -> None:
    assert "geoglot[hf]" in _run("models").output.replace("\n", "")


def test_brackets_in_a_file_name_are_shown(scene: Path) -> None:
    assert "roofs[north].tif" in _run("info", str(scene), "--sensor", "rgb").output.replace("\n", "")


def test_what_frames_have_in_common_is_told_once(scene: Path, tmp_path: Path) -> None:
    later = write_geotiff(
        tmp_path / "later.tif",
        np.full((3, 64, 64), 99, np.uint8),
        grid=north_up(64, 64, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5),
    )
    out = _run("info", str(scene), str(later), "--sensor", "rgb").output
    assert out.replace("\n", "").count("later.tif") == 1
    assert out.count("EPSG:32632") == 1
    assert out.count("µm or pol.") == 1


def test_of_a_video_one_frame_is_told_and_how_many_more_there_are() -> None:
    clip = Path(geoglot.__file__).parent / "demo" / "scenes" / "motorway.mp4"
    out = _run("info", str(clip)).output
    assert "video, 20 frames" in out
    assert out.count("seconds ") == 1
    assert "… and 19 more frames" in out


def test_words_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    said = console()
    said.print(table("thing", rows=[("[red] :ship:",)]))
    said.print(facts([("file", "a[b].tif :car:")]))
    warn(said, ["of [bold] :bus: none"])
    wrote(said, ["out[1].json"])
    out = capsys.readouterr().out
    for words in ("[red] :ship:", "a[b].tif :car:", "of [bold] :bus: none", "wrote out[1].json"):
        assert words in out


def test_a_reason_that_the_answer_itself_gives_is_not_given_twice(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "text": "I cannot tell: cars are too small.", "unsure": True, "confidence": 0.0, "task": "count",
        "model": "nano", "warnings": ["cars are too small", "the image is dark"], "regions": [], "seconds": {},
    }  # fmt: skip
    show(console(), answer, [])
    out = capsys.readouterr().out
    assert out.count("cars are too small") == 1
    assert out.count("the image is dark") == 1


def test_the_path_of_a_written_file_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = "folder/" * 30 + "answer.json"
    wrote(console(), [path])
    assert capsys.readouterr().out == f"wrote {path}\n"


def test_the_model_card_cuts_no_word_off() -> None:
    done = _run("models", "nano")
    assert done.exit_code == 0
    assert "…" not in done.output


def test_look_names_the_likeliest_tags_first(capsys: pytest.CaptureFixture[str]) -> None:
    tags = tuple(Guess(f"m{n}", f"tag{n}", n / 100) for n in range(20))
    evidence = Evidence((), (), (), tags, (), (), Box(0, 0, 8, 8), None, ((8, 8),), (1.0,), "rgb", "nano")
    _show(console(), evidence, [])
    assert "tag19 0.19, tag18 0.18" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["nan,0,1,1", "0,0,inf,inf", "1,2,3", "1,2,3,4,5", "a,b,c,d", ""])
def test_a_place_is_four_finite_numbers(text: str) -> None:
    with pytest.raises(InputError, match="four numbers"):
        four_numbers(text, "--region")


@pytest.mark.parametrize("bounds", ["0,0,1,1", "11.9,48.2,12,48.3"])
def test_degrees_elsewhere_are_answered_with_the_degrees_of_the_image(scene: Path, bounds: str) -> None:
    with pytest.raises(PlaceError) as raised:
        place(read(scene, sensor="rgb"), region=None, bounds=bounds)
    assert raised.value.expected.startswith("a part of 11.")


def test_degrees_of_an_image_without_a_place_are_refused_for_that_reason(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "plain.png")
    with pytest.raises(PlaceError) as raised:
        place(read(tmp_path / "plain.png", sensor="rgb"), region=None, bounds="0,0,1,1")
    assert "outside" not in str(raised.value)


def test_a_question_may_be_longer_than_any_file_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["ask", "absent.tif", "Is there a ship? " * 400])
    assert stopped.value.code == 2
    assert "no such file" in capsys.readouterr().err


def test_an_empty_question_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ask", "absent.tif", ""])
    assert "question is missing. Got nothing." in capsys.readouterr().err


@pytest.mark.parametrize(("command", "next_step"), [("map", "same command"), ("train", "--resume"), ("ask", "")])
def test_an_interrupted_job_says_how_it_goes_on(
    command: str, next_step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    with pytest.raises(SystemExit) as stopped:
        main([command])
    assert stopped.value.code == 130
    said = capsys.readouterr().err
    assert said.startswith("interrupted")
    assert next_step in said


OWN = """
source = "made here"

[[sensor]]
name = "my-{}"
title = "My camera"
kind = "rgb"
each = {{ unit = "display" }}
bands = [{{ name = "r", common = "red" }}, {{ name = "g", common = "green" }}, {{ name = "b", common = "blue" }}]
display = ["r", "g", "b"]
bands_in_file = ["r", "g", "b"]
"""


def test_a_sensor_of_ones_own_is_named_by_its_file_and_its_name_in_it(scene: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    both = OWN.format("day") + OWN.format("night").partition("\n\n")[2]
    table.write_text(both)
    assert "my-night" in _run("info", str(scene), "--sensor", f"{table}#my-night").output
    assert "My camera" in _run("sensors", f"{table}#my-day").output
    with pytest.raises(InputError, match="#my-day"):
        read(scene, sensor=str(table))


def test_trouble_of_the_disk_is_no_fault_of_geoglot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", "/media/disc/out")

    monkeypatch.setattr(cli, "main", refused)
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--json"])
    assert stopped.value.code == 1
    said = capsys.readouterr()
    assert "Got /media/disc/out. Read-only file system." in said.err
    assert "fault" not in said.err
    assert json.loads(said.out)["error"]["type"] == "WorkError"
