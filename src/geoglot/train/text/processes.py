"""The processes of a run: who they are, how the model is shared out among them, and what they agree upon."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from geoglot.train.loop import fast_dtype

EVERY_LESSON = re.compile(r"(?:\w+\.)?(?:trunk\.|writer\.)?layers")
"""Names of lists of layers that are run whatever a lesson holds."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those of the run. dtype: of the multiplications, bfloat16 where that is faster."""

    rank: int
    count: int
    device: torch.device
    dtype: torch.dtype

    @property
    def first(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0


@contextmanager
def processes(*, exact: bool = False) -> Iterator[Processes]:
    """Join the run that torchrun started, or be its only process. exact: multiply in float32 everywhere."""
    count = int(os.environ.get("WORLD_SIZE", "1"))  # set by torchrun, which is how one process learns of the others
    rank, local = int(os.environ.get("RANK", "0")), int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    fast = torch.bfloat16 if device.type == "cuda" else fast_dtype()
    joined = count > 1 and not dist.is_initialized()
    if joined:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(rank, count, device, torch.float32 if exact else fast)
    finally:
        if joined:
            dist.destroy_process_group()


def shared_out(model: nn.Module, among: Processes) -> nn.Module:
    """Have each process hold its part of every parameter: FSDP2, one group for each layer of a list, one for the rest.

    Parameters that a process's batch does not touch (the stem of a sensor, an expert) give gradients of zero. Whole
    layers have to be run by all processes or by none, whatever their batches hold: see `Lesson`.
    """
    model = model.to(among.device)
    if among.count == 1:
        return model
    mesh = init_device_mesh(among.device.type, (among.count,))
    precise = MixedPrecisionPolicy(reduce_dtype=torch.float32)
    if among.device.type == "cuda" and among.dtype is torch.bfloat16:
        precise = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for layer in (layer for layers in layer_groups(model).values() for layer in layers):
        fully_shard(layer, mesh=mesh, mp_policy=precise)
    spread = fully_shard(model, mesh=mesh, mp_policy=precise)
    spread.set_reduce_scatter_unused_params(True)
    return model


def layer_groups(model: nn.Module) -> dict[str, list[nn.Module]]:
    """Give the layers that are a group each, by the name of their list: those that every lesson runs, of the trunk and
    the writer, whatever the model is wrapped in.

    Heads are asked only where their tokens are, so their layers go with the rest, as do the experts of a layer.
    """
    lists = [name for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    chosen = [name for name in lists if EVERY_LESSON.fullmatch(name)]
    return {name: list(model.get_submodule(name).children()) for name in chosen}


def summed(numbers: Sequence[float], among: Processes) -> list[float]:
    """Give the sums of numbers over all processes."""
    if among.count == 1:
        return list(numbers)
    all_of = torch.tensor(numbers, dtype=torch.float64, device=among.device)
    dist.all_reduce(all_of)
    return [float(number) for number in all_of]


def whole(number: torch.Tensor) -> float:
    """Give a number that may be spread over the processes."""
    return float(number.full_tensor() if isinstance(number, DTensor) else number)
