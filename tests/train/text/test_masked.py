"""Pictures with hidden pixels are a stage like any other: drawn by number, resumed to the bit, begun from later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError, ModelError  # noqa: E402
from geoglot.nets.masked import MaskedConfig, MaskedImages, MaskPolicy, hidden_l1, painting  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.swin import SwinConfig  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.train import checkpoint  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.text import curves, state  # noqa: E402
from geoglot.train.text.curricula import curriculum  # noqa: E402
from geoglot.train.text.loop import Conduct, train  # noqa: E402
from geoglot.train.text.masked import Painter, take_trunk  # noqa: E402
from geoglot.train.text.masked_feed import MaskedFeed, Shown, cropped  # noqa: E402
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained  # noqa: E402
from tests.train.text.test_member import BANDS, TINY, Pupil, lesson, talk  # noqa: E402
from tests.train.text.test_member import layout as layout  # noqa: E402

SENSORS = tuple(Portion(f"simulated-{sensor}", 1.0) for sensor in BANDS)
STAGE = Stage("0", 6, SENSORS, (Trained("member.*", 0.01),), losses=(("paint", 1.0),))
RECIPE = TokenRecipe("painter", "painter", (STAGE,), rows=4, length=8)
CONFIG = MaskedConfig("tiny", TINY.stems, TINY.trunk)
SHOWN = Shown(TINY.stems, side_px=32, patch_px=16, policy=MaskPolicy(16, 0.5, 0.5))
EXACT = Conduct(told_every=1, exact=True)


def feed(recipe: TokenRecipe = RECIPE, shown: Shown = SHOWN) -> MaskedFeed:
    return MaskedFeed(recipe, {f"simulated-{sensor}": talk(sensor) for sensor in BANDS}, shown)


def painter(config: MaskedConfig = CONFIG) -> Painter:
    torch.manual_seed(1)
    return Painter(MaskedImages(config))


def trained(out: Path) -> dict[str, torch.Tensor]:
    last = checkpoint.newest(out)
    assert last is not None
    return state.weights(last)


def test_a_row_shows_the_same_picture_and_mask_whoever_asks() -> None:
    whole = feed().lesson(0, 0, 4)
    assert [one.stem for one in whole.frames] == [stem.name for stem in TINY.stems]
    halves = [feed().lesson(0, first, first + 2) for first in (0, 2)]
    assert sum(one.counts["paint"] for one in halves) == whole.counts["paint"] == 4 * 2 * 128
    for group in whole.frames:
        parts = [one for half in halves for one in half.frames if one.stem == group.stem and one.mask.any()]
        if parts:
            assert torch.equal(torch.cat([one.pixels for one in parts]), group.pixels)
            assert torch.equal(torch.cat([one.mask for one in parts]), group.mask)


def test_stems_without_a_picture_see_nothing_and_lose_nothing() -> None:
    one = feed().lesson(0, 0, 1)
    blank = [group for group in one.frames if not group.mask.any()]
    assert len(blank) == len(TINY.stems) - 1
    assert one.tokens == 4
    model = painter()
    model(one)["paint"].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_loss_of_a_lesson_is_the_mean_distance_of_hidden_pixels() -> None:
    lesson_ = feed().lesson(0, 0, 1)
    model = painter().eval()
    group = next(one for one in lesson_.frames if one.mask.any())
    with torch.no_grad():
        painted = model.member(group)[1]
        found = model(lesson_)["paint"] / lesson_.counts["paint"]
    torch.testing.assert_close(found, hidden_l1(painted, group.pixels, group.mask))


@pytest.mark.parametrize("kind", ["vit", "swin"])
def test_six_steps_are_two_and_four_to_the_bit(kind: str, tmp_path: Path) -> None:
    """The batch norms of RingMo's stem remember too."""
    trunk = SwinConfig(16, (1, 1), (2, 2), window=4) if kind == "swin" else TINY.trunk
    config = MaskedConfig("tiny", (StemConfig("rgb", "pi"),), trunk)
    recipe = replace(RECIPE, stages=(replace(STAGE, mixture=SENSORS[:1]),))
    shown = replace(SHOWN, stems=config.stems, patch_px=trunk.patch)
    train(recipe, painter(config), feed(recipe, shown), out=tmp_path / "whole", conduct=EXACT)
    for conduct in (replace(EXACT, until=2), replace(EXACT, resume=True)):
        train(recipe, painter(config), feed(recipe, shown), out=tmp_path / "parts", conduct=conduct)
    one, other = trained(tmp_path / "whole"), trained(tmp_path / "parts")
    assert any("running_mean" in name for name in one)
    assert all(torch.equal(one[name], other[name]) for name in one)
    lost = [float(str(row["paint"])) for row in curves.rows(tmp_path / "parts")]
    assert len(lost) == 6


def test_painting_is_learned(tmp_path: Path) -> None:
    """Pictures of one colour each: what is hidden is what is seen beside it."""
    flat = {}
    for sensor in BANDS:
        one = talk(sensor)
        (view,) = one.views
        flat[one.name] = replace(one, views=(replace(view, pictures=np.full_like(view.pictures, 0.7)),))
    recipe = replace(RECIPE, stages=(replace(STAGE, steps=40),))
    train(recipe, painter(), MaskedFeed(recipe, flat, SHOWN), out=tmp_path, conduct=EXACT)
    lost = [float(str(row["paint"])) for row in curves.rows(tmp_path)]
    assert np.mean(lost[-5:]) < 0.4 * lost[0]


