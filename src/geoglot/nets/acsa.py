"""Attention across scales (ACSA): the last features ask the earlier ones for the detail that was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.trunk import Levels

WHOLE = 4096
"""Patches up to which every one may look at all others; larger frames are cut into windows of 64 x 64."""

WINDOW = 64


class Acsa(nn.Module):
    """last + norm(out(Σ α_s attention of scale s)), α the softmax of a learned weight for each scale.

    The norm's gain starts at 0, so that the module gives its input back unchanged until it has learned something:
    a norm alone would add noise of unit variance. Source: Earth-OneVision, arXiv 2606.10819, section on FGVLA;
    rank, heads, shape of the queries' shift and the zero gain are choices of ours, the paper does not print them.
    """

    def __init__(self, width: int, scales: int, *, rank: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.shifts = nn.Parameter(torch.zeros(scales, width))
        self.keys = nn.ModuleList(_low_rank(width, rank) for _ in range(scales))
        self.values = nn.ModuleList(_low_rank(width, rank) for _ in range(scales))
        self.weights = nn.Parameter(torch.zeros(scales))
        self.out = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)
        nn.init.zeros_(self.norm.weight)

    def forward(self, levels: Levels) -> Tensor:
        """Give features (F, h, w, d) for those of the last layer and of all taps, (F, h, w, d) each."""
        query = self.query(levels.last)  # (F, h, w, d)
        alpha = torch.softmax(self.weights, dim=0)  # (S,)
        mixed = torch.zeros_like(levels.last)
        for index, tap in enumerate(levels.taps):
            key, value = self.keys[index](tap), self.values[index](tap)  # (F, h, w, d) each
            mixed = mixed + alpha[index] * self._looked(query + self.shifts[index], key, value)
        added: Tensor = levels.last + self.norm(self.out(mixed))
        return added

    def _looked(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attend over the grid (F, h, w, d), in windows where it is large."""
        h, w = query.shape[1:3]
        if h * w <= WHOLE:
            return self._attended(query, key, value)
        result = torch.empty_like(query)
        for rows, columns in _windows(h, w):
            result[:, rows, columns] = self._attended(*(x[:, rows, columns] for x in (query, key, value)))
        return result

    def _attended(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        f, h, w, d = query.shape
        q, k, v = (
            x.reshape(f, h * w, self.heads, -1).transpose(1, 2) for x in (query, key, value)
        )  # (F, heads, L, hd)
        looked = functional.scaled_dot_product_attention(q, k, v)
        return looked.transpose(1, 2).reshape(f, h, w, d)


def _low_rank(width: int, rank: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, rank, bias=False), nn.Linear(rank, width, bias=False))


def _windows(h: int, w: int) -> Iterator[tuple[slice, slice]]:
    for row in range(0, h, WINDOW):
        for column in range(0, w, WINDOW):
            yield slice(row, row + WINDOW), slice(column, column + WINDOW)
