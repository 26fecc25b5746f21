"""U-1: each recipe equals its stand-alone reference with the same weights; sizes are the published ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import UnknownName  # noqa: E402
from geoglot.nets import tokens  # noqa: E402
from geoglot.nets.batch import Batch, frame_group  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.masked import MaskedFrames, MaskedImages, MaskPolicy  # noqa: E402
from geoglot.nets.told import Told, facts  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train.recipes.family import RECIPES, recipe  # noqa: E402
from geoglot.train.recipes.family.plan import Plan, build, plan  # noqa: E402
from geoglot.train.recipes.family.recipe import SIZES, Size  # noqa: E402
from geoglot.train.recipes.family.report import report  # noqa: E402
from tests.nets import reference  # noqa: E402
from tests.nets.published import copied, qwen_merger, qwen_vision, shaken, siglip_vision, swin_model, swin_weights  # noqa: E402


@cache
def planned(name: str) -> Plan:
    return plan(recipe(name))


@cache
def built(name: str, size: Size) -> Member | MaskedImages:
    with torch.device("meta"):
        return build(recipe(name, size))


def tiny(name: str, trunk: TrunkConfig, writer: WriterConfig, base: int = 40) -> FamilyConfig:
    """A recipe's configuration with smaller shapes and nothing else changed."""
    config = recipe(name).config
    assert isinstance(config, FamilyConfig)
    words = {"superset": tokens.superset, "earth-onevision": tokens.earth_onevision}.get(name, tokens.ringmo_agent)(
        base
    )
    head = {"boxes": tokens.BOXES, "mask": tokens.MASK, "trajectory": tokens.TRAJECTORY}
    heads = {
        key: replace(getattr(config, key), token=words[word]) for key, word in head.items() if getattr(config, key)
    }
    hidden = 4 * trunk.width if config.bridge.norm else writer.width
    bridge = replace(config.bridge, hidden=hidden, acsa_heads=2)
    return replace(
        config,
        trunk=trunk,
        writer=replace(writer, vocab=words.vocab),
        bridge=bridge,
        image=words[tokens.IMAGE],
        **heads,
    )


