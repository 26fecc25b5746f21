"""`Checkpoint`: all that a run needs to go on, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from geoglot.errors import ModelError

KEPT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder `step-000123` with tensors.safetensors and, written last, manifest.json."""

    folder: Path
    step: int


def save(out: Path, step: int, tensors: Mapping[str, Tensor], recipe: Mapping[str, object]) -> Checkpoint:
    """Write a checkpoint under a temporary name, then rename; older ones but one are removed."""
    path = drafted(out, step) / "tensors.safetensors"
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)
    return publish(out, step, {"step": step, "sha256": _sha256(path), "recipe": dict(recipe)})


def draft_of(out: Path, step: int) -> Path:
    """Give the folder where a checkpoint is written before it is one."""
    return out / f".draft-{step:06d}"


def drafted(out: Path, step: int) -> Path:
    """Give an empty folder to write a checkpoint's files into; no checkpoint until `publish`."""
    draft = draft_of(out, step)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def publish(out: Path, step: int, manifest: Mapping[str, object]) -> Checkpoint:
    """Make the draft of a step a checkpoint in one rename, once all of it is on the disk; remove older ones but one.

    A checkpoint of the same step stays: a run that resumed from it and saves at once has nothing newer to say.
    """
    folder, draft = out / f"step-{step:06d}", draft_of(out, step)
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=1, default=str), encoding="utf-8")
    for path in (*draft.iterdir(), draft):
        _flush(path)
    if not (folder / "manifest.json").exists():
        os.replace(draft, folder)
        _flush(out)
    leftovers = [*(old.folder for old in _all(out)[:-KEPT]), *out.glob(".draft-*"), *out.glob(".gone-*")]
    for number, old in enumerate(leftovers):
        gone = out / f".gone-{number}-{os.getpid()}"  # renamed first: a half-removed folder is no checkpoint
        os.replace(old, gone)
        shutil.rmtree(gone, ignore_errors=True)
    return Checkpoint(folder, step)


def newest(out: Path) -> Checkpoint | None:
    """Give the newest complete checkpoint, or None."""
    found = _all(out)
    return found[-1] if found else None


def load(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Read its tensors. Raises ModelError if the file is not the one that the manifest names."""
    path = checkpoint.folder / "tensors.safetensors"
    manifest = json.loads((checkpoint.folder / "manifest.json").read_text(encoding="utf-8"))
    found = _sha256(path)
    if found != manifest["sha256"]:
        raise ModelError("a checkpoint has changed since it was written", value=found, expected=manifest["sha256"],
                         hint=f"remove {checkpoint.folder.name} to resume from the one before")  # fmt: skip
    return load_file(path)


def gathered(model: nn.Module, ema: Mapping[str, Tensor], optimisers: Mapping[str, Optimizer]) -> dict[str, Tensor]:
    """Give everything by name: model.*, ema.*, and each optimiser's state by parameter number."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in ema.items()}
    for title, optimiser in optimisers.items():
        for number, state in optimiser.state_dict()["state"].items():
            tensors |= {f"{title}.{number}.{key}": value for key, value in state.items()}
    return tensors


def restore(
    tensors: Mapping[str, Tensor], model: nn.Module, ema: dict[str, Tensor], optimisers: Mapping[str, Optimizer]
) -> None:
    """Put everything back where `gathered` took it."""
    model.load_state_dict(part(tensors, "model"))
    ema.update(part(tensors, "ema"))
    for title, optimiser in optimisers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in part(tensors, title).items():
            number, key = name.split(".", 1)
            state.setdefault(int(number), {})[key] = value
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def part(tensors: Mapping[str, Tensor], title: str) -> dict[str, Tensor]:
    """Give the tensors under one title, without it."""
    return {name.removeprefix(f"{title}."): value for name, value in tensors.items() if name.startswith(f"{title}.")}


def _flush(path: Path) -> None:
    """Have the disk hold what was written to a file or folder."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _all(out: Path) -> list[Checkpoint]:
    folders = sorted(path for path in out.glob("step-*") if (path / "manifest.json").exists())
    return [Checkpoint(folder, int(folder.name.removeprefix("step-"))) for folder in folders]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
