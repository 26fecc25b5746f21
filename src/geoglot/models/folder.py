"""What a model folder must hold before anything in it is run: whole, hashed, no code, no pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from geoglot.errors import ModelError

PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy"}


def checked(folder: Path, *, kind: str) -> dict[str, object]:
    """Give the folder's config.json after checking the folder. kind: for the messages ("transformers").

    Raises ModelError if a file is missing, weights are only there as a pickle, or code comes with it.
    """
    path = folder / "config.json"
    if not folder.is_dir() or not path.is_file():
        raise ModelError(f"this is no {kind} folder", value=str(folder), expected="a folder with config.json")
    config = read_json(path)
    if "auto_map" in config:
        raise ModelError("the folder brings code of its own, which is not run", value=str(folder),
                         expected="an architecture that transformers itself knows")  # fmt: skip
    weights(folder)
    return config


def weights(folder: Path) -> tuple[Path, ...]:
    """Give the safetensors files of a folder, all shards that its index names.

    Raises ModelError if one is missing, or there are only pickles.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = read_json(index).get("weight_map")
        names = sorted({str(name) for name in shards.values()}) if isinstance(shards, dict) else []
        missing = [name for name in names if not (folder / name).is_file() or Path(name).name != name]
        if missing or not names:
            raise ModelError(
                "weights are missing", value=", ".join(missing) or str(index), hint="download the folder again"
            )
        return tuple(folder / name for name in names)
    found = tuple(sorted(folder.glob("*.safetensors")))
    if not found:
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
        raise ModelError(
            "pickled weights are not loaded: they can run code" if pickled else "the folder holds no weights",
            value=", ".join(pickled) or str(folder),
            expected="safetensors",
            hint="convert them with the tool of whoever made them",
        )
    return found


def sha256(paths: tuple[Path, ...]) -> str:
    """Give one SHA-256 over files, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, object]:
    """Give a JSON object from a file. Raises ModelError if it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("the file cannot be read", value=str(path), hint=str(error)) from None
    if not isinstance(found, dict):
        raise ModelError("the file holds no JSON object", value=str(path))
    return found
