"""Published parts one by one: a SigLIP encoder for stems and trunk, a Llama or Qwen3 for the writer.

The start of sizes for which no whole model is published, as the base of Earth-OneVision and of the superset: their
trunk has the shape of SigLIP 2 (patch 16, 512 px), their writer that of Qwen3-0.6B. What lies between begins untaught.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from geoglot.errors import ModelError
from geoglot.nets.family import Member
from geoglot.nets.pretrained import fill, published_names, tensors_in, writer_config

_BLOCK = {
    "attention_norm": "layer_norm1",
    "mlp_norm": "layer_norm2",
    "out": "self_attn.out_proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}
_VISION = "vision_model."


def start_from_siglip(member: Member, folder: Path) -> tuple[str, ...]:
    """Let stems and trunk begin as a SigLIP encoder, in float32; give the trunk's weights without a counterpart.

    A trunk that turns its queries by rows and columns does not give SigLIP's features exactly: that turn is new to it,
    as it was to Qwen3-VL's encoder. SigLIP's last norm is left out where the trunk has none. Raises ModelError if
    files are missing or shapes differ.
    """
    published = tensors_in(folder)
    own = {name: value for name, value in member.state_dict().items() if name.startswith(("trunk.", "stems."))}
    taken = set()
    with torch.no_grad():
        for name, parts in _names(member).items():
            missing = [part for part in parts if _VISION + part not in published]
            if missing:
                raise ModelError("a weight of SigLIP is missing", value=missing[0], expected="its complete checkpoint")
            fill(own[name], _joined([published[_VISION + part] for part in parts]), name)
            taken.add(name)
        member.stems.copy_first()
    return tuple(name for name in own if name.startswith("trunk.") and name not in taken)


def start_writer(member: Member, folder: Path) -> None:
    """Let the writer begin as a Llama or Qwen3 of the same shape, in float32; added words keep their values.

    Raises ModelError if files are missing, or a shape or the arithmetic differs.
    """
    settings = folder / "config.json"
    if not settings.is_file():
        raise ModelError("the folder has no config.json", value=str(folder), expected="a model folder of transformers")
    theirs, mine = writer_config(json.loads(settings.read_text(encoding="utf-8"))), member.config.writer
    for name in ("rope_theta", "eps", "qk_norm", "tied", "heads", "kv_heads"):  # what no shape of a weight tells
        if getattr(theirs, name) != getattr(mine, name):
            raise ModelError(
                f"the writer's {name} differs", value=getattr(theirs, name), expected=str(getattr(mine, name))
            )
    published, own = tensors_in(folder), member.writer.state_dict()
    with torch.no_grad():
        for name, their_name in published_names(mine).items():
            if their_name not in published:
                raise ModelError("a weight of the writer is missing", value=their_name)
            fill(own[name], published[their_name], f"writer.{name}")


def _names(member: Member) -> dict[str, list[str]]:
    """Give the published names that make up every weight of stems and trunk that has any."""
    names = {"trunk.positions": ["embeddings.position_embedding.weight"]}
    parts = {"stems.stems.rgb.project": ["embeddings.patch_embedding"]}
    if member.config.trunk.final_norm:
        parts["trunk.norm"] = ["post_layernorm"]
    for index in range(member.config.trunk.layers):
        own, theirs = f"trunk.layers.{index}", f"encoder.layers.{index}"
        parts |= {f"{own}.{a}": [f"{theirs}.{b}"] for a, b in _BLOCK.items()}
        parts[f"{own}.qkv"] = [f"{theirs}.self_attn.{part}_proj" for part in "qkv"]
    for own, published in parts.items():
        names |= {f"{own}.{kind}": [f"{one}.{kind}" for one in published] for kind in ("weight", "bias")}
    return names


def _joined(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts) if len(parts) > 1 else parts[0]
