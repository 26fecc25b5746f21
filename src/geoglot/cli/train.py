"""`geoglot train`: a training run by the name of its recipe."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, facts, say
from geoglot.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from geoglot.train.start import Report

NEEDED = {"torch": "train", "safetensors": "train", "numba": "simulate"}
"""Libraries that training imports, and the extra that brings each."""


@click.command("train")
@click.argument("recipe")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting of the recipe; repeatable.")
@click.option("--resume", is_flag=True, help="Go on with the run in its folder.")
@common
def command(recipe: str, settings: tuple[str, ...], resume: bool, as_json: bool, quiet: bool) -> None:
    """Train RECIPE: nano-eye, nano-ar, superset, earth-onevision, ringmo-agent.

    \b
    geoglot train nano-eye --set steps=4000 --set out=runs/nano-eye
    geoglot train superset --set quick=true --set out=/tmp/superset
    torchrun --nproc-per-node 8 --no-python geoglot train superset --resume
    """
    for library, extra in NEEDED.items():
        if importlib.util.find_spec(library) is None:
            raise MissingExtra("training", extra)
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
