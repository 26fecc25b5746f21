"""`Seen`: what the eye saw in a simulated scene, with questions and truth; made once, so that a writer's step is cheap.

    python -m geoglot.train.text.seen --folder runs/seen --count 4000

A folder of them is a `Ledger`: a run that stops goes on where it stopped, and the same arguments give the same rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Sample
from geoglot.ledger import Json, Ledger
from geoglot.models.nano.eye import Eye, Sight
from geoglot.models.nano.look import look
from geoglot.models.nano.weights import open_weights
from geoglot.regions import Region
from geoglot.simulate import SimulatedScene, scene
from geoglot.simulate.conversations import as_scene, ask_scene
from geoglot.simulate.conversations.facts import CLEAR_SHARE, facts
from geoglot.simulate.conversations.words import name as name_of
from geoglot.simulate.conversations.words import plural
from geoglot.tasks import TaskName, get

Box = tuple[float, float, float, float]
SENSORS = ("optical", "multispectral", "optical", "sar", "optical", "thermal", "optical", "optical")
"""Sensors in turn: more of those that the eye sees well."""
WORLD_SCENES = 50  # scenes of one world
QUESTIONS = 40  # of one scene
FAINT = 0.1  # raw probability from which a peak adds to a class's soft count
MOST_COUNTED = 20
LIKELY = 0.3  # raw probability from which a peak counts
UNWRITTEN = frozenset({"segment", "navigate"})  # their answers are masks and paths, which need no writer


@dataclass(frozen=True, slots=True)
class Object:
    """A thing with its upright box in pixels. score: 1 for a true one."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. shown: the boxes that <r0> … of the question mean; boxes: those of the answer."""

    task: str
    kind: str
    question: str
    reply: str
    value: str
    shown: tuple[Box, ...]
    boxes: tuple[Box, ...]

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Asked:
        """Give back what `asdict` made; raises KeyError or TypeError for any other document."""
        boxes = {name: tuple(map(tuple, fields[name])) for name in ("shown", "boxes")}
        return cls(**{**fields, **boxes})


@dataclass(frozen=True, slots=True)
class Seen:
    """One scene. size: (width, height) in pixels.

    objects: what the eye told. slots: for each of the eye's classes the highest raw probability, the sum of raw
    probabilities above 0.1 and the number above 0.3. covers: share of each land cover the eye told. scenes: names of
    the place with probabilities. truth: objects that can be seen. asked: questions about it.
    """

    id: str
    sensor: str
    size: tuple[int, int]
    gsd_m: float
    objects: tuple[Object, ...]
    slots: tuple[tuple[float, float, float], ...]
    covers: tuple[tuple[str, float], ...]
    scenes: tuple[tuple[str, float], ...]
    truth: tuple[Object, ...]
    asked: tuple[Asked, ...]


class _Recording(Eye):
    """An eye that keeps its last sight, for the classes too faint to become evidence."""

    last: Sight

    def see(self, image: NDArray[np.float32], present: NDArray[np.float32], *, dense: bool = False) -> Sight:
        """See as any eye."""
        self.last = super().see(image, present, dense=dense)
        return self.last


def make(folder: Path, *, count: int, seed: int, size_px: int = 256) -> Ledger:
    """See scenes 0 to count - 1 of the worlds from `seed` on. Goes on where it stopped."""
    eye = _Recording(open_weights())
    job = {"seed": seed, "size_px": size_px, "questions": QUESTIONS, "eye": eye.weights.sha256}
    ledger = Ledger(folder, job)
    for index in range(count):
        name = f"{index:07d}"
        if name not in ledger:
            view = scene(seed + index // WORLD_SCENES, index, sensor=SENSORS[index % len(SENSORS)], size_px=size_px)
            ledger.add(name, asdict(seen(view, eye, name=name, seed=index)))
    return ledger


def seen(view: SimulatedScene, eye: _Recording, *, name: str, seed: int) -> Seen:
    """Look at a scene and ask about it."""
    told = look(as_scene(view), eye)
    peaks = eye.last.peaks.reshape(len(eye.last.peaks), -1)  # (classes, cells)
    slots = np.stack(
        [peaks.max(axis=1), np.where(peaks > FAINT, peaks, 0).sum(axis=1), (peaks > LIKELY).sum(axis=1)], axis=1
    )
    height, width = view.cover.shape
    return Seen(
        id=name,
        sensor=view.sensor,
        size=(width, height),
        gsd_m=view.gsd_m,
        objects=tuple(Object(thing.label, round(thing.score, 4), _box(thing.region)) for thing in told.objects),
        slots=tuple((float(a), float(b), float(c)) for a, b, c in slots.round(4).tolist()),
        covers=tuple((label, round(share, 4)) for cover in told.cover for label, share in cover.shares().items()),
        scenes=tuple((guess.name, round(guess.probability, 4)) for guess in told.scenes[:4]),
        truth=tuple(Object(thing.label, 1.0, thing.box) for thing in view.objects if thing.visible >= CLEAR_SHARE),
        asked=(
            *(asked_of(one) for one in ask_scene(view, seed=seed, count=QUESTIONS) if one.task.value not in UNWRITTEN),
            *_counts(view, np.random.default_rng((seed, 7))),
        ),
    )


def _counts(view: SimulatedScene, rng: np.random.Generator) -> Iterator[Asked]:
    """Every count from 1 to 20: balance leaves so few that a writer would hardly see any. Marked by their kind."""
    for label, total in facts(view).counts.items():
        if 0 < total <= MOST_COUNTED:
            question = get(TaskName.COUNT).ask(rng, thing=plural(name_of(label, rng)))
            yield Asked("count", "count more", question[0].upper() + question[1:], str(total), str(total), (), ())


def rows(ledger: Ledger) -> Iterator[Seen]:
    """Read what `make` wrote, in the order of the scenes."""
    for _, row in ledger.results():
        yield from_json(row)


def from_json(row: Json) -> Seen:
    """Give back what `asdict` made of a `Seen`; raises KeyError or TypeError for any other document."""
    fields: dict[str, Any] = dict(row)
    return Seen(
        id=fields["id"],
        sensor=fields["sensor"],
        size=(fields["size"][0], fields["size"][1]),
        gsd_m=fields["gsd_m"],
        objects=_objects(fields["objects"]),
        slots=tuple((a, b, c) for a, b, c in fields["slots"]),
        covers=tuple((name, share) for name, share in fields["covers"]),
        scenes=tuple((name, share) for name, share in fields["scenes"]),
        truth=_objects(fields["truth"]),
        asked=tuple(map(Asked.from_json, fields["asked"])),
    )


def _objects(rows: list[dict[str, Any]]) -> tuple[Object, ...]:
    return tuple(Object(row["label"], row["score"], tuple(row["box"])) for row in rows)


def asked_of(sample: Sample) -> Asked:
    """Give a simulated sample as it is kept."""
    turn = sample.conversation.question
    return Asked(
        task=sample.task.value,
        kind=sample.type,
        question=turn.text,
        reply=sample.references[0],
        value=str(sample.truth.value),
        shown=tuple(_box(region) for region in turn.regions),
        boxes=tuple(_box(region) for region in sample.truth.regions),
    )


def _box(region: Region) -> Box:
    box = region.bounds
    return round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2)


def main() -> None:
    """Read the arguments and make a folder."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.seen", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=700_000)
    chosen = parser.parse_args()
    make(chosen.folder, count=chosen.count, seed=chosen.seed)


if __name__ == "__main__":
    main()
