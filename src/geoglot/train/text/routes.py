"""Questions answered twice by one member: in words, and from the state of a decode token. Both are scored alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from geoglot.nets import tokens
from geoglot.nets.batch import Batch
from geoglot.nets.family import Member
from geoglot.nets.matching import assign
from geoglot.nets.trajectory_head import TrajectoryHeadConfig
from geoglot.nets.writer import Cache
from geoglot.regions import Path, Region, codecs
from geoglot.regions.codecs import CodecError
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.member_feed import groups
from geoglot.train.text.member_layout import HEAD_OF, TOKENS, Layout
from geoglot.train.text.seen import Asked
from geoglot.train.text.truths import boxes_of, mask_of, path_of
from geoglot.train.text.views import Talk

HIT_IOU = 0.5
SILENT = (tokens.IMAGE, *tokens.TASKS, *tokens.MODALITIES)
"""Added words that are no part of a reply."""


@dataclass(frozen=True, slots=True)
class Both:
    """One question of a scene. words: the regions of the reply that was written, None if it could not be read, and
    `written`, its tokens, and `text`. state: those that the head gave. gsd_m: metres a pixel. A region's score is the
    probability of its label and place where it was written, the head's where the head gave it.
    """

    asked: Drawn
    words: tuple[Region, ...] | None
    written: int
    state: tuple[Region, ...]
    gsd_m: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the two answers to the same questions are the same. pairs: boxes that overlap at all, matched one to one.

    iou: their mean. counts_apart: difference of the numbers of boxes over that of the words'. unread: share of the
    replies in words that could not be read, which are left out of the rest.
    """

    pairs: int
    iou: float
    counts_apart: float
    unread: float


@torch.inference_mode()
def both(
    member: Member,
    layout: Layout,
    talk: Talk,
    asked: Sequence[tuple[int, Drawn]],
    *,
    most: int = 256,
    state: bool = True,
) -> list[Both]:
    """Ask (scene, question) both ways; most: tokens of a reply in words, chosen greedily, by no grammar.

    state: whether heads are asked too.
    """
    replies = _written(member, layout, talk, asked, most=most, silent=(*SILENT, *tokens.DECODED))
    found = []
    for (index, one), written in zip(asked, replies, strict=True):
        text = layout.words.text(written.ids)
        try:
            said = codecs.marked(text, layout.codec, talk.size)[1]
            words: tuple[Region, ...] | None = scored(said, written, layout, talk.size)
        except CodecError:
            words = None
        regions = _state(member, layout, talk, index, one) if state else ()
        found.append(Both(one, words, len(written.ids), regions, talk.scenes[index].gsd_m, text))
    return found


@torch.inference_mode()
def replied(
    member: Member, layout: Layout, talk: Talk, asked: Sequence[tuple[int, Asked | Drawn]], *, most: int = 96
) -> list[str]:
    """Give the replies to (scene, question) as the member chooses them itself, decode tokens among its words."""
    return [layout.words.text(one.ids) for one in _written(member, layout, talk, asked, most=most, silent=SILENT)]


def agreement(found: Sequence[Both]) -> Agreement:
    """Compare the boxes of both answers: questions of other tasks are left out."""
    boxes = [one for one in found if one.asked.task == "detect"]
    read = [(one.words, one.state) for one in boxes if one.words is not None]
    overlaps = [iou for words, state in read for iou in matched(words, state) if iou > 0]
    counts = [sum(map(len, side)) for side in zip(*read, strict=True)] if read else [0, 0]
    return Agreement(
        pairs=len(overlaps),
        iou=float(np.mean(overlaps)) if overlaps else float("nan"),
        counts_apart=abs(counts[1] - counts[0]) / max(1, counts[0]),
        unread=1 - len(read) / max(1, len(boxes)),
    )


