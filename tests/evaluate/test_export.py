"""Benchmarks in the layout of other suites: each folder is loaded as its suite loads it, answered, and scored."""

from __future__ import annotations

import ast
import base64
import csv
import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geoglot.conversation import Conversation, Sample
from geoglot.errors import InputError, ReadError, UnknownName
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.export import SUITES, export, score_replies
from geoglot.evaluate.export.items import TRUTHS
from geoglot.regions import Mask, codecs
from geoglot.scenes import Scene, SceneKind
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks import Parsed, TaskName
from tests.cli.run import geoglot
from tests.evaluate.toy import boxes, counting, detecting, outlining, sample, toy_benchmark, toy_scene

yaml: Any = pytest.importorskip("yaml")
NAME = "geoglot_toy"


def pairs(data: Path) -> Iterator[Sample]:
    """Two pictures, and what is new in the second."""
    for squares in range(1, 4):
        frames = (toy_scene(0).frame, toy_scene(squares).frame)
        inside = np.asarray(frames[1].bands("red")[0] > 128)
        truth = Parsed(regions=(Mask.from_array(inside, label="square"),))
        yield sample(f"{squares}", Scene(SceneKind.PAIR, frames), "What is new?", truth, TaskName.CHANGE_MASK, "test")


def large(data: Path) -> Iterator[Sample]:
    """A picture that is shown at half its size."""
    pixels = np.zeros((3, 1024, 2048), np.uint8)
    regions = tuple(box.scaled(32, 16) for box in boxes(2))
    yield sample("0", scene_from_array(pixels, sensor="rgb"), "Detect all squares.", Parsed(regions=regions),
                 TaskName.DETECT, "test", "square")  # fmt: skip


def captioning(data: Path) -> Iterator[Sample]:
    """One sentence a picture."""
    for squares in range(3):
        words = f"there are {squares} bright squares in a row"
        yield Sample(f"{squares}", Conversation.about(toy_scene(squares), "Describe the image."), TaskName.CAPTION,
                     Parsed(), references=(words, "another sentence"), type="caption", split="test")  # fmt: skip


BENCHMARKS: dict[str, Benchmark] = {
    "questions": toy_benchmark(counting),
    "boxes": toy_benchmark(detecting, protocol="detection/dota@1", headline="mAP@0.5"),
    "masks": toy_benchmark(outlining, protocol="segmentation/iou@1", headline="iou"),
    "pairs": toy_benchmark(pairs, protocol="change/binary@1", headline="f1"),
    "large": toy_benchmark(large, protocol="detection/dota@1", headline="mAP@0.5"),
    "captions": toy_benchmark(captioning, protocol="caption/coco-ptb@1", headline="ROUGE_L"),
}


def perfect(one: Sample) -> str:
    """What a model that sees everything replies, in the form that the question asks for."""
    truth = one.truth
    if one.references:
        return one.references[0]
    if one.task is TaskName.PRESENCE:
        return "Yes." if truth.value else "No."
    if one.task is TaskName.COUNT:
        return str(truth.value)
    assert one.conversation.scene is not None
    size = one.conversation.scene.size
    return " ".join(codecs.get("geoglot").write(region, size) for region in truth.regions) or "none"


def as_vlmevalkit(folder: Path) -> list[dict[str, Any]]:
    """Read a TSV as the suite does: back references and lists of pictures resolved, pictures decoded."""
    csv.field_size_limit(sys.maxsize)
    with (folder / f"{NAME}.tsv").open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    coded = {row["index"]: row["image"] for row in rows}
    for row in rows:
        image = row["image"]
        if len(image) <= 64:
            assert len(coded[image]) > 64
            image = coded[image]
        parts = ast.literal_eval(image) if image[0] == "[" and image[-1] == "]" else [image]
        row["pictures"] = [Image.open(io.BytesIO(base64.b64decode(part))) for part in parts]
    return rows


class _Table(list[dict[str, Any]]):
    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return list(self)


@pytest.fixture
def vlmeval(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of VLMEvalKit that the exported class touches."""

    class ImageBaseDataset:
        def __init__(self, dataset: str) -> None:
            self.dataset_name, self.data = dataset, self.load_data(dataset)  # type: ignore[attr-defined]

    def load(path: str) -> _Table:
        if path.endswith(".json"):
            return _Table(json.loads(Path(path).read_text()))
        with Path(path).open(encoding="utf-8", newline="") as file:
            return _Table(csv.DictReader(file, delimiter="\t"))

    dataset, base, smp = ModuleType("vlmeval.dataset"), ModuleType("vlmeval.dataset.image_base"), ModuleType("smp")
    dataset.DATASET_CLASSES, dataset.SUPPORTED_DATASETS = [], []  # type: ignore[attr-defined]
    base.ImageBaseDataset, smp.load = ImageBaseDataset, load  # type: ignore[attr-defined]
    package = ModuleType("vlmeval")
    package.dataset = dataset  # type: ignore[attr-defined]
    for name, module in (("vlmeval", package), ("vlmeval.dataset", dataset), ("vlmeval.dataset.image_base", base),
                         ("vlmeval.smp", smp)):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, module)


def loaded(path: Path) -> Any:
    """Import a file by its path, as both suites do."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", list(BENCHMARKS))
