"""Results of VHM and RSEvalKit, among them DIOR-RSVG and RSVG: JSON Lines with `pred`, `answer`, `query`, `size`.

`size` is [height, width]. Grounding: the answer is a box in pixels, `pred` one in thousandths of the image
(grounding/rsevalkit@1). All else is a label or short answer (classification/rsevalkit@1).

Source: fitzpchao/RSEvalKit model_eval_mp.py.
"""

from __future__ import annotations

import re

from geoglot.errors import InputError
from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source
from geoglot.evaluate.metrics.protocol import Prediction

_NUMBER = re.compile(r"-?[\d.]+")
_BOX = re.compile(r"\s*\[+\s*-?[\d.]+(\s*,\s*-?[\d.]+){3}\s*\]+\s*")


def _fits(source: Source) -> bool:
    return source.kind == "records" and {"pred", "answer", "query", "size"} <= source.keys


def _read(source: Source) -> Reading:
    rows = source.records
    boxes = all(_BOX.fullmatch(str(row["answer"])) for row in rows)
    task, protocol = ("ground", "grounding/rsevalkit@1") if boxes else ("classify", "classification/rsevalkit@1")
    predictions = tuple(
        Prediction(
            str(index),
            task,
            str(row["pred"]),
            [float(n) for n in _NUMBER.findall(str(row["answer"]))] if boxes else str(row["answer"]),
            image_size=_size(row),
            codec="vhm" if boxes else None,
        )
        for index, row in enumerate(rows)
    )
    return Reading("rsevalkit", predictions, protocol)


def _size(row: Record) -> tuple[int, int]:
    size = row["size"]
    if not isinstance(size, list) or len(size) != 2:
        raise InputError("a result without the size of its image", value=size, expected="[height, width]")
    return int(str(size[1])), int(str(size[0]))


LAYOUT = Layout("rsevalkit", "RSEvalKit results (RSVG, DIOR-RSVG): pred, answer, query, size", _fits, _read)
