"""Scores of one run on real images, unit by unit, and what they say together with their intervals.

F1 at an intersection over union of 0.5. The threshold of one half of the units is chosen on the other half, so that
no unit is scored with a threshold that saw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from geoglot.models.nano import slots
from geoglot.nets import classes
from geoglot.nets.eye import STRIDE
from geoglot.regions.geometry import box_iou, nms
from geoglot.train.recipes.transfer.network import MULTIPLE_PX, Plain, peaks
from geoglot.train.recipes.transfer.plan import Row
from geoglot.train.shard import Shard
from geoglot.train.view import View, whole

HIT = 0.5  # intersection over union
SAME_PLACE = 0.5
FAINTEST = 0.03
RESAMPLES = 2000

Told = tuple[float, float, float]
"""A number with the ends of its 95 % interval."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is resampled: an image, or a block of one. scores, hits: of what was said there; truths: objects there.

    For scene classes one entry, hit if the class was right, and one truth.
    """

    scores: tuple[float, ...]
    hits: tuple[bool, ...]
    truths: int


def tested(net: Plain, row: Row, shards: Sequence[Shard]) -> list[Unit]:
    """Score a network on all images of the row's sets that are not for training."""
    units: list[Unit] = []
    for one in shards:
        own = sorted({truth.scene for truth in one.truth if truth.scene is not None})
        for index, truth in enumerate(one.truth):
            if truth.split != "train":
                view = whole(one, index, longest_px=_side(truth.size, row.seen))
                units += _objects(net, view, one, row) if row.label else [_scene(net, view, one, own)]
    return units


