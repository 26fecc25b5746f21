"""Published parts one by one: a SigLIP encoder for stems and trunk, a Llama or Qwen3 for the writer.

The start of sizes for which no whole model is published, as the base of Earth-OneVision and of the superset: their
trunk has the shape of SigLIP 2 (patch 16, 512 px), their writer that of Qwen3-0.6B. What lies between begins untaught.
"""

from __future__ import annotations

from pathlib import Path

from geoglot.errors import ModelError
from geoglot.nets.family import Member
from geoglot.nets.pretrained import agree, part, published_names, settings_in, take_over, tensors_in, writer_config

_BLOCK = {
    "attention_norm": "layer_norm1",
    "mlp_norm": "layer_norm2",
    "out": "self_attn.out_proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}
_VISION = "vision_model."
"""Before the names of an encoder that is part of a whole SigLIP; one that was saved alone may lack it."""

KINDS = ("siglip", "siglip_vision_model")
"""Values of `model_type`; SigLIP 2 of a fixed size says "siglip" too."""


def start_from_siglip(member: Member, folder: Path) -> tuple[str, ...]:
    """Let stems and trunk begin as a SigLIP encoder, in float32; give the trunk's weights without a counterpart.

    A trunk that turns its queries by rows and columns does not give SigLIP's features exactly: that turn is new to it,
    as it was to Qwen3-VL's encoder. SigLIP's last norm is left out where the trunk has none. Raises ModelError for a
    folder of another kind, and if files are missing or shapes or heads differ.
    """
    values = settings_in(folder)
    if values.get("model_type") not in KINDS:
        raise ModelError("the folder is no SigLIP", value=values.get("model_type"), expected=" or ".join(KINDS))
    told = part(values, "vision_config") or values
    agree(told, {"num_attention_heads": member.config.trunk.heads}, of="SigLIP's encoder")
    published = {name.removeprefix(_VISION): tensor for name, tensor in tensors_in(folder).items()}
    taken = take_over(member, published, _names(member), of="SigLIP", turned=lambda tensor, _: tensor)
    member.stems.copy_first()
    return tuple(name for name in member.state_dict() if name.startswith("trunk.") and name not in taken)


def start_writer(member: Member, folder: Path) -> None:
    """Let the writer begin as a Llama or Qwen3 of the same shape, in float32; added words keep their values.

    Raises ModelError if files are missing, or a shape or the arithmetic differs.
    """
    theirs, mine = writer_config(settings_in(folder)), member.config.writer
    told = ("rope_theta", "eps", "qk_norm", "tied", "heads", "kv_heads")  # what no shape of a weight tells
    agree({name: getattr(theirs, name) for name in told}, {name: getattr(mine, name) for name in told}, of="the writer")
    names = {f"writer.{own}": (published,) for own, published in published_names(mine).items()}
    take_over(member, tensors_in(folder), names, of="the writer", turned=lambda tensor, _: tensor)


def _names(member: Member) -> dict[str, list[str]]:
    """Give the published names that make up every weight of stems and trunk that has any."""
    names = {"trunk.positions": ["embeddings.position_embedding.weight"]}
    parts = {"stems.stems.rgb.project": ["embeddings.patch_embedding"]}
    if member.config.trunk.final_norm:
        parts["trunk.norm"] = ["post_layernorm"]
    for index in range(member.config.trunk.layers):
        own, theirs = f"trunk.layers.{index}", f"encoder.layers.{index}"
        parts |= {f"{own}.{a}": [f"{theirs}.{b}"] for a, b in _BLOCK.items()}
        parts[f"{own}.qkv"] = [f"{theirs}.self_attn.{letter}_proj" for letter in "qkv"]
    for own, published in parts.items():
        names |= {f"{own}.{kind}": [f"{one}.{kind}" for one in published] for kind in ("weight", "bias")}
    return names
