"""One simulated scene of any sensor with its exact truth: what training streams by the million."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, UnknownName
from geoglot.simulate.bands import RGBN, SENTINEL2, SENTINEL2_GSD_M
from geoglot.simulate.noise import generator
from geoglot.simulate.places import THEMES, Theme, place
from geoglot.simulate.tables import COVER_CLASSES, object_classes
from geoglot.simulate.truth import Frame, SimObject, cover_in, objects_in
from geoglot.simulate.view_multispectral import MultispectralView, multispectral
from geoglot.simulate.view_optical import OpticalView, Sun, fine_layers, optical
from geoglot.simulate.view_sar import SarView, sar
from geoglot.simulate.view_thermal import ThermalView, thermal
from geoglot.simulate.world import Layers, World

__all__ = ["COVER_CLASSES", "SCENE_LABELS", "SENSORS", "SimObject", "SimulatedScene", "object_classes", "scene"]

SENSORS = ("optical", "sar", "thermal", "multispectral")
SCENE_LABELS = tuple(theme.label for theme in THEMES)
_SCENE = 95
# Pixel sizes in metres: the range that four scenes in five come from, and the coarse end of the rest.
_GSD_RANGE_M = {"optical": (0.12, 2.0, 12.0), "sar": (0.8, 6.0, 14.0), "thermal": (0.10, 1.2, 4.0)}


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
    seed: int,
    index: int,
    *,
    sensor: str = "optical",
    size_px: int = 256,
    gsd_m: float | None = None,
    label: str | None = None,
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
    if sensor == "multispectral":
        if gsd_m not in (None, 10.0):
            raise InputError("a multispectral scene has pixels of its own", value=gsd_m, expected="10 m or None")
        gsd = 10.0
    else:
        gsd = _gsd(rng, sensor) if gsd_m is None else gsd_m
    world = _world(seed)
    x, y = place(world, theme, index)
    # The thing of interest lies anywhere in the middle half of the image.
    shift = (rng.random(2) - 0.5) * 0.5 * size_px
    left = round(x / gsd - 0.5 * size_px + shift[0]) * gsd
    top = round(y / gsd - 0.5 * size_px + shift[1]) * gsd
    frame = Frame(left, top, gsd, (size_px, size_px))
    return _MAKERS[sensor](world, frame, theme, rng)


_WORLDS: OrderedDict[int, World] = OrderedDict()


def _world(seed: int) -> World:
    """The world of a seed; the last few are kept."""
    if seed not in _WORLDS:
        _WORLDS[seed] = World(seed)
        if len(_WORLDS) > 4:
            _WORLDS.popitem(last=False)
    return _WORLDS[seed]


def _sun(rng: np.random.Generator) -> Sun:
    return Sun(float(rng.uniform(90.0, 270.0)), float(rng.uniform(25.0, 68.0)))


def _with_truth(
    world: World,
    frame: Frame,
    theme: Theme,
    layers: Layers,
    view: tuple[NDArray[np.float32], str, tuple[str, ...], Sun | None],
) -> SimulatedScene:
    image, sensor, bands, sun = view
    return SimulatedScene(
        image,
        sensor,
        bands,
        frame.gsd_m,
        cover_in(layers, frame),
        objects_in(layers, frame),
        theme.label,
        sensor == "thermal" and sun is None,
        sun.azimuth_deg if sun else math.nan,
        sun.elevation_deg if sun else math.nan,
        world.seed,
        frame.x_m,
        frame.y_m,
    )


def _optical_scene(world: World, frame: Frame, theme: Theme, rng: np.random.Generator) -> SimulatedScene:
    sun = _sun(rng)
    view = OpticalView(
        frame.gsd_m,
        sun,
        haze=float(rng.uniform(0.02, 0.6) if frame.gsd_m < 1.0 else rng.uniform(0.3, 1.3)),
        blur_px=float(rng.uniform(0.35, 0.75)),
        shot=float(10 ** rng.uniform(-5.0, -3.8)),
        floor=float(10 ** rng.uniform(-3.2, -2.3)),
        noise_seed=int(rng.integers(1 << 40)),
    )
    margins = view.margins_px()
    layers = fine_layers(world, frame.x_m, frame.y_m, frame.size_px, frame.gsd_m, margins)
    image = optical(world.seed, layers, view, margins)
    return _with_truth(world, frame, theme, layers, (image, "optical", tuple(band.name for band in RGBN), sun))


def _sar_scene(world: World, frame: Frame, theme: Theme, rng: np.random.Generator) -> SimulatedScene:
    """Right-looking, ascending (beam towards about 80°) or descending (about 280°), as polar orbits give."""
    view = SarView(
        frame.gsd_m,
        look_deg=float((80.0 if rng.random() < 0.5 else 280.0) + rng.uniform(-12.0, 12.0)),
        incidence_deg=float(rng.uniform(24.0, 50.0)),
        looks=int(rng.integers(1, 6)),
        noise_db=float(rng.uniform(-28.0, -22.0)),
        wind=float(rng.random() ** 2),
        noise_seed=int(rng.integers(1 << 40)),
    )
    margins = view.margins_px()
    layers = fine_layers(world, frame.x_m, frame.y_m, frame.size_px, frame.gsd_m, margins)
    image = sar(world.seed, layers, view, margins)
    return _with_truth(world, frame, theme, layers, (image, "sar", ("vv", "vh"), None))


def _thermal_scene(world: World, frame: Frame, theme: Theme, rng: np.random.Generator) -> SimulatedScene:
    sun = _sun(rng) if rng.random() < 0.5 else None
    view = ThermalView(
        frame.gsd_m,
        sun,
        air_k=float(rng.uniform(272.0, 303.0)),
        nedt_k=float(rng.uniform(0.03, 0.1)),
        blur_px=float(rng.uniform(0.55, 0.95)),
        noise_seed=int(rng.integers(1 << 40)),
    )
    margins = view.margins_px()
    layers = fine_layers(world, frame.x_m, frame.y_m, frame.size_px, frame.gsd_m, margins)
    image = thermal(world.seed, layers, view, margins)
    return _with_truth(world, frame, theme, layers, (image, "thermal", ("lwir",), sun))


def _multispectral_scene(world: World, frame: Frame, theme: Theme, rng: np.random.Generator) -> SimulatedScene:
    """All 13 bands on the 10 m grid; bands of 20 and 60 m repeat their pixels, as a nearest-neighbour stack does."""
    view = MultispectralView(_sun(rng), haze=float(rng.uniform(0.6, 1.4)), noise_seed=int(rng.integers(1 << 40)))
    square = Frame(round(frame.x_m / 60.0) * 60.0, round(frame.y_m / 60.0) * 60.0, 10.0, frame.size_px)
    cells = -(-frame.size_px[0] // 6)
    layers, bands = multispectral(world, square.x_m, square.y_m, (cells, cells), view)
    side = frame.size_px[0]
    stack = [
        np.repeat(np.repeat(band, gsd // 10, 0), gsd // 10, 1) for band, gsd in zip(bands, SENTINEL2_GSD_M, strict=True)
    ]
    image = np.stack([plane[:side, :side] for plane in stack])
    names = tuple(band.name for band in SENTINEL2)
    return _with_truth(world, square, theme, layers, (image, "multispectral", names, view.sun))


_MAKERS = {
    "optical": _optical_scene,
    "sar": _sar_scene,
    "thermal": _thermal_scene,
    "multispectral": _multispectral_scene,
}
