"""A frame's bands as the stems of a member read them: reflectance, decibels or kelvin, about 0 on average, 1 wide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.models.nano import slots
from geoglot.models.nano.shown import channels, levelled
from geoglot.scenes import Channel, Frame
from geoglot.sensors import Kind, Unit

Floats = NDArray[np.float32]

MIDDLES = {"optical": (0.15, 0.12), "multispectral": (0.15, 0.12), "sar": (-13.0, 7.0), "thermal": (292.0, 10.0)}
"""Middle and width by sensor, in reflectance, decibels and kelvin: round numbers near those of simulated land."""

REACH = 5.0
"""Widths from the middle beyond which values are cut."""

STEMS = {"optical": "rgb", "multispectral": "spectral", "sar": "sar", "thermal": "thermal"}
"""The stem that reads a sensor, where a member has it."""

COLOURS = ("red", "green", "blue")
MOST_OPTICAL = 4  # bands: red, green, blue and one infrared; more are multispectral
CELSIUS_K = 273.15


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame's bands. sensor: key of `STEMS`. layers: (C, H, W) in units of the stem, 0 where nothing is measured.
    first: which layers are red, green and blue. bands_um: (centre, width) of each, nothing where they are not known.
    """

    sensor: str
    layers: Floats
    first: tuple[int, int, int] | None = None
    bands_um: tuple[tuple[float, float], ...] = ()


def scaled(values: Floats, sensor: str) -> Floats:
    """Give (C, H, W) in units of the stem for reflectance, decibels or kelvin; NaN becomes 0, the mean."""
    middle, width = MIDDLES[sensor]
    levels: Floats = np.nan_to_num(np.clip((values - np.float32(middle)) / np.float32(width), -REACH, REACH))
    return levels.astype(np.float32)


def decibels(power: Floats) -> Floats:
    """Give backscatter in decibels, NaN where there is none."""
    return np.where(power > 0, 10.0 * np.log10(np.maximum(power, 1e-12)), np.nan).astype(np.float32)


def triplets(layers: Floats, first: tuple[int, int, int] | None) -> Floats:
    """Give images (I, 3, H, W) of three bands: red, green, blue first, then the other bands three by three.

    Without colours there is one image: a single band is repeated, of two the third is their mean. The last bands are
    repeated until they are three. Source: Earth-OneVision, section on its inputs; the order is a choice.
    """
    if first is None:
        mean = [layers.mean(axis=0)] * (3 - len(layers)) if len(layers) > 1 else [layers[0]] * 2
        return np.stack([*layers, *mean])[None]
    rest = [band for band in range(len(layers)) if band not in first]
    rest += [rest[-1]] * (-len(rest) % 3) if rest else []
    images: Floats = layers[np.array([*first, *rest]).reshape(-1, 3)]
    return images


def seen(frame: Frame, size: tuple[int, int]) -> Seen:
    """Read a whole frame at (width, height) in units of the stems. Raises InputError without any band that is known.

    Counts without a physical meaning are stretched to what land usually shows, as nano's are.
    """
    chosen = channels(frame)
    if not chosen:
        raise InputError("no band of this frame is known to the model", value=", ".join(frame.band_names))
    if frame.sensor.kind is Kind.SAR:
        return Seen("sar", scaled(_radar(frame, chosen, size), "sar"))
    if "thermal" in chosen:
        return Seen("thermal", scaled(_heat(frame, chosen["thermal"], size), "thermal"))
    told = [channel for channel in frame.channels if channel.band.centre_um and channel.band.width_um]
    if len(told) > MOST_OPTICAL and all(channel.band.unit is Unit.REFLECTANCE for channel in told):
        values = frame.bands(*(channel.band.name for channel in told), size=size)
        bands_um = tuple((float(c.band.centre_um or 0), float(c.band.width_um or 0)) for c in told)
        return Seen("multispectral", scaled(values, "multispectral"), _colours(told, chosen), bands_um)
    levels = _levels(frame, chosen, size)
    present = [name for name in COLOURS if name in levels]
    if not present:
        raise InputError("the frame has no visible band", value=", ".join(frame.band_names))
    layers = np.stack([levels.get(name, levels[present[0]]) * np.float32(0.3) for name in COLOURS])
    return Seen("optical", scaled(layers, "optical"), (0, 1, 2))


def _levels(frame: Frame, chosen: Mapping[str, Channel], size: tuple[int, int]) -> dict[str, Floats]:
    """Levels by slot, as nano's: 1 is a reflectance of 0.3, or the brightest where only counts are known."""
    names = {slot: channel.band.name for slot, channel in chosen.items()}
    unique = list(dict.fromkeys(names.values()))
    values = dict(zip(unique, frame.bands(*unique, size=size), strict=True))
    levels, _ = levelled({slot: values[name] for slot, name in names.items()}, chosen)
    return levels


def _radar(frame: Frame, chosen: Mapping[str, Channel], size: tuple[int, int]) -> Floats:
    """Decibels (2, H, W) of co- and cross-polarisation, NaN where one is missing; counts moved to a typical median."""
    levels = _levels(frame, chosen, size)
    layers = np.full((2, size[1], size[0]), np.nan, np.float32)
    for index, slot in enumerate(("co", "cross")):
        if slot in levels:
            low, high = slots.DECIBELS[slot]
            layers[index] = low + levels[slot] * np.float32(high - low)
    return layers


def _heat(frame: Frame, channel: Channel, size: tuple[int, int]) -> Floats:
    """Kelvin (1, H, W); counts are stretched over what the stem's width holds."""
    values = frame.bands(channel.band.name, size=size)
    if channel.band.unit is Unit.KELVIN:
        return values
    if channel.band.unit is Unit.CELSIUS:
        return values + np.float32(CELSIUS_K)
    middle, width = MIDDLES["thermal"]
    return np.asarray(middle + width * (4 * slots.stretch(values) - 2), np.float32)


def _colours(told: list[Channel], chosen: Mapping[str, Channel]) -> tuple[int, int, int] | None:
    """Places of red, green and blue among the bands, None if one is missing."""
    places = [told.index(chosen[name]) for name in COLOURS if name in chosen and chosen[name] in told]
    return (places[0], places[1], places[2]) if len(places) == 3 else None
