"""Pictures of frames: what an eye, or a model made for pictures, would see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box
from geoglot.scenes.palette import HEAT, HEIGHT, INDEX, Colours, class_colours, hillshade, ramp
from geoglot.sensors import Kind, Unit

if TYPE_CHECKING:
    from PIL.Image import Image

    from geoglot.scenes.scene import Channel, Frame

_LARGEST_SIDE_PX = 1024
_SAMPLE_PX = 256
_SAMPLE_WHOLE_BELOW_PX = 4096 * 4096  # larger rasters are sampled in nine windows: they may lack overviews
_UNDER_NODATA = 128  # mid grey, for programs that drop the alpha channel

# Units whose own low and high make a good picture. Temperatures, heights and the like span far less in one scene.
_KNOWN_RANGE = frozenset({Unit.DISPLAY, Unit.REFLECTANCE, Unit.INDEX, Unit.SIGMA0_DB, Unit.GAMMA0_DB})
_POWER = frozenset({Unit.SIGMA0, Unit.GAMMA0})
_COLOUR_CHOICES = (("red", "green", "blue"), ("nir", "red", "green"), ("swir16", "nir", "red"))
_REFLECTANCE_GAMMA = 1.5  # vegetation and water lie in the darkest fifth of the range
_MIDDLE = 0.4  # how light the median of counts becomes; clouds alone would leave the ground black
_STRONGEST_GAMMA = 2.2
_RATIO_DB = (0.0, 15.0)  # co- over cross-polarised: water and bare ground high, forest low


@dataclass(frozen=True, slots=True)
class Stretch:
    """How values become light: (low, high) of each band become black and white, a share s of that s ** (1 / gamma).

    Amplitude and power of radar are meant in decibels.
    """

    bands: tuple[str, ...]
    ranges: tuple[tuple[float, float], ...]
    gamma: float = 1.0


def picture(
    frame: Frame, *, size: tuple[int, int] | None = None, box: Box | None = None, stretch: Stretch | None = None
) -> Image:
    """Give a picture of a frame: RGB, or RGBA where pixels are missing, which are transparent.

    size: (width, height); the box's own size, at most 1024 px a side, if None. box: part of the frame, in its
    pixels. stretch: `stretch_of(frame)` if None; pass it for tiles that must look alike.
    """
    from PIL import Image

    box = box or Box(0, 0, *frame.size)
    shrink = max(1.0, max(box.width, box.height) / _LARGEST_SIDE_PX)
    size = size or (max(1, round(box.width / shrink)), max(1, round(box.height / shrink)))
    stretch = stretch or stretch_of(frame)
    values = _shown(frame, stretch.bands, box, size)  # (C, H, W)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=0))
    with np.errstate(invalid="ignore"):
        colours = _colours(frame, values, stretch, known, box.width / size[0])
    pixels = np.where(known[..., None], np.clip(colours, 0, 1) * 255 + 0.5, _UNDER_NODATA).astype(np.uint8)
    if not known.all():
        pixels = np.dstack([pixels, np.where(known, 255, 0).astype(np.uint8)])  # (H, W, 4)
    return Image.fromarray(np.ascontiguousarray(pixels))


def stretch_of(frame: Frame) -> Stretch:
    """Give the bands that are shown and their range: the sensor's own for units that have one, else 2 to 98 %.

    The percentiles are of the whole raster, also for a window of it, so that its parts look alike.
    """
    names = _bands_to_show(frame)
    ranges, middles = [], []
    for name in names:
        channel = frame.channel(name)
        band = channel.band
        if band.unit in _KNOWN_RANGE and band.high > band.low:
            ranges.append((band.low, band.high))
        else:
            low, middle, high = _percentiles(frame, channel)
            ranges.append((low, high))
            middles.append((middle - low) / (high - low))
    return Stretch(names, tuple(ranges), _gamma(frame.channel(names[0]).band.unit, middles))


def _gamma(unit: Unit, middles: Sequence[float]) -> float:
    """Light for dark counts: reflectance always, counts as much as their medians need."""
    if unit is Unit.REFLECTANCE:
        return _REFLECTANCE_GAMMA
    share = float(np.mean(middles)) if middles else 1.0
    if unit is not Unit.DN or not 0 < share < _MIDDLE:
        return 1.0
    return min(_STRONGEST_GAMMA, math.log(share) / math.log(_MIDDLE))


def _bands_to_show(frame: Frame) -> tuple[str, ...]:
    """Three bands or one. Radar with both polarisations shows co, cross and, made later, their ratio."""
    if frame.sensor.kind is Kind.SAR:
        return _polarisations(frame)
    if frame.sensor.kind in (Kind.THERMAL, Kind.ELEVATION, Kind.CLASSES):
        return _first(frame, frame.sensor.display)
    for choice in (frame.sensor.display, *_COLOUR_CHOICES):
        if len(choice) == 3 and frame.has(*choice):
            return tuple(frame.channel(word).band.name for word in choice)
    return _first(frame, frame.sensor.display)


def _polarisations(frame: Frame) -> tuple[str, ...]:
    found = {channel.band.polarisation: channel.band.name for channel in frame.channels if channel.band.polarisation}
    for choice in (("HH", "HV", "VV"), ("VV", "VH"), ("HH", "HV")):
        if all(one in found for one in choice):
            return tuple(found[one] for one in choice)
    return _first(frame, frame.sensor.display)


def _first(frame: Frame, wanted: Sequence[str]) -> tuple[str, ...]:
    there = [frame.channel(word).band.name for word in wanted if frame.has(word)]
    return (there[0] if there else frame.band_names[0],)


def _shown(frame: Frame, names: Sequence[str], box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """The values of the bands as they are shown: radar in decibels, everything else in its own unit."""
    values = frame.bands(*names, box=box, size=size)
    for layer, name in zip(values, names, strict=True):
        layer[...] = _as_shown(layer, frame.channel(name).band.unit)
    return values


def _as_shown(values: NDArray[np.floating], unit: Unit) -> NDArray[np.floating]:
    if unit is not Unit.AMPLITUDE and unit not in _POWER:
        return values
    factor = 20.0 if unit is Unit.AMPLITUDE else 10.0
    with np.errstate(divide="ignore", invalid="ignore"):
        decibels = factor * np.log10(values)
    # A measured zero is dark, not missing: half the smallest step below one count, or -60 dB of power.
    return np.where(values > 0, decibels, np.where(np.isfinite(values), 0.0 if factor == 20 else -60.0, np.nan))


def _percentiles(frame: Frame, channel: Channel) -> tuple[float, float, float]:
    """The 2nd, 50th and 98th percentile of what is shown of one band, over the whole raster."""
    whole = replace(frame, grid=replace(frame.grid, width=frame.full_size[0], height=frame.full_size[1]),
                    origin_px=(0, 0))  # fmt: skip
    samples = [whole.bands(channel.band.name, box=box, size=size).ravel() for box, size in _sample_boxes(frame)]
    shown = _as_shown(np.concatenate(samples), channel.band.unit)
    shown = shown[np.isfinite(shown)]
    if shown.size == 0:
        return channel.band.low, channel.band.low, max(channel.band.high, channel.band.low + 1)
    low, middle, high = (float(value) for value in np.percentile(shown, (2, 50, 98)))
    return low, middle, high if high > low else low + 1.0


def _sample_boxes(frame: Frame) -> list[tuple[Box, tuple[int, int]]]:
    width, height = frame.full_size
    if width * height <= _SAMPLE_WHOLE_BELOW_PX:
        return [(Box(0, 0, width, height), (min(width, _SAMPLE_PX), min(height, _SAMPLE_PX)))]
    side = _SAMPLE_PX // 2
    centres = [(width * across // 6, height * down // 6) for down in (1, 3, 5) for across in (1, 3, 5)]
    return [(Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2), (side, side)) for x, y in centres]


def _colours(
    frame: Frame, values: NDArray[np.float32], stretch: Stretch, known: NDArray[np.bool_], pixels_per_pixel: float
) -> Colours:
    """A colour for each pixel, (H, W, 3), 0..1; anything where it is not known."""
    unit = frame.channel(stretch.bands[0]).band.unit
    if unit is Unit.CLASS:
        return class_colours(np.where(known, values[0], 0))
    lows, highs = np.array(stretch.ranges, np.float32).T[..., None, None]
    share = np.nan_to_num(np.clip((values - lows) / (highs - lows), 0, 1))  # (C, H, W)
    if stretch.gamma != 1:
        share = share ** (1 / stretch.gamma)
    if len(share) == 2:
        low, high = _RATIO_DB
        ratio = np.nan_to_num(np.clip((values[0] - values[1] - low) / (high - low), 0, 1))
        share = np.stack([share[0], share[1], ratio])
    if len(share) == 3:
        return np.moveaxis(share, 0, -1)
    if frame.sensor.kind is Kind.THERMAL:
        return ramp(share[0], HEAT)
    if frame.sensor.kind is Kind.ELEVATION:
        return _relief(frame, values[0], share[0], known, pixels_per_pixel)
    if unit is Unit.INDEX:
        return ramp(share[0], INDEX)
    return np.repeat(share[0][..., None], 3, axis=-1)


def _relief(
    frame: Frame,
    height_m: NDArray[np.float32],
    share: NDArray[np.float32],
    known: NDArray[np.bool_],
    pixels_per_pixel: float,
) -> Colours:
    """Heights by colour, slopes by light."""
    filled = np.where(known, height_m, np.float32(height_m[known].mean() if known.any() else 0))
    light = hillshade(filled, (frame.gsd_m or 1.0) * pixels_per_pixel)
    return ramp(share, HEIGHT) * (0.45 + 0.75 * light[..., None])
