"""One frame of the evidence with its place: `Seen`, which every family of reasoning looks at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import things
from geoglot.models.nano.evidence import CoverMap, Evidence, Guess, SeenObject, Trace
from geoglot.models.nano.misses import UNMEASURED, Miss, size_of
from geoglot.regions import Box, Mask, Region
from geoglot.scenes import Frame, Scene

OPTICAL = frozenset({"rgb", "optical", "multispectral", "hyperspectral"})
"""Modalities with colours as people see them."""

UNPROVEN = frozenset({"thermal"})
"""Modalities whose land cover was taught on simulated scenes alone and measured on no real image: told where somebody
asks for it, and never without doubt."""

Cells = NDArray[np.bool_]
"""(h, w): which cells of a cover map are meant."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The evidence of one frame. frame: its index. scene: for its place and times, None if only evidence is there.

    known: canonical names of all things that the eye was taught, None if that is not known. misses: by label,
    what the eye does not find of such things. shares: see `Calibration.shares_of`, None where nothing was fitted.
    """

    evidence: Evidence
    scene: Scene | None
    frame: int
    known: frozenset[str] | None = None
    misses: Mapping[str, Miss] = field(default_factory=dict)
    shares: NDArray[np.float64] | None = None

    @property
    def extent(self) -> Box:
        """What was looked at of this frame, in whole-raster pixels."""
        if self.frame == 0 or self.frame >= len(self.evidence.sizes):
            return self.evidence.looked
        width, height = self.evidence.sizes[self.frame]
        return Box(0, 0, width, height)

    @property
    def diagonal_px(self) -> float:
        """The length of the diagonal of `extent`."""
        return math.hypot(self.extent.width, self.extent.height)

    @property
    def objects(self) -> Iterator[SeenObject]:
        """The objects of this frame."""
        return (seen for seen in self.evidence.objects if seen.region.frame == self.frame)

    @property
    def faint(self) -> Iterator[SeenObject]:
        """What is too unlikely to be mentioned in this frame."""
        return (seen for seen in self.evidence.faint if seen.region.frame == self.frame)

    @property
    def traces(self) -> Iterator[Trace]:
        """Where the classes left traces in this frame."""
        return (trace for trace in self.evidence.traces if trace.frame == self.frame)

    @property
    def cover(self) -> CoverMap | None:
        """The cover map of this frame, if there is one."""
        return next((cover for cover in self.evidence.cover if cover.frame == self.frame), None)

    def guesses(self, kind: str) -> tuple[Guess, ...]:
        """Give the guesses of this frame: kind is "scenes", "tags" or "quality"."""
        listed = {"scenes": self.evidence.scenes, "tags": self.evidence.tags, "quality": self.evidence.quality}
        return tuple(guess for guess in listed[kind] if guess.frame == self.frame)

    def missed(self, name: str) -> Miss:
        """Give what the eye does not find of a kind of things: the mean of its members that it was taught."""
        members = [m for m in sorted(things.members(name)) if self.known is None or m in self.known]
        measured = [self.misses[member].at(self._size(member)) for member in members if member in self.misses]
        if not measured:
            return UNMEASURED
        return Miss(fmean(miss.things for miss in measured), fmean(miss.images for miss in measured))

    def _size(self, name: str) -> int | None:
        """How large a usual thing of a kind is here."""
        return size_of(things.length_m(name), self.evidence.gsd_m)

    @property
    def placed(self) -> Frame | None:
        """The frame if its place on Earth is known, else None."""
        if self.scene is None or self.frame >= len(self.scene.frames):
            return None
        frame = self.scene.frames[self.frame]
        return frame if frame.grid.located else None

    def in_raster(self, region: Region) -> Region:
        """Give a region of the frame's view in whole-raster pixels."""
        if self.scene is None or self.frame >= len(self.scene.frames):
            return region
        return region.shifted(*self.scene.frames[self.frame].origin_px)

    def area_m2(self, region: Region) -> float | None:
        """Give a region's area (whole-raster pixels) on the ellipsoid, None where the place is not known."""
        frame = self.placed
        if frame is None:
            return None
        left, top = frame.origin_px
        return region.shifted(-left, -top).area_m2(frame)

    def ground_m2(self, region: Region) -> float | None:
        """Give a region's area by the place, else by the size of the pixels; None where neither is known."""
        placed = self.area_m2(region)
        if placed is not None or self.scene is None or self.frame >= len(self.scene.frames):
            return placed
        gsd_m = self.scene.frames[self.frame].gsd_m
        return None if gsd_m is None else region.area_px * gsd_m**2

    def distance_m(self, start: tuple[float, float], end: tuple[float, float]) -> float | None:
        """Give the geodesic distance between two whole-raster points, None where the place is not known."""
        frame = self.placed
        if frame is None:
            return None
        from geoglot.regions.measure import distances_m

        left, top = frame.origin_px
        ends = frame.grid.to_lonlat([(start[0] - left, start[1] - top), (end[0] - left, end[1] - top)])
        return float(distances_m(ends[:1], ends[1:])[0])

    def north(self) -> tuple[float, float] | None:
        """Give the unit vector in pixels (x right, y down) that points north at the centre, None if not known."""
        frame = self.placed
        if frame is None:
            return None
        width, height = frame.size
        centre = frame.grid.to_lonlat([(width / 2, height / 2)])[0]
        step = 1e-4 if centre[1] < 89.9 else -1e-4  # degrees of latitude; southwards beside the pole
        there = frame.grid.from_lonlat([(centre[0], centre[1] + step)])[0] - (width / 2, height / 2)
        x, y = there / np.linalg.norm(there) * math.copysign(1, step)
        return float(x), float(y)


