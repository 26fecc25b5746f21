"""`BoxHead`: a set of boxes, upright and turned, from the state of one `<boxes>` token and what was seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets import box_loss
from geoglot.nets.matching import assign
from geoglot.nets.states import LAYERS, NARROW, Asking, States

COSTS = {"class": 2.0, "l1": 5.0, "giou": 2.0}
"""Weights of matching and of the loss. Source: Deformable DETR, arXiv 2010.04159."""

EVEN = 0.5
"""Share of the focal loss of what is there. With the usual 0.25 a score passes a half only from a chance of three in
four on; with this a score above a half means likelier than not.
"""

ABSENT = -1e4
"""Logit of a guess that does not count."""


@dataclass(frozen=True, slots=True)
class BoxHeadConfig:
    """token: id of the decode token. queries: learned ones; with the image tokens as many boxes as it can give.
    classes: 1 where the question names the thing. narrow, layers: width and layers inside.
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
    sin and cos of twice the angle of the long side from x towards y. Guesses of image tokens that a row does not have
    are `ABSENT`: they are never taken for a thing.
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
    """Learned queries and every image token look for what the state asks; each gives one box and how sure it is.

    An image token begins with the box of what it shows: which query stands for which thing is clear from the first
    step on. Among learned queries alone it is not, and their scores stayed below a half for a thousand steps; they
    are for places where more things lie than tokens. Source: anchors of two stages, Deformable DETR, section 4.2.

    What is asked for and what a query found are compared as words are, by a product of the two. Layers that only add
    the two learn that comparison last: inside a member every thing then got one and the same score, below a half,
    whatever was asked. Source: GLIP, arXiv 2112.03857, section 3.1.
    """

    def __init__(self, config: BoxHeadConfig, width: int) -> None:
        super().__init__()
        self.config = config
        narrow = config.narrow
        self.asking = Asking(width, config.queries, narrow=narrow, layers=config.layers)
        self.logits = nn.Linear(narrow, config.classes)
        self.word = nn.Linear(width, narrow)
        self.geometry = nn.Sequential(nn.Linear(narrow, narrow), nn.GELU(), nn.Linear(narrow, 8))
        self.starts = nn.Parameter(_spread(config.queries))
        nn.init.constant_(self.logits.bias, -4.0)  # most queries find nothing: start near p = 0.02

    def forward(self, states: States) -> Boxes:
        """Give the guesses: those of the learned queries, then those of the image tokens if their places are known."""
        asked = self.asking(states, places=states.places is not None)  # (K, Q + N or Q, n)
        starts = self.starts.expand(len(asked), -1, -1)  # (K, Q, 4)
        there = torch.ones(starts.shape[:2], dtype=torch.bool, device=starts.device)  # (K, Q)
        if states.places is not None:
            starts = torch.cat([starts, begun(states.places)], dim=1)  # (K, Q + N, 4)
            there = torch.cat([there, states.placed], dim=1)
        upright, turned, angle = self.geometry(asked).split([4, 2, 2], dim=-1)
        unit = functional.normalize(angle, dim=-1)  # a point on the circle
        logits = self.scored(asked, states.state).masked_fill(~there[..., None], ABSENT)
        return Boxes(logits, (upright + starts).sigmoid(), torch.cat([turned.sigmoid(), unit], dim=-1))

    def scored(self, asked: Tensor, state: Tensor) -> Tensor:
        """Give logits (..., Q, classes) of queries (..., Q, n) that were asked by a state (..., D)."""
        alike = asked @ self.word(state)[..., None] * asked.shape[-1] ** -0.5  # (..., Q, 1)
        logits: Tensor = self.logits(asked) + alike
        return logits

    def loss(self, boxes: Boxes, targets: tuple[BoxTargets, ...]) -> Tensor:
        """Give the mean loss over tokens: focal class of all queries, box losses of the matched ones.

        Beyond as many boxes as queries the rest is left out.
        """
        device, most = boxes.logits.device, int((boxes.logits[..., 0] > ABSENT).sum(dim=1).min())
        counts = torch.tensor([min(len(one.classes), most) for one in targets], device=device)  # (K,)
        kept = [(one.classes[:most], one.upright[:most], one.turned[:most]) for one in targets]
        classes, goal, goal_turned = (torch.cat(each).to(device) for each in zip(*kept, strict=True))
        token = torch.arange(len(targets), device=device).repeat_interleave(counts)  # (T,)
        query = _matched(boxes, counts.tolist(), token, classes, goal)  # (T,)
        wanted = torch.zeros_like(boxes.logits)
        wanted[token, query, classes] = 1.0
        share = 1.0 / counts.clamp(min=1)  # (K,) so that every token weighs the same
        known = COSTS["class"] * box_loss.focal(boxes.logits, wanted, alpha=EVEN).sum(dim=(1, 2)) * share  # (K,)
        upright = boxes.upright[token, query]  # (T, 4)
        apart = COSTS["l1"] * (upright - goal).abs().sum(dim=1) + COSTS["giou"] * (1 - box_loss.giou(upright, goal))
        turned = ~goal_turned[:, 0].isnan()  # (T,)
        guess = torch.cat([upright[:, :2], boxes.turned[token, query]], dim=1)[turned]  # (M, 6)
        truth = torch.cat([goal[:, :2], goal_turned], dim=1)[turned]  # (M, 5)
        aslant = COSTS["giou"] * box_loss.prob_iou_loss(guess, truth)
        placed = (apart * share[token]).sum() + (aslant * share[token[turned]]).sum()
        return (known.sum() + placed) / len(targets)


def _spread(queries: int) -> Tensor:
    """Give (Q, 4) logits of boxes spread over the frame: where queries begin to look.

    From one and the same box none becomes the one that stands for a thing: for long all give a little of every thing,
    and no score is above a half. Source of points of one's own: Deformable DETR, arXiv 2010.04159.
    """
    ranks = torch.arange(1, queries + 1, dtype=torch.float64)
    # The plastic number's powers fill a square evenly, however many points: Roberts, "Quasirandom sequences", 2018.
    centres = torch.stack([ranks * 0.7548776662466927, ranks * 0.5698402909980532], dim=-1) % 1  # (Q, 2)
    sides = torch.full_like(centres, 1 / math.sqrt(queries + 1))
    return begun(torch.cat([centres, sides], dim=-1).float())


def begun(boxes: Tensor) -> Tensor:
    """Give the logits that a box begins with."""
    return boxes.clamp(0.01, 0.99).logit()


@torch.no_grad()
def _matched(boxes: Boxes, counts: list[int], token: Tensor, classes: Tensor, goal: Tensor) -> Tensor:
    """Give the query (T,) that stands for each true box (T, 4) of each token, `counts` of each."""
    logits = boxes.logits[token].gather(2, classes[:, None, None].expand(-1, boxes.logits.shape[1], 1))[..., 0]
    found, missed = (box_loss.focal(logits, torch.full_like(logits, one), alpha=EVEN) for one in (1.0, 0.0))  # (T, Q)
    upright = boxes.upright[token]  # (T, Q, 4)
    apart = (upright - goal[:, None]).abs().sum(dim=-1)  # (T, Q)
    overlap = box_loss.giou(goal[:, None], upright)
    costs = COSTS["class"] * (found - missed) + COSTS["l1"] * apart - COSTS["giou"] * overlap
    costs = costs.masked_fill(logits <= ABSENT, -ABSENT)
    each = np.split(costs.double().cpu().numpy(), np.cumsum(counts)[:-1])
    return torch.from_numpy(np.concatenate([assign(one) for one in each])).to(goal.device)
