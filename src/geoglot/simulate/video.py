"""Video of the simulated Earth: a camera that hovers or flies, vehicles that drive, tracks that fit every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.draws import draw_view
from geoglot.simulate.epoch import Epoch
from geoglot.simulate.noise import generator
from geoglot.simulate.render import render
from geoglot.simulate.scene import choose_frame, choose_theme, world_of
from geoglot.simulate.truth import Frame, SimObject

_VIDEO = 98
_BUSY = ("motorway", "intersection", "roundabout", "parking lot", "bridge", "dense residential")
_EXPOSURES = 2


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedVideo:
    """A clip with its truth.

    frames: float32 (T, C, H, W). times_s: start of each frame. corners_m: (T, 2) world position of each frame's
    top-left corner: the ego-motion. objects: per frame; equal ids are one track.
    """

    frames: NDArray[np.float32]
    times_s: tuple[float, ...]
    gsd_m: float
    corners_m: NDArray[np.float64]
    objects: tuple[tuple[SimObject, ...], ...]
    sensor: str
    exposure_s: float


def video(
    seed: int,
    index: int,
    *,
    sensor: str = "optical",
    frames: int = 8,
    rate_hz: float = 4.0,
    size_px: int = 256,
    gsd_m: float = 0.25,
    flying: bool = False,
) -> SimulatedVideo:
    """A clip of a busy place from above: `flying` at up to 8 m/s along a straight line, or hovering.

    Each frame is the mean of two moments of its exposure (one thirtieth of a second), so that what moves is blurred
    by its way in that time. Positions fall on whole pixels, so the truth is exact.
    """
    rng = generator(seed, _VIDEO, index)
    theme = choose_theme(str(rng.choice(_BUSY)), rng)
    world = world_of(seed)
    start = choose_frame(world, theme, index, size_px, gsd_m, rng)
    view = draw_view(sensor, gsd_m, rng)
    heading = float(rng.uniform(0.0, 2.0 * math.pi))
    speed = float(rng.uniform(2.0, 8.0)) if flying else 0.0
    exposure_s = 1.0 / 30.0
    images, corners, truths = [], [], []
    for k in range(frames):
        time_s = k / rate_hz
        way = speed * time_s
        x = start.x_m + round(way * math.cos(heading) / gsd_m) * gsd_m
        y = start.y_m + round(way * math.sin(heading) / gsd_m) * gsd_m
        moment = Frame(x, y, gsd_m, start.size_px)
        shots = [
            render(
                world, moment, view, epoch=Epoch(time_s=time_s + exposure_s * (m + 0.5) / _EXPOSURES), label=theme.label
            )[0]
            for m in range(_EXPOSURES)
        ]
        images.append(np.mean([shot.image for shot in shots], axis=0, dtype=np.float32))
        corners.append((x, y))
        truths.append(shots[0].objects)
    return SimulatedVideo(
        np.stack(images),
        tuple(k / rate_hz for k in range(frames)),
        gsd_m,
        np.array(corners),
        tuple(truths),
        sensor,
        exposure_s,
    )
