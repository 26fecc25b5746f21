"""What a member's heads of boxes and masks say in torch, its folder says without: the same regions, surest first."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

import geoglot  # noqa: E402
from geoglot.conversation import Conversation  # noqa: E402
from geoglot.errors import InputError, ModelError  # noqa: E402
from geoglot.models.autoregressive import bands  # noqa: E402
from geoglot.models.autoregressive.folder import BOXES, MASK  # noqa: E402
from geoglot.models.autoregressive.model import Autoregressive, load  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.batch import Batch, frame_group  # noqa: E402
from geoglot.nets.box_head import ABSENT  # noqa: E402
from geoglot.nets.family import Decoded, Member  # noqa: E402
from geoglot.nets.told import Told  # noqa: E402
from geoglot.regions import Box, Mask, codecs  # noqa: E402
from geoglot.scenes import Scene  # noqa: E402
from geoglot.tasks import TaskName  # noqa: E402
from geoglot.train import export_member  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.recipes.family.recipe import Typical  # noqa: E402
from geoglot.train.text import state  # noqa: E402
from geoglot.train.text.courses import VOCABULARY, Origin  # noqa: E402
from geoglot.train.text.curricula import curriculum  # noqa: E402
from geoglot.train.text.member_layout import Layout  # noqa: E402
from geoglot.train.text.recipe import TokenRecipe  # noqa: E402
from geoglot.train.text.truths import boxes_of, mask_of  # noqa: E402
from tests.models.scenes import plain_scene  # noqa: E402
from tests.nets.published import shaken  # noqa: E402
from tests.train.text.test_member import TINY  # noqa: E402
from tests.train.text.test_member import VOCABULARY as WORDS  # noqa: E402

SIDE = 32
CONFIG = replace(TINY, told=True, writer=replace(TINY.writer, head_dim=16))
QUESTION = "Where are ships?"
SCENE = plain_scene()
PART = SCENE.window(Box(8, 8, 72, 40))


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """A member, the folder of its run, and that of its model."""

    member: Member
    run: Path
    folder: Path


def saved(member: Member, run: Path, recipe: TokenRecipe, step: int) -> None:
    holder = nn.Module()
    holder.member = member
    run.mkdir(exist_ok=True)
    WORDS.write(run / VOCABULARY)
    Origin("superset", "nano", SIDE).write(run)
    state.save(run, step, state.gathered(holder, {}), {"recipe": asdict(recipe)})


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Random weights; some boxes and some pixels are above a half."""
    run, folder = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    member = shaken(Member(CONFIG))
    assert isinstance(member, Member)
    with torch.no_grad():
        assert member.boxes is not None
        assert member.mask is not None
        member.mask.bias.zero_()
        seen = [by_torch(member, scene, "detect", tokens.BOXES).boxes for scene in (SCENE, PART)]
        each = [one.logits[one.logits > ABSENT].quantile(0.5) for one in seen if one is not None]
        member.boxes.logits.bias.sub_(torch.stack(each).min())
    family = replace(family_recipe("superset"), config=CONFIG, typical=Typical(SIDE))
    recipe = curriculum(family, rows=2, length=256, steps=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_member, "family_recipe", lambda *_: family)
        saved(member, run, recipe, recipe.steps)
        export_member.export(run, folder)
        saved(member, run / "untaught", recipe, 2)
        export_member.export(run / "untaught", folder / "untaught")
    return Taught(member, run, folder)


@pytest.fixture(scope="module")
def model(taught: Taught) -> Autoregressive:
    found = load(taught.folder, max_tokens=24)
    assert isinstance(found, Autoregressive)
    return found


def by_torch(member: Member, scene: Scene, task: str, word: str) -> Decoded:
    """The other way: a batch as training makes it."""
    one = bands.seen(scene.frame, (SIDE, SIDE))
    pixels = torch.from_numpy(bands.triplets(one.layers, one.first))
    layout = Layout(CONFIG, WORDS, codecs.get("geoglot-tokens"), side_px=SIDE, length=256)
    prompt = layout.prompt(QUESTION, sensor="optical", task=task)
    ids = [CONFIG.image] * (len(pixels) * layout.image_tokens) + [*prompt, WORDS[word]]
    told = (Told(gsd_m=(scene.frame.gsd_m or 0) * max(scene.frame.size) / SIDE),) * len(pixels)
    group = frame_group("rgb", pixels, places=tuple(range(len(pixels))), told=told)
    batch = Batch(torch.tensor([ids]), (group,), mask_frames=(0,))
    with torch.no_grad():
        looked = member.look(batch)
        hidden: Tensor = member.read(batch, looked)[0]
        return member.decode(batch, looked, hidden)