@pytest.mark.usefixtures("vlmeval")
def test_vlmevalkit_asks_every_question_and_perfect_replies_score_full(kind: str, tmp_path: Path) -> None:
    one = BENCHMARKS[kind]
    samples = {sample.id: sample for sample in one.samples(tmp_path)}
    assert export(one, "vlmevalkit", data=tmp_path, out=tmp_path) == len(samples)
    rows = as_vlmevalkit(tmp_path)
    assert [row["id"] for row in rows] == list(samples)
    assert [row["index"] for row in rows] == [str(place) for place in range(len(rows))]
    for row in rows:
        scene = samples[row["id"]].conversation.scene
        assert scene is not None
        assert len(row["pictures"]) == len(scene.frames)
        assert samples[row["id"]].conversation.question.text in row["question"]
    suite = loaded(tmp_path / "geoglot_vlmevalkit.py")
    said = [{"index": row["index"], "prediction": perfect(samples[row["id"]])} for row in rows]
    (tmp_path / "said.json").write_text(json.dumps(said))
    (name,) = suite.Geoglot.supported_datasets()
    scores = suite.Geoglot(name).evaluate(str(tmp_path / "said.json"))
    assert scores["Overall"] == scores[one.headline] >= 95  # places are thousandths of the picture
    assert suite.Geoglot in sys.modules["vlmeval.dataset"].DATASET_CLASSES


def as_lmms_eval(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a task as the suite does: `!function` from files beside the YAML, JSON Lines by `data_files`."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    def function(loader: Any, node: Any) -> object:
        file, _, name = str(loader.construct_scalar(node)).rpartition(".")
        return getattr(loaded(folder / f"{file}.py"), name)

    Loader.add_constructor("!function", function)
    config = yaml.load((folder / f"{NAME}.yaml").read_text(), Loader)
    assert config["dataset_path"] == "json"
    lines = (folder / config["dataset_kwargs"]["data_files"][config["test_split"]]).read_text().splitlines()
    return config, [json.loads(line) for line in lines]


@pytest.mark.parametrize("kind", list(BENCHMARKS))
def test_lmms_eval_asks_every_question_and_perfect_replies_score_full(kind: str, tmp_path: Path) -> None:
    one = BENCHMARKS[kind]
    samples = {sample.id: sample for sample in one.samples(tmp_path)}
    assert export(one, "lmms-eval", data=tmp_path, out=tmp_path) == len(samples)
    config, docs = as_lmms_eval(tmp_path)
    assert config["task"] == NAME
    assert [doc["id"] for doc in docs] == list(samples)
    assert {key: {type(doc[key]) for doc in docs} for key in docs[0]} == {
        "id": {str}, "category": {str}, "question": {str}, "answer": {str}, "pictures": {list},
    }, "the json builder wants one type a column"  # fmt: skip
    kept = []
    for doc in docs:
        scene = samples[doc["id"]].conversation.scene
        assert scene is not None
        assert [picture.mode for picture in config["doc_to_visual"](doc)] == ["RGB"] * len(scene.frames)
        assert samples[doc["id"]].conversation.question.text in config["doc_to_text"](doc)
        kept.append(config["process_results"](doc, [perfect(samples[doc["id"]])]))
    (metric,) = config["metric_list"]
    assert metric["metric"] == one.headline
    assert metric["aggregation"]([row[one.headline] for row in kept]) >= 95


@pytest.mark.parametrize("suite", list(SUITES))
def test_a_folder_says_how_to_run_it(suite: str, tmp_path: Path) -> None:
    export(BENCHMARKS["boxes"], suite, data=tmp_path, out=tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert NAME in text
    assert "detection/dota@1" in text
    assert "$" not in text


def test_replies_are_read_as_geoglot_reads_them_and_never_guessed_at(tmp_path: Path) -> None:
    export(BENCHMARKS["questions"], "lmms-eval", data=tmp_path, out=tmp_path)
    truths = tmp_path / f"{NAME}{TRUTHS}"
    samples = list(counting(tmp_path))[:16]
    right = {one.id: perfect(one) for one in samples}
    assert score_replies(truths, right)[1]["OA"].value == 100
    chatty = {id: f"I cannot tell, it may be {reply} or not" for id, reply in right.items()}
    assert score_replies(truths, chatty)[1]["OA"].value == 0
    assert score_replies(truths, dict.fromkeys(right, ""))[1]["OA"].value == 0
    assert score_replies(truths, {})[1]["OA"].value == 0


def test_replies_to_other_questions_and_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    export(BENCHMARKS["questions"], "lmms-eval", data=tmp_path, out=tmp_path)
    with pytest.raises(InputError, match="has not"):
        score_replies(tmp_path / f"{NAME}{TRUTHS}", {"elsewhere": "yes"})
    for name in (f"{NAME}.jsonl", "missing.json"):
        with pytest.raises(ReadError, match="no truths"):
            score_replies(tmp_path / name, {})


def test_an_unknown_suite_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        export(BENCHMARKS["questions"], "vlmeval", data=tmp_path, out=tmp_path)


def test_the_command_tells_what_it_lacks(tmp_path: Path) -> None:
    done = geoglot("evaluate", "ucm-vqa", "--export", "helm", "--data", tmp_path, "--out", tmp_path / "out")
    assert (done.code, done.out) == (2, "")
    assert "vlmevalkit" in done.err
    assert geoglot("evaluate", "nano", "--data", tmp_path, "--out", tmp_path / "out").code == 2
