"""A writer of evidence becomes a folder: it looks with the eye beside it, points at what that told, needs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")
pytest.importorskip("scipy")

import geoglot  # noqa: E402
from geoglot.conversation import Conversation  # noqa: E402
from geoglot.errors import InputError  # noqa: E402
from geoglot.models.autoregressive.evident import Evident  # noqa: E402
from geoglot.models.autoregressive.facts import pointers  # noqa: E402
from geoglot.models.autoregressive.told import Thing, Told  # noqa: E402
from geoglot.regions import Box  # noqa: E402
from geoglot.scenes import Scene  # noqa: E402
from geoglot.scenes.arrays import scene_from_array  # noqa: E402
from geoglot.tasks import TaskName  # noqa: E402
from geoglot.train.export_evidence import export  # noqa: E402
from geoglot.train.recipes.nano_ar import nano_ar, shape  # noqa: E402
from geoglot.train.text import state  # noqa: E402
from geoglot.train.text.courses import VOCABULARY  # noqa: E402
from geoglot.train.text.evidence_writer import EvidenceWriter  # noqa: E402
from geoglot.train.text.facts import ADDED  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run")
    words = Vocabulary.learned(["Where is the car?", "How many ships?", "Yes.", "No."], base=600, added=ADDED)
    words.write(run / VOCABULARY)
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(words), quick=True))
    state.save(run, 4, state.gathered(model, {}), {"recipe": nano_ar(quick=True).name})
    return export(run, tmp_path_factory.mktemp("model"), quick=True)


@pytest.fixture(scope="module")
def model(folder: Path) -> Evident:
    found = geoglot.load(folder, max_tokens=12)
    assert isinstance(found, Evident)
    return found


@pytest.fixture(scope="module")
def picture() -> Scene:
    """Dark blocks on bright ground: whatever the eye makes of it."""
    pixels = np.full((3, 96, 96), 170, np.uint8)
    for x in range(8, 90, 20):
        pixels[:, 30:42, x : x + 9] = 30
    return scene_from_array(pixels, sensor="aerial-rgb", bands=("red", "green", "blue"))


@pytest.mark.parametrize("task", ["presence", "count", "ground", "detect", "classify", "caption"])
def test_every_reply_keeps_to_its_task(model: Evident, picture: Scene, task: str) -> None:
    answer = model.answer(Conversation.about(picture, "How many cars are there?"), task=TaskName(task))
    assert not any("could not be read" in warning for warning in answer.warnings)
    assert answer.model == "nano-ar"
    if task in ("ground", "detect"):
        told = pointers(Told.of(model.nano.look(picture)))
        boxes = {tuple(round(c, 2) for c in box) for box in told.boxes.values()}
        found = [one.bounds for one in answer.regions]
        assert all((round(b.x0, 2), round(b.y0, 2), round(b.x1, 2), round(b.y1, 2)) in boxes for b in found)


def test_answers_are_the_same_alone_and_together(model: Evident, picture: Scene) -> None:
    asked = [Conversation.about(picture, f"How many {thing} are there?") for thing in ("cars", "ships", "trees")]
    together = model.answers(asked, task=TaskName.COUNT)
    assert [one.text for one in together] == [model.answer(one, task=TaskName.COUNT).text for one in asked]


def test_without_a_picture_it_answers_from_the_words_and_says_so(model: Evident) -> None:
    box = Box(1, 1, 5, 5)
    answer = model.answer(Conversation.about(None, "What is in <r0>?", regions=(box,)), task=TaskName.COUNT)
    assert any("from the words alone" in warning for warning in answer.warnings)
    assert model.answer(Conversation.about(None, "Where is the car?"), task=TaskName.GROUND).regions == ()


def test_facts_alone_are_read_without_a_picture(model: Evident) -> None:
    told = Told("rgb", 1, (100, 100), 0.5, objects=(Thing("car", 0.9, (1.0, 1.0, 9.0, 9.0)),))
    assert model.reply("Where is the car?", told, TaskName.GROUND) in ("none", "<o1>")
    assert model.reply("Where is it?", Told("rgb", 1, (100, 100), None), TaskName.DETECT) == "none"


def test_what_it_was_not_taught_is_refused(model: Evident, picture: Scene) -> None:
    with pytest.raises(InputError, match="was not taught"):
        model.answer(Conversation.about(picture, "How much is water?"), task=TaskName.AREA)


def test_a_run_without_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        export(tmp_path, tmp_path / "model")


@pytest.mark.slow
def test_it_answers_without_torch(folder: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import geoglot; from geoglot.conversation import Conversation; from geoglot.tasks import TaskName\n"
        f"model = geoglot.load({str(folder)!r}, max_tokens=8)\n"
        "print(model.answer(Conversation.about(None, 'How many cars?'), task=TaskName.COUNT).value)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
