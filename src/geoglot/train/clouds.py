"""Fit where clouds are: one weight for each of the eye's dense features, in seconds, anew for every packaged eye.

Clouds are drawn over training images; none of a real image with clouds is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import slots
from geoglot.models.nano.eye import Eye
from geoglot.nets.eye import STRIDE
from geoglot.train.augment import INFRARED, light, overcast
from geoglot.train.recipe import Ingredient
from geoglot.train.shard import Shard
from geoglot.train.view import cut

VIEWS = 300
SIZE_PX = 128
CELLS = 200  # of a view
CLOUDED = 0.6  # share of the views that clouds are drawn over
OPAQUE = 0.5
STEPS = 30
RIDGE = 1.0
PICTURES = ("red", "green", "blue")


def fit(eye: Eye, mixture: Sequence[Ingredient], opened: Mapping[str, Shard], *, views: int = VIEWS) -> list[float]:
    """Give a weight for each dense feature and a bias: the logit that most of a cell lies under opaque cloud.

    Raises ValueError if there is no shard of pictures.
    """
    rng = np.random.default_rng(0)
    parts = [one for one in mixture if one.shard in opened and set(PICTURES) <= set(opened[one.shard].slots)]
    if not parts:
        raise ValueError("no shard of pictures to draw clouds over")
    drawn = [_cells(eye, parts[view % len(parts)], opened, rng) for view in range(views)]
    features, cloudy = (np.concatenate(side) for side in zip(*drawn, strict=True))
    return logistic(features.astype(np.float64), cloudy)


def logistic(features: NDArray[np.float64], right: NDArray[np.bool_]) -> list[float]:
    """Fit a logistic regression to features (n, k) by Newton's method, weights drawn to 0: k weights and a bias."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    w = np.zeros(x.shape[1])
    pull = np.full(x.shape[1], RIDGE)
    pull[-1] = 1e-6
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - right) + pull * w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(pull)
        w -= np.clip(np.linalg.solve(hessian, gradient), -2, 2)
    weights = w[:-1] / spread
    return [*weights.tolist(), float(w[-1] - weights @ mean)]


def _cells(
    eye: Eye, part: Ingredient, opened: Mapping[str, Shard], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Some cells of one view: their features, and whether they lie under cloud."""
    one = opened[part.shard]
    images = one.of(part.split)
    view = cut(one, images[int(rng.integers(len(images)))], rng, size_px=SIZE_PX, scale=part.scale, turn=False)
    planes = {slot: plane.copy() for slot, plane in zip(one.slots, view.levels, strict=True)}
    light(planes, rng)
    if rng.random() < 0.5:
        planes = {slot: plane for slot, plane in planes.items() if slot not in INFRARED}
    thick = overcast(planes, rng) if rng.random() < CLOUDED else np.zeros((SIZE_PX, SIZE_PX), np.float32)
    dense = eye.see(*slots.centred(planes, (SIZE_PX, SIZE_PX)), dense=True).dense
    assert dense is not None  # it was asked for
    side = SIZE_PX // STRIDE
    share = thick.reshape(side, STRIDE, side, STRIDE).mean(axis=(1, 3))
    known = np.flatnonzero(np.isfinite(planes["red"][::STRIDE, ::STRIDE]))
    chosen = rng.choice(known, min(CELLS, len(known)), replace=False)
    return dense.reshape(len(dense), -1)[:, chosen].T, share.ravel()[chosen] > OPAQUE
