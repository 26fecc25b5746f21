"""What a token run has to remember, saved in pieces by every process and read back by any number of them.

Written with torch.distributed.checkpoint into a folder that `train.checkpoint` then names: whole, or not there.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load as load_pieces
from torch.distributed.checkpoint.state_dict_saver import save as save_pieces
from torch.optim import Optimizer

from geoglot.errors import ModelError
from geoglot.train import checkpoint
from geoglot.train.checkpoint import Checkpoint

STATE = "state."


def save(out: Path, step: int, tensors: Mapping[str, Tensor], manifest: Mapping[str, object]) -> None:
    """Save a checkpoint; every process has to call it. manifest: what to write beside the tensors, of JSON's types."""
    first = not dist.is_initialized() or dist.get_rank() == 0
    draft = checkpoint.drafted(out, step) if first else checkpoint.draft_of(out, step)
    _meet()
    with _quiet():
        save_pieces(dict(tensors), checkpoint_id=draft, no_dist=not dist.is_initialized())
    _meet()
    if first:
        sizes = {path.name: path.stat().st_size for path in sorted(draft.iterdir())}
        checkpoint.publish(out, step, {"step": step, "bytes": sizes, **manifest})
    _meet()


def manifest_of(found: Checkpoint) -> dict[str, object]:
    """Read what was written beside the tensors. Raises ModelError if a file is missing or has another size."""
    said: dict[str, object] = json.loads((found.folder / "manifest.json").read_text(encoding="utf-8"))
    sizes = said.get("bytes")
    if not isinstance(sizes, dict):
        raise ModelError("this is no checkpoint of a token model", value=found.folder.name,
                         expected="a manifest that names files and their bytes")  # fmt: skip
    for name, size in sizes.items():
        path = found.folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise ModelError("a checkpoint has changed since it was written", value=name, expected=f"{size} bytes",
                             hint=f"remove {found.folder.name} to resume from the one before")  # fmt: skip
    return said


def gathered(model: nn.Module, optimisers: Mapping[str, Optimizer]) -> dict[str, Tensor]:
    """Give everything by name: model.*, and each optimiser's state by the name of the parameter."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    for title, optimiser in optimisers.items():
        for parameter, state in optimiser.state.items():
            tensors |= {f"{STATE}{title}.{names[parameter]}.{key}": value for key, value in state.items()}
    return tensors


def restore(found: Checkpoint, model: nn.Module, optimisers: Mapping[str, Optimizer]) -> None:
    """Put everything back, cut as this run's processes hold it. Raises ModelError if the model is another one."""
    known = FileSystemReader(found.folder).read_metadata()
    _prepare(known, model, optimisers)
    tensors = gathered(model, optimisers)
    there = {name for name, value in known.state_dict_metadata.items() if isinstance(value, TensorStorageMetadata)}
    if differing := sorted(set(tensors) ^ there):
        raise ModelError("the checkpoint is of another model", value=differing[:3],
                         hint="resume with the recipe and settings that it was made with")  # fmt: skip
    with _quiet():
        load_pieces(tensors, checkpoint_id=found.folder, no_dist=not dist.is_initialized())
    for name, value in model.state_dict().items():
        value.copy_(tensors[f"model.{name}"])


def weights(found: Checkpoint) -> dict[str, Tensor]:
    """Read the model's tensors alone, whole, in this process."""
    known = FileSystemReader(found.folder).read_metadata()
    tensors = {
        name: torch.empty(value.size, dtype=value.properties.dtype)
        for name, value in known.state_dict_metadata.items()
        if isinstance(value, TensorStorageMetadata) and name.startswith("model.")
    }
    with _quiet():
        load_pieces(tensors, checkpoint_id=found.folder, no_dist=True)
    return {name.removeprefix("model."): value for name, value in tensors.items()}


def _prepare(known: Metadata, model: nn.Module, optimisers: Mapping[str, Optimizer]) -> None:
    """Give the optimisers empty state to be filled: they make their own only with their first step."""
    for title, optimiser in optimisers.items():
        mine = {parameter for group in optimiser.param_groups for parameter in group["params"]}
        for name, parameter in model.named_parameters():
            start = f"{STATE}{title}.{name}."
            for key, value in known.state_dict_metadata.items():
                inner = key.removeprefix(start)
                if parameter in mine and inner != key and "." not in inner and isinstance(value, TensorStorageMetadata):
                    whole = torch.zeros(value.size, dtype=value.properties.dtype)
                    alike = value.size == parameter.shape
                    optimiser.state[parameter][inner] = torch.zeros_like(parameter) if alike else whole


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warning that a single process is saved or loaded, which is meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled", category=UserWarning)
        yield


def _meet() -> None:
    if dist.is_initialized():
        dist.barrier()
