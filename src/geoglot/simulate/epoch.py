"""Time in the simulated world: seasons, traffic, seconds of motion, and events that leave a state behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, UnknownName
from geoglot.simulate.district_country import sown
from geoglot.simulate.emit import (
    ANGLE,
    CLASS,
    ELLIPSE,
    KEY,
    LENGTH,
    P_CROP,
    P_KIND,
    P_MATERIAL,
    P_MIX,
    P_TONE,
    P_XY,
    R_CLASS,
    R_XY,
    WIDTH,
    Kit,
    X,
    Y,
    rectangle,
)  # fmt: skip
from geoglot.simulate.mesh import MOTORWAY
from geoglot.simulate.noise import generator
from geoglot.simulate.tables import material, material_names

STATES = ("vacant", "flooded", "harvested", "burnt", "cleared", "rural", "ponds", "stripped")
_BUILT = ("building", "house", "greenhouse", "storage_tank", "solar_array")
_MOBILE = ("car", "truck", "bus", "ship", "boat", "airplane", "helicopter", "wake", "container")
# How far each plant cover turns to its dry companion from midsummer to midwinter: shares of leaf and grass that
# senesce in a temperate year (order of the MODIS phenology amplitudes, Zhang et al. 2003). Conifers keep green.
_SENESCENCE = {
    "forest": 0.75, "undergrowth": 0.40, "shrub": 0.30, "grass": 0.35, "lawn": 0.25, "turf": 0.10, "wetland": 0.30,
}  # fmt: skip
_KEPT_SHARE, _SOWN_SHARE = 0.7, 0.4
_PARCEL, _PARCEL_M = 98, (150.0, 80.0)  # length and width of the fields where a town is not yet built


@dataclass(frozen=True, slots=True)
class Event:
    """A state that holds in a disc of the world (metres).

    kind: vacant (nothing built, bare lots), flooded, harvested, burnt, or cleared of wood. Construction is a place
    that was vacant before; demolition one that is vacant after. rural: fields, with no street and nothing built, where
    the world has something else; a place that was rural before was developed. ponds: water where the fields are;
    stripped: their soil laid bare for building.
    """

    kind: str
    x_m: float
    y_m: float
    radius_m: float

    def __post_init__(self) -> None:
        if self.kind not in STATES:
            raise UnknownName("event", self.kind, STATES)


@dataclass(frozen=True, slots=True)
class Epoch:
    """When the world is seen.

    season: fraction of the year, 0.5 is midsummer. traffic: 0 everything that moves is there; any other number leaves
    seven in ten of it, another choice for every number. time_s: seconds of motion along the roads. events: states.
    year: 0 the fields as the world has them; any other number sows another crop on two in five of them.
    """

    season: float = 0.5
    traffic: int = 0
    time_s: float = 0.0
    events: tuple[Event, ...] = ()
    year: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.season < 1.0:
            raise InputError("the season is wrong", value=self.season, expected="a fraction of the year in [0, 1)")

    @property
    def winter(self) -> float:
        """0 at midsummer, 1 at midwinter."""
        return 0.5 + 0.5 * math.cos(2.0 * math.pi * self.season)

    @property
    def bareness(self) -> float:
        """Share of a broad-leaved crown that is open: none while leaves hang, three fifths in the depth of winter."""
        return 0.6 * min(1.0, max(0.0, (self.winter - 0.6) / 0.3))

    def states(self) -> NDArray[np.float64]:
        """(S, 4) index into STATES, x, y and radius of the events, for the compiled loops."""
        rows = [(STATES.index(event.kind), event.x_m, event.y_m, event.radius_m) for event in self.events]
        return np.array(rows, dtype=np.float64).reshape(-1, 4)


NOW = Epoch()


@cache
def _senescence() -> NDArray[np.float32]:
    table = np.zeros(len(material_names()), np.float32)
    for name, share in _SENESCENCE.items():
        table[material(name)] = share
    return table


def wither(mixed: NDArray[np.float32], cover: NDArray[np.uint8], epoch: Epoch) -> None:
    """Turn plants towards their dry companion in place, as far as the season asks."""
    if epoch.winter > 0.0:
        np.minimum(1.0, mixed + np.float32(epoch.winter) * _senescence()[cover], out=mixed)


def _scatter(keys: NDArray[np.float64], traffic: int) -> NDArray[np.float64]:
    """One number in [0, 1) for each object and traffic number: golden-ratio multiples of the hashed key."""
    salt = np.uint64(traffic * 0xD1B54A32D192ED03 % (1 << 64))
    word = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
    word ^= word >> np.uint64(29)
    word *= np.uint64(0xBF58476D1CE4E5B9)
    return (word >> np.uint64(11)).astype(np.float64) / 9007199254740992.0


def objects_at(
    objects: NDArray[np.float64], patches: NDArray[np.float64], epoch: Epoch, kit: Kit
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows of objects and ground patches that hold at an epoch."""
    if epoch.traffic:
        mobile = np.isin(objects[:, CLASS], [getattr(kit.kind, name) for name in _MOBILE])
        objects = objects[~mobile | (_scatter(objects[:, KEY], epoch.traffic) < _KEPT_SHARE)]
    built = [getattr(kit.kind, name) for name in _BUILT]
    if epoch.year:
        _rotate(patches, epoch.year, kit)
    for event in epoch.events:
        near = _inside(objects[:, X], objects[:, Y], event)
        if event.kind == "vacant":
            gone = np.isin(objects[:, CLASS], built) & near
            lots = [_lot(row, kit) for row in objects[gone]]
            patches = np.concatenate([patches, np.array(lots).reshape(-1, patches.shape[1])])
            objects = objects[~gone]
        elif event.kind == "rural":
            objects, patches = objects[~near], _farmed(patches, event, kit)
        elif event.kind in ("harvested", "ponds", "stripped"):
            patches = _turned(patches, event, kit)
    return objects, _at_season(patches, epoch)


