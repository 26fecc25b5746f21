"""What a trained member answers to held-out questions, as sums by scene of what was right and what was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from geoglot.nets.family import Member
from geoglot.regions import Box, Mask, Path, Region, codecs
from geoglot.regions.codecs import Codec, CodecError
from geoglot.tasks import AnswerUnparsed, TaskName, get
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.member_feed import packed
from geoglot.train.text.member_layout import TOKENS, Layout, Taught
from geoglot.train.text.pupil import Pupil
from geoglot.train.text.routes import Both, both, matched, replied
from geoglot.train.text.seen import Asked
from geoglot.train.text.talk import Talk

EXACT = ("presence", "count", "relation", "vqa", "mcq")
MOST = {"segment": 600, "navigate": 160}
"""Tokens of a reply; 96 for all others."""

HORIZONS = ((1, 4), (5, 8), (9, 16), (17, 1000))
"""Legs of a path, from and to."""

BLIND = "blind: "
SMALL_PX = 32.0
Sum = tuple[str, float, float]
"""Measure, what was right, what was asked."""


def judged(member: Member, layout: Layout, held: Sequence[Talk], *, count: int) -> dict[str, NDArray[np.float64]]:
    """Give (2, scenes) by measure, of `count` scenes of each sensor; a scene not asked for something has zeros there.

    Measures: "<sensor>: <task>" and without the sensor; with "blind: " before, of black pictures.
    """
    sums: dict[str, dict[int, NDArray[np.float64]]] = defaultdict(lambda: defaultdict(lambda: np.zeros(2)))
    number = 0
    for source in held:
        for index in range(min(count, len(source.scenes))):
            for measure, right, asked in scene_sums(member, layout, source, index):
                for name in (measure, f"{source.sensor}: {measure}"):
                    sums[name][number] += (right, asked)
            number += 1
    return {name: np.stack([rows[scene] for scene in range(number)], axis=1) for name, rows in sums.items()}


def scene_sums(member: Member, layout: Layout, source: Talk, index: int) -> Iterator[Sum]:
    """Give the sums of one scene: first of every kind of question, seen and blind, then of its words."""
    scene = source.scenes[index]
    black = replace(source, pictures=np.broadcast_to(np.float16(0), source.pictures.shape))
    firsts = {one.kind: one for one in reversed(scene.asked) if one.task in EXACT or one.task == "ground"}
    for asked in firsts.values():
        for mark, shown in (("", source), (BLIND, black)):
            yield from ((mark + name, right, n) for name, right, n in _answered(member, layout, shown, index, asked))
    drawn = {(one.task, bool(one.regions)): one for one in reversed(scene.drawn)}
    for one in drawn.values():
        yield from _places(member, layout, source, index, one)
    yield "text loss", *_text_loss(member, layout, source, index)


def _answered(member: Member, layout: Layout, source: Talk, index: int, asked: Asked) -> Iterator[Sum]:
    """A question that words answer; `ground` by its box."""
    text = replied(member, layout, source, index, asked, most=96)
    size = (int(source.pictures.shape[3]), int(source.pictures.shape[2]))
    if asked.task != "ground":
        yield asked.task, float(text.strip() == asked.reply), 1.0
        yield "no <traj> where no path is asked", float(TOKENS["trajectory"] not in text), 1.0
        return
    read = parses(text, asked.task, layout.codec, size)
    regions = codecs.marked(text, layout.codec, size)[1] if read else ()
    yield "parsed, ground", float(read), 1.0
    if asked.boxes:
        truth = Box(*asked.boxes[0])
        best = max(matched([one.bounds for one in regions], [truth]), default=0.0)
        yield "ground, P@0.5", float(best >= 0.5), 1.0
        yield "ground, IoU", best, 1.0
        if max(truth.width, truth.height) < SMALL_PX:
            yield "ground of small things, P@0.5", float(best >= 0.5), 1.0


def _places(member: Member, layout: Layout, source: Talk, index: int, asked: Drawn) -> Iterator[Sum]:
    """A question that places answer: in words, and by a head if there is one."""
    heads = member.config.boxes is not None
    size = int(source.pictures.shape[3])
    if asked.task == "navigate" and "path" not in layout.codec.kinds and not heads:
        return
    found = both(member, layout, source, index, asked, most=MOST.get(asked.task, 96), state=heads)
    yield f"parsed, {asked.task}", float(parses(found.text, asked.task, layout.codec, (size, size))), 1.0
    yield f"tokens of a reply, {asked.task}", float(found.written), 1.0
    for route, regions in (("words", found.words or ()), ("state", found.state)):
        if route == "words" or heads:
            yield from ((f"{name}, {route}", right, n) for name, right, n in _scored(found, regions))
    if asked.task == "segment" and asked.regions and "mask" in layout.codec.kinds:
        mask = asked.regions[0]
        again = layout.codec.read(layout.codec.write(mask, (size, size)), (size, size))[0]
        yield "masks, ceiling", mask.iou(again), 1.0
    if heads and asked.task == "navigate" and asked.regions:
        said = replied(member, layout, source, index, asked, most=1)
        yield "<traj> where a path is asked", float(said == TOKENS["trajectory"]), 1.0
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


def _scored(found: Both, regions: Sequence[Region]) -> Iterator[Sum]:
    truth = found.asked.regions
    if found.asked.task == "detect":
        overlaps = matched([one.bounds for one in regions], [one.bounds for one in truth])
        yield "boxes, F1", 2.0 * sum(iou >= 0.5 for iou in overlaps), float(len(regions) + len(truth))
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
    rows = [[laid]] + [[layout.blank(one.name)] for one in member.config.stems if one.name != laid.shown.stem]
    lesson = packed(rows, [one.name for one in member.config.stems], pad=layout.words.pad, tiled=False)
    return float(Pupil(member)(lesson)["text"]), lesson.counts["text"]
