"""`geoglot train`: a training run by the name of its recipe."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, facts, say, table
from geoglot.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from geoglot.train.start import Report

NEEDED = {"torch": "train", "safetensors": "train", "numba": "simulate"}
"""Libraries that training imports, and the extra that brings each."""

INTERRUPTED = 130


@click.command("train")
@click.argument("recipe", required=False)
@click.option("--list", "listing", is_flag=True, help="Tell which recipes there are, and their settings.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting of the recipe; repeatable.")
@click.option("--resume", is_flag=True, help="Go on with the run in its folder.")
@common
def command(
    recipe: str | None, listing: bool, settings: tuple[str, ...], resume: bool, as_json: bool, quiet: bool
) -> None:
    """Train RECIPE: nano's eye, a small writer, or a member of the network family.

    \b
    geoglot train --list
    geoglot train nano-eye --set steps=4000 --set out=runs/nano-eye
    geoglot train superset --set quick=true --set out=/tmp/superset
    torchrun --nproc-per-node 8 --no-python geoglot train superset --resume
    """
    if listing is (recipe is not None):
        raise InputError("one recipe is trained, or all are listed", value=recipe, expected="a name, or --list")
    for library, extra in NEEDED.items():
        if importlib.util.find_spec(library) is None:
            raise MissingExtra("training", extra)
    if recipe is None:
        _list(as_json=as_json)
        return
    if not quiet:
        logging.getLogger("geoglot.train").setLevel(logging.INFO)
    from geoglot.train.start import start

    report = start(recipe, [_pair(setting) for setting in settings], resume=resume)
    document = {
        "recipe": report.recipe,
        "out": str(report.out),
        "step": report.step,
        "skipped": report.skipped,
        "finished": report.finished,
        "checkpoint": None if report.checkpoint is None else str(report.checkpoint),
    }
    say(document, lambda console: console.print(facts(_told(report))), as_json=as_json)
    if not report.finished:  # a signal stopped it between two steps: whoever waits for its end must not go on
        raise click.exceptions.Exit(INTERRUPTED)


def _list(*, as_json: bool) -> None:
    from geoglot.train.start import listed

    recipes = listed()
    document = [{"name": one.name, "what": one.what, "settings": dict(one.settings)} for one in recipes]
    rows = [
        (one.name, one.what, " ".join(f"{key}={value}".rstrip("=") for key, value in one.settings)) for one in recipes
    ]
    say(document, lambda console: console.print(table("recipe", "what", "settings", rows=rows)), as_json=as_json)


def _pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not (key and equals and value):
        raise InputError("--set takes a key and a value", value=setting, expected="for instance steps=100")
    return key, value


def _told(report: Report) -> list[tuple[str, object]]:
    ended = "finished" if report.finished else "stopped; go on with --resume"
    skipped = report.skipped or None
    return [
        ("recipe", report.recipe),
        ("steps", f"{report.step}, {ended}"),
        ("left out", skipped and f"{skipped} steps without a finite gradient"),
        ("checkpoint", report.checkpoint),
    ]
