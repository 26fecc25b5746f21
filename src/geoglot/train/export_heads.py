"""A member's heads as graphs: `path.onnx`, `boxes.onnx`, `mask.onnx`.

Inputs and outputs: `models.autoregressive.ways` and `models.autoregressive.heads`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.box_head import BoxHead, begun
from geoglot.nets.mask_head import MaskHead
from geoglot.nets.states import Asking, States
from geoglot.nets.trajectory_head import TrajectoryHead
from geoglot.train.export_graph import Graph, write_graph

IMAGES = (1, 3)
"""Images of a scene for which graph and network are compared."""


class OneWay(nn.Module):
    """The way of one token. Attention is written out here and below, for torch's own fixes how many tokens there are
    when it is traced.
    """

    graph = Graph("ways", ("state", "visual"), ("steps", "stop"), {"visual": {0: "tokens"}})

    def __init__(self, head: TrajectoryHead) -> None:
        super().__init__()
        self.head = head.eval()
        self.eval()

    def forward(self, state: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Give steps (T, 3) and stop (T,) for the state (D,) and those of the pictures' tokens (P, D)."""
        asking = self.head.asking
        asked = state if asking is None else _asked(asking, state, visual)
        numbers = self.head.last(asked).view(self.head.config.steps, 4)
        numbers = numbers + 0.0 * visual.sum()  # an input that a head makes no use of would be missing
        return numbers[:, :3], numbers[:, 3]

    def expected(self, state: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Give the same by the head itself."""
        paths = self.head(States(state[None], visual[None], torch.ones(1, len(visual), dtype=torch.bool)))
        return paths.steps[0], paths.stop[0]


class OneSet(nn.Module):
    """The boxes of one token. places: (T, 4) of each token of an image, see `bridge.frame_places`."""

    graph = Graph("boxes", ("state", "visual"), ("scores", "boxes"),
                  {"visual": {0: "images"}, "scores": {0: "guesses"}, "boxes": {0: "guesses"}})  # fmt: skip

    def __init__(self, head: BoxHead, places: Tensor) -> None:
        super().__init__()
        self.head = head.eval()
        self.places = places
        self.shown = (places[:, 2] > 0).nonzero()[:, 0]
        self.eval()

    def forward(self, state: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Give scores (G,) and upright boxes (G, 4), centre and sides in parts of the image, for the state (D,) and
        those of the tokens of every image (I, T, D).
        """
        head, placed = self.head, visual[:, self.shown]  # (I, t, D)
        asked = _asked(head.asking, state, visual.flatten(0, 1), asking_too=placed.flatten(0, 1))  # (G, n)
        first = begun(self.places[self.shown]).expand(visual.shape[0], -1, -1).flatten(0, 1)  # (I t, 4)
        boxes = (head.geometry(asked)[:, :4] + torch.cat([head.starts, first])).sigmoid()
        return head.scored(asked, state).sigmoid().amax(dim=1), boxes

    def expected(self, state: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Give the same by the head itself."""
        flat, places = visual.flatten(0, 1)[None], self.places.repeat(len(visual), 1)[None]
        there = torch.ones(flat.shape[:2], dtype=torch.bool)
        given = States(state[None], flat, there, places=places)
        found, own = self.head(given), torch.ones(len(self.head.starts), dtype=torch.bool)
        kept = torch.cat([own, given.placed[0]])
        return found.logits[0, kept].sigmoid().amax(dim=1), found.upright[0, kept]


class OneMask(nn.Module):
    """The mask of one token."""

    graph = Graph("masks", ("state", "drawn"), ("mask",), {})

    def __init__(self, head: MaskHead) -> None:
        super().__init__()
        self.head = head.eval()
        self.eval()

    def forward(self, state: Tensor, drawn: Tensor) -> tuple[Tensor]:
        """Give logits (h, w) for the state (D,) and the features (P, h, w) of the image that is drawn on."""
        nothing = torch.ones(1, 1, dtype=torch.bool)
        return (self.head(States(state[None], state[None, None], nothing, pixels=drawn[None]))[0],)


def _asked(asking: Asking, state: Tensor, visual: Tensor, *, asking_too: Tensor | None = None) -> Tensor:
    """As `Asking` does, for one token with all of its pictures' states (P, D): (Q, narrow), or with those of image
    tokens that ask too behind them.
    """
    told = asking.state(state)[None]  # (1, n)
    seen = torch.cat([told, asking.visual(visual)])  # (1 + P, n)
    queries = asking.queries if asking_too is None else torch.cat([asking.queries, asking.visual(asking_too)])
    x = queries + told  # (Q, n)
    for layer in asking.layers:
        assert isinstance(layer, nn.TransformerDecoderLayer)
        given = layer.norm1(x)
        x = x + _attended(layer.self_attn, given, given)
        x = x + _attended(layer.multihead_attn, layer.norm2(x), seen)
        x = x + layer.linear2(functional.gelu(layer.linear1(layer.norm3(x))))
    asked: Tensor = asking.norm(x)
    return asked


def _attended(layer: nn.MultiheadAttention, x: Tensor, seen: Tensor) -> Tensor:
    """Attention (T, n) of x (T, n) to seen (S, n)."""
    weights, biases = layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3)
    each = [functional.linear(*one) for one in zip((x, seen, seen), weights, biases, strict=True)]
    q, k, v = (one.view(-1, layer.num_heads, layer.head_dim).transpose(0, 1) for one in each)  # (heads, T or S, hd)
    looked = functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    told: Tensor = layer.out_proj(looked.transpose(0, 1).flatten(1))
    return told


def write_ways(head: TrajectoryHead, path: Path, *, width: int) -> None:
    """Write the graph of ways. width: of the writer's states. Raises WorkError as `write_graph`."""
    one = OneWay(head)
    examples = [_random(count, (width,), (count, width)) for count in (5, 12)]
    write_graph(one, one.graph, path, examples, expected=one.expected)


def write_boxes(head: BoxHead, path: Path, *, width: int, places: Tensor) -> None:
    """Write the graph of boxes. places: (T, 4) of each token of an image. Raises WorkError as `write_graph`."""
    one = OneSet(head, places)
    examples = [_random(n, (width,), (n, len(places), width)) for n in IMAGES]
    write_graph(one, one.graph, path, examples, expected=one.expected)


def write_mask(head: MaskHead, path: Path, *, width: int, cells: int) -> None:
    """Write the graph of masks. cells: a side of what is drawn on. Raises WorkError as `write_graph`."""
    one = OneMask(head)
    write_graph(one, one.graph, path, [_random(seed, (width,), (head.config.width, cells, cells)) for seed in (1, 2)])


def _random(seed: int, *shapes: tuple[int, ...]) -> tuple[Tensor, ...]:
    rng = np.random.default_rng(seed)
    return tuple(torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for shape in shapes)
