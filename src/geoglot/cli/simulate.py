"""`geoglot simulate`: scenes of the simulated Earth with their truth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, say, table
from geoglot.cli.progress import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from geoglot.conversation import Json

_SHOWN = 20
KINDS = ("image", "pair", "series", "video")


@click.command("simulate")
@click.option("--sensor", required=True, metavar="NAME",
              help="optical, multispectral, sar, thermal, hyperspectral, elevation, oblique or ground.")  # fmt: skip
@click.option("--kind", type=click.Choice(KINDS), default="image", show_default=True,
              help="One view, two dates, a year of dates, or a clip.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 10_000_000), default=10, show_default=True, metavar="N",
              help="How many scenes.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**62), default=0, show_default=True, metavar="K",
              help="Which worlds. Equal options give equal bytes.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="A new folder; a folder for each scene comes into it.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes that make scenes.")  # fmt: skip
@common
def command(
    sensor: str, kind: str, count: int, seed: int, out: Path, processes: int, as_json: bool, quiet: bool
) -> None:
    """Simulate scenes as files in their sensor's own layout, with exact truth and questions beside them.

    Each scene is a folder: images, truth.json, objects.gpkg, cover.tif, questions.jsonl. oblique and ground are photos
    across the world, with an object and a place for each pixel. A job that was stopped goes on where it stopped when
    the same command is given again.

    \b
    geoglot simulate --sensor multispectral --count 20 --seed 7 --out s2
    geoglot simulate --sensor optical --kind pair --count 5 --out pairs
    """
    from geoglot.simulate.dataset import Job, write_folder
    from geoglot.simulate.samples import Kind, check

    job = Job(sensor, count, seed, Kind(kind))
    check(job.kind, sensor, count)
    with steps("simulating", count, quiet=quiet) as step:
        document = write_folder(job, out, processes=processes, progress=step)
    say({"folder": str(out), **document}, lambda console: _show(console, document, out), as_json=as_json)


def _show(console: Console, document: Mapping[str, Json], out: Path) -> None:
    scenes = document["scenes"]
    assert isinstance(scenes, list)
    rows = [(one["name"], one["scene"], one["questions"], one["images"][0]) for one in scenes[:_SHOWN]]
    console.print(table("name", "place", ">questions", "image", rows=rows))
    more = f", of which the first {_SHOWN} are shown" if len(scenes) > _SHOWN else ""
    count = f"{len(scenes)} scene{'s' if len(scenes) != 1 else ''}"
    opening = f"Open one: geoglot info {shlex.quote(str(out / scenes[0]['images'][0]))}"
    console.print(f"{count} in {out}{more}. {opening}", markup=False, soft_wrap=True)
