"""`FamilyRecipe`: a member of the network family and how it is trained, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoglot.nets.family import FamilyConfig
from geoglot.nets.masked import MaskedConfig

Size = Literal["nano", "base", "published"]
SIZES: tuple[Size, ...] = ("nano", "base", "published")

Part = Literal["stems", "trunk", "bridge", "writer", "heads"]
PARTS: tuple[Part, ...] = ("stems", "trunk", "bridge", "writer", "heads")
"""In the order of the forward pass."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a curriculum.

    data: what is shown, in words. trains: parts whose weights move. samples: shown in all, epochs included. batch:
    samples a step. lr: peak rate of AdamW. runs: parts that are computed at all. lora_rank: rank of the adapters
    that stand for the writer's and the trunk's own weights, 0 for the weights themselves. warmup: share of the steps
    in which the rate rises; floor: share of its peak to which it falls. note: what is taken from
    a paper and what is our choice.
    """

    name: str
    data: str
    trains: tuple[Part, ...]
    samples: int
    batch: int
    lr: float
    runs: tuple[Part, ...] = PARTS
    lora_rank: int = 0
    warmup: float = 0.03
    floor: float = 0.0
    weight_decay: float = 0.05
    note: str = ""

    @property
    def steps(self) -> int:
        """Give the number of optimiser steps."""
        return -(-self.samples // self.batch)


@dataclass(frozen=True, slots=True)
class Typical:
    """The sample by which memory and work are counted: frames of side_px, all through one stem, and words of text.

    tiles: rows and columns of tiles beside the view of the whole, for members that tile.
    """

    side_px: int
    frames: int = 1
    words: int = 128
    tiles: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FamilyRecipe:
    """name, size; what is built; a typical sample; the stages in order; source: where the numbers come from."""

    name: str
    size: Size
    config: FamilyConfig | MaskedConfig
    typical: Typical
    stages: tuple[Stage, ...]
    source: str
