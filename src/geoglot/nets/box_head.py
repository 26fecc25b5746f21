"""`BoxHead`: a set of boxes, upright and turned, from the state of one `<boxes>` token."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets import box_loss
from geoglot.nets.matching import assign
from geoglot.nets.states import LAYERS, NARROW, Asking, States

COSTS = {"class": 2.0, "l1": 5.0, "giou": 2.0}
"""Weights of matching and of the loss. Source: Deformable DETR, arXiv 2010.04159."""


@dataclass(frozen=True, slots=True)
class BoxHeadConfig:
    """token: id of the decode token. queries: most boxes it can give. classes: 1 where the question names the thing.
    narrow, layers: width and layers inside.
    """

    token: int
    queries: int = 300
    classes: int = 1
    weight: float = 1.0
    narrow: int = NARROW
    layers: int = LAYERS


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Q guesses for each of K tokens, in parts of the frame's longer side, x right, y down.

    logits: (K, Q, classes). upright: (K, Q, 4) centre x, y, width, height. turned: (K, Q, 4) long and short side,
    sin and cos of twice the angle of the long side from x towards y.
    """

    logits: Tensor
    upright: Tensor
    turned: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class BoxTargets:
    """The n boxes a token stands for, in the units of `Boxes`.

    classes: (n,) integers. upright: (n, 4) centre x, y, width, height. turned: (n, 3) long side, short side and
    angle in radians, NaN where only the upright box is known.
    """

    classes: Tensor
    upright: Tensor
    turned: Tensor


class BoxHead(nn.Module):
    """See the module."""

    def __init__(self, config: BoxHeadConfig, width: int) -> None:
        super().__init__()
        self.config = config
        narrow = config.narrow
        self.asking = Asking(width, config.queries, narrow=narrow, layers=config.layers)
        self.logits = nn.Linear(narrow, config.classes)
        self.geometry = nn.Sequential(nn.Linear(narrow, narrow), nn.GELU(), nn.Linear(narrow, 8))
        self.starts = nn.Parameter(_spread(config.queries))
        nn.init.constant_(self.logits.bias, -4.0)  # most queries find nothing: start near p = 0.02

    def forward(self, states: States) -> Boxes:
        """Give the guesses."""
        asked = self.asking(states)  # (K, Q, n)
        upright, turned, angle = self.geometry(asked).split([4, 2, 2], dim=-1)
        upright, turned = (upright + self.starts).sigmoid(), turned.sigmoid()
        unit = functional.normalize(angle, dim=-1)  # (K, Q, 2) a point on the circle
        return Boxes(self.logits(asked), upright, torch.cat([turned, unit], dim=-1))

    def loss(self, boxes: Boxes, targets: tuple[BoxTargets, ...]) -> Tensor:
        """Give the mean loss over tokens: focal class of all queries, box losses of the matched ones."""
        losses = [self._one(boxes, index, target) for index, target in enumerate(targets)]
        return torch.stack(losses).mean()

    def _one(self, boxes: Boxes, index: int, target: BoxTargets) -> Tensor:
        logits, upright, turned = boxes.logits[index], boxes.upright[index], boxes.turned[index]
        rows = _matched(logits, upright, target)  # (n,) queries
        wanted = torch.zeros_like(logits)
        wanted[rows, target.classes[: len(rows)]] = 1.0
        count = max(1, len(rows))
        loss = COSTS["class"] * box_loss.focal(logits, wanted).sum() / count
        if not len(rows):
            return loss
        goal = target.upright[: len(rows)]
        loss = loss + COSTS["l1"] * (upright[rows] - goal).abs().sum() / count
        loss = loss + COSTS["giou"] * (1 - box_loss.giou(upright[rows], goal)).sum() / count
        known = ~target.turned[: len(rows), 0].isnan()
        guess = torch.cat([upright[rows, :2], turned[rows]], dim=-1)[known]  # (m, 6)
        truth = torch.cat([goal[:, :2], target.turned[: len(rows)]], dim=-1)[known]  # (m, 5)
        return loss + COSTS["giou"] * box_loss.prob_iou_loss(guess, truth).sum() / count


def _spread(queries: int) -> Tensor:
    """Give (Q, 4) logits of boxes spread over the frame: where queries begin to look.

    From one and the same box none becomes the one that stands for a thing: for long all give a little of every thing,
    and no score is above a half. Source of points of one's own: Deformable DETR, arXiv 2010.04159.
    """
    ranks = torch.arange(1, queries + 1, dtype=torch.float64)
    # The plastic number's powers fill a square evenly, however many points: Roberts, "Quasirandom sequences", 2018.
    centres = torch.stack([ranks * 0.7548776662466927, ranks * 0.5698402909980532], dim=-1) % 1  # (Q, 2)
    sides = torch.full_like(centres, 1 / math.sqrt(queries + 1))
    return torch.cat([centres, sides], dim=-1).float().clamp(0.01, 0.99).logit()


@torch.no_grad()
def _matched(logits: Tensor, upright: Tensor, target: BoxTargets) -> Tensor:
    """Give the query (n,) that stands for each true box. Beyond as many boxes as queries the rest is left out."""
    n = min(len(target.classes), len(logits))
    classes, goal = target.classes[:n], target.upright[:n]
    odds = logits.sigmoid()[:, classes].T  # (n, Q)
    found, missed = 0.25 * (1 - odds) ** 2 * -(odds + 1e-8).log(), 0.75 * odds**2 * -(1 - odds + 1e-8).log()
    apart = torch.cdist(goal, upright, p=1)  # (n, Q)
    overlap = box_loss.giou(goal[:, None], upright[None])  # (n, Q)
    costs = COSTS["class"] * (found - missed) + COSTS["l1"] * apart - COSTS["giou"] * overlap
    return torch.from_numpy(assign(costs.double().cpu().numpy())).to(logits.device)