def detect(net: Plain, view: View, names: Sequence[str], label: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give boxes (n, 4) in pixels of the view and scores (n,), likeliest first, one for each place."""
    heat, geometry, _ = _see(net, view, names)
    row, column = np.nonzero(heat[classes.OBJECTS.index(label)] > FAINTEST)
    scores = heat[classes.OBJECTS.index(label)][row, column].astype(np.float64)
    numbers = geometry[:, row, column].astype(np.float64)
    sides = np.exp(np.clip(numbers[:2], -3, 6)) * STRIDE
    centre = np.stack([column + numbers[2], row + numbers[3]]) * STRIDE
    boxes = np.concatenate([centre - sides / 2, centre + sides / 2]).T.clip(0, view.levels.shape[1])
    kept = nms(boxes, scores, SAME_PLACE)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    return boxes[kept], scores[kept]


def value(units: Sequence[Unit], *, scene: bool) -> float:
    """Give accuracy or F1 over all units."""
    return float(_totals([tallies(units, scene=scene)], np.ones((1, len(units))))[0])


def interval(runs: Sequence[Sequence[Unit]], *, scene: bool, seed: int = 0) -> Told:
    """Give the score of runs taken together, and the 95 % interval over resampled units."""
    each = [tallies(units, scene=scene) for units in runs]
    return _told(_totals(each, np.ones((1, len(runs[0])))), _totals(each, _draws(len(runs[0]), seed)))


def gain(runs: Sequence[Sequence[Unit]], base: Sequence[Sequence[Unit]], *, scene: bool, seed: int = 0) -> Told:
    """Give the score of `runs` less that of `base`, with the interval over units resampled for both alike."""
    mine, other = ([tallies(units, scene=scene) for units in group] for group in (runs, base))
    one, draws = np.ones((1, len(runs[0]))), _draws(len(runs[0]), seed)
    return _told(_totals(mine, one) - _totals(other, one), _totals(mine, draws) - _totals(other, draws))


def tallies(units: Sequence[Unit], *, scene: bool) -> NDArray[np.float64]:
    """Give (units, 3): right, said and true, at the threshold that the other half of the units prefers."""
    if scene:
        return np.array([(sum(unit.hits), 1, 1) for unit in units], np.float64)
    halves = (range(0, len(units), 2), range(1, len(units), 2))
    limits = [best_threshold([units[place] for place in half]) for half in halves]
    rows = []
    for place, unit in enumerate(units):
        said = np.array(unit.scores) >= limits[1 - place % 2]
        rows.append((int((np.array(unit.hits, np.bool_) & said).sum()), int(said.sum()), unit.truths))
    return np.array(rows, np.float64)


def best_threshold(units: Sequence[Unit]) -> float:
    """Give the score from which F1 over the units is highest; 0.5 if nothing was said."""
    scores = np.array([score for unit in units for score in unit.scores])
    hits = np.array([hit for unit in units for hit in unit.hits], np.bool_)
    if not hits.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(hits[order]) / (np.arange(1, len(order) + 1) + sum(unit.truths for unit in units))
    return float(scores[order][int(np.argmax(f1))])


def _totals(each: Sequence[NDArray[np.float64]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(draws,) 2 right / (said + true) of all runs together. weights: (draws, units)."""
    summed = np.sum([weights @ tally for tally in each], axis=0)  # (draws, 3)
    return np.asarray(2 * summed[:, 0] / np.maximum(summed[:, 1] + summed[:, 2], 1e-9))


def _draws(count: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(np.float64)


def _told(point: NDArray[np.float64], drawn: NDArray[np.float64]) -> Told:
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(point[0]), float(low), float(high)


@torch.no_grad()
def _see(
    net: Plain, view: View, names: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Peaks (K, h, w), geometry (8, h, w) and scene logits of one view."""
    size = (view.levels.shape[2], view.levels.shape[1])
    image, _ = slots.centred(dict(zip(names, view.levels, strict=True)), size)
    sight = net(torch.from_numpy(image[None]).contiguous(memory_format=torch.channels_last))
    return peaks(sight)[0].numpy(), sight.geometry[0].numpy(), sight.scene[0].numpy()


def _scene(net: Plain, view: View, one: Shard, own: Sequence[int]) -> Unit:
    """Whether the likeliest of the set's own classes is the true one."""
    logits = _see(net, view, one.slots)[2]
    said = own[int(np.argmax(logits[list(own)]))]
    return Unit((1.0,), (said == view.truth.scene,), 1)


def _objects(net: Plain, view: View, one: Shard, row: Row) -> list[Unit]:
    """Match what was said with the truth, likeliest first, each truth once; then sort both into blocks."""
    boxes, scores = detect(net, view, one.slots, row.label)
    corners = view.marks.corners[view.marks.cls == classes.OBJECTS.index(row.label)].astype(np.float64)
    wanted = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    hits = _matched(box_iou(boxes, wanted))
    counted = hits | ~_inside(boxes, view.unsure.astype(np.float64))
    boxes, scores, hits = boxes[counted], scores[counted], hits[counted]
    side = max(view.truth.size)
    step = view.levels.shape[1] / side
    extent = np.array(view.truth.size) * step / row.blocks
    said, true = (_block(both, extent, row.blocks) for both in (boxes, wanted))
    return [
        Unit(
            tuple(round(float(score), 4) for score in scores[said == place]),
            tuple(bool(hit) for hit in hits[said == place]),
            int((true == place).sum()),
        )
        for place in range(row.blocks**2)
    ]


def _matched(overlap: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether each of n boxes, likeliest first, finds a truth that none before it took. overlap: (n, truths)."""
    free = np.ones(overlap.shape[1], np.bool_)
    hits = np.zeros(len(overlap), np.bool_)
    for row in range(len(overlap)):
        if not free.any():
            break
        best = int(np.argmax(np.where(free, overlap[row], -1.0)))
        if overlap[row, best] >= HIT:
            free[best], hits[row] = False, True
    return hits


def _block(boxes: NDArray[np.float64], extent: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """(n,) number of the block of each box's centre. extent: width and height of a block."""
    cells = np.clip(((boxes[:, :2] + boxes[:, 2:]) / 2 / extent).astype(np.int64), 0, count - 1)
    return np.asarray(cells[:, 1] * count + cells[:, 0])


def _inside(boxes: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether each box's centre lies in one of the areas."""
    centre = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    within: NDArray[np.bool_] = np.logical_and.reduce((centre >= areas[:, :2]) & (centre <= areas[:, 2:]), axis=2)
    return np.asarray(np.logical_or.reduce(within, axis=1), np.bool_)


def _side(size: tuple[int, int], scale: float) -> int:
    """The longest side at which an image is scored, a multiple of what the network takes."""
    return max(MULTIPLE_PX, round(max(size) * scale / MULTIPLE_PX) * MULTIPLE_PX)
