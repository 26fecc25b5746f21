"""`python -m geoglot.train STEP`: the steps of docs/nano.md and docs/transfer.md on the command line."""

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
    simulate.add_argument("--focus", help="scenes of what random places seldom show: a name of simulated.FOCUS")
    dated = steps.add_parser("pairs", help="make pairs before and after a change, for the change head")
    dated.add_argument("--shards", type=Path, default=Path("runs/shards"))
    dated.add_argument("--data", type=Path, help="also cut the labelled Landsat pairs below it")
    dated.add_argument("--count", type=int, default=800, help="optical pairs; a fifth of it of radar and thermal")
    dated.add_argument("--seed", type=int, default=70_000)
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
    package.add_argument("--name", default="nano-4")
    package.add_argument("--real-only", action="store_true", help="without simulated scenes")
    package.add_argument("--research", action="store_true", help="also sets whose weights must not be shipped")
    events = steps.add_parser("change", help="fit what tells changes and add it to a packaged eye")
    events.add_argument("--shards", type=Path, default=Path("runs/shards"))
    events.add_argument("--out", type=Path, default=Path("runs/nano-eye"), help="the trained eye")
    events.add_argument("--folder", type=Path, default=Path("runs/nano"), help="where it was packaged")
    events.add_argument("--start", type=Path, help="weights of a head to go on from")
    transfer = steps.add_parser("transfer", help="what simulated scenes are worth on real images")
    transfer.add_argument("--data", type=Path, required=True)
    transfer.add_argument("--shards", type=Path, default=Path("runs/shards"), help="where `simulate` put its scenes")
    transfer.add_argument("--out", type=Path, default=Path("runs/transfer"))
    transfer.add_argument("--trials", action="store_true", help="also mixing, patience, and properties switched off")
    transfer.add_argument("--specialists", action="store_true", help="instead train the specialists of evaluation")
    chosen = parser.parse_args()
    if chosen.step == "pack":
        from geoglot.train.pack import pack_all

        pack_all(chosen.data, chosen.shards, research=chosen.research)
    elif chosen.step == "simulate":
        from geoglot.simulate import SENSORS
        from geoglot.train.simulated import pack_focus, pack_simulated

        if chosen.focus:
            pack_focus(chosen.shards, chosen.focus, count=chosen.count, seed=chosen.seed)
        else:
            pack_simulated(chosen.shards, count=chosen.count, seed=chosen.seed, sensors=chosen.sensor or SENSORS)
    elif chosen.step == "transfer":
        from geoglot.train.recipes.transfer.plan import ROWS
        from geoglot.train.recipes.transfer.run import Folders, report, specialists

        folders = Folders(chosen.data, chosen.shards, chosen.out)
        if chosen.specialists:
            specialists(ROWS, folders)
        else:
            logging.info("\n%s", report(folders, trials=chosen.trials))
    elif chosen.step == "pairs":
        from geoglot.train.pairs import pack_all as pack_pairs

        pack_pairs(chosen.shards, chosen.data, count=chosen.count, seed=chosen.seed)
    elif chosen.step == "package":
        from geoglot.train.package import package as make
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(simulated=not chosen.real_only, research=chosen.research)
        scores = make(recipe, shards=chosen.shards, out=chosen.out, folder=chosen.folder, name=chosen.name)
        logging.info("%s", scores)
    elif chosen.step == "change":
        from geoglot.train.compare import add, compare
        from geoglot.train.export import trained

        found = compare(trained(chosen.out), chosen.shards, chosen.folder, start=chosen.start)
        logging.info("%s", found)
        add(chosen.folder, found)
    else:
        from geoglot.train.loop import train as run
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(
            quick=chosen.quick, simulated=not chosen.real_only, research=chosen.research, steps=chosen.steps
        )
        run(recipe, shards=chosen.shards, out=chosen.out, processes=chosen.processes)


if __name__ == "__main__":
    main()