def test_a_member_goes_on_with_the_trunk_that_painted(tmp_path: Path, layout: object) -> None:
    from geoglot.nets.family import Member

    ended = train(RECIPE, painter(), feed(), out=tmp_path, conduct=EXACT)
    assert ended.finished
    torch.manual_seed(5)
    member, before = Member(TINY), painter()
    taken = take_trunk(member, tmp_path)
    weights = trained(tmp_path)
    assert {name.split(".")[0] for name in taken} == {"stems", "trunk"}
    assert all(torch.equal(member.state_dict()[name], weights[f"member.{name}"]) for name in taken)
    assert not torch.equal(member.trunk.layers[0].qkv.weight, before.member.trunk.layers[0].qkv.weight)
    with pytest.raises(ModelError, match="trunk"):
        take_trunk(MaskedImages(replace(CONFIG, trunk=TrunkConfig(16, 3, 2, 32))), tmp_path)
    with pytest.raises(InputError, match="checkpoint"):
        take_trunk(member, tmp_path / "nothing")


def test_a_pupil_paints_with_the_stems_and_the_trunk_that_read(layout: object) -> None:
    from geoglot.nets.family import Member

    torch.manual_seed(0)
    model = Pupil(Member(TINY), painting(CONFIG))
    model(feed().lesson(0, 0, 4))["paint"].backward()
    touched = {name.split(".")[0] for name, p in model.member.named_parameters() if p.grad is not None}
    assert touched == {"stems", "trunk"}
    model.zero_grad()
    model(lesson(layout, (("optical", 0),)))["text"].backward()  # type: ignore[arg-type] # the fixture's layout
    assert all(p.grad is None for p in model.painting.parameters())  # type: ignore[union-attr]


def test_fewer_bands_are_shown_in_some_steps_the_same_in_all_processes() -> None:
    mixture = (Portion("simulated-multispectral", 1.0),)
    recipe = replace(RECIPE, fewer_bands=0.5, stages=(replace(STAGE, steps=40, mixture=mixture),))
    counts = []
    for step in range(40):
        groups = [feed(recipe).lesson(0, 4 * step + part, 4 * step + part + 2).frames[2] for part in (0, 2)]
        assert groups[0].bands_um is not None
        assert groups[1].bands_um is not None
        assert torch.equal(groups[0].bands_um, groups[1].bands_um)
        assert len(groups[0].bands_um) == groups[0].pixels.shape[1]
        counts.append(len(groups[0].bands_um))
    assert 10 <= sum(count < 13 for count in counts) <= 30
    assert len(set(counts)) > 4


def test_crops_keep_their_shape_and_tell_their_pixel_size() -> None:
    picture = np.mgrid[0:64, 0:64][1][None].astype(np.float32)  # every pixel is its column
    for seed in range(12):
        crop, share = cropped(picture, 32, np.random.default_rng(seed))
        assert crop.shape == (1, 32, 32)
        steps = np.diff(crop[0, 16, 4:-4])
        width_px = abs(float(steps.mean())) * 32
        assert 0.8 * (0.67**0.5) * 64 <= width_px <= 64
        assert 0.67**0.5 * 64 - 1 <= share * 32 <= 64


def test_pictures_that_masks_do_not_fill_are_refused() -> None:
    with pytest.raises(InputError, match="masked"):
        Shown(TINY.stems, side_px=40, patch_px=8)


def test_ringmo_has_its_published_schedule() -> None:
    recipe = curriculum(family_recipe("ringmo"), rows=8, length=1)
    (stage,) = recipe.stages
    assert (recipe.betas, recipe.weight_decay, stage.losses) == ((0.9, 0.999), 0.05, (("paint", 1.0),))
    assert stage.warmth(stage.steps) == pytest.approx(0.005)
    assert stage.rate_of("member.paint.layers.rgb.weight") == 2e-4


@pytest.mark.slow
def test_ringmo_is_trained_from_the_command_line_and_goes_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its nano size on pictures of 192 px, as published: four steps, stopped after two by their number."""
    pytest.importorskip("numba")
    from geoglot.cli import main
    from geoglot.train.text.courses import member_course
    from geoglot.train.text.talk import make

    make(tmp_path / "talk" / "simulated-optical", "optical", count=2, seed=1, size_px=192)
    settings = {"talks": tmp_path / "talk", "steps": 4, "rows": 2}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    with pytest.raises(SystemExit) as ended:
        main(["train", "ringmo", *words, "--set", f"out={tmp_path / 'run'}", "--json", "-q"])
    assert ended.value.code == 0
    assert '"finished": true' in capsys.readouterr().out
    for conduct in (Conduct(until=2), Conduct(resume=True)):
        course = member_course(
            family_recipe("ringmo"), tmp_path / "talk", tmp_path / "parts", rows=2, length=1, steps=4
        )
        train(course.recipe, course.model, course.feed, out=tmp_path / "parts", conduct=conduct)
    one, other = trained(tmp_path / "run"), trained(tmp_path / "parts")
    assert all(torch.equal(one[name], other[name]) for name in one)
