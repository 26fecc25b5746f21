"""Gridded variables of netCDF, HDF5 and zipped Zarr files as frames, one a time step.

Source: CF Conventions 1.11: coordinates (chapters 4 and 5), packed data (8.1), missing data (2.5.1), time (4.4),
grid mappings (5.6).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import BandError, ReadError
from geoglot.regions import Box, Grid
from geoglot.scenes import gate
from geoglot.scenes.resample import Valid, Values, resample
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.scenes.variables import Index, Variable, read_variables
from geoglot.sensors import Band, Kind, Sensor, Unit

_UNITS = {
    "k": Unit.KELVIN, "kelvin": Unit.KELVIN, "c": Unit.CELSIUS, "degc": Unit.CELSIUS, "celsius": Unit.CELSIUS,
    "degree_c": Unit.CELSIUS, "degrees_c": Unit.CELSIUS, "degree_celsius": Unit.CELSIUS,
    "w m-2 sr-1 um-1": Unit.RADIANCE, "w/m2/sr/um": Unit.RADIANCE,
}  # fmt: skip
_HEIGHTS = re.compile(r"altitude|elevation|height_above|surface_height|topograph|bathymet|depth", re.IGNORECASE)
_X_UNITS = re.compile(r"degrees?_?(?:e|east)$", re.IGNORECASE)
_Y_UNITS = re.compile(r"degrees?_?(?:n|north)$", re.IGNORECASE)
_X_NAMES = frozenset({"lon", "longitude", "x", "easting", "xc", "column", "columns", "samples"})
_Y_NAMES = frozenset({"lat", "latitude", "y", "northing", "yc", "row", "rows", "lines"})
_TIME_UNITS = re.compile(r"(second|sec|s|minute|min|hour|hr|h|day|d)s? since (.+)", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PLAIN_CALENDARS = frozenset({"", "standard", "gregorian", "proleptic_gregorian"})
_MOST_FRAMES = 5000
_MOST_BANDS = 1024
_EVEN = 0.02  # share of a step by which evenly spaced float32 coordinates may stray


@dataclass(frozen=True, slots=True)
class _Axis:
    """One horizontal axis of an array. flipped: stored from south to north, or from east to west."""

    position: int
    length: int
    origin: float | None = None
    step: float | None = None
    flipped: bool = False


@dataclass(frozen=True, slots=True)
class _Layers:
    """A variable laid out for reading: which axes are x, y and time, and the others."""

    variable: Variable
    x: _Axis
    y: _Axis
    time: int | None
    others: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height."""
        return self.x.length, self.y.length


