"""Every verified golden score, to the digits that were printed. Run with -s to see the table of docs/metrics.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluate.golden import Row, golden_table


@pytest.fixture(scope="session")
def table(shared_data: Path) -> list[Row]:
    folder = shared_data / "golden"
    if not folder.is_dir():
        pytest.skip("no golden files beside the checkout")
    return golden_table(folder)


@pytest.mark.data
def test_every_golden_score_is_met_to_the_printed_digits(table: list[Row]) -> None:
    print(f"\n\n{as_markdown(table)}")  # noqa: T201  the table is what -s is for
    wrong = [row for row in table if not row.agrees]
    assert not wrong, as_markdown(wrong)


@pytest.mark.data
def test_the_table_covers_every_scorer(table: list[Row]) -> None:
    families = {row.protocol.split("/")[0] for row in table}
    assert {"rsvqa-lr", "grounding", "classification", "detection"} <= families


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
