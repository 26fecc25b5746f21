"""`WriterFolder`: what a folder with writer.json holds, checked before anything in it is run.

    writer.json      this manifest
    writer.onnx      the writer's graph, see `train.export_writer` (and writer.weights, where they are large)
    tokenizer.json   of the library tokenizers, byte pairs
    look.onnx        optional: pictures to tokens, see `pictures`
    facts.onnx, point.onnx    optional, together: facts to tokens, and which of them are meant, see `evident`
    path.onnx        optional: a way from the state of one word, see `ways`
    boxes.onnx, mask.onnx     optional: boxes, a mask from the state of one word, see `heads`
    MODEL_CARD.md    what it was trained on, how well it does, its licence

    {"format": "geoglot-writer/1", "name": "small", "files": {"writer.onnx": "<sha256>", …},
     "shape": {"vocab": …, "width": …, "layers": …, "kv_heads": …, "head_dim": …, "length": …, "injected": 0},
     "tokens": {"picture": "<image>", "end": ["<end>"], "silent": []},
     "turns": {"system": "", "user": "{pictures}<ask>{tags}{text}<reply>", "assistant": "{text}<end>"},
     "tags": {"sar": "[SAR]", "count": "[VQA]", …}, "codec": "geoglot-tokens", "unsure_below": 0.5,
     "pictures": {"side": 256, "tokens": 65, "frames": 4, "stems": {"rgb": 3, "sar": 2, "spectral": 0}},
     "path": {"token": "<traj>", "scale_m": 100.0}, "boxes": {"token": "<boxes>"}, "mask": {"token": "<mask>"}}

"pictures" is null for a writer that sees none, "path", "boxes", "mask" for one without such a head. `{pictures}`
becomes as many picture tokens as the frames have; the answer begins where the assistant's `{text}` stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geoglot.errors import ModelError
from geoglot.models import folder as model_folder
from geoglot.models.autoregressive.decoder import Shape

MANIFEST = "writer.json"
FORMAT = "geoglot-writer/1"
GRAPH, TOKENIZER, LOOK = "writer.onnx", "tokenizer.json", "look.onnx"
FACTS, POINT = "facts.onnx", "point.onnx"
WAYS, BOXES, MASK = "path.onnx", "boxes.onnx", "mask.onnx"
HEADS = {"path": WAYS, "boxes": BOXES, "mask": MASK}
"""Heads by their key in the manifest."""

PICKLED = (b"\x80", b"PK\x03\x04")  # a pickle, and the zip that torch.save writes around one
SIZES = ("vocab", "width", "layers", "kv_heads", "head_dim", "length", "injected")


@dataclass(frozen=True, slots=True)
class Turns:
    """How each kind of turn is written: `{text}`, for the user's first `{pictures}`, and for the last, which is to be
    answered, `{tags}` filled in: words that stand for its sensor and its task.
    """

    user: str
    assistant: str
    system: str = ""

    def __post_init__(self) -> None:
        if "{text}" not in self.user or "{text}" not in self.assistant:
            raise ValueError("turns without {text}")


@dataclass(frozen=True, slots=True)
class Sight:
    """What the picture graph takes and gives. side: pixels a side of an image; tokens: of each; frames: the most of a
    scene. stems: bands of each of its inputs for images by name, 0 for any list of bands with their wavelengths.
    """

    side: int
    tokens: int
    frames: int
    stems: Mapping[str, int]

    def __post_init__(self) -> None:
        if not self.stems:
            raise ValueError("pictures without stems")


@dataclass(frozen=True, slots=True)
class Ways:
    """How a writer gives ways. token: the word whose state is one; scale_m: metres that count as 1."""

    token: str
    scale_m: float


@dataclass(frozen=True, slots=True)
class WriterFolder:
    """A writer's folder, verified. sha256: over all its files. codec: how it writes places. tags: words for sensors
    ("sar") and tasks ("count"), as they were taught. boxes, mask: the words whose state is a set of boxes, a mask.
    """

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
    tags: Mapping[str, str] = field(default_factory=dict)
    ways: Ways | None = None
    boxes: str | None = None
    mask: str | None = None


def opened(path: Path) -> WriterFolder:
    """Read a folder. Raises ModelError if it does not follow its format, or a file is missing, changed or pickled."""
    said: Mapping[str, Any] = model_folder.read_json(path / MANIFEST)
    if said.get("format") != FORMAT:
        raise ModelError("the writer's folder is of another format", value=said.get("format"), expected=FORMAT)
    try:
        files = {str(name): str(digest) for name, digest in said["files"].items()}
        needed = {GRAPH, TOKENIZER, *([LOOK] if said["pictures"] else []), *([POINT] if FACTS in files else []),
                  *(graph for name, graph in HEADS.items() if said.get(name))}  # fmt: skip
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
            sight=_sight(said["pictures"]) if said["pictures"] else None,
            unsure_below=float(said["unsure_below"]),
            tags={str(name): str(word) for name, word in said.get("tags", {}).items()},
            ways=Ways(str(said["path"]["token"]), float(said["path"]["scale_m"])) if said.get("path") else None,
            boxes=str(said["boxes"]["token"]) if said.get("boxes") else None,
            mask=str(said["mask"]["token"]) if said.get("mask") else None,
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
        "pictures": {**asdict(folder.sight), "stems": dict(folder.sight.stems)} if folder.sight else None,
        "path": asdict(folder.ways) if folder.ways else None,
        "boxes": {"token": folder.boxes} if folder.boxes else None,
        "mask": {"token": folder.mask} if folder.mask else None,
        "unsure_below": folder.unsure_below,
        "tags": dict(folder.tags),
    }
    draft = path / f"{MANIFEST}.draft"
    draft.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path / MANIFEST)


def _sight(said: Mapping[str, Any]) -> Sight:
    counts = {name: int(count) for name, count in said.items() if name != "stems"}
    return Sight(**counts, stems={str(name): int(bands) for name, bands in said["stems"].items()})


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
