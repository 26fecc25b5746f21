"""Fit where water is, from what the eye sees of it and what physics says: a line for radar and one for Sentinel-2.

    python -m geoglot.train.water --shards runs/shards --folder src/geoglot/models/weights

Fitted on validation images of simulated scenes, flooded ones among them, and on training images of real places. Tables
of shares (`geoglot.train.shares`) are fitted after it. Cost: a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.decode import softmax
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.water import WATER, measures
from geoglot.models.nano.weights import open_weights
from geoglot.train import shard, validate
from geoglot.train.clouds import logistic
from geoglot.train.manifest import recalibrate
from geoglot.train.shard import Shard

SHOWN = {
    "sar": (("terramesh-s1", "train"), ("simulated-sar", "val"), ("simulated-floods-radar", "val")),
    "multispectral": (("terramesh-s2", "train"), ("simulated-multispectral", "val"), ("simulated-floods", "val")),
}
"""Shards and splits that the line of a modality is fitted on, each with the same number of cells."""

MOST_IMAGES = 60  # of a shard
CELLS = 20_000  # of a shard
DIGITS = 4

Cells = tuple[NDArray[np.float64], NDArray[np.bool_]]


def lines(eye: Eye, opened: Mapping[str, Shard]) -> dict[str, list[float]]:
    """Give a weight for each of `measures` and a bias by modality, for `calibration.water` of nano.json.

    eye: with the temperatures of land cover in its calibration. A modality without a shard, or without water or land
    in all of its shards, is left out.
    """
    fitted = {}
    for modality, parts in SHOWN.items():
        told = [cells(eye, opened[name], split) for name, split in parts if name in opened]
        told = [one for one in told if len(one[1])]
        if told and 0 < np.concatenate([wet for _, wet in told]).sum() < sum(len(wet) for _, wet in told):
            features, wet = (np.concatenate(side) for side in zip(*told, strict=True))
            fitted[modality] = np.round(logistic(features, wet), DIGITS).tolist()
    return fitted


def cells(eye: Eye, one: Shard, split: str) -> Cells:
    """Give the measures (CELLS, 3) of cells of a shard's images, drawn with repetition, and whether each is water."""
    water = eye.weights.cover.index(WATER)
    wet_sets = [place for place, members in enumerate(one.cover_sets) if members == (water,)]
    features, wet = [np.zeros((0, 3))], [np.zeros(0, np.bool_)]
    for index in one.of(split)[:MOST_IMAGES]:
        shown = validate.shown_of(one, index)
        truth = validate.truth_of_cells(one, index, shown, eye.weights.stride)
        logits = eye.see(shown.image, shown.present).cover[:, : truth.shape[0], : truth.shape[1]]
        probability = softmax(logits / eye.weights.calibration.cover_of(shown.modality))[water]
        told = measures(probability, shown, eye.weights.stride)
        if told is not None:
            known = (truth != validate.UNTOLD) & np.isfinite(told).all(axis=0)
            features.append(told[:, known].T)
            wet.append(np.isin(truth[known], wet_sets))
    all_features, all_wet = np.concatenate(features), np.concatenate(wet)
    if not len(all_wet):
        return all_features, all_wet
    chosen = np.random.default_rng(0).integers(len(all_wet), size=CELLS)
    return all_features[chosen], all_wet[chosen]


def main() -> None:
    """Read the arguments, fit, and write `calibration.water`; nothing else changes."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.water", description=__doc__)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--folder", type=Path, required=True, help="the packaged eye: nano.json and eye.onnx")
    chosen = parser.parse_args()
    names = {name for parts in SHOWN.values() for name, _ in parts}
    opened = {
        name: shard.read(chosen.shards / name) for name in names if (chosen.shards / name / "truth.json").is_file()
    }
    recalibrate(chosen.folder, "water", lines(Eye(open_weights(chosen.folder)), opened))


if __name__ == "__main__":
    main()
