"""Folders of transformers: real layout, random weights."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from geoglot.errors import ModelError
from geoglot.models import hf
from tests.models.scenes import plain_scene

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.models.tiny import qwen_folder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", params=["2.5", "3"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen_folder(tmp_path_factory.mktemp("qwen") / "tiny", request.param)


def test_a_folder_answers(folder: Path) -> None:
    model = hf.load(folder, max_tokens=8)
    answer = model.ask(plain_scene(), "How many ships are there?")
    assert answer.model == "hf:tiny"
    assert len(answer.model_sha256) == 64
    assert 0 < answer.confidence < 1
    assert isinstance(answer.unsure, bool)


def test_the_same_question_gets_the_same_answer_alone_and_in_a_batch(folder: Path) -> None:
    from geoglot.conversation import Conversation

    model = hf.load(folder, max_tokens=8)
    asked = [Conversation.about(plain_scene(width, 64), "Is there a ship?") for width in (96, 80)]
    alone = [model.answer(conversation).text for conversation in asked]
    assert [answer.text for answer in model.answers(asked)] == alone


def test_two_images_are_both_shown(folder: Path) -> None:
    from geoglot.scenes import Scene, SceneKind

    pair = Scene(SceneKind.PAIR, (plain_scene().frame, plain_scene().frame))
    assert hf.load(folder, max_tokens=4).ask(pair, "What has changed?").model == "hf:tiny"


def test_pickled_weights_are_refused_and_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (str(tmp_path / "sprung"),))

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen2_5_vl"}))
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="Pickled"):
        hf.load(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_code_in_a_folder_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(ModelError, match="code of its own"):
        hf.load(tmp_path)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="model-00002-of-00002"):
        hf.load(tmp_path)


def test_a_shard_outside_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../etc/passwd"}}))
    with pytest.raises(ModelError, match="passwd"):
        hf.load(tmp_path)


def test_a_folder_without_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        hf.load(tmp_path)
