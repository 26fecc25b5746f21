"""Nano's input: nine slots that any sensor's bands are brought to, the same way in training and use.

A slot is one input channel of the eye. Values are levels, 0..1, then centred: (level - 0.5) * 4. A slot whose
band is missing, and every pixel without data, is exactly 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from geoglot.sensors import Unit

SLOTS = ("red", "green", "blue", "nir", "swir16", "swir22", "co", "cross", "thermal")
MODALITIES = {
    "rgb": ("red", "green", "blue"),
    "multispectral": ("nir", "swir16", "swir22"),
    "sar": ("co", "cross"),
    "thermal": ("thermal",),
}
"""Which slots each of the eye's stems reads."""

Levels = NDArray[np.float32]

REFLECTANCE_HIGH = {"red": 0.3, "green": 0.3, "blue": 0.3, "nir": 0.5, "swir16": 0.5, "swir22": 0.5}
"""Reflectance that maps to level 1: land without cloud stays below; EuroSAT's own pictures end at 0.275."""

DECIBELS = {"co": (-25.0, 5.0), "cross": (-32.0, -2.0)}
"""Backscatter that maps to levels 0 and 1: calm water to town, C band."""

TYPICAL_DB = {"co": -10.0, "cross": -17.0}
"""Median of land scenes; uncalibrated radar images are shifted to it."""

SEA_DB = 8.0
"""How far below land's the median of an uncalibrated radar image is put where most of it is sea."""

STRETCH_PERCENT = (1.0, 99.0)


def level(values: Levels, slot: str, unit: Unit, limits: tuple[float, float]) -> Levels:
    """Give levels of one physical band for its slot. (H, W) to (H, W), NaN stays NaN.

    limits: the band's own low and high, used for display values. Thermal and uncalibrated optical counts
    are stretched by `stretch` instead, for their absolute values say nothing.
    """
    if slot in DECIBELS:
        return _radar(values, slot, unit)
    if unit is Unit.REFLECTANCE:
        return values / np.float32(REFLECTANCE_HIGH[slot])
    low, high = limits
    return (values - np.float32(low)) / np.float32(max(high - low, 1e-6))


def stretch(layers: Levels) -> Levels:
    """Map the 1st to 99th percentile of all layers together to 0..1. (C, H, W) to (C, H, W)."""
    known = layers[np.isfinite(layers)]
    if known.size == 0:
        return layers
    sample = known[:: max(1, known.size // 65_536)]  # every pixel of a small image, a regular sample of a big one
    low, high = np.percentile(sample, STRETCH_PERCENT)
    return (layers - np.float32(low)) / np.float32(max(high - low, 1e-6))


def calibrated(slot: str, unit: Unit) -> bool:
    """Tell whether absolute values of the unit mean the same in every image."""
    if slot in DECIBELS:
        return unit in {Unit.SIGMA0, Unit.SIGMA0_DB, Unit.GAMMA0, Unit.GAMMA0_DB}
    return slot != "thermal" and unit in {Unit.DISPLAY, Unit.REFLECTANCE}


def centred(levels: Mapping[str, Levels], size: tuple[int, int]) -> tuple[Levels, Levels]:
    """Give the eye's input and which modalities are in it.

    levels: (H, W) by slot. size: (width, height). Returns (9, H, W) float32 and (4,) float32 of 0 and 1.
    """
    image = np.zeros((len(SLOTS), size[1], size[0]), np.float32)
    for index, slot in enumerate(SLOTS):
        if slot in levels:
            clipped = np.clip(levels[slot], -0.25, 1.5)
            image[index] = np.nan_to_num((clipped - np.float32(0.5)) * np.float32(4), nan=0.0)
    present = [any(slot in levels for slot in slots) for slots in MODALITIES.values()]
    return image, np.array(present, np.float32)


def _radar(values: Levels, slot: str, unit: Unit) -> Levels:
    if unit in {Unit.SIGMA0_DB, Unit.GAMMA0_DB}:
        decibels = values
    else:
        factor = 10.0 if unit in {Unit.SIGMA0, Unit.GAMMA0} else 20.0  # power, or amplitude and plain counts
        with np.errstate(divide="ignore", invalid="ignore"):
            decibels = np.where(values > 0, factor * np.log10(values), np.nan).astype(np.float32)
        if not calibrated(slot, unit) and np.isfinite(decibels).any():
            decibels = decibels + np.float32(TYPICAL_DB[slot] - np.nanmedian(decibels))
    low, high = DECIBELS[slot]
    return ((decibels - np.float32(low)) / np.float32(high - low)).astype(np.float32)
