"""`geoglot score`: what anybody's prediction file scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, facts, say, table

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.evaluate.metrics import Score
    from geoglot.evaluate.score import ScoreReport


@click.command("score")
@click.argument("predictions", type=click.Path(exists=True, path_type=Path))
@click.option("--benchmark", metavar="B", help="What was answered; it picks the protocol.")
@click.option(
    "--protocol", metavar="P", help="How to score, for instance grounding/vrsbench@1; goes before the benchmark."
)
@click.option(
    "--truth", type=click.Path(exists=True, path_type=Path), help="Where the truth stands, if not with the predictions."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the intervals.")
@common
def command(
    predictions: Path,
    benchmark: str | None,
    protocol: str | None,
    truth: Path | None,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score PREDICTIONS, a file or folder of geoglot, EarthDial, GeoChat, VRSBench, LHRS-Bot, RSVG, COCO or DOTA.

    \b
    geoglot score predictions.jsonl --benchmark rsvqa-lr
    geoglot score rs_detection_GeoChat.jsonl --protocol grounding/geochat@1 --json
    """
    from geoglot.evaluate.score import score

    report = score(predictions, benchmark=benchmark, protocol=protocol, truth=truth, seed=seed)
    say(report.as_json(), lambda console: _show(console, report), as_json=as_json)


def _show(console: Console, report: ScoreReport) -> None:
    pairs = [
        ("file", f"{report.file}, read as {report.layout}"),
        ("protocol", f"{report.protocol}: {report.summary}"),
        ("source", report.source),
        ("samples", f"{report.n}, {report.unparsed} unreadable"),
    ]
    console.print(facts(pairs))
    console.print(table("score", ">value", ">95 %", ">n", rows=[_row(*item) for item in report.scores.items()]))
    for type, scores in report.per_type.items():
        console.print(table(type, ">value", ">95 %", ">n", rows=[_row(*item) for item in scores.items()]))
    for remark in (*report.quirks, *report.notes):
        console.print(f"- {remark}", markup=False)


def _row(name: str, score: Score) -> tuple[object, ...]:
    document = score.as_json()
    low, high = document["low"], document["high"]
    return name, document["value"], "" if low is None else f"{low} – {high}", document["n"]
