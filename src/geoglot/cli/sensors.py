"""`geoglot sensors`: the table of sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geoglot.cli.options import common, facts, say, table

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.sensors import Sensor


@click.command("sensors")
@click.argument("name", required=False)
@common
def command(name: str | None, as_json: bool, quiet: bool) -> None:
    """List the sensors that geoglot knows; with NAME, or a TOML file of yours, everything known about one."""
    from geoglot import sensors

    if name is None:
        known = sensors.all_sensors()
        say([_line(sensor) for sensor in known], lambda console: console.print(_table(known)), as_json=as_json)
    else:
        sensor = sensors.find(name)
        say(_document(sensor), lambda console: _show(console, sensor), as_json=as_json)


def _line(sensor: Sensor) -> dict[str, Any]:
    return {
        "name": sensor.name,
        "title": sensor.title,
        "kind": str(sensor.kind),
        "gsd_m": sensor.gsd_m,
        "bands": [band.name for band in sensor.bands],
    }


def _table(known: tuple[Sensor, ...]) -> Any:
    rows = [(s.name, str(s.kind), len(s.bands), None if s.gsd_m is None else f"{s.gsd_m:g}", s.title) for s in known]
    return table("name", "kind", ">bands", ">GSD m", "what", rows=rows)


def _document(sensor: Sensor) -> dict[str, Any]:
    from dataclasses import asdict

    document = asdict(sensor)
    document["kind"] = str(sensor.kind)
    for band in document["bands"]:
        band["unit"] = str(band["unit"])
    return document


def _show(console: Console, sensor: Sensor) -> None:
    console.print(
        facts(
            [
                ("name", sensor.name),
                ("what", sensor.title),
                ("kind", sensor.kind),
                ("platform", sensor.platform),
                ("level", sensor.level),
                ("GSD", None if sensor.gsd_m is None else f"{sensor.gsd_m:g} m"),
                ("picture", ", ".join(sensor.display)),
                ("file names", "\n".join(sensor.file_names)),
                ("notes", sensor.notes),
                ("source", sensor.source),
            ]
        )
    )
    rows = [
        (
            band.name,
            band.common,
            None if band.centre_um is None else f"{band.centre_um:.4g}",
            None if band.width_um is None else f"{band.width_um:.4g}",
            band.polarisation,
            band.gsd_m,
            str(band.unit),
            f"{band.scale:g}",
            f"{band.offset:g}",
        )
        for band in sensor.bands
    ]
    console.print(table("band", "common", ">µm", ">width µm", "pol.", ">GSD m", "unit", ">scale", ">offset", rows=rows))
