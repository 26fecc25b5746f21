"""The semantic-localisation rows of the golden table: synthetic maps over the published annotations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.evaluate.metrics.selo import Points, polygon_mask, selo
from tests.evaluate.golden_row import Row

_SIDE = 3000


def selo_rows(folder: Path) -> Iterator[Row]:
    """Give Rsu, Rda, Ras, Rmi of the maps "mask", "shift" and "const128"; 2 s a map."""
    annotations = json.loads(gzip.decompress((folder / "selo" / "anno.json.gz").read_bytes()))
    for expected in json.loads((folder / "selo" / "synthetic_scores.json").read_text()):
        regions = [np.array(points, np.float64) for points in annotations[expected["index"]]["points"]]
        got = dict(zip(("rsu", "rda", "ras", "rmi"), selo(_map(expected["map"], regions), regions), strict=True))
        for key, value in got.items():
            yield Row(f"selo {expected['index']} {expected['map']}", "selo@1", key, expected[key], 6, value)


def _map(kind: str, regions: list[Points]) -> NDArray[np.uint8]:
    if kind == "const128":
        return np.full((_SIDE, _SIDE), 128, np.uint8)
    moved = [np.trunc(region) + ((120, 60) if kind == "shift" else (0, 0)) for region in regions]
    return polygon_mask(moved, (_SIDE, _SIDE)).astype(np.uint8) * np.uint8(255)
