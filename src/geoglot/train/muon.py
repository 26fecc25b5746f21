"""`Muon`: momentum, made orthogonal, for matrices and convolution kernels; AdamW for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration. Source: Jordan et al., Muon, 2024 (kellerjordan.github.io/posts/muon)."""


class Muon(Optimizer):
    """Muon for parameters of two or more dimensions. Kernels count as (out, rest) matrices."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.05
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                gradient, running = parameter.grad, state["momentum"]
                running.lerp_(gradient, 1 - group["momentum"])
                ahead = gradient.lerp(running, group["momentum"])  # Nesterov
                matrix = ahead.reshape(len(ahead), -1)
                update = orthogonal(matrix) * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update.reshape(parameter.shape), alpha=-group["lr"])


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """Give the matrix with all singular values near 1 (0.7 to 1.2), by Newton-Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    x: Tensor = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def optimisers(model: nn.Module, *, muon_lr: float, adam_lr: float) -> tuple[Muon, AdamW]:
    """Split the parameters: kernels and matrices of the body to Muon, the last layers and vectors to AdamW."""
    last = {id(layer.weight) for name, layer in model.named_modules() if _speaks(name, layer)}
    matrices = [p for p in model.parameters() if p.ndim >= 2 and min(p.shape[:2]) > 4 and id(p) not in last]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    return Muon(matrices, lr=muon_lr), AdamW(others, lr=adam_lr, betas=(0.9, 0.98), weight_decay=0.01)


def _speaks(name: str, layer: nn.Module) -> bool:
    """Whether a layer gives a head's numbers."""
    return isinstance(layer, nn.Conv2d | nn.Linear) and name in {"heat.1", "shape.1", "globals"}
