"""`geoglot compare-dates`: what changed between two dates."""

from __future__ import annotations

import time

import click

from geoglot.cli.ask import show
from geoglot.cli.options import common, place, place_options, say, sensor_option


@click.command("compare-dates")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@sensor_option
@place_options
@click.option("--out", "outs", multiple=True, metavar="PATH", help=".geojson .gpkg .png .html .json .tif; repeatable.")
@common
def command(
    before: str,
    after: str,
    sensor: str | None,
    region: str | None,
    bounds: str | None,
    outs: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Tell what changed on the ground from BEFORE to AFTER: text, regions, mask, areas in m²."""
    from geoglot import load, read
    from geoglot.answers import check_outputs, save_all

    check_outputs(outs)
    started = time.perf_counter()
    scene = read([before, after], sensor=sensor, kind="pair")
    check_outputs(outs, scene=scene)
    where = place(scene, region=region, bounds=bounds)
    read_s = time.perf_counter() - started
    answer = load("nano").ask(scene, "What has changed?", region=where, task="change-mask").read_in(read_s)
    written = save_all(answer, outs)
    document = answer.as_json() | ({"written": written} if written else {})
    say(document, lambda console: show(console, document, written), as_json=as_json)
