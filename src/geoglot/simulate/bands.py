"""Spectra seen through bands: band reflectance = spectrum weighted by the band's response."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.tables import materials, wavelengths_um


@dataclass(frozen=True, slots=True)
class SpectralBand:
    """One optical band: name, centre and full width at half maximum in µm."""

    name: str
    centre_um: float
    width_um: float


# A large-format frame camera (UltraCam, DMC: broad dye filters that overlap; Leberl et al. 2003) with a NIR head.
RGB = (SpectralBand("red", 0.630, 0.110), SpectralBand("green", 0.545, 0.120), SpectralBand("blue", 0.475, 0.110))
RGBN = (*RGB, SpectralBand("nir", 0.831, 0.125))
# Sentinel-2A MSI: ESA Sentinel-2 Spectral Response Functions 3.1; GSD in metres beside each.
SENTINEL2 = tuple(
    SpectralBand(name, centre, width)
    for name, centre, width in (
        ("B01", 0.4427, 0.021), ("B02", 0.4924, 0.066), ("B03", 0.5598, 0.036), ("B04", 0.6646, 0.031),
        ("B05", 0.7041, 0.015), ("B06", 0.7405, 0.015), ("B07", 0.7828, 0.020), ("B08", 0.8328, 0.106),
        ("B8A", 0.8647, 0.021), ("B09", 0.9451, 0.020), ("B10", 1.3735, 0.031), ("B11", 1.6137, 0.091),
        ("B12", 2.2024, 0.175),
    )
)  # fmt: skip
SENTINEL2_GSD_M = (60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 60, 20, 20)


def response(band: SpectralBand) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths (µm) and relative response of a band: a rounded box of its half-maximum width, sum 1."""
    grid = np.arange(band.centre_um - band.width_um, band.centre_um + band.width_um + 1e-9, 0.001)
    weight = 1.0 / (1.0 + (2.0 * np.abs(grid - band.centre_um) / band.width_um) ** 8)
    return grid, weight / weight.sum()


@cache
def reflectances(bands: tuple[SpectralBand, ...]) -> NDArray[np.float64]:
    """(M, C) reflectance of every material in every band."""
    table = np.empty((len(materials().spectrum), len(bands)))
    for k, band in enumerate(bands):
        grid, weight = response(band)
        for m, spectrum in enumerate(materials().spectrum):
            table[m, k] = float(np.interp(grid, wavelengths_um(), spectrum) @ weight)
    return table


@cache
def sky_share(bands: tuple[SpectralBand, ...]) -> NDArray[np.float64]:
    """(C,) share of the light on flat ground that comes from the clear sky: more in the blue.

    Source: the lambda**-1.9 fall fitted to diffuse-to-global ratios of SMARTS 2.9.5 for a rural aerosol at air mass
    1.5, with 0.26 at 0.55 µm (Gueymard 2001); kept between 0.05 and 0.4.
    """
    centre = np.array([band.centre_um for band in bands])
    return np.clip(0.26 * (0.55 / centre) ** 1.9, 0.05, 0.40)


@cache
def air_light(bands: tuple[SpectralBand, ...]) -> NDArray[np.float64]:
    """(C,) path reflectance of a clear atmosphere seen from space: Rayleigh lambda**-4.08 plus thin aerosol.

    Source: Rayleigh optical depth 0.0088 lambda**-4.05 (Hansen & Travis 1974), single scattering, nadir, sun at 40°.
    """
    centre = np.array([band.centre_um for band in bands])
    return 0.0088 * centre**-4.05 * 0.32 + 0.010 * (0.55 / centre) ** 1.3
