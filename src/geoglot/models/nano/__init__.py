"""nano, the shipped model: looks once (eye), answers many (reader, reason, wording)."""

from __future__ import annotations

import time

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.models.nano.cache import Looks
from geoglot.models.nano.decode import PICTURES
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.look import SHRUNK_FROM, look
from geoglot.models.nano.misses import open_misses
from geoglot.models.nano.shown import fitting_size
from geoglot.models.nano.weights import NanoWeights, open_weights
from geoglot.models.nano.writer import written
from geoglot.models.protocol import Model
from geoglot.regions import Box, Region
from geoglot.scenes import Scene
from geoglot.tasks import TaskName

NEAR_PX = 512.0  # least width and height of a window that is looked at closely


class Nano(Model):
    """The embedded model. It sees with an ONNX graph and reasons in plain code; it needs no torch and no network.

    eye: what to see with; the shipped one if None. tile: look at native resolution, tile by tile. writer: a language
    model that words answers from the evidence card. Raises ModelError for weights that are missing or changed.
    """

    def __init__(self, eye: Eye | None = None, *, tile: bool = False, writer: Model | None = None) -> None:
        self.eye = eye or Eye(open_weights())
        self._tile = tile
        self._writer = writer
        self.name = self.eye.weights.name
        self.sha256 = self.eye.weights.sha256
        self.trained_on = self.eye.weights.trained_on
        self._misses = open_misses(self.eye.weights.graph.parent)
        self._looks = Looks()

    def look(self, scene: Scene, *, region: Region | None = None) -> Evidence:
        """See a scene before any question; remembered, so that looking again is free.

        region: only the window around it (pixels of the scene). Raises NoData if nothing was measured.
        """
        if region is not None:
            scene = scene.window(region.bounds)
        return self._looks.get(scene, tile=self._tile, make=lambda: look(scene, self.eye, tile=self._tile))

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer the last turn from what is seen. Deterministic: `seed` changes nothing."""
        from geoglot.models.nano import reason, wording
        from geoglot.models.nano.trained import open_reader

        start = time.perf_counter()
        scene = conversation.scene
        if scene is None:
            raise InputError(
                "a question without an image", value=conversation.question.text, expected="a scene to look at"
            )
        query = open_reader().read(conversation, task=task)
        evidence = self.look(focused(scene, query.region))
        known, misses = taught(self.eye.weights, evidence.modality), self._misses.get(evidence.modality, {})
        shares = self.eye.weights.calibration.shares_of(evidence.modality)
        finding = reason.answer(query, evidence, scene, known=known, misses=misses, shares=shares)
        trouble: tuple[str, ...] = ()
        text = wording.say(query, finding, evidence)
        if self._writer is not None and not finding.refused:
            text, trouble = written(self._writer, conversation.question.text, evidence, text)
        warnings = tuple(dict.fromkeys((*finding.warnings, *evidence.warnings, *trouble)))
        return Answer(
            text=text,
            task=query.task,
            model=self.name,
            model_sha256=self.sha256,
            value=finding.value,
            unit=finding.unit,
            regions=finding.regions,
            evidence=finding.evidence,
            query=query.as_json(),
            confidence=finding.confidence,
            unsure=finding.unsure,
            warnings=warnings,
            seconds={"answer": time.perf_counter() - start},
            question=conversation.question.text,
            scene=scene,
        )


def taught(weights: NanoWeights, modality: str) -> frozenset[str]:
    """Give the names of everything that was taught in a modality; cloud is a flag that every look raises."""
    names = {*weights.taught_in(modality), *weights.cover, "cloud"}
    if modality in PICTURES:
        names |= {*weights.scenes, *weights.tags}
    return frozenset(names)


def focused(scene: Scene, region: Region | None) -> Scene:
    """Give the window around a region where the whole frame would have to be shrunk to be seen; else the scene.

    The window is at least as large as one look, so that the region keeps its surroundings.
    """
    width, height = scene.size
    if region is None or max(width, height) <= SHRUNK_FROM * max(fitting_size(width, height)):
        return scene
    box = region.bounds
    side = max(NEAR_PX, 1.2 * box.width, 1.2 * box.height)
    (x, y), left, top = box.centre, *scene.frame.origin_px
    x, y = (
        min(max(at - start, side / 2), max(side / 2, length - side / 2))
        for at, start, length in ((x, left, width), (y, top, height))
    )
    return scene.window(Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2))
