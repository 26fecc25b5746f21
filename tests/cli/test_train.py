"""`geoglot train`: recipes by name, settings as words, errors that say what to do."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from geoglot.cli import main
from geoglot.errors import InputError, UnknownName
from geoglot.train.__main__ import main as developers
from geoglot.train.recipe import Recipe
from geoglot.train.start import EyeSettings, MemberSettings, Report, names, parsed, start


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process, which has torch loaded already: exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_an_unknown_recipe_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = run(capsys, "train", "nano-eyes")
    assert code == 2
    assert "nano-eye" in told


def test_an_unknown_setting_and_a_wrong_value_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "steps" in run(capsys, "train", "nano-eye", "--set", "stps=3")[2]
    assert "whole number" in run(capsys, "train", "nano-eye", "--set", "steps=many")[2]
    assert "key and a value" in run(capsys, "train", "nano-eye", "--set", "steps")[2]


def test_all_recipes_are_listed_with_what_they_train_and_their_settings(capsys: pytest.CaptureFixture[str]) -> None:
    code, plain, _ = run(capsys, "train", "--list")
    listed = json.loads(run(capsys, "train", "--list", "--json")[1])
    assert code == 0
    assert [one["name"] for one in listed] == list(names())
    assert all(one["name"] in plain and one["what"] for one in listed)
    eye = next(one for one in listed if one["name"] == "nano-eye")
    assert (eye["settings"]["steps"], eye["settings"]["out"]) == ("4000", "runs/nano-eye")


@pytest.mark.parametrize("words", [(), ("nano-eye", "--list")])
def test_a_recipe_or_the_list_is_asked_for_not_both(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = run(capsys, "train", *words)
    assert code == 2
    assert "--list" in told


def test_the_eye_is_trained_as_the_step_of_its_developers_trains_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both doors give the loop the same recipe."""
    seen: list[Recipe] = []

    def train(recipe: Recipe, *, shards: Path, out: Path, processes: int) -> Path:
        seen.append(recipe)
        return out / "step-3"

    monkeypatch.setattr("geoglot.train.loop.train", train)
    arguments = ("--steps", "3", "--real-only", "--research", "--out", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["geoglot.train", "nano-eye", *arguments])
    developers()
    settings = {"steps": "3", "real_only": "true", "research": "true", "out": str(tmp_path)}
    report = start("nano-eye", list(settings.items()), resume=False)
    assert seen[0] == seen[1]
    assert (report.step, report.finished) == (3, True)


def test_the_extra_is_named_where_torch_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    code, _, told = run(capsys, "train", "nano-eye")
    assert code == 2
    assert 'pip install "geoglot[train]"' in told


def test_settings_have_the_kinds_that_the_recipe_declares() -> None:
    chosen = parsed(EyeSettings, {"steps": "7", "quick": "yes", "shards": "a/b"})
    assert (chosen.steps, chosen.quick, chosen.shards) == (7, True, Path("a/b"))
    assert parsed(MemberSettings, {"out": "x"}).out == Path("x")
    with pytest.raises(InputError, match="on or off"):
        parsed(EyeSettings, {"quick": "maybe"})
    with pytest.raises(UnknownName):
        parsed(EyeSettings, {"size": "nano"})


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["superset", "earth-onevision", "ringmo-agent", "ringmo"])
def test_a_member_is_trained_resumed_and_not_overwritten(
    recipe: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("numba")
    words = ("train", recipe, "--set", "quick=true", "--set", f"out={tmp_path}", "--set", "rows=2", "--json", "-q")
    code, said, told = run(capsys, *words)
    assert code == 0, told
    assert '"finished": true' in said
    assert "--resume" in run(capsys, *words)[2]
    assert run(capsys, *words, "--resume")[0] == 0


def test_a_run_that_a_signal_stopped_does_not_end_as_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stopped = Report("superset", tmp_path, 3, 0, False, tmp_path / "step-3")
    monkeypatch.setattr("geoglot.train.start.start", lambda *_, **__: stopped)
    code, out, _ = run(capsys, "train", "superset")
    assert code == 130
    assert "--resume" in out
