"""The optical view: what a camera sees from above, in reflectance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import light
from geoglot.simulate.bands import RGBN, SpectralBand, air_light, reflectances, sky_share
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.noise import Spot
from geoglot.simulate.tables import materials
from geoglot.simulate.truth import Frame
from geoglot.simulate.world import Layers, World

_BLUR_MARGIN_PX = 4
# Shadows come from fine heights this near, from coarse ones beyond.
NEAR_SHADOW_PX = 48
TALLEST_THING_M = 45.0
FAR_SHADOW_M = 60.0


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands: azimuth clockwise from north, elevation above the horizon, both in degrees."""

    azimuth_deg: float
    elevation_deg: float

    def __post_init__(self) -> None:
        if not 5.0 <= self.elevation_deg <= 90.0:
            raise InputError("the sun is too low", value=self.elevation_deg, expected="an elevation of 5 to 90 degrees")

    @property
    def east(self) -> float:
        """Eastward part of the unit vector on the ground towards the sun."""
        return math.sin(math.radians(self.azimuth_deg))

    @property
    def south(self) -> float:
        """Southward part of that vector."""
        return -math.cos(math.radians(self.azimuth_deg))

    @property
    def rise(self) -> float:
        """Tangent of the elevation."""
        return math.tan(math.radians(self.elevation_deg))


# Late morning at mid latitude.
NOON = Sun(150.0, 50.0)


@dataclass(frozen=True, slots=True)
class OpticalView:
    """How a camera looks: pixel size, bands, sun, air, optics, noise.

    haze: 0 no air (low aircraft), 1 clear air seen from space, more for hazy days. blur_px: standard deviation of the
    point spread in pixels; 0.45 gives a modulation of 0.37 at Nyquist. shot, floor: noise variance is
    shot * reflectance + floor². noise_seed keys the noise; it is tied to the world position of each pixel. texture:
    share of the unevenness that materials have; 0 gives flat ground, to see what texture is worth.
    """

    gsd_m: float
    sun: Sun = NOON
    bands: tuple[SpectralBand, ...] = RGBN
    haze: float = 1.0
    blur_px: float = 0.45
    shot: float = 0.00006
    floor: float = 0.002
    noise_seed: int = 0
    texture: float = 1.0

    def margins_px(self) -> tuple[int, int, int, int]:
        """Extra pixels needed west, north, east, south: room for shadows from the sunward side, and for the blur."""
        return shadow_margins_px(self.sun, self.gsd_m)


def shadow_margins_px(sun: Sun, gsd_m: float) -> tuple[int, int, int, int]:
    """Pixels needed west, north, east, south so that near shadows fall in from the sunward side, and for the blur."""
    near = min(NEAR_SHADOW_PX, math.ceil(TALLEST_THING_M / sun.rise / gsd_m))
    sides = (-sun.east, -sun.south, sun.east, sun.south)
    west, north, east, south = (_BLUR_MARGIN_PX + math.ceil(near * max(0.0, side)) for side in sides)
    return west, north, east, south


def shade(layers: Layers, sun: Sun, gsd_m: float, part: tuple[int, int, int, int] | None = None) -> NDArray[np.float32]:
    """(H, W) share of direct sun on the pixels of layers that are twice as fine.

    part: first row, row after the last, first and after the last column of the pixels that are wanted; None for all.
    """
    near = min(NEAR_SHADOW_PX, math.ceil(TALLEST_THING_M / sun.rise / gsd_m))
    steep = max(abs(sun.east), abs(sun.south))
    spot = Spot(round(layers.x_m / gsd_m), round(layers.y_m / gsd_m), gsd_m, 0)
    ray = light.Ray(sun.east, sun.south, sun.rise, int(near * steep), int(max(near, FAR_SHADOW_M / gsd_m) * steep))
    surface = light.coarser(layers.surface_m, 2)
    whole = (0, surface.shape[0], 0, surface.shape[1])
    lit: NDArray[np.float32] = light.sunlit(surface, spot, ray, layers.far, part or whole)
    return lit


def fine_layers(world: World, frame: Frame, margins: tuple[int, int, int, int], *, epoch: Epoch = NOW) -> Layers:
    """Layers at half the pixel size of a frame, with margins (west, north, east, south) in whole pixels."""
    west, north, east, south = margins
    gsd = frame.gsd_m
    col, row = round(frame.x_m / gsd), round(frame.y_m / gsd)
    return world.window(
        (col - west) * gsd,
        (row - north) * gsd,
        (frame.size_px[0] + west + east) * gsd,
        (frame.size_px[1] + north + south) * gsd,
        gsd / 2.0,
        epoch=epoch,
        reach_m=FAR_SHADOW_M if max(margins) >= NEAR_SHADOW_PX // 2 and gsd * NEAR_SHADOW_PX < FAR_SHADOW_M else 0.0,
    )


def optical(
    world_seed: int, layers: Layers, view: OpticalView, margins: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """(C, H, W) reflectance of one window.

    layers: from `fine_layers` with the same margins; the result leaves the margins out.
    """
    # What only throws shadows into the picture needs no light of its own; what is blurred into it does.
    room = max(_BLUR_MARGIN_PX, math.ceil(3.0 * view.blur_px))
    west, north, east, south = (min(room, side) for side in margins)
    left, top = margins[0] - west, margins[1] - north
    right, low = layers.shape[1] // 2 - margins[2] + east, layers.shape[0] // 2 - margins[3] + south
    rows, columns = low - top, right - left
    col0, row0 = round(layers.x_m / view.gsd_m) + left, round(layers.y_m / view.gsd_m) + top
    lit = shade(layers, view.sun, view.gsd_m, (top, low, left, right))
    table = materials()
    sun = np.array([view.sun.east, view.sun.south, 1.0 / view.sun.rise])
    rough, patch = view.texture * table.rough, view.texture * table.patch
    box = light.Paintbox(reflectances(view.bands), table.dry, rough, patch, sky_share(view.bands))
    spot = Spot(col0, row0, view.gsd_m, world_seed)
    image = light.reflected(layers.planes, lit, spot, (top, left), sun, box)
    image = light.blur(image, view.blur_px)[:, north : rows - south, west : columns - east]
    air = (view.haze * air_light(view.bands)).astype(np.float32)[:, None, None]
    image = np.ascontiguousarray(image * (1.0 - 1.6 * air) + air)
    light.add_noise(image, Spot(col0 + west, row0 + north, view.gsd_m, view.noise_seed), view.shot, view.floor)
    return image
