"""Photos of the world with exact truth: what each pixel shows, where that lies, and which objects are seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import march
from geoglot.simulate.bands import RGB
from geoglot.simulate.camera import Camera
from geoglot.simulate.emit import BASE, CLASS, HEIGHT, IN_WOOD, KEY, LENGTH, STAND, WIDTH, X, Y, kit
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.paint_sides import Ground
from geoglot.simulate.tables import object_classes
from geoglot.simulate.truth import SMALLEST_PX, WOOD_TREE_PX, Frame, SimObject, objects_of
from geoglot.simulate.view_photo import Exposure, PhotoView, develop, expose, exposures, grounds
from geoglot.simulate.world import Layers, World

SKY = 255
"""In `SimulatedPhoto.cover`: sky, or ground lost in the haze."""

NOTHING = -1
"""In `SimulatedPhoto.ids`: ground, scenery or sky."""

_LOOKED_AT = 20_000  # rays that tell how large an object would be alone; larger ones are sampled
# The tallest thing on a roof, over the height of its building.
_ABOVE_TOP = 1.15


@dataclass(frozen=True, slots=True)
class Sighting:
    """One labelled object in a photo.

    box: (x0, y0, x1, y1), the bounds of its pixels in the mask. visible: pixels over those it would have alone, inside
    and outside the image. distance_m: of its nearest visible point from the camera. thing: itself, on `chart`'s grid.
    """

    thing: SimObject
    box: tuple[float, float, float, float]
    visible: float
    distance_m: float


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPhoto:
    """What a camera sees across the world, with its truth.

    image: float32 (3, H, W) red, green, blue on the scale of reflectance. sensor: "oblique" or "ground". ids: int64
    (H, W), SimObject.id of what a pixel's centre shows, or NOTHING. place_m: float64 (3, H, W) world x, y and height
    of that point, NaN in the sky. cover: uint8 (H, W), index into COVER_CLASSES, or SKY. chart: the map window, one
    metre a pixel, that holds everything seen; sightings: by id. faint: classes of which something shows that is too
    small to be told.
    """

    image: NDArray[np.float32]
    sensor: str
    view: PhotoView
    ids: NDArray[np.int64]
    place_m: NDArray[np.float64]
    cover: NDArray[np.uint8]
    chart: Frame
    sightings: tuple[Sighting, ...]
    faint: frozenset[str]
    scene_label: str
    world_seed: int
    season: float

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands."""
        return tuple(band.name for band in RGB)

    @property
    def sky_share(self) -> float:
        """Share of the pixels that show sky, or ground lost in the haze."""
        return float((self.cover == SKY).mean())


@dataclass(slots=True, eq=False)
class _Truth:
    """What is known while rings are exposed: rasters as of SimulatedPhoto; rows of labelled objects and their sizes."""

    ids: NDArray[np.int64]
    cover: NDArray[np.uint8]
    rows: dict[int, NDArray[np.float64]]
    alone_px: dict[int, int]


def photograph(
    world: World, view: PhotoView, *, sensor: str = "oblique", epoch: Epoch = NOW, label: str = ""
) -> SimulatedPhoto:
    """The photo that a view takes of a world at an epoch. sensor, label: what is told of it; they change nothing."""
    camera = view.camera
    parts = exposures(camera)
    shape = parts[0].found.t.shape
    truth = _Truth(np.full(shape, NOTHING, np.int64), np.full(shape, SKY, np.uint8), {}, {})
    for number, (ring, layers, ground) in enumerate(grounds(world, view, epoch)):
        expose(parts, view, ground, number, (ring.near_m, ring.far_m))
        _take_down(truth, parts[0], number, layers, (camera, ground))
    return SimulatedPhoto(
        develop(parts, view), sensor, view, truth.ids, place := _places(camera, parts[0].found.t), truth.cover,
        chart := _chart(camera, place), told := _sightings(truth, parts[0].found.t, chart), _faint(truth, told),
        label, world.seed, epoch.season,
    )  # fmt: skip


def _take_down(truth: _Truth, centres: Exposure, number: int, layers: Layers, by: tuple[Camera, Ground]) -> None:
    """Add what the centres of pixels met in one ring."""
    found = centres.found
    mine = (found.t >= 0.0) & (found.field == number)
    at = found.row[mine], found.column[mine]
    truth.cover[mine] = layers.cover[at]
    # Below a crown the ray has met the ground, not the tree that a map shows there.
    things = np.where(found.part[mine] == march.FLOOR, -1, layers.thing[at])
    rows = layers.objects
    told = np.append(rows[:, CLASS] < len(object_classes()), False)
    keys = np.append(rows[:, KEY], NOTHING).astype(np.int64)
    truth.ids[mine] = np.where(told[things], keys[things], NOTHING)
    for n in np.unique(things[told[things]]).tolist():
        key = int(keys[n])
        if key not in truth.rows:
            truth.rows[key] = rows[n].copy()
            truth.alone_px[key] = _alone_px(rows[n], n, *by)


