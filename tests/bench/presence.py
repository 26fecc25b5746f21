"""`python -m tests.bench.presence SHARDS FOLDER`: how far "yes" and "no" about objects can be trusted.

For every labelled class of the real shards' validation images: is there any? The answer from what was found alone, and
with what is usually missed (`calibration.misses` of FOLDER, fitted on images left aside), beside always saying no.
Classes that the eye does not claim to find are refused, whatever the image: they are counted, and are no answers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.evaluate.metrics.calibration import score_confidence
from geoglot.evaluate.metrics.protocol import Prediction
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.misses import UNMEASURED, none_missed, open_misses
from geoglot.models.nano.weights import open_weights
from geoglot.train import shard, validate

REAL = ("hit_uav", "hit_uav_thermal", "aerial_cars", "neon_trees", "oam_kampala")
BINS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.001))
Floats = NDArray[np.float64]


def main() -> None:
    """Print the scores of both answers and their reliability."""
    shards, folder = map(Path, sys.argv[1:3])
    eye, misses = Eye(open_weights(folder)), open_misses(folder)
    rows, refused = [], 0
    for name in REAL:
        one = shard.read(shards / name)
        modality = validate.modality_of(one)
        for label, found in validate.measure(eye, one, one.of("val")).found.items():
            if label not in eye.weights.taught_in(modality):
                refused += len(found)
                continue
            lost = none_missed(misses.get(modality, {}).get(label, UNMEASURED))
            rows += [(float(np.prod(1 - each.scores)), lost, each.truths > 0) for each in found]
    none, lost, there = np.array(rows, np.float64).T
    print("| answer | accuracy | ECE | mean confidence | n |\n| --- | --- | --- | --- | --- |")
    for title, p in (("found alone", 1 - none), ("with what is missed", 1 - none * lost)):
        print(_row(title, (p >= 0.5) == there, np.maximum(p, 1 - p)))
    print(_row("always no", there == 0, np.ones(len(there))))
    print(f"\nrefused, class not claimed: {refused} questions of {refused + len(rows)}")
    for title, p in (("found alone", 1 - none), ("with what is missed", 1 - none * lost)):
        right, sure = (p >= 0.5) == there, np.maximum(p, 1 - p)
        print(f"\n| {title}: confidence | answers | right |\n| --- | --- | --- |")
        for low, high in BINS:
            here = (sure >= low) & (sure < high)
            share = f"{100 * right[here].mean():.0f} %" if here.any() else "-"
            print(f"| {low:.1f} to {min(high, 1.0):.1f} | {here.sum()} | {share} |")


def _row(title: str, right: NDArray[np.bool_], sure: Floats) -> str:
    """One row of the table, with 95 % intervals."""
    verdicts: Sequence[dict[str, float]] = [
        {"right": float(r), "confidence": float(c)} for r, c in zip(right, sure, strict=True)
    ]
    said = [Prediction(str(n), "presence", verdict, None) for n, verdict in enumerate(verdicts)]
    told = score_confidence(said, 0).scores
    cells = [f"{s.value:.1f} ({s.low:.1f} to {s.high:.1f})" for s in (told["accuracy"], told["ECE"])]
    return f"| {title} | {' | '.join(cells)} | {told['mean_confidence'].value:.1f} | {len(right)} |"


if __name__ == "__main__":
    main()
