"""`python -m geoglot.train pack | simulate | nano-eye | package`: the steps of docs/nano.md on the command line."""

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
    pack.add_argument("--research", action="store_true", help="also sets whose weights must not be shipped")
    simulate = steps.add_parser("simulate", help="make shards of simulated scenes")
    simulate.add_argument("--shards", type=Path, default=Path("runs/shards"))
    simulate.add_argument("--count", type=int, default=1600, help="scenes of each sensor")
    simulate.add_argument("--seed", type=int, default=1000)
    simulate.add_argument("--sensor", action="append", help="optical, multispectral, sar, thermal; all if not given")
    train = steps.add_parser("nano-eye", help="train nano's eye, or go on with it")
    train.add_argument("--shards", type=Path, default=Path("runs/shards"))
    train.add_argument("--out", type=Path, default=Path("runs/nano-eye"))
    train.add_argument("--steps", type=int, default=4000)
    train.add_argument("--processes", type=int, default=1)
    train.add_argument("--quick", action="store_true")
    train.add_argument("--real-only", action="store_true", help="without simulated scenes")
    train.add_argument("--research", action="store_true", help="also sets whose weights must not be shipped")
    package = steps.add_parser("package", help="export, calibrate and measure a trained eye")
    package.add_argument("--shards", type=Path, default=Path("runs/shards"))
    package.add_argument("--out", type=Path, default=Path("runs/nano-eye"))
    package.add_argument("--folder", type=Path, default=Path("runs/nano"))
    package.add_argument("--name", default="nano-1")
    package.add_argument("--real-only", action="store_true", help="without simulated scenes")
    package.add_argument("--research", action="store_true", help="also sets whose weights must not be shipped")
    chosen = parser.parse_args()
    if chosen.step == "pack":
        from geoglot.train.pack import pack_all

        pack_all(chosen.data, chosen.shards, research=chosen.research)
    elif chosen.step == "simulate":
        from geoglot.simulate import SENSORS
        from geoglot.train.simulated import pack_simulated

        pack_simulated(chosen.shards, count=chosen.count, seed=chosen.seed, sensors=chosen.sensor or SENSORS)
    elif chosen.step == "package":
        from geoglot.train.package import package as make
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(simulated=not chosen.real_only, research=chosen.research)
        scores = make(recipe, shards=chosen.shards, out=chosen.out, folder=chosen.folder, name=chosen.name)
        logging.info("%s", scores)
    else:
        from geoglot.train.loop import train as run
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(
            quick=chosen.quick, simulated=not chosen.real_only, research=chosen.research, steps=chosen.steps
        )
        run(recipe, shards=chosen.shards, out=chosen.out, processes=chosen.processes)


if __name__ == "__main__":
    main()
