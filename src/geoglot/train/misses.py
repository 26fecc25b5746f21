"""Fit what a packaged eye misses and write it into its nano.json, where reasoning reads it.

    python -m geoglot.train.misses --shards runs/shards --folder src/geoglot/models/weights

On the images that training left aside for calibration, through the runtime's own code, with the scores already
calibrated: what is counted as found is what evidence would mention. Cost: a tenth of a second an image.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from geoglot.models.nano import things
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.misses import Misses, Tally, as_json, fit_misses, size_of
from geoglot.models.nano.weights import open_weights
from geoglot.train import shard, validate
from geoglot.train.manifest import recalibrate
from geoglot.train.package import LEAST_TO_FIT, MOST_IMAGES, PICTURES, held_out
from geoglot.train.recipe import Recipe
from geoglot.train.recipes.nano_eye import nano_eye
from geoglot.train.shard import Shard


def tallies(eye: Eye, recipe: Recipe, opened: Mapping[str, Shard], *, simulated: bool) -> Iterator[Tally]:
    """Give what became of each labelled class in each image that training left aside: of real or simulated shards.

    eye: with its calibration. opened: the recipe's shards by name; one that is not there is passed over.
    """
    for ingredient in recipe.mixture:
        if ingredient.shard not in opened or ingredient.shard.startswith("simulated") is not simulated:
            continue
        one = opened[ingredient.shard]
        measured = validate.measure(eye, one, held_out(ingredient, one)[:MOST_IMAGES], overlap=validate.NEAR)
        modality = validate.modality_of(one)
        seen_as = PICTURES if simulated and modality in PICTURES else (modality,)  # views lose their infrared at random
        for label, found in measured.found.items():
            for image in found:
                size = size_of(things.length_m(things.canonical(label)), image.gsd_m)
                for name in seen_as:
                    yield Tally(name, label, int(image.hit.sum()), image.truths, size)


def real_first(real: Iterable[Tally], simulated: Iterable[Tally]) -> Iterator[Tally]:
    """Give the real tallies of a class where they hold `LEAST_TO_FIT` objects, else all of it.

    Simulated scenes crowd together what is hard to see: of thermal cars 94 % are missed there, of real ones half.
    """
    real, simulated = list(real), list(simulated)
    number = Counter[tuple[str, str]]()
    for tally in real:
        number[tally.modality, tally.label] += tally.truths
    yield from real
    yield from (tally for tally in simulated if number[tally.modality, tally.label] < LEAST_TO_FIT)


def write_misses(folder: Path, misses: Misses) -> None:
    """Put `calibration.misses` into a folder's nano.json; nothing else in it changes."""
    recalibrate(folder, "misses", as_json(misses))


def main() -> None:
    """Read the arguments, measure, and write."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.misses", description=__doc__)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--folder", type=Path, required=True, help="the packaged eye: nano.json and eye.onnx")
    chosen = parser.parse_args()
    recipe = nano_eye()
    there = [one.shard for one in recipe.mixture if (chosen.shards / one.shard / "truth.json").is_file()]
    opened = {name: shard.read(chosen.shards / name) for name in there}
    eye = Eye(open_weights(chosen.folder))
    real, simulated = (tallies(eye, recipe, opened, simulated=kind) for kind in (False, True))
    write_misses(chosen.folder, fit_misses(real_first(real, simulated)))


if __name__ == "__main__":
    main()
