"""`python -m geoglot.train pack | nano-eye | export`: the steps of docs/nano.md on the command line."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path


def main() -> None:
    """Read the arguments and run one step."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    pack = steps.add_parser("pack", help="turn data sets into shards")
    pack.add_argument("--data", type=Path, required=True)
    pack.add_argument("--shards", type=Path, default=Path("runs/shards"))
    train = steps.add_parser("nano-eye", help="train nano's eye, or go on with it")
    train.add_argument("--shards", type=Path, default=Path("runs/shards"))
    train.add_argument("--out", type=Path, default=Path("runs/nano-eye"))
    train.add_argument("--steps", type=int, default=4000)
    train.add_argument("--processes", type=int, default=1)
    train.add_argument("--quick", action="store_true")
    train.add_argument("--real-only", action="store_true", help="without simulated scenes")
    chosen = parser.parse_args()
    if chosen.step == "pack":
        from geoglot.train.pack import pack_all

        pack_all(chosen.data, chosen.shards)
    else:
        from geoglot.train.loop import train as run
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(quick=chosen.quick, simulated=not chosen.real_only, steps=chosen.steps)
        run(recipe, shards=chosen.shards, out=chosen.out, processes=chosen.processes)


if __name__ == "__main__":
    main()
