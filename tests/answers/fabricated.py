"""Scenes and answers made of nothing but arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer
from geoglot.regions import Box, Grid, Mask, OrientedBox, Point, Polygon, Region
from geoglot.regions import Path as Route
from geoglot.scenes import Channel, Frame, Scene, SceneKind
from geoglot.sensors import Band, Kind, Sensor, Unit
from geoglot.tasks import TaskName

SIZE = (200, 100)
UTM = Grid(*SIZE, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000))
NOWHERE = Grid(*SIZE)
GREY = Sensor(
    "grey-test", "A grey camera", "test", Kind.OPTICAL, (Band("grey", unit=Unit.DN, high=255),), display=("grey",)
)
REGIONS: tuple[Region, ...] = (
    Box(10, 10, 60, 40, label="ship", score=0.9),
    OrientedBox(120, 50, 60, 20, 30, label="ship", score=0.625),
    Polygon((((20, 60), (80, 60), (80, 95), (20, 95)), ((30, 70), (50, 70), (50, 85))), label="field"),
    Mask.from_array(np.eye(20, dtype=bool), left=150, top=70, label="road", score=0.5),
    Point(5, 5, label="tank"),
    Route(((100, 90), (130, 95), (140, 60)), label="route"),
)


class Ramp:
    """A source whose pixels grow brighter to the right."""

    width, height = SIZE

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        row = np.linspace(box.x0, box.x1, size[0]) / self.width * 255
        pixels = np.broadcast_to(row.astype(np.uint8), (size[1], size[0]))
        return pixels, np.ones(pixels.shape, bool)


def frame(grid: Grid = UTM, *, paths: tuple[Path, ...] = ()) -> Frame:
    time = datetime(2024, 5, 17, 10, 20, tzinfo=UTC)
    return Frame(paths, GREY, grid, (Channel(GREY.bands[0], Ramp()),), (grid.width, grid.height), time=time)


def scene(*frames: Frame) -> Scene:
    frames = frames or (frame(),)
    return Scene(SceneKind.IMAGE if len(frames) == 1 else SceneKind.PAIR, frames)


def answer(regions: tuple[Region, ...] = REGIONS, *, about: Scene | None = None) -> Answer:
    return Answer(
        text="Two ships, a field and a road.",
        task=TaskName.DETECT,
        model="nano-1",
        model_sha256="0" * 64,
        value=2,
        regions=regions,
        evidence=("o3", "o7"),
        query={"task": "detect", "thing": "ship", "region": None},
        confidence=0.83,
        warnings=("<b>clouds</b>",),
        seconds={"read": 0.1, "answer": 0.4},
        question="Where are the ships & <things>?",
        scene=about or scene(),
    )


def view(whole: Frame, box: Box) -> Frame:
    """A lazy view of a frame; as `Frame.window`, which this stands beside to be compared."""
    return replace(whole, grid=whole.grid.window(box), origin_px=(int(box.x0), int(box.y0)), full_size=whole.full_size)
