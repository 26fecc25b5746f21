"""`TrajectoryHead`: a whole path from the state of one `<traj>` token.

Steps are metres in the frame of the start pose (x forward along the first yaw), divided by a scale. Source: the
hidden-state decoding of RingMo-Agent, arXiv 2507.20776; depth and loss are choices of ours, the paper prints none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.states import LAYERS, NARROW, Asking, States

WEIGHTS = {"step": 1.0, "stop": 0.5, "goal": 1.0}
BETA = 0.1  # of the smooth L1 loss, in scales


@dataclass(frozen=True, slots=True)
class TrajectoryHeadConfig:
    """token: id of the decode token. steps: longest path. scale_m: metres that count as 1 (100 m for CityNav).
    kind: "mlp" reads the state alone, "queries" the image's states too, through so many layers of width narrow.
    """

    token: int
    steps: int = 20
    scale_m: float = 100.0
    kind: Literal["mlp", "queries"] = "queries"
    weight: float = 1.0
    narrow: int = NARROW
    layers: int = LAYERS


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """T steps for each of K tokens: steps (K, T, 3) in scales, stop (K, T) logits of being there after the step."""

    steps: Tensor
    stop: Tensor

    def positions_m(self, scale_m: float) -> Tensor:
        """Give where each step ends, (K, T, 3) metres from the start."""
        return self.steps.cumsum(dim=1) * scale_m


@dataclass(frozen=True, slots=True, eq=False)
class PathTargets:
    """steps: (K, T, 3) in scales. lengths: (K,) steps until the goal, 1 to T; what follows is not scored."""

    steps: Tensor
    lengths: Tensor


class TrajectoryHead(nn.Module):
    """See the module."""

    def __init__(self, config: TrajectoryHeadConfig, width: int) -> None:
        super().__init__()
        self.config = config
        asks, narrow = config.kind == "queries", config.narrow
        self.asking = Asking(width, config.steps, narrow=narrow, layers=config.layers) if asks else None
        self.last = nn.Linear(narrow, 4) if asks else _network(width, config.steps * 4)

    def forward(self, states: States) -> Paths:
        """Give the path that each token means."""
        asked = states.state if self.asking is None else self.asking(states)  # (K, D) or (K, T, n)
        numbers = self.last(asked).view(len(states.state), self.config.steps, 4)  # (K, T, 4)
        return Paths(numbers[..., :3], numbers[..., 3])

    def loss(self, paths: Paths, targets: PathTargets) -> Tensor:
        """Give smooth L1 of the steps, cross-entropy of stopping, smooth L1 of the goal: the mean over paths."""
        order = torch.arange(self.config.steps, device=paths.steps.device)  # (T,)
        walked = (order < targets.lengths[:, None]).float()  # (K, T)
        apart = functional.smooth_l1_loss(paths.steps, targets.steps, beta=BETA, reduction="none").sum(-1)  # (K, T)
        step = _along(apart, walked)
        there = (order == targets.lengths[:, None] - 1).float()  # (K, T)
        stops = functional.binary_cross_entropy_with_logits(paths.stop, there, reduction="none")
        stop = _along(stops, walked)
        goal = functional.smooth_l1_loss(_ends(paths.steps, walked), _ends(targets.steps, walked), beta=BETA)
        return WEIGHTS["step"] * step + WEIGHTS["stop"] * stop + WEIGHTS["goal"] * goal


def _along(losses: Tensor, walked: Tensor) -> Tensor:
    """Mean over the steps of each path (K, T), then over paths."""
    return ((losses * walked).sum(dim=1) / walked.sum(dim=1)).mean()


def _ends(steps: Tensor, walked: Tensor) -> Tensor:
    return (steps * walked[..., None]).sum(dim=1)  # (K, 3)


def _network(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 512), nn.GELU(), nn.Linear(512, 512), nn.GELU(), nn.Linear(512, out)
    )
