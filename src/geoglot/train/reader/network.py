"""The reader's network: the first layers of all-MiniLM-L6-v2 on fewer word pieces, which stay as they are, and heads.

Source of the encoder: Wang et al., MiniLM, 2020, as fine-tuned by sentence-transformers (all-MiniLM-L6-v2, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.models.nano.reading.labels import CHOICES, TAGS

WIDTH, INNER = 384, 1536
HEAD_WIDTH, HEAD_INNER = 192, 576
NEAR_WIDTH, NEAR_SCALE = 256, 15.0
LAYER_HEADS = 12
HEAD_LAYERS = 2
PLACES = 64
"""Most pieces of a question."""
EPSILON = 1e-12
SIZES = tuple(len(choices) for choices in CHOICES.values())
"""Logits of each choice in the output `whole`."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the heads tell. whole: (B, sum(SIZES)), tags: (B, T, len(TAGS)), near: (B, things + 1); all logits."""

    whole: Tensor
    tags: Tensor
    near: Tensor


class Layer(nn.Module):
    """One layer of BERT: attention, then an inner layer, each added to its input and normalised after."""

    def __init__(self, width: int, inner: int, *, drop: float) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.attended = nn.LayerNorm(width, eps=EPSILON)
        self.inner = nn.Linear(width, inner)
        self.outer = nn.Linear(inner, width)
        self.normal = nn.LayerNorm(width, eps=EPSILON)
        self.drop = nn.Dropout(drop)

    def forward(self, states: Tensor, hidden: Tensor) -> Tensor:
        """Give the next states. states: (B, T, width). hidden: (B, 1, 1, T), very negative where there is no piece."""
        batch, length, width = states.shape
        split = self.attention(states).view(batch, length, 3, LAYER_HEADS, width // LAYER_HEADS)
        query, key, value = (split[:, :, part].transpose(1, 2) for part in range(3))
        weights = torch.softmax(query @ key.transpose(2, 3) / (width // LAYER_HEADS) ** 0.5 + hidden, -1)
        seen = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        states = self.attended(states + self.drop(self.joined(seen)))
        out: Tensor = self.normal(states + self.drop(self.outer(functional.gelu(self.inner(states)))))
        return out


class Encoder(nn.Module):
    """The first layers of MiniLM. layers: how many of its six. pieces: how many word pieces are kept."""

    def __init__(self, layers: int, *, pieces: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(pieces, WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.normal = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(WIDTH, INNER, drop=0.0) for _ in range(layers))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Give the states (B, T, 384) of pieces (B, T). mask: (B, T), 1 where there is a piece, else 0."""
        hidden = unseen(mask)
        states: Tensor = self.normal(self.pieces(ids) + self.places.weight[: ids.shape[1]])
        for layer in self.layers:
            states = layer(states, hidden)
        return states

    def take(self, weights: Mapping[str, Tensor], kept: Tensor) -> None:
        """Take over the weights of MiniLM. kept: the numbers of the pieces that are kept, in their new order."""
        with torch.no_grad():
            kind = weights["embeddings.token_type_embeddings.weight"][0]
            self.pieces.weight.copy_(weights["embeddings.word_embeddings.weight"][kept] + kind)
            self.places.weight.copy_(weights["embeddings.position_embeddings.weight"][:PLACES])
            _copy(self.normal, weights, "embeddings.LayerNorm")
            for index, layer in enumerate(self.layers):
                assert isinstance(layer, Layer)
                _take_layer(layer, weights, f"encoder.layer.{index}.")


class Heads(nn.Module):
    """What is trained: two narrow layers over the encoder's states, then choices, tags, and the nearest thing."""

    centre: Tensor

    def __init__(self, things: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(WIDTH, HEAD_WIDTH)
        self.layers = nn.ModuleList(Layer(HEAD_WIDTH, HEAD_INNER, drop=0.1) for _ in range(HEAD_LAYERS))
        self.whole = nn.Linear(2 * HEAD_WIDTH, sum(SIZES))
        self.tags = nn.Linear(HEAD_WIDTH, len(TAGS))
        self.near = nn.Sequential(
            nn.Linear(WIDTH, NEAR_WIDTH), nn.GELU(), nn.Dropout(0.3), nn.Linear(NEAR_WIDTH, things + 1)
        )
        self.register_buffer("centre", torch.zeros(WIDTH))  # mean state of nouns: what all of them share tells nothing
        self.drop = nn.Dropout(0.1)

    def forward(self, states: Tensor, mask: Tensor) -> Heard:
        """Read states (B, T, 384)."""
        hidden, present = unseen(mask), mask.to(states.dtype)[..., None]
        narrow = self.narrow(self.drop(states))
        for layer in self.layers:
            narrow = layer(narrow, hidden)
        mean = (narrow * present).sum(1) / present.sum(1)
        whole = self.whole(self.drop(torch.cat([narrow[:, 0], mean], 1)))
        return Heard(whole, self.tags(self.drop(narrow)), self.nearest((states * present).sum(1) / present.sum(1)))

    def nearest(self, mean: Tensor) -> Tensor:
        """Give (B, things + 1) logits of the thing a noun is nearest to, the last for none. mean: (B, 384) states."""
        centred = functional.normalize(mean - self.centre, dim=1)
        logits: Tensor = self.near(NEAR_SCALE * centred)
        return logits


def unseen(mask: Tensor) -> Tensor:
    """Give (B, 1, 1, T): 0 where there is a piece, very negative elsewhere."""
    return (1 - mask[:, None, None, :].to(torch.float32)) * -1e4


def _take_layer(layer: Layer, weights: Mapping[str, Tensor], prefix: str) -> None:
    for part in ("weight", "bias"):
        three = [weights[f"{prefix}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
        getattr(layer.attention, part).copy_(torch.cat(three))
    _copy(layer.joined, weights, f"{prefix}attention.output.dense")
    _copy(layer.attended, weights, f"{prefix}attention.output.LayerNorm")
    _copy(layer.inner, weights, f"{prefix}intermediate.dense")
    _copy(layer.outer, weights, f"{prefix}output.dense")
    _copy(layer.normal, weights, f"{prefix}output.LayerNorm")


def _copy(module: nn.Linear | nn.LayerNorm, weights: Mapping[str, Tensor], name: str) -> None:
    module.weight.copy_(weights[f"{name}.weight"])
    module.bias.copy_(weights[f"{name}.bias"])