@dataclass(frozen=True, slots=True)
class VariableSource:
    """Slices of variables as layers, north up and west to the left, whatever way they are stored."""

    width: int
    height: int
    slices: tuple[tuple[_Layers, tuple[int, ...]], ...]
    max_pixels: int

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give stored values and validity: see `PixelSource.read`."""
        gate.allow(size[0] * size[1], self.max_pixels)
        layers, fixed = self.slices[layer]

        def pixels(left: int, top: int, right: int, bottom: int) -> tuple[Values, Valid]:
            gate.allow((right - left) * (bottom - top), self.max_pixels)
            values = _window(layers, fixed, (left, top, right, bottom))
            return values, _valid(layers.variable, values)

        return resample(pixels, box, size, source=(self.width, self.height), exact=exact)


def open_arrays(path: Path, *, sensor: Sensor | None = None, profile: gate.Profile = gate.LOCAL) -> tuple[Frame, ...]:
    """Give a frame for every time step of the gridded variables of an admitted file; variables become bands.

    Of variables on different grids those on the most common grid are taken, which the warnings tell.
    sensor: if given, the variables must be bands of it; else they keep their names and units.
    Raises ReadError if there is no gridded variable, BandError if the variables are none of the sensor's bands.
    """
    variables = read_variables(path, profile)
    named = {variable.name.rpartition("/")[2]: variable for variable in variables if len(variable.shape) == 1}
    laid = [layers for variable in variables if (layers := _lay_out(variable, named)) is not None]
    if not laid:
        raise ReadError("the file holds no gridded variable", value=path.name,
                        expected="an array with two axes or more")  # fmt: skip
    chosen, left = _most_common(laid)
    grid, placed = _grid(chosen[0], variables, named)
    times, timed = _times(chosen[0], named)
    if len(times) > _MOST_FRAMES:
        raise ReadError("the file holds too many times", value=f"{len(times):,}", expected=f"at most {_MOST_FRAMES:,}")
    slices = _slices(chosen)
    told, bands, how = _bands(slices, sensor)
    warnings = (*placed, *timed, *([f"left out: {', '.join(left[:10])}"] if left else []))
    frames = []
    for step, time in enumerate(times):
        fixed = tuple((layers, _at(layers, other, step)) for layers, other in slices)
        source = VariableSource(grid.width, grid.height, fixed, profile.max_pixels)
        channels = tuple(Channel(band, source, layer) for layer, band in enumerate(bands))
        frames.append(
            Frame((path,), told, grid, channels, (grid.width, grid.height), time=time, told_by=how,
                  warnings=warnings, notes=(("format", "gridded variables"),), max_pixels=profile.max_pixels)
        )  # fmt: skip
    return tuple(frames)


def _lay_out(variable: Variable, named: dict[str, Variable]) -> _Layers | None:
    """The axes of an array of two or more dimensions, None if it is none with an area."""
    if len(variable.shape) < 2 or 0 in variable.shape:
        return None
    coordinates = [named.get(name.rpartition("/")[2]) for name in variable.dimensions]
    kinds = [_kind(name, found) for name, found in zip(variable.dimensions, coordinates, strict=True)]
    x = kinds.index("x") if "x" in kinds else len(kinds) - 1
    y = kinds.index("y") if "y" in kinds else next(place for place in range(len(kinds) - 1, -1, -1) if place != x)
    time = kinds.index("t") if "t" in kinds and kinds.index("t") not in (x, y) else None
    others = tuple(place for place in range(len(kinds)) if place not in (x, y, time))
    across, down = _axis(variable, x, coordinates[x]), _axis(variable, y, coordinates[y])
    return _Layers(variable, across, _northward(down), time, others)


def _kind(name: str, coordinate: Variable | None) -> str:
    """x, y, t, or "" for any other axis, from its coordinate variable, else from its name."""
    word = name.rpartition("/")[2].casefold()
    if coordinate is not None:
        units, standard = coordinate.text("units"), coordinate.text("standard_name")
        axis = coordinate.text("axis").casefold()
        if _X_UNITS.match(units) or standard in ("longitude", "projection_x_coordinate") or axis == "x":
            return "x"
        if _Y_UNITS.match(units) or standard in ("latitude", "projection_y_coordinate") or axis == "y":
            return "y"
        if _TIME_UNITS.match(units) or standard == "time" or axis == "t":
            return "t"
    return "x" if word in _X_NAMES else "y" if word in _Y_NAMES else "t" if word == "time" else ""


def _axis(variable: Variable, position: int, coordinate: Variable | None) -> _Axis:
    """An axis with the outer edge of its first sample and its step, if its coordinates are evenly spaced."""
    length = variable.shape[position]
    if coordinate is None or length < 2 or coordinate.shape != (length,):
        return _Axis(position, length)
    values = coordinate.read((slice(0, length),)).astype(np.float64)
    values = values * _scale_to_metres(coordinate)
    step = (values[-1] - values[0]) / (length - 1)
    ideal = values[0] + step * np.arange(length)
    if step == 0 or not np.isfinite(values).all() or np.abs(values - ideal).max() > _EVEN * abs(step):
        return _Axis(position, length)
    if step < 0:  # decreasing: turn it round; _northward turns y back
        values, step = values[::-1], -step
        return _Axis(position, length, float(values[0] - step / 2), float(step), flipped=True)
    return _Axis(position, length, float(values[0] - step / 2), float(step))


def _northward(axis: _Axis) -> _Axis:
    """A y axis that runs from north to south: origin at the northern edge, step negative."""
    if axis.origin is None or axis.step is None:
        return axis
    north = axis.origin + axis.step * axis.length
    return _Axis(axis.position, axis.length, north, -axis.step, flipped=not axis.flipped)


def _scale_to_metres(coordinate: Variable) -> float:
    return 1000.0 if coordinate.text("units").casefold() in ("km", "kilometre", "kilometer", "kilometers") else 1.0


def _most_common(laid: Sequence[_Layers]) -> tuple[list[_Layers], list[str]]:
    """The variables on the grid that has most pixels altogether, and the names of the others."""
    groups: dict[object, list[_Layers]] = {}
    for layers in laid:
        dimensions = layers.variable.dimensions
        groups.setdefault((dimensions[layers.x.position], dimensions[layers.y.position], layers.shape), []).append(
            layers
        )
    best = max(groups.values(), key=lambda group: sum(one.shape[0] * one.shape[1] for one in group))
    steps = best[0].variable.shape[best[0].time] if best[0].time is not None else 1
    chosen = [one for one in best if (1 if one.time is None else one.variable.shape[one.time]) == steps]
    return chosen, [one.variable.name for one in laid if not any(one is other for other in chosen)]


def _grid(layers: _Layers, variables: Sequence[Variable], named: dict[str, Variable]) -> tuple[Grid, tuple[str, ...]]:
    width, height = layers.shape
    x, y = layers.x, layers.y
    if x.origin is None or y.origin is None or x.step is None or y.step is None:
        return Grid(width, height), ("no evenly spaced coordinates: answers stay in pixels",)
    crs = _crs(layers, variables, named)
    affine = (x.step, 0.0, x.origin, 0.0, y.step, y.origin)
    return Grid(width, height, crs, affine), () if crs else ("no coordinate reference system: answers stay in pixels",)


def _crs(layers: _Layers, variables: Sequence[Variable], named: dict[str, Variable]) -> str | None:
    """Of the grid mapping, else WGS 84 where both coordinates are degrees, as CF has it; else None."""
    wanted = layers.variable.text("grid_mapping").split(":")[0].strip()
    mapping = next((one for one in variables if one.name.rpartition("/")[2] == wanted), None) if wanted else None
    if mapping is not None:
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        told = mapping.text("crs_wkt") or mapping.text("spatial_ref")
        try:
            return str((CRS.from_wkt(told) if told else CRS.from_cf(dict(mapping.attributes))).to_wkt())
        except (CRSError, KeyError, ValueError):
            return None
    names = [layers.variable.dimensions[axis.position].rpartition("/")[2] for axis in (layers.x, layers.y)]
    units = [named[name].text("units") if name in named else "" for name in names]
    return "EPSG:4326" if _X_UNITS.match(units[0]) and _Y_UNITS.match(units[1]) else None


def _times(layers: _Layers, named: dict[str, Variable]) -> tuple[list[datetime | None], tuple[str, ...]]:
    """The time of every step, one unknown time where there is no such axis."""
    if layers.time is None:
        return [None], ()
    length = layers.variable.shape[layers.time]
    coordinate = named.get(layers.variable.dimensions[layers.time].rpartition("/")[2])
    if coordinate is None:
        return [None] * length, ("the times have no values",)
    said = _TIME_UNITS.match(coordinate.text("units"))
    calendar = coordinate.text("calendar").casefold()
    if said is None or calendar not in _PLAIN_CALENDARS:
        return [None] * length, (f"times are in {coordinate.text('units')!r}, calendar {calendar!r}: not understood",)
    try:
        start = datetime.fromisoformat(re.sub(r"\s*(?:UTC|Z)$", "", said[2].strip(), flags=re.IGNORECASE))
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        counts = coordinate.read((slice(0, length),)).astype(np.float64)
        seconds = _SECONDS[said[1][0].casefold()]
        return [start.astimezone(UTC) + timedelta(seconds=float(count) * seconds) for count in counts], ()
    except (ValueError, OverflowError):
        return [None] * length, (f"times since {said[2][:40]!r} are not understood",)


def _slices(chosen: Sequence[_Layers]) -> list[tuple[_Layers, tuple[int, ...]]]:
    """Every variable at every place of its other axes (levels, wavelengths): one band each."""
    found = []
    for layers in chosen:
        lengths = [layers.variable.shape[place] for place in layers.others]
        found += [(layers, tuple(map(int, place))) for place in np.ndindex(*lengths)]
        if len(found) > _MOST_BANDS:
            raise ReadError("the file holds too many layers", value=f"more than {_MOST_BANDS:,}")
    return found


def _bands(
    slices: Sequence[tuple[_Layers, tuple[int, ...]]], sensor: Sensor | None
) -> tuple[Sensor, tuple[Band, ...], HowTold]:
    """The sensor, and a band for each slice with the file's own packing."""
    own = tuple(_band(layers, place) for layers, place in slices)
    if sensor is None:
        kind = {Unit.METRE: Kind.ELEVATION, Unit.KELVIN: Kind.THERMAL, Unit.CELSIUS: Kind.THERMAL}.get(own[0].unit)
        told = Sensor("gridded-variables", "Variables of a data file, instrument not told", "generic",
                      kind or Kind.OPTICAL, own, display=(own[0].name,))  # fmt: skip
        return told, own, HowTold.METADATA
    try:
        matched = sensors.match(sensor, [band.name for band in own])
    except BandError as error:
        error.add_note(f"the file's variables are {', '.join(band.name for band in own[:12])}")
        raise
    bands = tuple(
        sensors.rescaled(band, unit=band.unit, scale=packed.scale, offset=packed.offset)
        if (packed.scale, packed.offset) != (1.0, 0.0) else band
        for band, packed in zip(matched, own, strict=True)
    )  # fmt: skip
    return sensor, bands, HowTold.USER


