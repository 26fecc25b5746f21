"""Where a member begins: published weights in local folders. Nothing is fetched, no pickle is read, no code is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoglot.errors import InputError, ModelError
from geoglot.models import folder as model_folder
from geoglot.nets import deepseek_vl2, siglip
from geoglot.nets.deepseek_vl2 import start_from_deepseek_vl2
from geoglot.nets.family import Member
from geoglot.nets.pretrained import KINDS as WRITERS
from geoglot.nets.qwen3_vl import start_from_qwen3_vl
from geoglot.nets.siglip import start_from_siglip, start_writer

Begin = Callable[[Member, Path], object]

STARTS: Mapping[str, Begin] = {
    "qwen3_vl": start_from_qwen3_vl,
    deepseek_vl2.KIND: start_from_deepseek_vl2,
    **dict.fromkeys(siglip.KINDS, start_from_siglip),
    **dict.fromkeys(WRITERS, start_writer),
}
"""By `model_type` what lets a member begin as such a folder."""

_DENSE = ("qwen3_vl", *siglip.KINDS, *WRITERS)
BEGINS: Mapping[str, tuple[str, ...]] = {
    "superset": _DENSE,
    "earth-onevision": _DENSE,
    "ringmo-agent": (deepseek_vl2.KIND,),
}
"""By recipe the kinds of folders that it can begin from."""

SPEAKING = ("qwen3_vl", deepseek_vl2.KIND, *WRITERS)
"""Kinds that bring a writer, and with it the words that the member begins with."""

TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Published:
    """A folder of published weights. kind: its `model_type`. sha256: over its weights."""

    folder: Path
    kind: str
    sha256: str

    @property
    def told(self) -> str:
        """As a run keeps it."""
        return f"{self.kind} {self.sha256}"


def published(folder: Path, recipe: str) -> Published:
    """Look at a folder that a recipe is to begin from.

    Raises ModelError for a folder that is not whole, brings code or pickles, or is of another kind; InputError for a
    recipe that has no published start.
    """
    if recipe not in BEGINS:
        raise InputError("this recipe has no published start", value=recipe, expected=" or ".join(BEGINS))
    kind = model_folder.checked(folder, kind="transformers").get("model_type")
    if kind not in BEGINS[recipe]:
        raise ModelError("this recipe cannot begin from such a model", value=f"{folder.name}, {kind}",
                         expected=f"for {recipe} a folder of {', '.join(BEGINS[recipe])}")  # fmt: skip
    if kind in SPEAKING and not (folder / TOKENIZER).is_file():
        raise ModelError("the folder has no words of its writer", value=str(folder), expected=TOKENIZER)
    return Published(folder, str(kind), model_folder.sha256(model_folder.weights(folder)))


def begin(member: Member, starts: Sequence[Published]) -> None:
    """Let a member begin as published ones, one after the other: a whole model, or its parts. Raises ModelError."""
    for one in starts:
        STARTS[one.kind](member, one.folder)


def words_of(starts: Sequence[Published]) -> Path | None:
    """Give the tokenizer that the member begins with, None if no folder has a writer.

    Raises InputError for two writers.
    """
    speaking = [one.folder / TOKENIZER for one in starts if one.kind in SPEAKING]
    if len(speaking) > 1:
        raise InputError("a member begins with one writer", value=[one.parent.name for one in speaking],
                         expected="a whole model, or one folder for the eye and one for the writer")  # fmt: skip
    return speaking[0] if speaking else None
