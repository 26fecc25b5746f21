"""What was seen: a `Scene` of one or more `Frame`s, read only when pixels are asked for."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import BandError, NoData, PlaceError
from geoglot.regions import Box, Grid
from geoglot.scenes import gate
from geoglot.sensors import Band, Sensor, Unit

if TYPE_CHECKING:
    from PIL.Image import Image


_LOOKED_AT_WHOLE = 1 << 28  # pixels; 16 384 x 16 384 without overviews takes about a second a band


class PixelSource(Protocol):
    """One opened file (or one array) that gives windows of its layers. Implementations open lazily.

    width, height: the file's own size, which may be coarser or finer than the frame's.
    """

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Give layer `layer` (from 0) inside `box` (the source's own pixels) resampled to size (width, height).

        exact: nearest neighbour, for classes and masks; else average when shrinking, bilinear when growing.
        Returns stored values in the file's dtype and a mask, both (height, width); True where a real
        measurement exists. Overviews are used when they suffice. Parts of `box` outside the file are invalid.
        Raises ReadError if the file cannot be decoded there.
        """
        ...


@runtime_checkable
class ManyLayers(PixelSource, Protocol):
    """A source that reads several layers in one pass of its file; `Frame.bands` uses it where it can."""

    def read_together(
        self, layers: Sequence[int], box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Give what `read` gives for each of `layers`, both (N, height, width)."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """One band of a frame and where its counts are stored."""

    band: Band
    source: PixelSource
    layer: int = 0


class HowTold(enum.StrEnum):
    """How the sensor was recognised, from surest to least sure. `GUESS` is never used to convert units."""

    USER = "named by the caller"
    NAME = "product name"
    METADATA = "product metadata"
    TAGS = "tags in the file"
    GUESS = "guess from structure"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One raster at one time from one sensor.

    paths: the files it comes from. grid: its place, of this view. origin_px: where the view's corner lies in
    the whole raster, full_size: that raster's (width, height). time: acquisition, timezone-aware UTC, or None.
    warnings: what the reader wants the caller to know. notes: small facts for `info` ("orbit": "ascending").
    max_pixels: samples (pixels times bands) that one call of `bands` may decode.
    """

    paths: tuple[Path, ...]
    sensor: Sensor
    grid: Grid
    channels: tuple[Channel, ...]
    full_size: tuple[int, int]
    origin_px: tuple[int, int] = (0, 0)
    time: datetime | None = None
    told_by: HowTold = HowTold.GUESS
    warnings: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    max_pixels: int = gate.MAX_PIXELS

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.grid.width, self.grid.height

    @property
    def crs(self) -> str | None:
        """The coordinate reference system, or None."""
        return self.grid.crs

    @property
    def gsd_m(self) -> float | None:
        """Ground sample distance in metres: from the grid, else from the sensor, else None."""
        return self.grid.gsd_m if self.grid.located else self.sensor.gsd_m

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """Left, bottom, right, top of the corners in the CRS, or None without a place."""
        return self.grid.bounds if self.grid.located else None

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands that are there, in the order of the file(s)."""
        return tuple(channel.band.name for channel in self.channels)

    def has(self, *words: str) -> bool:
        """Tell whether every named band (name, common name or alias) is there."""
        return all(any(channel.band.answers_to(word) for channel in self.channels) for word in words)

    def channel(self, word: str) -> Channel:
        """Give the channel that `word` names. Raises BandError if none or several do."""
        exact = [channel for channel in self.channels if channel.band.name.casefold() == word.casefold()]
        found = exact or [channel for channel in self.channels if channel.band.answers_to(word)]
        if len(found) != 1:
            raise BandError(
                f"the image has {'no band' if not found else 'several bands'} called that",
                value=word,
                expected=f"one of {', '.join(self.band_names)}",
                hint="see: geoglot info FILE",
            )
        return found[0]

    def bands(self, *words: str, box: Box | None = None, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """Read bands by name, in their unit, NaN where there is no measurement. (C, H, W) float32.

        No words: all bands. box: in this view's pixels, the whole view if None. size: (width, height) to
        resample to; the box's own pixels if None. Raises BandError for an unknown name, Refused above the pixel
        budget.
        """
        chosen = [self.channel(word) for word in words] if words else list(self.channels)
        box = box or Box(0, 0, self.grid.width, self.grid.height)
        size = size or (max(1, round(box.x1 - box.x0)), max(1, round(box.y1 - box.y0)))
        gate.allow(len(chosen) * size[0] * size[1], self.max_pixels)
        out = np.empty((len(chosen), size[1], size[0]), np.float32)  # (C, H, W)
        place = 0
        for _, group in groupby(chosen, lambda channel: (id(channel.source), channel.band.unit is Unit.CLASS)):
            together = list(group)
            for channel, (counts, valid) in zip(together, self._counts(together, box, size), strict=True):
                layer, band = out[place], channel.band
                layer[...] = counts
                if band.scale != 1:
                    layer *= np.float32(band.scale)
                if band.offset != 0:
                    layer += np.float32(band.offset)
                if not valid.all():
                    layer[~valid] = np.nan
                place += 1
        return out

    def _counts(
        self, channels: Sequence[Channel], box: Box, size: tuple[int, int]
    ) -> Iterable[tuple[NDArray[np.generic], NDArray[np.bool_]]]:
        """Stored values and validity of channels of one source, inside `box` of this view."""
        source, (full_w, full_h), (left, top) = channels[0].source, self.full_size, self.origin_px
        across, down = source.width / full_w, source.height / full_h  # bands of one frame may differ in GSD
        place = Box((box.x0 + left) * across, (box.y0 + top) * down, (box.x1 + left) * across, (box.y1 + top) * down)
        layers, exact = [channel.layer for channel in channels], channels[0].band.unit is Unit.CLASS
        if isinstance(source, ManyLayers):
            return zip(*source.read_together(layers, place, size, exact=exact), strict=True)
        return (source.read(layer, place, size, exact=exact) for layer in layers)

    def window(self, box: Box) -> Frame:
        """Give a lazy view of whole pixels around `box`, cut to the frame.

        Raises PlaceError if the box lies outside the frame.
        """
        x0, y0 = max(0, int(np.floor(box.x0))), max(0, int(np.floor(box.y0)))
        x1, y1 = min(self.grid.width, int(np.ceil(box.x1))), min(self.grid.height, int(np.ceil(box.y1)))
        if x1 <= x0 or y1 <= y0:
            raise PlaceError(
                "the region lies outside the image",
                value=(box.x0, box.y0, box.x1, box.y1),
                expected=f"x in 0..{self.grid.width}, y in 0..{self.grid.height} pixels",
            )
        view = self.grid.window(Box(x0, y0, x1, y1))
        return replace(self, grid=view, origin_px=(self.origin_px[0] + x0, self.origin_px[1] + y0))

    def valid_fraction(self) -> float:
        """Give the share of pixels with a measurement in every band, from at most 512 x 512 samples.

        Of a raster too large to be looked at whole, 8 x 8 windows of 64 x 64 pixels are read.
        """
        width, height = self.size
        if width * height > _LOOKED_AT_WHOLE:
            steps = [(across + 0.5) / 8 for across in range(8)]
            corners = [(int(width * x) - 32, int(height * y) - 32) for y in steps for x in steps]
            parts = [self.bands(box=Box(x, y, x + 64, y + 64)) for x, y in corners]
            return float(np.mean([np.isfinite(part).all(axis=0).mean() for part in parts]))
        shrink = max(1.0, max(width, height) / 512)
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        return float(np.isfinite(self.bands(size=size)).all(axis=0).mean())

    def picture(self, size: tuple[int, int] | None = None) -> Image:
        """Render what an eye would see, at most 1024 px wide or high unless `size` is given."""
        from geoglot.scenes.render import picture

        return picture(self, size=size)


class SceneKind(enum.StrEnum):
    """What several frames are to each other."""

    IMAGE = "image"
    PAIR = "pair"  # same ground, before and after
    SERIES = "series"  # same ground, three or more dates
    VIDEO = "video"
    SET = "set"  # several images that share no ground or no order


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a question is asked about: one frame, a pair, a series, a video or a set.

    The properties speak of the first frame. Frames of a video are opened when they are used.
    """

    kind: SceneKind
    frames: Sequence[Frame]
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.frames:
            raise NoData("a scene without frames", expected="at least one image")

    @property
    def frame(self) -> Frame:
        """The first frame."""
        return self.frames[0]

    @property
    def sensor(self) -> Sensor:
        """The first frame's sensor."""
        return self.frame.sensor

    @property
    def size(self) -> tuple[int, int]:
        """The first frame's width and height in pixels."""
        return self.frame.size

    @property
    def grid(self) -> Grid:
        """The first frame's place."""
        return self.frame.grid

    @property
    def gsd_m(self) -> float | None:
        """The first frame's ground sample distance in metres, if known."""
        return self.frame.gsd_m

    @property
    def crs(self) -> str | None:
        """The first frame's CRS, or None."""
        return self.frame.crs

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """The first frame's bounds in its CRS, or None."""
        return self.frame.bounds

    @property
    def time(self) -> datetime | None:
        """When the first frame was taken, if known."""
        return self.frame.time

    def window(self, box: Box) -> Scene:
        """Give a lazy view of the same box of every frame."""
        return replace(self, frames=tuple(frame.window(box) for frame in self.frames))

    def bands(self, *words: str, box: Box | None = None, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """Read bands of the first frame: see `Frame.bands`."""
        return self.frame.bands(*words, box=box, size=size)

    def picture(self, size: tuple[int, int] | None = None) -> Image:
        """Render the first frame: see `Frame.picture`."""
        return self.frame.picture(size=size)

    def _repr_html_(self) -> str:
        from geoglot.scenes.card import scene_html

        return scene_html(self)
