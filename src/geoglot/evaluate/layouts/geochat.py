"""Answers of GeoChat and of the tools built on it: JSON Lines with `question_id`, `image_id`, `answer`.

| further keys | task | protocol |
| --- | --- | --- |
| ground_truth, type "ref" or a truth of polygons in pixels, which need image_size | boxes | grounding/geochat@1 |
| ground_truth, category presence, comp, … | question answering | rsvqa-hr/geochat@1, rsvqa-lr with rural_urban |
| ground_truth, category relationship, … | FIT-RSRC multiple choice | mcq/fit-rsrc@1 |
| ground_truth | one label, a short answer | classification/equal@1 |
| none, question_id "class/…" | scene class, the first part of the id | classification/equal@1 |

Sources: mbzuai-oryx/GeoChat geochat/eval/batch_geochat_*.py; Luo-Z13/SkySenseGPT Eval_scripts;
shuyansy/EarthMind projects/llava_sam2/evaluation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json

_RSVQA = frozenset(("presence", "comp", "rural_urban", "count", "area"))
_FIT_RSRC = frozenset(("relationship", "object", "subject", "exist"))


def _fits(source: Source) -> bool:
    keys = source.keys
    return (
        source.kind == "records"
        and {"question_id", "answer"} <= keys
        and "is_unique" not in keys
        and "unique" not in keys
        and ("ground_truth" in keys or all("/" in str(row["question_id"]) for row in source.records))
    )


def _read(source: Source) -> Reading:
    rows = source.records
    if "ground_truth" not in source.keys:
        scenes = [_prediction(row, "classify", str(row["question_id"]).split("/")[0]) for row in rows]
        return Reading("geochat", tuple(scenes), "classification/equal@1")
    kinds = {_kind(row).lower() for row in rows}
    if "ref" in kinds or all(isinstance(row["ground_truth"], list) for row in rows):
        boxes = [
            _prediction(row, "ground", row["ground_truth"], str(row.get("size_group") or "") or None) for row in rows
        ]
        return Reading("geochat", tuple(boxes), "grounding/geochat@1")
    if kinds <= _RSVQA:
        protocol = "rsvqa-lr/geochat@1" if "rural_urban" in kinds else "rsvqa-hr/geochat@1"
        return Reading("geochat", tuple(_prediction(r, "vqa", r["ground_truth"], _kind(r)) for r in rows), protocol)
    if kinds <= _FIT_RSRC:
        choices = tuple(_prediction(r, "mcq", r["ground_truth"], _kind(r)) for r in rows)
        return Reading("geochat", choices, "mcq/fit-rsrc@1")
    return Reading(
        "geochat", tuple(_prediction(row, "classify", row["ground_truth"]) for row in rows), "classification/equal@1"
    )


def _kind(row: Record) -> str:
    return str(row.get("category") or row.get("type") or "")


def _prediction(row: Record, task: str, truth: Json, group: str | None = None) -> Prediction:
    given = row.get("image_size")
    size = (int(str(given[0])), int(str(given[1]))) if isinstance(given, list) and len(given) == 2 else None
    codec = "geochat" if task == "ground" else None
    return Prediction(str(row["question_id"]), task, row["answer"], truth, group, size, codec)


LAYOUT = Layout("geochat", "GeoChat answer files: question_id, answer, ground_truth", _fits, _read)
