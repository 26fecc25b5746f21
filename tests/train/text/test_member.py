"""Members of the family are taught by their recipes: every scene sees itself alone, every lesson every stem."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as Folder

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.batch import IGNORED  # noqa: E402
from geoglot.nets.box_head import BoxHeadConfig  # noqa: E402
from geoglot.nets.bridge import BridgeConfig  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.mask_head import MaskHeadConfig  # noqa: E402
from geoglot.nets.masked import MaskedConfig, painting  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.trajectory_head import TrajectoryHeadConfig  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.regions import Mask, OrientedBox, Path, Point, codecs  # noqa: E402
from geoglot.train.recipes.family import recipe as family_recipe  # noqa: E402
from geoglot.train.recipes.family.recipe import FamilyRecipe  # noqa: E402
from geoglot.train.text import low_rank, moves  # noqa: E402
from geoglot.train.text.courses import ADDED_WORDS, CODECS  # noqa: E402
from geoglot.train.text.curricula import MIXTURES, curriculum  # noqa: E402
from geoglot.train.text.drawn import Drawn, Kept  # noqa: E402
from geoglot.train.text.member_feed import MemberFeed, packed  # noqa: E402
from geoglot.train.text.member_layout import HEADS, Layout, Taught  # noqa: E402
from geoglot.train.text.pupil import MemberLesson, Pupil  # noqa: E402
from geoglot.train.text.seen import Asked  # noqa: E402
from geoglot.train.text.talk_several import KINDS  # noqa: E402
from geoglot.train.text.views import Scene, Talk, View  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402

BOX = (4.0, 4.0, 20.0, 12.0)
ASKED = (
    Asked("count", "count", "How many ships are there?", "3", "3", (), ()),
    Asked("ground", "ground", "Where is the ship?", "ship <r0>", "None", (), (BOX,)),
)
INSIDE = np.zeros((32, 32), bool)
INSIDE[8:24, 4:12] = True
DRAWN = (
    Drawn("detect", "Where are ships?", "ship <r0>", (), (OrientedBox(12, 8, 16, 6, 20),)),
    Drawn("detect", "Where are tanks?", "none", (), ()),
    Drawn("segment", "Which pixels are lake?", "lake <r0>", (), (Mask.from_array(INSIDE),)),
    Drawn("segment", "Which pixels are road?", "none", (), ()),
    Drawn("navigate", "Go from <r0> to <r1>.", "way <r0>", (Point(4, 4), Point(20, 12)), (Path(((4, 4), (20, 12))),)),
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
    boxes=BoxHeadConfig(WORDS["<boxes>"], queries=5),
    mask=MaskHeadConfig(WORDS["<mask>"], width=16),
    trajectory=TrajectoryHeadConfig(WORDS["<traj>"], steps=4),
)


READERS = sorted(set(MIXTURES) - {"ringmo"})
WORDS_ALONE, EVERYTHING = Taught(), Taught(heads=frozenset(HEADS))


def talk(sensor: str, count: int = 4) -> Talk:
    rng = np.random.default_rng(len(sensor))
    pictures = rng.standard_normal((count, BANDS[sensor], 32, 32)).astype(np.float16)
    bands_um = tuple((0.4 + 0.1 * band, 0.05) for band in range(13)) if sensor == "multispectral" else ()
    return Talk(f"simulated-{sensor}", (View(sensor, bands_um, pictures),), (Scene("a", 0.5, ASKED, DRAWN),) * count)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout(TINY, VOCABULARY, codecs.get("geoglot-tokens"), side_px=32, length=128)


def lesson(layout: Layout, *rows: tuple[tuple[str, int], ...], taught: Taught = WORDS_ALONE) -> MemberLesson:
    laid = [[layout.laid(talk(sensor), index, taught) for sensor, index in row] for row in rows]
    there = {shown.stem for row in laid for one in row for shown in one.shown}
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
    assert VOCABULARY.text(learned) == '3ship {"hbox_2d": [<125>, <125>, <625>, <375>]}none'
    assert WORDS["<125>"] in learned
    asked = taught.ids[0].tolist()
    assert asked.count(WORDS["[OPT]"]) == asked.count(VOCABULARY.ask) == 3
    assert WORDS["[DET]"] in asked


def test_every_lesson_sends_a_gradient_to_every_stem(layout: Layout, pupil: Pupil) -> None:
    pupil.zero_grad()
    pupil(lesson(layout, (("optical", 0),)))["text"].backward()
    assert all(parameter.grad is not None for parameter in pupil.member.stems.parameters())
    assert float(pupil.member.stems.stems["sar"].project.weight.grad.abs().sum()) == 0
    assert float(pupil.member.stems.stems["rgb"].project.weight.grad.abs().sum()) > 0


def test_a_sensor_without_a_stem_is_shown_as_triplets(layout: Layout) -> None:
    (shown,) = layout.laid(talk("thermal"), 0, WORDS_ALONE).shown
    assert (shown.stem, shown.pixels.shape) == ("rgb", (1, 3, 32, 32))
    only_rgb = replace(layout, config=replace(TINY, stems=(StemConfig("rgb"),)))
    (spectral,) = only_rgb.laid(talk("multispectral"), 0, WORDS_ALONE).shown
    assert (spectral.stem, spectral.images, spectral.pixels.shape) == ("rgb", 5, (5, 3, 32, 32))
    assert np.allclose(spectral.pixels[0], talk("multispectral").views[0].pictures[0, [3, 2, 1]])


def test_tiles_are_the_parts_of_the_picture(layout: Layout) -> None:
    tiled = replace(layout, config=replace(TINY, bridge=BridgeConfig(hidden=32, layout="tiles")), side_px=16)
    (shown,) = tiled.laid(talk("optical"), 0, WORDS_ALONE).shown
    assert shown.pixels.shape == (5, 3, 16, 16)
    picture = talk("optical").views[0].pictures[0, :3].astype(np.float32)
    assert np.allclose(shown.pixels[2], picture[:, :16, 16:])
    assert np.allclose(shown.pixels[0].mean(), picture.mean(), atol=1e-3)


def test_an_image_that_fills_a_row_is_told(layout: Layout) -> None:
    with pytest.raises(InputError, match="no room"):
        replace(layout, length=2)


def pupil_of(family: FamilyRecipe) -> Pupil:
    config = family.config
    assert isinstance(config, FamilyConfig)
    return Pupil(Member(config), painting(MaskedConfig("test", config.stems, config.trunk)))


@pytest.mark.parametrize("name", READERS)
def test_a_curriculum_freezes_and_replays_as_its_recipe_says(name: str) -> None:
    recipe = curriculum(family_recipe(name), rows=8, length=512)
    with torch.device("meta"):
        model = pupil_of(family_recipe(name))
        for chosen in recipe.low_rank:
            low_rank.adapt(model, chosen)
    for stage in recipe.stages:
        moves.optimisers(recipe, model, stage)
        moving = {one.split(".")[1] for one, parameter in model.named_parameters() if parameter.requires_grad}
        published = next(one for one in family_recipe(name).stages if one.name == stage.name)
        heads = {"boxes", "mask", "pixels", "trajectory"} & {name.split(".")[1] for name, _ in model.named_parameters()}
        expected = (set(published.trains) - {"heads"}) | (heads if "heads" in published.trains else set())
        assert moving - {"told", "layers", "mixes"} == expected
        if recipe.low_rank:
            writer = [one for one, parameter in model.member.writer.named_parameters() if parameter.requires_grad]
            assert all(".low_" in one for one in writer)
        painting_moves = any(one.startswith("painting.") for one, p in model.named_parameters() if p.requires_grad)
        assert painting_moves == (stage.losses == (("paint", 1.0),))
    replayed = [portion.source for stage in recipe.stages for portion in stage.mixture if portion.replay]
    assert (replayed == ["simulated-optical"]) == (name != "ringmo-agent")


@pytest.mark.parametrize("name", READERS)
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
        image=words["<image>"],
        boxes=config.boxes and BoxHeadConfig(words["<boxes>"], queries=6),
        mask=config.mask and MaskHeadConfig(words["<mask>"], width=16),
        trajectory=config.trajectory and TrajectoryHeadConfig(words["<traj>"], steps=4),
    )  # fmt: skip
    recipe = curriculum(family, rows=2, length=256, steps=1)
    layout = Layout(config, known, codecs.get(CODECS[name]), 16 if config.bridge.layout == "tiles" else 32, 256)
    talks = {f"simulated-{sensor}": talk(sensor) for sensor in BANDS}
    talks |= {f"simulated-{kind}": talk("optical") for kind in KINDS}
    taught = MemberFeed(recipe, talks, layout).lesson(len(recipe.stages) - 1, 0, 2)
    torch.manual_seed(0)
    model = Pupil(Member(config))
    heads = {p for head in model.member.heads().values() for p in head.parameters()}
    others = [p for p in model.parameters() if p not in heads]
    optimiser = torch.optim.AdamW([{"params": others}, {"params": list(heads), "lr": 1e-3}], lr=1e-2)
    lost = []
    named = [one for one, _ in recipe.stages[-1].losses if one != "balance"]
    for _ in range(45):
        optimiser.zero_grad()
        losses = model(taught)
        each = torch.stack([losses[one] / taught.counts[one] for one in named])
        each.sum().backward()
        optimiser.step()
        lost.append(each.detach())
    assert named == ["text", *(head for head in HEADS if getattr(config, head) is not None)]
    assert bool((lost[-1] < 0.7 * lost[0]).all())
    assert float(lost[-1][0]) < 0.35 * float(lost[0][0])


def test_a_scene_is_decoded_the_same_alone_and_packed_with_others(layout: Layout) -> None:
    """A token of one scene must not see the frames of another in its row."""
    torch.manual_seed(0)
    model = Pupil(Member(layout.config))
    one, other = (("optical", 0),), (("sar", 1),)
    with torch.no_grad():
        apart = [model(lesson(layout, row, taught=EVERYTHING)) for row in (one, other)]
        together = model(lesson(layout, (*one, *other), taught=EVERYTHING))
    assert set(together) == {"text", *HEADS}
    for name in together:
        torch.testing.assert_close(apart[0][name] + apart[1][name], together[name], rtol=1e-4, atol=1e-4)


def test_a_place_is_taught_as_words_and_as_what_a_head_reads(layout: Layout) -> None:
    layout = replace(layout, length=1024)
    both = lesson(layout, (("optical", 0),), taught=EVERYTHING).batch
    ids = both.ids[0].tolist()
    assert [ids.count(WORDS[token]) for token in tokens.DECODED] == [2, 1, 1]  # of nothing there is a set, but no mask
    learned = VOCABULARY.text(both.targets[0][both.targets[0] != IGNORED].tolist())
    assert learned.startswith("<boxes><boxes><mask><traj>")
    assert 'way {"path_2d": [<125>, <125>, <625>, <375>]}' in learned
    assert "<seg>" not in learned  # 48 cells do not fit 32 pixels
    assert both.boxes is not None
    assert [len(target.classes) for target in both.boxes] == [1, 0]
    assert both.mask_frames == (0,)
    heads_alone = lesson(layout, (("optical", 0),), taught=Taught(False, frozenset({"mask"}))).batch
    assert (heads_alone.boxes, heads_alone.paths) == (None, None)
    assert heads_alone.ids[0].tolist().count(VOCABULARY.ask) == 1


def test_one_mask_of_a_scene_is_written_out(layout: Layout) -> None:
    large = replace(talk("optical"), views=(View("optical", (), np.zeros((4, 4, 64, 64), np.float16)),))
    laid = replace(layout, length=1024).laid(large, 0, WORDS_ALONE)
    learned = VOCABULARY.text(laid.targets[laid.targets != IGNORED].tolist())
    assert learned.count("lake <seg>others *48; ") == learned.count("</seg>") == 1
    assert WORDS[" *48"] in laid.targets.tolist()


def test_a_head_that_no_question_asks_still_has_a_gradient(layout: Layout) -> None:
    model = Pupil(Member(layout.config))
    losses = model(lesson(layout, (("optical", 0),), taught=WORDS_ALONE))
    torch.stack([losses[name] for name in HEADS]).sum().backward()
    slopes = [p.grad for head in model.member.heads().values() for p in head.parameters()]
    assert all(slope is not None and not bool(slope.any()) for slope in slopes)


def test_drawn_questions_are_kept_exactly_and_read_when_asked_for() -> None:
    kept = Kept.of(DRAWN)
    assert tuple(kept) == DRAWN
    assert (len(kept), kept[2], kept[-2:]) == (5, DRAWN[2], DRAWN[-2:])
    assert kept == Kept(kept.text) != Kept.of(DRAWN[1:])


@pytest.mark.slow
def test_talks_are_made_and_read(tmp_path: Folder) -> None:
    pytest.importorskip("numba")
    from geoglot.train.text.talk import make, read

    one, other = (make(tmp_path / name, "sar", count=2, seed=1, size_px=64) for name in "ab")
    assert np.array_equal(one.views[0].pictures, other.views[0].pictures)
    assert one.scenes == read(tmp_path / "a").scenes
    assert float(np.abs(np.asarray(one.views[0].pictures, np.float32).mean())) < 2
    (tmp_path / "a" / "talk.json").unlink()
    with pytest.raises(InputError, match="no pictures"):
        read(tmp_path / "a")
