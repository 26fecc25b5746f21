"""A small scene in memory, and ways to ask about it."""

from __future__ import annotations

import numpy as np

from geoglot import sensors
from geoglot.regions import Grid
from geoglot.scenes import Scene
from geoglot.scenes.arrays import scene_from_array


def plain_scene(width: int = 96, height: int = 64) -> Scene:
    """A colour picture with a bright patch, half a metre a pixel, near Munich."""
    image = np.full((3, height, width), 60, np.uint8)
    image[:, height // 4 : height // 2, width // 4 : width // 2] = 220
    grid = Grid(width, height, "EPSG:32632", (0.5, 0.0, 690_000.0, 0.0, -0.5, 5_334_000.0))
    return scene_from_array(image, sensor=sensors.get("rgb"), grid=grid)
