"""From a labelled image to samples: the scene, the question in words, and the truth in the task's own type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.conversation import Conversation, Sample
from geoglot.data.readers import Card, Labelled
from geoglot.evaluate.benchmarks.benchmark import TEST, TRAIN
from geoglot.regions import Box, Mask, OrientedBox, Region
from geoglot.scenes import Scene
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks import Parsed, TaskName

IGNORED = "ignored"
"""The label of a true region that must not be scored, neither found nor missed."""


UNKNOWN = 255  # of a cover map


@dataclass(frozen=True, slots=True)
class Thing:
    """Something asked for. name: as a class ("car"); plural: in a question ("cars"); labels: the set's classes."""

    name: str
    plural: str
    labels: frozenset[str]


def thing(name: str, plural: str = "", *labels: str) -> Thing:
    """Give a thing whose plural takes an s and whose label is its name, unless told otherwise."""
    return Thing(name, plural or f"{name}s", frozenset(labels or (name,)))


def scene_of(image: Labelled, sensor: str) -> Scene:
    """Give the scene of a labelled image, with the GSD that its set tells."""
    named = sensors.get(sensor)
    if image.gsd_m is not None:
        named = replace(named, gsd_m=image.gsd_m)
    return scene_from_array(image.pixels, sensor=named, bands=image.bands)


def split_of(image: Labelled) -> str:
    """Give the split of a benchmark: what a set calls val or test is tested on."""
    return TRAIN if image.split == "train" else TEST


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """Makes the samples of one image. card: where it comes from; scene: made once, shared by all its samples."""

    card: Card
    image: Labelled
    scene: Scene

    def ask(
        self,
        question: str,
        truth: Parsed,
        *,
        task: TaskName,
        type: str = "",
        references: tuple[str, ...] = (),
        key: str = "",
    ) -> Sample:
        """Give one sample. type: the group it is reported under; key: what tells it from others of the image."""
        return Sample(
            id=f"{self.card.name}/{self.image.id}{f'#{key}' if key else ''}",
            conversation=Conversation.about(self.scene, question),
            task=task,
            truth=truth,
            references=references,
            type=type or task.value,
            source=self.card.name,
            licence=self.card.licence,
            split=split_of(self.image),
        )


def askers(card: Card, images: Iterable[Labelled], sensor: str) -> Iterator[Asker]:
    """Give an asker for each image."""
    for image in images:
        yield Asker(card, image, scene_of(image, sensor))


def ask_scene(asker: Asker, choices: tuple[str, ...]) -> Sample:
    """Ask which of the classes the image shows."""
    assert asker.image.scene is not None
    question = f"What kind of scene is this? Choose one of: {', '.join(choices)}."
    return asker.ask(question, Parsed(asker.image.scene), task=TaskName.CLASSIFY, type=asker.image.scene)


def ask_presence(asker: Asker, things: Iterable[Thing]) -> Iterator[Sample]:
    """Ask for each thing whether any is there. Images with places that must not be scored are left out."""
    for wanted, found in _found(asker, things):
        if not asker.image.ignore:
            yield asker.ask(f"Are there any {wanted.plural} in the image?", Parsed(bool(found)),
                            task=TaskName.PRESENCE, type=wanted.name, key=wanted.name)  # fmt: skip


def ask_count(asker: Asker, things: Iterable[Thing]) -> Iterator[Sample]:
    """Ask for each thing how many there are. Images with places that must not be scored are left out."""
    for wanted, found in _found(asker, things):
        if not asker.image.ignore:
            yield asker.ask(f"How many {wanted.plural} are there in the image?", Parsed(len(found)),
                            task=TaskName.COUNT, type=wanted.name, key=wanted.name)  # fmt: skip


def ask_detect(asker: Asker, things: Iterable[Thing]) -> Iterator[Sample]:
    """Ask for a box around every one of each thing."""
    for wanted, found in _found(asker, things):
        ignored = tuple(replace(box, label=IGNORED) for box in asker.image.ignore)
        regions: tuple[Region, ...] = (*(replace(box, label=wanted.name) for box in found), *ignored)
        yield asker.ask(f"Detect all {wanted.plural}.", Parsed(regions=regions),
                        task=TaskName.DETECT, type=wanted.name, key=wanted.name)  # fmt: skip


def _found(asker: Asker, things: Iterable[Thing]) -> Iterator[tuple[Thing, tuple[Box | OrientedBox, ...]]]:
    objects = asker.image.objects or ()
    for wanted in things:
        yield wanted, tuple(box for box in objects if box.label in wanted.labels)


def ask_segment(asker: Asker, wanted: Thing, words: str) -> Sample:
    """Ask for the pixels of a cover. words: as in "Segment the water."."""
    regions = cover_mask(asker.image, wanted)
    return asker.ask(f"Segment the {words}.", Parsed(regions=regions), task=TaskName.SEGMENT, type=wanted.name)


def ask_share(asker: Asker, wanted: Thing, words: str) -> Sample:
    """Ask which percentage of the known pixels a cover takes up."""
    assert asker.image.cover is not None
    known = asker.image.cover != UNKNOWN
    share = 100 * float((_inside(asker.image, wanted) & known).sum()) / max(1, int(known.sum()))
    question = f"What percentage of the image is covered by {words}?"
    return asker.ask(question, Parsed(share, unit="%"), task=TaskName.AREA, type=wanted.name)


def cover_mask(image: Labelled, wanted: Thing) -> tuple[Region, ...]:
    """Give where the cover is the thing, and where it is not known, as masks; no empty ones."""
    assert image.cover is not None
    masks = ((wanted.name, _inside(image, wanted)), (IGNORED, image.cover == UNKNOWN))
    return tuple(Mask.from_array(inside, label=label) for label, inside in masks if inside.any())


def _inside(image: Labelled, wanted: Thing) -> NDArray[np.bool_]:
    assert image.cover is not None
    numbers = [index for index, name in enumerate(image.cover_classes) if name in wanted.labels]
    inside: NDArray[np.bool_] = np.isin(image.cover, numbers)
    return inside
