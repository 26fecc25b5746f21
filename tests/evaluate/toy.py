"""A benchmark and models made of nothing: grey squares that are counted, named, boxed and outlined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from geoglot.conversation import Answer, Conversation, Sample
from geoglot.errors import InputError
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.models.protocol import Model
from geoglot.regions import Box, Mask
from geoglot.scenes import Scene
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks import Parsed, TaskName

SIDE_PX = 32
MOST = 4


def toy_scene(squares: int, *, shade: int = 40) -> Scene:
    """A dark picture with bright squares of 4 pixels in a row."""
    pixels = np.full((3, SIDE_PX, SIDE_PX), shade, np.uint8)
    for place in range(squares):
        pixels[:, 4:8, 2 + 7 * place : 6 + 7 * place] = 220
    return scene_from_array(pixels, sensor="rgb")


def boxes(squares: int) -> tuple[Box, ...]:
    """Where the squares of a toy scene are."""
    return tuple(Box(2 + 7 * place, 4, 6 + 7 * place, 8, label="square") for place in range(squares))


def counting(data: Path) -> Iterator[Sample]:
    """Two questions a picture: how many, and whether any; 12 pictures, the last four for training."""
    for index in range(12):
        squares = index % (MOST + 1)
        scene = toy_scene(squares, shade=20 + index)
        split = "train" if index >= 8 else "test"
        yield sample(f"{index}#count", scene, "How many squares are there?", Parsed(squares), TaskName.COUNT, split)
        yield sample(f"{index}#any", scene, "Are there any squares?", Parsed(squares > 0), TaskName.PRESENCE, split)


def detecting(data: Path) -> Iterator[Sample]:
    """One question a picture: where the squares are."""
    for index in range(6):
        regions = boxes(index % (MOST + 1))
        scene = toy_scene(len(regions), shade=20 + index)
        yield sample(
            f"{index}", scene, "Detect all squares.", Parsed(regions=regions), TaskName.DETECT, "test", "square"
        )


def outlining(data: Path) -> Iterator[Sample]:
    """One question a picture: which pixels are bright."""
    for index in range(4):
        scene = toy_scene(1 + index, shade=20 + index)
        inside = np.asarray(scene.bands("red")[0] > 128)
        truth = Parsed(regions=(Mask.from_array(inside, label="square"),))
        yield sample(f"{index}", scene, "Segment the squares.", truth, TaskName.SEGMENT, "test", "square")


def sample(id: str, scene: Scene, question: str, truth: Parsed, task: TaskName, split: str, type: str = "") -> Sample:
    return Sample(id, Conversation.about(scene, question), task, truth, type=type or task.value, split=split,
                  licence="CC0-1.0")  # fmt: skip


def toy_benchmark(read: Callable[[Path], Iterator[Sample]] = counting, *, protocol: str = "vqa/exact@1",
                  headline: str = "OA", version: int = 1) -> Benchmark:  # fmt: skip
    return Benchmark("toy", "Squares", protocol, headline, (), (16, 8), read, version)


class Looker(Model):
    """Counts the bright squares of the picture it is shown, and keeps what it was asked."""

    name = "looker"
    sha256 = "0" * 64

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.asked: list[Conversation] = []
        self._stop_after = stop_after

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        if self._stop_after is not None and len(self.asked) >= self._stop_after:
            raise KeyboardInterrupt
        self.asked.append(conversation)
        if conversation.scene is None:
            raise InputError("a question without an image")
        bright = conversation.scene.bands("red")[0] > 128
        squares = int(bright[5].sum()) // 4
        value = squares if task is TaskName.COUNT else squares > 0
        return Answer(text=str(value), task=task or TaskName.COUNT, model=self.name, value=value, confidence=0.75,
                      regions=boxes(squares) if task is TaskName.DETECT else ())  # fmt: skip
