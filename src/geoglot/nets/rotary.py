"""Rotary positions: what is n steps away looks the same wherever it lies. In one dimension, two, and in metres."""

from __future__ import annotations

import math

import torch
from torch import Tensor

SHORTEST_M, LONGEST_M = 4.0, 40_000.0
"""Metres of one full turn of the fastest and the slowest pair: from a car to a whole satellite scene."""


def turns(positions: Tensor, size: int, theta: float) -> tuple[Tensor, Tensor]:
    """Give cosine and sine (..., size) in float32 for positions (...); size is even, halves hold the same angles.

    Source: Su et al., RoFormer, arXiv 2104.09864; layout of the halves as in Llama's released code.
    """
    steps = torch.arange(0, size, 2, dtype=torch.float32, device=positions.device) / size  # (size/2,)
    return waves(positions.float()[..., None] * theta**-steps)


def plane_angles(rows: Tensor, columns: Tensor, size: int, theta: float) -> Tensor:
    """Give the angles (..., size / 2) of places on a grid: half of them count rows, the others columns.

    rows, columns: (...) in patches; size: a multiple of 4. Source: the vision encoder of Qwen3-VL.
    """
    steps = torch.arange(0, size // 2, 2, dtype=torch.float32, device=rows.device) / (size // 2)  # (size/4,)
    return _plane(rows, columns, theta**-steps)


def ground_angles(rows_m: Tensor, columns_m: Tensor, size: int) -> Tensor:
    """Give the angles (..., size / 2) of places on the ground, in metres from the frame's corner.

    size: a multiple of 4. Where the ground sampling distance is not known give zeros: nothing is turned then.
    """
    count = size // 4
    spread = torch.linspace(0.0, 1.0, count, device=rows_m.device)  # (size/4,)
    lengths = SHORTEST_M * (LONGEST_M / SHORTEST_M) ** spread  # (size/4,) metres a turn
    return _plane(rows_m, columns_m, 2 * math.pi / lengths)


def waves(angles: Tensor) -> tuple[Tensor, Tensor]:
    """Give cosine and sine (..., size) of angles (..., size / 2), the same for both halves."""
    doubled = torch.cat([angles, angles], dim=-1)  # (..., size)
    return doubled.cos(), doubled.sin()


def turned(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn the first `size` channels of (..., channels) by angles (..., size); the rest stays as it is."""
    size = cosine.shape[-1]
    moved, kept = x[..., :size], x[..., size:]
    one, other = moved.chunk(2, dim=-1)  # (..., size/2) each
    result = moved * cosine.to(x.dtype) + torch.cat([-other, one], dim=-1) * sine.to(x.dtype)  # (..., size)
    return torch.cat([result, kept], dim=-1) if kept.shape[-1] else result


def _plane(rows: Tensor, columns: Tensor, speeds: Tensor) -> Tensor:
    return torch.cat([rows.float()[..., None] * speeds, columns.float()[..., None] * speeds], dim=-1)
