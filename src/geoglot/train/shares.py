"""Fit how much ground each cover takes up, from how much of it the eye expects: a table for each modality.

    python -m geoglot.train.shares --shards runs/shards --folder src/geoglot/models/weights

What the eye takes for another cover it takes so again and again: over a whole image that adds up, and can be put
right. Fitted on simulated validation images, for real ones whose covers are all told apart are too few. Cost: a tenth
of a second an image.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.eye import Eye
from geoglot.models.nano.slots import MODALITIES
from geoglot.models.nano.weights import open_weights
from geoglot.train import shard, validate
from geoglot.train.manifest import recalibrate
from geoglot.train.shard import Shard

Shares = NDArray[np.float64]

SHOWN = {
    "rgb": ("simulated-optical",),
    "multispectral": ("simulated-optical", "simulated-multispectral"),
    "sar": ("simulated-sar",),
    "thermal": ("simulated-thermal",),
}
"""Shards whose validation images a table is fitted on; pictures are shown without their infrared."""

MOST_IMAGES = 150  # of a shard, as for the temperature of land cover
RIDGE = 0.1
"""How strongly a table is drawn to the identity: covers that are rare stay as the eye tells them. Chosen on simulated
worlds of another seed than the shards have and than results are told of."""

DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Shares of covers in the images of one shard, (images, covers) each: expected by the eye, and true."""

    expected: Shares
    true: Shares


def tables(eye: Eye, opened: Mapping[str, Shard]) -> dict[str, list[list[float]]]:
    """Give the table of each modality, for `calibration.shares` of nano.json: true shares are about expected @ table.

    eye: with the temperatures of land cover and the lines of water in its calibration. opened: shards by name; a
    modality of which there is none is left out.
    """
    fitted = {}
    for modality, names in SHOWN.items():
        told = [shares(eye, opened[name], modality) for name in names if name in opened and opened[name].of("val")]
        if told:
            fitted[modality] = np.round(table(told), DIGITS).tolist()
    return fitted


def table(told: Sequence[Told]) -> Shares:
    """Fit (covers, covers) by least squares, drawn to the identity; each shard counts the same.

    Rows of shares add up to one on both sides, so the rows of the table do too: no ground is made or lost.
    """
    number = sum(len(one.true) for one in told)
    weights = [np.sqrt(number / (len(told) * len(one.true))) for one in told]
    near = RIDGE * np.eye(told[0].true.shape[1])
    expected = np.concatenate([*(w * one.expected for w, one in zip(weights, told, strict=True)), near])
    true = np.concatenate([*(w * one.true for w, one in zip(weights, told, strict=True)), near])
    return np.asarray(np.linalg.lstsq(expected, true, rcond=None)[0])


def shares(eye: Eye, one: Shard, modality: str) -> Told:
    """See the validation images of a shard as images of that modality, and add up what covers them.

    Raises ValueError if the shard does not tell its covers apart as the eye does.
    """
    covers = len(eye.weights.cover)
    if one.cover is None or any(len(members) != 1 for members in one.cover_sets):
        raise ValueError(f"the covers of shard {one.name} are not those of the eye")
    meant = np.array([members[0] for members in one.cover_sets])
    validation = cut(one, one.of("val")[:MOST_IMAGES], infrared=modality != "rgb")
    expected, true = [], []
    for truth, probability in validate.measure(eye, validation, range(len(validation.truth))).cover:
        if truth.size:
            expected.append(probability.mean(axis=1))
            true.append(np.bincount(meant[truth], minlength=covers) / truth.size)
    return Told(np.array(expected, np.float64).reshape(-1, covers), np.array(true).reshape(-1, covers))


def cut(one: Shard, images: Sequence[int], *, infrared: bool) -> Shard:
    """Give some images of a shard with nothing but their cover to tell. infrared: whether it is left in."""
    kept = [place for place, slot in enumerate(one.slots) if infrared or slot not in MODALITIES["multispectral"]]
    return replace(
        one,
        slots=tuple(one.slots[place] for place in kept),
        levels=one.levels[list(images)][:, kept],
        cover=None if one.cover is None else one.cover[list(images)],
        truth=tuple(replace(one.truth[index], objects=None, scene=None, tags=None) for index in images),
    )


def main() -> None:
    """Read the arguments, measure, and write `calibration.shares`; nothing else changes."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.shares", description=__doc__)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--folder", type=Path, required=True, help="the packaged eye: nano.json and eye.onnx")
    chosen = parser.parse_args()
    names = {name for wanted in SHOWN.values() for name in wanted}
    opened = {
        name: shard.read(chosen.shards / name) for name in names if (chosen.shards / name / "truth.json").is_file()
    }
    recalibrate(chosen.folder, "shares", tables(Eye(open_weights(chosen.folder)), opened))


if __name__ == "__main__":
    main()
