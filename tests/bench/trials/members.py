"""The checks that need a trained writer: members, taught and judged on conversations about simulated or plain scenes.

One unit teaches one variant by one seed and judges it on held-out scenes, each question answered in full; a check
compares measures of two variants. Full size: talks of `python -m geoglot.train.text.talk --shards runs/talk` and, of
other worlds, `--shards runs/talk-held-out --seed 900000 --count 200`. Small: `plain` scenes, drawn on the spot.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from geoglot.nets import tokens
from geoglot.nets.box_head import BoxHeadConfig
from geoglot.nets.bridge import BridgeConfig
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.mask_head import MaskHeadConfig
from geoglot.nets.stems import StemConfig
from geoglot.nets.trajectory_head import TrajectoryHeadConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from geoglot.regions import codecs
from geoglot.train.text import talk as simulated
from geoglot.train.text.loop import Conduct, train
from geoglot.train.text.member_feed import MemberFeed
from geoglot.train.text.member_layout import HEADS, Layout
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.recipe import Mover, Portion, Stage, TokenRecipe, Trained
from geoglot.train.text.views import Talk
from geoglot.train.text.vocabulary import Vocabulary
from tests.bench.trials import plain, plain_several
from tests.bench.trials.eyes import opened
from tests.bench.trials.judging import judged
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights
from tests.bench.trials.verdicts import rows

SENSORS = ("optical", "sar", "thermal", "multispectral")
SEVERAL = ("dates", "sensors", "video", "marks")
TAUGHT_SEED, HELD_SEED = 1, 2


@dataclass(frozen=True, slots=True)
class Variant:
    """What is different. codec: how places are written. heads: whether decode tokens are taught. separate: stems of
    their own for every sensor. levels: attention across scales and DeepStack. course: key of `COURSES`.
    """

    codec: str = "geoglot-tokens"
    heads: bool = False
    separate: bool = True
    levels: bool = True
    course: str = "words"


VARIANTS: Mapping[str, Variant] = {
    "superset": Variant(),
    "shared stem": Variant(separate=False),
    "last level": Variant(levels=False),
    "staged, replay": Variant(course="staged, replay"),
    "staged, no replay": Variant(course="staged, no replay"),
    "last level, staged, replay": Variant(levels=False, course="staged, replay"),
    "captions first": Variant(course="captions first"),
    "several frames": Variant(course="several frames"),
    "boxes, both ways": Variant(heads=True, course="boxes"),
    "boxes in tokens": Variant(course="boxes"),
    "boxes in digits": Variant(codec="geoglot", course="boxes"),
    "boxes, last level": Variant(levels=False, course="boxes"),
    "masks, both ways": Variant(codec="earth-onevision", heads=True, course="masks"),
    "paths, both ways": Variant(heads=True, course="paths"),
    "paths in tokens": Variant(course="paths"),
    "paths in digits": Variant(codec="geoglot", course="paths"),
    "paths by state": Variant(codec="earth-onevision", heads=True, course="paths among words"),
    "without paths": Variant(codec="earth-onevision", course="paths among words"),
}
"""Earth-OneVision writes no paths: "paths by state" says them by the token alone, "without paths" not at all."""

PLACES = {"boxes": ("ground", "detect"), "masks": ("segment",), "paths": ("navigate",)}
"""Tasks that places answer, by part of a talk. A writer learns to name places only where it hears of little else: of a
dozen questions a scene, two of them for places, members of this size wrote one box for every picture."""

CAPTIONS = ("caption", "classify", "multilabel")


@dataclass(frozen=True, slots=True)
class Course:
    """Sources of the first and of the second half of the steps, talks or a part of one. share: of the size's steps;
    what all variants learn to the end is compared before that.
    """

    first: tuple[Portion, ...]
    second: tuple[Portion, ...]
    share: float = 1.0


_ALL = tuple(Portion(f"words {sensor}", 1.0) for sensor in SENSORS)
_CAPTIONS = tuple(Portion(f"captions {sensor}", 1.0) for sensor in SENSORS)
_MORE = tuple(Portion(kind, 1.0) for kind in SEVERAL)
_OTHERS = tuple(replace(one, weight=1 / 3) for one in _ALL[1:])
_AMONG = (Portion("paths optical", 1.0), _ALL[0])
COURSES: Mapping[str, Course] = {
    "words": Course(_ALL, _ALL, 0.4),
    "staged, replay": Course(_ALL[:1], (*_OTHERS, replace(_ALL[0], replay=True)), 0.4),
    "staged, no replay": Course(_ALL[:1], _OTHERS, 0.4),
    "captions first": Course(_CAPTIONS, _ALL, 0.4),
    "several frames": Course(_MORE, _MORE),
    **{part: Course(one, one) for part in PLACES for one in [(Portion(f"{part} optical", 1.0),)]},
    "paths among words": Course(_AMONG, _AMONG),
}


@dataclass(frozen=True, slots=True)
class MembersSize(Size):
    """rows: of a step; length: tokens of a row; rate: the peak one of the optimiser. side_px, patch: of a frame.
    held_out: scenes of each talk. plain: how many plain scenes of each talk are taught, None for simulated ones.
    opened: steps that open the eye before. weight: of the losses of heads beside that of words.

    width, layers, mlp, taps: of the trunk. written, written_layers, written_heads, written_mlp: width, layers, heads
    and network of the writer; pieces: of its vocabulary. narrow, deep, queries: width and layers of heads, and the
    most boxes. longest_m: metres that count as 1 in a path.
    """

    rows: int
    length: int
    side_px: int
    patch: int
    held_out: int
    plain: int | None
    width: int
    layers: int
    mlp: int
    taps: tuple[int, int, int]
    written: int
    written_layers: int
    written_heads: int
    written_mlp: int
    pieces: int
    narrow: int
    deep: int
    queries: int
    longest_m: float
    opened: int = 0
    weight: float = 1.0
    rate: float = 1e-3
    optimiser: Mover = "adamw"

    @property
    def words(self) -> tokens.Added:
        """The words added to the vocabulary."""
        return tokens.superset(self.pieces)


SIZES = {
    "full": MembersSize(
        "full", 2000, rows=8, length=768, side_px=128, patch=16, held_out=100, plain=None,
        width=128, layers=6, mlp=512, taps=(1, 2, 4), written=192, written_layers=6, written_heads=6,
        written_mlp=512, pieces=2048, narrow=256, deep=3, queries=64, longest_m=100.0,
    ),
    "small": MembersSize(
        "small", 1000, rows=8, length=384, side_px=plain.SIDE_PX, patch=plain.CELL_PX, held_out=75, plain=3000,
        width=64, layers=3, mlp=192, taps=(0, 1, 2), written=64, written_layers=3, written_heads=4,
        written_mlp=160, pieces=512, narrow=64, deep=1, queries=12, longest_m=16.0, opened=240, weight=1.0,
        rate=0.014, optimiser="muon",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Members(Trial[MembersSize]):
    """See the module. taught, held: folders of talks, for the full size."""

    taught: Path
    held: Path

    def further(self) -> Mapping[str, object]:
        courses = {name: asdict(one) for name, one in COURSES.items()}
        return {"variants": {name: asdict(one) for name, one in VARIANTS.items()}, "courses": courses}

    def variants(self) -> Sequence[str]:
        return tuple(VARIANTS)

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        variant, size = VARIANTS[unit.variant], self.size
        taught = COURSES[variant.course]
        names = tuple(dict.fromkeys(one.source for one in (*taught.first, *taught.second)))
        sources = {name: self._talk(name, self.taught, seed=TAUGHT_SEED, count=size.plain or 0) for name in names}
        kinds = dict.fromkeys(name.rpartition(" ")[2] for name in names)
        words = vocabulary([self._talk(kind, self.taught, seed=TAUGHT_SEED, count=200) for kind in kinds], size)
        torch.manual_seed(unit.seed)
        member = Member(config(variant, size))
        if size.opened:
            seeing = [one for one in kinds if one in SENSORS] or SENSORS
            opened(member, seeing, steps=size.opened, seed=unit.seed)
        recipe = course(variant, size, unit.seed)
        layout = Layout(member.config, words, codecs.get(variant.codec), size.side_px, size.length)
        with tempfile.TemporaryDirectory() as out:
            conduct = Conduct(until=steps, exact=True, save_every_s=1e9, told_every=1000)
            ended = train(recipe, Pupil(member), MemberFeed(recipe, sources, layout), out=Path(out), conduct=conduct)
        if steps is None and not ended.finished:  # by SIGTERM: half a training is no result
            raise SystemExit(f"stopped at step {ended.step} of {unit.name}: run again to train it anew")
        asked = dict.fromkeys(one.source for one in (*_ALL[:1], *taught.second) if one.source in names)
        held = [self._talk(name, self.held, seed=HELD_SEED, count=size.held_out) for name in asked]
        found = judged(member.eval(), layout, held, count=size.held_out if steps is None else 1)
        return found | {WEIGHTS: weights(member)}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        return rows(found, self.size.name)

    def _talk(self, name: str, folder: Path, *, seed: int, count: int) -> Talk:
        """Scenes by the name of a source; those of simulated talks as many as there are."""
        part, _, kind = name.rpartition(" ")
        if self.size.plain is not None:
            made = plain_several.talk if kind in SEVERAL else plain.talk
            talk = made(kind, count=count, seed=seed)
        else:
            talk = replace(simulated.read(folder / f"simulated-{kind}"), name=kind)
        return narrowed(talk, part) if part else talk


def narrowed(talk: Talk, part: str) -> Talk:
    """Give a talk with the questions of one part alone: a key of `PLACES`, "captions", or "words", all without places.

    Scenes without such a question are left out.
    """
    places = {task for tasks in PLACES.values() for task in tasks}
    wanted = PLACES.get(part) or (CAPTIONS if part == "captions" else None)

    def kept(task: str) -> bool:
        return task in wanted if wanted else task not in places

    scenes = [
        replace(
            scene,
            asked=tuple(one for one in scene.asked if kept(one.task)),
            drawn=tuple(one for one in scene.drawn if kept(one.task)),
        )
        for scene in talk.scenes
    ]
    left = [index for index, scene in enumerate(scenes) if scene.asked or scene.drawn]
    views = tuple(replace(view, pictures=view.pictures[left]) for view in talk.views)
    return Talk(talk.name, views, tuple(scenes[index] for index in left))


def config(variant: Variant, size: MembersSize) -> FamilyConfig:
    """Give a member; without heads they are missing, all else is equal."""
    separate = (StemConfig("sar", bands=2), StemConfig("thermal", bands=1), StemConfig("spectral", "spectral"))
    taps = size.taps if variant.levels else ()
    learned = size.side_px // size.patch
    trunk = TrunkConfig(size.width, size.layers, 4, size.mlp, patch=size.patch, taps=taps, learned=learned, ground=True)
    rank = 16 if variant.levels else 0
    words, heads = size.words, size.written_heads
    bare = FamilyConfig(
        "trial",
        (StemConfig("rgb"), *(separate if variant.separate else ())),
        trunk,
        BridgeConfig(4 * size.width, acsa_rank=rank, acsa_heads=4, inject=variant.levels, tags=True),
        WriterConfig(
            words.vocab, size.written, size.written_layers, heads, heads // 2, size.written // heads, size.written_mlp,
            qk_norm=True,
        ),
        words[tokens.IMAGE],
        told=True,
    )  # fmt: skip
    return _headed(bare, size) if variant.heads else bare


def _headed(bare: FamilyConfig, size: MembersSize) -> FamilyConfig:
    """The same member with all heads."""
    words, weight, narrow, layers = size.words, size.weight, size.narrow, size.deep
    return replace(
        bare,
        boxes=BoxHeadConfig(words[tokens.BOXES], size.queries, weight=weight, narrow=narrow, layers=layers),
        mask=MaskHeadConfig(words[tokens.MASK], size.width // 2, weight),
        trajectory=TrajectoryHeadConfig(
            words[tokens.TRAJECTORY], scale_m=size.longest_m, weight=weight, narrow=narrow, layers=layers
        ),
    )


def course(variant: Variant, size: MembersSize, seed: int) -> TokenRecipe:
    """Give two stages of half the steps each; heads are taught in both."""
    losses = (("text", 1.0), *((name, 1.0) for name in HEADS if variant.heads))
    taught = COURSES[variant.course]
    steps = int(taught.share * size.steps) // 2
    stages = [
        Stage(name, steps, mixture, (Trained("*", size.rate),), losses, floor=floor, optimiser=size.optimiser)
        for name, mixture, floor in zip("12", (taught.first, taught.second), (0.5, 0.02), strict=True)
    ]
    return TokenRecipe("trial", "trial", tuple(stages), size.rows, size.length, fewer_bands=0.5, seed=seed + 1)


def vocabulary(sources: Sequence[Talk], size: MembersSize) -> Vocabulary:
    """Learn the words of the questions; variants that are taught the same talks have the same."""
    scenes = [scene for source in sources for scene in source.scenes]
    texts = [text for scene in scenes for one in scene.asked for text in (one.question, one.reply)]
    texts += [text for scene in scenes for drawn in scene.drawn for text in (drawn.question, drawn.reply)]
    return Vocabulary.learned(texts, base=size.pieces, added=size.words.words)
