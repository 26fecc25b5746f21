"""`python -m geoglot.train STEP`: each step gives its arguments to the function that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from geoglot.train.__main__ import STEPS, main
from geoglot.train.recipes.nano_eye import nano_eye

Called = list[tuple[tuple[Any, ...], dict[str, Any]]]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr("sys.argv", ["geoglot.train", *words])
    main()


def caught(monkeypatch: pytest.MonkeyPatch, function: str) -> Called:
    """What a function is called with from now on; it does nothing."""
    calls: Called = []
    monkeypatch.setattr(function, lambda *given, **named: calls.append((given, named)))
    return calls


@pytest.mark.parametrize("step", STEPS)
def test_every_step_tells_its_arguments(
    step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, step, "--help")
    assert not ended.value.code
    assert f"geoglot.train {step}" in capsys.readouterr().out


def test_an_eye_is_not_packaged_without_a_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = caught(monkeypatch, "geoglot.train.package.package")
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "package")
    assert ended.value.code == 2
    assert "--name" in capsys.readouterr().err
    assert not made


def test_an_eye_is_packaged_under_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = caught(monkeypatch, "geoglot.train.package.package")
    run(monkeypatch, "package", "--name", "nano-9", "--folder", str(tmp_path), "--real-only")
    ((recipe,), named) = made[0]
    assert recipe == nano_eye(simulated=False)
    assert named == {
        "shards": Path("runs/shards"), "out": Path("runs/nano-eye"), "folder": tmp_path, "name": "nano-9",
    }  # fmt: skip


def test_scenes_of_a_focus_are_made_instead_of_those_of_each_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    focus = caught(monkeypatch, "geoglot.train.simulated.pack_focus")
    every = caught(monkeypatch, "geoglot.train.simulated.pack_simulated")
    run(monkeypatch, "simulate", "--focus", "homes", "--count", "4")
    assert focus == [((Path("runs/shards"), "homes"), {"count": 4, "seed": 1000})]
    assert not every
    run(monkeypatch, "simulate", "--sensor", "sar", "--sensor", "thermal", "--seed", "7", "--shards", "a")
    assert every == [((Path("a"),), {"count": 1600, "seed": 7, "sensors": ["sar", "thermal"]})]
    assert len(focus) == 1


def test_the_specialists_of_evaluation_are_trained_instead_of_the_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    report = caught(monkeypatch, "geoglot.train.recipes.transfer.run.report")
    specialists = caught(monkeypatch, "geoglot.train.recipes.transfer.run.specialists")
    run(monkeypatch, "transfer", "--data", "d", "--trials")
    assert (len(report), len(specialists)) == (1, 0)
    assert report[0][1] == {"trials": True}
    run(monkeypatch, "transfer", "--data", "d", "--specialists")
    assert (len(report), len(specialists)) == (1, 1)


def test_what_tells_changes_is_added_to_the_folder_it_was_fitted_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoglot.train.export.trained", lambda out: f"the eye of {out}")
    monkeypatch.setattr(
        "geoglot.train.compare.compare", lambda eye, shards, folder, start: f"{eye}, {shards}, {folder}, {start}"
    )
    added = caught(monkeypatch, "geoglot.train.compare.add")
    run(monkeypatch, "change", "--out", "o", "--shards", "s", "--folder", "f", "--start", "h")
    assert added == [((Path("f"), "the eye of o, s, f, h"), {})]
