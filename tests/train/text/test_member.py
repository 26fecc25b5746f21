"""Members of the family are taught by their recipes: every scene sees itself alone, every lesson every stem."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.batch import IGNORED  # noqa: E402
from geoglot.nets.bridge import BridgeConfig  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.regions import codecs  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.text import low_rank, moves  # noqa: E402
from geoglot.train.text.courses import ADDED_WORDS, CODECS  # noqa: E402
from geoglot.train.text.curricula import MIXTURES, curriculum  # noqa: E402
from geoglot.train.text.member_feed import MemberFeed, packed  # noqa: E402
from geoglot.train.text.member_layout import Layout  # noqa: E402
from geoglot.train.text.pupil import MemberLesson, Pupil  # noqa: E402
from geoglot.train.text.seen import Asked  # noqa: E402
from geoglot.train.text.talk import Scene, Talk  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402

BOX = (4.0, 4.0, 20.0, 12.0)
ASKED = (
    Asked("count", "count", "How many ships are there?", "3", "3", (), ()),
    Asked("ground", "ground", "Where is the ship?", "ship <r0>", "None", (), (BOX,)),
)
BANDS = {"optical": 4, "sar": 2, "thermal": 1, "multispectral": 13}
WORDS = tokens.superset(500)
VOCABULARY = Vocabulary.learned([text for one in ASKED for text in (one.question, one.reply)], base=500,
                                added=WORDS.words)  # fmt: skip
TINY = FamilyConfig(
    name="tiny",
    stems=(StemConfig("rgb"), StemConfig("sar", bands=2), StemConfig("spectral", "spectral")),
    trunk=TrunkConfig(16, 2, 2, 32, taps=(0,)),
    bridge=BridgeConfig(hidden=32, acsa_rank=4, acsa_heads=2, inject=True, tags=True),
    writer=WriterConfig(WORDS.vocab, 16, 2, 2, 1, 8, 32),
    image=WORDS["<image>"],
)


def talk(sensor: str, count: int = 4) -> Talk:
    rng = np.random.default_rng(len(sensor))
    pictures = rng.standard_normal((count, BANDS[sensor], 32, 32)).astype(np.float16)
    bands_um = tuple((0.4 + 0.1 * band, 0.05) for band in range(13)) if sensor == "multispectral" else ()
    return Talk(f"simulated-{sensor}", sensor, bands_um, pictures, (Scene("a", 0.5, ASKED),) * count)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout(TINY, VOCABULARY, codecs.get("geoglot-tokens"), side_px=32, length=128)


def lesson(layout: Layout, *rows: tuple[tuple[str, int], ...]) -> MemberLesson:
    laid = [[layout.laid(talk(sensor), index) for sensor, index in row] for row in rows]
    there = {one.shown.stem for row in laid for one in row}
    laid += [[layout.blank(stem.name)] for stem in TINY.stems if stem.name not in there]
    return packed(laid, [stem.name for stem in TINY.stems], pad=VOCABULARY.pad, tiled=False)


@pytest.fixture(scope="module")
def pupil() -> Pupil:
    torch.manual_seed(0)
    return Pupil(Member(TINY))


def test_a_scene_loses_the_same_alone_and_packed_with_others(layout: Layout, pupil: Pupil) -> None:
    with torch.no_grad():
        apart = [pupil(lesson(layout, (one,)))["text"] for one in (("optical", 0), ("sar", 1), ("optical", 2))]
        together = pupil(lesson(layout, (("optical", 0), ("sar", 1)), (("optical", 2),)))["text"]
    torch.testing.assert_close(torch.stack(apart).sum(), together, rtol=1e-5, atol=1e-5)


def test_a_question_does_not_see_the_one_before(layout: Layout, pupil: Pupil) -> None:
    both = lesson(layout, (("optical", 0),))
    changed = both.batch.ids.clone()
    changed[both.block == 1] = VOCABULARY.ask
    first = replace(both, batch=replace(both.batch, ids=changed))
    second = torch.where(both.block == 2, both.batch.targets, IGNORED)
    with torch.no_grad():
        losses = [pupil(replace(one, batch=replace(one.batch, targets=second)))["text"] for one in (both, first)]
    torch.testing.assert_close(*losses)


def test_boxes_are_written_in_the_codec_and_replies_alone_are_learned(layout: Layout) -> None:
    taught = lesson(layout, (("optical", 0),)).batch
    learned = taught.targets[0][taught.targets[0] != IGNORED].tolist()
    assert VOCABULARY.text(learned) == '3ship {"hbox_2d": [<125>, <125>, <625>, <375>]}'
    assert WORDS["<125>"] in learned
    asked = taught.ids[0].tolist()
    assert asked.count(WORDS["[OPT]"]) == 2
    assert WORDS["[DET]"] in asked


def test_every_lesson_sends_a_gradient_to_every_stem(layout: Layout, pupil: Pupil) -> None:
    pupil.zero_grad()
    pupil(lesson(layout, (("optical", 0),)))["text"].backward()
    assert all(parameter.grad is not None for parameter in pupil.member.stems.parameters())
    assert float(pupil.member.stems.stems["sar"].project.weight.grad.abs().sum()) == 0
    assert float(pupil.member.stems.stems["rgb"].project.weight.grad.abs().sum()) > 0


def test_a_sensor_without_a_stem_is_shown_as_triplets(layout: Layout) -> None:
    shown = layout.laid(talk("thermal"), 0).shown
    assert (shown.stem, shown.pixels.shape) == ("rgb", (1, 3, 32, 32))
    only_rgb = replace(layout, config=replace(TINY, stems=(StemConfig("rgb"),)))
    spectral = only_rgb.laid(talk("multispectral"), 0).shown
    assert (spectral.stem, spectral.images, spectral.pixels.shape) == ("rgb", 5, (5, 3, 32, 32))
    assert np.allclose(spectral.pixels[0], talk("multispectral").pictures[0, [3, 2, 1]])


def test_tiles_are_the_parts_of_the_picture(layout: Layout) -> None:
    tiled = replace(layout, config=replace(TINY, bridge=BridgeConfig(hidden=32, layout="tiles")), side_px=16)
    shown = tiled.laid(talk("optical"), 0).shown
    assert shown.pixels.shape == (5, 3, 16, 16)
    picture = talk("optical").pictures[0, :3].astype(np.float32)
    assert np.allclose(shown.pixels[2], picture[:, :16, 16:])
    assert np.allclose(shown.pixels[0].mean(), picture.mean(), atol=1e-3)


def test_an_image_that_fills_a_row_is_told(layout: Layout) -> None:
    with pytest.raises(InputError, match="no room"):
        replace(layout, length=2)


@pytest.mark.parametrize("name", sorted(MIXTURES))
def test_a_curriculum_freezes_and_replays_as_its_recipe_says(name: str) -> None:
    recipe = curriculum(family_recipe(name), rows=8, length=512)
    with torch.device("meta"):
        model = Pupil(Member(family_recipe(name).config))
        for chosen in recipe.low_rank:
            low_rank.adapt(model, chosen)
    for stage in recipe.stages:
        moves.optimisers(recipe, model, stage)
        moving = {one.split(".")[1] for one, parameter in model.named_parameters() if parameter.requires_grad}
        published = next(one for one in family_recipe(name).stages if one.name == stage.name)
        assert moving - {"told"} == set(published.trains) - {"heads"}
        if recipe.low_rank:
            writer = [one for one, parameter in model.member.writer.named_parameters() if parameter.requires_grad]
            assert all(".low_" in one for one in writer)
    replayed = [portion.source for stage in recipe.stages for portion in stage.mixture if portion.replay]
    assert (replayed == ["simulated-optical"]) == (name != "ringmo-agent")


@pytest.mark.parametrize("name", sorted(MIXTURES))
def test_a_member_learns_one_lesson_by_heart(name: str) -> None:
    """The nano member of each recipe, cut to two layers of 32, in its own words."""
    family = family_recipe(name)
    config = family.config
    words = ADDED_WORDS[name](500)
    known = Vocabulary.learned([text for one in ASKED for text in (one.question, one.reply)], base=500,
                               added=words.words)  # fmt: skip
    assert isinstance(config, FamilyConfig)
    experts = config.writer.experts and ExpertsConfig(2, 1, 1, 16)
    config = replace(
        config,
        trunk=replace(config.trunk, width=48, layers=2, heads=3, mlp=64, taps=config.trunk.taps and (0, 1)),
        bridge=replace(config.bridge, hidden=32, acsa_rank=min(4, config.bridge.acsa_rank), acsa_heads=3),
        writer=replace(config.writer, vocab=words.vocab, width=32, layers=2, heads=2, kv_heads=2, head_dim=16, mlp=48,
                       experts=experts),
        image=words["<image>"], boxes=None, mask=None, trajectory=None,
    )  # fmt: skip
    recipe = curriculum(family, rows=2, length=256, steps=1)
    layout = Layout(config, known, codecs.get(CODECS[name]), 16 if config.bridge.layout == "tiles" else 32, 256)
    talks = {f"simulated-{sensor}": talk(sensor) for sensor in BANDS}
    taught = MemberFeed(recipe, talks, layout).lesson(len(recipe.stages) - 1, 0, 2)
    torch.manual_seed(0)
    model = Pupil(Member(config))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    lost = []
    for _ in range(25):
        optimiser.zero_grad()
        loss = model(taught)["text"] / taught.counts["text"]
        loss.backward()
        optimiser.step()
        lost.append(float(loss.detach()))
    assert lost[-1] < 0.35 * lost[0]


@pytest.mark.slow
def test_talks_are_made_and_read(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    from geoglot.train.text.talk import make, read

    one, other = (make(tmp_path / name, "sar", count=2, seed=1, size_px=64) for name in "ab")
    assert np.array_equal(one.pictures, other.pictures)
    assert one.scenes == read(tmp_path / "a").scenes
    assert float(np.abs(np.asarray(one.pictures, np.float32).mean())) < 2
    (tmp_path / "a" / "talk.json").unlink()
    with pytest.raises(InputError, match="no pictures"):
        read(tmp_path / "a")
