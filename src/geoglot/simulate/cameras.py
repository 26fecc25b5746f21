"""Where photos of the simulated Earth are taken: drones and aircraft that look askance, and people in the street."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, UnknownName
from geoglot.simulate.camera import Camera
from geoglot.simulate.draws import draw_sun
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.noise import generator
from geoglot.simulate.photo import SimulatedPhoto, photograph
from geoglot.simulate.places import place
from geoglot.simulate.scene import choose_theme, world_of
from geoglot.simulate.tables import COVER_CLASSES, material
from geoglot.simulate.view_photo import PhotoView
from geoglot.simulate.water import ground
from geoglot.simulate.world import Layers, World

PHOTO_SENSORS = ("oblique", "ground")
_PHOTO = 99
_STREET_M = 110.0  # of the square in which a photographer looks for a place to stand
_STEP_M = 0.5
_CLEAR_PX = 4  # free steps around the photographer
_TRIES = 14  # places to stand of which the one with the freest view is taken
_FREE_M = 18.0
_HORIZON_DEG = 84.0  # the upper edge of a view from the air stays below it
_SIGHT_M = 1500.0  # of a view from the street


def photo(
    seed: int, index: int, *, sensor: str = "oblique", size_px: int = 256, label: str | None = None
) -> SimulatedPhoto:
    """The index-th photo of a world: a place of some kind seen askance from the air, or from the street.

    sensor: one of PHOTO_SENSORS; "oblique" looks 30 to 60 degrees off nadir from a drone or an aircraft, "ground" about
    level from 1.6 to 3 m. size_px: the width; the height is three quarters of it. label: one of SCENE_LABELS, or None
    for any. Equal arguments give equal bytes. Raises UnknownName for a sensor or label, InputError for a size.
    """
    if sensor not in PHOTO_SENSORS:
        raise UnknownName("simulated photo", sensor, PHOTO_SENSORS)
    if not 32 <= size_px <= 2048:
        raise InputError("the photo has a wrong size", value=size_px, expected="a width of 32 to 2048 pixels")
    rng = generator(seed, _PHOTO, index, PHOTO_SENSORS.index(sensor))
    theme = choose_theme(label, rng)
    world = world_of(seed)
    at = place(world, theme, index)
    epoch = NOW if rng.random() < 0.5 else Epoch(season=float(rng.random()))
    size = (size_px, size_px * 3 // 4)
    drawn = _from_the_air(world, at, size, rng) if sensor == "oblique" else _in_the_street(world, at, size, epoch, rng)
    camera = drawn[0]
    water = world.site(camera.x_m, camera.y_m, 1.0, 1.0).water
    view = PhotoView(
        camera,
        camera.z_m - ground(seed, camera.x_m, camera.y_m, water)[0],
        draw_sun(rng),
        range_m=drawn[1],
        visibility_m=float(rng.uniform(6000.0, 30000.0)),
        blur_px=float(rng.uniform(0.35, 0.7)),
        shot=float(10 ** rng.uniform(-5.0, -3.8)),
        floor=float(10 ** rng.uniform(-3.2, -2.4)),
        noise_seed=int(rng.integers(1 << 40)),
    )
    return photograph(world, view, sensor=sensor, epoch=epoch, label=theme.label)


def _from_the_air(
    world: World, at: tuple[float, float], size: tuple[int, int], rng: np.random.Generator
) -> tuple[Camera, float]:
    """A camera that has a place in its middle half, and how far it sees: three in four on drones, else on aircraft."""
    if rng.random() < 0.75:
        above, fov = float(math.exp(rng.uniform(math.log(40.0), math.log(120.0)))), float(rng.uniform(45.0, 70.0))
    else:
        above, fov = float(rng.uniform(300.0, 700.0)), float(rng.uniform(12.0, 24.0))
    heading, tilt = float(rng.uniform(0.0, 360.0)), float(rng.uniform(30.0, 60.0))
    half = math.degrees(math.atan(math.tan(math.radians(0.5 * fov)) * size[1] / size[0]))
    tilt = min(tilt, _HORIZON_DEG - half)
    away = above * math.tan(math.radians(tilt))
    shift = rng.uniform(-0.15, 0.15, 2) * above
    x = at[0] - away * math.sin(math.radians(heading)) + float(shift[0])
    y = at[1] + away * math.cos(math.radians(heading)) + float(shift[1])
    water = world.site(min(x, at[0]), min(y, at[1]), abs(x - at[0]), abs(y - at[1])).water
    z = above + max(ground(world.seed, px, py, water)[0] for px, py in (at, (x, y)))
    return Camera(x, y, z, heading, tilt, fov, size), 1.3 * above * math.tan(math.radians(tilt + half)) + 50.0


def _in_the_street(
    world: World, at: tuple[float, float], size: tuple[int, int], epoch: Epoch, rng: np.random.Generator
) -> tuple[Camera, float]:
    """A camera at eye height that looks towards a place or along its road, and how far it sees."""
    layers = world.window(at[0] - 0.5 * _STREET_M, at[1] - 0.5 * _STREET_M, _STREET_M, _STREET_M, _STEP_M, epoch=epoch)
    rows, columns = np.nonzero(_standing_room(layers))
    if not len(rows):
        rows, columns = np.nonzero(layers.thing < 0) if (layers.thing < 0).any() else np.nonzero(layers.thing >= 0)
    best: tuple[float, Camera] | None = None
    for _ in range(_TRIES):
        k = int(rng.integers(len(rows)))
        x = layers.x_m + (float(columns[k]) + 0.5) * _STEP_M
        y = layers.y_m + (float(rows[k]) + 0.5) * _STEP_M
        z = float(layers.ground_m[rows[k], columns[k]]) + float(rng.uniform(1.6, 3.0))
        towards = math.degrees(math.atan2(at[0] - x, y - at[1])) + float(rng.normal(0.0, 20.0))
        along = _along_road(layers, x, y)
        if along is not None and rng.random() < 0.5:
            towards = along + (180.0 if rng.random() < 0.5 else 0.0) + float(rng.normal(0.0, 6.0))
        camera = Camera(x, y, z, towards % 360.0, float(rng.uniform(84.0, 94.0)), float(rng.uniform(55.0, 90.0)), size)
        free = _free_m(layers, camera)
        if best is None or free > best[0]:
            best = free, camera
        if free >= _FREE_M:
            break
    assert best is not None
    return best[1], _SIGHT_M


def _standing_room(layers: Layers) -> NDArray[np.bool_]:
    """Where a photographer can stand: dry, nothing within two metres; on a road if there is one."""
    wet = np.isin(layers.under, [material(name) for name in ("water", "turbid_water", "foam", "pool_water")])
    taken = (layers.thing >= 0) & (layers.surface_m > layers.ground_m + 0.3) | wet
    near = taken.copy()
    for side in range(1, _CLEAR_PX + 1):
        near[side:] |= taken[:-side]
        near[:-side] |= taken[side:]
    wide = near.copy()
    for side in range(1, _CLEAR_PX + 1):
        wide[:, side:] |= near[:, :-side]
        wide[:, :-side] |= near[:, side:]
    road = ~wide & (layers.cover == COVER_CLASSES.index("road"))
    return road if road.any() else ~wide


def _along_road(layers: Layers, x: float, y: float) -> float | None:
    """The heading of the road under a point, in degrees, or None."""
    for x0, y0, x1, y1, half in layers.roads[:, :5].tolist():
        long = math.hypot(x1 - x0, y1 - y0)
        if long < 1.0:
            continue
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long
        if 0.0 <= along <= long and abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / long <= half:
            return math.degrees(math.atan2(x1 - x0, y0 - y1))
    return None


def _free_m(layers: Layers, camera: Camera) -> float:
    """How far a camera sees straight ahead before something higher than its eye, within the layers."""
    heading = math.radians(camera.heading_deg)
    away = np.arange(1.0, 60.0, _STEP_M)
    columns = np.floor((camera.x_m + away * math.sin(heading) - layers.x_m) / _STEP_M).astype(int)
    rows = np.floor((camera.y_m - away * math.cos(heading) - layers.y_m) / _STEP_M).astype(int)
    inside = (rows >= 0) & (columns >= 0) & (rows < layers.shape[0]) & (columns < layers.shape[1])
    hidden = layers.surface_m[rows[inside], columns[inside]] > camera.z_m
    return float(away[int(hidden.argmax())]) if hidden.any() else float(away[-1])
