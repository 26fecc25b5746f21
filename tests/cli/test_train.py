"""`geoglot train`: recipes by name, settings as words, errors that say what to do."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")

from geoglot.cli import main
from geoglot.errors import InputError, UnknownName
from geoglot.train.start import EyeSettings, MemberSettings, parsed


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
@pytest.mark.parametrize("recipe", ["superset", "earth-onevision", "ringmo-agent"])
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
