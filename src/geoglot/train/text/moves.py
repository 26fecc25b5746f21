"""The optimisers of a stage: what changes, how fast, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypedDict

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from geoglot.errors import InputError
from geoglot.train.muon import Muon
from geoglot.train.text.processes import whole
from geoglot.train.text.recipe import Stage, TokenRecipe


class Group(TypedDict):
    """Parameters of equal peak rate and decay, as torch's optimisers take them."""

    params: list[nn.Parameter]
    lr: float
    peak: float
    weight_decay: float


ADAM_SHARE = 0.05
"""Of Muon's rate, for what AdamW moves beside it: 7e-4 beside 0.014. Source: nano-plan, section 7, not tuned."""


def optimisers(recipe: TokenRecipe, model: nn.Module, stage: Stage) -> dict[str, Optimizer]:
    """Freeze what the stage does not train and give optimisers, by title, for what it does.

    With Muon, matrices but embeddings and outputs go to it and all else to AdamW. Vectors do not decay. Raises
    InputError if a pattern fits no parameter, or for Muon in several processes: it needs whole matrices.
    """
    chosen: dict[str, list[Group]] = {}
    for name, parameter in model.named_parameters():
        rate = stage.rate_of(name)
        parameter.requires_grad_(rate is not None)
        if rate is None:
            continue
        turned = stage.optimiser == "muon" and parameter.ndim >= 2 and not _spoken(model, name)
        peak = rate * ADAM_SHARE if stage.optimiser == "muon" and not turned else rate
        decay = recipe.weight_decay if parameter.ndim >= 2 else 0.0
        group: Group = {"params": [parameter], "lr": peak, "peak": peak, "weight_decay": decay}
        chosen.setdefault("muon" if turned else "adam", []).append(group)
    _check(model, stage)
    titled: dict[str, Optimizer] = {}
    if "adam" in chosen:
        titled["adam"] = AdamW(_joined(chosen["adam"]), betas=recipe.betas)
    if "muon" in chosen:
        if torch.distributed.is_initialized():
            raise InputError("Muon needs whole matrices, which several processes do not hold", value=stage.name,
                             hint="train this stage with adamw, or in one process")  # fmt: skip
        titled["muon"] = Muon(_joined(chosen["muon"]), momentum=0.95)  # type: ignore[arg-type] # groups, as torch takes
    return titled


def move(model: nn.Module, moving: Mapping[str, Optimizer], *, warmth: float, clip: float) -> float:
    """Make one step at a share of the peak rates, gradients cut to a norm of `clip`; give their norm before.

    No step is made where the norm is not finite. Gradients are gone afterwards.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trained:
        if parameter.grad is None:  # as in several processes, where what nobody touched has a gradient of zero
            parameter.grad = torch.zeros_like(parameter)
    norm = nn.utils.clip_grad_norm_(trained, clip)
    size = whole(norm)
    if size < float("inf"):  # neither infinite nor nan
        for optimiser in moving.values():
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * warmth
            optimiser.step()
    for parameter in trained:
        parameter.grad = None
    return size


def _check(model: nn.Module, stage: Stage) -> None:
    names = [name for name, _ in model.named_parameters()]
    for one in stage.trained:
        if not any(fnmatchcase(name, one.names) for name in names):
            raise InputError(f"stage {stage.name} trains what the model does not have", value=one.names,
                             expected=f"a pattern for names like {', '.join(names[:3])}")  # fmt: skip


def _spoken(model: nn.Module, name: str) -> bool:
    """Whether a parameter belongs to words: an embedding, or the output layer."""
    owner = model.get_submodule(name.rpartition(".")[0])
    return isinstance(owner, nn.Embedding) or "output" in name.split(".")


def _joined(groups: Iterable[Group]) -> list[dict[str, object]]:
    """Put parameters of equal rate and decay into one group: far fewer, larger operations."""
    joined: dict[tuple[float, float], Group] = {}
    for group in groups:
        known = joined.setdefault((group["peak"], group["weight_decay"]), {**group, "params": []})
        known["params"].extend(group["params"])
    return [{**group} for group in joined.values()]