def scores(found: Sequence[Both]) -> dict[str, dict[str, float]]:
    """Give "words" and "state" the same scores: F1 of boxes at an overlap of a half, mean overlap of masks, metres
    between the ends of paths. A reply that could not be read found nothing, and its path stays where it starts.
    """
    return {
        "words": _scores([(one, one.words or ()) for one in found]),
        "state": _scores([(one, one.state) for one in found]),
    }


def matched(one: Sequence[Region], other: Sequence[Region]) -> list[float]:
    """Give the overlaps of regions matched one to one so that their sum is largest, as many as the shorter has."""
    if not one or not other:
        return []
    rows, columns = (one, other) if len(one) <= len(other) else (other, one)
    overlaps = np.array([[a.iou(b) for b in columns] for a in rows])
    return [float(overlaps[row, column]) for row, column in enumerate(assign(-overlaps))]


def _scores(answers: Sequence[tuple[Both, tuple[Region, ...]]]) -> dict[str, float]:
    hits = said = there = 0
    masks, ends_m = [], []
    for one, regions in answers:
        truth = one.asked.regions
        if one.asked.task == "detect":
            upright = [region.bounds for region in truth]
            hits += sum(iou >= HIT_IOU for iou in matched([region.bounds for region in regions], upright))
            said, there = said + len(regions), there + len(truth)
        elif one.asked.task == "segment" and truth:
            masks.append(truth[0].iou(regions[0]) if regions else 0.0)
        elif one.asked.task == "navigate" and truth:
            ends_m.append(_apart_m(truth[0], regions, one))
    given = {"boxes, F1": 2 * hits / (said + there) if said + there else float("nan")}
    return given | {"masks, IoU": _mean(masks), "paths, metres from the end": _mean(ends_m)}


def _apart_m(truth: Region, regions: tuple[Region, ...], one: Both) -> float:
    ends = [region for region in regions if isinstance(region, Path)]
    last = ends[0].outline[-1] if ends else truth.outline[0]
    return float(np.hypot(*(last - truth.outline[-1]))) * one.gsd_m


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _prompt(layout: Layout, talk: Talk, asked: Asked | Drawn) -> list[int]:
    """A question as ids."""
    question = layout.written(asked.question, asked.shown, talk.size)
    return layout.prompt(question, sensor=talk.sensor, task=asked.task)


def _read(member: Member, layout: Layout, talk: Talk, scenes: Sequence[int]) -> tuple[Cache, Tensor]:
    """Read the frames of scenes: the cache of a row for each, and which of its tokens are there (S, P)."""
    shown = [layout.shown(talk, index) for index in scenes]
    counts = [layout.image_tokens * sum(one.images for one in views) for views in shown]
    longest = max(counts)
    present = torch.tensor([[False] * (longest - count) + [True] * count for count in counts])  # (S, P)
    ids = torch.where(present, layout.config.image, layout.words.pad)
    stems = [stem.name for stem in layout.config.stems]
    frames = groups([one for views in shown for one in views], stems, tiled=layout.tiled)
    batch = Batch(ids, frames, present=present)
    return member.read(batch, member.look(batch))[1], present


@dataclass(frozen=True, slots=True)
class Written:
    """A reply's tokens, and the logarithm of the probability that each had among those that may be chosen."""

    ids: list[int]
    logs: list[float]


def scored(regions: tuple[Region, ...], written: Written, layout: Layout, size: tuple[int, int]) -> tuple[Region, ...]:
    """Give regions the probability of the words from the end of the one before to their own, as the runtime does."""
    text = layout.words.text(written.ids)
    letters = np.array([len(layout.words.text([one])) for one in written.ids])
    after = letters.cumsum()
    scores: list[float] = []
    start = 0
    for group in re.finditer(layout.codec.pattern, text):
        inside = (after > start) & (after - letters < group.end())
        score = min(1.0, float(np.exp(np.array(written.logs)[inside].sum())))
        scores += [score] * len(layout.codec.read(group.group(), size))
        start = group.end()
    return tuple(replace(region, score=score) for region, score in zip(regions, scores, strict=True))


