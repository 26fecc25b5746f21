"""From a raster file to a `Frame`: its sensor, its bands, its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from geoglot import sensors
from geoglot.errors import SensorUnknown
from geoglot.scenes import gate
from geoglot.scenes.header import Header, header
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.scene import Channel, Frame, HowTold


def open_raster(path: Path, *, sensor: str | None = None, profile: gate.Profile = gate.LOCAL) -> Frame:
    """Give the frame of an admitted raster file."""
    facts = header(path, profile)
    name = sensor or {1: "grey", 3: "rgb"}.get(len(facts.layers))
    if name is None:
        raise SensorUnknown("the sensor cannot be told", value=path.name, hint="name it: --sensor NAME")
    found = sensors.get(name)
    source = source_of(facts, profile)
    names = found.bands_in_file or tuple(band.name for band in found.bands)
    channels = tuple(Channel(replace(found.band(name)), source, layer) for layer, name in enumerate(names))
    return Frame((path,), found, facts.grid, channels, (facts.grid.width, facts.grid.height),
                 told_by=HowTold.USER if sensor else HowTold.GUESS)  # fmt: skip


def source_of(facts: Header, profile: gate.Profile) -> RasterSource:
    """Give the pixel source of a file whose header was read."""
    return RasterSource(
        facts.path, facts.grid.width, facts.grid.height,
        tuple(layer.dtype for layer in facts.layers), tuple(layer.nodata for layer in facts.layers),
        masked=facts.masked, profile=profile,
    )  # fmt: skip
