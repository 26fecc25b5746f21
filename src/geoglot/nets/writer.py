"""`Writer`: a decoder language model that reads embeddings, compatible with the weights of Llama and Qwen3."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError
from geoglot.nets import rotary
from geoglot.nets.experts import Experts, ExpertsConfig, Gated
from geoglot.nets.recompute import Stack

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values (B, kv_heads, M, head_dim) of each layer for the M tokens already read, keys turned."""


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """Shape of a writer. kv_heads: heads of keys and values, each shared by heads / kv_heads queries. mlp: hidden
    width of the gated network. tied: the words' embeddings are also the output. qk_norm: queries and keys are
    normalised per head (Qwen3). experts: a mixture in place of the gated network.
    """

    vocab: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp: int
    rope_theta: float = 10_000.0
    eps: float = 1e-6
    tied: bool = True
    qk_norm: bool = False
    experts: ExpertsConfig | None = None

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise InputError("query heads must be shared out evenly", value=(self.heads, self.kv_heads))
        if self.head_dim % 2:
            raise InputError("rotary positions turn pairs of channels", value=self.head_dim, expected="an even number")


class Writer(Stack):
    """Read embeddings, give the states from which the next tokens are told."""

    def __init__(self, config: WriterConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocab, config.width)
        self.layers = nn.ModuleList(Layer(config, index) for index in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=config.eps)
        self.output = None if config.tied else nn.Linear(config.width, config.vocab, bias=False)
        self.apply(_start)

    def forward(
        self,
        embeds: Tensor,
        *,
        positions: Tensor,
        mask: Tensor | None = None,
        cache: Cache | None = None,
        injected: dict[int, Tensor] | None = None,
    ) -> tuple[Tensor, Cache]:
        """Give states (B, N, D) after the last norm, and the cache that holds M + N tokens.

        embeds: (B, N, D). positions: (B, N) integers. mask: (B, N, M + N) bool, True where a token may look; None
        lets each look at itself and all before it. cache: of the M tokens before, None at the start. injected:
        (B, N, D) to add to the states after so many layers (1 is the first), see `bridge`.
        """
        config = self.config
        cosine, sine = rotary.turns(positions, config.head_dim, config.rope_theta)  # (B, N, head_dim)
        cosine, sine = cosine[:, None], sine[:, None]  # (B, 1, N, head_dim)
        seen = None if mask is None else mask[:, None]  # (B, 1, N, M + N)
        grown: Cache = []
        x = embeds
        for index, layer in enumerate(self.layers):
            x, kept = self.run(layer, x, (cosine, sine), seen, None if cache is None else cache[index])
            grown.append(kept)
            if injected is not None and index + 1 in injected:
                x = x + injected[index + 1]
        return self.norm(x), grown

    def embed(self, ids: Tensor) -> Tensor:
        """Give (B, N, D) for token ids (B, N)."""
        embedded: Tensor = self.words(ids)
        return embedded

    def logits(self, hidden: Tensor) -> Tensor:
        """Give (..., vocab) for states (..., D)."""
        weight = self.words.weight if self.output is None else self.output.weight
        return functional.linear(hidden, weight)

    def balance(self) -> Tensor:
        """Give the mean load-balancing loss of the last pass, 0 without experts."""
        losses = [layer.mlp.balance for layer in self.layers if isinstance(layer.mlp, Experts)]
        return torch.stack(losses).mean() if losses else self.norm.weight.new_zeros(())


class Layer(nn.Module):
    """Attention, then a gated network, each behind a norm and added to what came in."""

    def __init__(self, config: WriterConfig, index: int) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width, eps=config.eps)
        self.attention = GroupedAttention(config)
        self.mlp_norm = nn.RMSNorm(config.width, eps=config.eps)
        mixed = config.experts is not None and index >= config.experts.dense_layers
        self.mlp = (
            Experts(config.width, config.experts) if mixed and config.experts else Gated(config.width, config.mlp)
        )

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Give (B, N, D) for (B, N, D), and the keys and values with this layer's new ones."""
        looked, kept = self.attention(self.attention_norm(x), turn, mask, past)
        x = x + looked
        return x + self.mlp(self.mlp_norm(x)), kept


class GroupedAttention(nn.Module):
    """Causal attention where several query heads share one head of keys and values. Source: arXiv 2305.13245."""

    def __init__(self, config: WriterConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, config.head_dim
        self.query = nn.Linear(config.width, config.heads * config.head_dim, bias=False)
        self.key = nn.Linear(config.width, config.kv_heads * config.head_dim, bias=False)
        self.value = nn.Linear(config.width, config.kv_heads * config.head_dim, bias=False)
        self.out = nn.Linear(config.heads * config.head_dim, config.width, bias=False)
        self.query_norm = nn.RMSNorm(config.head_dim, eps=config.eps) if config.qk_norm else nn.Identity()
        self.key_norm = nn.RMSNorm(config.head_dim, eps=config.eps) if config.qk_norm else nn.Identity()

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Give (B, N, D) for (B, N, D); turn: cosine, sine (B, 1, N, head_dim); mask: (B, 1, N, M + N) bool."""
        b, n, _ = x.shape
        q = self.query_norm(self.query(x).view(b, n, self.heads, self.head_dim)).transpose(1, 2)  # (B, heads, N, hd)
        k = self.key_norm(self.key(x).view(b, n, self.kv_heads, self.head_dim)).transpose(1, 2)  # (B, kv, N, hd)
        v = self.value(x).view(b, n, self.kv_heads, self.head_dim).transpose(1, 2)  # (B, kv, N, hd)
        q, k = rotary.turned(q, *turn), rotary.turned(k, *turn)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)  # (B, kv, M + N, hd)
        kept = (k, v)
        shared = self.heads // self.kv_heads
        k, v = k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)  # (B, heads, M + N, hd)
        if mask is None and past is not None:
            mask = _causal(n, k.shape[2], x.device)
        looked = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return self.out(looked.transpose(1, 2).reshape(b, n, -1)), kept  # (B, N, D)


def visible(present: Tensor, *, new: int) -> Tensor:
    """Give the mask (B, new, M + new) for rows padded on either side: tokens look at present ones up to themselves.

    present: (B, M + new) bool. A padded token looks at itself alone, so that no row of the softmax is empty.
    """
    length = present.shape[1]
    itself = torch.eye(length, dtype=torch.bool, device=present.device)[length - new :]  # (new, M + new)
    return (_causal(new, length, present.device) & present[:, None]) | itself  # (B, new, M + new)


def _causal(new: int, length: int, device: torch.device) -> Tensor:
    whole = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return whole[length - new :]  # (new, length)


def _start(module: nn.Module) -> None:
    """Normal weights of 0.02, as Llama and Qwen3 begin."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