def _band(layers: _Layers, place: tuple[int, ...]) -> Band:
    """The band of one slice, with the file's packing, in a unit that is told for sure, else counts."""
    variable = layers.variable
    name = variable.name.rpartition("/")[2]
    if any(variable.shape[axis] > 1 for axis in layers.others):
        name = f"{name}[{','.join(map(str, place))}]"
    words = variable.text("standard_name") or variable.text("long_name")
    unit = _UNITS.get(variable.text("units").casefold(), Unit.DN)
    if (
        unit is Unit.DN
        and variable.text("units") in ("m", "meters", "metres", "meter", "metre")
        and _HEIGHTS.search(words)
    ):
        unit = Unit.METRE
    if unit is Unit.DN and "reflectance" in words.casefold():
        unit = Unit.REFLECTANCE
    scale, offset = variable.number("scale_factor"), variable.number("add_offset")
    band = Band(name, aliases=(words,) if words and words != name else (), nodata=variable.number("_fillvalue"))
    return sensors.rescaled(band, unit=unit, scale=1.0 if scale is None else scale, offset=offset or 0.0)


def _at(layers: _Layers, others: tuple[int, ...], step: int) -> tuple[int, ...]:
    """The index along every axis but x and y, in the order of the axes."""
    fixed = dict(zip(layers.others, others, strict=True))
    if layers.time is not None:
        fixed[layers.time] = step
    return tuple(fixed[place] for place in sorted(fixed))


