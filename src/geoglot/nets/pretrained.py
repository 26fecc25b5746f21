"""Writers as others publish them: a folder with `config.json` and safetensors in the names of transformers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from geoglot.errors import ModelError
from geoglot.nets.writer import Writer, WriterConfig

KINDS = ("llama", "qwen3")
"""Values of `model_type` whose arithmetic `Writer` repeats exactly."""

INSIDE = {
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.out": "self_attn.o_proj",
    "mlp_norm": "post_attention_layernorm",
    "mlp.gate": "mlp.gate_proj",
    "mlp.up": "mlp.up_proj",
    "mlp.down": "mlp.down_proj",
}
"""Layers of one layer of a writer, and what transformers calls them."""

_QK_NORM = {"attention.query_norm": "self_attn.q_norm", "attention.key_norm": "self_attn.k_norm"}


def writer_from_folder(folder: Path) -> Writer:
    """Load a Llama or Qwen3 writer in float32.

    Raises ModelError if files are missing, the kind is another one, or weights do not fit the configuration.
    """
    config = writer_config(settings_in(folder))
    state = tensors_in(folder)
    with torch.device("meta"):
        writer = Writer(config)
    writer.load_state_dict(writer_state(config, state), assign=True)
    return writer.requires_grad_(True)


def tensors_in(folder: Path) -> dict[str, Tensor]:
    """Read all safetensors of a folder in float32. Raises ModelError if there are none."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelError("the folder has no safetensors", value=str(folder), hint="pickled weights are not opened")
    return {name: tensor.float() for file in files for name, tensor in load_file(file).items()}


