"""What heads are given: the writer's state at a decode token, and what it saw; queries that ask both."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

NARROW, LAYERS = 256, 3
"""Width and layers inside a head, where its configuration does not say others."""


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """K decode tokens of one kind.

    state: (K, D) last-layer states at the tokens. visual: (K, N, D) states of the image tokens before each;
    present: (K, N) bool, False where a row has fewer. pixels: (K, P, H/4, W/4) features of the frame that a mask
    is drawn on, None for heads that draw none.
    """

    state: Tensor
    visual: Tensor
    present: Tensor
    pixels: Tensor | None = None


class Asking(nn.Module):
    """Learned queries that see each other, the token's state and the image's states, through a few layers."""

    def __init__(self, width: int, queries: int, *, narrow: int, layers: int, heads: int = 8) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, narrow) * 0.02)
        self.state = nn.Linear(width, narrow)
        self.visual = nn.Linear(width, narrow)
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(
                narrow, heads, 4 * narrow, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(narrow)

    def forward(self, states: States) -> Tensor:
        """Give (K, Q, narrow)."""
        state = self.state(states.state)[:, None]  # (K, 1, n)
        seen = torch.cat([state, self.visual(states.visual)], dim=1)  # (K, 1 + N, n)
        absent = torch.cat([torch.zeros_like(states.present[:, :1]), ~states.present], dim=1)  # (K, 1 + N)
        x = self.queries + state  # (K, Q, n)
        for layer in self.layers:
            x = layer(x, seen, memory_key_padding_mask=absent)
        asked: Tensor = self.norm(x)
        return asked
