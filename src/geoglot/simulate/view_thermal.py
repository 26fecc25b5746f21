"""The thermal view: brightness temperature in kelvin, by day and by night."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import light
from geoglot.simulate.emit import ANGLE, CLASS, LENGTH, RUNNING, WIDTH, X, Y, kit
from geoglot.simulate.light import grain
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import Spot
from geoglot.simulate.tables import Materials, materials, things
from geoglot.simulate.view_optical import Sun, shade, shadow_margins_px
from geoglot.simulate.world import Layers, Planes

# Effective clear-sky temperature in 8-14 µm below air: 20 to 60 K (Martin & Berdahl 1984); a middle value.
_SKY_BELOW_AIR_K = 40.0


@dataclass(frozen=True, slots=True)
class ThermalView:
    """How a thermal camera looks. sun: None at night. air_k: air temperature; nedt_k: noise of one pixel; texture:
    share of the unevenness that materials have.
    """

    gsd_m: float
    sun: Sun | None = None
    air_k: float = 288.0
    nedt_k: float = 0.05
    blur_px: float = 0.7
    noise_seed: int = 0
    texture: float = 1.0

    def margins_px(self) -> tuple[int, int, int, int]:
        """Extra pixels west, north, east, south, for shadows by day and for the blur."""
        return (5, 5, 5, 5) if self.sun is None else shadow_margins_px(self.sun, self.gsd_m)


class Heat(NamedTuple):
    """What warms things: kelvin of running ones by class, which classes are vehicles, the sun, and the air.

    east, south, steep (tan of the zenith angle): where the sun stands; insolation: 0 at night, 1 under a full sun.
    """

    warm: Array
    engine: Array
    east: float
    south: float
    steep: float
    insolation: float
    air_k: float


@kernel
def temperatures(planes: Planes, lit: Array, objects: Array, table: Materials, heat: Heat, spot: Spot) -> Array:
    """(1, H, W) brightness temperature in kelvin before optics; planes are twice as fine as lit (H, W)."""
    material, tone, mixed, thing, _, _, slope_x, slope_y = planes
    warm, engine, east, south, steep, insolation, air = heat
    step = spot.step_m
    rows, columns = lit.shape
    out = np.empty((1, rows, columns), np.float32)
    cold_sky = (air - _SKY_BELOW_AIR_K) ** 4
    fine_line = np.empty(columns)
    broad_line = np.empty(columns)
    for r in range(rows):
        grain(spot, r, fine_line, broad_line)
        for c in range(columns):
            fine = fine_line[c]
            broad = broad_line[c]
            total = 0.0
            for k in range(4):
                rr = 2 * r + k // 2
                cc = 2 * c + k % 2
                m = material[rr, cc]
                d = table.dry[m]
                q = min(1.0, max(0.0, mixed[rr, cc] + 0.4 * broad * table.patch[m]))
                gx = slope_x[rr, cc]
                gy = slope_y[rr, cc]
                facing = max(0.0, 1.0 - (gx * east + gy * south) * steep) / math.sqrt(1.0 + gx * gx + gy * gy)
                sun = insolation * (0.14 + 0.86 * lit[r, c] * facing)
                day = table.day_k[m] + (table.day_k[d] - table.day_k[m]) * q
                night = table.night_k[m] + (table.night_k[d] - table.night_k[m]) * q
                kelvin = air + night * (1.0 - min(1.0, insolation)) + day * sun
                # Uneven moisture and colour: dark spots are warmer in the sun, and hardly differ by night.
                kelvin += 3.5 * table.rough[m] * fine + 5.5 * table.patch[m] * broad
                kelvin += tone[rr, cc] * (2.0 - 7.0 * sun)
                n = thing[rr, cc]
                if n >= 0 and objects[n, RUNNING] > 0.5:
                    x = (spot.col0 + c + 0.25 + 0.5 * (k % 2)) * step
                    y = (spot.row0 + r + 0.25 + 0.5 * (k // 2)) * step
                    kelvin += _running(objects[n], warm, engine, (x, y))
                e = table.emissivity[m]
                total += e * kelvin**4 + (1.0 - e) * cold_sky
            out[0, r, c] = (0.25 * total) ** 0.25
    return out


@subkernel
def _running(row: Array, warm: Array, engine: Array, at: tuple[float, float]) -> float:
    """Kelvin that a running thing adds at a point: over the bonnet of a vehicle, evenly elsewhere."""
    kind = int(row[CLASS])
    if not engine[kind]:
        return float(warm[kind])
    co = math.cos(row[ANGLE])
    si = math.sin(row[ANGLE])
    u = ((at[0] - row[X]) * co + (at[1] - row[Y]) * si) / row[LENGTH] - 0.34
    v = (-(at[0] - row[X]) * si + (at[1] - row[Y]) * co) / row[WIDTH]
    return float(warm[kind] * (0.15 + 0.85 * math.exp(-18.0 * u * u - 3.0 * v * v)))


def thermal(
    world_seed: int, layers: Layers, view: ThermalView, margins: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    """(1, H, W) brightness temperature in kelvin.

    layers: from `fine_layers` with the same margins; the result leaves the margins out.
    """
    west, north, east, south = margins
    rows, columns = layers.shape[0] // 2, layers.shape[1] // 2
    col0, row0 = round(layers.x_m / view.gsd_m), round(layers.y_m / view.gsd_m)
    if view.sun is None:
        lit = np.zeros((rows, columns), np.float32)
        sky = (0.0, 0.0, 0.0, 0.0)
    else:
        sun = view.sun
        lit = shade(layers, sun, view.gsd_m)
        lit = light.blur(lit[None], 1.0)[0]  # heat spreads: shadows on the ground have soft edges
        strength = math.sin(math.radians(sun.elevation_deg)) / math.sin(math.radians(55.0))
        sky = (sun.east, sun.south, 1.0 / sun.rise, strength)
    names = kit().kind
    engine = np.zeros(len(things().warm), dtype=np.bool_)
    engine[[names.car, names.truck, names.bus]] = True
    heat = Heat(np.ascontiguousarray(things().warm[:, 0]), engine, *sky, view.air_k)
    spot = Spot(col0, row0, view.gsd_m, world_seed)
    table = materials()
    table = table._replace(rough=view.texture * table.rough, patch=view.texture * table.patch)
    image = temperatures(layers.planes, lit, layers.objects, table, heat, spot)
    image = light.blur(image, view.blur_px)[:, north : rows - south, west : columns - east]
    image = np.ascontiguousarray(image)
    light.add_noise(image, Spot(col0 + west, row0 + north, view.gsd_m, view.noise_seed), 0.0, view.nedt_k)
    return image
