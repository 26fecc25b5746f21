"""Prediction files of other tools: recognised by structure, read as written, refused when they are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geoglot.errors import InputError, ReadError, Refused, UnknownName
from geoglot.evaluate.layouts import LAYOUTS, read_predictions
from geoglot.evaluate.metrics import PROTOCOLS
from geoglot.evaluate.score import PUBLISHED, score

if TYPE_CHECKING:
    from geoglot.conversation import Json

Rows = list[dict[str, "Json"]]


def _jsonl(folder: Path, rows: Rows, name: str = "answers.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


_BOX = "[[10, 10, 30, 30, 0]]"
_FOREIGN: dict[str, tuple[Rows, str, str, str]] = {
    # name: rows, layout, protocol, a key of its scores
    "earthdial vqa": (
        [{"question": "q", "answer": "yes", "annotation": "yes", "vqa_type": "rural_urban"}],
        "earthdial", "rsvqa-lr/earthdial@1", "OA",
    ),
    "earthdial boxes": (
        [{"question": "q", "answer": _BOX, "gt_bbox": _BOX, "size_group": "small", "task_type": "ref"}],
        "earthdial", "grounding/earthdial@1", "precision",
    ),
    "earthdial label": (
        [{"question": "q", "answer": "River", "annotation": "River"}],
        "earthdial", "classification/earthdial@1", "accuracy",
    ),
    "earthdial region": (
        [{"question": "q", "answer": "1 ship", "annotation": "1 ship", "task_type": "ref", "size_group": "small"}],
        "earthdial", "caption/earthdial-region@1", "ROUGE-L_F",
    ),
    "earthdial description": (
        [{"question": "q", "answer": f"a {_BOX}", "groundtruth": f"a {_BOX}", "obj_ids": _BOX}],
        "earthdial", "grounding/earthdial-description@1", "P@0.5",
    ),
    "earthdial change boxes": (
        [{"question": "q", "answer": _BOX, "caption0": _BOX, "caption1": ""}],
        "earthdial", "grounding/earthdial-xbd@1", "precision",
    ),
    "earthdial change label": (
        [{"question": "Answer in single word.", "answer": "flood", "caption0": "flood", "caption1": ""}],
        "earthdial", "classification/earthdial@1", "accuracy",
    ),
    "vrsbench box": (
        [{"image_id": "1", "ground_truth": "{<1><1><9><9>}", "answer": "{<1><1><9><9>}", "unique": True}],
        "vrsbench", "grounding/vrsbench@1", "P@0.5",
    ),
    "vrsbench question": (
        [{"image_id": "1", "question": "q", "ground_truth": "2", "answer": "2", "type": "object quantity"}],
        "vrsbench", "vqa/vrsbench@1", "OA",
    ),
    "geochat scene": (
        [{"question_id": "River/1.jpg", "answer": "river."}],
        "geochat", "classification/equal@1", "accuracy",
    ),
    "geochat vqa": (
        [{"question_id": 3, "answer": "Yes.", "ground_truth": "yes", "category": "presence"}],
        "geochat", "rsvqa-hr/geochat@1", "OA",
    ),
    "geochat boxes": (
        [{"question_id": 3, "answer": "{<1><1><9><9>|<0>}", "ground_truth": "{<1><1><9><9>|<0>}", "type": "ref"}],
        "geochat", "grounding/geochat@1", "precision",
    ),
    "fit-rsrc": (
        [{"question_id": 3, "answer": "B", "ground_truth": "B", "category": "exist"}],
        "geochat", "mcq/fit-rsrc@1", "accuracy",
    ),
    "lhrs box": (
        [{"pred": "[0.1,0.1,0.2,0.2]", "target": "[0.1,0.1,0.2,0.2]", "filename": "a"}],
        "lhrs", "grounding/lhrs@1", "P@0.5",
    ),
    "lhrs vqa": ([{"pred": "yes", "target": "yes", "types": "presence"}], "lhrs", "rsvqa-hr/lhrs@1", "OA"),
    "rsevalkit box": (
        [{"pred": "[100,200,300,400]", "answer": "[80,80,240,160]", "query": "q", "size": [400, 800], "filename": "a"}],
        "rsevalkit", "grounding/rsevalkit@1", "P@0.5",
    ),
    "rsevalkit label": (
        [{"pred": "river", "answer": "River", "query": "q", "size": [400, 800], "filename": "a"}],
        "rsevalkit", "classification/rsevalkit@1", "accuracy",
    ),
    "own": (
        [{"id": "a", "task": "presence", "prediction": True, "truth": True, "type": "ship", "confidence": 0.9}],
        "geoglot", "vqa/exact@1", "OA",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_FOREIGN))
def test_a_file_is_recognised_and_a_right_answer_scores_full(name: str, tmp_path: Path) -> None:
    rows, layout, protocol, key = _FOREIGN[name]
    report = score(_jsonl(tmp_path, rows))
    assert (report.layout, report.protocol) == (layout, protocol)
    assert report.scores[key].value == 100
    assert (report.n, report.unparsed) == (1, 0)


@pytest.mark.parametrize("name", list(_FOREIGN))
def test_a_json_list_and_a_gzipped_file_read_alike(name: str, tmp_path: Path) -> None:
    rows = _FOREIGN[name][0]
    plain = read_predictions(_jsonl(tmp_path, rows))
    (tmp_path / "list.json").write_text(json.dumps(rows))
    packed = tmp_path / "answers.jsonl.gz"
    packed.write_bytes(gzip.compress(_jsonl(tmp_path, rows).read_bytes()))
    assert read_predictions(tmp_path / "list.json") == plain
    assert read_predictions(packed) == plain


def test_earthdial_captions_have_five_references_or_one(tmp_path: Path) -> None:
    row: dict[str, Json] = {"question": "[caption] q", "answer": "a ship"}
    for k in range(5):
        row[f"caption{k}"] = f"ship {k}"
    five = read_predictions(_jsonl(tmp_path, [row]))
    one = read_predictions(
        _jsonl(tmp_path, [row | dict.fromkeys(["caption1", "caption2", "caption3", "caption4"], "")])
    )
    assert five.protocol == "caption/earthdial@1"
    assert len(five.predictions[0].truth) == 5  # type: ignore[arg-type]
    assert one.predictions[0].truth == ["ship 0"]


def test_geochat_polygons_want_the_size_of_the_image(tmp_path: Path) -> None:
    square = [[[10, 10], [50, 10], [50, 50], [10, 50]]]
    row: dict[str, Json] = {"question_id": 1, "answer": "{<2><2><10><10>|<0>}", "ground_truth": square}
    with pytest.raises(InputError, match="image_size"):
        score(_jsonl(tmp_path, [row]))
    assert score(_jsonl(tmp_path, [row | {"image_size": [500, 500]}])).scores["precision"].value == 100


def test_thousandths_are_brought_to_pixels_under_any_protocol(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, _FOREIGN["rsevalkit box"][0])
    assert score(path, protocol="grounding/rsvg@1").scores["P@0.9"].value == 100


def test_a_judges_verdict_travels_with_the_answer(tmp_path: Path) -> None:
    row: dict[str, Json] = {
        "image_id": "1",
        "question": "q",
        "ground_truth": "pitch",
        "answer": "field",
        "type": "category",
    }
    assert score(_jsonl(tmp_path, [row])).scores["OA"].value == 0
    assert score(_jsonl(tmp_path, [row | {"correct": "1"}])).scores["OA"].value == 100


def test_dota_results_find_their_labels_beside_them(tmp_path: Path) -> None:
    (tmp_path / "Task1").mkdir()
    (tmp_path / "Task1" / "Task1_ship.txt").write_text("P1 0.9 0 0 10 0 10 10 0 10\n")
    (tmp_path / "P1.txt").write_text(
        "imagesource:x\ngsd:0.2\n0 0 10 0 10 10 0 10 ship 0\n20 20 30 20 30 30 20 30 ship 1\n"
    )
    report = score(tmp_path)
    assert (report.layout, report.protocol) == ("dota-task1", "detection/dota-voc07@1")
    assert report.scores["mAP@0.5"].value == pytest.approx(100)
    assert report.scores["mAP@0.5"].n == 1


def test_dota_results_may_have_their_labels_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "Task1_ship.txt").write_text("P1 0.9 0 0 10 0 10 10 0 10\n")
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "P1.txt").write_text("0 0 10 0 10 10 0 10 ship 0\n")
    assert score(tmp_path, truth=labels).scores["mAP@0.5"].value == pytest.approx(100)
    (tmp_path / "Task1_ship.txt").write_text("P2 0.9 0 0 10 0 10 10 0 10\n")
    with pytest.raises(InputError, match="image without labels"):
        score(tmp_path, truth=labels)


def _annotations(kind: str) -> dict[str, Json]:
    boxes: Rows = [{"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0}]
    captions: Rows = [{"id": 1, "image_id": 7, "caption": "A ship."}, {"id": 2, "image_id": 7, "caption": "One ship"}]
    rows: list[Json] = [*(boxes if kind == "bbox" else captions)]
    return {"images": [{"id": 7}], "annotations": rows, "categories": [{"id": 2, "name": "ship"}]}


def test_coco_detections_are_scored_with_the_annotations_beside_them(tmp_path: Path) -> None:
    pytest.importorskip("faster_coco_eval")
    (tmp_path / "truth.json").write_text(json.dumps(_annotations("bbox")))
    (tmp_path / "found.json").write_text(
        json.dumps([{"image_id": 7, "category_id": 2, "bbox": [1, 2, 10, 20], "score": 1}])
    )
    report = score(tmp_path / "found.json")
    assert (report.layout, report.protocol) == ("coco-results", "detection/coco@1")
    assert report.scores["AP"].value == pytest.approx(100)


def test_coco_captions_take_all_references_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(json.dumps(_annotations("caption")))
    (tmp_path / "said.json").write_text(json.dumps([{"image_id": 7, "caption": "a ship"}]))
    reading = read_predictions(tmp_path / "said.json")
    assert reading.protocol == "caption/coco-ptb@1"
    assert reading.predictions[0].truth == ["A ship.", "One ship"]


def test_coco_results_without_annotations_say_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text(json.dumps([{"image_id": 7, "caption": "a ship"}]))
    with pytest.raises(InputError, match="annotations of these results are missing"):
        score(tmp_path / "said.json")


def test_arrays_stand_beside_their_predictions_and_nowhere_else(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.eye(4, dtype=np.uint8))
    truth: Json = {"size": [4, 4], "counts": [0, 1, 4, 1, 4, 1, 4, 1]}
    row: dict[str, Json] = {"id": "a", "task": "segment", "prediction": {"npy": "mask.npy"}, "truth": truth}
    assert score(_jsonl(tmp_path, [row]), protocol="referring/masks@1").scores["mean_iou"].value == 100
    with pytest.raises(Refused, match="outside the folder"):
        score(_jsonl(tmp_path, [row | {"prediction": {"npy": "../mask.npy"}}]), protocol="referring/masks@1")


def test_the_caller_may_name_another_protocol_or_a_benchmark(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, _FOREIGN["lhrs box"][0])
    assert score(path, protocol="grounding/rsvg@1").protocol == "grounding/rsvg@1"
    assert score(path, benchmark="dior-rsvg").protocol == "grounding/rsvg@1"
    assert score(path, benchmark="dior-rsvg", protocol="grounding/strict-gt@1").protocol == "grounding/strict-gt@1"


def test_unknown_names_are_told_with_near_ones(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, _FOREIGN["own"][0])
    with pytest.raises(UnknownName, match="caption/coco-ptb@1"):
        score(path, protocol="caption/coco@1")
    with pytest.raises(UnknownName, match="dior-rsvg"):
        score(path, benchmark="dior_rsvg")


def test_a_file_of_many_tasks_needs_a_protocol(tmp_path: Path) -> None:
    rows: Rows = [
        {"id": str(i), "task": task, "prediction": "x", "truth": "x"} for i, task in enumerate(("vqa", "caption"))
    ]
    with pytest.raises(InputError, match="how to score it"):
        score(_jsonl(tmp_path, rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "No predictions"),
        ('{"id": 1}\n{broken', "line 2"),
        ("[1, 2]", "not every prediction"),
        ('[{"foo": 1}]', "known layout"),
        ('{"id": "a", "task": "ground", "prediction": 1, "image_size": [0, 5]}', "image_size"),
    ],
)
def test_a_file_that_is_no_prediction_file_says_why(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl" if "line 2" in message or "image_size" in message else tmp_path / "answers.json"
    path.write_text(content)
    with pytest.raises((ReadError, InputError), match=f"(?i){message}"):
        score(path)


def test_a_missing_file_and_a_binary_file_are_read_errors(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\x00\xff\xfe")
    for name in ("none.json", "x.json"):
        with pytest.raises(ReadError):
            score(tmp_path / name)


def test_the_report_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, _FOREIGN["earthdial vqa"][0] * 5)
    first, second = (json.dumps(score(path, seed=3).as_json()) for _ in range(2))
    assert first == second
    assert json.loads(first)["scores"]["OA"] == {"value": 100.0, "low": 100.0, "high": 100.0, "n": 5}


def test_every_protocol_that_a_layout_or_benchmark_names_exists() -> None:
    assert set(PUBLISHED.values()) <= set(PROTOCOLS)
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
