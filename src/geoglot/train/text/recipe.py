"""`TokenRecipe`: the training of a token model as one value; its stages say what is read and what may change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from geoglot.errors import InputError

Mover = Literal["adamw", "muon"]


@dataclass(frozen=True, slots=True)
class Portion:
    """One source of a stage's mixture. weight: its share of the rows relative to the others.

    replay: it was learned in an earlier stage and is read again so that it is not forgotten.
    """

    source: str
    weight: float
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """Parameters that change. names: a pattern for their names ("stems.*"). rate: their peak learning rate."""

    names: str
    rate: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a curriculum. Parameters that no pattern of `trained` fits stay frozen; the first that fits counts.

    losses: the weight of each loss by its name; one that is not named is not learned from. The optimiser begins
    anew with every stage. Rates rise over `warmup_share` of the steps and fall to `floor` along a cosine.
    """

    name: str
    steps: int
    mixture: tuple[Portion, ...]
    trained: tuple[Trained, ...]
    losses: tuple[tuple[str, float], ...] = (("text", 1.0),)
    warmup_share: float = 0.03
    floor: float = 0.0
    optimiser: Mover = "adamw"

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.mixture or not self.trained:
            raise InputError("a stage needs steps, a mixture and something to train", value=self.name)

    def rate_of(self, parameter: str) -> float | None:
        """Give the peak learning rate of a parameter by its name, None if it stays frozen."""
        return next((one.rate for one in self.trained if fnmatchcase(parameter, one.names)), None)

    def warmth(self, step: int) -> float:
        """Give the learning rate at a step of this stage as a share of its peak."""
        warmup = max(1.0, self.warmup_share * self.steps)
        along = min(1.0, max(0.0, (step - warmup) / max(1.0, self.steps - warmup)))
        return min(1.0, (step + 1) / warmup) * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * along)))


@dataclass(frozen=True, slots=True)
class LowRank:
    """Adaptation by low-rank updates. names: patterns of the linear layers that get one. scale: of the update, over
    the rank. Source: Hu et al., LoRA, arXiv 2106.09685.
    """

    rank: int
    names: tuple[str, ...]
    scale: float = 16.0


@dataclass(frozen=True, slots=True)
class TokenRecipe:
    """What a token model is trained on, how long and how fast.

    member: which network of the family (`nets.family`). rows: of one optimiser step, over all processes and parts;
    parts: in how many passes each process works through its rows of a step. length: tokens of a row. patience: steps
    in a row whose gradient is not finite before the run gives up; each of them is left out. fewer_bands: share of the
    steps in which spectral stems are shown only some of their bands. recomputed: layers forget what they computed and
    do it again on the way back, which costs a third more time and saves most of the memory.
    """

    name: str
    member: str
    stages: tuple[Stage, ...]
    rows: int
    length: int
    parts: int = 1
    low_rank: tuple[LowRank, ...] = ()
    clip: float = 1.0
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.95)
    patience: int = 10
    seed: int = 1
    fewer_bands: float = 0.0
    recomputed: bool = False

    def __post_init__(self) -> None:
        if self.rows % self.parts:
            raise InputError("the rows of a step cannot be cut into parts evenly", value=(self.rows, self.parts))
        if len({stage.name for stage in self.stages}) != len(self.stages):
            raise InputError("two stages have the same name", value=[stage.name for stage in self.stages])

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> tuple[int, int]:
        """Give the stage of a step, counted from the run's first, and which step of that stage it is."""
        for index, stage in enumerate(self.stages):
            if step < stage.steps:
                return index, step
            step -= stage.steps
        raise InputError("the run has fewer steps", value=step, expected=f"below {self.steps}")
