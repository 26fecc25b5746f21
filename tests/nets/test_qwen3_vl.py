"""A member that begins as Qwen3-VL answers as Qwen3-VL: the whole published model against the whole member."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import ModelError  # noqa: E402
from geoglot.nets.batch import Batch, frame_group  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.qwen3_vl import start_from_qwen3_vl  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train.recipes.family import recipe  # noqa: E402
from tests.nets.published import QwenVision, shaken  # noqa: E402

VOCAB = 90


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path]:
    config = transformers.Qwen3VLConfig(
        vision_config={
            "depth": 4, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 8,
            "out_hidden_size": 48, "num_position_embeddings": 25, "deepstack_visual_indexes": [0, 1, 2],
        },
        text_config={
            "vocab_size": VOCAB, "hidden_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 64, "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [4, 2, 2]},
        },
        image_token_id=80, tie_word_embeddings=True,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("qwen3-vl")
    model = shaken(transformers.Qwen3VLForConditionalGeneration(config))
    model.save_pretrained(folder)
    return model, folder


def member(name: str, *, width: int = 32) -> Member:
    config = recipe(name).config
    assert isinstance(config, FamilyConfig)
    trunk = TrunkConfig(
        width, 4, 2, 48, patch=8, taps=(0, 1, 2), learned=5, final_norm=False, ground=config.trunk.ground
    )
    bridge = replace(config.bridge, hidden=4 * width, acsa_heads=2, tags=False)
    writer = WriterConfig(VOCAB + 3, 48, 4, 4, 2, 16, 64, rope_theta=5e6, qk_norm=True)
    torch.manual_seed(0)
    return Member(
        replace(config, trunk=trunk, bridge=bridge, writer=writer, image=80, boxes=None, mask=None, trajectory=None)
    )


@pytest.mark.parametrize("name", ["earth-onevision", "superset"])
@torch.no_grad()
def test_a_member_begins_as_qwen3_vl(name: str, published: tuple[torch.nn.Module, Path]) -> None:
    model, folder = published
    own = member(name).eval()
    start_from_qwen3_vl(own, folder)
    pixels = torch.randn(1, 3, 32, 48)
    ids = torch.tensor([[3, 5, *[80] * 6, 7, 9, 11]])
    seen = own(Batch(ids, (frame_group("rgb", pixels, places=(0,)),)))
    visual, taps = QwenVision(model.model.visual).merged(pixels)
    embeds = model.model.language_model.embed_tokens(ids)
    embeds[ids == 80] = visual
    expected = model.model.language_model(
        inputs_embeds=embeds, position_ids=torch.arange(11).expand(3, 1, -1), visual_pos_masks=ids == 80,
        deepstack_visual_embeds=taps,
    ).last_hidden_state  # fmt: skip
    logits = own.writer.logits(seen.hidden)[..., :VOCAB]
    torch.testing.assert_close(logits, model.lm_head(expected), atol=1e-4, rtol=1e-4)


def test_what_has_no_counterpart_is_named(published: tuple[torch.nn.Module, Path]) -> None:
    left = start_from_qwen3_vl(member("superset"), published[1])
    assert {name.split(".")[0] for name in left} == {"stems", "told", "bridge", "trunk"}
    assert [name for name in left if name.startswith("trunk")] == ["trunk.ground"]
    assert all("acsa" in name for name in left if name.startswith("bridge"))


def test_another_shape_and_an_empty_folder_are_refused(published: tuple[torch.nn.Module, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="differs"):
        start_from_qwen3_vl(member("superset", width=64), published[1])
    with pytest.raises(ModelError, match=r"config\.json"):
        start_from_qwen3_vl(member("superset"), tmp_path)
    settings = (published[1] / "config.json").read_text(encoding="utf-8")
    (tmp_path / "config.json").write_text(settings, encoding="utf-8")
    with pytest.raises(ModelError, match="safetensors"):
        start_from_qwen3_vl(member("superset"), tmp_path)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("vision_config", "num_heads", 4), ("vision_config", "deepstack_visual_indexes", [0, 1, 3]),
     ("text_config", "num_attention_heads", 8), ("text_config", "rms_norm_eps", 1e-5),
     (None, "model_type", "qwen2_vl")],
)  # fmt: skip
def test_what_no_shape_tells_is_compared_too(
    part: str | None, name: str, value: object, published: tuple[torch.nn.Module, Path], tmp_path: Path
) -> None:
    settings = json.loads((published[1] / "config.json").read_text(encoding="utf-8"))
    (settings if part is None else settings[part])[name] = value
    (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(ModelError, match=f"{name} of .* differs"):
        start_from_qwen3_vl(member("superset"), tmp_path)
