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
    is drawn on, None for heads that draw none. places: (K, N, 4) of what each image token shows, see
    `bridge.frame_places`, None where that is not known.
    """

    state: Tensor
    visual: Tensor
    present: Tensor
    pixels: Tensor | None = None
    places: Tensor | None = None

    @property
    def placed(self) -> Tensor:
        """Which image tokens (K, N) show a place that is known."""
        if self.places is None:
            return torch.zeros_like(self.present)
        return self.present & (self.places[..., 2] > 0)


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

    def forward(self, states: States, *, places: bool = False) -> Tensor:
        """Give (K, Q, narrow), or (K, Q + N, narrow) with places: every image token then asks too, behind the others.

        Of those that show no place the numbers mean nothing, and no other sees them.
        """
        state, visual = self.state(states.state)[:, None], self.visual(states.visual)  # (K, 1, n), (K, N, n)
        seen = torch.cat([state, visual], dim=1)  # (K, 1 + N, n)
        absent = torch.cat([torch.zeros_like(states.present[:, :1]), ~states.present], dim=1)  # (K, 1 + N)
        x, silent = self.queries.expand(len(state), -1, -1), None  # (K, Q, n)
        if places:
            x, own = torch.cat([x, visual], dim=1), torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
            silent = torch.cat([own, ~states.placed], dim=1)  # (K, Q + N)
        x = x + state
        for layer in self.layers:
            x = layer(x, seen, tgt_key_padding_mask=silent, memory_key_padding_mask=absent)
        asked: Tensor = self.norm(x)
        return asked
