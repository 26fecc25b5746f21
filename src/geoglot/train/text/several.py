"""Questions about several frames, or about how several things lie, made from exact truth whoever drew the pictures.

Every answer is drawn before its question is chosen, or follows from an order that is drawn, so that words alone
predict none: yes as often as no, the first image as often as the last, every number of images equally often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoglot.simulate.conversations.words import plural
from geoglot.train.text.seen import Asked, Box


def _always(label: str, there: bool) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Saying:
    """How classes are spoken of. noun: the name of a class in a sentence, singular. chance: how likely the question
    whether there is one is kept, by class and answer, which levels classes that are there more often than not.
    """

    noun: Callable[[str], str]
    chance: Callable[[str, bool], float] = _always


Counts = Mapping[str, int]
"""How many of each class that can be told; 0 for those that are certainly absent."""

MOST_IMAGES = 4
CLEARLY = 2.0
"""One thing lies beside another if it is so many times farther along one axis than along the other."""

OPPOSITE = {"first": "last", "last": "first", "left": "right", "right": "left", "up": "down", "down": "up"}
"""What an answer becomes when the frames are shown in the opposite order."""


@dataclass(frozen=True, slots=True)
class Posed:
    """Questions about the views of a scene. frames: numbers of those that are shown, in their order."""

    frames: tuple[int, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with an upright box in pixels of the first frame."""

    label: str
    box: Box

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, slots=True)
class Moved:
    """A thing of the first frame and how far it has moved in the last, in pixels."""

    thing: Thing
    by: tuple[float, float]


def of_dates(dates: tuple[Counts, Counts], saying: Saying, rng: np.random.Generator) -> Posed:
    """Ask about two dates of a place: when there is more, whether something is there at all, how many images there are.

    Half of the scenes show both dates once, in any order; the others one, three or four images of them.
    """
    twice = bool(rng.random() < 0.5)
    count = 2 if twice else int(rng.choice([1, 3, MOST_IMAGES]))
    frames = tuple(map(int, rng.permutation(2) if twice else rng.integers(0, 2, count)))
    asked = []
    known = [label for label in dates[0] if label in dates[1]]
    differ = [label for label in known if dates[0][label] != dates[1][label]]
    if twice and differ:
        label = str(rng.choice(differ))
        first, last = (dates[frame][label] for frame in frames)
        question = f"Are there more {plural(saying.noun(label))} in the first or in the last image?"
        asked.append(_asked("vqa", "more when", question, "first" if first > last else "last"))
    shown = {label: sum(dates[frame][label] for frame in frames) for label in known}
    asked += presence(shown, saying, rng, kind="any date", where=" in any of the images")
    if not twice or rng.random() < 1 / 3:  # two images are shown three times as often as any other number
        asked.append(_asked("count", "images", "How many images are there?", str(count)))
    return Posed(frames, tuple(asked))


def of_sensors(optical: Counts, radar: Counts, saying: Saying, rng: np.random.Generator, *, cloudy: bool) -> Posed:
    """Ask about one place seen by a camera, view 0, and by radar, view 1. cloudy: the camera sees cloud alone.

    What one of the two alone can tell is "fusion needed", what either can "fusion control". Two of five scenes show
    one of them, so that what is seen by one alone is known too.
    """
    frames = ((0, 1), (0, 1), (0, 1), (0,), (1,))[int(rng.integers(5))]
    if cloudy:
        return Posed(frames, tuple(presence(radar, saying, rng, kind="fusion needed")))
    seen = {label: count for label, count in optical.items() if label not in radar}
    both = {label: count for label, count in optical.items() if radar.get(label) == count}
    asked = [*presence(seen, saying, rng, kind="fusion needed"), *presence(both, saying, rng, kind="fusion control")]
    return Posed(frames, tuple(asked))


