from __future__ import annotations

import os
from pathlib import Path

import pytest

from geoglot.errors import InputError, WorkError
from geoglot.ledger import Ledger


def test_finished_items_are_there_after_a_restart(tmp_path: Path) -> None:
    Ledger(tmp_path / "work", {"job": 1}).add("b", {"n": 2})
    again = Ledger(tmp_path / "work", {"job": 1})
    assert "b" in again
    assert list(again.results()) == [("b", {"n": 2})]


def test_another_job_starts_anew(tmp_path: Path) -> None:
    Ledger(tmp_path / "work", {"job": 1}).add("b", {"n": 2})
    assert len(Ledger(tmp_path / "work", {"job": 2})) == 0


def test_a_line_cut_off_by_a_kill_loses_only_that_item(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "work", {"job": 1})
    ledger.add("a", {"n": 1})
    ledger.add("b", {"n": 2})
    lines = tmp_path / "work" / "done.jsonl"
    lines.write_bytes(lines.read_bytes()[:-7])
    again = Ledger(tmp_path / "work", {"job": 1})
    assert "a" in again
    assert "b" not in again
    again.add("b", {"n": 3})
    assert list(Ledger(tmp_path / "work", {"job": 1}).results()) == [("a", {"n": 1}), ("b", {"n": 3})]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    Ledger(tmp_path / "work", {"job": 1}).add("a", {"n": 1})
    lines = tmp_path / "work" / "done.jsonl"
    lines.write_text(lines.read_text().replace('"n": 1', '"n": 7'))
    assert "a" not in Ledger(tmp_path / "work", {"job": 1})


def test_results_come_in_the_order_of_names_whoever_finished_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "work", {})
    for name in ("c", "a", "b"):
        ledger.add(name, {})
    assert [name for name, _ in ledger.results()] == ["a", "b", "c"]


def test_repairing_a_torn_line_never_risks_the_whole_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(tmp_path / "work", {"job": 1}).add("a", {"n": 1})
    lines = tmp_path / "work" / "done.jsonl"
    lines.write_bytes(lines.read_bytes() + b"torn")

    def killed(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        Ledger(tmp_path / "work", {"job": 1})
    monkeypatch.undo()
    assert "a" in Ledger(tmp_path / "work", {"job": 1})


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InputError, match=r"holiday\.jpg"):
        Ledger(tmp_path, {"job": 1})
    with pytest.raises(InputError):
        Ledger(tmp_path / "holiday.jpg", {"job": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(WorkError, match="No space left"):
        Ledger(tmp_path / "work", {"job": 1})
