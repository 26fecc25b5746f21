"""Run all trials of the network family, resumably, tell what they cost, print their tables.

    python -m tests.bench.trials cost --size small
    python -m tests.bench.trials run --size small --hours 8
    python -m tests.bench.trials table --size small

Every training that is done is kept in `--out`, sizes apart; a later `run` goes on with those that are not. All three
take names of trials, all if none is given. Trials on shards and talks say so where those are missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from geoglot.errors import GeoglotError
from tests.bench.trials import bands, levels, masking, members, named, spectra, stems
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, cost, found, run, units

SEEDS = 3
SIZES = ("full", "small")


def trials(chosen: argparse.Namespace) -> Mapping[str, Trial[Size]]:
    """Give all trials by name."""
    size, shards = chosen.size, chosen.shards
    each: Sequence[Trial[Size]] = (
        stems.SeparateStems("stems", stems.SIZES[size], shards),
        bands.MoreBands("bands", bands.SIZES[size], shards, spectra.six()),
        bands.MoreBands("bands-12", bands.SIZES[size], chosen.out / "twelve", spectra.twelve()),
        *(
            masking.PartialMasks(f"masking-{sensor}", masking.SIZES[size], shards, sensor)
            for sensor in ("optical", "sar", "thermal")
        ),
        levels.Levels("levels", levels.SIZES[size]),
        members.Members("members", members.SIZES[size], chosen.talks, chosen.held_out),
        *(named.Named(f"named-{kind}", members.SIZES["small"], kind) for kind in named.KINDS),
    )
    return {one.name: one for one in each}


def main() -> None:
    """Read the arguments and do one of the three."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trials", description=__doc__)
    parser.add_argument("what", choices=("run", "cost", "table"))
    parser.add_argument("names", nargs="*", help="trials; all if not given")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--talks", type=Path, default=Path("runs/talk"), help="of the full size")
    parser.add_argument("--held-out", type=Path, default=Path("runs/talk-held-out"), help="of the full size")
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


def _do(chosen: argparse.Namespace, trial: Trial[Size]) -> None:
    every = units(trial, chosen.seeds)
    if chosen.what == "cost":
        hours = cost(trial, trial.ledger(chosen.out), seeds=chosen.seeds)
        print(f"{trial.name}, {trial.size.name}: {len(every)} trainings, {hours:.2f} core-hours", flush=True)
        return
    if chosen.what == "run":
        ledger = run(trial, chosen.out, seeds=chosen.seeds, until_s=3600 * chosen.hours)
    else:
        ledger = trial.ledger(chosen.out)
    done = found(trial, ledger, chosen.seeds)
    if not done:
        print(f"{trial.name}, {trial.size.name}: {len(ledger)} of {len(every)} trainings, no whole seed yet")
        return
    print(_headed(trial, done))
    for row, value in trial.table(done).items():
        print(f"| {row} | {value} |")


def _headed(trial: Trial[Size], done: Mapping[str, Sums]) -> str:
    """What a table is of: seeds, and weights of the smallest and the largest network."""
    counts = [one[WEIGHTS] for one in done.values()]  # (seeds, 1) each
    low, high = (pick(float(one.min()) for one in counts) / 1e6 for pick in (min, max))
    of = f"{low:.2f} M" if high - low < 0.005 else f"{low:.2f} to {high:.2f} M"
    return f"{trial.name}, {trial.size.name}: {len(counts[0])} seeds, {of} weights"


if __name__ == "__main__":
    main()
