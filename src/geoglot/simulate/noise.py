"""Keyed random numbers and noise: every draw is a pure function of (seed, layer, cell).

Hot loops draw from a counter-based hash (splitmix64's finaliser, Steele et al. 2014), so that any pixel of the
endless world can be computed alone and in any order; code outside the loops uses `generator`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoglot.simulate.loops import Array, kernel, subkernel

_LATTICE_I = np.uint64(0xD6E8FEB86659FD93)
_LATTICE_J = np.uint64(0xA0761D6478BD642F)


def generator(seed: int, *key: int) -> np.random.Generator:
    """A numpy Generator for one (seed, layer, cell …): equal keys give equal streams in every process."""
    words = [value & 0xFFFFFFFF for value in (seed, seed >> 32, *key)]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


class Spot(NamedTuple):
    """Where a raster lies in the world: index of its first column and row, pixel size in metres, world seed."""

    col0: int
    row0: int
    step_m: float
    seed: int


@kernel
def mix(h: np.uint64) -> np.uint64:
    """Finaliser of splitmix64: every input bit reaches every output bit."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@subkernel
def hash_cell(seed: int, layer: int, i: int, j: int) -> np.uint64:
    """64 random bits for one cell of one layer of one world."""
    h = mix(np.uint64(seed) + np.uint64(layer) * np.uint64(0x9E3779B97F4A7C15))
    h = mix(h ^ (np.uint64(i) * np.uint64(0xD6E8FEB86659FD93)))
    return mix(h ^ (np.uint64(j) * np.uint64(0xA0761D6478BD642F)))


@subkernel
def unit(h: np.uint64) -> float:
    """A float in [0, 1) from 53 bits of a hash."""
    return float(h >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@subkernel
def draw(h: np.uint64, k: int) -> float:
    """The k-th uniform number in [0, 1) of the stream that `h` keys."""
    return unit(mix(h + np.uint64(k + 1) * np.uint64(0x9E3779B97F4A7C15)))


@subkernel
def draw_cell(seed: int, layer: int, i: int, j: int) -> float:
    """One uniform number in [0, 1) for a cell."""
    return unit(hash_cell(seed, layer, i, j))


@subkernel
def normal(h: np.uint64, k: int) -> float:
    """The k-th standard normal number of the stream (Box-Muller)."""
    u = draw(h, 2 * k)
    return math.sqrt(-2.0 * math.log(1.0 - u)) * math.cos(2.0 * math.pi * draw(h, 2 * k + 1))


@subkernel
def value_noise(seed: int, layer: int, x: float, y: float) -> float:
    """Smooth noise in [-1, 1] with unit lattice: quintic blend of hashed lattice values."""
    fx = math.floor(x)
    fy = math.floor(y)
    i = int(fx)
    j = int(fy)
    tx = x - fx
    ty = y - fy
    tx = tx * tx * tx * (tx * (tx * 6.0 - 15.0) + 10.0)
    ty = ty * ty * ty * (ty * (ty * 6.0 - 15.0) + 10.0)
    # One finaliser a corner: the lattice index times two odd constants is already unique in 64 bits.
    h = mix(np.uint64(seed) + np.uint64(layer) * np.uint64(0x9E3779B97F4A7C15))
    h += np.uint64(i) * _LATTICE_I + np.uint64(j) * _LATTICE_J
    a = unit(mix(h))
    b = unit(mix(h + _LATTICE_I))
    c = unit(mix(h + _LATTICE_J))
    d = unit(mix(h + _LATTICE_I + _LATTICE_J))
    top = a + (b - a) * tx
    low = c + (d - c) * tx
    return 2.0 * (top + (low - top) * ty) - 1.0


@subkernel
def value_noise_line(seed: int, layer: int, xs: Array, ys: Array, out: Array) -> None:
    """Fill out (N,) with `value_noise` at points that follow each other: neighbours of one cell share its corners."""
    last_i = 1 << 62
    last_j = 1 << 62
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    key = mix(np.uint64(seed) + np.uint64(layer) * np.uint64(0x9E3779B97F4A7C15))
    for k in range(out.shape[0]):
        fx = math.floor(xs[k])
        fy = math.floor(ys[k])
        i = int(fx)
        j = int(fy)
        if i != last_i or j != last_j:
            last_i = i
            last_j = j
            h = key + np.uint64(i) * _LATTICE_I + np.uint64(j) * _LATTICE_J
            a = unit(mix(h))
            b = unit(mix(h + _LATTICE_I))
            c = unit(mix(h + _LATTICE_J))
            d = unit(mix(h + _LATTICE_I + _LATTICE_J))
        tx = xs[k] - fx
        ty = ys[k] - fy
        tx = tx * tx * tx * (tx * (tx * 6.0 - 15.0) + 10.0)
        ty = ty * ty * ty * (ty * (ty * 6.0 - 15.0) + 10.0)
        top = a + (b - a) * tx
        low = c + (d - c) * tx
        out[k] = 2.0 * (top + (low - top) * ty) - 1.0


@subkernel
def fractal(seed: int, layer: int, x: float, y: float, octaves: int, gain: float) -> float:
    """Fractional Brownian noise: octaves of `value_noise`, each half the wavelength and `gain` the height.

    Each octave is turned by about 37 degrees, which hides the lattice. Standard deviation about 0.45 at gain 0.5.
    """
    total = 0.0
    height = 1.0
    for k in range(octaves):
        total += height * value_noise(seed, layer * 32 + k, x, y)
        height *= gain
        x, y = 1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y - 9.1
    return total


@subkernel
def smooth(edge0: float, edge1: float, x: float) -> float:
    """Smoothstep: 0 below edge0, 1 above edge1, a cubic between."""
    t = (x - edge0) / (edge1 - edge0)
    t = min(1.0, max(0.0, t))
    return t * t * (3.0 - 2.0 * t)
