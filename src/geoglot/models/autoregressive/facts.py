"""What a writer of evidence reads: every fact of a scene as one token, made of words of its vocabulary and numbers.

A fact's words are a name and up to six more, each in a place of its own: the corners of its box in thousandths, a
number, the word it is pointed at by. Training (`train.text`) and the runtime make them here, so that both read alike.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geoglot.models.autoregressive.told import Box, Change, Thing, Told, overlap
from geoglot.regions.codecs.words import COORDINATES

KINDS = ("frame", "object", "change", "cover", "scene", "tag", "class")
POINTERS = tuple(f"<o{number}>" for number in range(1, 49))
"""Words that name an object or a change: a reply points at it by its word, a question by that of the thing it means."""

OBJECTS, CHANGES = 36, 12
PLACES = 6
"""Words beside a fact's name: four corners, a number, and the pointer of an object or what a class counts at best."""

NUMBERS = 13
SCENES, TAGS = 3, 6
COVERED = 0.005  # share of the picture from which a land cover is a fact
LIKELY = 0.5
MARKED_IOU = 0.3
"""Overlap from which a marked place is an object that was told."""

LARGEST = 99  # number that is one word
MODALITY = {"rgb": "[OPT]", "multispectral": "[MS]", "sar": "[SAR]", "thermal": "[IR]"}
_MARKER = re.compile(r"<r(\d+)>")
Count = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. kind: of KINDS. places: PLACES words, empty for none. numbers: up to NUMBERS, of order 1."""

    kind: str
    name: str
    places: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FactIds:
    """F facts as ids: kind (F,), words (F, W), places (F, PLACES), -1 for none; numbers (F, NUMBERS)."""

    kind: NDArray[np.int64]
    words: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the pointers of a scene mean: things and changes by word."""

    things: Mapping[str, Thing] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)

    @property
    def boxes(self) -> dict[str, Box]:
        """The box of each pointer."""
        things = {word: one.box for word, one in self.things.items()}
        return things | {word: one.box for word, one in self.changes.items()}

    def at(self, box: Box, *, least: float = MARKED_IOU) -> str | None:
        """Give the pointer of the thing that overlaps a box of the first frame most, None if none does by `least`."""
        found = {word: overlap(thing.box, box) for word, thing in self.things.items() if thing.frame == 0}
        best = max(found, key=found.__getitem__, default=None)
        return best if best is not None and found[best] >= least else None


def pointers(told: Told, words: Sequence[str] = POINTERS) -> Pointed:
    """Give each object and change that becomes a fact its word. words: POINTERS in any order."""
    kept = _kept(told)
    changes = sorted(told.changes, key=lambda one: -one.score)[:CHANGES]
    return Pointed(dict(zip(words, kept, strict=False)), dict(zip(words[len(kept) :], changes, strict=False)))


def facts(told: Told, pointed: Pointed, classes: Sequence[str]) -> list[Fact]:
    """Give the facts of a scene: the frame, objects, changes, covers, scenes, tags, then every class of the eye.

    What there is a fixed number of comes last, so that a question finds it at the same distance.
    """
    found = [
        _frame(told),
        *_objects(told, pointed),
        *(_change(word, one, told) for word, one in pointed.changes.items()),
    ]
    shares = covered(told)
    main = {frame: max((one[2] for one in shares if one[0] == frame), default=0) for frame in range(told.frames)}
    for frame, name, share in shares:
        numbers = (share, math.log(share) / 7, float(share == main[frame]), float(frame > 0))
        found.append(Fact("cover", name, ("", "", "", "", str(min(LARGEST, round(100 * share)))), numbers))
    found += [Fact("scene", name, (), (p, float(k == 0))) for k, (name, p) in enumerate(told.scenes[:SCENES])]
    tags = sorted(told.tags, key=lambda one: -one[1])[:TAGS]
    found += [Fact("tag", name.replace("-", " "), (), (p, float(p > LIKELY))) for name, p in tags]
    return [*found, *(_class(label, told) for label in classes)]


def covered(told: Told) -> list[tuple[int, str, float]]:
    """Give frame, name and share of the land covers that are facts. They follow the objects and the changes."""
    return [one for one in told.covers if one[2] >= COVERED]


def written(question: str, shown: Sequence[Box], told: Told | None, pointed: Pointed) -> str:
    """Give a question with its boxes as words: the pointer of the object that is meant, else what it may be, and the
    corners. Where nothing was looked at there are no corners either.
    """
    return _MARKER.sub(lambda found: _place(shown[int(found[1])], told, pointed), question)


def corners(box: Box, size: tuple[int, int]) -> list[str]:
    """Give the four coordinate words of a box: thousandths of width and height, rounded down."""
    return [COORDINATES[min(999, max(0, int(1000 * place / size[axis % 2])))] for axis, place in enumerate(box)]


def as_ids(rows: Sequence[Fact], ids_of: Callable[[str], Sequence[int]]) -> FactIds:
    """Give facts as ids of a vocabulary. ids_of: the ids of a text; those of a name stand for it as in a sentence."""
    names = [list(ids_of(row.name if row.name.startswith("[") else f" {row.name}")) for row in rows]
    widest = max(map(len, names), default=1)
    places = [[*(ids_of(word)[0] if word else -1 for word in row.places)] for row in rows]
    numbers = np.zeros((len(rows), NUMBERS), np.float32)
    for index, row in enumerate(rows):
        numbers[index, : len(row.numbers)] = row.numbers
    return FactIds(
        np.array([KINDS.index(row.kind) for row in rows], np.int64),
        np.array([[*name, *[-1] * (widest - len(name))] for name in names], np.int64).reshape(len(rows), widest),
        np.array([[*row, *[-1] * (PLACES - len(row))] for row in places], np.int64).reshape(len(rows), PLACES),
        numbers,
    )


