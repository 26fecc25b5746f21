"""Sun, shadow and the optics of a camera: the compiled loops of the optical views."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import Spot, hash_cell, unit, value_noise_line
from geoglot.simulate.world import FarHeights, Planes

_GRAIN, _NOISE, _GRIT = 81, 82, 86
_TILE = 16  # pixels whose rays share what they can meet


@kernel
def coarser(fine: Array, factor: int) -> Array:
    """Largest value of each factor x factor block: the height that throws the shadow."""
    rows = fine.shape[0] // factor
    columns = fine.shape[1] // factor
    out = np.empty((rows, columns), np.float32)
    for r in range(rows):
        for c in range(columns):
            best = fine[r * factor, c * factor]
            for a in range(factor):
                for b in range(factor):
                    best = max(best, fine[r * factor + a, c * factor + b])
            out[r, c] = best
    return out


class Ray(NamedTuple):
    """The way to the sun: unit vector on the ground (east, south), tan(elevation), and how many steps to march on
    the fine heights, and then on the coarse ones around; the same for all windows, so that they agree."""

    east: float
    south: float
    rise: float
    near_steps: int
    steps: int


@subkernel
def _ceilings(surface: Array, ray: Ray) -> Array:
    """Greatest fine height, per tile of pixels, that a ray from anywhere in the tile can pass over."""
    rows, columns = surface.shape
    height = (rows + _TILE - 1) // _TILE
    width = (columns + _TILE - 1) // _TILE
    tops = np.full((height, width), -1e9, np.float32)
    for r in range(rows):
        for c in range(columns):
            tops[r // _TILE, c // _TILE] = max(tops[r // _TILE, c // _TILE], surface[r, c])
    reach = min(float(rows + columns), ray.near_steps / max(abs(ray.east), abs(ray.south)))
    every = 0.5 * _TILE
    out = np.empty_like(tops)
    for a in range(height):
        for b in range(width):
            best = tops[a, b]
            for k in range(math.ceil(reach / every) + 1):
                # Half a tile of room on each side covers all that lies between two of these stops.
                y = a * _TILE + k * every * ray.south - every - 2.0
                x = b * _TILE + k * every * ray.east - every - 2.0
                for p in range(max(0, int(y) // _TILE), min(height - 1, int(y + 2.0 * _TILE + 4.0) // _TILE) + 1):
                    for q in range(max(0, int(x) // _TILE), min(width - 1, int(x + 2.0 * _TILE + 4.0) // _TILE) + 1):
                        best = max(best, tops[p, q])
            out[a, b] = best
    return out


@kernel
def sunlit(surface: Array, spot: Spot, ray: Ray, far: FarHeights, part: tuple[int, int, int, int]) -> Array:
    """Share of the sun's disc seen from each pixel of a part, by marching towards it.

    surface: (H, W) heights in m at `spot`. part: first row, row after the last, first column, column after the last. A
    ray that grazes an edge within one pixel gives part shade, which smooths the stairs of the raster.
    """
    rows, columns = surface.shape
    gsd = spot.step_m
    around = far.surface_m
    ceilings = _ceilings(surface, ray)
    far_top = -1e9
    if around.size > 0:
        far_top = max(far_top, around.max())
    step = 1.0 / max(abs(ray.east), abs(ray.south))
    climb = step * gsd * ray.rise
    soft = 0.6 * gsd * ray.rise + 0.02
    scale = gsd / far.step_m
    flat = abs(ray.east) >= abs(ray.south)
    low, side = (1, 0) if flat else (0, 1)
    out = np.ones((part[1] - part[0], part[3] - part[2]), np.float32)
    for r in range(part[0], part[1]):
        for c in range(part[2], part[3]):
            ceiling = ceilings[r // _TILE, c // _TILE]
            tallest = max(ceiling, far_top)
            z = surface[r, c] + 0.02 - 0.5 * soft
            x = c + 0.5
            y = r + 0.5
            lit = 1.0
            k = 0
            while k < ray.steps:
                k += 1
                z += climb
                if z > tallest:
                    break
                x += step * ray.east
                y += step * ray.south
                if z > ceiling and k < ray.near_steps:
                    continue
                if k <= ray.near_steps:
                    # Whole pixels along the steeper axis, linear between two across it.
                    a = math.floor(y - 0.5) if flat else int(y)
                    b = int(x) if flat else math.floor(x - 0.5)
                    if a < 0 or b < 0 or a + low >= rows or b + side >= columns:
                        break
                    one = surface[a, b] - z
                    two = surface[a + low, b + side] - z
                    if one <= 0.0 and two <= 0.0:
                        continue
                    t = y - 0.5 - a if flat else x - 0.5 - b
                    over = min(1.0, max(0.0, one / soft))
                    over += (min(1.0, max(0.0, two / soft)) - over) * t
                else:
                    fc = math.floor((spot.col0 + x) * scale) - far.col0
                    fr = math.floor((spot.row0 + y) * scale) - far.row0
                    if fc < 0 or fr < 0 or fc >= around.shape[1] or fr >= around.shape[0]:
                        break
                    over = (around[fr, fc] - z) / soft
                if over > 0.0:
                    lit = min(lit, 1.0 - over)
                    if lit <= 0.0:
                        break
            out[r - part[0], c - part[2]] = max(0.0, lit)
    return out


@subkernel
def grain(spot: Spot, r: int, fine: Array, broad: Array) -> None:
    """Surface texture of row r into (W,) arrays: fine and broad, each about unit amplitude.

    Octaves finer than the pixel vanish.
    """
    columns = fine.shape[0]
    y = (spot.row0 + r + 0.5) * spot.step_m
    first = 0
    while 0.35 * 2.0**first < 1.7 * spot.step_m:
        first += 1
    xs = np.empty(columns)
    ys = np.empty(columns)
    value = np.empty(columns)
    fine[:] = 0.0
    broad[:] = 0.0
    length = 0.35 * 2.0**first
    for k in range(first, first + 4):
        for c in range(columns):
            x = (spot.col0 + c + 0.5) * spot.step_m
            xs[c] = (x + 0.37 * y) / length
            ys[c] = (y - 0.37 * x) / length
        value_noise_line(spot.seed, _GRAIN * 32 + k, xs, ys, value)
        into = fine if k < first + 2 else broad
        for c in range(columns):
            into[c] += value[c]
        length *= 2.0
    for c in range(columns):
        broad[c] *= 1.2


class Paintbox(NamedTuple):
    """What the optical view needs of each material: reflectance (M, C), dry companion, grain, sky share (C,)."""

    spectra: Array
    dry: Array
    rough: Array
    broad: Array
    sky: Array


@subkernel
def _lean(slope_x: Array, slope_y: Array, sun: Array, facing: Array, sky: Array) -> None:
    """Fill (W,) arrays with the shares of the sun's and of the sky's light that facets of such slopes get."""
    for c in range(facing.shape[0]):
        gx = slope_x[c]
        gy = slope_y[c]
        upright = 1.0 / math.sqrt(1.0 + gx * gx + gy * gy)
        # cos(incidence) / cos(zenith) on the tilted facet; gx, gy rise towards east and south.
        facing[c] = max(0.0, 1.0 - (gx * sun[0] + gy * sun[1]) * sun[2]) * upright
        sky[c] = (1.0 + upright) * 0.5


@kernel
def reflected(planes: Planes, lit: Array, spot: Spot, corner: tuple[int, int], sun: Array, box: Paintbox) -> Array:
    """(C, H, W) reflectance of the lit ground before atmosphere and optics.

    planes are twice as fine as lit (H, W), whose first pixel lies `corner` (row, column) pixels inside them; spot tells
    where lit lies. sun: east, south, tan(zenith).
    """
    spectra, dry, rough, broad, sky = box
    material, tone, mixed, _, _, _, slope_x, slope_y = planes
    rows, columns = lit.shape
    bands = spectra.shape[1]
    gap = np.empty_like(spectra)
    for m in range(spectra.shape[0]):
        for k in range(bands):
            gap[m, k] = spectra[dry[m], k] - spectra[m, k]
    facings = np.empty((2, 2 * columns))
    skies = np.empty((2, 2 * columns))
    kinds = np.empty(4, np.int64)
    dried = np.empty(4)
    brights = np.empty(4)
    suns = np.empty(4)
    opens = np.empty(4)
    out = np.empty((bands, rows, columns), np.float32)
    fine = np.empty(columns)
    wide = np.empty(columns)
    for r in range(rows):
        grain(spot, r, fine, wide)
        for dr in range(2):
            rr = 2 * (corner[0] + r) + dr
            _lean(slope_x[rr, 2 * corner[1] :], slope_y[rr, 2 * corner[1] :], sun, facings[dr], skies[dr])
        for c in range(columns):
            a = fine[c]
            b = wide[c]
            # Leaves, stones and chippings smaller than a pixel: no neighbour knows of them.
            a += 2.2 * (unit(hash_cell(spot.seed, _GRIT, spot.col0 + c, spot.row0 + r)) - 0.5)
            for n in range(4):
                rr = 2 * (corner[0] + r) + n // 2
                cc = 2 * (corner[1] + c) + n % 2
                m = material[rr, cc]
                t = min(1.5, max(-1.5, tone[rr, cc] + rough[m] * a + 0.5 * broad[m] * b))
                # exp(t) to the fifth order: within 0.3 % over this range, and four times as fast.
                brights[n] = 0.25 * (1.0 + t * (1.0 + t * (0.5 + t * (1.0 / 6.0 + t * (1.0 / 24.0 + t / 120.0)))))
                dried[n] = min(1.0, max(0.0, mixed[rr, cc] + 0.35 * broad[m] * b))
                kinds[n] = m
                suns[n] = facings[n // 2, 2 * c + n % 2]
                opens[n] = skies[n // 2, 2 * c + n % 2]
            for k in range(bands):
                direct = 0.0
                ambient = 0.0
                for n in range(4):
                    m = kinds[n]
                    value = (spectra[m, k] + gap[m, k] * dried[n]) * brights[n]
                    direct += value * suns[n]
                    ambient += value * opens[n]
                out[k, r, c] = direct * (1.0 - sky[k]) * lit[r, c] + ambient * sky[k] * (0.8 + 0.2 * lit[r, c])
    return out


@kernel
def blur(image: Array, sigma_px: float) -> Array:
    """Gaussian blur of (C, H, W), separable, edges repeated: the camera's point spread."""
    bands, rows, columns = image.shape
    reach = max(1, math.ceil(3.0 * sigma_px))
    weight = np.empty(2 * reach + 1, np.float32)
    for k in range(2 * reach + 1):
        weight[k] = math.exp(-0.5 * ((k - reach) / sigma_px) ** 2)
    weight /= weight.sum()
    middle = np.empty((rows, columns), np.float32)
    out = np.empty_like(image)
    for band in range(bands):
        plane = image[band]
        for r in range(rows):
            line = middle[r]
            line[:] = 0.0
            for k in range(2 * reach + 1):
                shift = k - reach
                low = max(0, -shift)
                high = min(columns, columns - shift)
                for c in range(low):
                    line[c] += weight[k] * plane[r, 0]
                for c in range(low, high):
                    line[c] += weight[k] * plane[r, c + shift]
                for c in range(high, columns):
                    line[c] += weight[k] * plane[r, columns - 1]
        for r in range(rows):
            target = out[band, r]
            target[:] = 0.0
            for k in range(2 * reach + 1):
                source = middle[min(rows - 1, max(0, r + k - reach))]
                for c in range(columns):
                    target[c] += weight[k] * source[c]
    return out


