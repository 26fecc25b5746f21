"""geoglot's own prediction file: JSON Lines, one object a sample.

`{"id", "task", "prediction", "truth"?, "type"?, "image_size"?, "codec"?}`; further keys are left alone. An array
`{"npy": "maps/0.npy"}` stands beside the file and may not lie outside its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import InputError, Refused
from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _fits(source: Source) -> bool:
    return source.kind == "records" and {"id", "task", "prediction"} <= source.keys


def _read(source: Source) -> Reading:
    from geoglot import tasks  # their words are many, and only this layout names tasks

    predictions = tuple(_prediction(row, source.path.parent) for row in source.records)
    named = {p.task for p in predictions}
    known = len(named) == 1 and named <= set(tasks.names())
    return Reading("geoglot", predictions, tasks.get(named.pop()).protocol if known else None)


def _prediction(row: Record, folder: Path) -> Prediction:
    size = row.get("image_size")
    return Prediction(
        id=str(row["id"]),
        task=str(row["task"]),
        prediction=_beside(row["prediction"], folder),
        truth=_beside(row.get("truth"), folder),
        type=None if row.get("type") in (None, "") else str(row["type"]),
        image_size=None if size is None else _size(size),
        codec=None if row.get("codec") is None else str(row["codec"]),
    )


def _size(value: Json) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) and n > 0 for n in value):
        return int(str(value[0])), int(str(value[1]))
    raise InputError("image_size is no size", value=value, expected="[width, height] in pixels")


def _beside(value: Json, folder: Path) -> Json:
    """Give a value with the arrays it names resolved against the folder. Raises Refused for one outside."""
    if not isinstance(value, Mapping) or "npy" not in value:
        return value
    path = (folder / str(value["npy"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Refused("an array outside the folder of the predictions", value=value["npy"])
    return {**value, "npy": str(path)}


LAYOUT = Layout("geoglot", "geoglot's JSON Lines: id, task, prediction, truth", _fits, _read)
