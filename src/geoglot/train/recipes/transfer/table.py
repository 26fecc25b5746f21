"""The tables of docs/transfer.md from the scores of the runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from geoglot.train.recipes.transfer.lacking import NOTHING, PROPERTIES
from geoglot.train.recipes.transfer.plan import (
    ABLATED_ROWS,
    BOTH,
    BOTH_LONGER,
    EVERYWHERE,
    FRACTIONS,
    LONGER,
    MIXED,
    REAL,
    ROWS,
    SEEDS,
    SIMULATED,
    THRESHOLD,
    Row,
    Run,
)
from geoglot.train.recipes.transfer.score import Told, Unit, gain, interval

Units = Mapping[str, Sequence[Unit]]

_RULES = {THRESHOLD: "threshold on the spectral change", EVERYWHERE: "all has changed"}


def markdown(units: Units) -> str:
    """Give the scores of every arm, beside rules that learn nothing, of the trials of mixing and of patience, and of
    simulation without a property. units: by id of the run.
    """
    parts = (_arms(units), _rules(units), _mixing(units), _patience(units), _properties(units))
    return "\n".join(line for part in parts for line in (*part, ""))


def clear(units: Units, fraction: float) -> list[str]:
    """Give the rows that simulation lifts for certain: the interval of the gain lies above zero."""
    gains = {row.name: _gain(units, row, fraction) for row in ROWS}
    return [name for name, told in gains.items() if told is not None and told[1] > 0]


def told_score(units: Units, row: Row, arm: str, fraction: float) -> Told | None:
    """Give the score of an arm, None if it was not run. Draws that only one of the arms has finished are left out."""
    if arm == SIMULATED:
        alone = units.get(Run(row, SIMULATED, 0.0, 1).id)
        return None if alone is None else interval([alone], scene=not row.label)
    place = (REAL, BOTH).index(arm)
    found = [pair[place] for pair in _pairs(units, row, fraction)]
    return interval(found, scene=not row.label) if found else None


def _arms(units: Units) -> Iterator[str]:
    yield "| row | real part | simulated only | real only | both | gain of simulation | units | draws |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in ROWS:
        alone = told_score(units, row, SIMULATED, 0.0)
        for fraction in FRACTIONS:
            found = _pairs(units, row, fraction)
            if found:
                cells = (alone, *(told_score(units, row, arm, fraction) for arm in (REAL, BOTH)))
                told = " | ".join(_cell(cell) for cell in cells)
                change = _cell(_gain(units, row, fraction), signed=True)
                yield f"| {row.name} | {fraction:g} | {told} | {change} | {len(found[0][0])} | {len(found)} |"


def _rules(units: Units) -> Iterator[str]:
    yield "| row | rule without learning | its score | simulated only over it | all real over it | both over it |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row, (arm, name) in product(ROWS, _RULES.items()):
        base = units.get(Run(row, arm, 0.0, 1).id)
        if base is not None:
            learned = (units.get(Run(row, *what, 1).id) for what in ((SIMULATED, 0.0), (REAL, 1.0), (BOTH, 1.0)))
            gains = (None if one is None else gain([one], [base], scene=False) for one in learned)
            told = " | ".join(_cell(one, signed=True) for one in gains)
            yield f"| {row.name} | {name} | {_cell(interval([base], scene=False))} | {told} |"


def _mixing(units: Units) -> Iterator[str]:
    yield "| row, at 0.1 | real only | simulated, then real | simulated, then both together | gain over real only |"
    yield "| --- | --- | --- | --- | --- |"
    for row in ROWS:
        real, both, mixed = (units.get(Run(row, arm, 0.1, 1).id) for arm in (REAL, BOTH, MIXED))
        if real is not None and both is not None and mixed is not None:
            scene = not row.label
            told = " | ".join(_cell(interval([one], scene=scene)) for one in (real, both, mixed))
            yield f"| {row.name} | {told} | {_cell(gain([mixed], [real], scene=scene), signed=True)} |"


def _patience(units: Units) -> Iterator[str]:
    yield "| row, at 0.1 | real only, longer | simulated, then real as long | gain | gain of 400 together |"
    yield "| --- | --- | --- | --- | --- |"
    for row in ROWS:
        longer, *others = (units.get(Run(row, arm, 0.1, 1).id) for arm in (LONGER, BOTH_LONGER, MIXED))
        if longer is not None:
            scene = not row.label
            cells = [_cell(interval([one], scene=scene) if one is not None else None) for one in (longer, others[0])]
            gains = (None if one is None else gain([one], [longer], scene=scene) for one in others)
            told = " | ".join([*cells, *(_cell(one, signed=True) for one in gains)])
            yield f"| {row.name} | {told} |"


def _properties(units: Units) -> Iterator[str]:
    yield "| row | without | simulated only | lost | simulated, then 0.1 of the real | lost |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in (row for row in ROWS if row.name in ABLATED_ROWS):
        arms = [(Run(row, SIMULATED, 0.0, 1, NOTHING), SIMULATED), (Run(row, BOTH, 0.1, 1, NOTHING), BOTH)]
        full = {arm: units.get(run.id) for run, arm in arms}
        for without in PROPERTIES[row.look]:
            cells = []
            for run, arm in arms:
                bar, one = full[arm], units.get(replace(run, without=without).id)
                if bar is not None and one is not None:
                    scene = not row.label
                    cells.append(_cell(interval([one], scene=scene)))
                    cells.append(_cell(gain([bar], [one], scene=scene) if without != NOTHING else None, signed=True))
            if cells:
                yield f"| {row.name} | {without} | {' | '.join(cells)} |"


def _pairs(units: Units, row: Row, fraction: float) -> list[tuple[Sequence[Unit], Sequence[Unit]]]:
    """Scores without and with simulation, for every draw of the real part that both have finished."""
    each = [[units.get(Run(row, arm, fraction, seed).id) for arm in (REAL, BOTH)] for seed in SEEDS[fraction]]
    return [(real, both) for real, both in each if real is not None and both is not None]


def _gain(units: Units, row: Row, fraction: float) -> Told | None:
    found = _pairs(units, row, fraction)
    if not found:
        return None
    return gain([both for _, both in found], [real for real, _ in found], scene=not row.label)


def _cell(told: Told | None, *, signed: bool = False) -> str:
    if told is None:
        return "–"
    return ("{:+.2f} ({:+.2f} … {:+.2f})" if signed else "{:.2f} ({:.2f} … {:.2f})").format(*told)
