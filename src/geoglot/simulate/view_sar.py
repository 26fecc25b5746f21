"""The radar view: sigma nought of a side-looking SAR, projected to the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import light, radar
from geoglot.simulate.emit import P_CROP, kit
from geoglot.simulate.noise import Spot, mix
from geoglot.simulate.tables import COVER_CLASSES, material, materials, things
from geoglot.simulate.world import Layers

_MARGIN_PX = 4
_TALLEST_M = 40.0
_FARTHEST_PX = 48
_FIELD_DB = 1.6  # Sentinel-1 over neighbouring fields in summer: 1.5 to 2.5 (Harfenmeister et al. 2019)
_ALL = 1 << 20  # steps: no limit, no heights from outside


@dataclass(frozen=True, slots=True)
class SarView:
    """How a SAR looks.

    look_deg: direction the beam travels over the ground, clockwise from north (90: the sensor flies west of the
    scene). looks: number of independent looks. noise_db: noise-equivalent sigma nought. wind: 0 calm water, 1 rough
    (10 m/s). soil_db: how much brighter all ground is than usual: wet and rough, or dry and smooth. Ground-range
    image, referred to the terrain: only things above the ground are displaced.
    """

    gsd_m: float
    look_deg: float = 82.0
    incidence_deg: float = 38.0
    looks: int = 4
    noise_db: float = -25.0
    wind: float = 0.0
    soil_db: float = 0.0
    blur_px: float = 0.5
    noise_seed: int = 0

    def __post_init__(self) -> None:
        if not 15.0 <= self.incidence_deg <= 65.0:
            raise InputError(
                "the radar looks from a wrong angle", value=self.incidence_deg, expected="15 to 65 degrees"
            )
        if not 1 <= self.looks <= 64:
            raise InputError("the number of looks is wrong", value=self.looks, expected="1 to 64")

    @property
    def east(self) -> float:
        """Eastward part of the unit vector away from the sensor."""
        return math.sin(math.radians(self.look_deg))

    @property
    def south(self) -> float:
        """Southward part of that vector."""
        return -math.cos(math.radians(self.look_deg))

    def margins_px(self) -> tuple[int, int, int, int]:
        """Extra pixels west, north, east, south: shadows come from the sensor's side, layover from the far side."""
        lean = _TALLEST_M / math.tan(math.radians(self.incidence_deg)) / self.gsd_m
        shade = _TALLEST_M * math.tan(math.radians(self.incidence_deg)) / self.gsd_m
        reach = min(_FARTHEST_PX, math.ceil(max(lean, shade)))
        wide = _MARGIN_PX + math.ceil(reach * abs(self.east))
        tall = _MARGIN_PX + math.ceil(reach * abs(self.south))
        return wide, tall, wide, tall


def sar(world_seed: int, layers: Layers, view: SarView, margins: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """(2, H, W) sigma nought, linear, VV and VH.

    layers: from `fine_layers` with the same margins; the result leaves the margins out.
    """
    image, place = _means(world_seed, layers, view, margins)
    radar.speckle(image, place, view.looks, 10.0 ** (view.noise_db / 10.0))
    return image


def complex_sar(
    world_seed: int, layers: Layers, view: SarView, margins: tuple[int, int, int, int]
) -> NDArray[np.complex64]:
    """(2, H, W) complex single-look field, VV and VH; its squared magnitude is sigma nought on average."""
    image, place = _means(world_seed, layers, view, margins)
    field: NDArray[np.complex64] = radar.circular(image, place, 10.0 ** (view.noise_db / 10.0))
    return field


def horizontal(image: NDArray[np.float32], cover: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(1, H, W) sigma nought HH from VV and VH and the land cover.

    HH lies below VV on water (Bragg scattering) and above it where walls stand: -2.5 and +1.0 dB at 38 degrees, else
    equal (Ulaby & Dobson 1989, tables of HH and VV).
    """
    step_db = np.zeros(len(COVER_CLASSES), np.float32)
    step_db[COVER_CLASSES.index("water")] = -2.5
    step_db[COVER_CLASSES.index("urban")] = 1.0
    hh: NDArray[np.float32] = image[:1] * 10.0 ** (step_db[cover] / 10.0)[None]
    return hh.astype(np.float32)


def _means(
    world_seed: int, layers: Layers, view: SarView, margins: tuple[int, int, int, int]
) -> tuple[NDArray[np.float32], Spot]:
    """(2, H, W) mean sigma nought without speckle, and where its pixels lie, for the noise."""
    west, north, east, south = margins
    step = layers.gsd_m
    col0, row0 = round(layers.x_m / step), round(layers.y_m / step)
    incidence = math.radians(view.incidence_deg)
    ray = light.Ray(-view.east, -view.south, 1.0 / math.tan(incidence), _ALL, _ALL)
    whole = (0, layers.shape[0], 0, layers.shape[1])
    lit = light.sunlit(layers.surface_m, Spot(col0, row0, step, 0), ray, layers.far, whole)
    names = kit().kind
    crown = np.zeros(len(things().radar_db), dtype=np.bool_)
    crown[[names.tree, names.bush, names.wake]] = True
    table = materials()
    calm = table.cover == COVER_CLASSES.index("water")
    calm[material("foam")] = False  # breaking waves: as bright in a calm
    echo = radar.Echo(table.vv_db, table.vh_db, calm, things().radar_db, crown, _field_db(layers))
    beam = radar.Beam(view.east, view.south, incidence, view.wind, view.soil_db)
    image = radar.echoes(layers.planes, lit, layers.objects, echo, beam, Spot(col0, row0, step, world_seed))
    image = light.blur(image, view.blur_px)
    radar.sidelobes(image, 3.0, 14)
    rows, columns = image.shape[1:]
    image = np.ascontiguousarray(image[:, north : rows - south, west : columns - east])
    return image, Spot(col0 // 2 + west, row0 // 2 + north, view.gsd_m, view.noise_seed)


def _field_db(layers: Layers) -> NDArray[np.float32]:
    """(H, W) how far each parcel is brighter than its material, in dB: normal, sd _FIELD_DB; 0 outside of parcels.

    Tillage, moisture and growth differ from field to field; column P_CROP is a random number of each.
    """
    own = np.append(layers.patches[:, P_CROP], 0.0)
    words = np.array([mix(np.uint64(max(0.0, word))) for word in own], np.uint64)
    levels = np.where(own > 0.0, _FIELD_DB * np.array([light.bell(word) for word in words]), 0.0)
    found: NDArray[np.float32] = levels.astype(np.float32)[layers.patch]
    return found
