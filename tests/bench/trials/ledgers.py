"""Trials as long jobs: every unit, one training of one variant by one seed, is kept when it is done."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from geoglot.ledger import Ledger

Sums = Mapping[str, NDArray[np.float64]]
"""By measure (2, scenes): what was right and what was asked in each scene. "weights": (1,) of the network."""

WEIGHTS = "weights"
LEARNED = ("presence", "blind: presence", "ground, P@0.5", "P@0.5")
"""Measures that are told after each training, in percent."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the trainings of a trial are; further fields say what is. name: "full" or "small". steps: of one
    training.
    """

    name: str
    steps: int


S = TypeVar("S", bound=Size, covariant=True)


@dataclass(frozen=True, slots=True)
class Unit:
    """One training. variant: what is different in it."""

    variant: str
    seed: int

    @property
    def name(self) -> str:
        """As it is written in a ledger."""
        return f"{self.variant} {self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Trial(ABC, Generic[S]):
    """A trial that can be cut into units."""

    name: str
    size: S

    @property
    def job(self) -> Mapping[str, object]:
        """All that the numbers depend on, as JSON."""
        return {"size": asdict(self.size), **self.further()}

    def further(self) -> Mapping[str, object]:
        """What numbers depend on besides the size."""
        return {}

    @abstractmethod
    def variants(self) -> Sequence[str]: ...

    @abstractmethod
    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        """Train one unit, all its steps or so many, and judge it on held-out scenes."""

    @abstractmethod
    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        """Give the rows of docs/family.md. found: by variant and measure, (seeds, 2, scenes)."""

    def shortened(self, steps: int | None) -> S:
        """Give the size with so many steps, or as it is."""
        return self.size if steps is None else replace(self.size, steps=steps)

    def ledger(self, out: Path) -> Ledger:
        """Open what is kept: sizes lie apart, or the one would be forgotten for the other."""
        return Ledger(out / self.size.name / self.name, dict(self.job))


def weights(model: nn.Module) -> NDArray[np.float64]:
    """Give the number of weights of a network as a measure (1,)."""
    return np.array([float(sum(one.numel() for one in model.parameters()))])


def units(trial: Trial[S], seeds: int) -> list[Unit]:
    """Give the units of a trial, seed by seed, so that a run that is cut short has whole seeds."""
    return [Unit(variant, seed) for seed in range(seeds) for variant in trial.variants()]


def run(trial: Trial[S], out: Path, *, seeds: int, until_s: float = float("inf")) -> Ledger:
    """Work through what is not done yet, until so many seconds of processor time have passed."""
    ledger = trial.ledger(out)
    began = time.process_time()
    for unit in units(trial, seeds):
        if unit.name not in ledger and time.process_time() - began < until_s:
            start = time.process_time()
            sums = trial.learn(unit)
            spent = round(time.process_time() - start, 1)
            ledger.add(unit.name, {"cpu_s": spent, "sums": {name: one.tolist() for name, one in sums.items()}})
            print(f"{trial.name}, {trial.size.name}: {unit.name}, {spent} s{_learned(sums)}", flush=True)
    return ledger


def found(trial: Trial[S], ledger: Ledger, seeds: int) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Give what a ledger holds by variant and measure: (seeds, 2, scenes), of seeds that every variant has."""
    done = dict(ledger.results())
    whole = [seed for seed in range(seeds) if all(Unit(one, seed).name in done for one in trial.variants())]
    return {
        variant: {
            measure: np.stack([_sums(done[Unit(variant, seed).name], measure) for seed in whole])
            for measure in _measures(done[Unit(variant, whole[0]).name])
        }
        for variant in (trial.variants() if whole else ())
    }


def cost(trial: Trial[S], ledger: Ledger, *, seeds: int, few: int = 5) -> float:
    """Give the core-hours of all units on one thread.

    From what those that are done took; before, from `few` and three times as many steps of the first variant, in
    which little is judged.
    """
    every = units(trial, seeds)
    took = [float(str(result["cpu_s"])) for _, result in ledger.results()]
    if took:
        return float(np.mean(took)) * len(every) / 3600
    trial.learn(every[0], steps=1)  # what is done but once in a process is not counted
    spent = []
    for steps in (few, 3 * few):
        start = time.process_time()
        trial.learn(every[0], steps=steps)
        spent.append(time.process_time() - start)
    a_step = max(spent[1] - spent[0], 1e-3) / (2 * few)
    once = max(0.0, spent[0] - few * a_step)  # reading, and judging
    return (a_step * trial.size.steps + once) * len(every) / 3600


def _learned(sums: Sums) -> str:
    """What tells at once whether a training was worth its time."""
    shares = {name: 100 * sums[name][0].sum() / max(1.0, sums[name][1].sum()) for name in LEARNED if name in sums}
    return "".join(f", {name} {share:.1f}" for name, share in shares.items())


def _sums(result: Mapping[str, object], measure: str) -> NDArray[np.float64]:
    sums = result["sums"]
    assert isinstance(sums, dict)
    return np.array(sums[measure], np.float64)


def _measures(result: Mapping[str, object]) -> Iterator[str]:
    sums = result["sums"]
    assert isinstance(sums, dict)
    yield from sums
