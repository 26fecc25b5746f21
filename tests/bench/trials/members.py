"""The checks that need a trained writer: members of 3 M weights and more, taught and judged on simulated conversations.

One unit teaches one variant by one seed and judges it on held-out scenes, each question answered in full; a check
compares measures of two variants. Shards: `python -m geoglot.train.text.talk --shards runs/talk` and, of other worlds,
`--shards runs/talk-held-out --seed 900000 --count 200`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

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
from geoglot.train.text import talk as talks
from geoglot.train.text.loop import Conduct, train
from geoglot.train.text.member_feed import MemberFeed
from geoglot.train.text.member_layout import HEADS, Layout
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained
from geoglot.train.text.talk import Talk
from geoglot.train.text.vocabulary import Vocabulary
from tests.bench.trials.judging import judged
from tests.bench.trials.ledgers import Sums, Unit
from tests.bench.trials.verdicts import rows

SENSORS = ("optical", "sar", "thermal", "multispectral")
PIECES = 2048
WORDS = tokens.superset(PIECES)
RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Variant:
    """What is different. codec: how places are written. heads: whether decode tokens are taught. separate: stems of
    their own for every sensor. levels: attention across scales and DeepStack. course: key of `COURSES`.
    """

    codec: str = "geoglot-tokens"
    heads: bool = True
    separate: bool = True
    levels: bool = True
    course: str = "joint"


VARIANTS: Mapping[str, Variant] = {
    "superset": Variant(),
    "words alone": Variant(heads=False),
    "digits": Variant(codec="geoglot", heads=False),
    "24 cells": Variant(codec="earth-onevision", heads=False),
    "shared stem": Variant(separate=False),
    "last level": Variant(levels=False),
    "staged, replay": Variant(course="staged, replay"),
    "staged, no replay": Variant(course="staged, no replay"),
    "last level, staged, replay": Variant(levels=False, course="staged, replay"),
    "captions first": Variant(course="captions first"),
}

_ALL = tuple(Portion(sensor, 1.0) for sensor in SENSORS)
COURSES: Mapping[str, tuple[tuple[Portion, ...], ...]] = {
    "joint": (_ALL, _ALL),
    "staged, replay": (
        (_ALL[0],),
        (*(Portion(sensor, 1 / 3) for sensor in SENSORS[1:]), replace(_ALL[0], replay=True)),
    ),
    "staged, no replay": ((_ALL[0],), tuple(Portion(sensor, 1 / 3) for sensor in SENSORS[1:])),
    "captions first": (tuple(Portion(f"captions {sensor}", 1.0) for sensor in SENSORS), _ALL),
}
"""Sources of the first and of the second half of the steps: every course has as many."""


@dataclass(frozen=True, slots=True)
class Size:
    """Steps of a unit, rows a step, tokens of a row, pixels of a frame, held-out scenes of each sensor."""

    steps: int = 2000
    rows: int = 8
    length: int = 768
    side_px: int = 128
    held_out: int = 100
    seeds: int = 3


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """See the module. taught, held: folders of talks."""

    taught: Path
    held: Path
    size: Size
    name: str = "members"

    @property
    def job(self) -> Mapping[str, object]:
        """What the numbers depend on; how many seeds there are is not part of it."""
        variants = {name: asdict(one) for name, one in VARIANTS.items()}
        return {"size": {**asdict(self.size), "seeds": 0}, "variants": variants, "rate": RATE, "pieces": PIECES}

    @property
    def steps(self) -> int:
        return self.size.steps

    def variants(self) -> Sequence[str]:
        return tuple(VARIANTS)

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        variant, size = VARIANTS[unit.variant], self.size
        sources = self._sources()
        words = vocabulary([one for name, one in sources.items() if name in SENSORS])
        torch.manual_seed(unit.seed)
        member = Member(config(variant))
        recipe = course(variant, size, unit.seed)
        layout = Layout(member.config, words, codecs.get(variant.codec), size.side_px, size.length)
        with tempfile.TemporaryDirectory() as out:
            conduct = Conduct(until=steps, exact=True, save_every_s=1e9, told_every=1000)
            train(recipe, Pupil(member), MemberFeed(recipe, sources, layout), out=Path(out), conduct=conduct)
        held = [talks.read(self.held / f"simulated-{sensor}") for sensor in SENSORS]
        return judged(member.eval(), layout, held, count=size.held_out if steps is None else 1)

    def table(self, found: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> dict[str, str]:
        return rows(found)

    def _sources(self) -> dict[str, Talk]:
        read = {sensor: talks.read(self.taught / f"simulated-{sensor}") for sensor in SENSORS}
        return read | {f"captions {sensor}": captions(one) for sensor, one in read.items()}


def config(variant: Variant) -> FamilyConfig:
    """Give a member of 3 M weights and more; without heads they are missing, all else is equal."""
    width = 128
    separate = (StemConfig("sar", bands=2), StemConfig("thermal", bands=1), StemConfig("spectral", "spectral"))
    trunk = TrunkConfig(width, 6, 4, 512, taps=(1, 2, 4) if variant.levels else (), ground=True)
    rank = 16 if variant.levels else 0
    return FamilyConfig(
        "trial",
        (StemConfig("rgb"), *(separate if variant.separate else ())),
        trunk,
        BridgeConfig(4 * width, acsa_rank=rank, acsa_heads=4, inject=variant.levels, tags=True),
        WriterConfig(WORDS.vocab, 192, 6, 6, 3, 32, 512, qk_norm=True),
        WORDS[tokens.IMAGE],
        told=True,
        boxes=BoxHeadConfig(WORDS[tokens.BOXES], 64) if variant.heads else None,
        mask=MaskHeadConfig(WORDS[tokens.MASK], 64) if variant.heads else None,
        trajectory=TrajectoryHeadConfig(WORDS[tokens.TRAJECTORY]) if variant.heads else None,
    )


def course(variant: Variant, size: Size, seed: int) -> TokenRecipe:
    """Give two stages of half the steps each; heads are taught in both."""
    losses = (("text", 1.0), *((name, 1.0) for name in HEADS if variant.heads))
    stages = [
        Stage(name, size.steps // 2, mixture, (Trained("*", rate),), losses, floor=floor)
        for name, mixture, rate, floor in zip("12", COURSES[variant.course], (RATE, RATE), (0.5, 0.02), strict=True)
    ]
    return TokenRecipe("trial", "trial", tuple(stages), size.rows, size.length, fewer_bands=0.5, seed=seed + 1)


def vocabulary(sources: Sequence[Talk]) -> Vocabulary:
    """Learn the words of the questions; all variants have the same."""
    scenes = [scene for source in sources for scene in source.scenes]
    texts = [text for scene in scenes for one in scene.asked for text in (one.question, one.reply)]
    texts += [text for scene in scenes for drawn in scene.drawn for text in (drawn.question, drawn.reply)]
    return Vocabulary.learned(texts, base=PIECES, added=WORDS.words)


def captions(source: Talk) -> Talk:
    """Give the same pictures with what describes them alone; those without any keep their questions."""
    kinds = ("caption", "classify", "multilabel")
    scenes = []
    for scene in source.scenes:
        asked = tuple(one for one in scene.asked if one.task in kinds)
        scenes.append(replace(scene, asked=asked or scene.asked[:1], drawn=()))
    return replace(source, name=f"captions {source.name}", scenes=tuple(scenes))