def _written(
    member: Member,
    layout: Layout,
    talk: Talk,
    asked: Sequence[tuple[int, Asked | Drawn]],
    *,
    most: int,
    silent: tuple[str, ...],
) -> list[Written]:
    """The likeliest words of each reply up to its end; silent: words that are not chosen."""
    if not asked:
        return []
    ids, present, cache = _side_by_side(member, layout, talk, asked)
    never = [layout.words[word] for word in silent if word in layout.words]
    replies = [Written([], []) for _ in asked]
    left = list(range(len(asked)))
    for _ in range(most):
        step = Batch(ids, present=present)
        hidden, cache = member.read(step, member.look(step), cache)
        logits = member.writer.logits(hidden[:, -1])  # (Q, vocab)
        logits[:, never] = -torch.inf
        logs, chosen = logits.log_softmax(dim=1).max(dim=1)  # (Q,) each
        on = (chosen != layout.words.end).nonzero()[:, 0]  # rows that are not at their end
        left = [left[row] for row in on.tolist()]
        if not left:
            break
        for row, question in zip(on.tolist(), left, strict=True):
            replies[question].ids.append(int(chosen[row]))
            replies[question].logs.append(float(logs[row]))
        ids = chosen[on][:, None]  # (Q', 1)
        present = torch.cat([present[on], torch.ones(len(on), 1, dtype=torch.bool)], dim=1)
        cache = [(keys[on], values[on]) for keys, values in cache]
    return replies


def _side_by_side(
    member: Member, layout: Layout, talk: Talk, asked: Sequence[tuple[int, Asked | Drawn]]
) -> tuple[Tensor, Tensor, Cache]:
    """Questions as ids (Q, L), which tokens are there (Q, P + L), and the cache of the P before them.

    The frames of a scene are read once: each question sees its scene's frames and itself.
    """
    scenes = sorted({index for index, _ in asked})
    cache, seen = _read(member, layout, talk, scenes)
    rows = torch.tensor([scenes.index(index) for index, _ in asked])
    questions = [_prompt(layout, talk, one) for _, one in asked]
    longest = max(map(len, questions))
    ids = torch.tensor([[layout.words.pad] * (longest - len(one)) + one for one in questions])  # (Q, L)
    there = torch.tensor([[False] * (longest - len(one)) + [True] * len(one) for one in questions])
    present = torch.cat([seen[rows], there], dim=1)  # (Q, P + L)
    return ids, present, [(keys[rows], values[rows]) for keys, values in cache]


def _state(member: Member, layout: Layout, talk: Talk, index: int, asked: Drawn) -> tuple[Region, ...]:
    """What the head reads from its token after the question."""
    head = HEAD_OF[asked.task]
    shown = layout.shown(talk, index)
    start = [layout.config.image] * (layout.image_tokens * sum(one.images for one in shown))
    ids = [*start, *_prompt(layout, talk, asked), layout.words[TOKENS[head]]]
    frames = groups(shown, [stem.name for stem in layout.config.stems], tiled=layout.tiled)
    batch = Batch(torch.tensor([ids]), frames, mask_frames=(0,))
    seen = member.look(batch)
    hidden: Tensor = member.read(batch, seen)[0]
    decoded = member.decode(batch, seen, hidden)
    side_px = layout.side_px * (talk.size[0] // layout.side_px)  # of the picture, as far as it is shown
    if decoded.boxes is not None:
        return boxes_of(decoded.boxes, 0, side_px)
    if decoded.mask is not None:
        return (mask_of(decoded.mask[0], side_px),)
    assert decoded.paths is not None
    config = member.config.trajectory
    assert isinstance(config, TrajectoryHeadConfig)
    start_px = asked.shown[0].outline[0]
    at = (float(start_px[0]), float(start_px[1]))
    return (path_of(decoded.paths, 0, at, talk.scenes[index].gsd_m, config.scale_m),)
