"""Scenes of arrays in memory: for simulated images, training, and tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import BandError, InputError
from geoglot.regions import Grid
from geoglot.scenes.resample import ArraySource
from geoglot.scenes.scene import Channel, Frame, HowTold, Scene, SceneKind
from geoglot.sensors import Band, Sensor

_NAME = Path("array")


def frame_from_array(
    array: NDArray[Any],
    *,
    sensor: str | Sensor,
    grid: Grid | None = None,
    bands: tuple[str, ...] = (),
    valid: NDArray[np.bool_] | None = None,
    time: datetime | None = None,
) -> Frame:
    """Give the frame of values that are already in the unit of the sensor's bands.

    array: (C, H, W), or (H, W) for one band; not copied. bands: the name of each layer; the sensor's own order
    in files, else of its bands, if empty. grid: its place, none if None. valid: (H, W); where the array is not
    finite it is invalid too. time: aware, UTC.
    Raises BandError where layers and bands do not fit, InputError for another shape.
    """
    layers = array[None] if array.ndim == 2 else array  # (C, H, W)
    if layers.ndim != 3 or 0 in layers.shape:
        raise InputError("an array of the wrong shape", value=array.shape, expected="(C, H, W) or (H, W)")
    height, width = layers.shape[1:]
    grid = grid or Grid(width, height)
    if (grid.width, grid.height) != (width, height):
        raise InputError("the grid is of another size", value=(grid.width, grid.height), expected=str((width, height)))
    taken = sensors.get(sensor) if isinstance(sensor, str) else sensor
    known = np.isfinite(layers).all(axis=0) if layers.dtype.kind == "f" else None
    if valid is not None:
        known = valid if known is None else known & valid
    source = ArraySource(layers, known)
    channels = tuple(Channel(band, source, layer) for layer, band in enumerate(_bands(taken, bands, len(layers))))
    return Frame((_NAME,), taken, grid, channels, (width, height), time=time, told_by=HowTold.USER)


def scene_from_array(
    array: NDArray[Any],
    *,
    sensor: str | Sensor,
    grid: Grid | None = None,
    bands: tuple[str, ...] = (),
    valid: NDArray[np.bool_] | None = None,
    time: datetime | None = None,
) -> Scene:
    """Give a scene of one frame: see `frame_from_array`."""
    frame = frame_from_array(array, sensor=sensor, grid=grid, bands=bands, valid=valid, time=time)
    return Scene(SceneKind.IMAGE, (frame,))


def _bands(sensor: Sensor, names: tuple[str, ...], count: int) -> list[Band]:
    """The band of each layer with nothing left to scale."""
    order = names or (
        sensor.bands_in_file if len(sensor.bands_in_file) == count else tuple(b.name for b in sensor.bands)
    )
    if len(order) != count:
        expected = f"{len(order)}: {', '.join(order)}"
        hint = "name the bands"
        raise BandError("layers and bands do not fit", value=f"{count} layers", expected=expected, hint=hint)
    return [replace(sensor.band(name), scale=1.0, offset=0.0, nodata=None) for name in order]
