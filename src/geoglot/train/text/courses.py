"""`Course`: a recipe with the model and the feed that belong to it, made from a few folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import nn

from geoglot.errors import InputError
from geoglot.nets import tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.masked import MaskedConfig, MaskedImages, painting
from geoglot.regions import codecs
from geoglot.regions.codecs.words import COORDINATES
from geoglot.train import checkpoint
from geoglot.train.recipes.family.recipe import SIZES, FamilyRecipe, Size
from geoglot.train.recipes.nano_ar import PIECES, nano_ar, shape
from geoglot.train.text import beginning, shown, talk
from geoglot.train.text.beginning import Published
from geoglot.train.text.curricula import curriculum
from geoglot.train.text.evidence_feed import EvidenceFeed
from geoglot.train.text.evidence_writer import EvidenceWriter
from geoglot.train.text.facts import ADDED, Writing
from geoglot.train.text.lessons import Feed, Lesson
from geoglot.train.text.masked import Painter
from geoglot.train.text.masked_feed import MaskedFeed, Shown
from geoglot.train.text.member_feed import MemberFeed
from geoglot.train.text.member_layout import Layout
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.seen import Seen, from_json
from geoglot.train.text.views import Talk
from geoglot.train.text.vocabulary import Vocabulary

VOCABULARY, ORIGIN = "vocabulary.json", "origin.json"

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


def nano_ar_course(seen: Path, out: Path, *, steps: int = 2400, quick: bool = False) -> Course:
    """Give the course of nano-ar. seen: a folder that `train.text.seen` made. out: keeps the vocabulary.

    Raises InputError if the folder holds no scenes, or none of a source of the recipe.
    """
    scenes = read_seen(seen)
    recipe = nano_ar(steps=steps, quick=quick)
    texts = [text for scene in scenes for asked in scene.asked for text in (asked.question, asked.reply)]
    vocabulary = vocabulary_of(texts, out, base=PIECES, added=ADDED)
    torch.manual_seed(recipe.seed)
    model = EvidenceWriter(shape(len(vocabulary), quick=quick))
    for ordered in (COORDINATES, tuple(map(str, range(100)))):
        model.line_up([vocabulary[word] for word in ordered])
    sources = {name: [scene for scene in scenes if scene.kind == name] for name in ("scenes", "pairs", "real")}
    return Course(recipe, model, EvidenceFeed(recipe, sources, Writing(vocabulary)))


def member_course(
    family: FamilyRecipe,
    talks: Path,
    out: Path,
    *,
    rows: int,
    length: int,
    steps: int | None = None,
    quick: bool = False,
    starts: Sequence[Path] = (),
) -> Course:
    """Give the course of a member of the family, or of a model that paints hidden pixels.

    talks: folder of what `train.text.talk` made. rows, length: of a step, and tokens of a row. steps: of each stage,
    None for the recipe's own. quick: a step of each stage with a few small pictures, made on the spot. starts: folders
    of published weights that it begins from, see `beginning`; first weights without.
    Raises InputError for a size whose vocabulary is that of a pretrained writer without one, and for sources that are
    missing; and as `_begun`.
    """
    begun = _begun(family, out, starts)
    speaking = beginning.words_of(begun.published) or (begun.origin and begun.origin.start)
    if family.size != "nano" and isinstance(family.config, FamilyConfig) and not speaking:
        raise InputError("only the nano size of a member that reads words learns its own vocabulary",
                         value=f"{family.name} {family.size}",
                         hint="begin from a pretrained writer: start=FOLDER, see docs/flagship-2b.md")  # fmt: skip
    recipe = curriculum(family, rows=rows, length=length, steps=1 if quick else steps)
    names = dict.fromkeys(portion.source for stage in recipe.stages for portion in stage.mixture)
    if quick:
        talks = out / "talk"
        for name in names:
            talk.make(talks / name, name.removeprefix("simulated-"), count=2, seed=1, size_px=64)
    sources = {name: talk.read(talks / name) for name in names}
    torch.manual_seed(recipe.seed)
    side_px = family.typical.side_px // 4 if quick else family.typical.side_px
    if isinstance(family.config, MaskedConfig):
        shown = Shown(family.config.stems, 64 if quick else side_px, family.config.trunk.patch)
        return Course(recipe, Painter(MaskedImages(family.config)), MaskedFeed(recipe, sources, shown))
    return _read_course(family, recipe, sources, out, replace(begun, side_px=side_px))


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a member begins. origin: of a run that has a checkpoint already and takes its weights from there.

    published: folders of weights, none for first ones. side_px: of the images that it is shown.
    """

    origin: Origin | None
    published: tuple[Published, ...]
    side_px: int = 0

    @property
    def told(self) -> str:
        """What a run keeps of the folders."""
        return "; ".join(one.told for one in self.published)


