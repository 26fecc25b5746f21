"""What a simulated scene lets one say: which things can be told at its pixel size, how many, where, which cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.tables import COVER_CLASSES, object_classes, things
from geoglot.simulate.truth import SimObject

# A thing seen this much counts as there; one seen between the two shares makes its class too uncertain to ask.
CLEAR_SHARE = 0.35
_DOUBTFUL_SHARE = 0.12
# A class whose mean length is shorter than this many pixels cannot be told in the image.
_TELLING_PX = 5.0
# Flat paint and open basins give radar nothing to see; nor does heat show what only paint tells apart.
_HIDDEN = {
    "sar": ("swimming pool", "tennis court", "soccer field", "basketball court", "athletics track", "roundabout",
            "helicopter", "tree"),
    "thermal": ("tennis court", "basketball court", "soccer field", "tree"),
    "multispectral": ("tree",),
    "optical": ("tree",),
}  # fmt: skip
QUARTERS = ("upper left", "upper right", "lower left", "lower right")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One scene, read out.

    clear: objects seen well enough to ask for, by class. counts: number of each class that can be told for certain,
    0 for those absent. shares: fraction of the pixels of each land cover.
    """

    seen: SimulatedScene
    clear: dict[str, tuple[SimObject, ...]]
    counts: dict[str, int]
    shares: dict[str, float]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.seen.cover.shape
        return width, height

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
    hidden = _HIDDEN[sensor]
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
    pixels = np.bincount(seen.cover.ravel(), minlength=len(COVER_CLASSES)) / seen.cover.size
    return Facts(seen, clear, counts, dict(zip(COVER_CLASSES, pixels.tolist(), strict=True)))
