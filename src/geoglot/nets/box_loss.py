"""How far boxes are from each other, as losses that have a slope everywhere."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def focal(logits: Tensor, wanted: Tensor, *, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Give the focal loss of each logit, wanted 0 or 1. Source: Lin et al., arXiv 1708.02002."""
    odds = logits.sigmoid()
    missed = wanted * (1 - odds) + (1 - wanted) * odds
    weight = (wanted * alpha + (1 - wanted) * (1 - alpha)) * missed**gamma
    return weight * functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def giou(one: Tensor, other: Tensor) -> Tensor:
    """Give the generalised IoU (...) of boxes (..., 4) as centre x, y, width, height; -1 to 1.

    Source: Rezatofighi et al., arXiv 1902.09630.
    """
    low_one, high_one = one[..., :2] - one[..., 2:] / 2, one[..., :2] + one[..., 2:] / 2
    low_other, high_other = other[..., :2] - other[..., 2:] / 2, other[..., :2] + other[..., 2:] / 2
    inside = (torch.minimum(high_one, high_other) - torch.maximum(low_one, low_other)).clamp(min=0).prod(-1)
    union = one[..., 2:].prod(-1) + other[..., 2:].prod(-1) - inside
    hull = (torch.maximum(high_one, high_other) - torch.minimum(low_one, low_other)).prod(-1)
    return inside / union.clamp(min=1e-12) - (hull - union) / hull.clamp(min=1e-12)


def prob_iou_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Give the Hellinger distance (m,) of turned boxes seen as Gaussians, 0 where equal, below 1.

    guess: (m, 6) centre x, y, long and short side, sin and cos of twice the angle; truth: (m, 5) with the angle in
    radians instead. Source: Llerena et al., ProbIoU, arXiv 2106.06072.
    """
    scale = 100.0  # any unit gives the same; in this one the determinants of small boxes are far from rounding to 0
    x, y, long, short = (guess[:, :4] * scale).unbind(dim=1)
    a1, b1, c1 = _spread(long, short, guess[:, 4], guess[:, 5])
    x2, y2, long2, short2 = (truth[:, :4] * scale).unbind(dim=1)
    a2, b2, c2 = _spread(long2, short2, (2 * truth[:, 4]).sin(), (2 * truth[:, 4]).cos())
    a, b, c, dx, dy = a1 + a2, b1 + b2, c1 + c2, x - x2, y - y2
    det = (a * b - c**2).clamp(min=1e-12)
    place = 0.25 * (a * dy**2 + b * dx**2 - 2 * c * dx * dy) / det
    own, other = (long * short / 12) ** 2, (long2 * short2 / 12) ** 2  # determinants of the two
    shape = 0.5 * (det.log() - (4 * (own * other).sqrt()).clamp(min=1e-12).log())
    return (1 - (-(place + shape)).exp() + 1e-6).clamp(min=1e-6).sqrt()


def _spread(long: Tensor, short: Tensor, sine: Tensor, cosine: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give variances of x and y and their covariance of a box's area; sine, cosine of twice its angle."""
    major, minor = long**2 / 12, short**2 / 12
    middle, half = (major + minor) / 2, (major - minor) / 2
    return middle + half * cosine, middle - half * cosine, half * sine
