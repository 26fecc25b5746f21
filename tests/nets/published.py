"""Published networks of transformers at a few thousand random weights, and the same weights in geoglot's own parts."""

from __future__ import annotations

import torch
import transformers
from torch import Tensor, nn

from geoglot.nets.stems import PatchStem
from geoglot.nets.swin import Swin, SwinConfig
from geoglot.nets.trunk import Trunk, TrunkConfig


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """Make every weight random, norms and biases too: at their first values of 1 and 0 they would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model.eval()


def copied(own: nn.Module, weights: dict[str, Tensor]) -> None:
    """Load exactly these weights: none may be missing, none left over."""
    own.load_state_dict({name: value.detach().clone() for name, value in weights.items()})
    own.eval()


def siglip_vision() -> tuple[nn.Module, PatchStem, Trunk]:
    """SigLIP: learned positions, no rotation, a norm at the end."""
    config = transformers.SiglipVisionConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2, image_size=42, patch_size=14,
        vision_use_head=False,
    )  # fmt: skip
    theirs = shaken(transformers.SiglipVisionModel(config))
    state = {name.removeprefix("vision_model."): value for name, value in theirs.state_dict().items()}
    stem, trunk = PatchStem(32, 14), Trunk(TrunkConfig(32, 3, 2, 48, patch=14, learned=3, rotary=False))
    copied(stem, _dense("project", state, "embeddings.patch_embedding"))
    weights = {"positions": state["embeddings.position_embedding.weight"], **_dense("norm", state, "post_layernorm")}
    for index in range(3):
        old, new = f"encoder.layers.{index}", f"layers.{index}"
        weights |= _dense(f"{new}.attention_norm", state, f"{old}.layer_norm1")
        weights |= _dense(f"{new}.mlp_norm", state, f"{old}.layer_norm2")
        weights |= _dense(f"{new}.out", state, f"{old}.self_attn.out_proj")
        weights |= _dense(f"{new}.up", state, f"{old}.mlp.fc1") | _dense(f"{new}.down", state, f"{old}.mlp.fc2")
        weights |= _joined(f"{new}.qkv", state, [f"{old}.self_attn.{part}_proj" for part in "qkv"])
    copied(trunk, weights)
    return theirs, stem, trunk


class QwenVision:
    """Qwen3-VL's encoder, fed with images and read row by row; it works on patches in blocks of 2 x 2."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def features(self, pixels: Tensor) -> Tensor:
        """Give (L, d) before merging, row by row."""
        return self._by_rows(self._run(pixels).last_hidden_state, pixels)

    def merged(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give the writer's tokens (L/4, D) and those of each tap."""
        run = self._run(pixels)
        return run.pooler_output, run.deepstack_features

    def _run(self, pixels: Tensor) -> transformers.utils.ModelOutput:
        h, w = pixels.shape[2] // 8, pixels.shape[3] // 8
        blocks = pixels[0].view(3, h // 2, 2, 8, w // 2, 2, 8).permute(1, 4, 2, 5, 0, 3, 6)  # blocks, 2 x 2, C, p, p
        patches = blocks.reshape(h * w, 3, 1, 64).expand(-1, -1, 2, -1).reshape(h * w, -1)  # one frame, twice
        return self.model(patches, grid_thw=torch.tensor([[1, h, w]]))

    def _by_rows(self, tokens: Tensor, pixels: Tensor) -> Tensor:
        h, w = pixels.shape[2] // 8, pixels.shape[3] // 8
        return tokens.view(h // 2, w // 2, 2, 2, -1).transpose(1, 2).reshape(h * w, -1)


def qwen_vision(taps: tuple[int, ...] = (0, 1, 2)) -> tuple[QwenVision, PatchStem, Trunk]:
    """Qwen3-VL's encoder: learned positions interpolated to any size, rotation by rows and columns, no last norm."""
    config = transformers.models.qwen3_vl.configuration_qwen3_vl.Qwen3VLVisionConfig(
        depth=4, hidden_size=32, intermediate_size=48, num_heads=2, patch_size=8, out_hidden_size=48,
        num_position_embeddings=25, deepstack_visual_indexes=list(taps),
    )  # fmt: skip
    theirs = shaken(transformers.models.qwen3_vl.modeling_qwen3_vl.Qwen3VLVisionModel(config))
    state = theirs.state_dict()
    stem = PatchStem(32, 8)
    copied(
        stem,
        {"project.weight": state["patch_embed.proj.weight"].sum(2), "project.bias": state["patch_embed.proj.bias"]},
    )
    trunk = Trunk(TrunkConfig(32, 4, 2, 48, patch=8, taps=taps, learned=5, final_norm=False))
    weights = {"positions": state["pos_embed.weight"]}
    for index in range(4):
        old, new = f"blocks.{index}", f"layers.{index}"
        names = {"attention_norm": "norm1", "mlp_norm": "norm2", "qkv": "attn.qkv", "out": "attn.proj"}
        for own, published in {**names, "up": "mlp.linear_fc1", "down": "mlp.linear_fc2"}.items():
            weights |= _dense(f"{new}.{own}", state, f"{old}.{published}")
    copied(trunk, weights)
    return QwenVision(theirs), stem, trunk


def qwen_merger(model: QwenVision, tap: int | None) -> dict[str, Tensor]:
    """Give the weights of the last merger, or of a tap's, under the names of `Merger`."""
    state = model.model.state_dict()
    old = "merger" if tap is None else f"deepstack_merger_list.{tap}"
    names = {"norm": "norm", "up": "linear_fc1", "down": "linear_fc2"}
    return {key: value for own, name in names.items() for key, value in _dense(own, state, f"{old}.{name}").items()}


class SwinStages:
    """Swin as a backbone: its stages before halving, without the norms of the backbone."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def stages(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Give (F, d, h, w) of each stage."""
        embedded, grid = self.model.embeddings(pixels)
        run = self.model.encoder(
            embedded, grid, output_hidden_states=True, output_hidden_states_before_downsampling=True
        )
        return run.reshaped_hidden_states[1:]

    def last(self, pixels: Tensor) -> Tensor:
        """Give (F, L, d) after the last norm."""
        return self.model(pixels).last_hidden_state


def swin_model() -> tuple[SwinStages, PatchStem, Swin]:
    """Swin of three stages, with windows that shift, and a grid that windows do not fill."""
    config = transformers.SwinConfig(
        image_size=64, patch_size=4, embed_dim=16, depths=[2, 2, 1], num_heads=[2, 2, 4], window_size=3,
        drop_path_rate=0.0,
    )  # fmt: skip
    theirs = shaken(transformers.SwinModel(config, add_pooling_layer=False))
    state = theirs.state_dict()
    stem, trunk = PatchStem(16, 4), Swin(SwinConfig(16, (2, 2, 1), (2, 2, 4), window=3))
    copied(stem, _dense("project", state, "embeddings.patch_embeddings.projection"))
    copied(trunk, swin_weights(state, (2, 2, 1)))
    return SwinStages(theirs), stem, trunk


def swin_weights(state: dict[str, Tensor], depths: tuple[int, ...]) -> dict[str, Tensor]:
    """Rename the weights of transformers' Swin to those of `Swin`."""
    weights = _dense("stem_norm", state, "embeddings.norm") | _dense("norm", state, "layernorm")
    for stage, depth in enumerate(depths):
        for layer in range(depth):
            old, new = f"encoder.layers.{stage}.blocks.{layer}", f"stages.{stage}.{layer}"
            names = {"attention_norm": "layernorm_before", "mlp_norm": "layernorm_after"}
            for own, published in {**names, "up": "mlp.fc1", "down": "mlp.fc2", "out": "attention.o_proj"}.items():
                weights |= _dense(f"{new}.{own}", state, f"{old}.{published}")
            weights |= _joined(f"{new}.qkv", state, [f"{old}.attention.{part}_proj" for part in "qkv"])
            bias = [name for name in state if name.startswith(old) and name.endswith("relative_position_bias_table")]
            weights[f"{new}.bias"] = state[bias[0]]
        if stage < len(depths) - 1:
            weights |= _dense(f"halvings.{stage}.norm", state, f"encoder.layers.{stage}.downsample.norm")
            reduction = state[f"encoder.layers.{stage}.downsample.reduction.weight"]
            weights[f"halvings.{stage}.reduce.weight"] = reduction
    return weights


def _dense(own: str, state: dict[str, Tensor], published: str) -> dict[str, Tensor]:
    return {f"{own}.{part}": state[f"{published}.{part}"] for part in ("weight", "bias")}


def _joined(own: str, state: dict[str, Tensor], published: list[str]) -> dict[str, Tensor]:
    return {f"{own}.{part}": torch.cat([state[f"{name}.{part}"] for name in published]) for part in ("weight", "bias")}
