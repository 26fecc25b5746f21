"""What a trained member answers to held-out questions, as sums by scene of what was right and what was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from geoglot.evaluate.metrics.text.matching import token_recall
from geoglot.nets.family import Member
from geoglot.regions import Box, Mask, Path, Region, codecs
from geoglot.regions.codecs import Codec, CodecError
from geoglot.tasks import AnswerUnparsed, TaskName, get
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.member_feed import packed
from geoglot.train.text.member_layout import TOKENS, Layout, Taught
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.routes import HIT_IOU, Both, both, matched, replied
from geoglot.train.text.seen import Asked
from geoglot.train.text.several import triplets
from geoglot.train.text.views import Talk
from tests.bench.trials.altered import altered, black
from tests.bench.trials.ranking import precision_sums

EXACT = ("presence", "count", "relation", "vqa", "mcq", "describe-region")
SCORED = (*EXACT, "ground", "multilabel", "decompose")
MOST = {"detect": 96, "segment": 600, "navigate": 160}
"""Tokens of a reply; 96 for all others."""

HORIZONS = ((1, 4), (5, 8), (9, 16), (17, 1000))
"""Legs of a path, from and to."""

BLIND = "blind: "
SMALL_PX = 32.0
AT_ONCE = 16  # scenes
Sum = tuple[int, str, float, float]
"""Scene, measure, what was right, what was asked."""

Q = TypeVar("Q", Asked, Drawn)

One = tuple[str, float, float]
"""Measure, what was right, what was asked."""


def judged(member: Member, layout: Layout, held: Sequence[Talk], *, count: int) -> dict[str, NDArray[np.float64]]:
    """Give (2, scenes) by measure, of `count` scenes of each talk; a scene not asked for something has zeros there.

    Measures: "<talk>: <task>" and without the talk; with "blind: " before, of black pictures.
    """
    sums: dict[str, dict[int, NDArray[np.float64]]] = defaultdict(lambda: defaultdict(lambda: np.zeros(2)))
    first = 0
    for source in held:
        some = replace(source, scenes=source.scenes[:count])
        for index, measure, right, asked in talk_sums(member, layout, some):
            for name in (measure, f"{source.name}: {measure}"):
                sums[name][first + index] += (right, asked)
        first += len(some.scenes)
    return {name: np.stack([rows[scene] for scene in range(first)], axis=1) for name, rows in sums.items()}


def talk_sums(member: Member, layout: Layout, source: Talk) -> Iterator[Sum]:
    """Give the sums of a talk: of every kind of question seen, blind and altered, then of its words."""
    for mark, shown in (("", source), (BLIND, black(source))):
        yield from ((index, mark + name, right, n) for index, name, right, n in answered(member, layout, shown))
    for mark, shown in altered(source):
        yield from ((index, name + mark, right, n) for index, name, right, n in answered(member, layout, shown))
    for task in MOST:
        yield from _places(member, layout, source, task)
    for index in range(len(source.scenes)):
        yield index, "text loss", *_text_loss(member, layout, source, index)


def answered(member: Member, layout: Layout, source: Talk) -> Iterator[Sum]:
    """Ask every scene the first of its questions of each kind that words answer."""
    every = [
        (index, one)
        for index, scene in enumerate(source.scenes)
        for one in {one.kind: one for one in reversed(scene.asked) if one.task in SCORED}.values()
    ]
    for some in _parts(every):
        texts = replied(member, layout, source, some)
        for (index, asked), text in zip(some, texts, strict=True):
            yield from ((index, *one) for one in _judged(text, asked, layout.codec, source.size))


def _parts(every: Sequence[tuple[int, Q]]) -> Iterator[list[tuple[int, Q]]]:
    """The questions of some scenes at once."""
    scenes = sorted({index for index, _ in every})
    for start in range(0, len(scenes), AT_ONCE):
        some = set(scenes[start : start + AT_ONCE])
        yield [one for one in every if one[0] in some]


def _judged(text: str, asked: Asked, codec: Codec, size: tuple[int, int]) -> Iterator[One]:
    """What a reply in words is worth."""
    if asked.task == "ground":
        yield from _pointed(text, asked, codec, size)
        return
    if asked.task == "multilabel":
        yield from _listed(text, asked)
    elif asked.task == "decompose":
        said, true = triplets(text), triplets(asked.reply)
        yield "decomposition, F1", 2.0 * len(said & true), float(len(said) + len(true))
    else:
        right = float(text.strip() == asked.reply)
        yield asked.task, right, 1.0
        if asked.kind != asked.task:
            yield asked.kind, right, 1.0
    yield "no <traj> where no path is asked", float(TOKENS["trajectory"] not in text), 1.0


def _listed(text: str, asked: Asked) -> Iterator[One]:
    """Labels by their set, and by the words of the label string, which is how published scripts count them."""
    said, true = ({part.strip() for part in listed.split(",") if part.strip()} for listed in (text, asked.reply))
    yield "labels, F1", 2.0 * len(said & true), float(len(said) + len(true))
    yield "labels, legacy recall", token_recall(asked.reply, text), 1.0
    yield "labels, legacy recall of the truth", token_recall(asked.reply, asked.reply), 1.0


def _pointed(text: str, asked: Asked, codec: Codec, size: tuple[int, int]) -> Iterator[One]:
    """One box."""
    read = parses(text, asked.task, codec, size)
    regions = codecs.marked(text, codec, size)[1] if read else ()
    yield "parsed, ground", float(read), 1.0
    if asked.boxes:
        truth = Box(*asked.boxes[0])
        best = max(matched([one.bounds for one in regions], [truth]), default=0.0)
        yield "ground, P@0.5", float(best >= HIT_IOU), 1.0
        yield "ground, IoU", best, 1.0
        if max(truth.width, truth.height) < SMALL_PX:
            yield "ground of small things, P@0.5", float(best >= HIT_IOU), 1.0


def _places(member: Member, layout: Layout, source: Talk, task: str) -> Iterator[Sum]:
    """Questions of a task that places answer, with an answer and without: in words, and by a head if there is one."""
    heads = member.config.boxes is not None
    kind = {"detect": "box", "segment": "mask", "navigate": "path"}[task]
    if kind not in layout.codec.kinds and not heads:
        return
    every = [
        (index, one)
        for index, scene in enumerate(source.scenes)
        for one in {bool(one.regions): one for one in reversed(scene.drawn) if one.task == task}.values()
    ]
    answers: list[tuple[int, Both]] = []
    for some in _parts(every):
        given = both(member, layout, source, some, most=MOST[task], state=heads)
        answers += [(index, one) for (index, _), one in zip(some, given, strict=True)]
    for index, found in answers:
        yield from ((index, *one) for one in _placed(found, layout.codec, source.size, heads=heads))
    if task == "detect":
        yield from _ranked(answers, heads=heads)
    if heads and task == "navigate":
        for (index, _), said in zip(every, replied(member, layout, source, every, most=1), strict=True):
            yield index, "<traj> where a path is asked", float(said == TOKENS["trajectory"]), 1.0


def _ranked(answers: Sequence[tuple[int, Both]], *, heads: bool) -> Iterator[Sum]:
    """Average precision of boxes by the probability of their words, and by the head's score."""
    routes = {"words": [(index, one.words or (), one.asked.regions) for index, one in answers]}
    if heads:
        routes["state"] = [(index, one.state, one.asked.regions) for index, one in answers]
    for route, given in routes.items():
        yield from ((index, f"boxes, AP, {route}", right, n) for index, right, n in precision_sums(given))


