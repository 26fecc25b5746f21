"""Go through the runs of the plan, one after the other; what is finished is kept, so a restart goes on from there."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch

from geoglot.ledger import Ledger
from geoglot.train import shard
from geoglot.train.batches import Part
from geoglot.train.recipes.transfer import change, curves, plan, real, scenes, score, table
from geoglot.train.recipes.transfer.export import export
from geoglot.train.recipes.transfer.fit import Course, fit, taught
from geoglot.train.recipes.transfer.lacking import STEPS, pack_lacking
from geoglot.train.recipes.transfer.network import Plain
from geoglot.train.recipes.transfer.plan import LONGER, MIXED, REAL, SIMULATED, Row, Run
from geoglot.train.recipes.transfer.score import Unit
from geoglot.train.shard import Shard

LOG = logging.getLogger(__name__)

JOB = {"job": "transfer", "version": 1}
FIRST_PX = 96  # of a view of a simulated scene


@dataclass(frozen=True, slots=True)
class Folders:
    """data: the root of the real sets. shards: where `train simulate` put its scenes. out: for everything else."""

    data: Path
    shards: Path
    out: Path


def transfer(runs: Iterable[Run], folders: Folders) -> Ledger:
    """Train and score every run that is not yet in the ledger below `out`."""
    torch.set_num_threads(1)
    ledger = Ledger(folders.out / "ledger", JOB)
    pending = [run for run in runs if run.id not in ledger]
    while pending:
        lot = [run for run in pending if run.lot == pending[0].lot]
        pending = [run for run in pending if run.lot != lot[0].lot]
        began = time.monotonic()
        for run, units in zip(lot, _scored(lot, folders), strict=True):
            ledger.add(run.id, {"units": [[list(u.scores), list(map(int, u.hits)), u.truths] for u in units]})
            told = score.value(units, scene=not run.row.label)
            LOG.info("%s: %.3f in %.0f s", run.id, told, time.monotonic() - began)
    return ledger


def specialists(rows: Iterable[Row], folders: Folders) -> None:
    """Train networks on all real images of their row alone and export them below `out`, unless they are there."""
    torch.set_num_threads(1)
    for row in rows:
        folder = folders.out / "specialists" / row.name.replace(" ", "-")
        if row.bar and not (folder / "specialist.json").exists():
            shards = real.shards_of(row, folders.data, folders.out / "shards")
            course = Course(row.bar, row.views, row.size_px, seed=1)
            (net,) = fit(real.mixture(row, shards, 1.0, course.seed), course, [None])
            export(net, row, shards, folder)
            told = score.value(score.tested(net, row, shards), scene=not row.label)
            LOG.info("specialist of %s after %d steps: %.3f", row.name, row.bar, told)


def report(folders: Folders, *, trials: bool) -> str:
    """Train and score what is left of the plan, and give the tables; curves go to `curves.svg`. trials: also the runs
    beside the main table.
    """
    planned = [*plan.runs(), *(plan.trials() if trials else ())]
    units = units_of(transfer(planned, folders))
    (folders.out / "curves.svg").write_text(curves.svg(units), encoding="utf-8")
    lifted = [f"{part:g} of the real images: {', '.join(table.clear(units, part))}" for part in plan.FRACTIONS]
    return "\n".join([table.markdown(units), "Clear gains of simulation", *lifted])


def units_of(ledger: Ledger) -> dict[str, list[Unit]]:
    """Give the units of every finished run by its id."""
    found = {}
    for name, result in ledger.results():
        rows = cast(list[tuple[list[float], list[int], int]], result["units"])
        found[name] = [Unit(tuple(s), tuple(bool(hit) for hit in hits), truths) for s, hits, truths in rows]
    return found


def _scored(lot: Sequence[Run], folders: Folders) -> list[list[Unit]]:
    """Train and score runs that see the same views."""
    if lot[0].row.dates == 2:
        return change.scored(lot, data=folders.data, out=folders.out)
    shards = real.shards_of(lot[0].row, folders.data, folders.out / "shards")
    return [score.tested(net, lot[0].row, shards) for net in _trained(lot, shards, folders)]


def _trained(lot: Sequence[Run], shards: Sequence[Shard], folders: Folders) -> list[Plain]:
    """Give the networks of runs that see the same views."""
    run = lot[0]
    if run.arm == SIMULATED:
        return [_taught(run.row, run.without, folders)]
    parts, views = real.mixture(run.row, shards, run.fraction, run.seed), run.row.views
    if run.arm == MIXED:
        parts.append(_simulated(run.row, run.without, folders, sum(part.weight for part in parts)))
        views *= 2  # as many real ones as in the other arms, and as many simulated ones beside them
    steps = run.steps + (scenes.LOOKS[run.row.look].steps if run.longer else 0)
    starts = [None if one.arm in (REAL, LONGER) else _taught(one.row, one.without, folders) for one in lot]
    return fit(parts, Course(steps, views, run.row.size_px, run.seed), starts)


def _taught(row: Row, without: str, folders: Folders) -> Plain:
    """The network that saw simulated scenes only; trained once for all rows of one look."""
    name = f"{row.look} without {without}" if without else row.look
    steps = STEPS if without else scenes.LOOKS[row.look].steps
    course = Course(steps, row.views, min(row.size_px, FIRST_PX), seed=1)
    return taught(
        Plain,
        folders.out / "nets" / f"simulated {name}.pt",
        lambda: fit([_simulated(row, without, folders, 1.0)], course, [None])[0],
    )


def _simulated(row: Row, without: str, folders: Folders, weight: float) -> Part:
    look, out = scenes.LOOKS[row.look], folders.out / "shards"
    if without:
        folder = out / f"{look.name} without {without}"
        if not (folder / "truth.json").exists():
            pack_lacking(look, out)
        one = shard.read(folder)
    else:
        one = scenes.opened(look, shards=folders.shards, out=out)
    return Part(one, one.of("train"), weight, look.scale)
