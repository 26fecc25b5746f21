"""A writer of evidence becomes a folder: it looks with the eye beside it, points at what that told, needs no torch."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")
pytest.importorskip("scipy")

import geoglot  # noqa: E402
from geoglot.conversation import Conversation  # noqa: E402
from geoglot.errors import InputError, ModelError  # noqa: E402
from geoglot.models.autoregressive.evident import Evident  # noqa: E402
from geoglot.models.autoregressive.facts import covered, pointers  # noqa: E402
from geoglot.models.autoregressive.folder import POINT  # noqa: E402
from geoglot.models.autoregressive.pointing import Head, aims  # noqa: E402
from geoglot.models.autoregressive.told import Thing, Told  # noqa: E402
from geoglot.models.nano.evidence import SeenObject  # noqa: E402
from geoglot.regions import Box  # noqa: E402
from geoglot.scenes import Scene  # noqa: E402
from geoglot.scenes.arrays import scene_from_array  # noqa: E402
from geoglot.tasks import TaskName  # noqa: E402
from geoglot.train import export_member  # noqa: E402
from geoglot.train.export_evidence import export  # noqa: E402
from geoglot.train.recipes.nano_ar import nano_ar, shape  # noqa: E402
from geoglot.train.text import state  # noqa: E402
from geoglot.train.text.asking import Asked  # noqa: E402
from geoglot.train.text.courses import VOCABULARY  # noqa: E402
from geoglot.train.text.evidence_feed import lesson  # noqa: E402
from geoglot.train.text.evidence_writer import EvidenceWriter  # noqa: E402
from geoglot.train.text.facts import ADDED, Writing  # noqa: E402
from geoglot.train.text.seen import Seen  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402

CAR, SHIP = (1.0, 1.0, 9.0, 9.0), (40.0, 60.0, 70.0, 90.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, trained: tuple[EvidenceWriter, Vocabulary]) -> Path:
    run = tmp_path_factory.mktemp("run")
    model, words = trained
    words.write(run / VOCABULARY)
    state.save(run, 4, state.gathered(model, {}), {"recipe": nano_ar(quick=True).name})
    return export(run, tmp_path_factory.mktemp("model"), quick=True)


@pytest.fixture(scope="module")
def trained() -> tuple[EvidenceWriter, Vocabulary]:
    words = Vocabulary.learned(["Where is the car?", "How many ships?", "Yes.", "No."], base=600, added=ADDED)
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(words), quick=True))
    with torch.no_grad():  # a head that has begun to point: some chances above a half, some below
        model.odds.zero_()
        model.ask_select.weight.mul_(20.0)
    return model.eval(), words


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


@pytest.mark.parametrize("task", ["presence", "count", "ground", "detect", "segment", "classify", "caption"])
def test_every_reply_keeps_to_its_task(model: Evident, picture: Scene, task: str) -> None:
    answer = model.answer(Conversation.about(picture, "How many cars are there?"), task=TaskName(task))
    assert not any("could not be read" in warning for warning in answer.warnings)
    assert answer.model == "nano-ar"


def test_the_head_says_of_every_fact_what_torch_says(
    model: Evident, trained: tuple[EvidenceWriter, Vocabulary]
) -> None:
    """The whole road without torch (reader, writer's states, head) against the lesson that training makes."""
    writer, words = trained
    told = Told(
        "rgb", 1, (100, 100), 0.5, objects=(Thing("car", 0.9, CAR), Thing("ship", 0.7, SHIP)),
        covers=((0, "water", 0.8), (0, "urban", 0.2)), scenes=(("harbor", 0.7),),
    )  # fmt: skip
    pointed, asked = pointers(told), Asked("detect", "detect", "Where are the cars?", "", boxes=(CAR,))
    writing = Writing(words)
    block = writing.block(Seen("a", "optical", told, (), ()), asked, pointed, tagged=True)
    taught = lesson([(writing.facts(told, pointed), [block])], pad=words.pad)
    with torch.inference_mode():
        wanted = torch.sigmoid(writer.selecting(writer.states(taught), taught))[0].numpy()
    prompt = model._prompt(asked.question, told, pointed, TaskName.DETECT)
    (states,) = model._decoder.states([prompt])
    found = model._head.chances(states, len(wanted))
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    meant = [aim.chance for aim in aims(found, told, pointed, TaskName.DETECT)]
    np.testing.assert_allclose(meant, wanted[1:3], atol=1e-4)
    covers = [aim.chance for aim in aims(found, told, pointed, TaskName.SEGMENT)][2:]
    np.testing.assert_allclose(covers, wanted[3:5], atol=1e-4)


def test_places_are_those_that_the_eye_told_each_with_its_chance(
    model: Evident, picture: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = (SeenObject("o1", "car", 0.6, Box(8, 30, 17, 42)), SeenObject("o2", "ship", 0.5, Box(28, 30, 37, 42)))
    evidence = replace(model.nano.look(picture), objects=objects)
    monkeypatch.setattr(model.nano, "look", lambda scene: evidence)
    chances = np.zeros(100, np.float32)
    chances[1:3] = 0.9, 0.7
    monkeypatch.setattr(Head, "chances", lambda self, states, facts: chances[:facts])
    asked = Conversation.about(picture, "Detect all cars.")
    detected = model.answer(asked, task=TaskName.DETECT)
    assert [round(region.score or 0, 3) for region in detected.regions] == [0.9, 0.7]
    assert detected.confidence == pytest.approx(0.8)
    assert [(region.label, region.bounds.x0) for region in detected.regions] == [("car", 8), ("ship", 28)]
    assert detected.evidence == ("o1", "o2")
    assert detected.text.count(";") == 1
    (best,) = model.answer(asked, task=TaskName.GROUND).regions
    assert (best.bounds, best.score) == (detected.regions[0].bounds, detected.regions[0].score)
    outlined = model.answer(asked, task=TaskName.SEGMENT).regions
    assert [region.type for region in outlined] == ["polygon", "polygon"]
    chances[1:3] = 0.4, 0.3  # likelier than not that one of them is meant, though not which
    assert [region.label for region in model.answer(asked, task=TaskName.GROUND).regions] == ["car"]
    assert model.answer(asked, task=TaskName.DETECT).regions == ()
    chances[1:3] = 0.2, 0.1
    assert model.answer(asked, task=TaskName.GROUND).regions == ()
    nothing = model.answer(asked, task=TaskName.DETECT)
    assert (nothing.text, nothing.regions, nothing.evidence) == ("none", (), ())
    assert nothing.confidence == pytest.approx(0.8 * 0.9)


def test_a_land_cover_that_is_pointed_at_is_a_mask_of_its_cells(
    model: Evident, picture: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = model.nano.look(picture)
    told = Told.of(seen)
    covers = covered(told)
    first = 1 + len(pointers(told).things) + len(pointers(told).changes)
    chances = np.zeros(100, np.float32)
    chances[first] = 0.8
    monkeypatch.setattr(Head, "chances", lambda self, states, facts: chances[:facts])
    answer = model.answer(Conversation.about(picture, "Segment it."), task=TaskName.SEGMENT)
    (mask,) = answer.regions
    assert (mask.type, mask.label) == ("mask", covers[0][1])
    assert mask.score == pytest.approx(0.8)
    (cover,) = seen.cover
    cell_of = [((np.arange(96) + 0.5) * cells / 96).astype(int) for cells in cover.labels.shape]
    labels = cover.labels[np.ix_(*cell_of)]  # of each pixel, that of the cell its centre lies in
    assert mask.area_px == (labels == cover.classes.index(covers[0][1])).sum()


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


def test_a_folder_without_its_head_is_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        if path.name not in (POINT, "eye"):
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(ModelError, match=r"point\.onnx|not there"):
        geoglot.load(tmp_path)


def test_a_run_without_a_checkpoint_tells_what_to_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["export_member", "--run", str(tmp_path), "--folder", str(tmp_path / "model")])
    with pytest.raises(InputError, match="no checkpoint") as refused:
        export_member.main()
    assert "geoglot train nano-ar, superset" in str(refused.value.hint)


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
