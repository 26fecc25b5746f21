"""Trials as long jobs: every unit, one training of one variant by one seed, is kept when it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geoglot.ledger import Ledger

Sums = Mapping[str, NDArray[np.float64]]
"""By measure (2, scenes): what was right and what was asked in each scene."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One training. variant: what is different in it."""

    variant: str
    seed: int

    @property
    def name(self) -> str:
        """As it is written in a ledger."""
        return f"{self.variant} {self.seed}"


class Trial(Protocol):
    """A trial that can be cut into units. job: all that its numbers depend on, as JSON."""

    @property
    def name(self) -> str: ...

    @property
    def job(self) -> Mapping[str, object]: ...

    def variants(self) -> Sequence[str]: ...

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        """Train one unit, all its steps or so many, and judge it on held-out scenes."""

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        """Give the rows of docs/family.md. found: by variant and measure, (seeds, 2, scenes)."""

    @property
    def steps(self) -> int: ...


def units(trial: Trial, seeds: int) -> list[Unit]:
    """Give the units of a trial, seed by seed, so that a run that is cut short has whole seeds."""
    return [Unit(variant, seed) for seed in range(seeds) for variant in trial.variants()]


def run(trial: Trial, folder: Path, *, seeds: int, until_s: float = float("inf")) -> Ledger:
    """Work through what is not done yet, until so many seconds of processor time have passed."""
    ledger = Ledger(folder / trial.name, dict(trial.job))
    began = time.process_time()
    for unit in units(trial, seeds):
        if unit.name not in ledger and time.process_time() - began < until_s:
            start = time.process_time()
            sums = trial.learn(unit)
            spent = round(time.process_time() - start, 1)
            ledger.add(unit.name, {"cpu_s": spent, "sums": {name: one.tolist() for name, one in sums.items()}})
            print(f"{trial.name}: {unit.name}, {spent} s", flush=True)
    return ledger


def found(trial: Trial, ledger: Ledger, seeds: int) -> dict[str, dict[str, NDArray[np.float64]]]:
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


def cost(trial: Trial, *, seeds: int, few: int = 3) -> float:
    """Give the core-hours of all units, from `few` and twice as many steps of the first variant, on one thread."""
    spent = []
    for steps in (few, 2 * few):
        start = time.process_time()
        trial.learn(Unit(trial.variants()[0], 0), steps=steps)
        spent.append(time.process_time() - start)
    a_step = max(spent[1] - spent[0], 1e-3) / few
    once = max(0.0, spent[0] - few * a_step)  # reading, and judging the held-out scenes
    return (a_step * trial.steps + once) * len(units(trial, seeds)) / 3600


def _sums(result: Mapping[str, object], measure: str) -> NDArray[np.float64]:
    sums = result["sums"]
    assert isinstance(sums, dict)
    return np.array(sums[measure], np.float64)


def _measures(result: Mapping[str, object]) -> Iterator[str]:
    sums = result["sums"]
    assert isinstance(sums, dict)
    yield from sums
