"""What nano saw, before any question: `Evidence`, typed facts with calibrated probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box, Region

CLOUD = "cloud"
"""The one class of a cover map that is not ground."""


@dataclass(frozen=True, slots=True)
class SeenObject:
    """One object. id: "o3". score: probability that it is there and of this class.

    region: Box or OrientedBox, pixels of frame `region.frame`, whole-raster coordinates. attributes:
    ("colour", "red", 0.8) … each with its probability. others: next best labels with their probabilities.
    track: the id shared by the same object over the frames of a video ("t1"), or None.
    """

    id: str
    label: str
    score: float
    region: Region
    attributes: tuple[tuple[str, str, float], ...] = ()
    others: tuple[tuple[str, float], ...] = ()
    track: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """A place where a class left a trace, however weak, whatever its box. It only tells what a thing that somebody
    points at may be.

    score: calibrated probability of an object of that class around there. x, y: whole-raster pixels of frame `frame`.
    lengths_px: between which its longer side may be, in these pixels.
    """

    label: str
    score: float
    x: float
    y: float
    lengths_px: tuple[float, float]
    frame: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class CoverMap:
    """Land cover of one frame. classes: names. labels: (h, w) uint8 index of the likeliest class, 255 without data.

    probability: (h, w) float16 of that class. box: what the map covers, in the frame's pixels; one cell is
    box.width / w by box.height / h pixels. beliefs: (classes, h, w) float16 of every class, which add up to how much
    there is of each; None where they were not kept (they are not stored).
    """

    classes: tuple[str, ...]
    labels: NDArray[np.uint8]
    probability: NDArray[np.float16]
    box: Box
    frame: int = 0
    beliefs: NDArray[np.float16] | None = None

    @property
    def ground(self) -> NDArray[np.bool_]:
        """(h, w) Where ground was seen: there is data, and no cloud."""
        clouds = [index for index, name in enumerate(self.classes) if name == CLOUD]
        return np.asarray((self.labels < len(self.classes)) & ~np.isin(self.labels, clouds))

    def shares(self) -> dict[str, float]:
        """Give each class's share of the cells that have data; 0 for all if none has."""
        known = self.labels[self.labels < len(self.classes)]
        counts = np.bincount(known, minlength=len(self.classes))
        return {name: float(count) / max(known.size, 1) for name, count in zip(self.classes, counts, strict=True)}


@dataclass(frozen=True, slots=True)
class Guess:
    """A named thing with its probability: scene classes, tags, quality flags. id: "s1", "m2", "q1"."""

    id: str
    name: str
    probability: float
    frame: int = 0


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A change between two frames. id: "c1". what: the thing or cover.

    kind: "appeared", "disappeared", "became" (another cover), or "changed": it looks different, and what it is now is
    not known better. region: where, in pixels of frame `after`. became: the new cover for kind "became".
    """

    id: str
    kind: str
    what: str
    score: float
    region: Region
    before: int = 0
    after: int = 1
    became: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything nano saw in a scene. Made once, cached, and asked many times.

    looked: the box of the first frame that was looked at, whole-raster pixels. gsd_m: of the pixels the eye saw
    (coarser than the frame's where it was shrunk), None if unknown. size: (width, height) of each frame.
    valid_fraction: share of pixels with data, per frame. warnings: what limits the evidence. faint: objects too
    unlikely to be mentioned, which only tell where something may lie that a tag speaks of. traces: of all classes.
    Neither faint nor traces are stored.
    """

    objects: tuple[SeenObject, ...]
    cover: tuple[CoverMap, ...]
    scenes: tuple[Guess, ...]
    tags: tuple[Guess, ...]
    changes: tuple[SeenChange, ...]
    quality: tuple[Guess, ...]
    looked: Box
    gsd_m: float | None
    sizes: tuple[tuple[int, int], ...]
    valid_fraction: tuple[float, ...]
    modality: str
    model: str
    warnings: tuple[str, ...] = ()
    faint: tuple[SeenObject, ...] = ()
    traces: tuple[Trace, ...] = ()
