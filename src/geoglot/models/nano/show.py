"""Evidence as a file: what `geoglot look --out` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoglot.answers import save as save_answer
from geoglot.conversation import Answer
from geoglot.models.nano.card import as_json
from geoglot.models.nano.evidence import CoverMap, Evidence
from geoglot.regions import Mask, Region
from geoglot.scenes import Scene
from geoglot.scenes.write import writing
from geoglot.tasks import TaskName


def save(evidence: Evidence, scene: Scene, path: str | Path) -> Path:
    """Write evidence as .json (all of it), or its regions as .geojson, .gpkg, .png, .html or .tif. Give the path.

    Raises InputError for another suffix, PlaceError for a map of a scene without a place.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        with writing(path) as temporary:
            temporary.write_text(json.dumps(as_json(evidence), allow_nan=False) + "\n", encoding="utf-8")
        return path
    return save_answer(_as_answer(evidence, scene, drawn=path.suffix.lower() in (".png", ".html")), path)


def _as_answer(evidence: Evidence, scene: Scene, *, drawn: bool) -> Answer:
    """The evidence in the form that files are written from. drawn: without land cover, which would hide the picture."""
    objects = [replace(seen.region, label=seen.label, score=seen.score) for seen in evidence.objects]
    changes = [
        replace(change.region, label=f"{change.what} {change.kind}", score=change.score) for change in evidence.changes
    ]
    covers = [] if drawn else [mask for cover in evidence.cover for mask in _masks(cover)]
    return Answer(
        text=f"{len(objects)} objects, {len(changes)} changes.",
        task=TaskName.DETECT,
        model=evidence.model,
        regions=(*covers, *objects, *changes),
        evidence=tuple(seen.id for seen in evidence.objects),
        warnings=evidence.warnings,
        question="What is there to see?",
        scene=scene,
    )


def _masks(cover: CoverMap) -> Iterator[Region]:
    """One mask a land-cover class, each cell repeated over the pixels it stands for."""
    height, width = round(cover.box.height), round(cover.box.width)
    rows = np.minimum(np.arange(height) * cover.labels.shape[0] // max(height, 1), cover.labels.shape[0] - 1)
    columns = np.minimum(np.arange(width) * cover.labels.shape[1] // max(width, 1), cover.labels.shape[1] - 1)
    labels = cover.labels[np.ix_(rows, columns)]  # (H, W)
    for index, name in enumerate(cover.classes):
        inside = labels == index
        if inside.any():
            left, top = round(cover.box.x0), round(cover.box.y0)
            yield Mask.from_array(inside, left=left, top=top, label=name, frame=cover.frame)
