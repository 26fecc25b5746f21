"""One simulated scene of any sensor with its exact truth: what training streams by the million."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, UnknownName
from geoglot.simulate.bands import RGBN
from geoglot.simulate.noise import generator
from geoglot.simulate.places import THEMES, Theme, place
from geoglot.simulate.tables import COVER_CLASSES, object_classes
from geoglot.simulate.truth import Frame, SimObject, cover_in, objects_in
from geoglot.simulate.view_optical import OpticalView, Sun, fine_layers, optical
from geoglot.simulate.world import World

__all__ = ["COVER_CLASSES", "SCENE_LABELS", "SENSORS", "SimObject", "SimulatedScene", "object_classes", "scene"]

SENSORS = ("optical",)
SCENE_LABELS = tuple(theme.label for theme in THEMES)
_SCENE = 95
_GSD_RANGE_M = {"optical": (0.12, 2.0, 12.0)}


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedScene:
    """One view of the world with its truth.

    image: float32 (C, H, W): optical reflectance of `bands`; sar sigma nought, linear; thermal kelvin. cover: uint8
    (H, W), index into COVER_CLASSES. objects: everything labelled that can be seen. x_m, y_m: world position of the
    top-left corner. sun_azimuth_deg, sun_elevation_deg: nan where the sensor does not see the sun.
    """

    image: NDArray[np.float32]
    sensor: str
    bands: tuple[str, ...]
    gsd_m: float
    cover: NDArray[np.uint8]
    objects: tuple[SimObject, ...]
    scene_label: str
    night: bool
    sun_azimuth_deg: float
    sun_elevation_deg: float
    world_seed: int
    x_m: float
    y_m: float


def _theme(rng: np.random.Generator) -> Theme:
    weights = np.array([theme.weight for theme in THEMES])
    return THEMES[int(rng.choice(len(THEMES), p=weights / weights.sum()))]


def _gsd(rng: np.random.Generator, sensor: str) -> float:
    """A pixel size: four times in five from the fine range of the sensor, else from its coarse range."""
    fine, middle, coarse = _GSD_RANGE_M[sensor]
    low, high = (fine, middle) if rng.random() < 0.8 else (middle, coarse)
    return round(float(math.exp(rng.uniform(math.log(low), math.log(high)))), 3)


def scene(
    seed: int, index: int, *, sensor: str = "optical", size_px: int = 256, gsd_m: float | None = None, label: str | None = None
) -> SimulatedScene:
    """The index-th scene of a world: a place of some kind, its image, and the truth about it.

    gsd_m: metres a pixel; None draws one that suits the sensor. label: one of SCENE_LABELS, or None for any.
    Equal arguments give equal bytes. Raises UnknownName for a sensor or label, InputError for a size.
    """
    if sensor not in SENSORS:
        raise UnknownName("simulated sensor", sensor, SENSORS)
    if label is not None and label not in SCENE_LABELS:
        raise UnknownName("simulated scene", label, SCENE_LABELS)
    if not 16 <= size_px <= 4096:
        raise InputError("the scene has a wrong size", value=size_px, expected="16 to 4096 pixels")
    rng = generator(seed, _SCENE, index)
    theme = _theme(rng) if label is None else THEMES[SCENE_LABELS.index(label)]
    gsd = _gsd(rng, sensor) if gsd_m is None else gsd_m
    world = _world(seed)
    x, y = place(world, theme, index)
    # The thing of interest lies anywhere in the middle half of the image.
    shift = (rng.random(2) - 0.5) * 0.5 * size_px
    left = round(x / gsd - 0.5 * size_px + shift[0]) * gsd
    top = round(y / gsd - 0.5 * size_px + shift[1]) * gsd
    frame = Frame(left, top, gsd, (size_px, size_px))
    return _optical_scene(world, frame, theme, rng)


_WORLDS: OrderedDict[int, World] = OrderedDict()


def _world(seed: int) -> World:
    """The world of a seed; the last few are kept."""
    if seed not in _WORLDS:
        _WORLDS[seed] = World(seed)
        if len(_WORLDS) > 4:
            _WORLDS.popitem(last=False)
    return _WORLDS[seed]


def _optical_scene(world: World, frame: Frame, theme: Theme, rng: np.random.Generator) -> SimulatedScene:
    sun = Sun(float(rng.uniform(90.0, 270.0)), float(rng.uniform(25.0, 68.0)))
    view = OpticalView(
        frame.gsd_m,
        sun,
        haze=float(rng.uniform(0.1, 1.1) if frame.gsd_m < 1.0 else rng.uniform(0.6, 1.4)),
        blur_px=float(rng.uniform(0.35, 0.75)),
        shot=float(10 ** rng.uniform(-5.0, -3.8)),
        floor=float(10 ** rng.uniform(-3.2, -2.3)),
        noise_seed=int(rng.integers(1 << 40)),
    )
    margins = view.margins_px()
    layers = fine_layers(world, frame.x_m, frame.y_m, frame.size_px, frame.gsd_m, margins)
    return SimulatedScene(
        optical(world.seed, layers, view, margins),
        "optical",
        tuple(band.name for band in RGBN),
        frame.gsd_m,
        cover_in(layers, frame),
        objects_in(layers, frame),
        theme.label,
        False,
        sun.azimuth_deg,
        sun.elevation_deg,
        world.seed,
        frame.x_m,
        frame.y_m,
    )
