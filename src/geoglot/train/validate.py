"""What the exported eye is worth on images it was not trained on, and how its scores become probabilities.

Everything runs on the runtime's own code (onnxruntime, `models.nano.decode`), so it measures what users get.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.models.nano import slots
from geoglot.models.nano.decode import LEAST, cover_of, peaks, softmax
from geoglot.models.nano.eye import Eye, Sight
from geoglot.models.nano.look import twice_seen
from geoglot.models.nano.shown import Shown, padded, searching_size
from geoglot.models.nano.weights import Line
from geoglot.nets import classes
from geoglot.regions import Box
from geoglot.regions.geometry import box_iou
from geoglot.train.shard import Shard

HIT = 0.5  # intersection over union
UNTOLD = 255  # a cell whose cover is not known
NEAR = 0.3
"""Overlap from which a box is of that object for all questions but those for the box: probabilities are fitted to it.
At `HIT` a house whose box is a third too small would count as no house."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Peaks of one class in an image. hit: by peak; truths: number of objects. gsd_m: of the pixels of a first look."""

    scores: NDArray[np.float64]
    hit: NDArray[np.bool_]
    truths: int
    gsd_m: float | None = None


@dataclass(slots=True)
class Measured:
    """Raw results of one shard: rows for the tables of docs/nano.md and for the calibration."""

    scene: list[tuple[int, NDArray[np.float32]]] = field(default_factory=list)
    tags: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = field(default_factory=list)
    found: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    cover: list[tuple[NDArray[np.uint8], NDArray[np.float32]]] = field(default_factory=list)


def measure(eye: Eye, shard: Shard, images: Iterable[int], *, least: float = LEAST, overlap: float = HIT) -> Measured:
    """See images of a shard as the runtime would see whole frames, and keep what each head said beside the truth.

    least: probability from which peaks are kept. overlap: from which one is a hit.
    """
    result = Measured()
    for index in images:
        shown = shown_of(shard, index)
        sight = twice_seen(shown, eye)
        truth = shard.truth[index]
        if truth.scene is not None:
            result.scene.append((truth.scene, sight.scene))
        if truth.tags is not None:
            result.tags.append((np.array(truth.tags, np.float32), sight.tags))
        if truth.objects is not None:
            for name, found in _objects(eye, shard, index, (shown, sight), least=least, overlap=overlap).items():
                result.found[name].append(found)
        if shard.cover is not None:
            result.cover.append(_cover(eye, shard, index, (shown, sight)))
    return result


def shown_of(shard: Shard, index: int) -> Shown:
    """Give a shard's image as the runtime shows it."""
    width, height = shard.truth[index].size
    size = searching_size(width, height, shard.truth[index].gsd_m)
    planes = [
        Image.fromarray(np.ascontiguousarray(plane[:height, :width])).resize(size, Image.Resampling.BILINEAR)
        for plane in shard.levels[index]
    ]
    counts = np.stack([np.asarray(plane) for plane in planes]).astype(np.float32)
    levels = dict(zip(shard.slots, np.where(counts > 0, (counts - 1) / 254, np.nan).astype(np.float32), strict=True))
    image, present = slots.centred(levels, size)
    known = np.isfinite(np.stack(list(levels.values()))).any(axis=0)
    gsd_m = shard.truth[index].gsd_m
    return Shown(padded(image), present, size, Box(0, 0, width, height), modality_of(shard), known, levels, gsd_m)


def modality_of(shard: Shard) -> str:
    """Give the modality that calibration goes by."""
    for name in ("sar", "thermal", "multispectral"):
        if any(slot in shard.slots for slot in slots.MODALITIES[name]):
            return name
    return "rgb"


def fit_cover_temperature(rows: Sequence[tuple[Measured, Shard]]) -> float:
    """Give the temperature, 0.5 to 8, that makes the true covers likeliest; each shard counts the same."""
    tried = np.geomspace(0.5, 8.0, 40)
    loss = np.zeros(len(tried))
    for measured, shard in rows:
        allowed = _allowed(shard)
        truth = np.concatenate([truth for truth, _ in measured.cover])
        logits = np.log(np.concatenate([p for _, p in measured.cover], axis=1) + 1e-9)  # (covers, n)
        for index, temperature in enumerate(tried):
            p = softmax((logits / temperature).astype(np.float32))
            loss[index] -= np.log((p * allowed[truth].T).sum(axis=0) + 1e-9).mean()
    return float(tried[int(np.argmin(loss))]) if rows else 1.0


