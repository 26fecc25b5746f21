"""A specialist answers from its own graph, in pixels of the image, and only what its set is labelled with."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from geoglot.conversation import Conversation
from geoglot.errors import InputError, ModelError
from geoglot.evaluate import baselines
from geoglot.evaluate.baselines.specialist import FOLDER, Specialist
from geoglot.nets import classes
from geoglot.regions import Box
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks import TaskName
from geoglot.train.recipes.transfer.export import write
from tests.evaluate.toy import toy_benchmark

SIDE_PX = 64


class Brightest(nn.Module):
    """Says that a car of 16 x 8 pixels (of what it is shown) stands wherever a cell's mean is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.sides = nn.Parameter(torch.tensor([math.log(4), math.log(2), 0.5, 0.5, 0, 0, 0, 0])[None, :, None, None])
        self.scenes = nn.Parameter(torch.arange(len(classes.SCENES))[None].float())
        self.tags = nn.Parameter(-torch.arange(len(classes.TAGS))[None].float())

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Peaks, geometry, scenes and tags of (B, 9, H, W)."""
        bright = torch.sigmoid(4 * nn.functional.avg_pool2d(image[:, :1], 4))
        heat = torch.cat([bright, torch.zeros_like(bright).expand(-1, len(classes.OBJECTS) - 1, -1, -1)], dim=1)
        whole = image.mean(dim=(1, 2, 3))[:, None]
        return heat, self.sides + 0 * bright, self.scenes + 0 * whole, self.tags + whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A specialist for cars that sees images at half their size."""
    told = {
        "sets": ["toy"],
        "magnification": 0.5,
        "objects": classes.OBJECTS,
        "thresholds": {"car": 0.5, "bus": 0.5},
        "scenes": classes.SCENES,
        "own_scenes": ["beach", "forest"],
        "tags": classes.TAGS,
    }
    write(Brightest(), told, tmp_path / "toy")
    return tmp_path / "toy"


def about(question: str, *, lit: bool = True) -> Conversation:
    pixels = np.zeros((3, SIDE_PX, SIDE_PX), np.uint8)
    if lit:
        pixels[:, 16:24, 32:40] = 255  # one cell of what is seen at half size
    return Conversation.about(scene_from_array(pixels, sensor="rgb"), question)


def test_boxes_are_in_pixels_of_the_image(folder: Path) -> None:
    said = Specialist("s", folder).answer(about("Detect all cars."), task=TaskName.DETECT)
    (box,) = said.regions
    assert isinstance(box, Box)
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((20, 12, 52, 28), abs=0.1)
    assert box.score is not None
    assert box.score > 0.9


def test_it_counts_and_tells_presence_by_its_threshold(folder: Path) -> None:
    model = Specialist("s", folder)
    assert model.answer(about("How many cars are there?"), task=TaskName.COUNT).value == 1
    assert model.answer(about("Are there any cars?"), task=TaskName.PRESENCE).value is True
    assert model.answer(about("Are there any cars?", lit=False), task=TaskName.PRESENCE).value is False
    assert model.answer(about("How many buses are there?"), task=TaskName.COUNT).value == 0


def test_it_names_a_scene_of_its_own_set(folder: Path) -> None:
    said = Specialist("s", folder).answer(about("Which scene?"), task=TaskName.CLASSIFY)
    assert said.value == "forest"  # the likelier of its own two: the graph prefers later names


def test_it_names_at_least_the_likeliest_label(folder: Path) -> None:
    said = Specialist("s", folder).answer(about("Which labels?", lit=False), task=TaskName.MULTILABEL)
    assert said.value == ("airplane",)  # the graph prefers earlier labels and is sure of none in a dark image


@pytest.mark.parametrize(("question", "task"), [("Detect all trees.", TaskName.DETECT), ("Why?", TaskName.VQA)])
def test_it_declines_what_it_was_not_taught(folder: Path, question: str, task: TaskName) -> None:
    with pytest.raises(InputError, match="not taught that"):
        Specialist("s", folder).answer(about(question), task=task)


def test_a_graph_that_is_not_the_card_s_is_refused(folder: Path) -> None:
    (folder / "specialist.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match="not the one"):
        Specialist("s", folder)


def test_a_card_of_another_format_is_refused(folder: Path) -> None:
    (folder / "specialist.json").write_text(json.dumps({"format": "x"}))
    with pytest.raises(ModelError, match="Not a specialist"):
        Specialist("s", folder)


def test_a_benchmark_whose_sets_nobody_trained_on_has_no_specialist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(InputError, match="No specialist"):
        baselines.fit("specialist", toy_benchmark(), tmp_path)
