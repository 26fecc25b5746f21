"""`Told`: what nano's eye told of a scene, as plain facts that a writer reads and that files keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoglot.models.nano.evidence import Evidence, SeenChange, SeenObject

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the frame that it lies in."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One object. score: the eye's probability of it. colour: what its attributes say, empty without one."""

    label: str
    score: float
    box: Box
    frame: int = 0
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two frames; the fields are those of `SeenChange`. became: empty without one."""

    kind: str
    what: str
    became: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Told:
    """All of one scene. frames: how many. size: (width, height) in pixels of the first frame, whose corner is `origin`.

    gsd_m: None where it is not known. faint: objects too unlikely to be mentioned. covers: frame, name and share of
    each land cover. scenes, tags, quality: names with probabilities, of the first frame.
    """

    modality: str
    frames: int
    size: tuple[int, int]
    gsd_m: float | None
    objects: tuple[Thing, ...] = ()
    faint: tuple[Thing, ...] = ()
    changes: tuple[Change, ...] = ()
    covers: tuple[tuple[int, str, float], ...] = ()
    scenes: tuple[tuple[str, float], ...] = ()
    tags: tuple[tuple[str, float], ...] = ()
    quality: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, evidence: Evidence) -> Told:
        """Give the facts of evidence. Boxes are moved to the corner of what was looked at."""
        looked = evidence.looked
        return cls(
            modality=evidence.modality,
            frames=len(evidence.sizes),
            size=(round(looked.width), round(looked.height)),
            gsd_m=evidence.gsd_m,
            objects=tuple(_thing(one, looked.x0, looked.y0) for one in evidence.objects),
            faint=tuple(_thing(one, looked.x0, looked.y0) for one in evidence.faint),
            changes=tuple(_change(one, looked.x0, looked.y0) for one in evidence.changes),
            covers=tuple(
                (cover.frame, name, round(share, 4))
                for cover in evidence.cover
                for name, share in cover.shares().items()
            ),
            scenes=_guesses((guess.name, guess.probability) for guess in evidence.scenes if guess.frame == 0),
            tags=_guesses((guess.name, guess.probability) for guess in evidence.tags if guess.frame == 0),
            quality=_guesses((guess.name, guess.probability) for guess in evidence.quality if guess.frame == 0),
        )

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Told:
        """Give back what `asdict` made; raises KeyError or TypeError for any other document."""
        pairs = {name: tuple((str(n), float(p)) for n, p in row[name]) for name in ("scenes", "tags", "quality")}
        return cls(
            modality=str(row["modality"]),
            frames=int(row["frames"]),
            size=(int(row["size"][0]), int(row["size"][1])),
            gsd_m=row["gsd_m"],
            objects=things(row["objects"]),
            faint=things(row["faint"]),
            changes=tuple(Change(**{**one, "box": tuple(one["box"])}) for one in row["changes"]),
            covers=tuple((int(frame), str(name), float(share)) for frame, name, share in row["covers"]),
            **pairs,
        )


def things(rows: Sequence[Mapping[str, Any]]) -> tuple[Thing, ...]:
    """Give back things from JSON."""
    return tuple(Thing(**{**row, "box": tuple(row["box"])}) for row in rows)


def overlap(a: Box, b: Box) -> float:
    """Give the intersection over union of two boxes."""
    wide, high = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _thing(one: SeenObject, left: float, top: float) -> Thing:
    colour = next((value for name, value, _ in one.attributes if name == "colour"), "")
    return Thing(one.label, round(one.score, 4), _moved(one.region.bounds, left, top), one.region.frame, colour)


def _change(one: SeenChange, left: float, top: float) -> Change:
    return Change(one.kind, one.what, one.became or "", round(one.score, 4), _moved(one.region.bounds, left, top))


def _moved(box: Any, left: float, top: float) -> Box:
    return round(box.x0 - left, 2), round(box.y0 - top, 2), round(box.x1 - left, 2), round(box.y1 - top, 2)


def _guesses(pairs: Any) -> tuple[tuple[str, float], ...]:
    return tuple((name, round(float(probability), 4)) for name, probability in pairs)
