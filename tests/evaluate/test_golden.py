"""Every verified golden score, to the digits that were printed. Run with -s to see the table of docs/metrics.md:

python -m pytest tests/evaluate/test_golden.py -m "data or slow" -s
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.evaluate.golden import golden_table, quick_table
from tests.evaluate.golden_row import Row


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    """The folder of golden files; tests are skipped where it is not present."""
    if not (shared_data / "golden").is_dir():
        pytest.skip("no golden files beside the checkout")
    return shared_data / "golden"


@pytest.mark.data
def test_scores_of_boxes_answers_and_labels_are_met_to_the_printed_digits(folder: Path) -> None:
    _check(quick_table(folder))


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(1800)  # two minutes on a machine of its own
@pytest.mark.skipif(importlib.util.find_spec("pycocoevalcap") is None, reason="METEOR's word data is not installed")
def test_all_scores_are_met_to_the_printed_digits(folder: Path) -> None:
    _check(golden_table(folder))


def _check(table: list[Row]) -> None:
    print(f"\n\n{as_markdown(table)}")  # noqa: T201  the table is what -s is for
    wrong = [row for row in table if not row.agrees]
    assert not wrong, as_markdown(wrong)
    assert table


def as_markdown(rows: list[Row]) -> str:
    """Give the table file | protocol | score | expected | got."""
    lines = ["| file | protocol | score | expected | got |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        digits = row.digits
        lines.append(
            f"| {row.file.removesuffix('.jsonl.gz')} | {row.protocol} | {row.score} "
            f"| {row.expected:.{digits}f} | {row.got:.{digits}f} |"
        )
    return "\n".join(lines)