def roads_at(roads: NDArray[np.float64], epoch: Epoch) -> NDArray[np.float64]:
    """The rows of road pieces that hold at an epoch: motorways reach rural land, streets within it are not yet laid."""
    for event in epoch.events:
        if event.kind == "rural":
            start, end = (_inside(roads[:, R_XY + k], roads[:, R_XY + k + 1], event) for k in (0, 2))
            roads = roads[~(start & end) | (roads[:, R_CLASS] == MOTORWAY)]
    return roads


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], event: Event) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.hypot(x - event.x_m, y - event.y_m) < event.radius_m
    return found


def _rotate(patches: NDArray[np.float64], year: int, kit: Kit) -> None:
    """Sow a share of the fields anew in place, and give each a calendar of its own."""
    fields = np.flatnonzero((patches[:, P_CROP] > 0.0) & (_scatter(patches[:, P_CROP], 4 * year) < _SOWN_SHARE))
    picks, stages, calendars = (_scatter(patches[fields, P_CROP], 4 * year + k) for k in (1, 2, 3))
    for place, pick, grown, calendar in zip(fields, picks, stages, calendars, strict=True):
        patches[place, P_MATERIAL], patches[place, P_MIX] = sown(kit.paint, pick, grown, kit.paint.soil)
        patches[place, P_CROP] = 1.0 + math.floor(calendar * (1 << 24))


def _farmed(patches: NDArray[np.float64], event: Event, kit: Kit) -> NDArray[np.float64]:
    """The ground patches without those in the disc, and with fields on a grid there."""
    middle = patches[:, P_XY : P_XY + 8].reshape(-1, 4, 2).mean(axis=1)
    middle = np.where((patches[:, P_KIND] == ELLIPSE)[:, None], patches[:, P_XY : P_XY + 2], middle)
    kept = patches[~_inside(middle[:, 0], middle[:, 1], event)]
    rng = generator(_PARCEL, round(event.x_m) & 0xFFFFFFFF, round(event.y_m) & 0xFFFFFFFF)
    turn, count = float(rng.uniform(0.0, math.pi)), math.ceil(event.radius_m / _PARCEL_M[1])
    rows = []
    for i, j in np.ndindex(2 * count, 2 * count):
        u, v = (i - count) * _PARCEL_M[0], (j - count) * _PARCEL_M[1]
        pick, grown, calendar = rng.random(3)
        if math.hypot(u, v) < event.radius_m:
            x = event.x_m + u * math.cos(turn) - v * math.sin(turn)
            y = event.y_m + u * math.sin(turn) + v * math.cos(turn)
            row = np.zeros(patches.shape[1])
            row[P_XY : P_XY + 8] = rectangle(x, y, turn, *_PARCEL_M).ravel()
            row[P_MATERIAL], row[P_MIX] = sown(kit.paint, pick, grown, kit.paint.soil)
            row[P_CROP] = 1.0 + math.floor(calendar * (1 << 24))
            rows.append(row)
    return np.concatenate([kept, np.array(rows).reshape(-1, patches.shape[1])])


def _lot(row: NDArray[np.float64], kit: Kit) -> NDArray[np.float64]:
    """The bare ground of a building that is not there."""
    lot = np.zeros(16)
    quad = rectangle(row[X], row[Y], row[ANGLE], 1.3 * row[LENGTH], 1.35 * row[WIDTH])
    lot[P_XY : P_XY + 8] = quad.ravel()
    lot[P_MATERIAL] = kit.paint.soil_pale
    lot[P_TONE] = 0.04
    lot[P_MIX] = 0.3
    return lot


def _turned(patches: NDArray[np.float64], event: Event, kit: Kit) -> NDArray[np.float64]:
    """The fields that a disc touches, turned to what the event makes of them; a harvest spares what is not green."""
    p = kit.paint
    corners = patches[:, P_XY : P_XY + 8].reshape(-1, 4, 2)
    middle = corners.mean(axis=1)
    half = np.abs(corners - middle[:, None]).max(axis=(1, 2))
    near = np.hypot(middle[:, 0] - event.x_m, middle[:, 1] - event.y_m) < event.radius_m + half
    cut = (patches[:, P_CROP] > 0.0) & near
    if event.kind == "harvested":
        cut &= np.isin(patches[:, P_MATERIAL], [p.crop, p.crop_blue, p.rapeseed])
        patches[cut, P_MATERIAL], patches[cut, P_MIX] = p.crop_ripe, 0.75
    else:
        material, mixed, tone = (p.turbid_water, 0.4, 0.0) if event.kind == "ponds" else (p.soil_pale, 0.1, 0.15)
        patches[cut, P_MATERIAL], patches[cut, P_MIX], patches[cut, P_TONE] = material, mixed, tone
        patches[cut, P_CROP] = 0.0
    return patches


def _at_season(patches: NDArray[np.float64], epoch: Epoch) -> NDArray[np.float64]:
    """Shift every field along its own calendar; at midsummer nothing moves."""
    if epoch.season != 0.5 and len(patches):
        phase = patches[:, P_CROP] % 6.28
        shift = 0.5 * (np.sin(2.0 * math.pi * epoch.season + phase) - np.sin(math.pi + phase))
        crop = patches[:, P_CROP] > 0.0
        patches[crop, P_MIX] = np.clip(patches[crop, P_MIX] + shift[crop], 0.0, 1.0)
    return patches
