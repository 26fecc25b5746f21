"""`read`: from a path, or several, to a `Scene`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from geoglot import sensors
from geoglot.scenes import gate
from geoglot.scenes.frame import open_raster
from geoglot.scenes.scene import Scene, SceneKind
from geoglot.sensors import Sensor

AnyPath = str | os.PathLike[str]


def read(
    source: AnyPath | Sequence[AnyPath], *, sensor: str | Sensor | None = None, profile: gate.Profile = gate.LOCAL
) -> Scene:
    """Open an image and give its Scene; pixels are read later, when they are asked for."""
    assert isinstance(source, (str, os.PathLike))
    path: Path = gate.admit(source, profile)
    named = sensors.get(sensor) if isinstance(sensor, str) else sensor
    return Scene(SceneKind.IMAGE, (open_raster(path, sensor=named, profile=profile),))
