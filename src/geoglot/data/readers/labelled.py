"""What every reader gives: `Labelled` images with dense truth, and the `Card` of their set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit


@dataclass(frozen=True, slots=True)
class Card:
    """What a data set is and what may be done with it.

    folder: where it lies below the data root. redistributable: whether weights trained on it may be shipped
    under the collector's reading of the licence. counts: images by split. attribution: the line that a release
    must carry. labelled: classes whose every instance is marked in every image; their absence is truth too.
    """

    name: str
    title: str
    folder: str
    licence: str
    verdict: str
    redistributable: bool
    source: str
    attribution: str
    counts: tuple[tuple[str, int], ...]
    labelled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One image with what is known about it. None means unknown, never absent.

    pixels: (C, H, W) in `unit`, NaN or (for integers) nothing where invalid. bands: common names of the C bands.
    objects: labelled boxes in pixels of this image. ignore: places whose objects must not be scored.
    cover: (H, W) uint8 index into `cover_classes`, 255 unknown. scene: one name. tags: the set's multi-labels
    that hold; all others of `tag_classes` do not. change: (H, W) uint8, 1 changed, 0 not, 255 unknown.
    """

    id: str
    split: str
    bands: tuple[str, ...]
    pixels: NDArray[np.generic]
    unit: Unit
    gsd_m: float | None = None
    objects: tuple[Box | OrientedBox, ...] | None = None
    ignore: tuple[Box, ...] = ()
    cover: NDArray[np.uint8] | None = None
    cover_classes: tuple[str, ...] = ()
    scene: str | None = None
    tags: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[0] != len(self.bands):
            raise InputError("pixels and bands disagree", value=(self.pixels.shape, self.bands),
                             expected="(C, H, W) with one name a band")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """A data set's card and the function that reads its folder."""

    card: Card
    read: Callable[[Path], Iterator[Labelled]]
