"""The multispectral view: thirteen Sentinel-2 bands, each on its own grid of 10, 20 or 60 m, nested exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.bands import SENTINEL2, SENTINEL2_GSD_M
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_optical import NOON, OpticalView, Sun, fine_layers, optical
from geoglot.simulate.world import Layers, World

# Mean transmittance of gases over each band, two-way, mid-latitude air of 2 cm water vapour (6S, Vermote et al.
# 1997): only the vapour band B09 and the cirrus band B10 lose much.
_GAS = np.array([0.99, 0.99, 0.96, 0.97, 0.95, 0.94, 0.97, 0.96, 0.99, 0.38, 0.01, 0.97, 0.93], dtype=np.float32)
# DN = reflectance * 10000 + 1000 since processing baseline 04.00 (Sentinel-2 Products Specification Document 14.9).
QUANTIFICATION = 10000.0
DN_OFFSET = 1000


@dataclass(frozen=True, slots=True)
class MultispectralView:
    """How Sentinel-2 sees a place: sun, haze (1 clear air), noise key."""

    sun: Sun = NOON
    haze: float = 1.0
    noise_seed: int = 0


def multispectral(
    world: World, frame: Frame, cells: tuple[int, int], view: MultispectralView, *, epoch: Epoch = NOW
) -> tuple[Layers, tuple[NDArray[np.float32], ...]]:
    """Thirteen bands of top-of-atmosphere reflectance, and the layers under them.

    frame: only its corner counts, moved to a multiple of 60 m. cells: size (width, height) in cells of 60 m. Band k
    has (height * 60 / gsd, width * 60 / gsd) pixels of SENTINEL2_GSD_M[k] metres; coarse bands average fine ones.
    """
    optics = OpticalView(
        10.0, view.sun, SENTINEL2, view.haze, blur_px=0.5, shot=0.00001, floor=0.0012, noise_seed=view.noise_seed
    )
    margins = optics.margins_px()
    left, top = round(frame.x_m / 60.0) * 60.0, round(frame.y_m / 60.0) * 60.0
    layers = fine_layers(world, Frame(left, top, 10.0, (cells[0] * 6, cells[1] * 6)), margins, epoch=epoch)
    image = optical(world.seed, layers, optics, margins) * _GAS[:, None, None]
    return layers, tuple(_binned(plane, gsd // 10) for plane, gsd in zip(image, SENTINEL2_GSD_M, strict=True))


def _binned(plane: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    rows, columns = plane.shape
    mean: NDArray[np.float32] = plane.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3))
    return mean


def digital_numbers(band: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Reflectance as Sentinel-2 stores it: uint16, 0 kept for no data."""
    numbers: NDArray[np.uint16] = np.clip(np.rint(band * QUANTIFICATION + DN_OFFSET), 1, 65535).astype(np.uint16)
    return numbers
