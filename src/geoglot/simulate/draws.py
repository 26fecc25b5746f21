"""Views drawn at random within what real sensors do: suns, hazes, noises, look angles."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.bands import RGBN, SENTINEL2, SpectralBand
from geoglot.simulate.noise import generator
from geoglot.simulate.render import View
from geoglot.simulate.view_elevation import ElevationView
from geoglot.simulate.view_optical import OpticalView, Sun
from geoglot.simulate.view_sar import SarView
from geoglot.simulate.view_thermal import ThermalView

_SOIL = 92
# Pixel sizes in metres: the range that four scenes in five come from, and the coarse end of the rest.
_GSD_RANGE_M = {
    "optical": (0.12, 2.0, 12.0),
    "hyperspectral": (0.8, 6.0, 30.0),
    "sar": (0.8, 6.0, 14.0),
    "thermal": (0.10, 1.2, 4.0),
    "elevation": (0.3, 3.0, 12.0),
}
# Sixty even bands of 10 nm from 0.40 to 2.40 µm, as imaging spectrometers have before selection.
HYPERSPECTRAL = tuple(
    SpectralBand(f"{round(1000 * centre)} nm", float(centre), 0.010) for centre in np.linspace(0.42, 2.38, 60).round(3)
)


def draw_gsd_m(sensor: str, rng: np.random.Generator) -> float:
    """A pixel size: four times in five from the fine range of the sensor, else from its coarse range."""
    fine, middle, coarse = _GSD_RANGE_M[sensor]
    low, high = (fine, middle) if rng.random() < 0.8 else (middle, coarse)
    return round(float(math.exp(rng.uniform(math.log(low), math.log(high)))), 3)


def draw_sun(rng: np.random.Generator) -> Sun:
    """A sun of daytime passes: from east over south to west, 25 to 68 degrees high."""
    return Sun(float(rng.uniform(90.0, 270.0)), float(rng.uniform(25.0, 68.0)))


def draw_view(sensor: str, gsd_m: float, rng: np.random.Generator) -> View:
    """A view of a sensor: optical, multispectral, hyperspectral, sar, thermal or elevation."""
    if sensor == "sar":
        return _radar(gsd_m, rng)
    if sensor == "thermal":
        return draw_thermal(gsd_m, draw_sun(rng) if rng.random() < 0.5 else None, rng)
    if sensor == "elevation":
        return ElevationView(gsd_m, noise_m=float(rng.uniform(0.02, 0.2)), noise_seed=int(rng.integers(1 << 40)))
    sun = draw_sun(rng)
    bands = {"multispectral": SENTINEL2, "hyperspectral": HYPERSPECTRAL}.get(sensor, RGBN)
    return OpticalView(
        gsd_m,
        sun,
        bands,
        haze=float(rng.uniform(0.02, 0.6) if gsd_m < 1.0 else rng.uniform(0.3, 1.3)),
        blur_px=float(rng.uniform(0.35, 0.75)),
        shot=float(10 ** rng.uniform(-5.0, -3.8)),
        floor=float(10 ** rng.uniform(-3.2, -2.3)),
        noise_seed=int(rng.integers(1 << 40)),
    )


def _radar(gsd_m: float, rng: np.random.Generator) -> SarView:
    """Right-looking, ascending (beam towards about 80°) or descending (about 280°), as polar orbits give.

    Coarse images are averages of more looks (Sentinel-1 GRD: 4.4). Floors reach down to that of images whose noise was
    subtracted. Ground is drier or wetter from place to place: five places of Sentinel-1 span 6 dB.
    """
    look_deg = float((80.0 if rng.random() < 0.5 else 280.0) + rng.uniform(-12.0, 12.0))
    incidence_deg = float(rng.uniform(24.0, 50.0))
    looks = int(rng.integers(1, 6)) + (2 if gsd_m >= 6.0 else 0)
    noise_db = float(rng.uniform(-33.0, -23.0))
    wind = float(rng.random() ** 1.6)
    noise_seed = int(rng.integers(1 << 40))
    # Drawn apart, so that what is drawn after a radar view stays as it was.
    soil_db = float(generator(noise_seed, _SOIL).uniform(-2.5, 3.5))
    return SarView(gsd_m, look_deg, incidence_deg, looks, noise_db, wind, soil_db, noise_seed=noise_seed)


def draw_thermal(gsd_m: float, sun: Sun | None, rng: np.random.Generator) -> ThermalView:
    """A thermal view by day (with a sun) or by night (without)."""
    return ThermalView(
        gsd_m,
        sun,
        air_k=float(rng.uniform(272.0, 303.0)),
        nedt_k=float(rng.uniform(0.03, 0.1)),
        blur_px=float(rng.uniform(0.55, 0.95)),
        noise_seed=int(rng.integers(1 << 40)),
    )