def _begun(family: FamilyRecipe, out: Path, starts: Sequence[Path]) -> Begun:
    """Give where a member begins. Raises InputError for other folders than the run in `out` has begun from, ModelError
    for those that it cannot begin from.
    """
    begun = checkpoint.newest(out) is not None and (out / ORIGIN).is_file()
    found = Begun(Origin.read(out) if begun else None, tuple(beginning.published(one, family.name) for one in starts))
    if found.origin and found.published and found.origin.start != found.told:
        raise InputError("the run has begun from other weights", value=found.told,
                         expected=found.origin.start or "no start",
                         hint="go on without start=, or give another folder")  # fmt: skip
    return found


def _read_course(
    family: FamilyRecipe, recipe: TokenRecipe, sources: Mapping[str, Talk], out: Path, begun: Begun
) -> Course:
    """The course of a member that reads words, with a first stage of masked pictures where its recipe has one."""
    config = family.config
    assert isinstance(config, FamilyConfig)
    scenes = [scene for source in sources.values() for scene in source.scenes]
    texts = [text for scene in scenes for one in scene.asked for text in (one.question, one.reply)]
    texts += [text for scene in scenes for drawn in scene.drawn for text in (drawn.question, drawn.reply)]
    added = ADDED_WORDS[family.name](config.image).words
    origin = begun.origin or Origin(family.name, family.size, begun.side_px, begun.told)
    if (out / ORIGIN).is_file() and Origin.read(out).start != origin.start:
        (out / VOCABULARY).unlink(missing_ok=True)  # of another start, which came to no checkpoint
    published = beginning.words_of(begun.published)
    vocabulary = vocabulary_of(texts, out, base=config.image, added=added, published=published)
    origin.write(out)
    side_px = origin.side_px
    layout = Layout(config, vocabulary, codecs.get(CODECS[family.name]), side_px, recipe.length)
    feed: Feed = MemberFeed(recipe, sources, layout)
    member = Member(config)
    if begun.origin is None:
        beginning.begin(member, begun.published)
    if not any(name == "paint" for stage in recipe.stages for name, _ in stage.losses):
        return Course(recipe, Pupil(member), feed)
    masked = MaskedFeed(recipe, sources, Shown(config.stems, side_px, config.trunk.patch))
    head = painting(MaskedConfig(config.name, config.stems, config.trunk))
    return Course(recipe, Pupil(member, head), ByStage(recipe, {"paint": masked}, feed))


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run's weights do not tell of the member they belong to. side_px: of the images that it was shown. start:
    kinds and hashes of the published weights that it began from, empty if from first ones.
    """

    recipe: str
    size: Size
    side_px: int
    start: str = ""

    def write(self, out: Path) -> None:
        """Keep it in the folder of a run."""
        draft = out / f".{ORIGIN}"
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(out / ORIGIN)

    @classmethod
    def read(cls, out: Path) -> Origin:
        """Read what `write` kept. Raises InputError if the folder is not of a member's run."""
        path = out / ORIGIN
        if not path.is_file():
            raise InputError(
                "this is no run of a member of the family", value=str(out), expected=f"a folder with {ORIGIN}"
            )
        said = json.loads(path.read_text(encoding="utf-8"))
        size = next(one for one in SIZES if one == said["size"])
        return cls(str(said["recipe"]), size, int(said["side_px"]), str(said.get("start", "")))


@dataclass(frozen=True, slots=True, eq=False)
class ByStage:
    """Lessons of several feeds: of the one that the first loss of the stage names, or of `others`."""

    recipe: TokenRecipe
    named: Mapping[str, Feed]
    others: Feed

    def lesson(self, stage: int, first: int, last: int) -> Lesson:
        """See `Feed`."""
        feed = self.named.get(self.recipe.stages[stage].losses[0][0], self.others)
        return feed.lesson(stage, first, last)


def read_seen(folder: Path) -> list[Seen]:
    """Read the scenes of a folder in the order of their names, also while more are being made."""
    return [from_json(row) for _, row in sorted(shown.kept(folder).items())]


def vocabulary_of(
    texts: Sequence[str], out: Path, *, base: int, added: Sequence[str], published: Path | None = None
) -> Vocabulary:
    """Read the vocabulary of a run, or make it and keep it: learned from texts, or that of a published tokenizer."""
    path = out / VOCABULARY
    if path.is_file():
        return Vocabulary.read(path)
    if published is None:
        vocabulary = Vocabulary.learned(texts, base=base, added=added)
    else:
        vocabulary = Vocabulary.extended(published, base=base, added=added)
    out.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    vocabulary.write(draft)
    draft.replace(path)
    return vocabulary
