"""`geoglot demo`: a report over a scene of every kind."""

from __future__ import annotations

from pathlib import Path

import click

from geoglot.cli.options import common, say
from geoglot.cli.progress import steps


@click.command("demo")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Ask the files of this folder instead.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, metavar="PATH")
@common
def command(data: Path | None, out: Path, as_json: bool, quiet: bool) -> None:
    """Ask a scene of every kind a few questions and write one HTML report with answers, regions and maps."""
    from geoglot import load
    from geoglot.answers import check_outputs
    from geoglot.demo import run, write_report
    from geoglot.demo.cases import found_in, packaged

    check_outputs([str(out)])
    model = load("nano")
    cases = list(found_in(data) if data else packaged())
    with steps("asking", len(cases), quiet=quiet) as step:
        sections = run(cases, model, progress=step)
    write_report(sections, out, model=model.name)
    asked = [one for section in sections for one in section.asked]
    document = {
        "report": str(out),
        "scenes": len(sections),
        "questions": len(asked),
        "unsure": sum(one.answer is not None and one.answer.unsure for one in asked),
        "unread": [section.case.title for section in sections if section.scene is None],
        "failed": [f"{one.question} {one.trouble}" for one in asked if one.answer is None],
    }
    words = f"{len(sections)} scenes, {len(asked)} questions, {document['unsure']} answers unsure. Open {out}"
    say(document, lambda console: console.print(words, markup=False, soft_wrap=True), as_json=as_json)
