"""From a raster file to a `Frame`: its sensor, its bands, its place, its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.header import Header, Layer, header
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.scenes.tell import Told, tell
from geoglot.sensors import Band, Sensor, Unit, check_values, rescaled

_SAMPLE_PX = 64  # a side; enough for a median
_SLOW_WITHOUT_OVERVIEWS_PX = 8192


def open_raster(
    path: Path, *, sensor: Sensor | None = None, profile: gate.Profile = gate.LOCAL, member: str = ""
) -> Frame:
    """Give the frame of an admitted raster file; a few blocks are read to check the values against their unit.

    sensor: what the caller says it is. member: a file inside an admitted ZIP.
    Raises SensorUnknown, BandError or UnitError where sensor, layers or values do not fit; ReadError or Refused
    from the gate.
    """
    facts = header(path, profile, member=member)
    source = source_of(facts, profile, member=member)
    name = Path(member or path).name
    told = tell(facts, name, asked=sensor, medians=lambda layers: _medians(facts, source, layers))
    bands = tuple(
        _as_filed(band, facts.layers[layer], told.how) for band, layer in zip(told.bands, told.layers, strict=True)
    )
    alpha_is_band = any(facts.layers[layer].colour == "alpha" for layer in told.layers)
    source = replace(source, nodata=_nodata(facts, told), masked=facts.masked and not alpha_is_band)
    checked = _check(facts, source, told, bands)
    return Frame(
        paths=(path,),
        sensor=told.sensor,
        grid=facts.grid,
        channels=tuple(Channel(band, source, layer) for band, layer in zip(bands, told.layers, strict=True)),
        full_size=(facts.grid.width, facts.grid.height),
        time=told.time,
        told_by=told.how,
        warnings=(*told.warnings, *checked, *_warnings(facts)),
        notes=(*_notes(facts), *told.notes),
        max_pixels=profile.max_pixels,
    )


def source_of(facts: Header, profile: gate.Profile = gate.LOCAL, *, member: str = "") -> RasterSource:
    """Give the pixel source of a file whose header was read, with the file's own nodata values."""
    return RasterSource(
        facts.path,
        facts.grid.width,
        facts.grid.height,
        tuple(layer.dtype for layer in facts.layers),
        tuple(layer.nodata for layer in facts.layers),
        tuple(layer.nodata for layer in facts.layers),
        masked=facts.masked,
        member=member,
        profile=profile,
    )


def _as_filed(band: Band, layer: Layer, how: HowTold) -> Band:
    """The band with the file's own scale, offset and nodata, which win over the sensor's table.

    A guessed sensor lends no unit to values that the file itself scales.
    """
    nodata = band.nodata if layer.nodata is None else layer.nodata
    if (layer.scale, layer.offset) == (1.0, 0.0):
        return replace(band, nodata=nodata)
    unit = Unit.DN if how is HowTold.GUESS else band.unit
    return replace(rescaled(band, unit=unit, scale=layer.scale, offset=layer.offset), nodata=nodata)


def _nodata(facts: Header, told: Told) -> tuple[float | None, ...]:
    """Of every layer: what the file declares, else what the sensor's table does."""
    values = [layer.nodata for layer in facts.layers]
    for band, layer in zip(told.bands, told.layers, strict=True):
        if values[layer] is None:
            values[layer] = band.nodata
    return tuple(values)


def _check(facts: Header, source: RasterSource, told: Told, bands: Sequence[Band]) -> tuple[str, ...]:
    """Check values against units. Raises UnitError where they cannot be in the unit they are said to be in."""
    warnings: dict[str, None] = {}
    for band, layer in list(zip(bands, told.layers, strict=True))[:3]:
        if band.unit in (Unit.DN, Unit.DISPLAY, Unit.CLASS):
            continue
        stored = _sample(facts, source, layer)
        warnings.update(dict.fromkeys(check_values(band.unit, stored * band.scale + band.offset)))
    return tuple(warnings)


def _medians(facts: Header, source: RasterSource, layers: Sequence[int]) -> tuple[float, ...]:
    samples = [_sample(facts, source, layer) for layer in layers]
    return tuple(float(np.median(sample)) for sample in samples if sample.size)


def _sample(facts: Header, source: RasterSource, layer: int) -> NDArray[np.float64]:
    """Valid stored values of one layer, (N,): from the overviews, else from five small windows."""
    width, height = source.width, source.height
    if facts.has_overviews or max(width, height) <= 8 * _SAMPLE_PX:
        side = min(_SAMPLE_PX, width), min(_SAMPLE_PX, height)
        values, valid = source.read(layer, Box(0, 0, width, height), side, exact=True)
        return values[valid].astype(np.float64)
    found = []
    for across, down in ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        x, y = int(width * across) - _SAMPLE_PX // 2, int(height * down) - _SAMPLE_PX // 2
        box = Box(x, y, x + _SAMPLE_PX, y + _SAMPLE_PX)
        values, valid = source.read(layer, box, (_SAMPLE_PX, _SAMPLE_PX), exact=True)
        found.append(values[valid].astype(np.float64))
    return np.concatenate(found)


def _warnings(facts: Header) -> tuple[str, ...]:
    grid, found = facts.grid, []
    if not grid.located and facts.has_rpcs:
        found.append("placed only by rational polynomials (RPC), which are not applied: answers stay in pixels")
    elif grid.crs is None:
        found.append("no coordinate reference system: answers stay in pixels")
    elif not grid.located:
        found.append("a coordinate reference system but no geotransform: answers stay in pixels")
    if max(grid.width, grid.height) > _SLOW_WITHOUT_OVERVIEWS_PX and not facts.has_overviews:
        found.append("large and without overviews: looking at all of it is slow (gdaladdo makes them)")
    return tuple(found)


def _notes(facts: Header) -> tuple[tuple[str, str], ...]:
    grid = facts.grid
    notes = [("format", facts.driver), ("stored as", ", ".join(dict.fromkeys(layer.dtype for layer in facts.layers)))]
    if grid.affine is not None and (grid.affine[1] or grid.affine[3]):
        notes.append(("grid", "rotated"))
    if grid.gcps:
        residual = grid.gcp_residual_m
        agree = "" if residual is None else f", agreeing within {residual:.1f} m"
        notes.append(("grid", f"{len(grid.gcps)} control points{agree}"))
    if any(layer.colour == "alpha" and not layer.description for layer in facts.layers):
        notes.append(("alpha", "used as mask"))
    return tuple(notes)
