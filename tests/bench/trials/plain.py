"""Plain scenes: blocks of one colour a class on an even ground, seen by four sensors; and talks about them.

A member of half a million weights learns no simulated scene in minutes (docs/family.md says what was tried); this it
learns. What trials compare is the same: how places are written, what is seen by which stem, what is taught first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box, Mask, Path, Point
from geoglot.simulate.conversations.words import plural
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.seen import Asked
from geoglot.train.text.several import Counts, Saying, Thing, decomposed, presence
from geoglot.train.text.views import Scene, Talk, View, bands_of

SIDE_PX, CELL_PX, GSD_M = 64, 8, 1.0
CLASSES = ("ship", "car", "house", "field")
HIDDEN = {"optical": (), "multispectral": (), "sar": ("house", "field"), "thermal": ()}
"""Classes that a sensor shows as ground."""

BANDS = {"optical": 4, "sar": 2, "thermal": 1, "multispectral": 13}
WATER, ROAD = len(CLASSES), len(CLASSES) + 1
NOISE = 0.25
BLOCK_PX = 2 * CELL_PX
"""A thing lies within one square of this grid, as large as what becomes one token of the writer."""

ASKED = 3
"""How often a place is asked whether something is there."""

LEGS = (2, 4, 6, 8, 12, 16)
"""Legs of roads, each of a cell."""

TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))
SAYING = Saying(lambda label: label)

Pixels = NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """One place. kinds: (s, s) what covers each pixel: a class, WATER, ROAD or -1. road: points, none without one."""

    kinds: NDArray[np.int64]
    things: tuple[Thing, ...]
    road: tuple[tuple[float, float], ...]

    def counts(self, sensor: str) -> dict[str, int]:
        """How many of each class that a sensor shows."""
        told = [label for label in CLASSES if label not in HIDDEN[sensor]]
        return {label: sum(thing.label == label for thing in self.things) for label in told}

    def picture(self, sensor: str, rng: np.random.Generator) -> Pixels:
        """The place as a sensor sees it: (C, s, s)."""
        colours = palette(sensor)
        shown = colours[self.kinds]  # (s, s, C); -1 is the last row, the ground
        noisy = shown + rng.normal(0, NOISE, shown.shape)
        return np.ascontiguousarray(noisy.transpose(2, 0, 1)).astype(np.float16)


def palette(sensor: str) -> NDArray[np.float64]:
    """Give the value of each class, of water, road and ground in each band of a sensor: (K, C), far apart."""
    rng = np.random.default_rng((5, BANDS[sensor]))
    rows = len(CLASSES) + 3
    levels = np.stack([rng.permutation(np.linspace(-2.4, 2.4, rows)) for _ in range(BANDS[sensor])], axis=1)
    for label in HIDDEN[sensor]:
        levels[CLASSES.index(label)] = levels[-1]
    return levels


def place(rng: np.random.Generator) -> Plain:
    """Draw a place: perhaps water along a side, perhaps a road, one class of one to three things, others alone."""
    kinds = np.full((SIDE_PX, SIDE_PX), -1)
    if rng.random() < 0.5:
        _flood(kinds, rng)
    road = _walk(rng) if rng.random() < 0.5 else ()
    for (x0, y0), (x1, y1) in pairwise(road):
        low, high = (int(min(x0, x1)) - 1, int(min(y0, y1)) - 1), (int(max(x0, x1)) + 2, int(max(y0, y1)) + 2)
        kinds[low[1] : high[1], low[0] : high[0]] = ROAD
    labels = [str(label) for label in rng.permutation(CLASSES)]
    wanted = [labels[0]] * int(rng.integers(1, 4)) + labels[1 : 1 + int(rng.integers(1, 4))]
    things: list[Thing] = []
    for label in wanted:
        box = _room(kinds, rng)
        if box is not None:
            x0, y0, x1, y1 = box
            kinds[y0:y1, x0:x1] = CLASSES.index(label)
            things.append(Thing(label, (float(x0), float(y0), float(x1), float(y1))))
    return Plain(kinds, tuple(things), road) if things else place(rng)


def _flood(kinds: NDArray[np.int64], rng: np.random.Generator) -> None:
    """Put water along one side, in place."""
    wide = BLOCK_PX * int(rng.integers(1, 3)) - 2 * int(rng.integers(0, 4))
    sides = (np.s_[:, :wide], np.s_[:, -wide:], np.s_[:wide], np.s_[-wide:])
    kinds[sides[int(rng.integers(4))]] = WATER


def _room(kinds: NDArray[np.int64], rng: np.random.Generator) -> tuple[int, int, int, int] | None:
    """Free ground for a thing of 10 to 16 px at even places of a block; None if no block is free."""
    across = SIDE_PX // BLOCK_PX
    for number in rng.permutation(across**2):
        left, top = (BLOCK_PX * int(part) for part in divmod(int(number), across))
        if (kinds[top : top + BLOCK_PX, left : left + BLOCK_PX] == -1).all():
            width, height = (2 * int(half) for half in rng.integers(5, 9, 2))
            x = left + 2 * int(rng.integers(0, (BLOCK_PX - width) // 2 + 1))
            y = top + 2 * int(rng.integers(0, (BLOCK_PX - height) // 2 + 1))
            return x, y, x + width, y + height
    return None


def _walk(rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """A road through the middles of cells that never meets itself; each leg is a cell long."""
    wanted, cells = int(rng.choice(LEGS)), SIDE_PX // CELL_PX
    way = [(int(rng.integers(cells)), int(rng.integers(cells)))]
    while len(way) <= wanted:
        x, y = way[-1]
        near = [(x + dx, y + dy) for dx, dy in TURNS if 0 <= x + dx < cells and 0 <= y + dy < cells]
        # A cell beside an earlier one would make the road look like a crossing.
        free = [
            one for one in near if one not in way and sum(abs(one[0] - a) + abs(one[1] - b) == 1 for a, b in way) == 1
        ]
        if not free:
            break
        way.append(free[int(rng.integers(len(free)))])
    if len(way) < 2:
        return ()
    return tuple(((x + 0.5) * CELL_PX, (y + 0.5) * CELL_PX) for x, y in way)


def talk(sensor: str, *, count: int, seed: int) -> Talk:
    """Draw so many scenes of a sensor. Equal arguments give equal scenes; other seeds give other places."""
    rng = np.random.default_rng((seed, BANDS[sensor]))
    pictures, scenes = [], []
    for index in range(count):
        one = place(rng)
        pictures.append(one.picture(sensor, rng))
        shown = tuple(drawn(one, sensor, rng))
        boxes = (Asked(d.task, d.task, d.question, d.reply, "", (), _corners(d)) for d in shown if d.task == "detect")
        told = (*asked(one, sensor, rng), *boxes)
        scenes.append(Scene(f"plain-{sensor}-{seed}-{index}", GSD_M, told, shown))
    return Talk(sensor, (View(sensor, bands_of(sensor), np.stack(pictures)),), tuple(scenes))


def asked(one: Plain, sensor: str, rng: np.random.Generator) -> Iterator[Asked]:
    """Ask about a place what words can answer; of things that the sensor shows."""
    counts = one.counts(sensor)
    shown = [thing for thing in one.things if thing.label in counts]
    alone = [thing for thing in shown if counts[thing.label] == 1]
    for _ in range(ASKED):
        yield from presence(counts, SAYING, rng, kind="presence")
    there = [label for label, count in counts.items() if count]
    if there:
        label = max(there, key=lambda one: counts[one])  # drawn evenly from one to three, the others are alone
        yield Asked("count", "count", f"How many {plural(label)} are there?", str(counts[label]), "", (), ())
        named = ", ".join(there)
        yield Asked("multilabel", "multilabel", "Which things are there?", named, named, (), ())
        yield Asked("caption", "caption", "Describe the image.", _caption(counts), "", (), ())
    if alone:
        thing = alone[int(rng.integers(len(alone)))]
        question = f"Where is the {thing.label}?"
        yield Asked("ground", "ground", question, f"{thing.label} <r0>", "", (), (thing.box,))
    steps = decomposed(alone, SAYING, rng)
    if steps is not None:
        yield steps
        first = steps.reply.partition(";")[0]
        subject, side, thing_ = _parts(first)
        yield Asked("relation", "relation", f"How does the {subject} lie to the {thing_}?", side, side, (), ())


def drawn(one: Plain, sensor: str, rng: np.random.Generator) -> Iterator[Drawn]:
    """Ask about a place what places answer: where all of a class are, where water is, where the road goes."""
    counts = one.counts(sensor)
    for there in (True, False):
        labels = [label for label, count in counts.items() if (count > 0) == there]
        if labels:
            label = labels[int(rng.integers(len(labels)))]
            boxes = tuple(Box(*thing.box) for thing in one.things if thing.label == label)
            reply = "; ".join(f"{label} <r{index}>" for index in range(len(boxes)))
            yield Drawn("detect", f"Where are {plural(label)}?", reply or "none", (), boxes)
            if boxes:
                mask = Mask.from_array(one.kinds == CLASSES.index(label))
                yield Drawn("segment", f"Which part is {plural(label)}?", f"{label} <r0>", (), (mask,))
    wet = one.kinds == WATER
    masks = (Mask.from_array(wet),) if wet.any() else ()
    yield Drawn("segment", "Which part is water?", "water <r0>" if masks else "none", (), masks)
    if one.road:
        yield Drawn("navigate", "Follow the road from <r0>.", "way <r0>", (Point(*one.road[0]),), (Path(one.road),))


def eyes(sensor: str, *, count: int, seed: int) -> tuple[Pixels, NDArray[np.int64]]:
    """Pictures (N, C, s, s) of a sensor, and what most of each cell is: (N, h, w), the ground last."""
    rng = np.random.default_rng((seed, BANDS[sensor], 1))
    cells = SIDE_PX // CELL_PX
    pictures, kinds = [], []
    for _ in range(count):
        one = place(rng)
        pictures.append(one.picture(sensor, rng))
        parts = one.kinds.reshape(cells, CELL_PX, cells, CELL_PX).swapaxes(1, 2).reshape(cells, cells, -1)
        each = np.stack([(parts == kind).sum(-1) for kind in (*range(ROAD + 1), -1)], axis=-1)  # (h, w, K)
        kinds.append(each.argmax(-1))
    return np.stack(pictures), np.stack(kinds)


def _corners(one: Drawn) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((box.x0, box.y0, box.x1, box.y1) for box in (region.bounds for region in one.regions))


def _caption(counts: Counts) -> str:
    return ", ".join(f"{count} {label if count == 1 else plural(label)}" for label, count in counts.items() if count)


def _parts(triplet: str) -> tuple[str, str, str]:
    """Subject, relation and object of a triplet; classes here are single words."""
    words: Sequence[str] = triplet.split()
    return words[0], " ".join(words[1:-1]), words[-1]
