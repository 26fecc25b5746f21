"""Features of a quarter of the image's resolution, mixed from all depths of the trunk: what masks are drawn on."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.trunk import Levels

STRIDE = 4
"""Pixels a side of a cell."""


class Pixels(nn.Module):
    """Bring every level to one width and size, add them, smooth. widths: of the taps and, last, of the last layer."""

    def __init__(self, widths: tuple[int, ...], out: int) -> None:
        super().__init__()
        self.narrow = nn.ModuleList(nn.Linear(width, out) for width in widths)
        self.mix = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.GELU(), nn.Conv2d(out, out, 3, 1, 1))

    def forward(self, levels: Levels, size: tuple[int, int]) -> Tensor:
        """Give (F, P, H/4, W/4) for levels of frames of size (H, W)."""
        summed: Tensor | None = None
        for narrow, level in zip(self.narrow, (*levels.taps, levels.last), strict=True):
            x = narrow(level).permute(0, 3, 1, 2)  # (F, P, h, w)
            x = functional.interpolate(x, (size[0] // STRIDE, size[1] // STRIDE), mode="bilinear")  # (F, P, H/4, W/4)
            summed = x if summed is None else summed + x
        assert summed is not None
        mixed: Tensor = self.mix(summed)
        return mixed
