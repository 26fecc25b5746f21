"""Results of LHRS-Bot: a JSON list with `pred` and `target`.

| further keys | task | protocol |
| --- | --- | --- |
| filename | boxes | grounding/lhrs@1 |
| types | question answering | rsvqa-hr/lhrs@1, rsvqa-lr with rural_urban |

Its scores of boxes are known to be wrong (+1 on coordinates of 0..1); score such a file with
`protocol="grounding/rsvg@1"` to see the true ones. The script drops all but the first expression of an image.

Source: NJU-LHRS/LHRS-Bot main_vg.py, main_vqa.py.
"""

from __future__ import annotations

from geoglot.evaluate.layouts.layout import Layout, Reading, Source
from geoglot.evaluate.metrics.protocol import Prediction


def _fits(source: Source) -> bool:
    return source.kind == "records" and {"pred", "target"} <= source.keys and bool({"filename", "types"} & source.keys)


def _read(source: Source) -> Reading:
    rows = source.records
    if "types" in source.keys:
        answers = [
            Prediction(str(i), "vqa", row["pred"], row["target"], str(row["types"])) for i, row in enumerate(rows)
        ]
        low = any(p.type == "rural_urban" for p in answers)
        return Reading("lhrs", tuple(answers), "rsvqa-lr/lhrs@1" if low else "rsvqa-hr/lhrs@1")
    boxes = [Prediction(str(i), "ground", row["pred"], row["target"], codec="lhrs") for i, row in enumerate(rows)]
    return Reading("lhrs", tuple(boxes), "grounding/lhrs@1")


LAYOUT = Layout("lhrs", "LHRS-Bot result lists: pred, target", _fits, _read)
