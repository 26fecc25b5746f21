"""Answers scored by VRSBench's notebooks: JSON Lines with `image_id`, `ground_truth`, `answer`.

| further keys | task | protocol |
| --- | --- | --- |
| is_unique, or unique as the question files write it | one box | grounding/vrsbench@1 |
| question, type | question answering; `correct` holds a judge's verdict | vqa/vrsbench@1 |

Source: lx709/VRSBench eval_fianl/compute_metrics.ipynb, eval_vqa_gpt.ipynb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _fits(source: Source) -> bool:
    keys = source.keys
    told = {"is_unique", "unique"} & keys or {"question", "type"} <= keys
    return source.kind == "records" and {"image_id", "ground_truth", "answer"} <= keys and bool(told)


def _read(source: Source) -> Reading:
    rows = source.records
    if {"is_unique", "unique"} & source.keys:
        boxes = [
            Prediction(_id(row, i), "ground", row["answer"], row["ground_truth"], _uniqueness(row), codec="vrsbench")
            for i, row in enumerate(rows)
        ]
        return Reading("vrsbench", tuple(boxes), "grounding/vrsbench@1")
    answers = [
        Prediction(_id(row, i), "vqa", row["answer"], _judged(row), str(row["type"])) for i, row in enumerate(rows)
    ]
    return Reading("vrsbench", tuple(answers), "vqa/vrsbench@1")


def _id(row: Record, index: int) -> str:
    return str(row.get("question_id", index))


def _uniqueness(row: Record) -> str:
    return "unique" if row.get("is_unique", row.get("unique")) else "non-unique"


def _judged(row: Record) -> Json:
    return {"answer": row["ground_truth"], "judge": row["correct"]} if "correct" in row else row["ground_truth"]


LAYOUT = Layout("vrsbench", "VRSBench answer files: ground_truth, answer, is_unique or type", _fits, _read)
