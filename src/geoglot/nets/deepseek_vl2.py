"""Published weights of DeepSeek-VL2 in the parts of a member: the start of RingMo-Agent.

A SigLIP encoder under the names of timm, a projector over 2 x 2 patches, a writer with a mixture of experts and plain
attention, as the smallest of the three published models has it. Source: deepseek-ai/DeepSeek-VL2, modelling files.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from geoglot.errors import ModelError
from geoglot.nets.family import Member
from geoglot.nets.pretrained import INSIDE, agree, settings_in, take_over, tensors_in
from geoglot.nets.writer import WriterConfig

KIND = "deepseek_vl_v2"
"""`model_type` of the published models."""

_BLOCK = {
    "attention_norm": "norm1",
    "mlp_norm": "norm2",
    "qkv": "attn.qkv",
    "out": "attn.proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}
_GATED = {"gate": "gate_proj", "up": "up_proj", "down": "down_proj"}


def start_from_deepseek_vl2(member: Member, folder: Path) -> tuple[str, ...]:
    """Let a member that tiles begin as DeepSeek-VL2, in float32; give the names of its weights without a counterpart.

    Those keep their values: heads, added words. All stems begin as the published one. Raises ModelError for a folder of
    another kind, if files are missing or shapes differ, and for a member without experts or tiles.
    """
    config = member.config
    if config.writer.experts is None or config.bridge.layout != "tiles":
        raise ModelError("this member is none that DeepSeek-VL2 can begin", value=config.name,
                         expected="experts and tiles, as of ringmo-agent")  # fmt: skip
    agree(settings_in(folder), {"model_type": KIND}, of="the folder")
    names = {own: (theirs,) for own, theirs in _names(member).items()}
    taken = take_over(member, tensors_in(folder), names, of="DeepSeek-VL2", turned=_turned)
    member.stems.copy_first()
    return tuple(name for name in member.state_dict() if name not in taken and not name.startswith("stems."))


def _names(member: Member) -> dict[str, str]:
    """Give the published name of every weight of a member that has one."""
    names = {
        "trunk.positions": "vision.pos_embed",
        "bridge.line_end": "image_newline",
        "bridge.separator": "view_seperator",  # spelled so
    }
    parts = {
        "stems.stems.rgb.project": "vision.patch_embed.proj",
        "trunk.norm": "vision.norm",
        "bridge.merger.up": "projector.layers.0",
        "bridge.merger.down": "projector.layers.2",
    }
    for index in range(member.config.trunk.layers):
        parts |= {f"trunk.layers.{index}.{own}": f"vision.blocks.{index}.{theirs}" for own, theirs in _BLOCK.items()}
    for own, theirs in parts.items():
        names |= {f"{own}.{kind}": f"{theirs}.{kind}" for kind in ("weight", "bias")}
    return names | {
        f"writer.{own}.weight": f"language.{theirs}.weight" for own, theirs in _writer(member.config.writer)
    }


def _writer(config: WriterConfig) -> list[tuple[str, str]]:
    """The layers of a writer with a mixture of experts, and what DeepSeek calls them."""
    assert config.experts is not None
    found = [("words", "model.embed_tokens"), ("norm", "model.norm"), ("output", "lm_head")]
    for index in range(config.layers):
        own, theirs = f"layers.{index}", f"model.layers.{index}"
        found += [(f"{own}.{a}", f"{theirs}.{b}") for a, b in INSIDE.items() if not a.startswith("mlp.")]
        if index < config.experts.dense_layers:
            networks = [(f"{own}.mlp", f"{theirs}.mlp")]
        else:
            found.append((f"{own}.mlp.router", f"{theirs}.mlp.gate"))
            networks = [(f"{own}.mlp.shared", f"{theirs}.mlp.shared_experts")] if config.experts.shared else []
            networks += [(f"{own}.mlp.experts.{n}", f"{theirs}.mlp.experts.{n}") for n in range(config.experts.routed)]
        found += [(f"{a}.{part}", f"{b}.{name}") for a, b in networks for part, name in _GATED.items()]
    return found


def _turned(tensor: Tensor, name: str) -> Tensor:
    """As the member holds it: places without their row of a batch; the projector's 2 x 2 patches one after the other,
    where the published one has the four values of each channel side by side.
    """
    if name == "trunk.positions":
        return tensor[0]
    if name == "bridge.merger.up.weight":
        return tensor.view(len(tensor), -1, 4).transpose(1, 2).reshape(len(tensor), -1)
    return tensor
