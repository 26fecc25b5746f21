"""Parts that begin as published ones give what those give: a SigLIP's features, a Qwen3's logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import ModelError  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.siglip import start_from_siglip, start_writer  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train.recipes.family import recipe  # noqa: E402
from tests.nets.published import shaken  # noqa: E402

VOCAB = 90


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path, torch.nn.Module, Path]:
    vision = transformers.SiglipVisionConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2, image_size=40, patch_size=8,
        vision_use_head=False,
    )  # fmt: skip
    text = transformers.Qwen3Config(
        vocab_size=VOCAB, hidden_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, intermediate_size=64, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
    )  # fmt: skip
    eye = shaken(transformers.SiglipModel(transformers.SiglipConfig(vision_config=vision.to_dict())))
    writer = shaken(transformers.Qwen3ForCausalLM(text))
    folders = tmp_path_factory.mktemp("siglip"), tmp_path_factory.mktemp("qwen3")
    eye.save_pretrained(folders[0])
    writer.save_pretrained(folders[1])
    return eye, folders[0], writer, folders[1]


def member(name: str = "superset", *, rotary: bool = False, norm: bool = True, theta: float = 1e6) -> Member:
    config = recipe(name).config
    assert isinstance(config, FamilyConfig)
    trunk = TrunkConfig(
        32, 3, 2, 48, patch=8, taps=(0, 1, 2), learned=5, rotary=rotary, final_norm=norm,
        ground=config.trunk.ground and rotary,
    )  # fmt: skip
    bridge = replace(config.bridge, hidden=64, acsa_heads=2)
    writer = WriterConfig(VOCAB + 3, 48, 4, 4, 2, 16, 64, rope_theta=theta, qk_norm=True)
    torch.manual_seed(0)
    return Member(
        replace(config, trunk=trunk, bridge=bridge, writer=writer, image=91, boxes=None, mask=None, trajectory=None)
    )


@torch.no_grad()
def test_stems_and_trunk_begin_as_siglip(published: tuple[torch.nn.Module, Path, torch.nn.Module, Path]) -> None:
    own = member().eval()
    assert start_from_siglip(own, published[1]) == ()
    pixels = torch.randn(2, 3, 40, 40)
    features = own.trunk(own.stems(pixels, "rgb")).last.flatten(1, 2)
    expected = published[0].vision_model(pixels).last_hidden_state
    torch.testing.assert_close(features, expected, atol=1e-4, rtol=1e-4)


def test_what_siglip_has_not_is_named_and_its_last_norm_may_be_left_out(
    published: tuple[torch.nn.Module, Path, torch.nn.Module, Path],
) -> None:
    assert start_from_siglip(member(rotary=True, norm=False), published[1]) == ("trunk.ground",)


@torch.no_grad()
def test_the_writer_begins_as_qwen3(published: tuple[torch.nn.Module, Path, torch.nn.Module, Path]) -> None:
    own = member().eval()
    before = own.writer.words.weight[VOCAB:].clone()
    start_writer(own, published[3])
    ids = torch.tensor([[3, 5, 7, 9]])
    hidden, _ = own.writer(own.writer.embed(ids), positions=torch.arange(4)[None])
    logits = own.writer.logits(hidden)
    torch.testing.assert_close(logits[..., :VOCAB], published[2](ids).logits, atol=1e-4, rtol=1e-4)
    assert torch.equal(own.writer.words.weight[VOCAB:], before)


def test_another_arithmetic_and_other_files_are_refused(
    published: tuple[torch.nn.Module, Path, torch.nn.Module, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="rope_theta"):
        start_writer(member(theta=1e4), published[3])
    with pytest.raises(ModelError, match=r"config\.json"):
        start_writer(member(), tmp_path)
    with pytest.raises(ModelError, match="no SigLIP"):
        start_from_siglip(member(), published[3])


@pytest.mark.parametrize("name", ["earth-onevision", "superset"])
def test_base_sizes_have_the_shapes_of_published_parts(name: str) -> None:
    """Qwen3-0.6B and SigLIP 2 base, patch 16, 512 px: published configurations."""
    config = recipe(name, "base").config
    assert isinstance(config, FamilyConfig)
    trunk, writer = config.trunk, config.writer
    assert (writer.width, writer.layers, writer.heads, writer.kv_heads, writer.head_dim) == (1024, 28, 16, 8, 128)
    assert (writer.mlp, writer.rope_theta, writer.tied, writer.qk_norm) == (3072, 1e6, True, True)
    assert (trunk.width, trunk.layers, trunk.heads, trunk.mlp, trunk.patch, trunk.learned) == (
        768,
        12,
        12,
        3072,
        16,
        32,
    )
