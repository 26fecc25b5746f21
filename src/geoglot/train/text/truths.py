"""What heads are to read from their tokens: regions in pixels to targets in the units of `nets`, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.nets.box_head import Boxes, BoxTargets
from geoglot.nets.pixels import STRIDE
from geoglot.nets.trajectory_head import Paths, PathTargets, TrajectoryHeadConfig
from geoglot.regions import Box, Mask, OrientedBox, Path, Region

Truth = BoxTargets | PathTargets | Tensor
"""Boxes, a path (of one token), or a mask (H/4, W/4)."""

METRES_UNKNOWN = 1.0
"""Metres a pixel where nobody knows them: paths then count pixels."""


@dataclass(frozen=True, slots=True)
class Truths:
    """The truths of some decode tokens, in their order, as a `Batch` takes them.

    scenes: number of the scene of each mask.
    """

    boxes: tuple[BoxTargets, ...]
    masks: Tensor | None
    paths: PathTargets | None
    scenes: tuple[int, ...]


def gathered(truths: Sequence[tuple[int, Truth]]) -> Truths:
    """Sort (number of the scene, truth) by kind."""
    masks = [(scene, one) for scene, one in truths if isinstance(one, Tensor)]
    paths = [one for _, one in truths if isinstance(one, PathTargets)]
    return Truths(
        boxes=tuple(one for _, one in truths if isinstance(one, BoxTargets)),
        masks=torch.stack([one for _, one in masks]) if masks else None,
        paths=PathTargets(torch.cat([one.steps for one in paths]), torch.cat([one.lengths for one in paths]))
        if paths
        else None,
        scenes=tuple(scene for scene, _ in masks),
    )


def box_targets(regions: Sequence[Region], side_px: float) -> BoxTargets:
    """Give the boxes of a square frame that shows `side_px` pixels of the picture across; upright ones cut to it."""
    upright = np.zeros((len(regions), 4), np.float32)
    turned = np.full((len(regions), 3), np.nan, np.float32)
    for index, region in enumerate(regions):
        box = region.bounds
        low, high = np.clip([(box.x0, box.y0), (box.x1, box.y1)], 0, side_px) / side_px
        upright[index] = [*(low + high) / 2, *(high - low)]
        if isinstance(region, OrientedBox):
            long, short, angle_deg = region.w, region.h, region.angle_deg
            if short > long:
                long, short, angle_deg = short, long, angle_deg + 90
            turned[index] = long / side_px, short / side_px, math.radians(angle_deg)
    classes = torch.zeros(len(regions), dtype=torch.long)  # the question names the thing: there is one class
    return BoxTargets(classes, torch.from_numpy(upright), torch.from_numpy(turned))


def mask_target(mask: Mask, side_px: int, cells: int) -> Tensor:
    """Give the share of each of cells x cells parts of a square of `side_px` pixels that a mask covers, 0 to 1."""
    inside = mask.to_array((side_px, side_px)).astype(np.float32)
    each = side_px // cells
    covered: NDArray[np.float32] = inside[: cells * each, : cells * each].reshape(cells, each, cells, each).mean((1, 3))
    return torch.from_numpy(covered)


def path_target(path: Path, gsd_m: float | None, config: TrajectoryHeadConfig) -> PathTargets:
    """Give the legs of a path as steps, in scales; one of more legs than steps is cut into equal parts.

    The start pose looks to the right of the picture: x is forward and to the right, y to its right hand and down.
    """
    points = path.outline * (gsd_m or METRES_UNKNOWN)  # (N, 2) metres
    if len(points) - 1 > config.steps:
        points = _evenly(points, config.steps)
    legs = np.diff(points, axis=0) / config.scale_m  # (N - 1, 2)
    steps = np.zeros((1, config.steps, 3), np.float32)
    steps[0, : len(legs), :2] = legs
    return PathTargets(torch.from_numpy(steps), torch.tensor([len(legs)]))


def boxes_of(boxes: Boxes, token: int, side_px: float, *, least: float = 0.5) -> tuple[Box, ...]:
    """Give the upright boxes that a token stands for in pixels of the picture, surest first, scores from `least` on."""
    found = []
    for query, score in _surest(boxes, token, least):
        x, y, w, h = (boxes.upright[token, query] * side_px).tolist()
        found.append(Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2, score=score))
    return tuple(found)


def turned_boxes_of(boxes: Boxes, token: int, side_px: float, *, least: float = 0.5) -> tuple[OrientedBox, ...]:
    """Give the turned boxes that a token stands for; their centres are those of the upright ones: see `boxes_of`."""
    found = []
    for query, score in _surest(boxes, token, least):
        x, y, _, _ = (boxes.upright[token, query] * side_px).tolist()
        long, short, sine, cosine = boxes.turned[token, query].tolist()
        angle_deg = math.degrees(math.atan2(sine, cosine) / 2)
        found.append(OrientedBox(x, y, long * side_px, short * side_px, angle_deg, score=score))
    return tuple(found)


def mask_of(logits: Tensor, side_px: int) -> Mask:
    """Give the mask of logits (H/4, W/4) on a picture of `side_px` pixels, nearest cell."""
    cells = logits.shape[0]
    rows = np.minimum(np.arange(side_px) * cells // side_px, cells - 1)
    inside: NDArray[np.bool_] = (logits > 0).cpu().numpy()[np.ix_(rows, rows)]
    return Mask.from_array(inside)


def path_of(paths: Paths, token: int, start: tuple[float, float], gsd_m: float | None, scale_m: float) -> Path:
    """Give the path that a token stands for, in pixels of the picture, from its start to the first step that stops."""
    there = (paths.stop[token] > 0).nonzero()[:, 0].tolist()
    count = 1 + (there[0] if there else len(paths.stop[token]) - 1)
    places = paths.positions_m(scale_m)[token, :count, :2] / (gsd_m or METRES_UNKNOWN)  # (count, 2)
    return Path((start, *((start[0] + x, start[1] + y) for x, y in places.tolist())))


def frame_cells(side_px: int) -> int:
    """Give how many cells a side the masks of a frame have."""
    return side_px // STRIDE


def _surest(boxes: Boxes, token: int, least: float) -> list[tuple[int, float]]:
    """Queries with a score of `least` or more, surest first."""
    odds = boxes.logits[token].sigmoid().amax(dim=-1).tolist()  # (Q,)
    return sorted(((query, score) for query, score in enumerate(odds) if score >= least), key=lambda one: -one[1])


def _evenly(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Cut a line (N, 2) into `count` parts of equal length along it: (count + 1, 2)."""
    along = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    places = np.linspace(0.0, along[-1], count + 1)
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)
