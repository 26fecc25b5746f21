"""Golden files: inputs whose scores are known from the official scorers, and what geoglot gives for them.

`golden_table(folder)` makes the table of docs/metrics.md; `python -m pytest tests/evaluate/test_golden.py -s`
prints it. The files lie outside the repository; nothing of them is copied here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.evaluate.metrics import Prediction, protocol
from tests.evaluate.golden_captions import CAPTION_PARTS
from tests.evaluate.golden_maps import selo_rows
from tests.evaluate.golden_row import Row, expected_of, number, read, scored

if TYPE_CHECKING:
    from geoglot.conversation import Json

Part = Callable[[Path], Iterator[Row]]


def golden_table(folder: Path) -> list[Row]:
    """Give a row for every verified score of the golden files in `folder`; METEOR makes it take two minutes."""
    return [*quick_table(folder), *(row for part in CAPTION_PARTS for row in part(folder)), *selo_rows(folder)]


def quick_table(folder: Path) -> list[Row]:
    """Give the rows of all families but captions and maps, in seconds."""
    return [row for part in _PARTS for row in part(folder)]


def _vqa(folder: Path) -> Iterator[Row]:
    path = folder / "earthdial" / "rs_vqa__RSVQA_LR.jsonl.gz"
    expected = expected_of(folder)["rs_vqa__RSVQA_LR"]
    fractions = expected["exact_match_percent"]
    assert isinstance(fractions, dict)
    for id in ("rsvqa-lr/earthdial@1", "rsvqa-lr/geochat@1", "rsvqa-lr/aa-oa@1", "vqa/exact@1"):
        per_type = scored(path, id).per_type
        for kind, text in fractions.items():
            if kind in per_type and not (kind == "count" and id == "rsvqa-lr/aa-oa@1"):
                yield Row(path.name, id, kind, float(text.split("=")[1]), 4, per_type[kind]["accuracy"].value)
    four = scored(path, "rsvqa-lr/aa-oa@1").per_type["count"]["accuracy"].value
    yield Row(path.name, "rsvqa-lr/aa-oa@1", "count", number(expected["count_bucketed"]), 4, four)
    averages = (
        ("rsvqa-lr/earthdial@1", "OA", "overall_accuracy_3types"),
        ("rsvqa-lr/earthdial@1", "AA", "average_accuracy_3types"),
        ("rsvqa-lr/aa-oa@1", "OA", "OA_4types_count_bucketed"),
        ("rsvqa-lr/aa-oa@1", "AA", "AA_4types_count_bucketed"),
    )
    for id, key, name in averages:
        yield Row(path.name, id, key, number(expected[name]), 4, scored(path, id).scores[key].value)


def _classification(folder: Path) -> Iterator[Row]:
    for name, expected in expected_of(folder).items():
        path = folder / "earthdial" / f"{name}.jsonl.gz"
        for key, id in (("token_recall", "classification/earthdial@1"), ("exact_match", "classification/equal@1")):
            if key in expected:
                got = scored(path, id).scores["accuracy"].value / 100
                yield Row(path.name, id, key, number(expected[key]), 6, got)


# Boxes inside boxes overlap exactly one half, and the last bit decides; the second value is the exact one and
# the one printed in arXiv 2606.10819.
_HALVES = {("rs_detection__GeoChat", "medium"): 0.3176, ("rs_detection__GeoChat", "single"): 0.3429}


def _grounding(folder: Path) -> Iterator[Row]:
    for name, expected in expected_of(folder).items():
        path = folder / "earthdial" / f"{name}.jsonl.gz"
        for kind in ("small", "medium", "large", "single", "multiple"):
            if kind in expected:
                got = scored(path, "grounding/earthdial@1").per_type[kind]["precision"].value / 100
                also = (_HALVES[name, kind],) if (name, kind) in _HALVES else ()
                yield Row(path.name, "grounding/earthdial@1", kind, number(expected[kind]), 4, got, also)
        if "P@0.25" in expected and "change" in name:
            got = scored(path, "grounding/earthdial-xbd@1").scores["precision"].value / 100
            yield Row(path.name, "grounding/earthdial-xbd@1", "P@0.25", number(expected["P@0.25"]), 6, got)
        for key in ("P@0.5", "P@0.25"):
            if key in expected and "grounding_description" in name:
                got = scored(path, "grounding/earthdial-description@1").scores[key].value / 100
                yield Row(path.name, "grounding/earthdial-description@1", key, number(expected[key]), 6, got)


def _one_to_one(folder: Path) -> Iterator[Row]:
    path = folder / "earthdial" / "rs_detection__GeoChat.jsonl.gz"
    expected = expected_of(folder)["rs_detection__GeoChat"]
    own = expected["own_one_to_one"]
    assert isinstance(own, dict)
    got = scored(path, "grounding/one-to-one@1").scores
    wanted = {
        "precision": own["precision"],
        "recall": own["recall"],
        "f1": own["f1"],
        "precision_many_to_one": expected["own_all_precision_many_to_one"],
        "first_box_of_single": expected["own_single_gt_first_box_accuracy"],
    }
    for key, value in wanted.items():
        yield Row(path.name, "grounding/one-to-one@1", key, number(value), 6, got[key].value / 100)


def _voc(folder: Path) -> Iterator[Row]:
    predictions = []
    for path in sorted((folder / "voc_ap" / "groundtruths").glob("*.txt")):
        found = [_voc_object(line, scored=True) for line in _lines(folder / "voc_ap" / "detections" / path.name)]
        true = [_voc_object(line, scored=False) for line in _lines(path)]
        predictions.append(Prediction(path.stem, "detect", found, true))
    printed = {
        ("voc-area", "0.3"): 24.5687,
        ("voc07", "0.3"): 26.8398,
        ("voc-area", "0.5"): 2.2222,
        ("voc07", "0.5"): 3.0303,
    }
    for (variant, threshold), value in printed.items():
        id = f"detection/{variant}@1"
        got = protocol(id).score(predictions, 0).scores[f"mAP@{threshold}"].value
        yield Row("voc_ap", id, f"mAP@{threshold}", value, 4, got)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _voc_object(line: str, *, scored: bool) -> Json:
    label, *numbers = line.split()
    values = [float(number) for number in numbers]
    score: dict[str, Json] = {"score": values.pop(0)} if scored else {}
    x, y, width, height = values
    return {"label": label, "box": [x, y, x + width, y + height], **score}


# numpy's unstable sort orders ties by the processor's instruction set: AVX-512 (expected.json), AVX2, neither.
_TIED_07 = {"ship": (20.5814, 16.5401), "storage-tank": (46.1581,)}


def _dota(folder: Path) -> Iterator[Row]:
    expected = json.loads((folder / "dota" / "expected_ap.json").read_text())
    for id, key in (("detection/dota-voc07@1", "ap07"), ("detection/dota-area@1", "ap_area")):
        got = protocol(id).score(_dota_predictions(folder / "dota"), 0)
        for label, values in expected.items():
            also = _TIED_07.get(label, ()) if key == "ap07" else ()
            yield Row("dota", id, label, values[key], 4, got.per_type[label]["AP@0.5"].value, also)
        mean = sum(values[key] for values in expected.values()) / len(expected)
        yield Row("dota", id, "mAP", round(mean, 4), 4, got.scores["mAP@0.5"].value)


def _dota_predictions(folder: Path) -> tuple[Prediction, ...]:
    return read(folder)


_PARTS: tuple[Part, ...] = (_vqa, _classification, _grounding, _one_to_one, _voc, _dota)
