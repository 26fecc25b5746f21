"""Results of EarthDial: JSON Lines with `question`, `answer` and, by task, where the truth stands.

| keys beside question, answer | task | protocol |
| --- | --- | --- |
| annotation, vqa_type | question answering | rsvqa-lr/earthdial@1 (with area for rural_urban: rsvqa-hr) |
| gt_bbox, size_group | rotated boxes for an expression | grounding/earthdial@1 |
| groundtruth, obj_ids | grounded description | grounding/earthdial-description@1 |
| annotation, task_type | description of a region | caption/earthdial-region@1 |
| annotation | one label | classification/earthdial@1 |
| caption0 .. caption4 | caption, or with caption1 empty also boxes or a label | see `_captioned` |

Source: hiyamdebary/EarthDial src/earthdial/eval/*/results.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json

_BOX_LIST = re.compile(r"\s*(\[+\s*\d+(\s*,\s*\d+){4}\s*\]+[\s,]*)+")
_ONE_WORD = re.compile(r"single word|Options:|Classes:")


def _fits(source: Source) -> bool:
    keys = source.keys
    known = {"annotation", "gt_bbox", "groundtruth", "caption0"}
    return source.kind == "records" and {"question", "answer"} <= keys and bool(known & keys)


def _read(source: Source) -> Reading:
    keys = source.keys
    if "vqa_type" in keys:
        low = {"rural_urban", "count"} & {str(row["vqa_type"]) for row in source.records}
        protocol = "rsvqa-lr/earthdial@1" if low else "rsvqa-hr/earthdial@1"
        return _reading(source, "vqa", "annotation", protocol, group="vqa_type")
    if "gt_bbox" in keys:
        return _reading(source, "ground", "gt_bbox", "grounding/earthdial@1", group="size_group")
    if "obj_ids" in keys:
        rows = [_prediction(i, r, "ground", _described(r)) for i, r in enumerate(source.records)]
        return Reading("earthdial", tuple(rows), "grounding/earthdial-description@1")
    if "task_type" in keys:
        return _reading(source, "describe-region", "annotation", "caption/earthdial-region@1", group="size_group")
    if "annotation" in keys:
        return _reading(source, "classify", "annotation", "classification/earthdial@1")
    return _captioned(source)


def _captioned(source: Source) -> Reading:
    """Tell captions from boxes and labels: the change results store all of them under caption0.

    Boxes: every truth is nothing but brackets of five integers. Labels: caption1 is empty and the question
    offers classes or asks for a single word. All else are captions.
    """
    rows = source.records
    if all(_BOX_LIST.fullmatch(str(row["caption0"])) for row in rows):
        return _reading(source, "ground", "caption0", "grounding/earthdial-xbd@1")
    alone = all(not row.get("caption1") for row in rows)
    if alone and all(_ONE_WORD.search(str(row["question"])) for row in rows):
        return _reading(source, "classify", "caption0", "classification/earthdial@1")
    task = "change-caption" if all("changedet" in str(row["question"]) for row in rows) else "caption"
    predictions = [_prediction(i, row, task, _references(row)) for i, row in enumerate(rows)]
    return Reading("earthdial", tuple(predictions), "caption/earthdial@1")


def _reading(source: Source, task: str, truth: str, protocol: str, *, group: str | None = None) -> Reading:
    rows = [_prediction(i, row, task, row[truth], group) for i, row in enumerate(source.records)]
    return Reading("earthdial", tuple(rows), protocol)


def _prediction(index: int, row: Record, task: str, truth: Json, group: str | None = None) -> Prediction:
    kind = None if group is None else str(row.get(group))
    return Prediction(str(index), task, row["answer"], truth, kind, codec="earthdial" if task == "ground" else None)


def _references(row: Record) -> list[Json]:
    """Give one reference where caption1 is empty, else all five: the script's rule."""
    return [row["caption0"]] if not row.get("caption1") else [row[f"caption{k}"] for k in range(5)]


def _described(row: Record) -> dict[str, Json]:
    return {"text": row["groundtruth"], "boxes": row["obj_ids"]}


LAYOUT = Layout("earthdial", "EarthDial result files: question, answer and the truth", _fits, _read)
