"""A writer's folder as a model: recognised, verified, asked about a scene."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import geoglot
from geoglot.conversation import Conversation
from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.decoder import Shape
from geoglot.models.autoregressive.folder import GRAPH, LOOK, TOKENIZER, Sight, Turns, WriterFolder, write_manifest
from geoglot.models.autoregressive.model import Autoregressive, load
from geoglot.models.autoregressive.vocabulary import Vocabulary, build
from geoglot.regions import Box
from geoglot.regions.codecs.words import spatial
from geoglot.tasks import TaskName, all_tasks
from tests.models.scenes import plain_scene

if TYPE_CHECKING:
    from torch import Tensor

SIDE, PATCH, WIDTH, LENGTH = 64, 16, 32, 400
TOKENS = (SIDE // PATCH) ** 2
SILENT = ("<image>", "<end>", "<user>", "<answer>")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights; pictures as averages of their patches, so that what is seen changes what is said."""
    torch = pytest.importorskip("torch")
    from geoglot.nets.writer import Writer, WriterConfig
    from geoglot.train.export_writer import write_onnx

    path = tmp_path_factory.mktemp("model")
    texts = [wording for task in all_tasks() for wording in task.wordings]
    build(texts, path / TOKENIZER, size=700, spoken=spatial(), silent=SILENT)
    vocabulary = Vocabulary(path / TOKENIZER)
    torch.manual_seed(0)
    config = WriterConfig(len(vocabulary), WIDTH, layers=2, heads=2, kv_heads=1, head_dim=16, mlp=48)
    writer = Writer(config).eval()
    with torch.no_grad():
        for weight in writer.parameters():
            if weight.ndim > 1:
                weight.mul_(8.0)
    write_onnx(writer, path / GRAPH, length=LENGTH, picture=vocabulary.id_of("<image>"), injected=1)
    write_look(path / LOOK)
    (path / "MODEL_CARD.md").write_text("Random weights.")
    shape = Shape(config.vocab, WIDTH, 2, 1, 16, LENGTH, injected=1)
    turns = Turns(user="<user>{pictures}{text}<end>", assistant="<answer>{text}<end>", system="{text}")
    said = WriterFolder(path, "small", "", shape, "<image>", ("<end>",), ("<user>", "<answer>"), turns,
                        "geoglot-tokens", Sight(SIDE, TOKENS, 2, {"rgb": 3, "spectral": 0}), 0.5)  # fmt: skip
    write_manifest(path, said, [GRAPH, TOKENIZER, LOOK])
    return path


