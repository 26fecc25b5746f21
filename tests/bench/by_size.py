"""`python -m tests.bench.by_size SHARDS FOLDER [IMAGES]`: which share of simulated things nano finds, by their size.

SHARDS: packed simulated scenes; FOLDER: the packaged eye. A thing is found where a box of its class that nano mentions
overlaps it by a half; near, by 0.15. Its size is the root of its upright box's area, in pixels of the picture that the
eye sees, which is already enlarged. The images that were trained on stand beside those that were not: where both rows
are alike, more images would not help, but a larger eye, longer training, or a finer picture.
"""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.decode import peaks
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import open_weights
from geoglot.nets import classes
from geoglot.regions.geometry import box_iou
from geoglot.train import shard, validate
from geoglot.train.shard import Shard

EDGES_PX = (3, 5, 8, 12, 16, 24, 40, 80, 400)
FOUND, NEAR = 0.5, 0.15
PARTS = (("train", "trained on"), ("val", "not trained on"))


def main(shards: Path, folder: Path, images: int) -> None:
    """Print the table."""
    eye = Eye(open_weights(folder))
    spans = [f"{low} to {high} px" for low, high in itertools.pairwise(EDGES_PX)]
    print(f"| scenes | {' | '.join(spans)} |\n| --- |{' ---: |' * len(spans)}")
    for sensor in ("optical", "multispectral", "sar", "thermal"):
        one = shard.read(shards / f"simulated-{sensor}")
        for split, words in PARTS:
            drawn = np.random.default_rng(0).permutation(one.of(split))[:images]
            overlaps = sizes(eye, one, drawn.tolist())
            print(f"| {sensor}, {len(drawn)} {words} | {' | '.join(cells(overlaps))} |", flush=True)


def sizes(eye: Eye, one: Shard, images: list[int]) -> NDArray[np.float64]:
    """Give (n, 2): size of each thing in pixels of the eye's picture, and its best overlap with a box of its class."""
    rows = []
    for index in images:
        shown = validate.shown_of(one, index)
        said = defaultdict(list)
        for peak in peaks(eye.see(shown.image, shown.present), shown, eye.weights):
            said[peak.label].append(peak.box)
        for cls, xy, _ in one.truth[index].objects or ():
            corners = np.reshape(xy, (4, 2))
            box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
            boxes = np.array(said[classes.OBJECTS[cls]], np.float64).reshape(-1, 4)
            width, height = (box[2:] - box[:2]) / shown.scale
            rows.append((np.sqrt(width * height), box_iou(boxes, box[None]).max(initial=0.0)))
    return np.array(rows, np.float64).reshape(-1, 2)


def cells(overlaps: NDArray[np.float64]) -> list[str]:
    """Give "found (near) of n", in percent, for each span of sizes; empty below ten things."""
    told = []
    for low, high in itertools.pairwise(EDGES_PX):
        best = overlaps[(overlaps[:, 0] >= low) & (overlaps[:, 0] < high), 1]
        found, near = (100 * (best >= limit).mean() if len(best) else 0.0 for limit in (FOUND, NEAR))
        told.append(f"{found:.0f} ({near:.0f}) of {len(best)}" if len(best) >= 10 else "")
    return told


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
