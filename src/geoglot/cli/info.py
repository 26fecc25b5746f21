"""`geoglot info`: what a file is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geoglot.cli.options import common, facts, say, sensor_option, table, warn

if TYPE_CHECKING:
    from rich.console import Console


@click.command("info")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@sensor_option
@common
def command(files: tuple[str, ...], sensor: str | None, as_json: bool, quiet: bool) -> None:
    """Tell what FILE is: kind, sensor and how it was recognised, bands, size, place, time, units.

    Several FILEs are read as one scene: a pair, a series, or a set.
    """
    from geoglot import read
    from geoglot.scenes.describe import describe

    document = describe(read(list(files) if len(files) > 1 else files[0], sensor=sensor))
    say(document, lambda console: _show(console, document), as_json=as_json)


def _show(console: Console, document: dict[str, Any]) -> None:
    count = document["frame_count"]
    console.print(f"[bold]{document['kind']}[/bold], {count} frame{'s' if count != 1 else ''}")
    last: dict[str, list[Any]] = {"facts": [], "bands": [], "warnings": []}  # said of the frame before
    # The frames of a video differ in their time alone, which the rate tells.
    shown = document["frames"][:1] if document["kind"] == "video" else document["frames"]
    for frame in shown:
        told = _frame_facts(frame)
        console.print()
        console.print(facts([fact for fact in told if fact not in last["facts"]]))
        if frame["bands"] != last["bands"]:
            console.print(_band_table(frame["bands"]))
        warn(console, [warning for warning in frame["warnings"] if warning not in last["warnings"]])
        last = {**frame, "facts": told}
    if count > len(shown):
        console.print(f"… and {count - len(shown)} more frames")
    warn(console, document["warnings"])


def _frame_facts(frame: dict[str, Any]) -> list[tuple[str, object]]:
    width, height = frame["size"]
    bounds = frame["bounds"]
    valid = frame["valid_fraction"]
    return [
        (
            "file",
            frame["paths"][0]
            if len(frame["paths"]) == 1
            else f"{len(frame['paths'])} files, first {frame['paths'][0]}",
        ),
        ("sensor", f"{frame['sensor']} ({frame['sensor_title']}), {frame['told_by']}"),
        ("size", f"{width} x {height} px"),
        ("GSD", None if frame["gsd_m"] is None else f"{frame['gsd_m']:g} m"),
        ("CRS", frame["crs"] or "none: answers stay in pixels"),
        ("bounds", None if bounds is None else ", ".join(f"{value:.8g}" for value in bounds)),
        ("time", frame["time"] or "unknown"),
        ("valid", None if valid is None else f"{valid:.1%} of the pixels"),
        *frame["notes"].items(),
    ]


def _band_table(bands: list[dict[str, Any]], most: int = 16) -> Any:
    rows = [
        (
            band["name"],
            band["common"],
            _spectral(band),
            band["unit"],
            f"{band['scale']:g}",
            f"{band['offset']:g}",
            band["nodata"],
        )
        for band in bands[:most]
    ]
    title = None if len(bands) <= most else f"first {most} of {len(bands)} bands"
    return table("band", "common", "µm or pol.", "unit", ">scale", ">offset", ">nodata", rows=rows, title=title)


def _spectral(band: dict[str, Any]) -> str | None:
    if band["centre_um"] is None:
        return str(band["polarisation"]) if band["polarisation"] else None
    return f"{band['centre_um']:.3f}" + (f" ± {band['width_um'] / 2:.3f}" if band["width_um"] else "")
