"""`python -m tests.bench.clouds DATA`: what nano's cloud flag says of clear images and of images with clouds.

The flag tells the share of an image that is expected under cloud. Fitted: the line of logits from it to "there is any
cloud" (`decode.CLOUDED`), on training images as they are and with clouds drawn over them. Tested: that line on
the tiles of real clouds, and on pictures of sets that are trained on nowhere and show none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers import Labelled, reader
from geoglot.evaluate.benchmarks.samples import scene_of
from geoglot.models.nano.evidence import Guess
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.look import look
from geoglot.models.nano.reason.whole import some_of
from geoglot.models.nano.weights import open_weights
from geoglot.sensors import Unit
from geoglot.train.augment import overcast
from geoglot.train.validate import fit_line

TAUGHT = {"ucm_landuse": "aerial-rgb", "eurosat_rgb_5class": "rgb", "terramesh": "sentinel-2-l2a",
          "oam_kampala": "aerial-rgb"}  # fmt: skip
CLEAR = {"aid_scenes": "rgb", "rsscn7": "rgb"}
CLOUDY = {"cloud_masks": "multispectral-reflectance"}
LEAST_SHARE = 0.005
"""Of an image; less cloud is none, as less of a cover is none."""

MOST = 60
BRIGHT = {Unit.DISPLAY: 255.0, Unit.REFLECTANCE: 0.5}
"""What is white, by unit."""


def main() -> None:
    """Print the line, and how often what follows from it is right."""
    data, eye, rng = Path(sys.argv[1]), Eye(open_weights()), np.random.default_rng(0)
    rows = []
    for name, sensor in TAUGHT.items():
        for image in _images(name, data, rng):
            rows.append((_flag(image, sensor, eye), 0.0))
            covered, share = _clouded(image, rng)
            rows.append((_flag(covered, sensor, eye), share))
    told, share = np.array(rows).T
    use = (share == 0) | (share >= LEAST_SHARE)
    a, b = fit_line(told[use], share[use] > 0, near=(0.7, 3.0))
    print(f"line: {a:.2f} x logit + {b:.2f}, fitted on {use.sum()} images, {int((share[use] > 0).sum())} with clouds\n")
    print("| images | with clouds | right | mean confidence |\n| --- | --- | --- | --- |")
    for name, sensor in (CLEAR | CLOUDY).items():
        found = [(_flag(image, sensor, eye), _true_share(image)) for image in _images(name, data, rng)]
        p = np.array([some_of(Guess("q1", "cloud", flag)) for flag, _ in found])
        there = np.array([share >= LEAST_SHARE for _, share in found])
        right, sure = 100 * ((p >= 0.5) == there).mean(), 100 * np.maximum(p, 1 - p).mean()
        print(f"| {name} | {there.sum()} of {len(found)} | {right:.0f} % | {sure:.0f} % |", flush=True)


def _images(name: str, data: Path, rng: np.random.Generator) -> Iterator[Labelled]:
    """A draw of a set's pictures, those for training where it has any."""
    source = reader(name)
    wanted = {split for split, _ in source.card.counts if split == "train"} or {"test"}
    count = sum(number for split, number in source.card.counts if split in wanted)
    every = (one for one in source.read(data / source.card.folder) if one.split in wanted and one.unit in BRIGHT)
    return islice((one for one in every if rng.random() < 1.5 * MOST / count), MOST)


def _flag(image: Labelled, sensor: str, eye: Eye) -> float:
    evidence = look(scene_of(image, sensor), eye)
    return next(guess.probability for guess in evidence.quality if guess.name == "cloud")


def _clouded(image: Labelled, rng: np.random.Generator) -> tuple[Labelled, float]:
    """The image, cut square, under clouds as training draws them; the share that is opaque."""
    white, side = BRIGHT[image.unit], min(image.pixels.shape[1:])
    square = image.pixels[:, :side, :side].astype(np.float32) / np.float32(white)  # (C, side, side)
    planes: dict[str, NDArray[np.float32]] = dict(zip(image.bands, square, strict=True))
    share = float((overcast(planes, rng) > 0.5).mean())
    pixels = np.stack([planes[band] for band in image.bands]) * np.float32(white)
    if image.unit is Unit.DISPLAY:
        pixels = np.clip(pixels, 0, white).astype(np.uint8)
    return replace(image, pixels=pixels, objects=None, cover=None), share


def _true_share(image: Labelled) -> float:
    if "cloud" not in image.cover_classes or image.cover is None:
        return 0.0
    known = image.cover[image.cover != 255]
    return float((known == image.cover_classes.index("cloud")).mean())


if __name__ == "__main__":
    main()
