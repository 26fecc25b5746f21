"""DOTA Task 1 results: a folder with one file a class, `Task1_<class>.txt`, and the labels of the images.

Result line: `image score x1 y1 x2 y2 x3 y3 x4 y4`. Label file `<image>.txt`: `x1 y1 … x4 y4 class [difficult]`,
optional head lines `imagesource:` and `gsd:`; lines of fewer than nine fields are skipped. All in pixels of the
original image. The labels stand in the folder named as truth, or beside or inside the result folder.

Source: CAPTAIN-WHU/DOTA_devkit readme and dota_evaluation_task1.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import InputError, ReadError
from geoglot.evaluate.layouts.layout import Layout, Reading, Source
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json

_HEAD = "Task1_"


def _fits(source: Source) -> bool:
    return source.kind == "folder" and bool(_results(source.path))


def _results(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_HEAD}*.txt")) or sorted(folder.glob(f"*/{_HEAD}*.txt"))


def _labels(source: Source) -> list[Path]:
    results = _results(source.path)[0].parent
    folders = [source.truth] if source.truth is not None else [source.path, results.parent, source.path / "labelTxt"]
    for folder in folders:
        found = [p for p in sorted(folder.glob("*.txt")) if not p.name.startswith(_HEAD)]
        if found:
            return found
    raise InputError(
        "the labels of the images are missing", value=str(source.path), hint="name their folder as the truth"
    )


def _read(source: Source) -> Reading:
    truths: dict[str, list[Json]] = {path.stem: list(_true_objects(path)) for path in _labels(source)}
    found: dict[str, list[Json]] = {name: [] for name in truths}
    for path in _results(source.path):
        label = path.stem.removeprefix(_HEAD)
        for number, fields in _rows(path, 10):
            if fields[0] not in found:
                raise InputError(f"line {number} of {path.name} names an image without labels", value=fields[0])
            polygon: list[Json] = [_number(field, path, number) for field in fields[2:10]]
            found[fields[0]].append({"label": label, "score": _number(fields[1], path, number), "polygon": polygon})
    predictions = [Prediction(name, "detect", found[name], truth) for name, truth in truths.items()]
    return Reading("dota-task1", tuple(predictions), "detection/dota-voc07@1")


def _true_objects(path: Path) -> Iterator[Json]:
    for number, fields in _rows(path, 9):
        polygon: list[Json] = [_number(field, path, number) for field in fields[:8]]
        difficult = len(fields) == 10 and fields[9] != "0"
        yield {"label": fields[8], "polygon": polygon, "difficult": difficult}


def _rows(path: Path, least: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if len(fields) >= least:
            yield number, fields


def _number(field: str, path: Path, number: int) -> float:
    try:
        return float(field)
    except ValueError as error:
        raise ReadError(f"line {number} of {path.name} holds no number", value=field) from error


LAYOUT = Layout("dota-task1", "DOTA Task 1 result folder: Task1_<class>.txt and label files", _fits, _read)
