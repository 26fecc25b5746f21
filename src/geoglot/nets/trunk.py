"""`Trunk`: a vision transformer of any input size that shows its features at several depths."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError
from geoglot.nets import rotary
from geoglot.nets.recompute import Stack

Turn = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class TrunkConfig:
    """Shape of a trunk. mlp: hidden width. taps: layers after which features are shown, counted from 0.

    learned: side of the grid of learned positions, 0 for none; other sizes are interpolated. rotary: turn queries
    and keys by rows and columns; ground: and by metres, as much as is learned to be good for each pair of channels,
    so that things can be known by their size whatever the sensor. final_norm: a norm after the last layer.
    """

    width: int
    layers: int
    heads: int
    mlp: int
    patch: int = 16
    taps: tuple[int, ...] = ()
    learned: int = 0
    rotary: bool = True
    ground: bool = False
    final_norm: bool = True
    theta: float = 10_000.0
    eps: float = 1e-6

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise InputError("heads must share the width evenly", value=(self.width, self.heads))
        if any(not 0 <= tap < self.layers for tap in self.taps):
            raise InputError("a tap lies beyond the last layer", value=self.taps, expected=f"0 to {self.layers - 1}")


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Features of F frames on one grid: `taps` and `last`, each (F, h, w, d)."""

    taps: tuple[Tensor, ...]
    last: Tensor


class Trunk(Stack):
    """Attention over all patches of a frame."""

    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        self.config = config
        places = config.learned**2
        self.positions = nn.Parameter(torch.randn(places, config.width) * 0.02) if places else None
        pairs = config.width // config.heads // 2
        self.ground = (
            nn.Parameter(torch.zeros(pairs)) if config.ground else None
        )  # pretrained trunks stay what they are
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, eps=config.eps) if config.final_norm else nn.Identity()

    def forward(self, patches: Tensor, gsd_m: Tensor | None = None) -> Levels:
        """Give the features of patches (F, h, w, d).

        gsd_m: (F,) metres a pixel, 0 where unknown; used by trunks that count metres.
        """
        f, h, w, _ = patches.shape
        x = patches if self.positions is None else patches + self._places(h, w)
        x = x.flatten(1, 2)  # (F, L, d)
        turn = self._turn(h, w, gsd_m, x.device) if self.config.rotary else None
        shown: dict[int, Tensor] = {}
        for index, layer in enumerate(self.layers):
            x = self.run(layer, x, turn)
            if index in self.config.taps:
                shown[index] = x.view(f, h, w, -1)  # (F, h, w, d)
        return Levels(tuple(shown[tap] for tap in self.config.taps), self.norm(x).view(f, h, w, -1))

    def _places(self, h: int, w: int) -> Tensor:
        """Give the learned positions (h, w, d), interpolated from corner to corner as Qwen3-VL does."""
        assert self.positions is not None
        side = self.config.learned
        grid = self.positions.view(1, side, side, -1).permute(0, 3, 1, 2)  # (1, d, side, side)
        if (h, w) != (side, side):
            grid = functional.interpolate(grid, (h, w), mode="bilinear", align_corners=True)  # (1, d, h, w)
        return grid[0].permute(1, 2, 0)  # (h, w, d)

    def _turn(self, h: int, w: int, gsd_m: Tensor | None, device: torch.device) -> Turn:
        config = self.config
        size = config.width // config.heads
        rows = torch.arange(h, device=device).repeat_interleave(w)  # (L,)
        columns = torch.arange(w, device=device).repeat(h)  # (L,)
        angles = rotary.plane_angles(rows, columns, size, config.theta)[None]  # (1, L, hd/2)
        if self.ground is not None and gsd_m is not None:
            metres = (gsd_m * config.patch)[:, None]  # (F, 1) a patch
            angles = angles + self.ground * rotary.ground_angles(rows * metres, columns * metres, size)  # (F, L, hd/2)
        cosine, sine = rotary.waves(angles[:, None])  # (F or 1, 1, L, hd)
        return cosine, sine


class Block(nn.Module):
    """Attention and a GELU network, each behind a norm and added to what came in."""

    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(config.width, eps=config.eps)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.mlp_norm = nn.LayerNorm(config.width, eps=config.eps)
        self.up = nn.Linear(config.width, config.mlp)
        self.down = nn.Linear(config.mlp, config.width)

    def forward(self, x: Tensor, turn: Turn | None) -> Tensor:
        """Give (F, L, d) for (F, L, d)."""
        f, length, d = x.shape
        qkv = self.qkv(self.attention_norm(x)).view(f, length, 3, self.heads, -1)  # (F, L, 3, heads, hd)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (F, heads, L, hd) each
        if turn is not None:
            q, k = rotary.turned(q, *turn), rotary.turned(k, *turn)
        looked = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(looked.transpose(1, 2).reshape(f, length, d))
        added: Tensor = x + self.down(functional.gelu(self.up(self.mlp_norm(x)), approximate="tanh"))
        return added
