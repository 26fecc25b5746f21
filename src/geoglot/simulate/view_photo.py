"""Photos across the world: the field of heights in rings around a camera, finer near it, traced ray by ray."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import light, march, paint_sides
from geoglot.simulate.bands import RGB, reflectances, sky_share
from geoglot.simulate.camera import Camera
from geoglot.simulate.emit import kit
from geoglot.simulate.epoch import Epoch
from geoglot.simulate.noise import Spot
from geoglot.simulate.tables import material, materials, things
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_optical import NOON, Sun, fine_layers, shade, shadow_margins_px
from geoglot.simulate.water import ground
from geoglot.simulate.world import Layers, World

MOST_PX = 1_000_000
"""Map pixels that are in memory at once: about 200 MB with all that is known of them."""

_FINEST_M = 0.1  # of a map pixel that a photo is made of
# A ring ends where its map pixels have shrunk to two thirds of a photo's pixel; they begin at four thirds.
_RATIO = 0.75
_FAN = 13  # rays along each side of the fan that tells what a ring shows
_SLACK_M = 8.0  # hills and hollows between the points at which the ground is sampled
# Koschmieder: contrast falls to 2 % at the visibility; aerosols extinguish more in the blue (Angstrom exponent 1.3).
_KOSCHMIEDER = 3.912
_WALLS = (
    ("concrete", "concrete", "paint_white", "beige", "tile_brown", "paving", "roof_white", "roof_metal"),
    ("paint_white", "paint_white", "beige", "beige", "tile_brown", "tile_red", "concrete", "wood"),
)


@dataclass(frozen=True, slots=True)
class PhotoView:
    """How a photo is taken: camera, sun, air, optics, noise.

    above_m: of the camera over the ground below. range_m: beyond this distance over ground there is haze, below the
    horizon too. visibility_m: where contrast has fallen to 2 %. blur_px, shot, floor, noise_seed: as of OpticalView;
    the noise is keyed by the pixel of the photo.
    """

    camera: Camera
    above_m: float
    sun: Sun = NOON
    range_m: float = 1500.0
    visibility_m: float = 15000.0
    blur_px: float = 0.45
    shot: float = 0.00006
    floor: float = 0.002
    noise_seed: int = 0


class Ring(NamedTuple):
    """Ground between two distances from the camera (m, over ground), and the pixel size of its map."""

    near_m: float
    far_m: float
    gsd_m: float


class Exposure(NamedTuple):
    """Rays through the centres (0.5) or corners (0) of pixels: what they met, and (3, H, W) light."""

    shift: float
    found: march.Found
    light: NDArray[np.float32]


def rings(camera: Camera, above_m: float, range_m: float) -> tuple[Ring, ...]:
    """Rings out to a range, each twice as coarse as the one before. above_m: of the camera over the ground below."""
    steepest = math.radians(90.0 - camera.tilt_deg) + math.atan(0.5 * camera.size_px[1] / camera.focal_px)
    nearest = above_m / math.sin(min(0.5 * math.pi, max(0.05, steepest)))
    gsd = max(_FINEST_M, nearest / camera.focal_px * _RATIO)
    found: list[Ring] = []
    near = 0.0
    while near < range_m:
        slant = 2.0 * gsd * camera.focal_px / _RATIO
        far = min(range_m, math.sqrt(max(slant * slant - above_m * above_m, 0.0)))
        if far > near:
            found.append(Ring(near, far, gsd))
            near = far
        gsd *= 2.0
    return tuple(found)


def _heights(world: World, camera: Camera, range_m: float) -> NDArray[np.float64]:
    """(N, 2) distance over ground (m) and height of the ground at points of a fan before the camera."""
    x, y = camera.x_m, camera.y_m
    site = world.site(x - range_m, y - range_m, 2.0 * range_m, 2.0 * range_m)
    rows = [(0.0, ground(world.seed, x, y, site.water)[0])]
    behind = camera.tilt_deg < 0.5 * camera.fov_deg + 5.0  # it sees what lies below it, and beyond on all sides
    wide = math.pi if behind else math.radians(0.55 * camera.fov_deg + (20.0 if camera.tilt_deg < 75.0 else 5.0))
    for turn in np.linspace(-wide, wide, 9):
        angle = math.radians(camera.heading_deg) + turn
        for away in np.geomspace(max(2.0, range_m / 400.0), range_m, 16):
            z = ground(world.seed, x + away * math.sin(angle), y - away * math.cos(angle), site.water)[0]
            rows.append((float(away), z))
    return np.array(rows)


def window(camera: Camera, ring: Ring, heights: NDArray[np.float64]) -> Frame | None:
    """The part of the map that a ring of a photo can show, or None. heights: (N, 2) distance and height of ground."""
    near = (heights[:, 0] >= 0.5 * ring.near_m) & (heights[:, 0] <= 2.0 * ring.far_m)
    low = float(heights[near, 1].min()) - _SLACK_M
    high = float(heights[near, 1].max()) + _SLACK_M + float(things().size[:, 2, 3].max())
    across, down = (np.linspace(0.0, side, _FAN) for side in camera.size_px)
    ways = camera.rays(np.stack(np.meshgrid(across, down), axis=-1))
    level = np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)
    slope = ways[:, 2] / level
    with np.errstate(divide="ignore"):
        crossings = np.stack([(low - camera.z_m) / slope, (high - camera.z_m) / slope])
    enter, leave = crossings.min(axis=0), crossings.max(axis=0)
    if low < camera.z_m < high:  # every ray starts between the heights, and leaves once
        enter = np.zeros_like(enter)
    begin, end = np.maximum(enter, ring.near_m), np.minimum(leave, ring.far_m)
    seen = begin < end
    if not seen.any():
        return None
    ends = np.concatenate([begin[seen], end[seen]])[:, None] * np.tile((ways[:, :2] / level[:, None])[seen], (2, 1))
    margin = 4.0 * ring.gsd_m + 0.02 * ring.far_m
    x0, y0 = (camera.lens[0, :2] + ends.min(axis=0) - margin) / ring.gsd_m
    x1, y1 = (camera.lens[0, :2] + ends.max(axis=0) + margin) / ring.gsd_m
    left, top = math.floor(x0), math.floor(y0)
    return Frame(left * ring.gsd_m, top * ring.gsd_m, ring.gsd_m, (math.ceil(x1) - left, math.ceil(y1) - top))


def pieces(camera: Camera, ring: Ring, heights: NDArray[np.float64]) -> Iterator[tuple[Ring, Frame]]:
    """A ring in parts that fit into memory, from the nearest on: cut across where it is deep, coarser where wide."""
    frame = window(camera, ring, heights)
    if frame is None:
        return
    if frame.size_px[0] * frame.size_px[1] <= MOST_PX:
        yield ring, frame
    elif ring.far_m - ring.near_m > ring.far_m * math.tan(math.radians(0.5 * camera.fov_deg)):
        middle = 0.5 * (ring.near_m + ring.far_m)
        yield from pieces(camera, ring._replace(far_m=middle), heights)
        yield from pieces(camera, ring._replace(near_m=middle), heights)
    else:
        yield from pieces(camera, ring._replace(gsd_m=2.0 * ring.gsd_m), heights)


def ground_of(world_seed: int, layers: Layers, sun: Sun) -> paint_sides.Ground:
    """What rays can meet in layers, and how it looks from above under a sun."""
    step, names = layers.gsd_m, kit().kind
    gsd = 2.0 * step
    spot = Spot(round(layers.x_m / step), round(layers.y_m / step), step, 0)
    top = layers.surface_m.copy()
    low = march.undersides(
        top, layers.thing, layers.objects, (names.tree, names.bridge, names.airplane, names.wind_turbine), spot
    )
    field = march.Field(
        spot.col0, spot.row0, step, top, low, layers.ground_m, layers.thing,
        march.highest_of(top, layers.ground_m),
    )  # fmt: skip
    lit = shade(layers, sun, gsd)
    table = materials()
    box = light.Paintbox(reflectances(RGB), table.dry, table.rough, table.patch, sky_share(RGB))
    here = Spot(round(layers.x_m / gsd), round(layers.y_m / gsd), gsd, world_seed)
    way = np.array([sun.east, sun.south, 1.0 / sun.rise])
    texture = light.reflected(layers.planes, lit, here, (0, 0), way, box)
    return paint_sides.Ground(
        field, texture, lit, layers.material, layers.under, layers.slope_x, layers.slope_y, layers.objects
    )


def daylight(sun: Sun, visibility_m: float) -> paint_sides.Daylight:
    """Light and air of a clear day."""
    high = math.radians(sun.elevation_deg)
    way = (sun.east * math.cos(high), sun.south * math.cos(high), math.sin(high))
    centres = np.array([band.centre_um for band in RGB])
    fade = _KOSCHMIEDER / visibility_m * (0.55 / centres) ** 1.3
    return paint_sides.Daylight(reflectances(RGB), sky_share(RGB), way, fade, _walls())


@cache
def _walls() -> NDArray[np.int64]:
    return np.array([[material(name) for name in row] for row in _WALLS], dtype=np.int64)


def exposures(camera: Camera) -> tuple[Exposure, Exposure]:
    """Rays through the centres of pixels and through their corners, which have met nothing yet."""
    width, height = camera.size_px
    return (
        Exposure(0.5, march.nothing(height, width), np.zeros((3, height, width), np.float32)),
        Exposure(0.0, march.nothing(height + 1, width + 1), np.zeros((3, height + 1, width + 1), np.float32)),
    )


def expose(
    parts: tuple[Exposure, ...], view: PhotoView, ground: paint_sides.Ground, number: int, ring: tuple[float, float]
) -> None:
    """Let the rays that have met nothing meet one ring of ground, the number-th."""
    day, lens, tools = daylight(view.sun, view.visibility_m), view.camera.lens, kit()
    for part in parts:
        march.trace(ground.field, number, lens, part.shift, ring, part.found)
        march.rotors(
            ground.field, ground.rows, tools.kind.wind_turbine, number, lens, part.shift, np.array(ring), part.found
        )
        paint_sides.colours(ground, number, day, tools, lens, part.shift, part.found, part.light)


def grounds(world: World, view: PhotoView, epoch: Epoch) -> Iterator[tuple[Ring, Layers, paint_sides.Ground]]:
    """The rings of a photo that show something, from the nearest on, one in memory at a time."""
    camera = view.camera
    heights = _heights(world, camera, view.range_m)
    for whole in rings(camera, view.above_m, view.range_m):
        for ring, frame in pieces(camera, whole, heights):
            layers = fine_layers(world, frame, shadow_margins_px(view.sun, ring.gsd_m), epoch=epoch)
            yield ring, layers, ground_of(world.seed, layers, view.sun)


def develop(parts: tuple[Exposure, Exposure], view: PhotoView) -> NDArray[np.float32]:
    """(3, H, W) radiance on the scale of reflectance. A pixel is half its centre's ray, half those of its corners."""
    day, lens = daylight(view.sun, view.visibility_m), view.camera.lens
    for part in parts:
        paint_sides.backdrop(day, lens, part.shift, part.found, part.light)
    centres, corners = parts[0].light, parts[1].light
    around = corners[:, :-1, :-1] + corners[:, 1:, :-1] + corners[:, :-1, 1:] + corners[:, 1:, 1:]
    image: NDArray[np.float32] = light.blur(0.5 * centres + 0.125 * around, view.blur_px)
    light.add_noise(image, Spot(0, 0, 1.0, view.noise_seed), view.shot, view.floor)
    return image
