"""`python -m geoglot.train.recipes.family NAME --size SIZE`: what a member of the family costs."""

from __future__ import annotations

import argparse
import logging

from geoglot.train.recipes.family import RECIPES, recipe
from geoglot.train.recipes.family.plan import plan
from geoglot.train.recipes.family.recipe import SIZES
from geoglot.train.recipes.family.report import report


def main() -> None:
    """Read the arguments and print the plan."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.recipes.family", description=__doc__)
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--size", choices=SIZES, default="nano")
    parser.add_argument("--gpus", type=int, default=8)
    chosen = parser.parse_args()
    logging.info("%s", report(plan(recipe(chosen.name, chosen.size)), gpus=chosen.gpus))


if __name__ == "__main__":
    main()