def of_video(moved: Sequence[Moved], still: Counts, saying: Saying, rng: np.random.Generator, *, frames: int) -> Posed:
    """Ask which way a thing goes, and whether there is one of a class. moved: those clearly along one axis.

    Half of the clips are shown backwards: a thing is then told by where it is in the last frame.
    """
    back = bool(rng.random() < 0.5)
    asked = []
    if moved:
        one = moved[int(rng.integers(len(moved)))]
        dx, dy = one.by
        way = ("left" if dx < 0 else "right") if abs(dx) > abs(dy) else ("up" if dy < 0 else "down")
        x0, y0, x1, y1 = one.thing.box
        box = (x0 + dx, y0 + dy, x1 + dx, y1 + dy) if back else one.thing.box
        question = f"Which way does the {saying.noun(one.thing.label)} <r0> go: left, right, up or down?"
        asked.append(_asked("vqa", "way", question, OPPOSITE[way] if back else way, shown=(box,)))
    asked += presence(still, saying, rng, kind="still")
    order = tuple(range(frames))
    return Posed(order[::-1] if back else order, tuple(asked))


def of_marks(things: Sequence[Thing], saying: Saying, rng: np.random.Generator) -> tuple[Posed, Thing]:
    """Ask what one of some things is; view 1 is a canvas with its mark. Gives the thing too.

    It is marked on the canvas, told by its place in words, or, to know what can be guessed, not told at all.
    """
    labels = sorted({thing.label for thing in things})
    label = labels[int(rng.integers(len(labels)))]  # not one of the many
    mine = [thing for thing in things if thing.label == label]
    thing = mine[int(rng.integers(len(mine)))]
    kind = ("marked", "described", "unmarked")[int(rng.integers(3))]
    return as_marked(kind, thing, saying), thing


def as_marked(kind: str, thing: Thing, saying: Saying) -> Posed:
    """Ask what a thing is that is "marked", "described" or "unmarked"."""
    reply = saying.noun(thing.label)
    if kind == "described":
        return Posed((0,), (_asked("describe-region", kind, "What is the thing at <r0>?", reply, shown=(thing.box,)),))
    frames = (0, 1) if kind == "marked" else (0,)
    return Posed(frames, (_asked("describe-region", kind, "What is the marked thing?", reply),))


def presence(counts: Counts, saying: Saying, rng: np.random.Generator, *, kind: str, where: str = "") -> list[Asked]:
    """Ask whether there is one of a class; the answer is drawn first. Nothing where only one answer could be drawn."""
    wanted = bool(rng.random() < 0.5)
    sides = {there: [label for label, count in counts.items() if (count > 0) == there] for there in (True, False)}
    if not (sides[True] and sides[False]):
        return []
    label = str(rng.choice(sides[wanted]))
    if rng.random() >= saying.chance(label, wanted):
        return []
    return [_asked("presence", kind, f"Are there any {plural(saying.noun(label))}{where}?", "yes" if wanted else "no")]


def decomposed(alone: Sequence[Thing], saying: Saying, rng: np.random.Generator) -> Asked | None:
    """Ask step by step how three things lie, each the only one of its class. None if no three lie clearly.

    The reply is triplets of subject, relation and object; which way each of them lies is for the picture to tell.
    """
    order = [alone[int(index)] for index in rng.permutation(len(alone))]
    for first in order:
        for second in order:
            for third in order:
                sides = (side_of(first, second), side_of(second, third))
                if third is not first and None not in sides:
                    names = [saying.noun(thing.label) for thing in (first, second, third)]
                    return _steps(names, (str(sides[0]), str(sides[1])))
    return None


def triplets(reply: str) -> set[str]:
    """Give the triplets of a decomposition, as they are written."""
    return {part.strip() for part in reply.split(";") if part.strip()}


def _steps(names: Sequence[str], sides: tuple[str, str]) -> Asked:
    first, second, third = names
    question = f"Step by step: how does the {first} lie to the {second}, and the {second} to the {third}?"
    reply = f"{first} {sides[0]} {second}; {second} {sides[1]} {third}"
    return _asked("decompose", "decomposition", question, reply)


def side_of(one: Thing, other: Thing) -> str | None:
    """Give how one thing lies to another, None if not clearly."""
    dx, dy = (a - b for a, b in zip(one.centre, other.centre, strict=True))
    if one is other or max(abs(dx), abs(dy)) < CLEARLY * min(abs(dx), abs(dy)) + 2.0:
        return None
    return ("left of" if dx < 0 else "right of") if abs(dx) > abs(dy) else ("above" if dy < 0 else "below")


def _asked(task: str, kind: str, question: str, reply: str, *, shown: tuple[Box, ...] = ()) -> Asked:
    return Asked(task, kind, question, reply, reply, shown, ())