def write_look(path: Path) -> None:
    """A graph that gives the averages of patches, and as many numbers to add."""
    import warnings

    import torch

    class Patches(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = torch.nn.Conv2d(3, WIDTH, PATCH, PATCH)
            self.facts = torch.nn.Linear(1, WIDTH)

        def forward(self, rgb: Tensor, spectral: Tensor, bands_um: Tensor, gsd_m: Tensor) -> tuple[Tensor, Tensor]:
            grey = (spectral * bands_um[:, :1, None]).mean(1, keepdim=True).expand(-1, 3, -1, -1)
            facts = self.facts(gsd_m[:, None])[:, None]
            tokens = self.up(torch.cat([rgb, grey])).flatten(2).transpose(1, 2) + facts  # (F, T, D)
            return tokens, tokens[None] * 0.5

    example = (torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 4, SIDE, SIDE), torch.ones(4, 2), torch.zeros(2))
    names = ["rgb", "spectral", "bands_um", "gsd_m"]
    axes = {"rgb": {0: "r"}, "spectral": {0: "s", 1: "c"}, "bands_um": {0: "c"}, "gsd_m": {0: "f"}}
    axes |= {"tokens": {0: "f"}, "injected": {1: "f"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(Patches().eval(), example, path, input_names=names, output_names=["tokens", "injected"],
                          dynamic_axes=axes, opset_version=17, dynamo=False)  # fmt: skip


@pytest.fixture(scope="session")
def model(folder: Path) -> Autoregressive:
    return load(folder, max_tokens=24)


def test_a_folder_with_writer_json_is_loaded_by_its_path(folder: Path) -> None:
    model = geoglot.load(folder)
    assert isinstance(model, Autoregressive)
    assert model.name == "small"
    assert len(model.sha256) == 64
    assert model.ask(plain_scene(), "Is there a ship?", task="presence").value in (True, False)


@pytest.mark.parametrize("task", ["detect", "count", "presence", "caption", "segment", "navigate"])
def test_every_answer_keeps_the_contract(task: str, model: Autoregressive) -> None:
    scene = plain_scene()
    answer = model.ask(scene, "What about the ships?", task=task)
    assert answer.task == task
    assert not any("could not be read" in warning for warning in answer.warnings)
    assert 0 <= answer.confidence <= 1
    for region in answer.regions:
        assert region.score is not None
        box = region.bounds
        assert -0.1 <= box.x0 <= box.x1 <= scene.size[0] + 0.1
        assert -0.1 <= box.y0 <= box.y1 <= scene.size[1] + 0.1
    assert json.loads(json.dumps(answer.as_json()))["model"] == "small"


def test_a_batch_is_answered_as_each_alone_and_twice_the_same(model: Autoregressive) -> None:
    scene = plain_scene()
    batch = [Conversation.about(scene, text) for text in ("How many ships?", "Count all the trees that you see.")]
    together = model.answers(batch, task=TaskName.COUNT)
    alone = [model.answer(one, task=TaskName.COUNT) for one in batch]
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.confidence for one in together] == pytest.approx([one.confidence for one in alone], abs=1e-4)
    assert model.answers(batch, task=TaskName.COUNT)[0].text == together[0].text


def test_a_streamed_answer_is_the_answer(model: Autoregressive) -> None:
    conversation = Conversation.about(plain_scene(), "Describe it.")
    pieces = list(model.stream(conversation, task=TaskName.CAPTION))
    assert "".join(pieces).strip() == model.answer(conversation, task=TaskName.CAPTION).text
    assert len(pieces) > 1


def test_what_is_seen_changes_what_is_said(model: Autoregressive) -> None:
    dark = plain_scene()
    texts = {
        model.ask(scene, "Describe it.", task="caption").text for scene in (dark, dark.window(Box(20, 10, 40, 30)))
    }
    assert len(texts) == 2


def test_a_follow_up_and_a_marked_region_are_part_of_the_prompt(model: Autoregressive) -> None:
    scene = plain_scene()
    first = model.ask(scene, "What is here?", region=Box(10, 10, 30, 20), task="describe-region")
    again = Conversation.about(scene, "What is here?").then(first, "And how many ships are there?")
    assert model.answer(again, task=TaskName.COUNT).task == "count"


def test_the_task_of_words_that_no_rule_reads_is_told_by_the_trained_reader(model: Autoregressive) -> None:
    assert model.ask(plain_scene(), "hwo many storge tanks").task is TaskName.COUNT


def test_too_long_a_conversation_is_refused_with_its_length(model: Autoregressive) -> None:
    with pytest.raises(InputError, match="too long"):
        model.ask(plain_scene(), "ship " * 500)


def test_a_cut_reply_says_so_and_places_that_only_end_it_are_none(folder: Path) -> None:
    answer = load(folder, max_tokens=3).ask(plain_scene(), "Describe it.", task="caption")
    assert any("cut short" in warning for warning in answer.warnings)
    answer = load(folder, max_tokens=40).ask(plain_scene(), "Where is a ship?", task="navigate")
    assert answer.text.endswith("}")
    assert answer.regions == ()


def changed(folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    return copy


def edit(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    def apply(copy: Path) -> None:
        said = json.loads((copy / "writer.json").read_text())
        change(said)
        (copy / "writer.json").write_text(json.dumps(said))

    return apply


BROKEN: dict[str, Callable[[Path], object]] = {
    "another format": edit(lambda said: said.update(format="x")),
    "changed": lambda copy: (copy / TOKENIZER).write_text("{}"),
    "not there": lambda copy: (copy / GRAPH).unlink(),
    "pickle": lambda copy: (copy / GRAPH).write_bytes(b"PK\x03\x04"),
    "does not follow": edit(lambda said: said.pop("turns")),
    "files without": edit(lambda said: said.update(files={})),
}


@pytest.mark.parametrize("message", BROKEN)
def test_folders_that_are_not_whole_are_refused(message: str, folder: Path, tmp_path: Path) -> None:
    copy = changed(folder, tmp_path)
    BROKEN[message](copy)
    with pytest.raises(ModelError, match=message):
        load(copy)


def test_names_that_lead_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    copy = changed(folder, tmp_path)
    (tmp_path / "outside").write_bytes(b"x")
    edit(lambda said: said["files"].update({"../outside": "0"}))(copy)  # type: ignore[attr-defined]
    with pytest.raises(ModelError):
        load(copy)


def test_scores_are_probabilities_that_rank(model: Autoregressive) -> None:
    answer = model.ask(plain_scene(), "Where are ships?", task="ground")
    assert all(0 <= (region.score or 0.0) <= 1 for region in answer.regions)
    assert np.isfinite(answer.confidence)
