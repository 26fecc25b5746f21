"""What happens to images between the ground and the file: light, haze, cloud, blur, speckle, gain, lost bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.slots import SEA_DB

Levels = NDArray[np.float32]

VISIBLE = ("red", "green", "blue")
INFRARED = ("nir", "swir16", "swir22")
SHIFT_DB = (-2.0, 2.0)
"""How radar views are brightened or darkened: calibration, incidence angle and season, as far as the simulator's own
spread does not hold them."""

LAND = 0.5
"""Level of the median of land in radar images, both polarisations: `slots.TYPICAL_DB`."""

SEA = LAND - SEA_DB / 30
"""Level that the runtime gives the median of an uncalibrated radar image that is mostly sea."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Augmented levels by slot, each (S, S) with NaN without data, and what was done to the picture.

    cloud: share of the view under opaque cloud. blurred: out of focus. noise: nothing of the ground is left.
    loose: radar whose levels no longer tell how bright the ground is.
    """

    levels: dict[str, Levels]
    cloud: float = 0.0
    blurred: bool = False
    noise: bool = False
    loose: bool = False


def augment(levels: Levels, slots: tuple[str, ...], rng: np.random.Generator) -> Seen:
    """Give a changed copy. levels: (C, S, S)."""
    if rng.random() < 0.02:
        return Seen(_ruined(levels, slots, rng), noise=True)
    planes = {slot: plane.copy() for slot, plane in zip(slots, levels, strict=True)}
    loose = "co" in planes and rng.random() < 0.25
    if "co" in planes:
        _radar(planes, rng, loose=loose)
    elif "thermal" in planes:
        _thermal(planes, rng)
    else:
        _optical(planes, rng)
    clouded = "red" in planes and rng.random() < 0.12
    cloud = float((overcast(planes, rng) > 0.5).mean()) if clouded else 0.0
    blurred = rng.random() < 0.12
    if blurred:
        planes = {slot: blur(plane, float(rng.uniform(1.8, 4.0))) for slot, plane in planes.items()}
    elif rng.random() < 0.2:
        planes = {slot: blur(plane, float(rng.uniform(0.4, 0.9))) for slot, plane in planes.items()}
    planes = {slot: plane for slot, plane in planes.items() if np.isfinite(plane).any()} or planes
    return Seen(planes, cloud=cloud, blurred=blurred, loose=loose)


def blur(plane: Levels, sigma_px: float) -> Levels:
    """Give the plane under a Gaussian of that width; NaN stays where it was."""
    reach = int(3 * sigma_px + 1)
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma_px**2)).astype(np.float32)
    kernel /= kernel.sum()
    known = np.isfinite(plane)
    filled = np.where(known, plane, np.float32(np.nanmean(plane) if known.any() else 0))
    for axis in (0, 1):
        padding = [(reach, reach) if axis == at else (0, 0) for at in (0, 1)]
        padded = np.pad(filled, padding, mode="edge")
        size = filled.shape[axis]
        filled = sum(
            (weight * padded.take(range(shift, shift + size), axis=axis) for shift, weight in enumerate(kernel)),
            start=np.zeros_like(filled),
        )
    return np.where(known, filled, np.float32(np.nan))


def fractal(size_px: int, rng: np.random.Generator, *, octaves: int = 4) -> Levels:
    """Give (S, S) cloud-like noise, 0..1: value noise of doubling frequency and halving strength."""
    field = np.zeros((size_px, size_px), np.float32)
    for octave in range(octaves):
        cells = 3 * 2**octave
        coarse = rng.random((cells + 2, cells + 2), dtype=np.float32)
        at = np.linspace(0, cells, size_px, dtype=np.float32)
        low = at.astype(int)
        part = at - low
        part = part * part * (3 - 2 * part)
        rows = coarse[low] * (1 - part[:, None]) + coarse[low + 1] * part[:, None]
        field += 0.5**octave * (rows[:, low] * (1 - part) + rows[:, low + 1] * part)
    low_value, high_value = float(field.min()), float(field.max())
    return (field - low_value) / max(high_value - low_value, 1e-6)


def light(planes: dict[str, Levels], rng: np.random.Generator) -> None:
    """Change brightness, contrast, colour cast, gamma and grain of optical planes, in place."""
    gain, lift, gamma = rng.uniform(0.75, 1.3), rng.uniform(-0.08, 0.08), np.exp(rng.uniform(-0.6, 0.3))
    grain = rng.uniform(0, 0.03)
    for slot, plane in planes.items():
        cast = rng.uniform(0.9, 1.1)
        changed = np.clip(plane * gain * cast + lift, 0, 1.5) ** gamma
        planes[slot] = (changed + grain * rng.standard_normal(plane.shape)).astype(np.float32)


def _optical(planes: dict[str, Levels], rng: np.random.Generator) -> None:
    """Light; a grey picture now and then; haze; lost bands."""
    light(planes, rng)
    visible = [slot for slot in VISIBLE if slot in planes]
    if len(visible) == 3 and rng.random() < 0.3:  # colour strength, down to grey
        grey = np.mean([planes[slot] for slot in visible], axis=0)
        keep = np.float32(0.0 if rng.random() < 0.4 else rng.uniform(0.3, 1.3))
        for slot in visible:
            planes[slot] = grey + keep * (planes[slot] - grey)
    if len(visible) == 3 and rng.random() < 0.12:  # haze
        thick = np.float32(rng.uniform(0.1, 0.5))
        for slot in visible:
            planes[slot] = planes[slot] * (1 - thick) + thick * np.float32(0.75)
    for slot in INFRARED:
        if slot in planes and rng.random() < 0.4:
            del planes[slot]
    if any(slot in planes for slot in INFRARED) and rng.random() < 0.1:
        for slot in visible:
            del planes[slot]


def _radar(planes: dict[str, Levels], rng: np.random.Generator, *, loose: bool) -> None:
    """Calibration shift, multiplicative speckle, a lost polarisation. One level is 30 dB.

    The runtime shifts images without calibration (`loose`) to the median of land, even where most of them is water,
    or to that of sea: in both, only what stands out tells. Such views teach no cover: taught it, the eye lost the
    water of calibrated images (flooded area of Sentinel-1: IoU 35 to 2).
    """
    median = rng.choice([LAND, SEA])
    for slot, plane in planes.items():
        shift_db, looks = rng.uniform(*SHIFT_DB), rng.uniform(1, 12)
        if loose:
            shift_db += 30 * (median - float(np.nanmedian(plane))) if np.isfinite(plane).any() else 0.0
        speckle_db = 10 * np.log10(rng.gamma(looks, 1 / looks, plane.shape) + 1e-6)
        strength = rng.choice([0.0, 0.5, 1.0])
        planes[slot] = (plane + (shift_db + strength * speckle_db) / 30).astype(np.float32)
    if "cross" in planes and "co" in planes and rng.random() < 0.4:
        del planes["cross"]


def _thermal(planes: dict[str, Levels], rng: np.random.Generator) -> None:
    """Gain and offset mean nothing in an uncalibrated frame; black-hot instead of white-hot now and then."""
    plane = planes["thermal"]
    if rng.random() < 0.1:
        plane = 1 - plane
    noise = rng.uniform(0, 0.03) * rng.standard_normal(plane.shape)
    planes["thermal"] = (plane * rng.uniform(0.7, 1.2) + rng.uniform(-0.12, 0.12) + noise).astype(np.float32)


def overcast(planes: dict[str, Levels], rng: np.random.Generator) -> Levels:
    """Lay clouds and their shadows over all optical bands, in place; give (H, W) how opaque they are, 0..1."""
    height, width = next(iter(planes.values())).shape
    field = fractal(max(height, width), rng)[:height, :width]
    thick = np.clip((field - rng.uniform(0.35, 0.8)) * rng.uniform(4, 10), 0, 1)
    away = int(rng.integers(4, 24))
    shadow = np.roll(thick, (away, away), axis=(0, 1)) * np.float32(0.5)
    bright = np.float32(rng.uniform(0.85, 1.15))
    for slot, plane in planes.items():
        top = bright * np.float32(0.7 if slot.startswith("swir") else 1.0)
        planes[slot] = (plane * (1 - shadow)) * (1 - thick) + top * thick
    return np.asarray(thick, np.float32)


def _ruined(levels: Levels, slots: tuple[str, ...], rng: np.random.Generator) -> dict[str, Levels]:
    """Black, flat, white noise or shuffled pixels: nothing that could be seen."""
    kind, shape = int(rng.integers(4)), levels.shape[1:]
    ruined: dict[str, Levels] = {}
    value = np.float32(rng.random())
    order = rng.permutation(shape[0] * shape[1])
    for slot, plane in zip(slots, levels, strict=True):
        options = (
            lambda: np.zeros(shape, np.float32),
            lambda: np.full(shape, value, np.float32),
            lambda: rng.random(shape, dtype=np.float32),
            lambda p=plane: np.nan_to_num(p).ravel()[order].reshape(shape),
        )
        ruined[slot] = options[kind]()
    return ruined