def _window(layers: _Layers, fixed: tuple[int, ...], place: tuple[int, int, int, int]) -> NDArray[Any]:
    """Stored values of a window, (rows, columns), north up."""
    left, top, right, bottom = place
    x, y = layers.x, layers.y
    spans = {x.position: _span(x, left, right), y.position: _span(y, top, bottom)}
    rest = iter(fixed)
    index: Index = tuple(spans[axis] if axis in spans else next(rest) for axis in range(len(layers.variable.shape)))
    values = layers.variable.read(index)
    values = values.T if x.position < y.position else values
    return values[:: -1 if y.flipped else 1, :: -1 if x.flipped else 1]


def _span(axis: _Axis, start: int, stop: int) -> slice:
    return slice(axis.length - stop, axis.length - start) if axis.flipped else slice(start, stop)


def _valid(variable: Variable, values: NDArray[Any]) -> Valid:
    """True where the value is neither filled, missing nor outside the valid range of stored values."""
    valid: Valid = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, np.bool_)
    for name in ("_fillvalue", "missing_value"):
        fill = variable.number(name)
        if fill is not None and np.isfinite(fill):
            valid &= values != fill
    low, high = variable.number("valid_min"), variable.number("valid_max")
    if low is not None:
        valid &= values >= low
    if high is not None:
        valid &= values <= high
    return valid
