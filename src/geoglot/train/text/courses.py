"""`Course`: a recipe with the model and the feed that belong to it, made from a few folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from geoglot.errors import InputError
from geoglot.nets import tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.regions import codecs
from geoglot.train.recipes.family.recipe import FamilyRecipe
from geoglot.train.recipes.nano_ar import PIECES, nano_ar, shape
from geoglot.train.text import talk
from geoglot.train.text.curricula import curriculum
from geoglot.train.text.evidence_feed import EvidenceFeed
from geoglot.train.text.evidence_writer import EvidenceWriter
from geoglot.train.text.facts import ADDED, Writing
from geoglot.train.text.lessons import Feed
from geoglot.train.text.member_feed import MemberFeed
from geoglot.train.text.member_layout import Layout
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.seen import Seen, from_json
from geoglot.train.text.vocabulary import Vocabulary

VOCABULARY = "vocabulary.json"

CODECS = {"superset": "geoglot-tokens", "earth-onevision": "earth-onevision", "ringmo-agent": "ringmo-agent"}
"""The text form of regions of each recipe."""

ADDED_WORDS = {
    "superset": tokens.superset,
    "earth-onevision": tokens.earth_onevision,
    "ringmo-agent": tokens.ringmo_agent,
}


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
    texts = [text for scene in scenes for asked in scene.asked for text in (asked.question, asked.reply)]
    vocabulary = vocabulary_of(texts, out, base=PIECES, added=ADDED)
    torch.manual_seed(recipe.seed)
    model = EvidenceWriter(shape(len(vocabulary), quick=quick))
    return Course(recipe, model, EvidenceFeed(recipe, {"seen": scenes}, Writing(vocabulary)))


def member_course(
    family: FamilyRecipe,
    talks: Path,
    out: Path,
    *,
    rows: int,
    length: int,
    steps: int | None = None,
    quick: bool = False,
) -> Course:
    """Give the course of a member of the family, from its first weights.

    talks: folder of what `train.text.talk` made. rows, length: of a step, and tokens of a row. steps: of each stage,
    None for the recipe's own. quick: a step of each stage with a few small pictures, made on the spot.
    Raises InputError for a size whose vocabulary is that of a pretrained writer, and for sources that are missing.
    """
    config = family.config
    if not isinstance(config, FamilyConfig) or family.size != "nano":
        raise InputError("only the nano size of a member that reads words learns its own vocabulary",
                         value=f"{family.name} {family.size}",
                         hint="larger sizes begin from a pretrained writer (nets.pretrained)")  # fmt: skip
    side_px = family.typical.side_px // 4 if quick else family.typical.side_px
    recipe = curriculum(family, rows=rows, length=length, steps=1 if quick else steps)
    names = dict.fromkeys(portion.source for stage in recipe.stages for portion in stage.mixture)
    if quick:
        talks = out / "talk"
        for name in names:
            talk.make(talks / name, name.removeprefix("simulated-"), count=2, seed=1, size_px=64)
    sources = {name: talk.read(talks / name) for name in names}
    asked = [one for source in sources.values() for scene in source.scenes for one in scene.asked]
    vocabulary = vocabulary_of([text for one in asked for text in (one.question, one.reply)], out, base=config.image,
                               added=ADDED_WORDS[family.name](config.image).words)  # fmt: skip
    layout = Layout(config, vocabulary, codecs.get(CODECS[family.name]), side_px, recipe.length)
    torch.manual_seed(recipe.seed)
    return Course(recipe, Pupil(Member(config)), MemberFeed(recipe, sources, layout))


def read_seen(folder: Path) -> list[Seen]:
    """Read the scenes of a folder in their order, also while more are being made."""
    path = folder / "done.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    entries = [json.loads(line.partition(" ")[2]) for line in lines if line.endswith("\n")]
    if not entries:
        raise InputError("there are no seen scenes in the folder", value=str(folder),
                         hint="make some: python -m geoglot.train.text.seen --folder FOLDER")  # fmt: skip
    return [from_json(entry["result"]) for entry in sorted(entries, key=lambda entry: str(entry["item"]))]


def vocabulary_of(texts: Sequence[str], out: Path, *, base: int, added: Sequence[str]) -> Vocabulary:
    """Read the vocabulary of a run, or learn it from texts and keep it."""
    path = out / VOCABULARY
    if path.is_file():
        return Vocabulary.read(path)
    vocabulary = Vocabulary.learned(texts, base=base, added=added)
    out.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    vocabulary.write(draft)
    draft.replace(path)
    return vocabulary
