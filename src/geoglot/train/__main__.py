"""`python -m geoglot.train STEP`: the steps of docs/nano.md and docs/transfer.md on the command line."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

Run = Callable[[argparse.Namespace], None]
"""Does a step with its arguments. It imports what the step needs, so that the others and `--help` need not wait."""

_RESEARCH = "also sets whose weights must not be shipped"


def main() -> None:
    """Read the arguments and run one step."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, (told, step) in STEPS.items():
        one = steps.add_parser(name, help=told)
        one.set_defaults(run=step(one))
    chosen = parser.parse_args()
    chosen.run(chosen)


def pack(parser: argparse.ArgumentParser) -> Run:
    """Shards of the data sets on disk."""
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--research", action="store_true", help=_RESEARCH)

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.pack import pack_all

        pack_all(chosen.data, chosen.shards, research=chosen.research)

    return run


def simulate(parser: argparse.ArgumentParser) -> Run:
    """Shards of simulated scenes: of each sensor, or those of one focus."""
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--count", type=int, default=1600, help="scenes of each sensor")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--sensor", action="append", help="optical, multispectral, sar, thermal; all if not given")
    parser.add_argument("--focus", help="scenes of what random places seldom show: a name of simulated.FOCUS")

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.simulate import SENSORS
        from geoglot.train.simulated import pack_focus, pack_simulated

        if chosen.focus:
            pack_focus(chosen.shards, chosen.focus, count=chosen.count, seed=chosen.seed)
        else:
            pack_simulated(chosen.shards, count=chosen.count, seed=chosen.seed, sensors=chosen.sensor or SENSORS)

    return run


def pairs(parser: argparse.ArgumentParser) -> Run:
    """Pairs of dates, simulated and, with data, real ones."""
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--data", type=Path, help="also cut the labelled Landsat pairs below it")
    parser.add_argument("--count", type=int, default=800, help="optical pairs; a fifth of it of radar and thermal")
    parser.add_argument("--seed", type=int, default=70_000)

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.pairs import pack_all

        pack_all(chosen.shards, chosen.data, count=chosen.count, seed=chosen.seed)

    return run


def eye(parser: argparse.ArgumentParser) -> Run:
    """The training of nano's eye, from its last checkpoint if there is one."""
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--out", type=Path, default=Path("runs/nano-eye"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--real-only", action="store_true", help="without simulated scenes")
    parser.add_argument("--research", action="store_true", help=_RESEARCH)

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.loop import train
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(
            quick=chosen.quick, simulated=not chosen.real_only, research=chosen.research, steps=chosen.steps
        )
        train(recipe, shards=chosen.shards, out=chosen.out, processes=chosen.processes)

    return run


def package(parser: argparse.ArgumentParser) -> Run:
    """A folder that nano loads, made of a trained eye, and its scores."""
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--out", type=Path, default=Path("runs/nano-eye"))
    parser.add_argument("--folder", type=Path, default=Path("runs/nano"))
    # Every answer bears it: a default would give new weights an old name.
    parser.add_argument("--name", required=True)
    parser.add_argument("--real-only", action="store_true", help="without simulated scenes")
    parser.add_argument("--research", action="store_true", help=_RESEARCH)

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.package import package
        from geoglot.train.recipes.nano_eye import nano_eye

        recipe = nano_eye(simulated=not chosen.real_only, research=chosen.research)
        scores = package(recipe, shards=chosen.shards, out=chosen.out, folder=chosen.folder, name=chosen.name)
        logging.info("%s", scores)

    return run


def change(parser: argparse.ArgumentParser) -> Run:
    """What tells changes, fitted on pairs and added to a folder that `package` made."""
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--out", type=Path, default=Path("runs/nano-eye"), help="the trained eye")
    parser.add_argument("--folder", type=Path, default=Path("runs/nano"), help="where it was packaged")
    parser.add_argument("--start", type=Path, help="weights of a head to go on from")

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.compare import add, compare
        from geoglot.train.export import trained

        found = compare(trained(chosen.out), chosen.shards, chosen.folder, start=chosen.start)
        logging.info("%s", found)
        add(chosen.folder, found)

    return run


def transfer(parser: argparse.ArgumentParser) -> Run:
    """The trials of docs/transfer.md, or the specialists of evaluation."""
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"), help="where `simulate` put its scenes")
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"))
    parser.add_argument("--trials", action="store_true", help="also mixing, patience, and properties switched off")
    parser.add_argument("--specialists", action="store_true", help="instead train the specialists of evaluation")

    def run(chosen: argparse.Namespace) -> None:
        from geoglot.train.recipes.transfer.plan import ROWS
        from geoglot.train.recipes.transfer.run import Folders, report, specialists

        folders = Folders(chosen.data, chosen.shards, chosen.out)
        if chosen.specialists:
            specialists(ROWS, folders)
        else:
            logging.info("\n%s", report(folders, trials=chosen.trials))

    return run


STEPS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], Run]]] = {
    "pack": ("turn data sets into shards", pack),
    "simulate": ("make shards of simulated scenes", simulate),
    "pairs": ("make pairs before and after a change, for the change head", pairs),
    "nano-eye": ("train nano's eye, or go on with it", eye),
    "package": ("export, calibrate and measure a trained eye", package),
    "change": ("fit what tells changes and add it to a packaged eye", change),
    "transfer": ("what simulated scenes are worth on real images", transfer),
}
"""What each step is, in words, and what adds its arguments to a parser and gives the step itself."""


if __name__ == "__main__":
    main()
