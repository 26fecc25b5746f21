"""A member of the family as a whole: routing, injection, padding, caches; every weight learns."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.batch import IGNORED, Batch, FrameGroup, frame_group  # noqa: E402
from geoglot.nets.box_head import BoxHeadConfig, BoxTargets  # noqa: E402
from geoglot.nets.bridge import BridgeConfig, frame_tokens  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.mask_head import MaskHeadConfig  # noqa: E402
from geoglot.nets.recompute import recompute  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.told import Told  # noqa: E402
from geoglot.nets.trajectory_head import PathTargets, TrajectoryHeadConfig  # noqa: E402
from geoglot.nets.trunk import Trunk, TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train.recipes.family import recipe  # noqa: E402
from tests.nets.published import shaken  # noqa: E402

WORDS = tokens.superset(40)
CONFIG = FamilyConfig(
    "test",
    (StemConfig("rgb"), StemConfig("sar"), StemConfig("thermal"), StemConfig("spectral", "spectral")),
    TrunkConfig(32, 4, 2, 48, patch=8, taps=(0, 1, 2), ground=True),
    BridgeConfig(64, acsa_rank=4, acsa_heads=2, inject=True, tags=True),
    WriterConfig(WORDS.vocab, 32, 4, 4, 2, 8, 48, qk_norm=True),
    WORDS[tokens.IMAGE],
    told=True,
    boxes=BoxHeadConfig(WORDS[tokens.BOXES], queries=5),
    mask=MaskHeadConfig(WORDS[tokens.MASK], width=16),
    trajectory=TrajectoryHeadConfig(WORDS[tokens.TRAJECTORY], steps=3),
)
COUNT = frame_tokens(CONFIG.bridge, 4, 4)
BANDS_UM = torch.tensor([[0.49, 0.06], [0.56, 0.04], [0.66, 0.03], [0.84, 0.1]])


@pytest.fixture
def member() -> Member:
    torch.manual_seed(0)
    return shaken(Member(CONFIG))  # type: ignore[return-value]


def frame(stem: str, *places: int, seed: int = 0) -> FrameGroup:
    bands = 4 if stem == "spectral" else 3
    pixels = torch.randn(len(places), bands, 32, 32, generator=torch.Generator().manual_seed(seed))
    told = tuple(Told(gsd_m=10.0, day=8000.0) for _ in places)
    return frame_group(stem, pixels, places=places, told=told, bands_um=BANDS_UM if bands == 4 else None)


def ids(*rows: list[int]) -> torch.Tensor:
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


IMAGE = [CONFIG.image] * COUNT


def test_ra_1_a_pure_sar_batch_teaches_the_sar_stem_alone(member: Member) -> None:
    out = member(Batch(ids([1, *IMAGE, 2, 3]), (frame("sar", 0),), targets=ids([2] * (COUNT + 3))))
    out.total.backward()
    for name, stem in member.stems.stems.items():
        slopes = [p.grad for p in stem.parameters()]
        if name == "sar":
            assert all(slope is not None and bool(slope.abs().sum() > 0) for slope in slopes)
        else:
            assert all(slope is None or not bool(slope.any()) for slope in slopes)


@torch.no_grad()
def test_ra_1_changing_the_tag_changes_the_output(member: Member) -> None:
    seen = [member(Batch(ids([1, *IMAGE, 2]), (frame(stem, 0),))).hidden for stem in ("rgb", "sar", "thermal")]
    assert not torch.allclose(seen[0], seen[1], atol=1e-3)
    assert not torch.allclose(seen[1], seen[2], atol=1e-3)


@torch.no_grad()
def test_ra_2_copies_of_one_stem_are_one_shared_stem(member: Member) -> None:
    member.stems.copy_first()
    separate = Batch(ids([1, *IMAGE, 2, *IMAGE, 3]), (frame("rgb", 0), frame("thermal", 1, seed=1)))
    shared = replace(separate, frames=(frame("rgb", 0), frame("rgb", 1, seed=1)))
    torch.testing.assert_close(member(separate).hidden, member(shared).hidden, atol=1e-6, rtol=0)


@torch.no_grad()
def test_eo_8_injection_changes_nothing_at_the_words_of_its_layer(member: Member) -> None:
    batch = Batch(ids([1, 4, *IMAGE, 2, 3]), (frame("rgb", 0),))
    seen = member.look(batch)
    words = batch.ids[0] != CONFIG.image
    assert set(seen.injected) == {1, 2, 3}
    for added in seen.injected.values():
        assert not added[0, words].any()
        assert bool(added[0, ~words][1:].any(dim=-1).all())  # every visual token but the tag
    after = []
    hook = member.writer.layers[1].register_forward_pre_hook(lambda _, given: after.append(given[0]))
    for injected in (seen.injected, {}):
        member.read(batch, replace(seen, injected=injected))
    hook.remove()
    assert torch.equal(after[0][0, words], after[1][0, words])
    assert not torch.equal(after[0][0, ~words], after[1][0, ~words])


@torch.no_grad()
def test_eo_8_text_alone_is_the_same_with_and_without_the_branch(member: Member) -> None:
    plain = Member(replace(CONFIG, bridge=replace(CONFIG.bridge, inject=False)))
    state = {name: value for name, value in member.state_dict().items() if "injectors" not in name}
    plain.load_state_dict(state)
    batch = Batch(ids([1, 4, 2, 3], [5, 6]))
    assert torch.equal(member(batch).hidden, plain.eval()(batch).hidden)


def test_eo_11_no_weight_of_earth_onevision_belongs_to_a_modality() -> None:
    config = recipe("earth-onevision").config
    assert isinstance(config, FamilyConfig)
    with torch.device("meta"):
        names = list(Member(config).state_dict())
    words = ("sar", "thermal", "infrared", "optical", "spectral", "told", "tag", "modality", "sensor")
    assert [name for name in names if any(word in name for word in words)] == []
    assert {name.split(".")[2] for name in names if name.startswith("stems.")} == {"rgb"}


def full() -> Batch:
    head = [WORDS[tokens.BOXES], WORDS[tokens.MASK], WORDS[tokens.TRAJECTORY]]
    rows = ids([1, *IMAGE, 5, *IMAGE, 2, *head], [1, 5, 6, *IMAGE, 2, WORDS[tokens.MASK]], [1, *IMAGE, 7])
    present = torch.ones_like(rows, dtype=torch.bool)
    for row, length in enumerate((2 * COUNT + 6, COUNT + 5, COUNT + 2)):
        present[row, length:] = False
    targets = torch.where(present, rows.roll(-1, 1), IGNORED)
    targets[rows == CONFIG.image] = IGNORED
    centres = torch.linspace(0.1, 0.9, 10)  # more boxes than image tokens: a learned query stands for some
    upright = torch.stack([centres, centres.flip(0), *[torch.full((10,), 0.2)] * 2], dim=1)
    some = BoxTargets(torch.zeros(10, dtype=torch.long), upright, torch.full((10, 3), math.nan))
    return Batch(
        rows,
        (frame("spectral", 1, seed=1), frame("rgb", 0, 3, seed=2), frame("sar", 2, seed=3)),
        present=present,
        targets=targets,
        boxes=(some,),
        masks=torch.rand(2, 8, 8),
        mask_frames=(1, 2),
        paths=PathTargets(torch.randn(1, 3, 3), torch.tensor([2])),
    )


def test_every_weight_learns_from_one_full_batch(member: Member) -> None:
    out = member(full())
    assert set(out.losses) == {"text", "boxes", "mask", "trajectory"}
    torch.testing.assert_close(out.total, torch.stack(list(out.losses.values())).sum())
    out.total.backward()
    still = {name for name, p in member.named_parameters() if p.grad is None or not bool(p.grad.any())}
    assert {name for name in still if "stems.stems.thermal" not in name} == set()


@torch.no_grad()
def test_rows_of_a_batch_do_not_see_each_other(member: Member) -> None:
    batch = full()
    together = member(batch)
    row = Batch(batch.ids[1:2, : COUNT + 5], (replace(batch.frames[2], places=(0,)),), mask_frames=(0,))
    alone = member(row)
    torch.testing.assert_close(together.hidden[1:2, : COUNT + 5], alone.hidden, atol=1e-5, rtol=1e-5)
    assert together.mask is not None
    assert alone.mask is not None
    torch.testing.assert_close(together.mask[1:2], alone.mask, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_path_is_the_same_in_a_batch_and_alone(member: Member) -> None:
    batch = full()
    together = member(batch)
    frames = (
        replace(batch.frames[0]),
        frame_group("rgb", batch.frames[1].pixels[:1], places=(0,), told=(Told(10.0, 8000.0),)),
    )
    row = Batch(batch.ids[:1], frames, mask_frames=(1,))
    alone = member(row)
    assert together.paths is not None
    assert alone.paths is not None
    assert alone.boxes is not None
    torch.testing.assert_close(together.paths.steps, alone.paths.steps, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_reading_word_by_word_after_the_frames_equals_reading_at_once(member: Member) -> None:
    words = ids([1, *IMAGE, 2, 3, 4])
    whole = Batch(words, (frame("sar", 0),))
    expected = member(whole).hidden
    first = replace(whole, ids=words[:, : COUNT + 2])
    hidden, cache = member.read(first, member.look(first))
    parts = [hidden]
    for column in range(COUNT + 2, COUNT + 4):
        batch = Batch(words[:, column : column + 1])
        hidden, cache = member.read(batch, member.look(batch), cache)
        parts.append(hidden)
    torch.testing.assert_close(torch.cat(parts, 1), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_frames_are_placed_by_their_number_not_by_their_group(member: Member) -> None:
    rows = ids([1, *IMAGE, 2, *IMAGE, 3])
    one = member(Batch(rows, (frame("rgb", 0, seed=1), frame("sar", 1, seed=2)))).hidden
    other = member(Batch(rows, (frame("sar", 1, seed=2), frame("rgb", 0, seed=1)))).hidden
    torch.testing.assert_close(one, other)
    swapped = member(Batch(rows, (frame("sar", 0, seed=2), frame("rgb", 1, seed=1)))).hidden
    assert not torch.allclose(one, swapped, atol=1e-3)


@torch.no_grad()
def test_what_is_known_about_a_frame_is_told(member: Member) -> None:
    rows, pixels = ids([1, *IMAGE, 2]), torch.randn(1, 3, 32, 32)
    seen = [
        member(Batch(rows, (frame_group("rgb", pixels, places=(0,), told=(told,)),))).hidden
        for told in (Told(), Told(gsd_m=0.3), Told(gsd_m=30.0))
    ]
    assert not torch.allclose(seen[0], seen[1], atol=1e-3)
    assert not torch.allclose(seen[1], seen[2], atol=1e-3)


@torch.no_grad()
def test_the_text_loss_is_the_weighted_mean_over_what_is_to_be_learned(member: Member) -> None:
    rows, targets = ids([1, 2, 3, 4]), torch.tensor([[IGNORED, 3, 4, IGNORED]])
    weights = torch.tensor([[9.0, 1.0, 3.0, 9.0]])
    out = member(Batch(rows, targets=targets, weights=weights))
    odds = torch.log_softmax(member.writer.logits(out.hidden)[0], -1)
    torch.testing.assert_close(out.losses["text"], -(odds[1, 3] + 3 * odds[2, 4]) / 4)
    assert float(member(Batch(rows, targets=torch.full_like(rows, IGNORED))).total) == 0


def test_frames_that_do_not_fit_the_text_are_refused(member: Member) -> None:
    with pytest.raises(InputError, match="slots"):
        member(Batch(ids([1, *IMAGE[1:], 2]), (frame("rgb", 0),)))


def test_a_mask_without_a_frame_and_special_tokens_that_collide_are_refused(member: Member) -> None:
    with pytest.raises(InputError, match="frame"):
        member(Batch(ids([1, *IMAGE, WORDS[tokens.MASK]]), (frame("rgb", 0),)))
    with pytest.raises(InputError, match="special"):
        replace(CONFIG, boxes=BoxHeadConfig(CONFIG.image))


@pytest.mark.parametrize("experts", [None, ExpertsConfig(4, 2, 1, 16)])
def test_layers_that_are_computed_again_give_the_same_slopes(experts: ExpertsConfig | None) -> None:
    torch.manual_seed(0)
    member = shaken(Member(replace(CONFIG, writer=replace(CONFIG.writer, experts=experts))))
    slopes, batch = [], full()
    for again in (False, True):
        if again:
            recompute(member)
        member.zero_grad()
        member(batch).total.backward()
        slopes.append([torch.zeros(()) if p.grad is None else p.grad.clone() for p in member.parameters()])
    assert member.trunk.recomputed  # type: ignore[union-attr]
    assert member.writer.recomputed  # type: ignore[union-attr]
    for one, other in zip(*slopes, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_computed_again_a_trunk_keeps_only_what_goes_into_its_layers() -> None:
    sizes = []
    for again in (False, True):
        trunk = Trunk(TrunkConfig(32, 3, 2, 64, patch=8))
        if again:
            recompute(trunk)
        kept: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x, kept=kept: (kept.append(x.numel()), x)[1], lambda x: x):
            trunk(torch.randn(2, 8, 8, 32, requires_grad=True))
        sizes.append(sum(kept))
    assert sizes[1] < 0.2 * sizes[0]
