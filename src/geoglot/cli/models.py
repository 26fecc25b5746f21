"""`geoglot models`: who can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import click

from geoglot.cli.options import common, facts, say, table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

# What `--model` takes. Only nano comes with geoglot; the others are the user's own.
KINDS = (
    ("nano", "small, comes with geoglot, offline, no torch", ""),
    ("hf:FOLDER", "an image-text-to-text folder of transformers", 'pip install "geoglot[hf]"'),
    ("clip:FOLDER", "an open_clip folder: classify and find by words", 'pip install "geoglot[clip]"'),
    ("http://HOST/v1", "a server that speaks the OpenAI protocol", ""),
)


@click.command("models")
@click.argument("name", required=False)
@common
def command(name: str | None, as_json: bool, quiet: bool) -> None:
    """List the models that can answer; with NAME, its card and scores."""
    if name is None:
        document = [{"name": kind, "what": what, "install": install} for kind, what, install in KINDS]
        say(document, lambda console: console.print(table("model", "what", "needs", rows=KINDS)), as_json=as_json)
        return
    from geoglot.models import card

    shown = card(name)
    say(shown, lambda console: _show(console, shown), as_json=as_json)


def _show(console: Console, card: dict[str, Any]) -> None:
    console.print(
        facts([(key, value) for key, value in card.items() if isinstance(value, str | int | float) and key != "card"])
    )
    if card.get("card"):
        console.print(_page(str(card["card"])))


def _page(text: str) -> RenderableType:
    """A page of Markdown whose tables fold what is too long for a narrow terminal, where rich would cut it off."""
    from rich.markdown import Markdown, TableElement
    from rich.table import Table

    class Folded(TableElement):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for drawn in super().__rich_console__(console, options):
                assert isinstance(drawn, Table)
                for column in drawn.columns:
                    column.overflow = "fold"
                yield drawn

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "table_open": Folded}

    return Page(text)
