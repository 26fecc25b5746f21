"""`Batch`: conversations as tensors, frames beside their words, and what is known about the answers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from geoglot.nets.box_head import BoxTargets
from geoglot.nets.told import Told, facts, gsd_m
from geoglot.nets.trajectory_head import PathTargets
from geoglot.nets.writer import Writer

IGNORED = -100
"""In targets: nothing is learned here."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameGroup:
    """Frames of one stem and one size, wherever in the batch they belong.

    stem: name. pixels: (F, C, H, W) float32, normalised for that stem. places: number of each frame among all
    frames of the batch, counted row by row in the order of their placeholders. facts: (F, FACTS); gsd_m: (F,),
    see `told`. bands_um: (C, 2) centres and widths, for spectral stems. tiles: (rows, columns) if every image is a
    view of the whole followed by its tiles; `places` then counts images, and F is images (1 + rows columns).
    """

    stem: str
    pixels: Tensor
    places: tuple[int, ...]
    facts: Tensor
    gsd_m: Tensor
    bands_um: Tensor | None = None
    tiles: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """B conversations of N words.

    ids: (B, N); a frame's tokens are as many placeholders. present: (B, M + N) bool with the M words already in
    the cache, None where nothing is padded. targets: (B, N) the word that follows each, IGNORED where nothing is
    learned; weights: (B, N) of their losses. boxes, masks (K, H/4, W/4), paths: truth for each decode token in
    the order of the batch; mask_frames: the place of the frame of each `<mask>`.
    """

    ids: Tensor
    frames: tuple[FrameGroup, ...] = ()
    present: Tensor | None = None
    targets: Tensor | None = None
    weights: Tensor | None = None
    boxes: tuple[BoxTargets, ...] | None = None
    masks: Tensor | None = None
    mask_frames: tuple[int, ...] | None = None
    paths: PathTargets | None = None


def frame_group(
    stem: str,
    pixels: Tensor,
    *,
    places: tuple[int, ...],
    told: tuple[Told, ...] | None = None,
    bands_um: Tensor | None = None,
    tiles: tuple[int, int] | None = None,
) -> FrameGroup:
    """Make a group; told: what is known about each of its F frames, nothing if not given."""
    known = told if told is not None else (Told(),) * len(pixels)
    device = pixels.device
    return FrameGroup(stem, pixels, places, facts(known).to(device), gsd_m(known).to(device), bands_um, tiles)


def next_word_loss(writer: Writer, hidden: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Give the weighted mean cross-entropy of states (B, N, D) where targets (B, N) are not IGNORED.

    Logits are made of those states alone: a whole batch of them would not fit beside a large model.
    """
    if targets.is_meta:
        return functional.cross_entropy(writer.logits(hidden).flatten(0, 1).float(), targets.flatten())
    learned = targets != IGNORED
    if not bool(learned.any()):
        return hidden.sum() * 0.0
    each = functional.cross_entropy(writer.logits(hidden[learned]).float(), targets[learned], reduction="none")
    share = torch.ones_like(each) if weights is None else weights[learned]
    return (each * share).sum() / share.sum()
