"""`Swin`: a trunk of windows that shift from layer to layer and grow coarser from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.recompute import Stack
from geoglot.nets.trunk import Levels


@dataclass(frozen=True, slots=True)
class SwinConfig:
    """Shape of a Swin trunk. width: of the first stage, doubled by each of the next; window: its side in patches.

    Source: Liu et al., arXiv 2103.14030; RingMo pre-trains Swin-B.
    """

    width: int
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    window: int
    patch: int = 4
    mlp_ratio: int = 4

    @property
    def widths(self) -> tuple[int, ...]:
        """Give the width of each stage."""
        return tuple(self.width << stage for stage in range(len(self.depths)))

    @property
    def stride(self) -> int:
        """Give the pixels a side of the last stage's patches."""
        return self.patch << (len(self.depths) - 1)


class Swin(Stack):
    """See the module. Shows every stage: `Levels.taps` are its features, each on half the grid of the one before."""

    def __init__(self, config: SwinConfig) -> None:
        super().__init__()
        self.config = config
        self.stem_norm = nn.LayerNorm(config.width)
        self.stages = nn.ModuleList(
            nn.ModuleList(
                WindowBlock(width, heads, config.window, shifted=layer % 2 == 1, mlp=config.mlp_ratio * width)
                for layer in range(depth)
            )
            for width, heads, depth in zip(config.widths, config.heads, config.depths, strict=True)
        )
        self.halvings = nn.ModuleList(Halving(width) for width in config.widths[:-1])
        self.norm = nn.LayerNorm(config.widths[-1])

    def forward(self, patches: Tensor, gsd_m: Tensor | None = None) -> Levels:
        """Give the features of patches (F, h, w, d); the ground sampling distance is not used."""
        x = self.stem_norm(patches)
        shown = []
        for index, stage in enumerate(self.stages):
            if index:
                x = self.halvings[index - 1](x)  # (F, h/2, w/2, 2 d)
            assert isinstance(stage, nn.ModuleList)
            for block in stage:
                x = self.run(block, x)
            shown.append(x)
        return Levels(tuple(shown), self.norm(x))


class WindowBlock(nn.Module):
    """Attention inside windows, then a GELU network; every second block cuts its windows half a window further."""

    steps: Tensor

    def __init__(self, width: int, heads: int, window: int, *, shifted: bool, mlp: int) -> None:
        super().__init__()
        self.heads, self.window, self.shifted = heads, window, shifted
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.bias = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads) * 0.02)
        self.register_buffer("steps", _steps(window), persistent=False)
        self.out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, mlp)
        self.down = nn.Linear(mlp, width)

    def forward(self, x: Tensor) -> Tensor:
        """Give (F, h, w, d) for (F, h, w, d)."""
        x = x + self._looked(self.attention_norm(x))
        added: Tensor = x + self.down(functional.gelu(self.up(self.mlp_norm(x))))
        return added

    def _looked(self, x: Tensor) -> Tensor:
        h, w = x.shape[1:3]
        side = self.window
        shift = side // 2 if self.shifted and min(h, w) > side else 0
        x = functional.pad(x, (0, 0, 0, -w % side, 0, -h % side))  # (F, h', w', d), whole windows
        height, width = x.shape[1:3]
        if shift:
            x = x.roll((-shift, -shift), dims=(1, 2))
        cut = _windows(x, side)  # (F, n, side², d)
        mask = _fence(height, width, side, shift, x) if shift else x.new_zeros(())
        bias = self.bias[self.steps].permute(2, 0, 1)  # (heads, side², side²)
        joined = self._attended(cut, bias + mask)  # (F, n, side², d)
        x = _joined(joined, height, width, side)  # (F, h', w', d)
        if shift:
            x = x.roll((shift, shift), dims=(1, 2))
        return x[:, :h, :w]

    def _attended(self, cut: Tensor, mask: Tensor) -> Tensor:
        f, n, length, d = cut.shape
        qkv = self.qkv(cut).view(f, n, length, 3, self.heads, -1).permute(3, 0, 1, 4, 2, 5)  # (3, F, n, heads, L, hd)
        q, k, v = qkv
        looked = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask.expand(f, n, -1, -1, -1))
        out: Tensor = self.out(looked.transpose(2, 3).reshape(f, n, length, d))
        return out


class Halving(nn.Module):
    """Join 2 x 2 patches, halve the grid, double the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Give (F, ceil(h/2), ceil(w/2), 2 d) for (F, h, w, d); the four are joined column by column."""
        h, w = x.shape[1:3]
        x = functional.pad(x, (0, 0, 0, w % 2, 0, h % 2))
        four = [x[:, row::2, column::2] for column in range(2) for row in range(2)]
        reduced: Tensor = self.reduce(self.norm(torch.cat(four, dim=-1)))
        return reduced


def _windows(x: Tensor, side: int) -> Tensor:
    f, h, w, d = x.shape
    cut = x.view(f, h // side, side, w // side, side, d).permute(0, 1, 3, 2, 4, 5)
    return cut.reshape(f, -1, side * side, d)  # (F, n, side², d)


def _joined(cut: Tensor, h: int, w: int, side: int) -> Tensor:
    f, d = cut.shape[0], cut.shape[-1]
    grid = cut.view(f, h // side, w // side, side, side, d).permute(0, 1, 3, 2, 4, 5)
    return grid.reshape(f, h, w, d)


def _fence(h: int, w: int, side: int, shift: int, x: Tensor) -> Tensor:
    """Keep patches that only the roll made neighbours apart: (1, n, 1, side², side²), -100 between them."""
    row, column = (_part(length, side, shift, x.device) for length in (h, w))
    parts = (row[:, None] * 3 + column[None])[None, :, :, None].float()  # (1, h, w, 1)
    cut = _windows(parts, side)[..., 0]  # (1, n, side²)
    return ((cut[..., :, None] != cut[..., None, :]) * -100.0).unsqueeze(2).to(x.dtype)


def _part(length: int, side: int, shift: int, device: torch.device) -> Tensor:
    places = torch.arange(length, device=device)
    return (places >= length - side).long() + (places >= length - shift).long()


def _steps(window: int) -> Tensor:
    """Number the steps from each patch of a window to each other one: (window², window²)."""
    places = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
    away = places[:, :, None] - places[:, None, :] + window - 1  # (2, window², window²), 0 to 2 window - 2
    return away[0] * (2 * window - 1) + away[1]
