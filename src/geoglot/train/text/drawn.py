"""`Drawn`: questions that places answer, kept exactly: taught as words, and as what heads read from a state."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

import numpy as np

from geoglot.conversation import Sample
from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Region
from geoglot.simulate import SimulatedScene
from geoglot.simulate.conversations.facts import facts
from geoglot.simulate.conversations.words import name as name_of
from geoglot.simulate.conversations.words import plural
from geoglot.tasks import TaskName, get

TASKS = ("detect", "segment", "navigate")
"""Tasks whose answers are places that a head can give: a set of boxes, a mask, a path."""

LISTED = 20
"""More boxes than this are decoded from a state and not written. Source: flagship systems, section 6.3."""

MOST_DENSE = 300
"""Boxes of the largest answer that is kept: what the published box head can give."""

_TYPES: Mapping[str, type[Region]] = {kind.type: kind for kind in (Box, Mask, OrientedBox, Path, Point)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One question. reply: words with a marker <r0>, <r1> … for each of `regions`; shown: what markers of the question
    mean. Regions are in pixels of the picture, without labels: the words before the markers name them.
    """

    task: str
    question: str
    reply: str
    shown: tuple[Region, ...]
    regions: tuple[Region, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON's types."""
        each = {name: [_plain(region) for region in getattr(self, name)] for name in ("shown", "regions")}
        return {"task": self.task, "question": self.question, "reply": self.reply, **each}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Drawn:
        """Give back what `as_json` made; raises KeyError or TypeError for any other document."""
        each = {name: tuple(map(_region, fields[name])) for name in ("shown", "regions")}
        return cls(**{**fields, **each})


class Kept(Sequence[Drawn]):
    """Questions as compressed text, read whenever they are asked for: the masks of some thousand scenes, as numbers,
    would fill the memory.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, drawn: Iterable[Drawn]) -> Kept:
        """Keep questions."""
        plain = json.dumps([one.as_json() for one in drawn], separators=(",", ":"))
        return cls(base64.b85encode(zlib.compress(plain.encode())).decode())

    @overload
    def __getitem__(self, index: int) -> Drawn: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Drawn, ...]: ...
    def __getitem__(self, index: int | slice) -> Drawn | tuple[Drawn, ...]:
        return self._read()[index]

    def __iter__(self) -> Iterator[Drawn]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def _read(self) -> tuple[Drawn, ...]:
        plain = json.loads(zlib.decompress(base64.b85decode(self.text)))
        return tuple(map(Drawn.from_json, plain))


def drawn_of(view: SimulatedScene, samples: Sequence[Sample], *, seed: int) -> Iterator[Drawn]:
    """Give the questions of a scene that heads can answer: those among its samples, and where its many things are."""
    for sample in samples:
        if sample.task.value in TASKS:
            turn = sample.conversation.question
            yield Drawn(sample.task.value, turn.text, sample.references[0], _bare(turn.regions),
                        _bare(sample.truth.regions))  # fmt: skip
    rng = np.random.default_rng((seed, 8))
    told = facts(view)
    for label, count in told.counts.items():
        if LISTED < count <= MOST_DENSE:
            question = get(TaskName.DETECT).ask(rng, thing=plural(name_of(label, rng)))
            found = tuple(OrientedBox(*thing.oriented) for thing in told.clear[label])
            reply = "; ".join(f"{label} <r{index}>" for index in range(len(found)))
            yield Drawn("detect", question[0].upper() + question[1:], reply, (), found)


def _bare(regions: Sequence[Region]) -> tuple[Region, ...]:
    return tuple(_region({**_plain(region), "label": None}) for region in regions)


def _plain(region: Region) -> dict[str, Any]:
    return {"type": region.type, **asdict(region)}


def _region(fields: Mapping[str, Any]) -> Region:
    return _TYPES[fields["type"]](**{name: value for name, value in fields.items() if name != "type"})
