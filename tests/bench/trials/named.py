"""RA-12, EO-15 and EO-16 again: is an answer about places learned when the places are named before it?

A small member learned where every thing is when asked for nothing else, but not how two things lie, which way one goes,
or what is marked. Taught here on plain scenes, one kind of question a member, at equal steps: the answer alone; the
answer behind the boxes that it follows from, a step at a time; and the answer alone, after half of the steps on where
things are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from geoglot.nets.family import Member
from geoglot.regions import codecs
from geoglot.train.text.asking import Asked
from geoglot.train.text.loop import Conduct, train
from geoglot.train.text.member_feed import MemberFeed
from geoglot.train.text.member_layout import Layout
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained
from geoglot.train.text.routes import replied
from geoglot.train.text.several import Thing, side_of
from geoglot.train.text.views import Scene, Talk, View, bands_of
from tests.bench.trials import members, plain, plain_several
from tests.bench.trials.altered import altered, black
from tests.bench.trials.eyes import opened
from tests.bench.trials.intervals import by_scene, difference, mean
from tests.bench.trials.ledgers import WEIGHTS, Sums, Trial, Unit, weights

KINDS: Mapping[str, tuple[str, ...]] = {
    "relation": ("relation",),
    "way": ("way",),
    "marked": ("marked",),
    "pointed": ("marked", "described"),
}
"""Trials, and the questions that each teaches and judges; "pointed": marked on a canvas, or told by place in words."""

VARIANTS = ("directly", "places named", "places first")
PAIRS = 3  # of things of a scene that are asked about
BLIND = "blind: "
FAR_PX = plain_several.STEP_PX * (plain_several.MOMENTS - 1)
STEPS: Mapping[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
MOST = 96  # tokens of a reply: two boxes are more than 40


def relations(*, count: int, seed: int, named: bool) -> Talk:
    """Draw scenes that are asked how two things lie to each other, and where things are. named: boxes come first."""
    rng = np.random.default_rng((seed, 7))
    pictures: list[plain.Pixels] = []
    scenes: list[Scene] = []
    while len(scenes) < count:
        one = plain.place(rng)
        alone = [thing for thing in one.things if one.counts("optical")[thing.label] == 1]
        asked = tuple(_pairs(alone, rng, named=named))
        if asked:
            pictures.append(one.picture("optical", rng))
            scenes.append(Scene(f"pairs-{seed}-{len(scenes)}", plain.GSD_M, (*asked, *_places(alone)), ()))
    return Talk("relation", (View("optical", bands_of("optical"), np.stack(pictures)),), tuple(scenes))


def _pairs(alone: Sequence[Thing], rng: np.random.Generator, *, named: bool) -> Iterator[Asked]:
    """Some pairs that lie clearly. Either of the two may be asked about, so that words predict no side."""
    pairs = [(one, other) for one in alone for other in alone if one is not other and side_of(one, other)]
    for index in rng.permutation(len(pairs))[:PAIRS]:
        one, other = pairs[int(index)]
        side = side_of(one, other) or ""
        question = f"How does the {one.label} lie to the {other.label}?"
        reply, boxes = (f"<r0> <r1>: {side}", (one.box, other.box)) if named else (side, ())
        yield Asked("relation", "relation", question, reply, side, (), boxes)


def _places(alone: Sequence[Thing]) -> Iterator[Asked]:
    for thing in alone:
        yield Asked("ground", "ground", f"Where is the {thing.label}?", "<r0>", "", (), (thing.box,))


def several(kind: str, *, count: int, seed: int, named: bool) -> Talk:
    """Draw clips or marks that are asked which way, or what. named: where the thing ends, or is, comes first."""
    talk = plain_several.talk("video" if kind == "way" else "marks", count=count, seed=seed)
    scenes = []
    for index, scene in enumerate(talk.scenes):
        asked = [one for one in scene.asked if one.kind in KINDS[kind]]
        if named:
            asked = [replace(one, reply=f"<r0>: {one.reply}", boxes=(_box(talk, index, one),)) for one in asked]
        scenes.append(replace(scene, asked=tuple(asked)))
    left = [index for index, scene in enumerate(scenes) if scene.asked]
    views = tuple(replace(view, pictures=view.pictures[left]) for view in talk.views)
    return Talk(kind, views, tuple(scenes[index] for index in left))


def _box(talk: Talk, index: int, asked: Asked) -> tuple[float, float, float, float]:
    """Where the thing is in the last frame, or, if it is marked, what its mark takes up."""
    if asked.kind == "way":
        (x0, y0, x1, y1), (dx, dy) = asked.shown[0], STEPS[asked.reply]
        return x0 + dx * FAR_PX, y0 + dy * FAR_PX, x1 + dx * FAR_PX, y1 + dy * FAR_PX
    rows, columns = np.nonzero(talk.views[1].pictures[index][0])
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


def drawn(kind: str, *, count: int, seed: int, named: bool) -> Talk:
    """Draw the scenes of a kind."""
    if kind == "relation":
        return relations(count=count, seed=seed, named=named)
    return several(kind, count=count, seed=seed, named=named)


@dataclass(frozen=True, slots=True, eq=False)
class Named(Trial[members.MembersSize]):
    """The trial of one kind, at the size of `members`."""

    kind: str

    def further(self) -> Mapping[str, object]:
        return {"variants": VARIANTS, "pairs": PAIRS, "kind": self.kind}

    def variants(self) -> Sequence[str]:
        return VARIANTS

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size, kind, named = self.size, self.kind, unit.variant == "places named"
        count = size.plain or 0
        sources = {kind: drawn(kind, count=count, seed=members.TAUGHT_SEED, named=named)}
        if unit.variant == "places first":
            sources["places"] = members.narrowed(plain.talk("optical", count=count, seed=members.TAUGHT_SEED), "boxes")
        words = members.vocabulary([drawn(kind, count=200, seed=members.TAUGHT_SEED, named=True)], size)
        torch.manual_seed(unit.seed)
        member = Member(members.config(members.Variant(separate=False), size))
        opened(member, ("optical",), steps=size.opened, seed=unit.seed)
        recipe = _course(unit, size, kind)
        layout = Layout(member.config, words, codecs.get("geoglot-tokens"), size.side_px, size.length)
        with tempfile.TemporaryDirectory() as out:
            conduct = Conduct(until=steps, exact=True, save_every_s=1e9, told_every=1000)
            ended = train(recipe, Pupil(member), MemberFeed(recipe, sources, layout), out=Path(out), conduct=conduct)
        if steps is None and not ended.finished:
            raise SystemExit(f"stopped at step {ended.step} of {unit.name}: run again to train it anew")
        held = size.held_out if steps is None else 1
        return {**_judged(member.eval(), layout, kind, count=held), WEIGHTS: weights(member)}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        table = {}
        for kind in KINDS[self.kind]:
            for variant, measures in found.items():
                table[f"{kind}, {variant}"] = str(mean(measures[kind]))
                for other in (name for name in measures if kind in name and name != kind):
                    table[f"{kind}, {variant} - {other}"] = str(difference(measures[kind], measures[other]))
            for variant in VARIANTS[1:]:
                apart = difference(found[variant][kind], found[VARIANTS[0]][kind])
                table[f"{kind}, {variant} - {VARIANTS[0]}"] = str(apart)
        return table


def _course(unit: Unit, size: members.MembersSize, kind: str) -> TokenRecipe:
    """Two stages of half the steps; in "places first" the first asks only where things are."""
    asked = (Portion(kind, 1.0),)
    first = (Portion("places", 1.0),) if unit.variant == "places first" else asked
    stages = [
        Stage(name, size.steps // 2, mixture, (Trained("*", size.rate),), floor=floor, optimiser=size.optimiser)
        for name, mixture, floor in zip("12", (first, asked), (0.5, 0.02), strict=True)
    ]
    return TokenRecipe("trial", "trial", tuple(stages), size.rows, size.length, seed=unit.seed + 1)


def _judged(member: Member, layout: Layout, kind: str, *, count: int) -> Sums:
    """What is right of what is asked, seen, blind and altered: the words behind the last colon count."""
    found: dict[str, NDArray[np.float64]] = {}
    talk = drawn(kind, count=2 * count, seed=members.HELD_SEED, named=False)
    for one in KINDS[kind]:
        shows = {one: talk, BLIND + one: black(talk), **{one + mark: shown for mark, shown in altered(talk)}}
        found |= {name: _right(member, layout, shown, one) for name, shown in shows.items()}
    return found


def _right(member: Member, layout: Layout, shown: Talk, kind: str) -> NDArray[np.float64]:
    """What is right of what is asked of a kind (2, scenes), as the talk shows it."""
    asked = [(index, one) for index, scene in enumerate(shown.scenes) for one in scene.asked if one.kind == kind]
    texts = replied(member, layout, shown, asked, most=MOST)
    right = [text.rpartition(": ")[2].strip() == one.value for text, (_, one) in zip(texts, asked, strict=True)]
    return by_scene(np.array(right, float), np.ones(len(asked)), np.array([index for index, _ in asked]))
