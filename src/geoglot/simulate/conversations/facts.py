"""What a simulated view lets one say: which things can be told at its pixel size, how many, where, which cover."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.photo import SKY, SimulatedPhoto
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.tables import COVER_CLASSES, object_classes, things
from geoglot.simulate.truth import SimObject

# A thing seen this much counts as there; one seen between the two shares makes its class too uncertain to ask.
CLEAR_SHARE = 0.35
_DOUBTFUL_SHARE = 0.12
# A class whose mean length is shorter than this many pixels cannot be told in the image.
_TELLING_PX = 5.0
# A thing in a photo, near or far, can be told if its box is at least this wide and high, and this large on one side.
_TELLING_SIDES_PX = (3.0, 7.0)
# Flat paint and open basins give radar nothing to see; nor does heat show what only paint tells apart.
HIDDEN = {
    "sar": ("swimming pool", "tennis court", "soccer field", "basketball court", "athletics track", "roundabout",
            "helicopter", "tree"),
    "thermal": ("tennis court", "basketball court", "soccer field", "tree"),
    "multispectral": ("tree",),
    "optical": ("tree",),
}  # fmt: skip
_COLOURED = {
    "optical": ("car", "truck", "bus", "ship", "boat", "house", "building", "storage tank", "tennis court",
                "helicopter"),
    # Walls have colours of their own, which no attribute tells.
    "oblique": ("car", "truck", "bus", "ship", "boat", "tennis court", "helicopter"),
    "ground": ("car", "truck", "bus", "ship", "boat", "helicopter"),
}  # fmt: skip
QUARTERS = ("upper left", "upper right", "lower left", "lower right")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One view, read out.

    place: its kind, empty where the view may show little of it. cover: uint8 (H, W), as of the view. things:
    everything labelled that is seen, in pixels of the view. clear: those seen well enough to ask for, by class.
    there: whether a class is, where that is certain. counts: number of each class that can be told for certain, 0 for
    those absent. shares: fraction of the pixels of each land cover.
    """

    sensor: str
    place: str
    night: bool
    cover: NDArray[np.uint8]
    things: tuple[SimObject, ...]
    clear: dict[str, tuple[SimObject, ...]]
    there: dict[str, bool]
    counts: dict[str, int]
    shares: dict[str, float]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.cover.shape
        return width, height

    @property
    def from_above(self) -> bool:
        """Whether it is a map: a photo has no scale, and things in it no turned boxes."""
        return self.sensor not in ("oblique", "ground")

    @property
    def coloured(self) -> tuple[str, ...]:
        """The classes whose colour it shows."""
        return _COLOURED.get(self.sensor, ())

    def unique(self) -> list[SimObject]:
        """Objects that are the only ones of their class."""
        return [self.clear[label][0] for label, count in self.counts.items() if count == 1]

    def quarter_count(self, label: str, quarter: str) -> int:
        """How many objects of a class have their centre in a quarter of the image."""
        width, height = self.size
        upper, left = quarter.startswith("upper"), quarter.endswith("left")
        centres = [thing.oriented[:2] for thing in self.clear.get(label, ())]
        return sum((y < height / 2) == upper and (x < width / 2) == left for x, y in centres)


@cache
def mean_length_m(label: str) -> float:
    """Mean of the longer side of a class in metres."""
    return float(things().size[object_classes().index(label), :2, 0].max())


def tellable(sensor: str, gsd_m: float) -> tuple[str, ...]:
    """The classes that an image of a sensor can show at a pixel size.

    Trees are never among them: those of closed woods are not labelled one by one.
    """
    hidden = HIDDEN[sensor]
    return tuple(
        label for label in object_classes() if label not in hidden and mean_length_m(label) / gsd_m >= _TELLING_PX
    )


def facts(seen: SimulatedScene) -> Facts:
    """Read a scene out."""
    clear: dict[str, tuple[SimObject, ...]] = {}
    counts: dict[str, int] = {}
    for label in tellable(seen.sensor, seen.gsd_m):
        mine = [thing for thing in seen.objects if thing.label == label]
        clear[label] = tuple(thing for thing in mine if thing.visible >= CLEAR_SHARE)
        if not any(_DOUBTFUL_SHARE < thing.visible < 0.5 for thing in mine):
            counts[label] = len(clear[label])
    there = {label: count > 0 for label, count in counts.items()}
    return Facts(
        seen.sensor, seen.scene_label, seen.night, seen.cover, seen.objects, clear, there, counts, _shares(seen.cover)
    )


def photo_facts(taken: SimulatedPhoto) -> Facts:
    """Read a photo out. A class of which anything is small, far or half hidden cannot be counted.

    A view from the street may look along a road, away from the place that it was taken for.
    """
    things = tuple(_in_photo(each.thing, each.box) for each in taken.sightings)
    clear: dict[str, tuple[SimObject, ...]] = {}
    there: dict[str, bool] = {}
    counts: dict[str, int] = {}
    for label in object_classes():
        if label in HIDDEN["optical"]:
            continue
        mine = [thing for thing in things if thing.label == label]
        clear[label] = tuple(thing for thing in mine if _told(thing))
        if len(clear[label]) == len(mine) and label not in taken.faint:
            counts[label] = len(mine)
        if clear[label] or label in counts:
            there[label] = bool(mine)
    place = taken.scene_label if taken.sensor == "oblique" else ""
    return Facts(taken.sensor, place, False, taken.cover, things, clear, there, counts, _shares(taken.cover))


def _in_photo(thing: SimObject, box: tuple[float, float, float, float]) -> SimObject:
    """A thing where a photo shows it, instead of where it lies on the map."""
    x0, y0, x1, y1 = box
    outline = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    upright = ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, 0.0)
    return replace(thing, box=box, oriented=upright, outline=outline)


def _told(thing: SimObject) -> bool:
    sides = sorted(thing.oriented[2:4])
    large = sides[0] >= _TELLING_SIDES_PX[0] and sides[1] >= _TELLING_SIDES_PX[1]
    return large and thing.visible >= CLEAR_SHARE


def _shares(cover: NDArray[np.uint8]) -> dict[str, float]:
    """The share of the whole image that each cover fills; the sky of a photo is none."""
    pixels = np.bincount(cover[cover != SKY], minlength=len(COVER_CLASSES)) / cover.size
    return dict(zip(COVER_CLASSES, pixels.tolist(), strict=True))