def _alone_px(row: NDArray[np.float64], n: int, camera: Camera, ground: Ground) -> int:
    """Pixels that an object would fill were nothing else there, up to one image's size beyond the image's edges."""
    reach = 0.5 * math.hypot(row[LENGTH], row[WIDTH])
    corners = [
        (row[X] + a * reach, row[Y] + b * reach, row[BASE] + z)
        for a in (-1.0, 1.0) for b in (-1.0, 1.0) for z in (-1.0, _ABOVE_TOP * row[HEIGHT] + 0.5)
    ]  # fmt: skip
    width, height = camera.size_px
    least, most = np.array([-width, -height]), np.array([2 * width, 2 * height])
    pixels = camera.project(corners)
    if np.isnan(pixels).any():  # partly beside or behind the camera
        low, high = least, most
    else:
        low = np.clip(np.floor(pixels.min(axis=0)), least, most).astype(int)
        high = np.clip(np.ceil(pixels.max(axis=0)), least, most).astype(int)
    every = max(1, math.ceil(math.sqrt(float(np.prod(high - low)) / _LOOKED_AT)))
    away = math.hypot(row[X] - camera.x_m, row[Y] - camera.y_m)
    turns = int(row[CLASS] == kit().kind.wind_turbine)
    ring = (max(0.0, away - reach - 1.0), away + reach + 1.0, turns)
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]), every)
    return int(march.alone(ground.field, n, row, camera.lens, box, ring))


def _places(camera: Camera, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, H, W) world x, y and height of what rays through the centres of pixels met; NaN where they met nothing."""
    height, width = t.shape
    rows, columns = np.indices(t.shape)
    ways = camera.rays(np.stack([columns + 0.5, rows + 0.5], axis=-1)).reshape(height, width, 3)
    away = np.where(t >= 0.0, t, np.nan)[:, :, None] * ways
    return np.ascontiguousarray((camera.lens[0] + away).transpose(2, 0, 1))


def _chart(camera: Camera, place_m: NDArray[np.float64]) -> Frame:
    """The map window, in whole metres, that holds everything seen; one pixel at the camera where nothing is."""
    seen = place_m[:2, np.isfinite(place_m[0])]
    seen = seen if seen.size else np.array([[camera.x_m], [camera.y_m]])
    x0, y0 = (math.floor(side) for side in seen.min(axis=1))
    x1, y1 = (math.floor(side) + 1 for side in seen.max(axis=1))
    return Frame(float(x0), float(y0), 1.0, (x1 - x0, y1 - y0))


def _faint(truth: _Truth, told: tuple[Sighting, ...]) -> frozenset[str]:
    """Classes of what was met and is not told."""
    known, names = {each.thing.id for each in told}, object_classes()
    return frozenset(names[int(row[CLASS])] for key, row in truth.rows.items() if key not in known)


def _sightings(truth: _Truth, t: NDArray[np.float64], chart: Frame) -> tuple[Sighting, ...]:
    """Everything labelled that is large enough to be told, by id. Its pixels in `truth.ids` are what is seen of it."""
    keys, where = np.unique(truth.ids, return_inverse=True)
    where = where.reshape(truth.ids.shape)
    count = np.bincount(where.ravel(), minlength=len(keys))
    rows, columns = np.indices(where.shape)
    low = np.full((len(keys), 2), 1 << 30)
    high = np.zeros((len(keys), 2), np.int64)
    nearest = np.full(len(keys), np.inf)
    for side, index in enumerate((columns, rows)):
        np.minimum.at(low[:, side], where, index)
        np.maximum.at(high[:, side], where, index + 1)
    np.minimum.at(nearest, where, t)
    chosen = []
    for n, key in enumerate(keys.tolist()):
        if key == NOTHING:
            continue
        row, longest = truth.rows[key], int((high[n] - low[n]).max())
        least = WOOD_TREE_PX if row[STAND] == IN_WOOD else SMALLEST_PX
        if longest >= least:
            chosen.append((n, row, min(1.0, count[n] / max(1, truth.alone_px[key]))))
    if not chosen:
        return ()
    things = objects_of(np.array([row for _, row, _ in chosen]), np.array([share for _, _, share in chosen]), chart)
    return tuple(
        Sighting(
            thing,
            (float(low[n, 0]), float(low[n, 1]), float(high[n, 0]), float(high[n, 1])),
            thing.visible,
            float(nearest[n]),
        )
        for thing, (n, _, _) in zip(things, chosen, strict=True)
    )
