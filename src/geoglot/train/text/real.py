"""Real pictures with questions: the training parts of sets of which weights may be passed on.

UC Merced teaches kinds of place, sentences and people's own questions (RSIVQA); HIT-UAV, the street photographs and
Kampala where things are and how many; EuroSAT kinds of place. What each set does not mark is never asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoglot import sensors
from geoglot.data.readers import Labelled, reader, ucm_landuse
from geoglot.data.readers.rows import rows
from geoglot.errors import InputError
from geoglot.scenes import Scene
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks.numbers import read_integer
from geoglot.train.captions import tidied
from geoglot.train.text.asking import Asked, Marked, Shown, about, box_of, levelled, worded

SEED = 5
WORDINGS = 3  # of the same things, so that a question is not learned with its picture
LISTED = 0.4  # of the questions for the kind of place name those that there are


@dataclass(frozen=True, slots=True)
class Set:
    """A set of pictures. sensor: what they are read as. most: pictures of it, spread evenly; 0 for all."""

    reader: str
    sensor: str
    most: int = 0


SETS = (
    Set("ucm_landuse", "aerial-rgb"),
    Set("eurosat_rgb5", "rgb", 400),
    Set("eurosat_rgb_5class", "rgb", 100),
    Set("hit_uav", "thermal-display"),
    Set("hit_uav_thermal", "thermal-display"),
    Set("aerial_cars", "rgb"),
    Set("oam_kampala", "uav-rgb"),
)


def pictures(data: Path) -> Iterator[Shown]:
    """Give every training picture of the sets, set after set.

    Raises InputError for a set whose weights must not be passed on, ReadError for one that is not as its card says.
    """
    for one in SETS:
        source = reader(one.reader)
        if not source.card.redistributable:
            raise InputError("weights that saw this set must not be passed on", value=one.reader)
        folder = data / source.card.folder
        images = [image for image in source.read(folder) if image.split == "train"]
        images = images[:: max(1, len(images) // one.most)] if one.most else images
        rng = np.random.default_rng((SEED, SETS.index(one)))
        places = sorted({image.scene for image in images if image.scene})
        labels = sorted(source.card.labelled)
        asked = [_asked(image, labels, places, rng) for image in images]
        if one.reader == "ucm_landuse":
            asked = [[*group, *spoken] for group, spoken in zip(asked, _spoken(folder, images, rng), strict=True)]
        for image, group in zip(images, levelled(asked, rng), strict=True):
            name = f"{one.reader}-{image.id.replace('/', '_')}"
            yield Shown(name, one.reader, _scene(image, one.sensor), _marked(image), group)


def _asked(image: Labelled, labels: Sequence[str], places: Sequence[str], rng: np.random.Generator) -> list[Asked]:
    """Questions about the kind of place and about what is marked; not about pictures with places left open."""
    asked: list[Asked] = []
    if image.scene is not None:
        plain = worded(Asked("classify", "classify", "", image.scene), rng, {})
        listed = f"What kind of scene is this? Choose one of: {', '.join(places)}."
        asked += [plain, replace(plain, question=listed)] if rng.random() < LISTED else [plain]
    if image.objects is not None and not image.ignore:
        size = (image.pixels.shape[2], image.pixels.shape[1])
        asked += [one for _ in range(WORDINGS) for one in about(_marked(image), labels, size, rng)]
    return asked


def _spoken(folder: Path, images: Sequence[Labelled], rng: np.random.Generator) -> Iterator[list[Asked]]:
    """What people wrote about each picture of UC Merced: sentences, and questions with their answers."""
    captions = ucm_landuse.captions(folder)
    said: dict[str, list[Asked]] = defaultdict(list)
    for row in rows(folder / "vqa.jsonl"):
        if (one := spoken(row.text("question"), row.text("answer"))) is not None:
            said[row.text("image")].append(one)
    for image in images:
        sentences = [" ".join(tidied(text)) for text in captions(image.id)]
        asked = [worded(Asked("caption", "caption", "", f"{text.capitalize()}."), rng, {}) for text in sentences]
        usual = replace(asked[0], question="Describe the image in one sentence.")
        yield [*asked, usual, *said[image.id]]


def spoken(question: str, answer: str) -> Asked | None:
    """Give a question of RSIVQA as a task of ours; None for those that are none, and for numbers that are none."""
    if question.startswith("Does"):
        return Asked("presence", "presence", question, "Yes." if answer == "yes" else "No.")
    if "location" in question:
        return Asked("vqa", "location", question, answer)
    if not question.startswith("How many"):
        return None
    try:
        return Asked("count", "count", question, str(read_integer(answer)))
    except KeyError:
        return None


def _marked(image: Labelled) -> tuple[Marked, ...]:
    return tuple(Marked(str(one.label), box_of(one)) for one in image.objects or ())


def _scene(image: Labelled, sensor: str) -> Scene:
    named = sensors.get(sensor)
    if image.gsd_m is not None:
        named = replace(named, gsd_m=image.gsd_m)
    return scene_from_array(image.pixels, sensor=named, bands=image.bands)
