"""`Judge`: whether anything lasting happened between two looks at the same ground, seen in a few coarse parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 64
"""Channels of the eye's dense features, stride 4."""

STRIDE = 4
SIDE = 16
"""Rows and columns of the parts in which a pair is judged."""

HEADS = 4
LEAST = 1e-3
LEAST_SHARE = 1e-5
SURENESS = 3
FORGOTTEN = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Both dates, averaged over SIDE x SIDE parts. before, after, apart: (B, 64, SIDE, SIDE) features and how far they
    are apart cell by cell; means, spreads: of both, (B, slots, SIDE, SIDE) of the levelled pictures.
    """

    before: Tensor
    after: Tensor
    apart: Tensor
    means: tuple[Tensor, Tensor]
    spreads: tuple[Tensor, Tensor]

    def overview(self) -> Tensor:
        """Give (B, 384 + 7 slots, SIDE, SIDE), what `Judge` takes."""
        apart = (self.after - self.before).abs()
        usual = apart.mean(dim=(2, 3), keepdim=True) + LEAST
        features = [self.before, self.after, apart, apart / usual, self.apart, _unexplained(self.after, self.before)]
        old, new = self.means
        pictures = [old, new, new - old, _unexplained(new, old), _unexplained(old, new), *self.spreads]
        return torch.cat([*features, *pictures], dim=1)

    def moved(self, turn: Callable[[Tensor], Tensor]) -> Parts:
        """Give the same with all its planes turned."""
        means, spreads = ((turn(first), turn(second)) for first, second in (self.means, self.spreads))
        return Parts(turn(self.before), turn(self.after), turn(self.apart), means, spreads)

    def reversed(self) -> Parts:
        """Give the same with the dates in the other order."""
        return Parts(self.after, self.before, self.apart, self.means[::-1], self.spreads[::-1])

    def relit(self, lights: Sequence[tuple[Tensor, Tensor]]) -> Parts:
        """Give both dates with the gains and offsets (slots, 1, 1) of their lights; slots without a picture stay."""
        there = [(mean != 0).any(dim=(2, 3), keepdim=True) for mean in self.means]
        means = [
            torch.where(known, mean * gain + offset, mean)
            for mean, known, (gain, offset) in zip(self.means, there, lights, strict=True)
        ]
        spreads = [
            torch.where(known, spread * gain.abs(), spread)
            for spread, known, (gain, _) in zip(self.spreads, there, lights, strict=True)
        ]
        return replace(self, means=(means[0], means[1]), spreads=(spreads[0], spreads[1]))


def in_parts(before: Tensor, after: Tensor, old: Tensor, new: Tensor) -> Parts:
    """Give the parts of two looks as `ChangeHead` takes them: features (B, 64, h, w), pictures (B, slots, 4 h, 4 w)."""
    (first, rough), (second, rougher) = _levels(old), _levels(new)
    apart = parts_of((after - before).abs())
    return Parts(parts_of(before), parts_of(after), apart, (first, second), (rough, rougher))


def parts_of(planes: Tensor) -> Tensor:
    """(B, C, SIDE, SIDE) means of the planes (B, C, h, w) over equal parts; cells on an edge count for both sides.

    As products of matrices: adaptive pooling has no graph for every size.
    """
    rows, columns = _overlap(planes.shape[2]), _overlap(planes.shape[3])
    return rows @ planes @ columns.T


def _overlap(cells: int) -> Tensor:
    """(SIDE, cells) which share of each part each cell makes up."""
    long = cells / SIDE
    start, cell = long * torch.arange(SIDE)[:, None], torch.arange(cells)[None]
    return (torch.minimum(start + long, cell + 1) - torch.maximum(start, cell)).clamp(min=0) / long


def _levels(picture: Tensor) -> tuple[Tensor, Tensor]:
    """(B, slots, SIDE, SIDE) mean and spread of a levelled picture in each part."""
    mean, square = (parts_of(functional.avg_pool2d(planes, STRIDE)) for planes in (picture, picture.pow(2)))
    return mean, (square - mean.pow(2)).clamp(min=0).add(LEAST).sqrt()


def _unexplained(planes: Tensor, by: Tensor) -> Tensor:
    """(B, C, SIDE, SIDE) what a line from the other date's plane leaves: day and night, which turn contrasts round, and
    seasons explain much of a picture.
    """
    of, given = (one - one.mean(dim=(2, 3), keepdim=True) for one in (planes, by))
    slope = (of * given).sum(dim=(2, 3), keepdim=True) / given.pow(2).sum(dim=(2, 3), keepdim=True).add(LEAST)
    return of - slope * given


class Judge(nn.Module):
    """A small network on a pair in parts.

    Speckle, leaves and cars are averaged away in them, whatever the size of the pictures, and what a season did to
    every field stands beside what was done to one. What people ask about is seldom smaller than a part.

    slots: of the pictures; kinds: of what can happen, the first that nothing did.
    """

    def __init__(self, *, slots: int, kinds: int, width: int = 48) -> None:
        super().__init__()
        self.forget = nn.Dropout(FORGOTTEN)
        self.first = nn.Conv2d(6 * FEATURES + 7 * slots, width, 1)
        self.near = nn.Conv2d(width, width, 3, 1, 1)
        self.far = nn.Conv2d(width, width, 3, 1, 2, 2)
        self.whole = nn.Conv2d(width, width, 1)
        self.wide = nn.Conv2d(width, width, 3, 1, 4, 4)
        self.out = nn.Conv2d(width, kinds, 1)
        self.weigh = nn.Conv2d(width, HEADS, 1)
        self.gather = nn.Linear((HEADS + 1) * width + kinds, width)
        self.told = nn.Linear(width, kinds)

    def forward(self, overview: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits (B, kinds, SIDE, SIDE) of what happened in each part, and (B, kinds) of whether it did anywhere.

        The first of the latter is of anything lasting. overview: of `Parts`.
        """
        x = functional.relu(self.first(self.forget(overview)))
        x = x + functional.relu(self.near(x))
        x = x + functional.relu(self.far(x))
        x = x + functional.relu(self.whole(x.mean(dim=(2, 3), keepdim=True)))
        x = x + functional.relu(self.wide(x))
        cells: Tensor = self.out(x)
        weights = torch.softmax(self.weigh(x).flatten(2), dim=2)  # (B, HEADS, SIDE ** 2)
        looked = torch.einsum("bhn,bwn->bhw", weights, x.flatten(2)).flatten(1)
        sure = torch.softmax(cells, dim=1).pow(SURENESS).mean(dim=(2, 3)).add(LEAST_SHARE).log()
        seen = functional.relu(self.gather(torch.cat([looked, x.mean(dim=(2, 3)), sure], dim=1)))
        anywhere: Tensor = self.told(self.forget(seen))
        return cells, anywhere
