"""Evidence made by hand: a small harbour of which every fact is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np

from geoglot.conversation import Conversation, Turn
from geoglot.models.nano import reason, things
from geoglot.models.nano.evidence import CoverMap, Evidence, Guess, SeenChange, SeenObject
from geoglot.models.nano.misses import Miss
from geoglot.models.nano.query import Query
from geoglot.models.nano.reader import RuleReader
from geoglot.models.nano.reason import Finding
from geoglot.regions import Box, Grid, Mask, OrientedBox, Region
from geoglot.scenes import Scene, SceneKind
from geoglot.scenes.arrays import frame_from_array
from geoglot.tasks import TaskName

SIZE = (200, 100)
CLASSES = ("water", "grass", "built", "road")
PLACED = Grid(*SIZE, crs="EPSG:32633", affine=(1.0, 0.0, 500_000.0, 0.0, -1.0, 5_000_000.0))
"""One metre a pixel, north up, on the central meridian."""


def thing(
    id: str,
    label: str,
    box: tuple[float, float, float, float],
    score: float = 0.9,
    *,
    colour: str | None = None,
    frame: int = 0,
) -> SeenObject:
    attributes = (("colour", colour, 0.9),) if colour else ()
    return SeenObject(id, label, score, Box(*box, label=label, score=score, frame=frame), attributes)


def cover_map(*, frame: int = 0, water_columns: int = 10, p: float = 0.9) -> CoverMap:
    """Cells of 10 px: water in the left columns, grass beside it, a road along the bottom row, town on the right."""
    labels = np.full((10, 20), 1, np.uint8)
    labels[:, :water_columns] = 0
    labels[:, 16:] = 2
    labels[9, :] = 3
    return CoverMap(CLASSES, labels, np.full((10, 20), p, np.float16), Box(0, 0, *SIZE, frame=frame), frame)


OBJECTS = (
    thing("o1", "ship", (10, 10, 60, 25), 0.9, colour="white"),
    thing("o2", "ship", (20, 60, 50, 70), 0.8, colour="red"),
    thing("o3", "boat", (70, 20, 80, 24), 0.7),
    thing("o4", "car", (165, 40, 170, 43), 0.9, colour="red"),
    thing("o5", "car", (180, 40, 185, 43), 0.9, colour="white"),
    thing("o6", "car", (190, 80, 195, 83), 0.4, colour="red"),
    thing("o7", "truck", (150, 91, 162, 95), 0.6),
    thing("o8", "bridge", (90, 45, 130, 55), 0.95),
    SeenObject("o9", "building", 0.95, OrientedBox(180, 20, 30, 10, 20, label="building", score=0.95)),
    thing("o10", "house", (165, 60, 177, 70), 0.85),
)

EVIDENCE = Evidence(
    objects=OBJECTS,
    cover=(cover_map(),),
    scenes=(Guess("s1", "harbor", 0.8), Guess("s2", "beach", 0.15)),
    tags=(Guess("m1", "ship", 0.95), Guess("m2", "water", 0.9), Guess("m3", "sand", 0.1), Guess("m4", "dock", 0.6)),
    changes=(),
    quality=(Guess("q1", "cloud", 0.002), Guess("q2", "blur", 0.1), Guess("q3", "noise", 0.01)),
    looked=Box(0, 0, *SIZE),
    gsd_m=1.0,
    sizes=(SIZE,),
    valid_fraction=(1.0,),
    modality="rgb",
    model="made by hand",
)

EMPTY = replace(EVIDENCE, objects=(), scenes=(), tags=(), cover=(cover_map(water_columns=0),))


def scene_of(grid: Grid | None = PLACED, *, count: int = 1, kind: SceneKind = SceneKind.IMAGE) -> Scene:
    """A scene of blank frames with the grid; the first of 2019, the next a year later, and so on."""
    blank = np.zeros((3, SIZE[1], SIZE[0]), np.uint8)
    frames = [
        frame_from_array(blank, sensor="rgb", grid=grid or Grid(*SIZE), time=datetime(2019 + index, 5, 3, tzinfo=UTC))
        for index in range(count)
    ]
    return Scene(kind, tuple(frames))


SCENE = scene_of()

NOTHING_MISSED = {known.name: Miss(0.0, 0.0) for known in things.all_things()}
"""An eye that finds whatever is there."""

AFTER = (
    thing("o21", "ship", (10, 10, 60, 25), 0.9, frame=1),
    thing("o22", "house", (165, 60, 177, 70), 0.85, frame=1),
    thing("o23", "house", (165, 75, 177, 85), 0.9, frame=1),
    thing("o24", "house", (185, 75, 197, 85), 0.8, frame=1),
)


def patch(left: int, top: int, width: int, height: int, *, frame: int = 1) -> Mask:
    return Mask.from_array(np.ones((height, width), np.bool_), left=left, top=top, frame=frame)


PAIR = replace(
    EVIDENCE,
    objects=(*OBJECTS, *AFTER),
    cover=(cover_map(), cover_map(frame=1, water_columns=6)),
    changes=(
        SeenChange("c1", "appeared", "house", 0.9, AFTER[2].region),
        SeenChange("c2", "appeared", "house", 0.8, AFTER[3].region),
        SeenChange("c3", "disappeared", "boat", 0.7, Box(70, 20, 80, 24, frame=1)),
        SeenChange("c4", "became", "water", 0.75, patch(60, 0, 40, 90), became="grass"),
    ),
    sizes=(SIZE, SIZE),
    valid_fraction=(1.0, 1.0),
)
BOTH = scene_of(count=2, kind=SceneKind.PAIR)


def read(question: str, *, regions: tuple[Region, ...] = (), task: TaskName | None = None) -> Query:
    return RuleReader().read(Conversation(None, (Turn("user", question, regions),)), task=task)


def found(
    question: str,
    evidence: Evidence = EVIDENCE,
    scene: Scene | None = SCENE,
    *,
    regions: tuple[Region, ...] = (),
    task: TaskName | None = None,
    misses: Mapping[str, Miss] = MappingProxyType(NOTHING_MISSED),
) -> Finding:
    """Ask in words, so that tests read as questions and answers; what the words mean is tested with the reader."""
    return reason.answer(read(question, regions=regions, task=task), evidence, scene, misses=misses)
