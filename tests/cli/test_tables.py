from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import geoglot


@pytest.mark.parametrize("command", ["sensors", "tasks", "models"])
def test_a_table_is_text_for_people_and_json_for_programs(command: str) -> None:
    plain, machine = geoglot(command), geoglot(command, "--json")
    assert plain.code == machine.code == 0
    names = [entry["name"] for entry in machine.document]
    assert len(names) > 3
    assert all(name in plain.out for name in names)


def test_everything_known_about_a_sensor() -> None:
    sensor = geoglot("sensors", "sentinel-2-l2a", "--json").document
    red = next(band for band in sensor["bands"] if band["name"] == "B04")
    assert red["centre_um"] == pytest.approx(0.665, abs=0.002)
    assert "B04" in geoglot("sensors", "sentinel-2-l2a").out


@pytest.mark.parametrize("command", ["sensors", "tasks"])
def test_an_unknown_name_offers_the_nearest(command: str) -> None:
    done = geoglot(command, "sentinel-2-l2b" if command == "sensors" else "cuont")
    assert done.code == 2
    assert ("sentinel-2-l2a" if command == "sensors" else "count") in done.err
    assert "Traceback" not in done.err


def test_an_unknown_command_offers_the_nearest() -> None:
    done = geoglot("akk")
    assert done.code == 2
    assert "ask" in done.err


def test_help_names_every_command() -> None:
    done = geoglot("--help")
    assert done.code == 0
    for name in ("ask", "look", "info", "map", "compare-dates", "sensors", "models", "tasks", "demo"):
        assert name in done.out


@pytest.mark.parametrize("name", ["ask", "look", "info", "map", "compare-dates", "sensors", "models", "tasks", "demo"])
def test_every_command_explains_itself(name: str) -> None:
    done = geoglot(name, "--help")
    assert done.code == 0
    assert "--json" in done.out


def test_a_prediction_file_is_scored_and_its_layout_named(tmp_path: Path) -> None:
    lines = [{"id": str(n), "task": "count", "type": "count", "prediction": str(n), "truth": "2"} for n in range(4)]
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = geoglot("score", path, "--protocol", "vqa/exact@1", "--json")
    assert done.code == 0, done.err
    assert done.document["n"] == 4
    assert {score["value"] for score in done.document["scores"].values()} == {25.0}
    assert "geoglot" in geoglot("score", path, "--protocol", "vqa/exact@1").out


def test_a_prediction_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("not json\n")
    done = geoglot("score", tmp_path / "x.jsonl")
    assert done.code == 2
    assert "Traceback" not in done.err