def settings_in(folder: Path) -> Mapping[str, object]:
    """Read the `config.json` of a folder of transformers. Raises ModelError if there is none."""
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError("the folder has no config.json", value=str(folder), expected="a model folder of transformers")
    values: Mapping[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return values


def agree(theirs: Mapping[str, object], mine: Mapping[str, object], *, of: str) -> None:
    """Compare what no shape of a weight tells. Raises ModelError for a value that is another one, or is not told."""
    for name, value in mine.items():
        if theirs.get(name) != value:
            raise ModelError(f"the {name} of {of} differs", value=theirs.get(name), expected=str(value))


def part(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Give the part of that name of a `config.json`, empty if there is none."""
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


Turned = Callable[[Tensor, str], Tensor]
"""A published weight, and whose it becomes, to how geoglot holds it."""


@torch.no_grad()
def take_over(
    model: nn.Module, published: Mapping[str, Tensor], names: Mapping[str, Sequence[str]], *, of: str, turned: Turned
) -> set[str]:
    """Fill the weights of a model that are named, in float32, each from one published weight or several in a row.

    Gives the names of those filled. Raises ModelError if a published weight is missing or has another shape.
    """
    own = model.state_dict()
    for name, theirs in names.items():
        if missing := [one for one in theirs if one not in published]:
            raise ModelError(f"a weight of {of} is missing", value=missing[0], expected="its complete checkpoint")
        if name not in own:
            raise ModelError(f"this member has no part that {of} can begin", value=name, expected="one of its shape")
        each = [turned(published[one], name) for one in theirs]
        fill(own[name], torch.cat(each) if len(each) > 1 else each[0], name)
    return set(names)


def fill(own: Tensor, published: Tensor, name: str) -> None:
    """Copy a weight of a member. A vocabulary may be longer than the published one; ModelError for other shapes."""
    words = name in ("writer.words.weight", "writer.output.weight")
    if own.shape[1:] != published.shape[1:] or len(own) < len(published) or (len(own) > len(published) and not words):
        raise ModelError(f"the shape of {name} differs", value=tuple(published.shape), expected=str(tuple(own.shape)))
    own[: len(published)].copy_(published)


def writer_config(values: Mapping[str, object]) -> WriterConfig:
    """Read the shape from the values of a `config.json`.

    Raises ModelError for a kind, a rotary scaling, an activation or biases that `Writer` does not repeat.
    """
    kind = values.get("model_type")
    if kind not in KINDS:
        raise ModelError("no writer of that kind", value=kind, expected=" or ".join(KINDS))
    if values.get("attention_bias") or values.get("mlp_bias"):
        raise ModelError(
            "writers with biases are not repeated here", value=kind, expected="no attention_bias, mlp_bias"
        )
    if values.get("hidden_act", "silu") != "silu" or values.get("use_sliding_window"):
        raise ModelError(
            "the writer's arithmetic differs", value=values.get("hidden_act"), expected="silu, full window"
        )
    width, heads = _whole(values, "hidden_size"), _whole(values, "num_attention_heads")
    return WriterConfig(
        vocab=_whole(values, "vocab_size"),
        width=width,
        layers=_whole(values, "num_hidden_layers"),
        heads=heads,
        kv_heads=_whole(values, "num_key_value_heads", heads),
        head_dim=_whole(values, "head_dim", width // heads),
        mlp=_whole(values, "intermediate_size"),
        rope_theta=_theta(values),
        eps=_number(values, "rms_norm_eps", 1e-6),
        tied=bool(values.get("tie_word_embeddings", False)),
        qk_norm=kind == "qwen3",
    )


def writer_state(config: WriterConfig, published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give the weights under geoglot's names. Raises ModelError if some are missing, left over or of other shapes."""
    names = published_names(config)
    missing = sorted(set(names.values()) - published.keys())
    surplus = sorted(published.keys() - set(names.values()) - {"lm_head.weight"})
    if missing or surplus:
        raise ModelError(
            "the weights do not fit the configuration", value=f"missing {missing[:3]}, extra {surplus[:3]}"
        )
    return {own: published[theirs] for own, theirs in names.items()}


def published_names(config: WriterConfig) -> dict[str, str]:
    """Give the name in transformers of every weight of a dense writer. Raises ModelError for a mixture of experts."""
    if config.experts is not None:
        raise ModelError("a mixture of experts has no names in Llama or Qwen3", value=config.experts)
    inside = {**INSIDE, **(_QK_NORM if config.qk_norm else {})}
    names = {"words.weight": "model.embed_tokens.weight", "norm.weight": "model.norm.weight"}
    for index in range(config.layers):
        for own, theirs in inside.items():
            names[f"layers.{index}.{own}.weight"] = f"model.layers.{index}.{theirs}.weight"
    return names if config.tied else {**names, "output.weight": "lm_head.weight"}


def save_writer(writer: Writer, folder: Path) -> None:
    """Write `config.json` and `model.safetensors` as transformers reads them; the folder is made."""
    config = writer.config
    names = published_names(config)
    folder.mkdir(parents=True, exist_ok=True)
    state = writer.state_dict()
    save_file({theirs: state[own].contiguous() for own, theirs in names.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(_settings(config), indent=2) + "\n", encoding="utf-8")


def _settings(config: WriterConfig) -> dict[str, object]:
    kind = "qwen3" if config.qk_norm else "llama"
    return {
        "architectures": ["Qwen3ForCausalLM" if config.qk_norm else "LlamaForCausalLM"],
        "model_type": kind,
        "vocab_size": config.vocab,
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "intermediate_size": config.mlp,
        "hidden_act": "silu",
        "rms_norm_eps": config.eps,
        "rope_theta": config.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_theta},
        "tie_word_embeddings": config.tied,
        "attention_bias": False,
    }


def _theta(values: Mapping[str, object]) -> float:
    """Read the rotary base: `rope_parameters` since transformers 5, `rope_theta` and `rope_scaling` before."""
    told = values.get("rope_parameters") or values.get("rope_scaling") or {}
    if not isinstance(told, Mapping) or told.get("rope_type", told.get("type", "default")) != "default":
        raise ModelError("scaled rotary positions are not repeated here", value=told, expected="rope_type default")
    return rope_theta(values)


def rope_theta(values: Mapping[str, object]) -> float:
    """Give the base of rotary positions, of whatever kind they are."""
    told = part(values, "rope_parameters") or part(values, "rope_scaling")
    return _number(told if "rope_theta" in told else values, "rope_theta", 10_000.0)


def _whole(values: Mapping[str, object], key: str, absent: int | None = None) -> int:
    value = values.get(key) if values.get(key) is not None else absent
    if not isinstance(value, int):
        raise ModelError(f"config.json does not tell {key}", value=value, expected="a whole number")
    return value


def _number(values: Mapping[str, object], key: str, absent: float) -> float:
    value = values.get(key, absent)
    if not isinstance(value, int | float):
        raise ModelError(f"config.json does not tell {key}", value=value, expected="a number")
    return float(value)