@kernel
def add_noise(image: Array, spot: Spot, shot: float, floor: float) -> None:
    """Photon and read noise in place: variance = shot * signal + floor². One draw a pixel, keyed by
    its place; `spot.seed` is the seed of the noise."""
    bands, rows, columns = image.shape
    for band in range(bands):
        for r in range(rows):
            for c in range(columns):
                value = image[band, r, c]
                spread = math.sqrt(shot * max(0.0, value) + floor * floor)
                image[band, r, c] = value + spread * bell(
                    hash_cell(spot.seed, _NOISE + band, spot.col0 + c, spot.row0 + r)
                )


@kernel
def bell(h: np.uint64) -> float:
    """A number of mean 0 and variance 1, nearly normal: the sum of the four 16-bit words of one hash."""
    total = float(h & np.uint64(0xFFFF)) + float((h >> np.uint64(16)) & np.uint64(0xFFFF))
    total += float((h >> np.uint64(32)) & np.uint64(0xFFFF)) + float(h >> np.uint64(48))
    return (total / 65536.0 - 1.99997) * 1.7320508


@kernel
def shifted(image: Array, right: float, down: float) -> Array:
    """The image moved right and down by a fraction of a pixel, bilinear, edges repeated."""
    bands, rows, columns = image.shape
    out = np.empty_like(image)
    for band in range(bands):
        for r in range(rows):
            y = min(rows - 1.0, max(0.0, r - down))
            a = min(rows - 2, int(y))
            for c in range(columns):
                x = min(columns - 1.0, max(0.0, c - right))
                b = min(columns - 2, int(x))
                tx = x - b
                ty = y - a
                top = image[band, a, b] + (image[band, a, b + 1] - image[band, a, b]) * tx
                low = image[band, a + 1, b] + (image[band, a + 1, b + 1] - image[band, a + 1, b]) * tx
                out[band, r, c] = top + (low - top) * ty
    return out
