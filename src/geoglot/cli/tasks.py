"""`geoglot tasks`: what can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geoglot.cli.options import common, facts, say, table

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.tasks import Task


@click.command("tasks")
@click.argument("name", required=False)
@common
def command(name: str | None, as_json: bool, quiet: bool) -> None:
    """List what can be asked; with NAME, its wordings, answer grammar and protocol."""
    from geoglot import tasks

    if name is None:
        known = tasks.all_tasks()
        rows = [(t.name, t.value, ", ".join(t.gives), t.wordings[0]) for t in known]
        say(
            [_document(task) for task in known],
            lambda console: console.print(table("task", "value", "regions", "for instance", rows=rows)),
            as_json=as_json,
        )
    else:
        task = tasks.get(name)
        say(_document(task), lambda console: _show(console, task), as_json=as_json)


def _document(task: Task) -> dict[str, Any]:
    return {
        "name": str(task.name),
        "title": task.title,
        "value": task.value,
        "regions": list(task.gives),
        "frames": task.frames,
        "grammar": task.grammar,
        "protocol": task.protocol,
        "wordings": list(task.wordings),
    }


def _show(console: Console, task: Task) -> None:
    console.print(
        facts(
            [
                ("name", task.name),
                ("what", task.title),
                ("value", task.value),
                ("regions", ", ".join(task.gives)),
                ("frames", f"{task.frames} or more"),
                ("protocol", task.protocol),
                ("grammar", task.grammar),
            ]
        ),
        markup=False,
    )
    console.print("\nwordings")
    for wording in task.wordings:
        console.print(f"  {wording}", markup=False)
