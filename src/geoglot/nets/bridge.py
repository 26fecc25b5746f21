"""`Bridge`: from the trunk's features at several depths to what the writer reads.

last features ── ACSA ── merge 2 x 2 ── network ──▶ the writer's input, a tag before each frame
taps ─────────────────── merge 2 x 2 ── networks ─▶ added to the writer's states after layers 1, 2, 3 (DeepStack)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.acsa import Acsa
from geoglot.nets.told import FACTS
from geoglot.nets.trunk import Levels

MERGE = 2
"""Patches a side that become one token."""


@dataclass(frozen=True, slots=True)
class BridgeConfig:
    """What lies between trunk and writer.

    norm: a norm before the merging network (none in DeepSeek-VL2's). hidden: width inside it. acsa_rank: rank of
    the keys and values of the taps, 0 for no attention across scales; acsa_heads. inject: whether taps are added
    to the writer's first states. tags: whether each frame begins with a token of what is known about it.
    layout: "frames" puts each frame's tokens row by row; "tiles" is DeepSeek-VL2's view and tiles with line ends.
    pool: neighbouring tokens a side that are averaged, for series and videos; 1 for none.
    """

    hidden: int
    norm: bool = True
    acsa_rank: int = 0
    acsa_heads: int = 16
    inject: bool = False
    tags: bool = False
    layout: Literal["frames", "tiles"] = "frames"
    pool: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Bridged:
    """What the writer is given for F frames: `tokens` (F, n, D) and for each injection (F, n, D), tags with zeros."""

    tokens: Tensor
    injected: tuple[Tensor, ...]


class Merger(nn.Module):
    """Join 2 x 2 patches and bring them to the writer's width. Odd sides are filled up with zeros.

    after: the norm follows the joining, over 4 d, as for taps; it precedes it over d for the last features. Source:
    the mergers of Qwen3-VL; without a norm the projector of DeepSeek-VL2.
    """

    def __init__(self, width: int, hidden: int, out: int, *, norm: bool = True, after: bool = False) -> None:
        super().__init__()
        joined = MERGE * MERGE * width
        self.after = after
        self.norm = nn.LayerNorm(joined if after else width, eps=1e-6) if norm else nn.Identity()
        self.up = nn.Linear(joined, hidden)
        self.down = nn.Linear(hidden, out)

    def forward(self, features: Tensor) -> Tensor:
        """Give tokens (F, h/2, w/2, D) for features (F, h, w, d)."""
        x = features if self.after else self.norm(features)
        x = merged(x)  # (F, h/2, w/2, 4 d)
        x = self.norm(x) if self.after else x
        tokens: Tensor = self.down(functional.gelu(self.up(x)))
        return tokens


class Bridge(nn.Module):
    """See the module. width: of the trunk; taps: how many it shows; out: the writer's width."""

    def __init__(self, config: BridgeConfig, *, width: int, taps: int, out: int) -> None:
        super().__init__()
        self.config = config
        self.acsa = Acsa(width, taps, rank=config.acsa_rank, heads=config.acsa_heads) if config.acsa_rank else None
        self.merger = Merger(width, config.hidden, out, norm=config.norm)
        count = taps if config.inject else 0
        self.injectors = nn.ModuleList(Merger(width, config.hidden, out, after=True) for _ in range(count))
        self.tag = nn.Sequential(nn.Linear(FACTS, out), nn.GELU(), nn.Linear(out, out)) if config.tags else None
        tiled = config.layout == "tiles"
        self.line_end = nn.Parameter(torch.randn(out) * out**-0.5) if tiled else None
        self.separator = nn.Parameter(torch.randn(out) * out**-0.5) if tiled else None

    def forward(self, levels: Levels, facts: Tensor) -> Bridged:
        """Give the tokens of F frames of one grid. facts: (F, FACTS), see `told.facts`."""
        last = levels.last if self.acsa is None else self.acsa(levels)
        tokens = self._pooled(self.merger(last))  # (F, n, D)
        injected = [self._pooled(injector(tap)) for injector, tap in zip(self.injectors, levels.taps, strict=False)]
        if self.tag is None:
            return Bridged(tokens, tuple(injected))
        tag = self.tag(facts)[:, None]  # (F, 1, D)
        nothing = torch.zeros_like(tag)
        return Bridged(torch.cat([tag, tokens], 1), tuple(torch.cat([nothing, one], 1) for one in injected))

    def tiled(self, levels: Levels, rows: int, columns: int) -> Tensor:
        """Give the tokens (I, n, D) of I images, each one view of the whole and rows x columns tiles of it.

        levels: of I (1 + rows columns) frames, the whole first, then tiles row by row. The whole comes first, line
        by line, then a separator, then the tiles' lines as of one large image. Source: DeepSeek-VL2.
        """
        assert self.line_end is not None
        assert self.separator is not None
        tokens = self.merger(levels.last)  # (F, h, w, D)
        h, w, d = tokens.shape[1:]
        tokens = tokens.view(-1, 1 + rows * columns, h, w, d)  # (I, 1 + tiles, h, w, D)
        whole, tiles = tokens[:, 0], tokens[:, 1:].view(-1, rows, columns, h, w, d)
        tiles = tiles.permute(0, 1, 3, 2, 4, 5).reshape(-1, rows * h, columns * w, d)  # (I, rows h, columns w, D)
        separator = self.separator.expand_as(whole[:, 0, :1])  # (I, 1, D)
        return torch.cat([_lines(whole, self.line_end), separator, _lines(tiles, self.line_end)], dim=1)  # (I, n, D)

    def _pooled(self, tokens: Tensor) -> Tensor:
        pool = self.config.pool
        if pool > 1:
            tokens = functional.avg_pool2d(tokens.permute(0, 3, 1, 2), pool).permute(0, 2, 3, 1)  # (F, h/p, w/p, D)
        return tokens.flatten(1, 2)  # (F, n, D)


def merged(features: Tensor) -> Tensor:
    """Join 2 x 2 patches: (F, h, w, d) -> (F, ceil(h/2), ceil(w/2), 4 d), row by row within the four."""
    f, h, w, d = features.shape
    if h % MERGE or w % MERGE:
        features = functional.pad(features, (0, 0, 0, w % MERGE, 0, h % MERGE))  # (F, even h, even w, d)
        h, w = features.shape[1:3]
    grid = features.view(f, h // MERGE, MERGE, w // MERGE, MERGE, d)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(f, h // MERGE, w // MERGE, MERGE * MERGE * d)


def frame_tokens(config: BridgeConfig, h: int, w: int) -> int:
    """Give how many tokens a frame of h x w patches becomes, its tag included."""
    rows, columns = -(-h // MERGE) // config.pool, -(-w // MERGE) // config.pool
    return rows * columns + int(config.tags)


def frame_places(config: BridgeConfig, h: int, w: int) -> Tensor:
    """Give what each token of a frame of h x w patches shows, (n, 4): centre x, y, width, height in parts of the
    frame's longer side; zeros for its tag, which shows no place.
    """
    step = MERGE * config.pool / max(h, w)
    rows, columns = -(-h // MERGE) // config.pool, -(-w // MERGE) // config.pool
    x = ((torch.arange(columns) + 0.5) * step).expand(rows, -1)
    y = ((torch.arange(rows) + 0.5) * step)[:, None].expand(-1, columns)
    side = torch.full_like(x, step)
    places = torch.stack([x, y, side, side], dim=-1).flatten(0, 1)  # (n, 4)
    return functional.pad(places, (0, 0, int(config.tags), 0))


def tile_tokens(side: int, rows: int, columns: int) -> int:
    """Give how many tokens an image of a view and rows x columns tiles of `side` patches becomes."""
    half = -(-side // MERGE)
    return half * (half + 1) + 1 + rows * half * (columns * half + 1)


def _lines(grid: Tensor, line_end: Tensor) -> Tensor:
    """Put a token after each row: (I, h, w, D) -> (I, h (w + 1), D)."""
    ends = line_end.expand_as(grid[:, :, :1])  # (I, h, 1, D)
    return torch.cat([grid, ends], dim=2).flatten(1, 2)  # (I, h (w + 1), D)
