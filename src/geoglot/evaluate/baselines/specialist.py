"""A plain network trained on the benchmark's own training images and nothing else: the bar for a general model.

`python -m geoglot.train transfer --data DATA --specialists` trains and exports them (docs/transfer.md); none is
shipped. A folder holds `specialist.onnx` and `specialist.json`: its sets, classes, thresholds and the size at which it
sees.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError, ModelError
from geoglot.evaluate.baselines.example import reply, scene_of
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.models.nano.shown import Shown, show
from geoglot.models.protocol import Model
from geoglot.regions import Box
from geoglot.regions.geometry import nms
from geoglot.scenes import Frame
from geoglot.tasks import Parsed, TaskName

FOLDER = "GEOGLOT_SPECIALISTS"
DEFAULT_FOLDER = "runs/transfer/specialists"
FORMAT = "geoglot-specialist/1"
OUTPUTS = ("peaks", "geometry", "scene", "tags")
STRIDE = 4  # pixels a cell of the dense outputs
SAME_PLACE = 0.5
FAINTEST = 0.05  # probability from which a box is told where all are ranked
PLURALS = {"person": "people", "bus": "buses"}

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Card:
    """What `specialist.json` says. sets: names of data sets. magnification: of images before they are seen.

    objects: class of each plane of the peaks. thresholds: of the classes it was taught, chosen on its training images.
    scenes, tags: names of the outputs; own_scenes: the set's classes.
    """

    sets: tuple[str, ...]
    sha256: str
    magnification: float
    objects: tuple[str, ...]
    thresholds: Mapping[str, float]
    scenes: tuple[str, ...]
    own_scenes: tuple[str, ...]
    tags: tuple[str, ...]


def card_of(folder: Path) -> Card:
    """Read the card of one specialist. Raises ModelError for another format."""
    told = json.loads((folder / "specialist.json").read_text(encoding="utf-8"))
    if told.get("format") != FORMAT:
        raise ModelError("not a specialist", value=told.get("format"), expected=FORMAT)
    names = {key: tuple(told[key]) for key in ("sets", "objects", "scenes", "own_scenes", "tags")}
    return Card(
        sha256=told["sha256"],
        magnification=float(told["magnification"]),
        thresholds=cast(Mapping[str, float], told["thresholds"]),
        **names,
    )


def specialist(name: str, benchmark: Benchmark) -> Specialist:
    """Give the specialist of a benchmark's sets, from the folder that GEOGLOT_SPECIALISTS names.

    Raises InputError if none was trained on them, ModelError if its file is not what its card says.
    """
    root = Path(os.environ.get(FOLDER, DEFAULT_FOLDER))
    wanted = {card.name for card in (*benchmark.cards, *benchmark.lessons)}
    for path in sorted(root.glob("*/specialist.json")):
        if wanted and wanted <= set(card_of(path.parent).sets):
            return Specialist(name, path.parent)
    raise InputError(
        "no specialist was trained on these sets",
        value=", ".join(sorted(wanted)),
        expected=f"a folder of it below {root}",
        hint="train one with python -m geoglot.train transfer --specialists",
    )


class Specialist(Model):
    """Answers what its set is labelled with: detect, count, presence, the class of the scene, multi-labels."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._card = name, card_of(folder)
        graph = (folder / "specialist.onnx").read_bytes()
        self.sha256 = hashlib.sha256(graph).hexdigest()
        if self.sha256 != self._card.sha256:
            raise ModelError("the specialist is not the one of its card", value=self.sha256, expected=self._card.sha256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer from one look. Raises InputError without an image, or for what the set is not labelled with."""
        frame = scene_of(conversation).frame
        if task in (TaskName.DETECT, TaskName.COUNT, TaskName.PRESENCE):
            label = self._thing(conversation.question.text)
            return self._found(self._boxes(frame, label), label, task)
        if task is TaskName.CLASSIFY and self._card.own_scenes:
            logits = self._see(frame)[1]["scene"][[self._card.scenes.index(one) for one in self._card.own_scenes]]
            p = np.exp(logits - logits.max())
            named = self._card.own_scenes[int(np.argmax(p))]
            return self._reply(Parsed(named), task, named, float(p.max() / p.sum()))
        if task is TaskName.MULTILABEL and self._card.own_scenes:
            tags = self._see(frame)[1]["tags"]
            said = (tags > 0) | (tags == tags.max())  # something is in every image
            held = tuple(tag.replace("-", " ") for tag, one in zip(self._card.tags, said, strict=True) if one)
            sure = float(1 / (1 + np.exp(-np.abs(tags).min())))
            return self._reply(Parsed(held), task, ", ".join(held), sure)
        raise InputError("the specialist was not taught that", value=task, expected="what its set is labelled with")

    def _found(self, boxes: Sequence[Box], label: str, task: TaskName) -> Answer:
        limit = self._card.thresholds[label]
        sure = [box for box in boxes if box.score is not None and box.score >= limit]
        best = max((box.score or 0.0 for box in boxes), default=0.0)
        if task is TaskName.DETECT:
            return self._reply(Parsed(regions=tuple(boxes)), task, f"{len(boxes)} {label}", best)
        if task is TaskName.COUNT:
            return self._reply(Parsed(len(sure)), task, str(len(sure)), 0.5)
        return self._reply(Parsed(bool(sure)), task, "yes" if sure else "no", best if sure else 1 - best)

    def _boxes(self, frame: Frame, label: str) -> list[Box]:
        """Boxes of one class in pixels of the frame, likeliest first, one for each place."""
        shown, seen = self._see(frame)
        heat = seen["peaks"][self._card.objects.index(label)]
        height, width = (-(-side // STRIDE) for side in (shown.size[1], shown.size[0]))
        row, column = np.nonzero(heat[:height, :width] > FAINTEST)
        numbers = seen["geometry"][:, row, column].astype(np.float64)
        half = np.exp(np.clip(numbers[:2], -3, 6)) / 2
        centre = np.stack([column + numbers[2], row + numbers[3]])
        scale = STRIDE * np.array([*shown.scale, *shown.scale])[:, None]
        limits = np.array([*frame.size, *frame.size], np.float64)[:, None]
        corners = np.clip(np.concatenate([centre - half, centre + half]) * scale, 0, limits).T  # (n, 4)
        scores = heat[row, column].astype(np.float64)
        kept = nms(corners, scores, SAME_PLACE)
        kept = kept[np.argsort(-scores[kept], kind="stable")]
        flat = [place for place in kept.tolist() if (corners[place, :2] < corners[place, 2:]).all()]
        return [Box(*corners[place].tolist(), label=label, score=float(scores[place])) for place in flat]

    def _see(self, frame: Frame) -> tuple[Shown, dict[str, Floats]]:
        width, height = frame.size
        size = (max(1, round(width * self._card.magnification)), max(1, round(height * self._card.magnification)))
        shown = show(frame, Box(0, 0, width, height), size)
        if shown is None:
            raise InputError("the specialist sees no band of this image", value=frame.sensor.name)
        found = self._session.run(list(OUTPUTS), {"image": shown.image[None]})
        return shown, {name: np.asarray(one)[0] for name, one in zip(OUTPUTS, found, strict=True)}

    def _thing(self, question: str) -> str:
        for label in self._card.thresholds:
            if PLURALS.get(label, f"{label}s") in question:
                return label
        raise InputError(
            "the specialist was not taught that", value=question, expected=", ".join(self._card.thresholds)
        )

    def _reply(self, truth: Parsed, task: TaskName, text: str, confidence: float) -> Answer:
        return reply(self.name, self.sha256, truth, task=task, text=text, confidence=float(np.clip(confidence, 0, 1)))
