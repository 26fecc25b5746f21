"""`geoglot map`: find or segment named things over a whole scene."""

from __future__ import annotations

from pathlib import Path

import click

from geoglot.cli.ask import show
from geoglot.cli.options import common, say, sensor_option
from geoglot.cli.progress import steps
from geoglot.errors import InputError


@click.command("map")
@click.argument("file_and_things", nargs=-1, required=True, metavar='FILE "THING"...')
@click.option(
    "--out",
    "outs",
    multiple=True,
    required=True,
    metavar="PATH",
    help=".gpkg .geojson .tif .html .png .json; repeatable.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that look at tiles."
)
@click.option(
    "--score", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Least probability of an object."
)
@sensor_option
@common
def command(
    file_and_things: tuple[str, ...],
    outs: tuple[str, ...],
    workers: int,
    score: float,
    sensor: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find or segment each THING over the whole of FILE, tile by tile, in one file.

    A job that was stopped goes on where it stopped when the same command is given again.

    \b
    geoglot map city.tif "cars" "buildings" --out city.gpkg --workers 2
    geoglot map scene.SAFE "water" --out water.tif
    """
    from geoglot.answers import check_outputs, save_all
    from geoglot.scale.mosaic import map_things, wanted
    from geoglot.scale.tiling import tiles
    from geoglot.scenes import read

    file, *things = file_and_things
    if not things:
        raise InputError(
            "nothing to look for was named", expected='at least one thing: geoglot map image.tif "cars" --out cars.gpkg'
        )
    for thing in things:
        wanted(thing)
    check_outputs(outs)
    scene = read(file, sensor=sensor)
    check_outputs(outs, scene=scene)
    work = Path(f"{outs[0]}.work")
    with steps("looking", len(tiles(scene.size)), quiet=quiet) as step:
        answer = map_things([file], things, work=work, sensor=sensor, workers=workers, score=score, progress=step)
    written = save_all(answer, outs)
    _forget(work)
    document = answer.as_json() | {"written": written}
    say(document, lambda console: show(console, document, written), as_json=as_json)


def _forget(work: Path) -> None:
    """Remove the ledger: its outcome is written."""
    import shutil

    shutil.rmtree(work, ignore_errors=True)
