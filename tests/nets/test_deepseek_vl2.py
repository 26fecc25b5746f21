"""A member that begins as DeepSeek-VL2 answers as its parts do: SigLIP, the projector, the writer with experts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import save_file  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from transformers.models.deepseek_ocr2.configuration_deepseek_ocr2 import DeepseekOcr2TextConfig  # noqa: E402
from transformers.models.deepseek_ocr2.modeling_deepseek_ocr2 import DeepseekOcr2TextModel  # noqa: E402

from geoglot.errors import ModelError  # noqa: E402
from geoglot.nets.batch import Batch, frame_group  # noqa: E402
from geoglot.nets.bridge import tile_tokens  # noqa: E402
from geoglot.nets.deepseek_vl2 import start_from_deepseek_vl2  # noqa: E402
from geoglot.nets.experts import ExpertsConfig  # noqa: E402
from geoglot.nets.family import FamilyConfig, Member  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402
from geoglot.nets.writer import WriterConfig  # noqa: E402
from geoglot.train.recipes.family import recipe  # noqa: E402
from tests.nets.published import shaken  # noqa: E402

VOCAB, IMAGE, WIDTH, SIDE_PX = 90, 80, 48, 42
EXPERTS = ExpertsConfig(6, 2, 2, 24)


class Published:
    """Its parts at random weights: the same networks as transformers has them, and a projector by hand."""

    def __init__(self) -> None:
        vision = transformers.SiglipVisionConfig(
            hidden_size=32, intermediate_size=56, num_hidden_layers=3, num_attention_heads=2, image_size=SIDE_PX,
            patch_size=14, vision_use_head=False,
        )  # fmt: skip
        self.vision = shaken(transformers.SiglipVisionModel(vision))
        text = DeepseekOcr2TextConfig(
            vocab_size=VOCAB, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=3, num_attention_heads=3,
            num_key_value_heads=3, head_dim=16, moe_intermediate_size=24, n_routed_experts=6, n_shared_experts=2,
            num_experts_per_tok=2, mlp_layer_types=["dense", "sparse", "sparse"],
            rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        )  # fmt: skip
        self.text = shaken(DeepseekOcr2TextModel(text))
        with torch.no_grad():  # experts are chosen clearly, so that rounding chooses no other
            for name, parameter in self.text.named_parameters():
                if name.endswith("mlp.gate.weight"):
                    parameter.mul_(20)
        torch.manual_seed(3)
        self.projector = nn.Sequential(nn.Linear(128, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH)).eval()
        self.head = nn.Linear(WIDTH, VOCAB, bias=False)
        self.line_end, self.separator = torch.randn(WIDTH), torch.randn(WIDTH)

    def projected(self, pixels: Tensor) -> Tensor:
        """(F, 2, 2, D): 3 x 3 patches, filled up to 4 x 4, four channels-first patches a token."""
        seen = self.vision(pixels).last_hidden_state  # (F, 9, 32)
        grid = functional.pad(seen.transpose(1, 2).reshape(-1, 32, 3, 3), (0, 1, 0, 1))
        joined = functional.unfold(grid, kernel_size=2, stride=2).transpose(1, 2)  # (F, 4, 128)
        return self.projector(joined).view(-1, 2, 2, WIDTH)

    def logits(self, frames: Tensor, before: list[int], after: list[int]) -> Tensor:
        """(N, vocab) for a view of the whole and 1 x 2 tiles between words."""
        tokens = self.projected(frames)
        whole = [part for row in tokens[0] for part in (row, self.line_end[None])]
        local = [part for row in range(2) for part in (*tokens[1:, row], self.line_end[None])]
        words = self.text.embed_tokens
        embeds = torch.cat([words(torch.tensor(before)), *whole, self.separator[None], *local,
                            words(torch.tensor(after))])  # fmt: skip
        return self.head(self.text(inputs_embeds=embeds[None]).last_hidden_state[0])

    def save(self, folder: Path) -> None:
        """Under the published names."""
        save_file({name: value.detach().contiguous() for name, value in self._named().items()},
                  folder / "model.safetensors")  # fmt: skip
        (folder / "config.json").write_text('{"model_type": "deepseek_vl_v2"}', encoding="utf-8")

    def _named(self) -> dict[str, Tensor]:
        seen = {name.removeprefix("vision_model."): value for name, value in self.vision.state_dict().items()}
        named = {"image_newline": self.line_end, "view_seperator": self.separator,
                 "vision.pos_embed": seen["embeddings.position_embedding.weight"][None],
                 "language.lm_head.weight": self.head.weight}  # fmt: skip
        layers = {"patch_embed.proj": ["embeddings.patch_embedding"], "norm": ["post_layernorm"]}
        for n in range(3):
            old, new = f"encoder.layers.{n}", f"blocks.{n}"
            layers |= {f"{new}.norm1": [f"{old}.layer_norm1"], f"{new}.norm2": [f"{old}.layer_norm2"],
                       f"{new}.attn.proj": [f"{old}.self_attn.out_proj"], f"{new}.mlp.fc1": [f"{old}.mlp.fc1"],
                       f"{new}.mlp.fc2": [f"{old}.mlp.fc2"],
                       f"{new}.attn.qkv": [f"{old}.self_attn.{part}_proj" for part in "qkv"]}  # fmt: skip
        for new, parts in layers.items():
            for kind in ("weight", "bias"):
                named[f"vision.{new}.{kind}"] = torch.cat([seen[f"{part}.{kind}"] for part in parts])
        named |= {f"projector.layers.{name}": value for name, value in self.projector.state_dict().items()}
        for name, value in self.text.state_dict().items():
            if name.endswith("experts.gate_up_proj"):
                stem = f"language.model.{name.removesuffix('gate_up_proj')}"
                for n, both in enumerate(value):
                    named[f"{stem}{n}.gate_proj.weight"], named[f"{stem}{n}.up_proj.weight"] = both.chunk(2)
            elif name.endswith("experts.down_proj"):
                stem = f"language.model.{name.removesuffix('down_proj')}"
                named |= {f"{stem}{n}.down_proj.weight": one for n, one in enumerate(value)}
            else:
                named[f"language.model.{name}"] = value
        return named


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, Path]:
    folder = tmp_path_factory.mktemp("deepseek-vl2")
    made = Published()
    made.save(folder)
    return made, folder


def member(*, width: int = 32) -> Member:
    config = recipe("ringmo-agent").config
    assert isinstance(config, FamilyConfig)
    assert config.trajectory is not None
    trunk = TrunkConfig(width, 3, 2, 56, patch=14, learned=3, rotary=False)
    writer = WriterConfig(VOCAB + 3, WIDTH, 3, 3, 3, 16, 64, tied=False, experts=EXPERTS)
    torch.manual_seed(0)
    return Member(
        replace(
            config,
            trunk=trunk,
            bridge=replace(config.bridge, hidden=WIDTH),
            writer=writer,
            image=IMAGE,
            trajectory=replace(config.trajectory, token=VOCAB + 2),
        )
    )


@pytest.mark.parametrize("stem", ["rgb", "sar"])
@torch.no_grad()
def test_a_member_begins_as_deepseek_vl2_through_any_of_its_stems(stem: str, published: tuple[Published, Path]) -> None:
    theirs, folder = published
    own = member().eval()
    start_from_deepseek_vl2(own, folder)
    frames = torch.randn(3, 3, SIDE_PX, SIDE_PX)
    before, after = [3, 5], [7, 9, 11]
    ids = [*before, *[IMAGE] * tile_tokens(3, 1, 2), *after]
    batch = Batch(torch.tensor([ids]), (frame_group(stem, frames, places=(0,), tiles=(1, 2)),))
    logits = own.writer.logits(own(batch).hidden)[0, :, :VOCAB]
    torch.testing.assert_close(logits, theirs.logits(frames, before, after), atol=1e-4, rtol=1e-4)


def test_only_heads_have_no_counterpart(published: tuple[Published, Path]) -> None:
    left = start_from_deepseek_vl2(member(), published[1])
    assert {name.split(".")[0] for name in left} == {"trajectory"}


def test_members_of_other_parts_are_refused(published: tuple[Published, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="differs"):
        start_from_deepseek_vl2(member(width=64), published[1])
    (tmp_path / "config.json").write_text('{"model_type": "deepseek_vl_v2"}', encoding="utf-8")
    with pytest.raises(ModelError, match="safetensors"):
        start_from_deepseek_vl2(member(), tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "deepseek_v2"}', encoding="utf-8")
    with pytest.raises(ModelError, match="model_type of the folder differs"):
        start_from_deepseek_vl2(member(), tmp_path)
    dense = member().config
    with pytest.raises(ModelError, match="none that DeepSeek-VL2"):
        start_from_deepseek_vl2(Member(replace(dense, writer=replace(dense.writer, experts=None))), published[1])
