"""`WriterFolder`: what a folder with writer.json holds, checked before anything in it is run.

    writer.json      this manifest
    writer.onnx      the writer's graph, see `train.export_writer` (and writer.weights, where they are large)
    tokenizer.json   of the library tokenizers, byte pairs
    look.onnx        optional: pictures to tokens, see `pictures`
    MODEL_CARD.md    what it was trained on, how well it does, its licence

    {"format": "geoglot-writer/1", "name": "small", "files": {"writer.onnx": "<sha256>", …},
     "shape": {"vocab": …, "width": …, "layers": …, "kv_heads": …, "head_dim": …, "length": …, "injected": 0},
     "tokens": {"picture": "<image>", "end": ["<end>"], "silent": []},
     "turns": {"system": "", "user": "<user>{pictures}{text}<end>", "assistant": "<answer>{text}<end>"},
     "codec": "geoglot-tokens", "pictures": {"side": 256, "tokens": 65, "frames": 4}, "unsure_below": 0.5}

"pictures" is null for a writer that sees none. `{pictures}` becomes as many picture tokens as the frames have; the
answer begins where the assistant's `{text}` stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geoglot.errors import ModelError
from geoglot.models import folder as model_folder
from geoglot.models.autoregressive.decoder import Shape

MANIFEST = "writer.json"
FORMAT = "geoglot-writer/1"
GRAPH, TOKENIZER, LOOK = "writer.onnx", "tokenizer.json", "look.onnx"
PICKLED = (b"\x80", b"PK\x03\x04")  # a pickle, and the zip that torch.save writes around one
SIZES = ("vocab", "width", "layers", "kv_heads", "head_dim", "length", "injected")


@dataclass(frozen=True, slots=True)
class Turns:
    """How each kind of turn is written, `{text}` and, for the user's first, `{pictures}` filled in."""

    user: str
    assistant: str
    system: str = ""

    def __post_init__(self) -> None:
        if "{text}" not in self.user or "{text}" not in self.assistant:
            raise ValueError("turns without {text}")


@dataclass(frozen=True, slots=True)
class Sight:
    """What the picture graph takes and gives. side: pixels a side of a picture; tokens: of each; frames: the most."""

    side: int
    tokens: int
    frames: int


@dataclass(frozen=True, slots=True)
class WriterFolder:
    """A writer's folder, verified. sha256: over all its files. codec: how it writes places."""

    path: Path
    name: str
    sha256: str
    shape: Shape
    picture: str
    end: tuple[str, ...]
    silent: tuple[str, ...]
    turns: Turns
    codec: str
    sight: Sight | None
    unsure_below: float


def opened(path: Path) -> WriterFolder:
    """Read a folder. Raises ModelError if it does not follow its format, or a file is missing, changed or pickled."""
    said: Mapping[str, Any] = model_folder.read_json(path / MANIFEST)
    if said.get("format") != FORMAT:
        raise ModelError("the writer's folder is of another format", value=said.get("format"), expected=FORMAT)
    try:
        files = {str(name): str(digest) for name, digest in said["files"].items()}
        needed = {GRAPH, TOKENIZER, *([LOOK] if said["pictures"] else [])}
        if missing := needed - files.keys():
            raise ValueError(f"files without {', '.join(sorted(missing))}")
        tokens = said["tokens"]
        found = WriterFolder(
            path=path,
            name=str(said["name"]),
            sha256=model_folder.sha256(tuple(_verified(path, name, files[name]) for name in sorted(files))),
            shape=Shape(**{name: int(said["shape"][name]) for name in SIZES}),
            picture=str(tokens["picture"]),
            end=tuple(map(str, tokens["end"])),
            silent=tuple(map(str, tokens.get("silent", ()))),
            turns=Turns(**{name: str(text) for name, text in said["turns"].items()}),
            codec=str(said["codec"]),
            sight=Sight(**{name: int(count) for name, count in said["pictures"].items()}) if said["pictures"] else None,
            unsure_below=float(said["unsure_below"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{MANIFEST} does not follow its format", value=f"{type(error).__name__}: {error}",
                         expected=f"format {FORMAT}, see geoglot.models.autoregressive.folder") from error  # fmt: skip
    return found


def write_manifest(path: Path, folder: WriterFolder, files: Sequence[str]) -> None:
    """Write writer.json for a folder whose files lie in `path`; name and hash of each are put down."""
    document = {
        "format": FORMAT,
        "name": folder.name,
        "files": {name: model_folder.sha256((path / name,)) for name in sorted(files)},
        "shape": asdict(folder.shape),
        "tokens": {"picture": folder.picture, "end": list(folder.end), "silent": list(folder.silent)},
        "turns": asdict(folder.turns),
        "codec": folder.codec,
        "pictures": asdict(folder.sight) if folder.sight else None,
        "unsure_below": folder.unsure_below,
    }
    draft = path / f"{MANIFEST}.draft"
    draft.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path / MANIFEST)


def _verified(folder: Path, name: str, digest: str) -> Path:
    """A file of the folder itself, once its bytes are those the manifest names."""
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise ModelError("a file of the writer is not there", value=name, expected=f"a file in {folder}")
    with path.open("rb") as stream:
        if stream.read(4).startswith(PICKLED):
            raise ModelError("a file of the writer is a pickle, which can run any code", value=str(path))
    found = model_folder.sha256((path,))
    if found != digest:
        raise ModelError(
            "a file of the writer has changed since its manifest was written", value=found, expected=digest
        )
    return path
