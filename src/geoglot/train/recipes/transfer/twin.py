"""`Twin`: a tiny network that tells what changed between two dates, pixel by pixel; its training and its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.train.recipes.transfer.dated import CHANGED, UNKNOWN, Dated, Views, views
from geoglot.train.recipes.transfer.fit import Course, Study
from geoglot.train.recipes.transfer.score import Unit

BANDS, WIDTH = 6, 24
DIGITS = 4  # that are kept of a probability


class Twin(nn.Module):
    """Two looks at the same ground through the same eyes. 13 k parameters; the order of the dates does not matter."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.look = nn.Sequential(_near(BANDS, width), _near(width, width))
        self.compare = nn.Sequential(_near(width + BANDS, width), nn.Conv2d(width, 1, 1))

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Give logits (B, H, W) of a change in each pixel, for values (B, 6, H, W) of both dates."""
        apart = (self.look(before) - self.look(after)).abs()  # (B, w, H, W)
        said: Tensor = self.compare(torch.cat([apart, (before - after).abs()], dim=1))[:, 0]
        return said


def study(parts: Sequence[Sequence[Dated]], course: Course) -> Study[Twin, Views]:
    """Give what is to be learned from parts that each fill an equal share of every step."""
    count = course.views // len(parts)

    def lesson(rng: np.random.Generator) -> Views:
        drawn = [views(part, rng, count=count, size_px=course.size_px) for part in parts]
        before, after, marks = (torch.cat([getattr(one, name) for one in drawn]) for name in Views.__slots__)
        return Views(before, after, marks)

    return Study(Twin, lesson, loss)


def loss(net: Twin, lesson: Views) -> Tensor:
    """Cross entropy over the pixels whose mark is known."""
    said = net(lesson.before, lesson.after)
    known = lesson.marks != UNKNOWN
    return functional.binary_cross_entropy_with_logits(said[known], (lesson.marks[known] == CHANGED).float())


@torch.no_grad()
def tested(net: Twin, pairs: Sequence[Dated]) -> list[Unit]:
    """Score a network: one unit a pair, in which each marked pixel is said with the probability of its change."""
    return told(pairs, lambda one: torch.sigmoid(net(*torch.from_numpy(one.values)[:, None]))[0].numpy())


def length(one: Dated) -> NDArray[np.float32]:
    """Give (H, W) the length of the spectral change vector: the difference of the dates over all bands."""
    found: NDArray[np.float32] = np.sqrt(((one.values[1] - one.values[0]) ** 2).sum(axis=0))
    return found


def everywhere(one: Dated) -> NDArray[np.float32]:
    """Give (H, W) ones: everything is said to have changed. To say it of nothing has an F1 of 0."""
    return np.ones(one.marks.shape, np.float32)


RULES = {"threshold": length, "everywhere": everywhere}
"""What can be said without learning, by the name of the arm."""


def told(pairs: Sequence[Dated], say: Callable[[Dated], NDArray[np.float32]]) -> list[Unit]:
    """Give the units of what a rule says of each pixel, likelier changed the higher."""
    units = []
    for one in pairs:
        known = one.marks != UNKNOWN
        scores = np.round(say(one)[known].astype(np.float64), DIGITS)
        hits = one.marks[known] == CHANGED
        units.append(Unit(tuple(scores.tolist()), tuple(hits.tolist()), int(hits.sum())))
    return units


def _near(inside: int, outside: int) -> nn.Sequential:
    """Look at the eight neighbours."""
    return nn.Sequential(nn.Conv2d(inside, outside, 3, 1, 1), nn.ReLU(inplace=True))
