"""One question answered twice by one member: in words, and from the state of a decode token. Both are scored alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from geoglot.nets import tokens
from geoglot.nets.batch import Batch, FrameGroup, frame_group
from geoglot.nets.family import Member
from geoglot.nets.matching import assign
from geoglot.nets.trajectory_head import TrajectoryHeadConfig
from geoglot.regions import Path, Region, codecs
from geoglot.regions.codecs import CodecError
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.member_layout import HEAD_OF, TOKENS, Layout, Taught
from geoglot.train.text.seen import Asked
from geoglot.train.text.talk import Talk
from geoglot.train.text.truths import boxes_of, mask_of, path_of

HIT_IOU = 0.5
SILENT = (tokens.IMAGE, *tokens.TASKS, *tokens.MODALITIES)
"""Added words that are no part of a reply."""


@dataclass(frozen=True, slots=True)
class Both:
    """One question of a scene. words: the regions of the reply that was written, None if it could not be read, and
    `written`, its tokens, and `text`. state: those that the head gave. gsd_m: metres a pixel.
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
    member: Member, layout: Layout, talk: Talk, index: int, asked: Drawn, *, most: int = 256, state: bool = True
) -> Both:
    """Ask a question of a scene both ways; most: tokens of the reply in words, chosen greedily, by no grammar.

    state: whether a head is asked too.
    """
    ids, group, size = _prompt(layout, talk, index, asked)
    written = _written(member, layout, ids, group, most=most, silent=(*SILENT, *tokens.DECODED))
    text = layout.words.text(written)
    try:
        words: tuple[Region, ...] | None = codecs.marked(text, layout.codec, size)[1]
    except CodecError:
        words = None
    gsd_m = talk.scenes[index].gsd_m
    side_px = layout.side_px * (size[0] // layout.side_px)  # of the picture, as far as it is shown
    found = _state(member, layout, ids, group, asked, side_px=side_px, gsd_m=gsd_m) if state else ()
    return Both(asked, words, len(written), found, gsd_m, text)


@torch.inference_mode()
def replied(member: Member, layout: Layout, talk: Talk, index: int, asked: Asked | Drawn, *, most: int = 96) -> str:
    """Give the reply to a question as the member chooses it itself, decode tokens among its words."""
    ids, group, _ = _prompt(layout, talk, index, asked)
    return layout.words.text(_written(member, layout, ids, group, most=most, silent=SILENT))


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


def _prompt(
    layout: Layout, talk: Talk, index: int, asked: Asked | Drawn
) -> tuple[list[int], FrameGroup, tuple[int, int]]:
    """A question after its frames as ids, the frames, and the size of the picture that places are counted on."""
    start, group = _frames(layout, talk, index)
    size = (int(talk.pictures.shape[3]), int(talk.pictures.shape[2]))
    question = layout.prompt(layout.written(asked.question, asked.shown, size), sensor=talk.sensor, task=asked.task)
    return [*start, *question], group, size


def _frames(layout: Layout, talk: Talk, index: int) -> tuple[list[int], FrameGroup]:
    """The placeholders of a scene's frames, and the frames."""
    laid = layout.laid(talk, index, Taught(words=False))
    shown = laid.shown
    places = tuple(range(shown.images))
    pixels = torch.from_numpy(shown.pixels)
    told = (laid.told,) * len(shown.pixels)
    group = frame_group(shown.stem, pixels, places=places, told=told, bands_um=shown.bands_um, tiles=layout.tiles)
    return laid.ids.tolist(), group


def _written(
    member: Member, layout: Layout, ids: list[int], group: FrameGroup, *, most: int, silent: tuple[str, ...]
) -> list[int]:
    """The likeliest words one after the other, up to the end of the reply; silent: words that are not chosen."""
    never = [layout.words[word] for word in silent if word in layout.words]
    batch = Batch(torch.tensor([ids]), (group,))
    hidden, cache = member.read(batch, member.look(batch))
    reply: list[int] = []
    while len(reply) < most:
        logits = member.writer.logits(hidden[0, -1])  # (vocab,)
        logits[never] = -torch.inf
        token = int(logits.argmax())
        if token == layout.words.end:
            break
        reply.append(token)
        step = Batch(torch.tensor([[token]]))
        hidden, cache = member.read(step, member.look(step), cache)
    return reply


def _state(
    member: Member, layout: Layout, ids: list[int], group: FrameGroup, asked: Drawn, *, side_px: int, gsd_m: float
) -> tuple[Region, ...]:
    """What the head reads from its token after the question."""
    head = HEAD_OF[asked.task]
    batch = Batch(torch.tensor([[*ids, layout.words[TOKENS[head]]]]), (group,), mask_frames=(0,))
    seen = member.look(batch)
    hidden: Tensor = member.read(batch, seen)[0]
    decoded = member.decode(batch, seen, hidden)
    if decoded.boxes is not None:
        return boxes_of(decoded.boxes, 0, side_px)
    if decoded.mask is not None:
        return (mask_of(decoded.mask[0], side_px),)
    assert decoded.paths is not None
    config = member.config.trajectory
    assert isinstance(config, TrajectoryHeadConfig)
    start = asked.shown[0].outline[0]
    return (path_of(decoded.paths, 0, (float(start[0]), float(start[1])), gsd_m, config.scale_m),)