def _frame(told: Told) -> Fact:
    quality = dict(told.quality)
    known = told.gsd_m is not None and told.gsd_m > 0
    numbers = (
        math.log(told.gsd_m) / 2 if known and told.gsd_m else 0.0,
        float(known),
        float(told.frames > 1),
        math.log1p(len(told.objects)) / 2,
        quality.get("cloud", 0.0),
        quality.get("nodata", 0.0),
        math.log(max(told.size) / 256),
    )
    return Fact("frame", MODALITY.get(told.modality, "[OPT]"), (), numbers)


def _kept(told: Told) -> list[Thing]:
    """The objects that become facts, surest first; but the outermost of every class are always among them."""
    first = [thing for group in _classes(told).values() for thing in _outermost(group) if thing is not None]
    order = [*sorted(dict.fromkeys(first), key=_unsure), *sorted(told.objects, key=_unsure)]
    return sorted(list(dict.fromkeys(order))[:OBJECTS], key=_unsure)


def _unsure(thing: Thing) -> float:
    return -thing.score


def _classes(told: Told) -> dict[str, list[Thing]]:
    """The likely objects of the first frame by class; all of a class where none is likely."""
    groups: dict[str, list[Thing]] = defaultdict(list)
    for thing in told.objects:
        if thing.frame == 0:
            groups[thing.label].append(thing)
    return {label: [one for one in group if one.score >= LIKELY] or group for label, group in groups.items()}


def _outermost(group: Sequence[Thing]) -> tuple[Thing | None, ...]:
    """The leftmost, rightmost, uppermost and lowest of a class; nothing of a single thing."""
    if len(group) < 2:
        return (None,) * 4
    sums = [[thing.box[axis] + thing.box[axis + 2] for thing in group] for axis in (0, 1)]
    return tuple(group[int(pick(places))] for places in sums for pick in (np.argmin, np.argmax))


def _objects(told: Told, pointed: Pointed) -> Iterator[Fact]:
    ends = {label: _outermost(group) for label, group in _classes(told).items()}
    alone = {label for label, group in _classes(told).items() if len(group) == 1}
    for word, thing in pointed.things.items():
        sides = tuple(float(thing.frame == 0 and thing is one) for one in ends.get(thing.label, ()))
        numbers = (
            thing.score, *_where(thing.box, told.size), float(thing.score >= LIKELY), *(sides or (0.0,) * 4),
            float(thing.label in alone), float(thing.frame > 0),
        )  # fmt: skip
        yield Fact(
            "object",
            thing.label,
            (*corners(thing.box, told.size), f" {thing.colour}" if thing.colour else "", word),
            numbers,
        )


def _change(word: str, one: Change, told: Told) -> Fact:
    kinds = tuple(float(one.kind == kind) for kind in ("appeared", "disappeared", "became"))
    share = (one.box[2] - one.box[0]) * (one.box[3] - one.box[1]) / (told.size[0] * told.size[1])
    name = one.what if one.kind != "became" else f"{one.what} to {one.became}"
    return Fact(
        "change",
        name,
        (*corners(one.box, told.size), "", word),
        (one.score, *_where(one.box, told.size), *kinds, share),
    )


def _class(label: str, told: Told) -> Fact:
    """How many of a class, at best and by expectation; after and before, where there are two frames."""
    mine = [thing for thing in (*told.objects, *told.faint) if thing.label == label]
    now = [thing for thing in mine if thing.frame == 0]
    scores = [thing.score for thing in now]
    likely, soft = sum(score >= LIKELY for score in scores), sum(scores)
    quarters = [0.0] * 4
    for thing in now:
        x, y = (thing.box[axis] + thing.box[axis + 2] - told.size[axis] for axis in (0, 1))
        quarters[2 * int(y >= 0) + int(x >= 0)] += thing.score
    after = [thing.score for thing in mine if thing.frame > 0]
    numbers = (
        max(scores, default=0.0), 1 - math.prod(1 - score for score in scores), math.log1p(soft), math.log1p(likely),
        *(math.log1p(part) for part in quarters), math.log1p(sum(after)),
        math.log1p(sum(score >= LIKELY for score in after)), float(likely == 0),
    )  # fmt: skip
    words = ("", "", "", "", str(min(LARGEST, likely)), str(min(LARGEST, round(soft))))
    return Fact("class", label, words, numbers)


def _where(box: Box, size: tuple[int, int]) -> tuple[float, ...]:
    """Centre from -1 to 1 and logarithms of the sides."""
    x0, y0, x1, y1 = (place / size[axis % 2] for axis, place in enumerate(box))
    return x0 + x1 - 1, y0 + y1 - 1, math.log(max(x1 - x0, 1e-3)) / 2, math.log(max(y1 - y0, 1e-3)) / 2


def _place(box: Box, told: Told | None, pointed: Pointed) -> str:
    if told is None:
        return "here"
    where = "".join(corners(box, told.size))
    word = pointed.at(box)
    if word is not None:
        return f"{word}{where}"
    near = [(overlap(thing.box, box), thing) for thing in told.faint if thing.frame == 0]
    share, thing = max(near, key=lambda one: (one[0] >= MARKED_IOU, one[1].score), default=(0.0, None))
    return f"{thing.label} {where}" if thing is not None and share >= MARKED_IOU else where
