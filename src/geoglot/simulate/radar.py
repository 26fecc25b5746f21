"""Radar echoes: the compiled loops of the SAR view."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoglot.simulate.emit import ANGLE, CLASS, HEIGHT
from geoglot.simulate.light import bell
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import Spot, hash_cell, mix, normal, unit, value_noise
from geoglot.simulate.world import Planes

_SCATTER, _SPECKLE, _WIND, _SOIL = 84, 85, 87, 88
# Cross-polarised return of metal and walls below the co-polarised one, dB (Touzi et al. 2004, urban C band: 7 to 11).
_CROSS_DB = 9.0
# What wind of about 10 m/s adds to calm water, dB, VV and VH, and how both fall with each degree of incidence
# (CMOD5.N, Hersbach 2010: VV at 35 degrees -11 dB for 10 m/s; VH is weak and flat, Zhang & Perrie 2012).
_WIND_VV_DB, _WIND_VH_DB = 11.5, 7.0
_STEEP_VV_DB, _STEEP_VH_DB = 0.45, 0.15
# Up to this pixel size of the fine grid (m) the line of a wall fills a pixel of it; in larger ones its echo is diluted,
# for the radar cross-section of a metre of wall stays the same.
_LINE_M = 1.25
# Spread of the echoes of a built thing's parts, dB, where parts are told apart (the same pixel size).
_PARTS_DB = 8.5


@subkernel
def _put(out: Array, x: float, y: float, vv: float, vh: float) -> None:
    """Share one echo among the four nearest pixels."""
    c = math.floor(x - 0.5)
    r = math.floor(y - 0.5)
    tx = x - 0.5 - c
    ty = y - 0.5 - r
    for dr in range(2):
        for dc in range(2):
            if 0 <= r + dr < out.shape[1] and 0 <= c + dc < out.shape[2]:
                share = (ty if dr else 1.0 - ty) * (tx if dc else 1.0 - tx)
                out[0, r + dr, c + dc] += share * vv
                out[1, r + dr, c + dc] += share * vh


@subkernel
def _db(value: float) -> float:
    return float(math.exp(0.2302585093 * value))


@subkernel
def _facing(slope_along: float, incidence: float) -> float:
    """Brightness of a tilted facet relative to level ground: (cos/cos)**1.5 * sin/sin of the local angle.

    slope_along: rise per metre away from the sensor. Ground that rises towards the look is met more squarely.
    """
    local = incidence - math.atan(slope_along)
    local = min(1.45, max(0.12, local))
    ratio = math.cos(local) / math.cos(incidence)
    return float(min(5.0, max(0.08, ratio**1.5 * math.sin(incidence) / math.sin(local))))


class Beam(NamedTuple):
    """How the radar looks, and on what day.

    east, south: unit vector away from the sensor over the ground. incidence: radians. wind: 0 to 1. soil_db: how far
    all ground is brighter than the tables say.
    """

    east: float
    south: float
    incidence: float
    wind: float
    soil_db: float


class Echo(NamedTuple):
    """Sigma nought in dB at 35 degrees, and what modifies it.

    vv_db, vh_db, calm: of materials; calm ones are water that wind roughens. thing_db, crown: of object classes; crowns
    are a volume. field_db: (H, W) how far a parcel is brighter than its material, on the fine grid.
    """

    vv_db: Array
    vh_db: Array
    calm: Array
    thing_db: Array
    crown: Array
    field_db: Array


@kernel
def echoes(planes: Planes, lit: Array, objects: Array, echo: Echo, beam: Beam, spot: Spot) -> Array:
    """(2, H, W) mean sigma nought, VV and VH, of a window without speckle.

    planes, lit (1 where the beam reaches) and spot are twice as fine as the image.
    """
    material, _, _, thing, base, top, slope_x, slope_y = planes
    vv_db, vh_db, calm, radar_db, crown, field_db = echo
    east, south, incidence, wind, soil_db = beam
    col0, row0, step, seed = spot
    rows, columns = material.shape
    out = np.zeros((2, rows // 2, columns // 2), np.float32)
    fold = 1.0 / (math.tan(incidence) * 2.0 * step)  # image pixels of layover per metre of height
    steep = math.degrees(incidence) - 35.0
    # Land falls with the square of the cosine of incidence (Ulaby & Dobson 1989; 0.13 dB a degree at 38 degrees).
    tilt_db = 20.0 * math.log10(math.cos(incidence) / math.cos(math.radians(35.0)))
    # A pixel of many parts spreads less around the same mean; half the variance over 4.34 dB lifts a log-normal's mean.
    parts_db = _PARTS_DB * math.sqrt(min(1.0, _LINE_M / step))
    mean_db = -16.5 + (_PARTS_DB**2 - parts_db**2) / 8.686
    for r in range(rows):
        for c in range(columns):
            n = thing[r, c]
            # Crowns are a volume: part of one stays in the beam even behind another.
            leafy = n >= 0 and crown[int(objects[n, CLASS])]
            seen = max(lit[r, c], 0.45) if leafy else lit[r, c]
            if seen <= 0.0:
                continue
            m = material[r, c]
            h = hash_cell(seed, _SCATTER, col0 + c, row0 + r)
            high = top[r, c] - base[r, c]
            bend = _facing(slope_x[r, c] * east + slope_y[r, c] * south, incidence) if high < 0.5 else 1.0
            vv = vv_db[m]
            vh = vh_db[m]
            solid = n >= 0 and not leafy and objects[n, HEIGHT] > 0.3
            if solid:
                # A built thing is strong points among weak faces: log-normal.
                vv = radar_db[int(objects[n, CLASS])] + mean_db + parts_db * bell(h)
                vh = vv - _CROSS_DB + 2.0 * bell(mix(h))
            elif calm[m]:
                gust = value_noise(seed, _WIND, (col0 + c) * step / 900.0, (row0 + r) * step / 900.0)
                wave = wind * (1.0 + 0.3 * gust)
                vv += _WIND_VV_DB * wave - _STEEP_VV_DB * steep
                vh += _WIND_VH_DB * wave - _STEEP_VH_DB * steep
            else:
                soil = tilt_db + (0.4 if leafy else 1.0) * (soil_db + field_db[r, c])
                if not leafy:
                    soil += 1.5 * value_noise(seed, _SOIL, (col0 + c) * step / 160.0, (row0 + r) * step / 160.0)
                soil += (2.4 if leafy else 0.9) * bell(h) + (2.0 if leafy else 0.0)
                vv += soil
                vh += soil
            x = 0.5 * (c + 0.5) - high * fold * east
            y = 0.5 * (r + 0.5) - high * fold * south
            _put(out, x, y, 0.25 * bend * seen * _db(vv), 0.25 * bend * seen * _db(vh))
            if solid:
                _wall(out, planes, (r, c), objects[n], radar_db[int(objects[n, CLASS])], beam, h, fold)
    return out


@subkernel
def _wall(
    out: Array, planes: Planes, at: tuple[int, int], row: Array, strength: float, beam: Beam, h: np.uint64, fold: float
) -> None:
    """The face of an object towards the sensor: its own echo folded over the ground before it, and the corner it
    makes with the ground (double bounce), strong where the face looks back along the beam.

    More than six parameters: compiled inner loop, and a bundle would be built for every pixel.
    """
    top = planes.surface_m
    base = planes.ground_m
    r, c = at
    near_r = math.floor(r + 0.5 - beam.south)
    near_c = math.floor(c + 0.5 - beam.east)
    if near_r < 0 or near_c < 0 or near_r >= top.shape[0] or near_c >= top.shape[1]:
        return
    drop = top[r, c] - top[near_r, near_c]
    if drop < 0.8 or planes.thing[near_r, near_c] == planes.thing[r, c]:
        return
    off = math.atan2(beam.south, beam.east) - row[ANGLE]
    square = math.cos(2.0 * off) ** 2  # 1 where a side of the footprint faces the beam
    line = min(1.0, _LINE_M * 2.0 * fold * math.tan(beam.incidence))  # share of a pixel that the line of a wall fills
    corner = 0.25 * line * _db(strength + 5.0 + 5.0 * (square**6) + 2.0 * bell(h)) * min(3.0, 0.3 * drop)
    _put(out, 0.5 * (near_c + 0.5), 0.5 * (near_r + 0.5), corner, corner * _db(-_CROSS_DB))
    long = drop * fold * 2.0  # fine pixels over which the face is folded
    steps = int(long) + 1
    face = 0.25 * min(1.0, long) * _db(strength - 12.0)
    low = top[near_r, near_c] - base[r, c]
    for k in range(steps):
        z = low + drop * (k + 0.5) / steps
        bright = face * _db(4.0 * bell(mix(h + np.uint64(k + 1))))
        x = 0.5 * (c + 0.5) - z * fold * beam.east
        y = 0.5 * (r + 0.5) - z * fold * beam.south
        _put(out, x, y, bright, bright * _db(-_CROSS_DB))


@kernel
def sidelobes(image: Array, level: float, reach: int) -> None:
    """Spread echoes far above their surroundings along rows and columns: the cross that point targets show.

    level: linear sigma nought above which a pixel does it. The k-th lobe falls as that of a weighted aperture,
    -20 dB - 20 log10(k).
    """
    bands, rows, columns = image.shape
    for band in range(bands):
        plane = image[band].copy()
        for r in range(rows):
            for c in range(columns):
                if plane[r, c] < level:
                    continue
                for k in range(1, reach + 1):
                    lobe = plane[r, c] * 0.010 / (k * k)
                    if r + k < rows:
                        image[band, r + k, c] += lobe
                    if r >= k:
                        image[band, r - k, c] += lobe
                    if c + k < columns:
                        image[band, r, c + k] += lobe
                    if c >= k:
                        image[band, r, c - k] += lobe


@kernel
def speckle(image: Array, spot: Spot, looks: int, floor: float) -> None:
    """Multiply by gamma-distributed speckle of `looks` looks in place, after adding the noise floor (linear).

    `spot.seed` is the seed of the noise. The sum of `looks` exponential draws is gamma; their uniforms are
    multiplied under one logarithm (Goodman 2007, chapter 2, for intensity sums of independent looks).
    """
    bands, rows, columns = image.shape
    for band in range(bands):
        for r in range(rows):
            for c in range(columns):
                h = hash_cell(spot.seed, _SPECKLE + band, spot.col0 + c, spot.row0 + r)
                product = 1.0
                for _ in range(looks):
                    product *= 1.0 - unit(h)
                    h = mix(h + np.uint64(0x9E3779B97F4A7C15))
                image[band, r, c] = (image[band, r, c] + floor) * -math.log(product) / looks


@kernel
def circular(image: Array, spot: Spot, floor: float) -> Array:
    """(C, H, W) complex64 single-look field whose mean intensity is the image plus the noise floor (linear).

    Real and imaginary part are independent normal numbers of half the intensity each (fully developed speckle).
    """
    bands, rows, columns = image.shape
    out = np.empty((bands, rows, columns), np.complex64)
    for band in range(bands):
        for r in range(rows):
            for c in range(columns):
                h = hash_cell(spot.seed, _SPECKLE + band, spot.col0 + c, spot.row0 + r)
                root = math.sqrt(0.5 * (image[band, r, c] + floor))
                out[band, r, c] = complex(root * normal(h, 0), root * normal(h, 1))
    return out
