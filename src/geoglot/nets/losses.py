"""How wrong the eye was: one masked loss a head, so that every data set teaches only what it knows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from geoglot.nets import classes
from geoglot.nets.eye import Sight


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Views and what is known about them. B views of S pixels, h = S / 4, n objects in all.

    image: (B, 9, S, S); present: (B, 4). heat: (B, K, h, h) targets; known: (B, K) classes marked in the view;
    scored: (B, h, h). where: (n, 4) view, class, row, column of each cell that is taught a box; geometry: (n, 8);
    oriented: (n,); share: (n,), 1 in all for each object.
    held: (B, K) 1 where some object of the class is there, place unknown. cover: (B, h, h) row of `allowed`,
    255 unknown; allowed: (rows, covers) bool. scene: (B,) or -1. tags: (B, 17) 1, 0 or -1. quality: (B, 3).
    """

    image: Tensor
    present: Tensor
    heat: Tensor
    known: Tensor
    scored: Tensor
    where: Tensor
    geometry: Tensor
    oriented: Tensor
    share: Tensor
    held: Tensor
    cover: Tensor
    allowed: Tensor
    scene: Tensor
    tags: Tensor
    quality: Tensor


WEIGHTS = {
    "heat": 8.0, "held": 0.25, "box": 3.0, "turn": 0.8, "cover": 0.5, "scene": 0.7, "tags": 2.0, "quality": 0.5,
}  # fmt: skip
"""Set so that finding things outweighs naming scenes, which is learned far sooner (docs/nano.md): after 1,700 steps
heat is near 0.5, box 0.9, scene 1.5, tags 0.2."""


FEW = 4  # objects: a view with fewer is not weighed up to that


def losses(sight: Sight, batch: Batch) -> dict[str, Tensor]:
    """Give each head's loss, unweighted, 0 where the batch knows nothing about it."""
    held, heat = _held(sight.heat, batch), _focal(sight.heat, batch)
    box, turn = _boxes(sight.geometry, batch)
    return {
        "heat": heat,
        "held": held,
        "box": box,
        "turn": turn,
        "cover": _cover(sight.cover, batch),
        "scene": _scene(sight.scene, batch.scene),
        "tags": _masked_bce(sight.tags, batch.tags),
        "quality": _masked_bce(sight.quality, batch.quality),
    }


def total(parts: dict[str, Tensor]) -> Tensor:
    """Give the weighted sum."""
    return torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()


def _focal(logits: Tensor, batch: Batch) -> Tensor:
    """Penalty-reduced focal loss over known classes and scored cells, each view's classes weighed to 1 together.

    By the view, for otherwise one with 500 trees silences all others of its batch; within it a class of n objects
    weighs √n, for a truck among sixty cars had a sixtieth of the loss and was never learned.
    Source: CenterNet, arXiv 1904.07850, equation 1 (alpha 2, beta 4).
    """
    mask = batch.known[:, :, None, None] * batch.scored[:, None]  # (B, K, h, w)
    p = torch.sigmoid(logits)
    at_centre = (batch.heat >= 1.0).float()
    hit = functional.softplus(-logits) * (1 - p) ** 2 * at_centre
    miss = functional.softplus(logits) * p**2 * (1 - batch.heat) ** 4 * (1 - at_centre)
    each = ((hit + miss) * mask).sum(dim=(2, 3))  # (B, K)
    count = (at_centre * mask).sum(dim=(2, 3))
    own = torch.where(count > 0, count, count.sum(dim=1, keepdim=True)).sqrt()  # absent classes weigh as all at once
    divisor = own * count.sqrt().sum(dim=1, keepdim=True)
    return (each / divisor.clamp(min=FEW)).sum(dim=1).mean()


def _held(logits: Tensor, batch: Batch) -> Tensor:
    """Some cell must show the class that the image is known to hold somewhere."""
    best = logits.flatten(2).amax(dim=2)  # (B, K)
    return (functional.softplus(-best) * batch.held).sum() / batch.held.sum().clamp(min=1.0)


def _boxes(geometry: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Mean errors of upright and turned boxes, each object weighed by one over the number in its view."""
    view, _, row, column = batch.where.unbind(dim=1)
    said = geometry[view, :, row, column].float()  # (n, 8)
    error = (said - batch.geometry).abs()
    count = torch.bincount(view, weights=batch.share, minlength=len(geometry)).clamp(min=FEW)  # (B,)
    weight = batch.share / count[view]  # (n,)
    views = max(1, int(torch.unique(view).numel()))
    apart = 1 - overlap(said[:, :4], batch.geometry[:, :4])  # (n,), 0 to 2
    box = ((apart + error[:, :4].sum(dim=1) / 2) * weight).sum() / views
    turn = (error[:, 4:].sum(dim=1) * weight * batch.oriented).sum() / views
    return box, turn


def overlap(said: Tensor, truth: Tensor) -> Tensor:
    """Give the generalised intersection over union (n,), -1 to 1, of boxes (n, 4): log sides, offset of the centre.

    What small and large boxes are off by then counts alike. Source: Rezatofighi et al., CVPR 2019, arXiv 1902.09630.
    """
    half = [box[:, :2].clamp(-3, 6).exp() / 2 for box in (said, truth)]
    low = [box[:, 2:] - side for box, side in zip((said, truth), half, strict=True)]
    high = [box[:, 2:] + side for box, side in zip((said, truth), half, strict=True)]
    shared = (torch.minimum(*high) - torch.maximum(*low)).clamp(min=0).prod(dim=1)
    whole = (torch.maximum(*high) - torch.minimum(*low)).prod(dim=1)
    union = 4 * (half[0].prod(dim=1) + half[1].prod(dim=1)) - shared
    return shared / union - (whole - union) / whole


def _cover(logits: Tensor, batch: Batch) -> Tensor:
    """Minus log of the probability of any allowed class: sets whose classes are coarser teach what they know."""
    known = batch.cover < 255
    if not bool(known.any()):
        return logits.sum() * 0.0
    said = logits.permute(0, 2, 3, 1)[known]  # (n, covers)
    allowed = batch.allowed[batch.cover[known].long()]  # (n, covers)
    inside = said.masked_fill(~allowed, float("-inf"))
    return (said.logsumexp(dim=1) - inside.logsumexp(dim=1)).mean()


def _scene(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy over the classes that exclude the true one."""
    known = truth >= 0
    if not bool(known.any()):
        return logits.sum() * 0.0
    together = _together().to(logits.device)[truth[known]]  # (n, scenes)
    return functional.cross_entropy(logits[known].masked_fill(together, -1e4), truth[known], label_smoothing=0.0)


def _together() -> Tensor:
    """(scenes, scenes) True where two names may both be right."""
    matrix = torch.zeros(len(classes.SCENES), len(classes.SCENES), dtype=torch.bool)
    for one, other in classes.OVERLAPS:
        i, j = classes.SCENES.index(one), classes.SCENES.index(other)
        matrix[i, j] = matrix[j, i] = True
    return matrix


def _masked_bce(logits: Tensor, truth: Tensor) -> Tensor:
    known = (truth >= 0).float()
    each = functional.binary_cross_entropy_with_logits(logits, truth.clamp(min=0), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1.0)
