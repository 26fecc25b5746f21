"""`View`: a square cut out of a shard's image at some scale and turn, with its truth moved along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.nets.targets import Marks
from geoglot.train.shard import Shard, Truth

ABOUT_OBJECT = 0.7  # share of views centred near some object, where there is one


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the eye will be shown, before augmentation. S pixels wide and high.

    levels: (C, S, S) float32, NaN without data. cover: (S, S) uint8 or None. unsure: (m, 4) boxes not to score.
    """

    levels: NDArray[np.float32]
    cover: NDArray[np.uint8] | None
    marks: Marks
    unsure: NDArray[np.float32]
    truth: Truth


def cut(
    shard: Shard,
    index: int,
    rng: np.random.Generator,
    *,
    size_px: int,
    scale: tuple[float, float],
    turn: bool,
    about: int | None = None,
) -> View:
    """Give a random view of image `index`.

    scale: least and largest magnification, drawn log-uniformly. turn: also turn by any angle, which only images
    without boxes should be. about: class of the image's objects that the view is to lie about.
    Every view is flipped and turned by quarters at random.
    """
    truth = shard.truth[index]
    factor = float(np.exp(rng.uniform(*np.log(scale))))
    side = size_px / factor
    left, top = _corner(truth, side, rng, about)
    angle = float(rng.uniform(0, 360)) if turn and rng.random() < 0.5 else 0.0
    quarter, mirror = int(rng.integers(4)), bool(rng.random() < 0.5)
    width, height = truth.size
    planes = [
        _resampled(plane[:height, :width], (left, top, side), size_px, angle=angle, smooth=True)
        for plane in shard.levels[index]
    ]
    counts = np.stack([_dihedral(plane, quarter, mirror) for plane in planes])  # (C, S, S)
    levels = np.where(counts > 0, (counts.astype(np.float32) - 1) / 254, np.float32(np.nan))
    cover = None
    if shard.cover is not None:
        flat = _resampled(shard.cover[index][:height, :width], (left, top, side), size_px, angle=angle, smooth=False)
        cover = _dihedral(flat, quarter, mirror)
    marks, unsure = _moved(truth, (left, top, side), size_px, quarter=quarter, mirror=mirror)
    return View(levels, cover, marks, unsure, truth)


def whole(shard: Shard, index: int, *, longest_px: int) -> View:
    """Give the whole image, enlarged or shrunk so that its longer side is `longest_px`, for evaluation."""
    truth = shard.truth[index]
    side = float(max(truth.size))
    width, height = truth.size
    planes = [
        _resampled(plane[:height, :width], (0.0, 0.0, side), longest_px, angle=0.0, smooth=True)
        for plane in shard.levels[index]
    ]
    counts = np.stack(planes)
    levels = np.where(counts > 0, (counts.astype(np.float32) - 1) / 254, np.float32(np.nan))
    marks, unsure = _moved(truth, (0.0, 0.0, side), longest_px, quarter=0, mirror=False)
    cover = None
    if shard.cover is not None:
        cover = _resampled(shard.cover[index][:height, :width], (0.0, 0.0, side), longest_px, angle=0.0, smooth=False)
    return View(levels, cover, marks, unsure, truth)


def _corner(truth: Truth, side: float, rng: np.random.Generator, about: int | None) -> tuple[float, float]:
    """Upper left of the cut, inside the image where the image is large enough."""
    width, height = truth.size
    if truth.objects and (about is not None or rng.random() < ABOUT_OBJECT):
        x, y = np.reshape(_object(truth.objects, rng, about), (4, 2)).mean(axis=0)
        left, top = x - side * rng.uniform(0.1, 0.9), y - side * rng.uniform(0.1, 0.9)
    else:
        left, top = rng.uniform(0, max(width - side, 0)), rng.uniform(0, max(height - side, 0))
    left = np.clip(left, 0, width - side) if side <= width else (width - side) * rng.random()
    top = np.clip(top, 0, height - side) if side <= height else (height - side) * rng.random()
    return float(left), float(top)


def _object(
    objects: Sequence[tuple[int, tuple[float, ...], bool]], rng: np.random.Generator, about: int | None
) -> tuple[float, ...]:
    """Corners of one object, its class drawn first: a street has a hundred cars for each tennis court."""
    names = sorted({cls for cls, _, _ in objects})
    wanted = names[int(rng.integers(len(names)))] if about is None else about
    corners = [xy for cls, xy, _ in objects if cls == wanted]
    return corners[int(rng.integers(len(corners)))]


def _resampled(
    plane: NDArray[np.uint8], place: tuple[float, float, float], size_px: int, *, angle: float, smooth: bool
) -> NDArray[np.uint8]:
    """Cut (left, top, side) out of (H, W) to (S, S); 0 (255 for classes) outside the plane."""
    left, top, side = place
    height, width = plane.shape
    image = Image.fromarray(np.ascontiguousarray(plane))
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    if angle == 0.0 and left >= 0 and top >= 0 and left + side <= width + 1e-6 and top + side <= height + 1e-6:
        box = (left, top, min(left + side, width), min(top + side, height))
        return np.asarray(image.resize((size_px, size_px), how, box=box))
    cos, sin, step = np.cos(np.radians(angle)), np.sin(np.radians(angle)), side / size_px
    cx, cy, half = left + side / 2, top + side / 2, size_px / 2
    matrix = (
        step * cos,
        -step * sin,
        cx - step * half * (cos - sin),
        step * sin,
        step * cos,
        cy - step * half * (sin + cos),
    )
    return np.asarray(
        image.transform((size_px, size_px), Image.Transform.AFFINE, matrix, how, fillcolor=0 if smooth else 255)
    )


def _dihedral(plane: NDArray[np.uint8], quarter: int, mirror: bool) -> NDArray[np.uint8]:
    turned = np.rot90(plane, quarter)
    return np.ascontiguousarray(turned[:, ::-1] if mirror else turned)


def _moved(
    truth: Truth, place: tuple[float, float, float], size_px: int, *, quarter: int, mirror: bool
) -> tuple[Marks, NDArray[np.float32]]:
    """The image's objects and ignored boxes in pixels of the view; those outside it are left out."""
    left, top, side = place
    factor = size_px / side
    offset = np.array([left, top])
    objects = truth.objects or ()
    corners = np.array([xy for _, xy, _ in objects], np.float64).reshape(-1, 4, 2)
    corners = _turned((corners - offset) * factor, size_px, quarter, mirror)
    ignored = np.array(truth.ignore, np.float64).reshape(-1, 2, 2)
    ignored = _turned((ignored - offset) * factor, size_px, quarter, mirror)
    low, high = corners.min(axis=1), corners.max(axis=1)
    seen = np.all((high > 0) & (low < size_px), axis=1)
    marks = Marks(
        cls=np.array([cls for cls, _, _ in objects], np.int64)[seen],
        corners=corners[seen].astype(np.float32),
        oriented=np.array([turned for _, _, turned in objects], np.bool_)[seen],
    )
    unsure = np.concatenate([ignored.min(axis=1), ignored.max(axis=1)], axis=1).astype(np.float32)
    return marks, unsure


def _turned(points: NDArray[np.float64], size_px: int, quarter: int, mirror: bool) -> NDArray[np.float64]:
    """Points (…, 2) moved as `_dihedral` moves pixels: np.rot90 turns counter-clockwise on screen."""
    x, y = points[..., 0], points[..., 1]
    for _ in range(quarter):
        x, y = y, size_px - x
    return np.stack([size_px - x if mirror else x, y], axis=-1)
