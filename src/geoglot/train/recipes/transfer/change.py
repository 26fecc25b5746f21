"""The row of change: a network of its own for pairs, trained and scored as the other rows are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geoglot.train.recipes.transfer import dated, twin
from geoglot.train.recipes.transfer.fit import Course, follow, taught
from geoglot.train.recipes.transfer.plan import LONGER, MIXED, REAL, SIMULATED, Row, Run
from geoglot.train.recipes.transfer.score import Unit
from geoglot.train.recipes.transfer.twin import Twin

STEPS = 600  # of the training on simulated pairs, before any real one


def scored(lot: Sequence[Run], *, data: Path, out: Path) -> list[list[Unit]]:
    """Train and score runs that see the same views. data: the root of the real sets; out: for simulated pairs and nets.

    Units are blocks of the picture of the town that nothing was trained on.
    """
    blocks = dated.real(data, "test")
    if lot[0].arm in twin.RULES:
        return [twin.told(blocks, twin.RULES[run.arm]) for run in lot]
    return [twin.tested(net, blocks) for net in _trained(lot, data, out)]


def _trained(lot: Sequence[Run], data: Path, out: Path) -> list[Twin]:
    run = lot[0]
    if run.arm == SIMULATED:
        return [_taught(run.row, out)]
    parts = [dated.part_of(dated.real(data, "train"), run.fraction, run.seed)]
    views = run.row.views
    if run.arm == MIXED:
        parts.append(dated.simulated(out / "shards" / run.row.look))
        views *= 2  # as many real ones as in the other arms, and as many simulated ones beside them
    course = Course(run.steps + (STEPS if run.longer else 0), views, run.row.size_px, run.seed)
    starts = [None if one.arm in (REAL, LONGER) else _taught(one.row, out) for one in lot]
    return follow(twin.study(parts, course), course, starts)


def _taught(row: Row, out: Path) -> Twin:
    """The network that saw simulated pairs only."""
    course = Course(STEPS, row.views, row.size_px, seed=1)

    def teach() -> Twin:
        pairs = dated.simulated(out / "shards" / row.look)
        return follow(twin.study([pairs], course), course, [None])[0]

    return taught(Twin, out / "nets" / f"simulated {row.look}.pt", teach)
