"""Run all trials of the network family, resumably, tell what they cost, print their tables.

    python -m tests.bench.trials cost
    python -m tests.bench.trials run --hours 8
    python -m tests.bench.trials table

Every training that is done is kept in `--out`; a later `run` goes on with those that are not. `run` and `table` take
names of trials, all if none is given. Trials on shards and talks say so where those are missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch

from geoglot.errors import GeoglotError
from geoglot.ledger import Ledger
from tests.bench.trials.bands import MoreBands
from tests.bench.trials.ledgers import Trial, cost, found, run, units
from tests.bench.trials.levels import Levels
from tests.bench.trials.masking import PartialMasks
from tests.bench.trials.members import Members, Size
from tests.bench.trials.stems import SeparateStems

SEEDS = 3


def trials(chosen: argparse.Namespace) -> Mapping[str, Trial]:
    """Give all trials by name."""
    shards, talks, held = chosen.shards, chosen.talks, chosen.held_out
    each: tuple[Trial, ...] = (
        SeparateStems(shards),
        MoreBands(shards),
        *(PartialMasks(shards, sensor) for sensor in ("optical", "sar", "thermal")),
        Levels(),
        Members(talks, held, Size()),
    )
    return {one.name: one for one in each}


def main() -> None:
    """Read the arguments and do one of the three."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trials", description=__doc__)
    parser.add_argument("what", choices=("run", "cost", "table"))
    parser.add_argument("names", nargs="*", help="trials; all if not given")
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--talks", type=Path, default=Path("runs/talk"))
    parser.add_argument("--held-out", type=Path, default=Path("runs/talk-held-out"))
    parser.add_argument("--out", type=Path, default=Path("runs/trials"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--hours", type=float, default=float("inf"), help="of processor time for each trial")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    known = trials(chosen)
    for name in chosen.names or known:
        try:
            _do(chosen, known[name])
        except (GeoglotError, FileNotFoundError) as error:
            print(f"{name}: not possible here: {error}")


def _do(chosen: argparse.Namespace, trial: Trial) -> None:
    if chosen.what == "cost":
        hours = cost(trial, seeds=chosen.seeds)
        print(f"{trial.name}: {len(units(trial, chosen.seeds))} trainings, {hours:.1f} core-hours", flush=True)
        return
    if chosen.what == "run":
        ledger = run(trial, chosen.out, seeds=chosen.seeds, until_s=3600 * chosen.hours)
    else:
        ledger = Ledger(chosen.out / trial.name, dict(trial.job))
    done = found(trial, ledger, chosen.seeds)
    if not done:
        print(f"{trial.name}: {len(ledger)} of {len(units(trial, chosen.seeds))} trainings, no whole seed yet")
        return
    seeds = len(next(iter(next(iter(done.values())).values())))
    print(f"{trial.name}, {seeds} seeds")
    for row, value in trial.table(done).items():
        print(f"| {row} | {value} |")


if __name__ == "__main__":
    main()
