"""Scenes that nobody saw: evidence drawn at random and told without error, so that reading it can be learned apart.

What an eye tells of a picture and what is true of it differ, and a writer that only sees such pairs learns the errors
before it learns to read. Here every answer follows from the facts alone: as many things as their class counts, the
leftmost of those that are told, the class of what was marked.
"""

from __future__ import annotations

import math

import numpy as np

from geoglot.models.autoregressive.facts import MODALITY
from geoglot.models.autoregressive.told import Box, Thing, Told
from geoglot.nets import classes
from geoglot.train.text.asking import Asked, Marked, about, outlined, worded
from geoglot.train.text.seen import Seen

SIZE_PX = (256, 256)
MOST = 13  # of one class
PRESENT, ABSENT = 4, 3  # classes of a scene, at most; classes that are asked for and not there
SURE = (0.8, 1.0)
FAINT = (0.02, 0.15)
COLOURS = ("white", "black", "grey", "red", "blue", "green", "brown", "")


def imagined(name: str, rng: np.random.Generator) -> Seen:
    """Draw a scene with questions about it."""
    drawn = rng.permutation(len(classes.OBJECTS))
    present = [classes.OBJECTS[index] for index in drawn[: int(rng.integers(1, PRESENT + 1))]]
    absent = [classes.OBJECTS[index] for index in drawn[PRESENT : PRESENT + ABSENT]]
    things = tuple(thing for label in present for thing in _group(label, rng))
    faint = tuple(Thing(label, float(rng.uniform(*FAINT)), _box(rng)) for label in absent if rng.random() < 0.5)
    shares = rng.dirichlet(np.full(4, 0.6))
    *covers, elsewhere = (classes.COVER[index] for index in rng.permutation(len(classes.COVER))[:5])
    place = classes.SCENES[int(rng.integers(len(classes.SCENES)))]
    told = Told(
        modality=str(rng.choice(list(MODALITY))),
        frames=1,
        size=SIZE_PX,
        gsd_m=float(np.exp(rng.uniform(math.log(0.1), math.log(10)))),
        objects=tuple(sorted(things, key=lambda thing: -thing.score)),
        faint=faint,
        covers=tuple((0, name, round(float(share), 4)) for name, share in zip(covers, shares, strict=True)),
        scenes=((place, float(rng.uniform(0.7, 1.0))),),
    )
    truth = tuple(Marked(thing.label, thing.box) for thing in things)
    main = covers[int(shares.argmax())]
    asked = [
        *about(truth, [*present, *absent], SIZE_PX, rng),
        worded(Asked("vqa", "main cover", "", main), rng, {"question": "Which land cover takes up most of the image?"}),
        worded(Asked("classify", "classify", "", place), rng, {}),
        *outlined(truth, [present[0], absent[0]], [main, elsewhere], rng),
    ]
    return Seen(name, "imagined", told, truth, tuple(asked))


def _group(label: str, rng: np.random.Generator) -> list[Thing]:
    number = int(rng.integers(1, MOST)) if rng.random() < 0.7 else 1
    return [Thing(label, float(rng.uniform(*SURE)), _box(rng), 0, str(rng.choice(COLOURS))) for _ in range(number)]


def _box(rng: np.random.Generator) -> Box:
    """A box of 4 to 60 pixels a side, anywhere in the picture."""
    wide, high = np.exp(rng.uniform(math.log(4), math.log(60), 2))
    x, y = rng.uniform(0, SIZE_PX[0] - wide), rng.uniform(0, SIZE_PX[1] - high)
    return round(float(x), 2), round(float(y), 2), round(float(x + wide), 2), round(float(y + high), 2)
