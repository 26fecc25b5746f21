"""Published weights of Qwen3-VL in the parts of a member: the start of Earth-OneVision and of the superset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from geoglot.nets.bridge import MERGE
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.pretrained import agree, part, published_names, rope_theta, settings_in, take_over, tensors_in

_BLOCK = {
    "attention_norm": "norm1",
    "mlp_norm": "norm2",
    "qkv": "attn.qkv",
    "out": "attn.proj",
    "up": "mlp.linear_fc1",
    "down": "mlp.linear_fc2",
}
_MERGER = {"norm": "norm", "up": "linear_fc1", "down": "linear_fc2"}


def start_from_qwen3_vl(member: Member, folder: Path) -> tuple[str, ...]:
    """Let a member begin as Qwen3-VL, in float32; give the names of its weights that have no counterpart there.

    Those keep their values: heads, tags, attention across scales (which begins without effect), added words. Stems
    that can be copied from the RGB stem are. With words of the published vocabulary alone and places counted token
    by token the member then answers as Qwen3-VL does. Raises ModelError for a folder of another kind, and if files are
    missing or shapes, heads or rotary positions differ.
    """
    _agree(settings_in(folder), member.config)
    names = {own: (theirs,) for own, theirs in _names(member).items()}
    taken = take_over(member, tensors_in(folder), names, of="Qwen3-VL", turned=_flat)
    member.stems.copy_first()
    return tuple(name for name in member.state_dict() if name not in taken)


def _agree(values: Mapping[str, object], config: FamilyConfig) -> None:
    """Refuse another model, and one whose arithmetic differs where no shape of a weight tells."""
    trunk, writer = config.trunk, config.writer
    agree(values, {"model_type": "qwen3_vl"}, of="the folder")
    vision, text = part(values, "vision_config"), part(values, "text_config")
    seen = {"num_heads": trunk.heads, "spatial_merge_size": MERGE, "deepstack_visual_indexes": list(trunk.taps)}
    agree(vision, seen, of="Qwen3-VL's encoder")
    heads = {"num_attention_heads": writer.heads, "num_key_value_heads": writer.kv_heads, "rms_norm_eps": writer.eps}
    agree(text, heads, of="Qwen3-VL's writer")
    agree({"rope_theta": rope_theta(text)}, {"rope_theta": writer.rope_theta}, of="Qwen3-VL's writer")


def _names(member: Member) -> dict[str, str]:
    """Give the published name of every weight of a member that has one."""
    names = {"trunk.positions": "model.visual.pos_embed.weight"}
    parts = {"stems.stems.rgb.project": "model.visual.patch_embed.proj"}
    for index in range(member.config.trunk.layers):
        for own, theirs in _BLOCK.items():
            parts[f"trunk.layers.{index}.{own}"] = f"model.visual.blocks.{index}.{theirs}"
    for own, theirs in _MERGER.items():
        parts[f"bridge.merger.{own}"] = f"model.visual.merger.{theirs}"
        for index in range(len(member.bridge.injectors)):
            parts[f"bridge.injectors.{index}.{own}"] = f"model.visual.deepstack_merger_list.{index}.{theirs}"
    for own, theirs in parts.items():
        names |= {f"{own}.{kind}": f"{theirs}.{kind}" for kind in ("weight", "bias")}
    for own, theirs in published_names(member.config.writer).items():
        names[f"writer.{own}"] = theirs.replace("model.", "model.language_model.", 1)
    return names


def _flat(tensor: Tensor, _: str) -> Tensor:
    """Sum the kernels of the two frames that the patch embedding of Qwen3-VL takes: a still image is shown twice."""
    return tensor.sum(2) if tensor.ndim == 5 else tensor
