"""`geoglot ask`: the main job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from geoglot.cli.options import common, place, place_options, say, sensor_option, table, warn, wrote
from geoglot.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

REGIONS_SHOWN = 12


@click.command("ask")
@click.argument("files_and_question", nargs=-1, required=True, metavar='FILE... "QUESTION"')
@click.option(
    "--model", default="nano", show_default=True, help="nano, a folder, hf:FOLDER, clip:FOLDER or http://…/v1."
)
@sensor_option
@click.option("--task", metavar="NAME", help="What kind of question it is; told from the words otherwise.")
@place_options
@click.option("--out", "outs", multiple=True, metavar="PATH", help=".geojson .gpkg .png .html .json .tif; repeatable.")
@click.option(
    "--writer", metavar="MODEL", help="A language model that words nano's evidence: hf:FOLDER or http://…/v1."
)
@click.option(
    "--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="Longest reply of a language model."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--tile", is_flag=True, help="Look at a large scene tile by tile, at full resolution.")
@common
def command(
    files_and_question: tuple[str, ...],
    model: str,
    sensor: str | None,
    task: str | None,
    region: str | None,
    bounds: str | None,
    outs: tuple[str, ...],
    writer: str | None,
    max_tokens: int,
    seed: int,
    tile: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask FILE (one image, a before/after pair, a series, a video, a product folder) a QUESTION in words.

    \b
    geoglot ask harbour.tif "How many ships are there?" --out ships.geojson
    geoglot ask before.tif after.tif "What has changed?" --out change.gpkg
    """
    from geoglot import load, read
    from geoglot.answers import check_outputs, save_all

    files, question = split_question(files_and_question)
    check_outputs(outs)
    started = time.perf_counter()
    scene = read(files if len(files) > 1 else files[0], sensor=sensor)
    check_outputs(outs, scene=scene)
    where = place(scene, region=region, bounds=bounds)
    read_s = time.perf_counter() - started
    answerer = load(model, tile=tile, writer=writer, max_tokens=max_tokens)
    answer = answerer.ask(scene, question, region=where, task=task, seed=seed).read_in(read_s)
    written = save_all(answer, outs)
    document = answer.as_json() | ({"written": written} if written else {})
    say(document, lambda console: show(console, document, written), as_json=as_json)


def split_question(words: tuple[str, ...]) -> tuple[list[str], str]:
    """Part the files from the question, which comes last."""
    import os.path

    *files, question = words
    is_file = os.path.exists(question)  # not Path.exists, which raises for a question longer than a file name
    if not files or is_file or not question.strip():
        raise InputError(
            "the question is missing" if files or is_file else "no file was given",
            value=question,
            expected='files first, then one question in quotes: geoglot ask image.tif "How many ships?"',
        )
    return files, question


def show(console: Console, answer: dict[str, Any], written: list[str]) -> None:
    """Draw an answer's document on the terminal."""
    console.print(answer["text"], style="bold", markup=False)
    sure = "[yellow]unsure[/yellow], " if answer["unsure"] else ""
    console.print(
        f"{sure}confidence {answer['confidence']:.0%}  [dim]task {answer['task']}, model {answer['model']}[/dim]"
    )
    # A refusal gives its reason in the text already.
    warn(console, [warning for warning in answer["warnings"] if warning not in answer["text"]])
    if answer["regions"]:
        console.print(_region_table(answer["regions"]))
    wrote(console, written)
    spent = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in answer["seconds"].items())
    if spent:
        console.print(f"[dim]{spent}[/dim]")


def _region_table(regions: list[dict[str, Any]]) -> Any:
    rows = [
        (
            number,
            region["label"],
            None if region.get("score") is None else f"{region['score']:.2f}",
            region["type"],
            _pixels(region),
            _lonlat(region),
            None if region.get("area_m2") is None else f"{region['area_m2']:,.0f}",
        )
        for number, region in enumerate(regions[:REGIONS_SHOWN], start=1)
    ]
    more = len(regions) - REGIONS_SHOWN
    title = f"the first {REGIONS_SHOWN} of {len(regions)} regions" if more > 0 else None
    return table(">#", "label", ">score", "type", "pixels", "lon, lat", ">m²", rows=rows, title=title)


def _pixels(region: dict[str, Any]) -> str:
    pixels = region["pixels"]
    if region["type"] == "box":
        return " ".join(f"{value:.0f}" for value in pixels)
    if region["type"] == "oriented-box":
        cx, cy, w, h, angle = pixels
        return f"{cx:.0f} {cy:.0f}, {w:.0f} x {h:.0f}, {angle:.0f}°"
    return f"frame {region['frame']}"


def _lonlat(region: dict[str, Any]) -> str | None:
    flat = region.get("lonlat")
    while flat and isinstance(flat[0], list) and isinstance(flat[0][0], list):
        flat = flat[0]
    if not flat:
        return None
    lon, lat = flat[0] if isinstance(flat[0], list) else flat
    return f"{lon:.5f}, {lat:.5f}"
