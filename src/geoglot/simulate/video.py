"""Video of the simulated Earth: a camera that hovers or flies, vehicles that drive, tracks that fit every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.draws import draw_view
from geoglot.simulate.emit import SPEED, X, Y
from geoglot.simulate.epoch import Epoch
from geoglot.simulate.noise import generator
from geoglot.simulate.render import render
from geoglot.simulate.scene import choose_frame, choose_theme, world_of
from geoglot.simulate.truth import Frame, SimObject
from geoglot.simulate.world import World

_VIDEO = 98
_BUSY = ("motorway", "intersection", "roundabout", "parking lot", "bridge", "dense residential")
_EXPOSURES = 2
_ATTEMPTS = 8  # places looked at until something moves


def _moving(world: World, frame: Frame) -> int:
    """How many vehicles under way a frame holds."""
    width, height = (side * frame.gsd_m for side in frame.size_px)
    site = world.site(frame.x_m, frame.y_m, width, height, least_m=1.0)
    lists = world.content(site)
    rows = lists.objects[: lists.used[0]]
    east, south = abs(rows[:, X] - frame.x_m - width / 2), abs(rows[:, Y] - frame.y_m - height / 2)
    return int(((east < width / 2) & (south < height / 2) & (rows[:, SPEED] > 1.0)).sum())


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
    world = world_of(seed)
    for attempt in range(_ATTEMPTS):
        rng = generator(seed, _VIDEO, index, attempt)
        theme = choose_theme(str(rng.choice(_BUSY)), rng)
        start = choose_frame(world, theme, index, size_px, gsd_m, rng)
        if _moving(world, start) >= 2:
            break
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