def _placed(found: Both, codec: Codec, size: tuple[int, int], *, heads: bool) -> Iterator[One]:
    asked = found.asked
    yield f"parsed, {asked.task}", float(parses(found.text, asked.task, codec, size)), 1.0
    yield f"tokens of a reply, {asked.task}", float(found.written), 1.0
    for route, regions in (("words", found.words or ()), ("state", found.state)):
        if route == "words" or heads:
            yield from ((f"{name}, {route}", right, n) for name, right, n in _scored(found, regions))
    if asked.task == "segment" and asked.regions and "mask" in codec.kinds:
        mask = asked.regions[0]
        yield "masks, ceiling", mask.iou(codec.read(codec.write(mask, size), size)[0]), 1.0
    if heads and asked.task == "detect" and found.words:
        overlaps = [iou for iou in matched(found.words, found.state) if iou > 0]
        yield "boxes of both routes, IoU", float(sum(overlaps)), float(len(overlaps))
        yield "boxes of the state for each in words", float(len(found.state)), float(len(found.words))


def parses(text: str, task: str, codec: Codec, size: tuple[int, int]) -> bool:
    """Tell whether a reply is one to the task: its places read by the codec, the whole by the task's strict parser."""
    try:
        marked, regions = codecs.marked(text.strip(), codec, size)
        for index, region in enumerate(regions):
            plain = codecs.get("geoglot").write(region.clipped(*size) or region, size)
            marked = marked.replace(f"<r{index}>", plain)
        get(TaskName(task)).parse(marked, size)
    except (CodecError, AnswerUnparsed):
        return False
    return True


def _scored(found: Both, regions: Sequence[Region]) -> Iterator[One]:
    truth = found.asked.regions
    if found.asked.task == "detect":
        overlaps = matched([one.bounds for one in regions], [one.bounds for one in truth])
        hits = float(sum(iou >= HIT_IOU for iou in overlaps))
        yield "boxes, F1", 2.0 * hits, float(len(regions) + len(truth))
        yield "boxes, recall", hits, float(len(truth))
        # As published scripts count: several boxes may find one thing, and what is missed costs nothing.
        near = sum(any(one.bounds.iou(other.bounds) >= HIT_IOU for other in truth) for one in regions)
        yield "boxes, legacy precision", float(near), float(len(regions))
    elif found.asked.task == "segment" and truth:
        masks = [one for one in regions if isinstance(one, Mask)]
        yield "masks, IoU", truth[0].iou(masks[0]) if masks else 0.0, 1.0
    elif found.asked.task == "navigate" and truth:
        line = truth[0]
        paths = [one for one in regions if isinstance(one, Path)]
        last = paths[0].outline[-1] if paths else line.outline[0]  # one that cannot be read stays at the start
        apart = float(np.hypot(*(last - line.outline[-1]))) * found.gsd_m
        legs = len(line.outline) - 1
        yield "paths, metres from the end", apart, 1.0
        bin_ = next(f"{low} to {high}" for low, high in HORIZONS if low <= legs <= high)
        yield f"paths of {bin_} legs, metres from the end", apart, 1.0


@torch.inference_mode()
def _text_loss(member: Member, layout: Layout, source: Talk, index: int) -> tuple[float, float]:
    """Loss of the words of a scene's replies, and how much weight they have."""
    laid = layout.laid(source, index, Taught())
    there = {one.stem for one in laid.shown}
    rows = [[laid]] + [[layout.blank(one.name)] for one in member.config.stems if one.name not in there]
    lesson = packed(rows, [one.name for one in member.config.stems], pad=layout.words.pad, tiled=False)
    return float(Pupil(member)(lesson)["text"]), lesson.counts["text"]
