"""The ground before anything stands on it: macro relief, ruggedness, climate.

All heights in metres above the sea (0). Wavelengths are chosen so that a 256-pixel scene at 10 m shows one landform
and a walk of 20 km shows another.
"""

from __future__ import annotations

from geoglot.simulate.loops import kernel, subkernel
from geoglot.simulate.noise import fractal, smooth, value_noise

# Layers of the hash; each noise uses 32 numbers from 32 * layer on.
_MACRO, _RUGGED, _DETAIL, _MOIST, _WARM, _TOWN, _FINE = 1, 2, 3, 4, 5, 6, 7

DETAIL_WAVELENGTH_M = 2600.0
# Hurst exponent 0.8 of the relief (natural landscapes: 0.6 to 0.9, Turcotte 1997 chapter 7): gain = 2 ** -0.8.
_GAIN = 0.574
# Down to 80 m: soil creep has smoothed what is finer (Perron et al. 2009 find hillslopes of that length).
_OCTAVES = 6


@subkernel
def macro_height(seed: int, x: float, y: float) -> float:
    """Height in metres of the large landforms; rivers follow it, and where it is below 0 there is sea."""
    return 420.0 * fractal(seed, _MACRO, x / 19000.0, y / 19000.0, 3, 0.42) + 85.0


@subkernel
def ruggedness(seed: int, x: float, y: float) -> float:
    """0 on plains, 1 in mountains."""
    return smooth(0.05, 0.62, fractal(seed, _RUGGED, x / 26000.0, y / 26000.0, 2, 0.5))


@kernel
def relief_height(seed: int, x: float, y: float) -> float:
    """Height of the dry ground in metres, before rivers cut into it: macro form plus fractal relief."""
    macro = macro_height(seed, x, y)
    rugged = ruggedness(seed, x, y)
    amplitude = (5.0 + 280.0 * rugged * rugged) * (0.12 + 0.88 * smooth(0.0, 90.0, macro))
    return macro + amplitude * fractal(seed, _DETAIL, x / DETAIL_WAVELENGTH_M, y / DETAIL_WAVELENGTH_M, _OCTAVES, _GAIN)


@subkernel
def moisture(seed: int, x: float, y: float) -> float:
    """Wetness of the climate, roughly 0 (desert) to 1 (rain forest)."""
    return 0.5 + 0.62 * fractal(seed, _MOIST, x / 23000.0, y / 23000.0, 2, 0.5)


@subkernel
def warmth(seed: int, x: float, y: float, height_m: float) -> float:
    """Mean temperature in °C at a height; lapse rate 6.5 K per km (ICAO standard atmosphere)."""
    return 15.0 + 15.0 * value_noise(seed, _WARM * 32, x / 60000.0, y / 60000.0) - 0.0065 * height_m


@subkernel
def urbanity(seed: int, x: float, y: float) -> float:
    """How built-up the place is: below 0.5 countryside, above 0.85 a city centre."""
    wide = fractal(seed, _TOWN, x / 9000.0, y / 9000.0, 2, 0.6)
    return 0.42 + 0.5 * wide - 0.35 * ruggedness(seed, x, y)


@subkernel
def patchiness(seed: int, x: float, y: float) -> float:
    """Mid-scale variation in [-1, 1] that divides wood from meadow at wavelengths of 30 to 500 m."""
    return 0.62 * fractal(seed, _FINE, x / 460.0, y / 460.0, 5, 0.62)