@pytest.mark.parametrize("scene", [SCENE, PART])
def test_boxes_are_those_of_the_head_in_pixels_of_the_whole_image(
    taught: Taught, model: Autoregressive, scene: Scene
) -> None:
    decoded = by_torch(taught.member, scene, "detect", tokens.BOXES)
    assert decoded.boxes is not None
    x0, y0 = scene.frame.origin_px
    inside = [box.scaled(*scene.frame.size).clipped(*scene.frame.size) for box in boxes_of(decoded.boxes, 0, 1.0)]
    expected = [box.shifted(x0, y0) for box in inside if box is not None]
    answer = model.ask(scene, QUESTION, task="detect")
    assert 0 < len(expected) < decoded.boxes.logits.shape[1]
    assert [region.type for region in answer.regions] == ["box"] * len(expected)
    for box, other in zip(answer.regions, expected, strict=True):
        assert box.outline == pytest.approx(other.outline, abs=1e-2)
        assert box.score == pytest.approx(other.score, abs=1e-4)
    assert codecs.marked(answer.text, codecs.get("geoglot"), scene.frame.full_size)[1]
    assert answer.confidence == pytest.approx(np.mean([box.score for box in answer.regions]))


def test_a_mask_is_that_of_the_head(taught: Taught, model: Autoregressive) -> None:
    scene = plain_scene(64, 64)
    decoded = by_torch(taught.member, scene, "segment", tokens.MASK)
    assert decoded.mask is not None
    expected = mask_of(decoded.mask[0], 64)
    asked = model._asked(Conversation.about(scene, QUESTION), TaskName.SEGMENT)
    state_, _ = model._heads._states(asked)
    assert model._pictures is not None
    assert model._heads._mask is not None
    mask, _ = model._heads._mask.mask(state_, model._pictures.drawn(scene.frame), scene.frame)
    assert isinstance(mask, Mask)
    assert 0 < mask.to_array().mean() < 1
    assert mask.iou(expected) > 0.99


def test_the_writer_says_itself_that_there_is_nothing_to_outline(
    model: Autoregressive, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = plain_scene()
    for likely, said in (((0.2, 0.6), 0), ((0.6, 0.2), 1)):
        monkeypatch.setattr(model._heads, "_likely", lambda *_, likely=likely: likely)
        answer = model.ask(scene, "Outline the water.", task="segment")
        assert len(answer.regions) == said
        assert (answer.text == "none") == (not said)
        assert answer.confidence == pytest.approx(0.75) or said


def test_no_score_above_a_half_is_an_answer_too(model: Autoregressive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert model._heads._boxes is not None
    monkeypatch.setattr(type(model._heads._boxes), "boxes", lambda *_: ((), 0.3))
    answer = model.ask(plain_scene(), QUESTION, task="detect")
    assert (answer.text, answer.regions, answer.confidence) == ("none", (), 0.7)


def test_what_heads_answer_needs_a_picture_and_streams_as_one_piece(model: Autoregressive) -> None:
    with pytest.raises(InputError, match="no picture"):
        model.answer(Conversation.about(None, QUESTION), task=TaskName.DETECT)
    conversation = Conversation.about(plain_scene(), QUESTION)
    pieces = list(model.stream(conversation, task=TaskName.DETECT))
    assert pieces == [model.answer(conversation, task=TaskName.DETECT).text]


def test_a_head_that_the_run_has_not_taught_yet_is_left_in_the_run(taught: Taught) -> None:
    names = {path.name for path in (taught.folder / "untaught").iterdir()}
    assert names.isdisjoint({BOXES, MASK, "path.onnx"})
    answer = geoglot.load(taught.folder / "untaught", max_tokens=24).ask(plain_scene(), QUESTION, task="detect")
    assert not any("could not be read" in warning for warning in answer.warnings)


def test_a_head_whose_graph_is_missing_is_told(taught: Taught, tmp_path: Path) -> None:
    for path in taught.folder.iterdir():
        if path.is_file() and path.name != BOXES:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError):
        geoglot.load(tmp_path)


ASK = """
import sys
sys.modules["torch"] = None
from geoglot.cli import main
main(sys.argv[1:])
"""


def test_geoglot_ask_shows_the_boxes_without_torch(taught: Taught, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)).save(picture)
    command = [sys.executable, "-c", ASK, "ask", str(picture), QUESTION, "--model", str(taught.folder), "--task",
               "detect", "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["regions"]
    assert {region["type"] for region in answer["regions"]} == {"box"}
