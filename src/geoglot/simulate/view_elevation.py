"""The elevation view: heights of the surface, or of the bare ground, as a lidar grid gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import light
from geoglot.simulate.noise import Spot
from geoglot.simulate.world import Layers

Margins = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ElevationView:
    """What a height model holds: surface "top" (roofs and crowns) or "ground"; noise_m, vertical, of one pixel."""

    gsd_m: float
    surface: str = "top"
    noise_m: float = 0.08
    noise_seed: int = 0

    def margins_px(self) -> Margins:
        """No room beyond the window is needed."""
        return 0, 0, 0, 0


def elevation(layers: Layers, view: ElevationView, margins: Margins) -> NDArray[np.float32]:
    """(1, H, W) height above the sea in metres: the mean of four fine pixels, plus noise."""
    west, north, east, south = margins
    fine = layers.surface_m if view.surface == "top" else layers.ground_m
    rows, columns = fine.shape[0] // 2, fine.shape[1] // 2
    mean = fine.reshape(rows, 2, columns, 2).mean(axis=(1, 3))[None, north : rows - south, west : columns - east]
    image = np.ascontiguousarray(mean, dtype=np.float32)
    col0, row0 = round(layers.x_m / view.gsd_m), round(layers.y_m / view.gsd_m)
    light.add_noise(image, Spot(col0 + west, row0 + north, view.gsd_m, view.noise_seed), 0.0, view.noise_m)
    return image
