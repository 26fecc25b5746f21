"""The JSON form of evidence, checked on the way in: one pydantic model a kind of fact."""

from __future__ import annotations

import base64
import zlib
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from geoglot.models.nano.evidence import CoverMap, Evidence, Guess, SeenChange, SeenObject
from geoglot.regions import Box, Mask, OrientedBox, Polygon, Region

Probability = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]
_BOMB = 64_000_000  # bytes a cover map may unpack to: 5,600 x 5,600 cells


class Row(BaseModel):
    """One row; fields that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RegionRow(Row):
    """A region. box: x0, y0, x1, y1. oriented-box: cx, cy, w, h, degrees. polygon: rings. mask: size, place, runs."""

    type: Literal["box", "oriented-box", "polygon", "mask"]
    numbers: list[float] = []
    rings: list[list[tuple[float, float]]] = []
    runs: list[Whole] = []
    label: str | None = None
    score: Probability | None = None
    frame: Whole = 0

    @classmethod
    def of(cls, region: Region) -> RegionRow:
        """Write a region; any other kind as its bounds."""
        label, score, frame = region.label, region.score, region.frame
        if isinstance(region, OrientedBox):
            numbers = [region.cx, region.cy, region.w, region.h, region.angle_deg]
            return cls(type="oriented-box", numbers=numbers, label=label, score=score, frame=frame)
        if isinstance(region, Polygon):
            rings = [list(ring) for ring in region.rings]
            return cls(type="polygon", rings=rings, label=label, score=score, frame=frame)
        if isinstance(region, Mask):
            numbers = [region.width, region.height, region.left, region.top]
            return cls(type="mask", numbers=numbers, runs=list(region.runs), label=label, score=score, frame=frame)
        box = region.bounds
        return cls(type="box", numbers=[box.x0, box.y0, box.x1, box.y1], label=label, score=score, frame=frame)

    def region(self) -> Region:
        """Give the region back. Raises ValueError for numbers that make none."""
        label, score, frame = self.label, self.score, self.frame
        if self.type == "polygon":
            return Polygon(tuple(tuple(ring) for ring in self.rings), label=label, score=score, frame=frame)
        if len(self.numbers) != (5 if self.type == "oriented-box" else 4):
            raise ValueError(f"a {self.type} with {len(self.numbers)} numbers")
        if self.type == "oriented-box":
            return OrientedBox(*self.numbers, label=label, score=score, frame=frame)
        if self.type == "mask":
            width, height, left, top = map(int, self.numbers)
            return Mask(width, height, tuple(self.runs), left, top, label=label, score=score, frame=frame)
        return Box(*self.numbers, label=label, score=score, frame=frame)


class ObjectRow(Row):
    """A `SeenObject`."""

    id: str
    label: str
    score: Probability
    region: RegionRow
    attributes: list[tuple[str, str, Probability]] = []
    others: list[tuple[str, Probability]] = []
    track: str | None = None


class GuessRow(Row):
    """A `Guess`."""

    id: str
    name: str
    probability: Probability
    frame: Whole = 0


class ChangeRow(Row):
    """A `SeenChange`."""

    id: str
    kind: Literal["appeared", "disappeared", "became", "changed"]
    what: str
    score: Probability
    region: RegionRow
    before: Whole
    after: Whole
    became: str | None = None


class CoverRow(Row):
    """A `CoverMap`. labels: runs of (class or 255, length), row by row. probability: float16, zlib, base64."""

    classes: list[str]
    size: tuple[Whole, Whole]
    labels: list[tuple[Annotated[int, Field(ge=0, le=255)], Whole]]
    probability: str
    box: RegionRow
    frame: Whole = 0

    @classmethod
    def of(cls, cover: CoverMap) -> CoverRow:
        """Write a cover map."""
        height, width = cover.labels.shape
        packed = zlib.compress(cover.probability.astype("<f2").tobytes(), 6)
        return cls(
            classes=list(cover.classes),
            size=(width, height),
            labels=_runs(cover.labels),
            probability=base64.b64encode(packed).decode("ascii"),
            box=RegionRow.of(cover.box),
            frame=cover.frame,
        )

    def cover(self) -> CoverMap:
        """Give the cover map back. Raises ValueError if its parts do not fit."""
        width, height = self.size
        total = width * height
        if sum(length for _, length in self.labels) != total or total * 2 > _BOMB:
            raise ValueError("labels that do not fill the cover map")
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(base64.b64decode(self.probability, validate=True), total * 2 + 1)
        except zlib.error as error:
            raise ValueError("probabilities that cannot be unpacked") from error
        if len(data) != total * 2:
            raise ValueError("probabilities that do not fill the cover map")
        values = np.array([value for value, _ in self.labels], np.uint8)
        labels = np.repeat(values, [length for _, length in self.labels]).reshape(height, width)
        probability = np.frombuffer(data, "<f2").reshape(height, width).astype(np.float16)
        return CoverMap(tuple(self.classes), labels, probability, self.box.region().bounds, self.frame)


class Document(Row):
    """The whole evidence."""

    version: Literal[1] = 1
    model: str
    modality: str
    looked: RegionRow
    gsd_m: Annotated[float, Field(gt=0)] | None
    sizes: list[tuple[Whole, Whole]]
    valid_fraction: list[Probability]
    objects: list[ObjectRow]
    cover: list[CoverRow]
    scenes: list[GuessRow]
    tags: list[GuessRow]
    quality: list[GuessRow]
    changes: list[ChangeRow]
    warnings: list[str]

    @classmethod
    def of(cls, evidence: Evidence) -> Document:
        """Write evidence."""
        scenes, tags, quality = (
            [GuessRow(id=guess.id, name=guess.name, probability=guess.probability, frame=guess.frame) for guess in kind]
            for kind in (evidence.scenes, evidence.tags, evidence.quality)
        )
        return cls(
            model=evidence.model,
            modality=evidence.modality,
            looked=RegionRow.of(evidence.looked),
            gsd_m=evidence.gsd_m,
            sizes=list(evidence.sizes),
            valid_fraction=list(evidence.valid_fraction),
            objects=[_object_row(thing) for thing in evidence.objects],
            cover=[CoverRow.of(cover) for cover in evidence.cover],
            scenes=scenes,
            tags=tags,
            quality=quality,
            changes=[_change_row(change) for change in evidence.changes],
            warnings=list(evidence.warnings),
        )

    def evidence(self) -> Evidence:
        """Give the evidence back. Raises ValueError where the parts do not fit."""
        scenes, tags, quality = (
            tuple(Guess(row.id, row.name, row.probability, row.frame) for row in kind)
            for kind in (self.scenes, self.tags, self.quality)
        )
        return Evidence(
            objects=tuple(_object(row) for row in self.objects),
            cover=tuple(row.cover() for row in self.cover),
            scenes=scenes,
            tags=tags,
            changes=tuple(_change(row) for row in self.changes),
            quality=quality,
            looked=self.looked.region().bounds,
            gsd_m=self.gsd_m,
            sizes=tuple(self.sizes),
            valid_fraction=tuple(self.valid_fraction),
            modality=self.modality,
            model=self.model,
            warnings=tuple(self.warnings),
        )


def _object_row(thing: SeenObject) -> ObjectRow:
    return ObjectRow(
        id=thing.id,
        label=thing.label,
        score=thing.score,
        region=RegionRow.of(thing.region),
        attributes=list(thing.attributes),
        others=list(thing.others),
        track=thing.track,
    )


def _object(row: ObjectRow) -> SeenObject:
    attributes, others = tuple(row.attributes), tuple(row.others)
    return SeenObject(row.id, row.label, row.score, row.region.region(), attributes, others, row.track)


def _change_row(change: SeenChange) -> ChangeRow:
    return ChangeRow.model_validate(
        {
            "id": change.id,
            "kind": change.kind,
            "what": change.what,
            "score": change.score,
            "region": RegionRow.of(change.region),
            "before": change.before,
            "after": change.after,
            "became": change.became,
        }
    )


def _change(row: ChangeRow) -> SeenChange:
    return SeenChange(row.id, row.kind, row.what, row.score, row.region.region(), row.before, row.after, row.became)


def _runs(labels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Runs of equal labels, row by row: (label, length)."""
    flat = labels.ravel()
    if not flat.size:
        return []
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(np.append(starts, flat.size))
    return [(int(flat[start]), int(length)) for start, length in zip(starts, lengths, strict=True)]