@torch.no_grad()
def test_u_1_earth_onevision_is_qwen3_vl_with_acsa() -> None:
    vision, stem, trunk = qwen_vision()
    config = tiny("earth-onevision", trunk.config, WriterConfig(0, 48, 4, 4, 2, 16, 64, rope_theta=5e6, qk_norm=True))
    member = shaken(Member(config))
    copied(member.stems.stems["rgb"], stem.state_dict())
    copied(member.trunk, trunk.state_dict())
    copied(member.bridge.merger, qwen_merger(vision, None))
    for index, injector in enumerate(member.bridge.injectors):
        copied(injector, qwen_merger(vision, index))
    pixels = torch.randn(1, 3, 32, 48)  # 4 x 6 patches, 6 tokens
    ids = torch.tensor([[3, 5, *[config.image] * 6, 7, 9, 11]])
    states = member(Batch(ids, (frame_group("rgb", pixels, places=(0,)),))).hidden

    features = vision.features(pixels).view(4, 6, 32)
    levels = trunk(stem(pixels))  # held to Qwen3-VL by tests/nets/test_trunk.py
    attended = reference.acsa(
        reference.under(member.state_dict(), "bridge.acsa"), [t[0] for t in levels.taps], features, 2
    )
    visual = reference.merger(reference.under(member.state_dict(), "bridge.merger"), attended, after=False)
    text = transformers.models.qwen3_vl.modeling_qwen3_vl.Qwen3VLTextModel(
        transformers.models.qwen3_vl.configuration_qwen3_vl.Qwen3VLTextConfig(
            vocab_size=config.writer.vocab, hidden_size=48, num_hidden_layers=4, num_attention_heads=4,
            num_key_value_heads=2, head_dim=16, intermediate_size=64, rms_norm_eps=1e-6,
            rope_parameters={"rope_type": "default", "rope_theta": 5e6, "mrope_section": [4, 2, 2]},
        )
    )  # fmt: skip
    names = {
        "words": "embed_tokens",
        "attention_norm": "input_layernorm",
        "mlp_norm": "post_attention_layernorm",
        "attention.query_norm": "self_attn.q_norm",
        "attention.key_norm": "self_attn.k_norm",
        **{f"attention.{own}": f"self_attn.{own[0]}_proj" for own in ("query", "key", "value", "out")},
        **{f"mlp.{own}": f"mlp.{own}_proj" for own in ("gate", "up", "down")},
    }
    weights = {}
    for key, value in member.writer.state_dict().items():
        layer, _, part = key.removesuffix(".weight").rpartition("layers.")[2].partition(".")
        short = part if key.startswith("layers.") else key.removesuffix(".weight")
        weights[(f"layers.{layer}." if key.startswith("layers.") else "") + names.get(short, short) + ".weight"] = value
    copied(text, weights)
    embeds = text.embed_tokens(ids)
    place = ids == config.image
    embeds[place] = visual
    expected = text(
        inputs_embeds=embeds, position_ids=torch.arange(11).expand(3, 1, -1), visual_pos_masks=place,
        deepstack_visual_embeds=vision.merged(pixels)[1],
    ).last_hidden_state  # fmt: skip
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_u_1_ringmo_agent_is_siglip_tiles_experts_and_a_path_from_one_state() -> None:
    siglip, stem, trunk = siglip_vision()
    experts = ExpertsConfig(5, 2, 1, 12)
    config = tiny("ringmo-agent", trunk.config, WriterConfig(0, 32, 3, 4, 4, 8, 48, tied=False, experts=experts))
    member = shaken(Member(config))
    copied(member.trunk, trunk.state_dict())
    copied(member.stems.stems["sar"], stem.state_dict())
    pixels = torch.randn(3, 3, 42, 42)  # the whole and two tiles beside each other, 3 x 3 patches each
    path = config.trajectory
    assert path is not None
    count = 2 * 3 + 1 + 2 * 5
    ids = torch.tensor([[3, *[config.image] * count, 7, path.token]])
    out = member(Batch(ids, (frame_group("sar", pixels, places=(0,), tiles=(1, 2)),)))

    s = member.state_dict()
    padded = torch.nn.functional.pad(siglip(pixels).last_hidden_state.view(3, 3, 3, 32), (0, 0, 0, 1, 0, 1))
    four = [(r, c) for r in (0, 2) for c in (0, 2)]
    joined = [torch.cat([padded[:, r + y, c + x] for y in (0, 1) for x in (0, 1)], -1) for r, c in four]
    hidden = torch.stack(joined, 1)
    projected = reference.linear(
        s, "bridge.merger.down", reference.gelu(reference.linear(s, "bridge.merger.up", hidden))
    )
    grid, end = projected.view(3, 2, 2, 32), s["bridge.line_end"][None]
    lines = [grid[0, 0], end, grid[0, 1], end, s["bridge.separator"][None]]
    lines += [grid[1, 0], grid[2, 0], end, grid[1, 1], grid[2, 1], end]
    words = s["writer.words.weight"]
    embeds = torch.cat([words[3:4], *lines, words[7:8], words[path.token : path.token + 1]])
    expected = reference.writer(reference.under(s, "writer"), config.writer, embeds, {})
    torch.testing.assert_close(out.hidden[0], expected, atol=1e-5, rtol=1e-5)
    asked = reference.asking(reference.under(s, "trajectory.asking"), expected[-1], expected[1 : 1 + count])
    numbers = reference.linear(s, "trajectory.last", asked)
    assert out.paths is not None
    torch.testing.assert_close(out.paths.steps[0], numbers[:, :3], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(out.paths.stop[0], numbers[:, 3], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        member.writer.logits(out.hidden)[0], expected @ s["writer.output.weight"].T, atol=1e-4, rtol=1e-5
    )


@torch.no_grad()
def test_u_1_ringmo_is_swin_that_paints_what_partial_masks_hide() -> None:
    swin, _, trunk = swin_model()
    config = recipe("ringmo").config
    assert not isinstance(config, FamilyConfig)
    model = shaken(MaskedImages(replace(config, trunk=trunk.config)))
    copied(model.trunk, swin_weights(swin.model.state_dict(), (2, 2, 1)))
    pixels = torch.randn(1, 3, 64, 64)
    mask = MaskPolicy().draw((64, 64), np.random.default_rng(0))[None]
    loss, painted = model(MaskedFrames("rgb", pixels, mask))

    x, stem = pixels * ~mask[:, None], model.stems.stems["rgb"].project
    for conv, norm, last in ((0, 1, False), (3, 4, False), (6, 7, True)):
        x = torch.nn.functional.conv2d(x, stem[conv].weight, stem[conv].bias, stem[conv].kernel_size)
        x = (x - stem[norm].running_mean[:, None, None]) / (stem[norm].running_var[:, None, None] + 1e-5).sqrt()
        x = x * stem[norm].weight[:, None, None] + stem[norm].bias[:, None, None]
        x = x if last else reference.gelu(x)
    state = reference.layer_norm(swin.model.state_dict(), "embeddings.norm", x.permute(0, 2, 3, 1).flatten(1, 2))
    encoded = swin.model.encoder(state, (16, 16)).last_hidden_state
    encoded = reference.layer_norm(swin.model.state_dict(), "layernorm", encoded)[0]  # (16, 64) of a 4 x 4 grid
    numbers = encoded @ model.paint.layers["rgb"].weight[:, :, 0, 0].T + model.paint.layers["rgb"].bias
    expected = numbers.view(4, 4, 3, 16, 16).permute(2, 0, 3, 1, 4).reshape(3, 64, 64)
    torch.testing.assert_close(painted[0], expected, atol=1e-5, rtol=1e-5)
    apart = (expected - pixels[0]).abs()[:, mask[0]]
    torch.testing.assert_close(loss, apart.mean(), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_u_1_the_superset_is_its_reference_with_all_parts_at_once() -> None:
    trunk = TrunkConfig(32, 4, 2, 48, patch=8, taps=(0, 1, 2), learned=3, ground=True)
    config = tiny("superset", trunk, WriterConfig(0, 32, 4, 4, 2, 8, 48, rope_theta=5e6, qk_norm=True))
    member = shaken(Member(config))
    s = member.state_dict()
    bands_um = torch.tensor([[0.45, 0.05], [0.52, 0.04], [0.6, 0.04], [2.2, 0.2]])
    told = (Told(gsd_m=10.0, day=8000.0), Told(gsd_m=3.0, polarisations=("VV", "VH"), order=1))
    spectral, radar = torch.randn(1, 4, 32, 32), torch.randn(1, 2, 32, 16)  # 4 and 2 tokens, and a tag each
    groups = (
        frame_group("sar", radar, places=(1,), told=told[1:]),
        frame_group("spectral", spectral, places=(0,), told=told[:1], bands_um=bands_um),
    )
    assert config.boxes is not None
    assert config.mask is not None
    heads = [config.boxes.token, config.mask.token]
    ids = torch.tensor([[3, *[config.image] * 5, 4, *[config.image] * 3, 5, *heads]])
    out = member(Batch(ids, groups, mask_frames=(1,)))

    described = facts(told)
    stems = [
        reference.spectral_stem(reference.under(s, "stems.stems.spectral"), spectral[0], bands_um, 8),
        reference.patch_stem(reference.under(s, "stems.stems.sar"), radar[0], 8),
    ]
    visual, injected, levels = [], [], []
    for index, patches in enumerate(stems):
        patches = patches + reference.linear(s, "told", described[index])
        taps, last = reference.trunk(reference.under(s, "trunk"), trunk, patches, told[index].gsd_m or 0.0)
        levels.append([*taps, last])
        attended = reference.acsa(reference.under(s, "bridge.acsa"), taps, last, 2)
        tag = reference.linear(s, "bridge.tag.2", reference.gelu(reference.linear(s, "bridge.tag.0", described[index])))
        merged = reference.merger(reference.under(s, "bridge.merger"), attended, after=False)
        visual.append(torch.cat([tag[None], merged]))
        extra = [
            reference.merger(reference.under(s, f"bridge.injectors.{n}"), tap, after=True) for n, tap in enumerate(taps)
        ]
        injected.append([torch.cat([torch.zeros(1, 32), one]) for one in extra])
    word = {n: s["writer.words.weight"][n : n + 1] for n in (3, 4, 5, *heads)}
    embeds = torch.cat([word[3], visual[0], word[4], visual[1], word[5], *(word[head] for head in heads)])
    gap = torch.zeros(1, 32)
    added = {n + 1: torch.cat([gap, injected[0][n], gap, injected[1][n], gap, gap, gap]) for n in range(3)}
    expected = reference.writer(reference.under(s, "writer"), config.writer, embeds, added)
    torch.testing.assert_close(out.hidden[0], expected, atol=1e-5, rtol=1e-5)

    seen = torch.cat([expected[1:6], expected[7:10]])
    shown = [1, 2, 3, 4, 6, 7]  # of the image tokens all but the tags ask too, each beginning with what it shows
    asked = reference.asking(reference.under(s, "boxes.asking"), expected[-2], seen, seen[shown])
    quarters = [[x, y, 0.5, 0.5] for y in (0.25, 0.75) for x in (0.25, 0.75)]
    begun = torch.cat([s["boxes.starts"], torch.tensor([*quarters, quarters[0], quarters[2]]).logit()])
    kept = [*range(len(s["boxes.starts"])), *(len(s["boxes.starts"]) + index for index in shown)]
    geometry = reference.linear(s, "boxes.geometry.2", reference.gelu(reference.linear(s, "boxes.geometry.0", asked)))
    assert out.boxes is not None
    alike = asked @ reference.linear(s, "boxes.word", expected[-2]) * asked.shape[-1] ** -0.5
    logits = reference.linear(s, "boxes.logits", asked) + alike[:, None]
    torch.testing.assert_close(out.boxes.logits[0, kept], logits, atol=1e-5, rtol=1e-5)
    upright = torch.sigmoid(geometry[:, :4] + begun)
    torch.testing.assert_close(out.boxes.upright[0, kept], upright, atol=1e-5, rtol=1e-5)
    angle = geometry[:, 6:] / geometry[:, 6:].norm(dim=-1, keepdim=True)
    torch.testing.assert_close(out.boxes.turned[0, kept, 2:], angle, atol=1e-5, rtol=1e-4)
    pixels = reference.pixel_features(reference.under(s, "pixels"), levels[1], (32, 16))
    meant = reference.linear(s, "mask.word.1", reference.layer_norm(s, "mask.word.0", expected[-1]))
    meant = reference.linear(s, "mask.word.3", reference.gelu(meant))
    drawn = (meant[:, None, None] * pixels).sum(0) / config.mask.width**0.5 + s["mask.bias"]
    assert out.mask is not None
    torch.testing.assert_close(out.mask[0], drawn, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("size", SIZES)
def test_u_1_every_recipe_builds_at_every_size(name: str, size: Size) -> None:
    model = built(name, size)
    assert all(p.is_meta for p in model.parameters())


def test_sizes_are_the_published_ones() -> None:
    member = built("earth-onevision", "published")
    assert isinstance(member, Member)

    def millions(*modules: torch.nn.Module) -> float:
        return sum(p.numel() for module in modules for p in module.parameters()) / 1e6

    assert member.bridge.acsa is not None
    assert millions(member.bridge.acsa) == pytest.approx(2.9, abs=0.05)
    assert millions(member.bridge.merger, *member.bridge.injectors) == pytest.approx(101, abs=1)
    assert millions(member.trunk.layers) == pytest.approx(302, abs=1)
    words = 1000 * member.config.writer.width / 1e6
    assert words == pytest.approx(2.05, abs=0.01)
    assert millions(member.writer) - words == pytest.approx(1720, abs=2)
    agent, swin = built("ringmo-agent", "published"), built("ringmo", "published")
    assert millions(agent) == pytest.approx(3370, abs=15)
    assert isinstance(agent, Member)
    assert millions(agent.stems.stems["sar"]) * 1e6 == 678_528
    assert isinstance(swin, MaskedImages)
    assert millions(swin.trunk) == pytest.approx(87, abs=1)  # Swin-B without its classifier: 86.7 M


def test_the_page_of_the_large_one_tells_the_weights_it_has(repo: Path) -> None:
    member = built("superset", "published")
    assert isinstance(member, Member)
    page = (repo / "docs" / "flagship-2b.md").read_text(encoding="utf-8")
    heads = sum(p.numel() for module in member.heads().values() for p in module.parameters())
    told = {"trunk": member.trunk, "bridge": member.bridge, "writer": member.writer}
    counts = {name: sum(p.numel() for p in module.parameters()) for name, module in told.items()} | {"heads": heads}
    counts["all"] = sum(p.numel() for p in member.parameters())
    for name, count in counts.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} |") and line.count("|") == 5)
        assert f"| {count:,} |" in row


@pytest.mark.parametrize("name", RECIPES)
def test_work_is_counted_as_two_operations_a_weight_and_token(name: str) -> None:
    one = planned(name)
    assert one.total == sum(p.numel() for p in built(name, "nano").parameters())
    for stage in one.recipe.stages:
        forward = sum(one.forward[part] for part in stage.runs)
        assert forward < one.training(stage) <= 3 * forward
    if isinstance(one.recipe.config, FamilyConfig) and one.recipe.config.writer.experts is None:
        inner = one.weights["writer"] - one.recipe.config.writer.vocab * one.recipe.config.writer.width
        assert one.forward["writer"] > 2 * inner * one.tokens


def test_what_learns_costs_more_than_what_stands_still() -> None:
    one = planned("superset")
    bridge, writer = one.recipe.stages[1], one.recipe.stages[2]
    frozen = one.forward["stems"] + one.forward["trunk"]
    behind = one.forward["writer"] + one.forward["heads"]
    assert one.training(bridge) == frozen + 3 * one.forward["bridge"] + 2 * behind
    assert one.training(writer) == one.training(bridge) + one.forward["writer"]


def test_the_report_names_every_part_and_stage() -> None:
    text = report(planned("superset"))
    assert all(word in text for word in ("stems", "trunk", "bridge", "writer", "heads", "2a", "H100 hours"))


@pytest.mark.parametrize("name", ["superset", "ringmo-agent", "ringmo"])
def test_the_report_tells_how_fsdp2_shares_all_weights_out(name: str) -> None:
    one = planned(name)
    text = report(one, gpus=64)
    assert "FSDP2 over 64 GPUs" in text
    assert f"on each GPU {-(-one.total // 64):,} weights" in text
    if name != "ringmo":  # its stages are no list of layers alike
        trunk, writer = one.groups["trunk.layers"], one.groups["writer.layers"]
        assert (len(trunk), len(writer)) == (one.recipe.config.trunk.layers, one.recipe.config.writer.layers)
        assert sum(trunk) + sum(writer) < one.total


def test_a_recipe_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName):
        recipe("ringmo-sense")
