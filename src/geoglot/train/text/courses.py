"""`Course`: a recipe with the model and the feed that belong to it, made from a few folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from geoglot.errors import InputError
from geoglot.train.recipes.nano_ar import PIECES, nano_ar, shape
from geoglot.train.text.evidence_feed import EvidenceFeed
from geoglot.train.text.evidence_writer import EvidenceWriter
from geoglot.train.text.facts import ADDED, Writing
from geoglot.train.text.lessons import Feed
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.seen import Seen, from_json
from geoglot.train.text.vocabulary import Vocabulary

VOCABULARY = "vocabulary.json"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What `loop.train` takes."""

    recipe: TokenRecipe
    model: nn.Module
    feed: Feed


def nano_ar_course(seen: Path, out: Path, *, steps: int = 1500, quick: bool = False) -> Course:
    """Give the course of nano-ar. seen: a folder that `train.text.seen` made. out: keeps the vocabulary.

    Raises InputError if the folder holds no scenes.
    """
    scenes = read_seen(seen)
    recipe = nano_ar(steps=steps, quick=quick)
    vocabulary = vocabulary_of(scenes, out)
    torch.manual_seed(recipe.seed)
    model = EvidenceWriter(shape(len(vocabulary), quick=quick))
    return Course(recipe, model, EvidenceFeed(recipe, {"seen": scenes}, Writing(vocabulary)))


def read_seen(folder: Path) -> list[Seen]:
    """Read the scenes of a folder in their order, also while more are being made."""
    path = folder / "done.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    entries = [json.loads(line.partition(" ")[2]) for line in lines if line.endswith("\n")]
    if not entries:
        raise InputError("there are no seen scenes in the folder", value=str(folder),
                         hint="make some: python -m geoglot.train.text.seen --folder FOLDER")  # fmt: skip
    return [from_json(entry["result"]) for entry in sorted(entries, key=lambda entry: str(entry["item"]))]


def vocabulary_of(scenes: Sequence[Seen], out: Path) -> Vocabulary:
    """Read the vocabulary of a run, or learn it from the questions and replies of its scenes and keep it."""
    path = out / VOCABULARY
    if path.is_file():
        return Vocabulary.read(path)
    texts = [text for scene in scenes for asked in scene.asked for text in (asked.question, asked.reply)]
    vocabulary = Vocabulary.learned(texts, base=PIECES, added=ADDED)
    out.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    vocabulary.write(draft)
    draft.replace(path)
    return vocabulary