def flagged(eye: Eye, images: Iterable[tuple[NDArray[np.float32], str]]) -> list[float]:
    """Give the probability of "noise" of pictures (3, H, W) of levels, or of (1, H, W) for slot "thermal"."""
    place = eye.weights.quality.index("noise")
    found = []
    for levels, kind in images:
        names = slots.MODALITIES[kind]
        size = (levels.shape[2], levels.shape[1])
        sight = eye.see(*slots.centred(dict(zip(names, levels, strict=True)), size))
        found.append(float(1 / (1 + np.exp(-np.clip(sight.quality[place], -50, 50)))))
    return found


def ruins(count: int, *, seed: int = 0, size_px: int = 256) -> list[tuple[NDArray[np.float32], str]]:
    """Make pictures of nothing: black, flat, white noise in grey and colour, noise of coarse blocks."""
    rng = np.random.default_rng(seed)
    shape = (3, size_px, size_px)
    made = []
    for index in range(count):
        grain = 2 ** int(rng.integers(0, 5))
        blocks = rng.random((3, size_px // grain, size_px // grain), dtype=np.float32)
        options = (
            np.zeros(shape, np.float32),
            np.full(shape, rng.random(), np.float32),
            rng.random(shape, dtype=np.float32),
            np.broadcast_to(rng.random(shape[1:], dtype=np.float32), shape).copy(),
            blocks.repeat(grain, axis=1).repeat(grain, axis=2),
        )
        made.append((options[index % len(options)], "rgb"))
    return made


def best_f1(found: Sequence[Found]) -> tuple[float, float, float]:
    """Give F1 at the threshold where it is highest, that threshold, and F1 at 0.5."""
    scores, hit, truths = _joined(found)
    if truths == 0:
        return 0.0, 0.5, 0.0
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(hit[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + truths) if len(hits) else np.zeros(1)
    best = int(np.argmax(f1))
    above = scores >= 0.5
    at_half = 2 * hit[above].sum() / max(1, above.sum() + truths)
    return float(f1[best]), float(scores[order][best]) if len(scores) else 0.5, float(at_half)


def count_error(found: Sequence[Found]) -> float:
    """Give the mean absolute difference of the expected count (sum of probabilities) from the true one."""
    return float(np.mean([abs(one.scores.sum() - one.truths) for one in found])) if found else 0.0


def fit_line(raw: NDArray[np.float64], right: NDArray[np.bool_], *, near: Line = (1.0, 0.0), steps: int = 50) -> Line:
    """Fit probability = sigmoid(a * logit(raw) + b) by Newton's method, with a weak pull towards `near`."""
    p = np.clip(raw, 1e-6, 1 - 1e-6)
    x = np.stack([np.log(p / (1 - p)), np.ones_like(p)], axis=1)
    start = np.array(near)
    w = start.copy()
    for _ in range(steps):
        q = 1 / (1 + np.exp(-(x @ w)))
        gradient = x.T @ (q - right) + (w - start)
        hessian = (x * (q * (1 - q))[:, None]).T @ x + np.eye(2)
        w -= np.clip(np.linalg.solve(hessian, gradient), -1, 1)  # whole steps run away from well parted scores
    return float(w[0]), float(w[1])


def fit_temperature(rows: Sequence[tuple[int, NDArray[np.float32]]]) -> float:
    """Give the temperature that makes the true classes likeliest, from 0.5 to 4."""
    if not rows:
        return 1.0
    tried = np.geomspace(0.5, 4.0, 40)
    loss = [-np.mean([np.log(softmax(logits / t)[truth] + 1e-9) for truth, logits in rows]) for t in tried]
    return float(tried[int(np.argmin(loss))])


def _objects(
    eye: Eye, shard: Shard, index: int, seen: tuple[Shown, Sight], *, least: float, overlap: float
) -> dict[str, Found]:
    """Match peaks of each labelled class with the truth, likeliest first, each truth once."""
    truth = shard.truth[index]
    said = peaks(seen[1], seen[0], eye.weights, least=least)
    ignored = np.array(truth.ignore, np.float64).reshape(-1, 4)
    results = {}
    for place in np.nonzero(shard.labelled)[0].tolist():
        name = classes.OBJECTS[place]
        corners = [np.reshape(xy, (4, 2)) for cls, xy, _ in truth.objects or () if cls == place]
        wanted = np.array([np.concatenate([c.min(axis=0), c.max(axis=0)]) for c in corners]).reshape(-1, 4)
        mine = [peak for peak in said if peak.label == name]
        boxes = np.array([peak.box for peak in mine], np.float64).reshape(-1, 4)
        shared, hidden = box_iou(boxes, wanted), _inside(boxes, ignored)
        free = np.ones(len(wanted), np.bool_)
        hit, counted = [], []
        for row in range(len(mine)):
            best = int(np.argmax(np.where(free, shared[row], -1))) if len(wanted) else -1
            good = best >= 0 and bool(free[best]) and shared[row, best] >= overlap
            if good:
                free[best] = False
            hit.append(good)
            counted.append(good or not hidden[row])
        keep = np.array(counted, np.bool_)
        scores = np.array([peak.score for peak in mine], np.float64)
        results[name] = Found(scores[keep], np.array(hit, np.bool_)[keep], len(wanted), seen[0].seen_gsd_m)
    return results


def _inside(boxes: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each box's centre lies in one of the areas."""
    if not len(areas) or not len(boxes):
        return np.zeros(len(boxes), np.bool_)
    centre = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    after, before = centre >= areas[:, :2], centre <= areas[:, 2:]  # (n, m, 2)
    inside: NDArray[np.bool_] = np.logical_and.reduce(after & before, axis=2)  # (n, m)
    return np.asarray(np.logical_or.reduce(inside, axis=1), np.bool_)


def truth_of_cells(shard: Shard, index: int, shown: Shown, stride: int) -> NDArray[np.uint8]:
    """Give (h, w) the cover of each cell of the eye in the set's own numbers, UNTOLD where it is not known."""
    assert shard.cover is not None
    width, height = shard.truth[index].size
    h, w = -(-shown.size[1] // stride), -(-shown.size[0] // stride)
    rows = np.minimum(((np.arange(h) + 0.5) * height / h).astype(int), height - 1)
    columns = np.minimum(((np.arange(w) + 0.5) * width / w).astype(int), width - 1)
    return np.asarray(shard.cover[index][np.ix_(rows, columns)], np.uint8)


def _cover(
    eye: Eye, shard: Shard, index: int, seen: tuple[Shown, Sight]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(n,) truth in the set's numbers and (covers, n) probabilities, of the cells where the truth is known."""
    truth = truth_of_cells(shard, index, seen[0], eye.weights.stride)
    known = truth != UNTOLD
    return truth[known], cover_of(seen[1], seen[0], eye.weights)[:, known]


def cover_accuracy(measured: Measured, shard: Shard) -> tuple[float, float, int]:
    """Give the share of cells whose likeliest cover is one the truth allows, the majority's share, and the count."""
    right, total, classes_seen = 0, 0, Counter[int]()
    for truth, probability in measured.cover:
        said = probability.argmax(axis=0)
        right += int(_allowed(shard)[truth, said].sum())
        total += len(truth)
        classes_seen.update(truth.tolist())
    majority = max(classes_seen.values(), default=0)
    return right / max(total, 1), majority / max(total, 1), total


def _allowed(shard: Shard) -> NDArray[np.bool_]:
    """(classes of the set, covers) True where the set's class may be that cover."""
    allowed = np.zeros((len(shard.cover_sets), len(classes.COVER)), np.bool_)
    for row, members in enumerate(shard.cover_sets):
        allowed[row, list(members)] = True
    return allowed


def scene_accuracy(measured: Measured, allowed: Sequence[int] | None = None) -> tuple[float, float, int]:
    """Give accuracy, the majority's share and the count. allowed: choose among these classes only."""
    rows = measured.scene
    mask = np.full(len(classes.SCENES), -np.inf, np.float32)
    mask[list(allowed) if allowed is not None else slice(None)] = 0
    right = sum(int(np.argmax(logits + mask)) == truth for truth, logits in rows)
    majority = max(Counter(truth for truth, _ in rows).values(), default=0)
    return right / max(len(rows), 1), majority / max(len(rows), 1), len(rows)


def tags_f1(measured: Measured) -> tuple[float, float, int]:
    """Give micro-averaged F1 at probability 0.5, that of always saying the tags held by most images, and the count."""
    if not measured.tags:
        return 0.0, 0.0, 0
    truth = np.stack([row for row, _ in measured.tags])
    said = np.stack([logits for _, logits in measured.tags]) > 0
    always = np.broadcast_to(truth.mean(axis=0) > 0.5, truth.shape)
    return _micro(truth, said), _micro(truth, always), len(truth)


def _micro(truth: NDArray[np.float32], said: NDArray[np.bool_]) -> float:
    both = float((truth * said).sum())
    return 2 * both / max(1.0, float(truth.sum() + said.sum()))


def _joined(found: Sequence[Found]) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    if not found:
        return np.zeros(0), np.zeros(0, np.bool_), 0
    scores = np.concatenate([one.scores for one in found])
    hit = np.concatenate([one.hit for one in found])
    return scores, hit, sum(one.truths for one in found)