def cells_of(cover: CoverMap, thing: str) -> Cells:
    """Give the cells of a cover map whose likeliest class is the thing or a member of it."""
    wanted = [index for index, name in enumerate(cover.classes) if things.canonical(name) in things.members(thing)]
    return np.isin(cover.labels, wanted)


def belief(cover: CoverMap, cells: Cells, thing: str) -> NDArray[np.float64]:
    """Give (h, w) the probability that a cell is a thing. cells: those that are likeliest to be.

    Where only the likeliest class of each cell was kept, what is left of its probability is shared by the others.
    """
    if cover.beliefs is not None:
        wanted = [at for at, label in enumerate(cover.classes) if things.canonical(label) in things.members(thing)]
        return np.asarray(cover.beliefs[wanted].astype(np.float64).sum(axis=0))
    p = cover.probability.astype(np.float64)
    return np.where(cells, p, (1 - p) / max(1, len(cover.classes) - 1))


def share_of(cover: CoverMap, cells: Cells, thing: str, *, ground: Cells, table: NDArray[np.float64] | None) -> float:
    """Give the expected share, 0..1, of some ground that a thing covers.

    cells: where it is likeliest to be. table: see `Calibration.shares_of`. It is linear, so what it adds to a cover
    in one part of an image and in the rest is what it adds in the whole; what comes below nothing is nothing.
    """
    if not ground.any():
        return 0.0
    if cover.beliefs is None or table is None:
        return float(belief(cover, cells, thing)[ground].mean())
    expected = cover.beliefs[:, ground].astype(np.float64).mean(axis=1)
    expected[: len(table)] = np.maximum(expected[: len(table)] @ table, 0)  # a cloud behind them stays as it is
    wanted = [at for at, label in enumerate(cover.classes) if things.canonical(label) in things.members(thing)]
    return min(1.0, float(expected[wanted].sum()))


def covers(cover: CoverMap, thing: str) -> bool:
    """Tell whether a cover map has a class for the thing."""
    return any(things.canonical(name) in things.members(thing) for name in cover.classes)


def cell_centres(cover: CoverMap) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give x and y of the cells' centres, (h, w) each, in the frame's whole-raster pixels."""
    height, width = cover.labels.shape
    x = cover.box.x0 + (np.arange(width) + 0.5) * cover.box.width / width
    y = cover.box.y0 + (np.arange(height) + 0.5) * cover.box.height / height
    return np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))


def mask_of(cover: CoverMap, cells: Cells, seen: Seen, *, label: str, score: float | None = None) -> Mask | None:
    """Give cells as whole pixels of the frame, inside what was looked at; None if no pixel is left."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    if not len(rows):
        return None
    height, width = cells.shape
    across, down = cover.box.width / width, cover.box.height / height
    inner = seen.extent
    left = max(round(cover.box.x0 + columns[0] * across), math.floor(inner.x0))
    right = min(round(cover.box.x0 + (columns[-1] + 1) * across), math.ceil(inner.x1))
    top = max(round(cover.box.y0 + rows[0] * down), math.floor(inner.y0))
    bottom = min(round(cover.box.y0 + (rows[-1] + 1) * down), math.ceil(inner.y1))
    if right <= left or bottom <= top:
        return None
    column = ((np.arange(left, right) + 0.5 - cover.box.x0) / across).astype(np.intp).clip(0, width - 1)
    row = ((np.arange(top, bottom) + 0.5 - cover.box.y0) / down).astype(np.intp).clip(0, height - 1)
    pixels = cells[np.ix_(row, column)]
    if not pixels.any():
        return None
    return Mask.from_array(pixels, left=left, top=top, label=label, score=score, frame=cover.frame)
