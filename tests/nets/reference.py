"""The family's arithmetic a second time, written from the specification: one frame, one row, one head at a time.

Nothing of geoglot.nets is used but the values of its configurations. `s` is a state dict.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

State = dict[str, Tensor]


def under(s: State, prefix: str) -> State:
    """The weights of one part."""
    return {name.removeprefix(prefix + "."): value for name, value in s.items() if name.startswith(prefix + ".")}


def linear(s: State, name: str, x: Tensor) -> Tensor:
    y = x @ s[f"{name}.weight"].T
    return y + s[f"{name}.bias"] if f"{name}.bias" in s else y


def layer_norm(s: State, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * s[f"{name}.weight"] + s[f"{name}.bias"]


def rms_norm(s: State, name: str, x: Tensor, eps: float) -> Tensor:
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * s[f"{name}.weight"]


def gelu(x: Tensor, tanh: bool = False) -> Tensor:
    if tanh:
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn channel i and i + half as one complex number: x (N, size), angles (N, size / 2)."""
    half = x.shape[-1] // 2
    z = torch.complex(x[:, :half], x[:, half:]) * torch.exp(1j * angles.to(x.dtype))
    return torch.cat([z.real, z.imag], -1)


def attention(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None = None) -> Tensor:
    """One head: (N, size), (M, size), (M, size) -> (N, size)."""
    scores = q @ k.T / math.sqrt(q.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    return scores.softmax(-1) @ v


def patch_stem(s: State, pixels: Tensor, patch: int) -> Tensor:
    """One convolution as sums over each patch: (C, H, W) -> (h, w, d)."""
    c, height, width = pixels.shape
    cut = pixels.view(c, height // patch, patch, width // patch, patch).permute(1, 3, 0, 2, 4).flatten(2)
    return cut @ s["project.weight"].flatten(1).T + s["project.bias"]


def spectral_stem(s: State, pixels: Tensor, bands_um: Tensor, patch: int) -> Tensor:
    """A kernel for each band: straight between the anchors in log wavelength, plus what the network adds."""
    kernels = []
    for centre, width in bands_um.tolist():
        blue, green, red = (math.log(um) for um in (0.490, 0.560, 0.665))
        place = min(max(math.log(centre), blue), red)
        share = torch.zeros(len(s["kernels"]), dtype=pixels.dtype)
        if place <= green:
            share[0], share[1] = (green - place) / (green - blue), (place - blue) / (green - blue)
        else:
            share[1], share[2] = (red - place) / (red - green), (place - green) / (red - green)
        at = (math.log(centre) - 0.42) / 1.95
        told = [
            at,
            math.log(width) / 4,
            *(math.sin(n * at) for n in (1, 2, 4, 8)),
            *(math.cos(n * at) for n in (1, 2, 4, 8)),
        ]
        share = share + linear(s, "mix.2", gelu(linear(s, "mix.0", torch.tensor(told, dtype=pixels.dtype))))
        kernels.append((share[:, None, None, None] * s["kernels"]).sum(0) * 3 / len(bands_um))
    weight = torch.stack(kernels, 1)
    return patch_stem({"project.weight": weight, "project.bias": s["bias"]}, pixels, patch)


def trunk(s: State, config, patches: Tensor, gsd_m: float) -> tuple[list[Tensor], Tensor]:  # type: ignore[no-untyped-def]
    """The taps and the last features of one frame (h, w, d)."""
    h, w, d = patches.shape
    if config.learned:
        side = config.learned
        grid = s["positions"].view(side, side, d)
        for axis, length in ((0, h), (1, w)):
            at = torch.linspace(0, side - 1, length, dtype=patches.dtype) if length > 1 else torch.zeros(1)
            low = at.floor().long().clamp(max=side - 2)
            part = (at - low).view(-1, *[1] * 2) if axis == 0 else (at - low).view(1, -1, 1)
            grid = grid.index_select(axis, low) * (1 - part) + grid.index_select(axis, low + 1) * part
        patches = patches + grid
    x = patches.reshape(h * w, d)
    size = d // config.heads
    rows, columns = torch.arange(h).repeat_interleave(w).to(x), torch.arange(w).repeat(h).to(x)
    speeds = torch.tensor([config.theta ** (-i / (size // 4)) for i in range(size // 4)], dtype=x.dtype)
    angles = torch.cat([rows[:, None] * speeds, columns[:, None] * speeds], -1)
    if config.ground:
        lengths = [4.0 * 10_000 ** (i / (size // 4 - 1)) for i in range(size // 4)]
        turns = 2 * math.pi * gsd_m * config.patch / torch.tensor(lengths, dtype=x.dtype)
        angles = angles + s["ground"] * torch.cat([rows[:, None] * turns, columns[:, None] * turns], -1)
    taps = []
    for index in range(config.layers):
        part = under(s, f"layers.{index}")
        q, k, v = linear(part, "qkv", layer_norm(part, "attention_norm", x, config.eps)).split(d, -1)
        heads = [slice(n * size, (n + 1) * size) for n in range(config.heads)]
        turn = (lambda y: rotate(y, angles)) if config.rotary else (lambda y: y)
        looked = torch.cat([attention(turn(q[:, n]), turn(k[:, n]), v[:, n]) for n in heads], -1)
        x = x + linear(part, "out", looked)
        x = x + linear(part, "down", gelu(linear(part, "up", layer_norm(part, "mlp_norm", x, config.eps)), tanh=True))
        if index in config.taps:
            taps.append(x.view(h, w, d))
    last = layer_norm(s, "norm", x, config.eps) if config.final_norm else x
    return taps, last.view(h, w, d)


def acsa(s: State, taps: list[Tensor], last: Tensor, heads: int) -> Tensor:
    """The published formulas over one frame (h, w, d)."""
    h, w, d = last.shape
    flat, size = last.reshape(h * w, d), d // heads
    share = s["weights"].exp() / s["weights"].exp().sum()
    mixed = torch.zeros_like(flat)
    for index, tap in enumerate(taps):
        query = linear(s, "query", flat) + s["shifts"][index]
        key = linear(s, f"keys.{index}.1", linear(s, f"keys.{index}.0", tap.reshape(h * w, d)))
        value = linear(s, f"values.{index}.1", linear(s, f"values.{index}.0", tap.reshape(h * w, d)))
        parts = [slice(n * size, (n + 1) * size) for n in range(heads)]
        mixed += share[index] * torch.cat([attention(query[:, p], key[:, p], value[:, p]) for p in parts], -1)
    return (flat + layer_norm(s, "norm", linear(s, "out", mixed))).view(h, w, d)


def merger(s: State, features: Tensor, *, after: bool) -> Tensor:
    """Join 2 x 2 patches of one frame (h, w, d): (h/2 * w/2, D)."""
    h, w, _ = features.shape
    x = features if after else layer_norm(s, "norm", features, 1e-6)
    four = [
        torch.cat([x[r, c], x[r, c + 1], x[r + 1, c], x[r + 1, c + 1]]) for r in range(0, h, 2) for c in range(0, w, 2)
    ]
    joined = torch.stack(four)
    joined = layer_norm(s, "norm", joined, 1e-6) if after else joined
    return linear(s, "down", gelu(linear(s, "up", joined)))


def writer(s: State, config, embeds: Tensor, injected: dict[int, Tensor]) -> Tensor:  # type: ignore[no-untyped-def]
    """The states of one row (N, D)."""
    n, size = len(embeds), config.head_dim
    speeds = torch.tensor([config.rope_theta ** (-2 * i / size) for i in range(size // 2)], dtype=embeds.dtype)
    angles = torch.arange(n).to(embeds)[:, None] * speeds
    allowed = torch.ones(n, n, dtype=torch.bool).tril()
    x = embeds
    for index in range(config.layers):
        part = under(s, f"layers.{index}")
        normed = rms_norm(part, "attention_norm", x, config.eps)
        heads = []
        for head in range(config.heads):
            own, shared = slice(head * size, (head + 1) * size), head // (config.heads // config.kv_heads)
            theirs = slice(shared * size, (shared + 1) * size)
            q, k = linear(part, "attention.query", normed)[:, own], linear(part, "attention.key", normed)[:, theirs]
            if config.qk_norm:
                q = rms_norm(part, "attention.query_norm", q, config.eps)
                k = rms_norm(part, "attention.key_norm", k, config.eps)
            v = linear(part, "attention.value", normed)[:, theirs]
            heads.append(attention(rotate(q, angles), rotate(k, angles), v, allowed))
        x = x + linear(part, "attention.out", torch.cat(heads, -1))
        normed = rms_norm(part, "mlp_norm", x, config.eps)
        mixed = config.experts is not None and index >= config.experts.dense_layers
        x = x + (experts(under(part, "mlp"), config.experts, normed) if mixed else gated(under(part, "mlp"), normed))
        x = x + injected.get(index + 1, 0)
    return rms_norm(s, "norm", x, config.eps)


def gated(s: State, x: Tensor) -> Tensor:
    gate = linear(s, "gate", x)
    return linear(s, "down", gate * torch.sigmoid(gate) * linear(s, "up", x))


def experts(s: State, config, x: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
    rows = []
    for token in x:
        odds = linear(s, "router", token).softmax(-1)
        best = odds.argsort(descending=True)[: config.active].tolist()
        said = [odds[index] * gated(under(s, f"experts.{index}"), token) for index in best]
        rows.append(torch.stack(said).sum(0) + gated(under(s, "shared"), token))
    return torch.stack(rows)


def asking(s: State, state: Tensor, visual: Tensor, own: Tensor | None = None) -> Tensor:
    """Queries (Q, n), and image states that ask too (M, D), that have seen each other, a state (D,) and the image's
    states (N, D), through three layers of eight heads.
    """
    told, heads = linear(s, "state", state), 8
    seen = torch.cat([told[None], linear(s, "visual", visual)])
    x = (s["queries"] if own is None else torch.cat([s["queries"], linear(s, "visual", own)])) + told
    for index in range(3):
        part = under(s, f"layers.{index}")
        normed = layer_norm(part, "norm1", x)
        x = x + _multihead(under(part, "self_attn"), normed, normed, heads)
        x = x + _multihead(under(part, "multihead_attn"), layer_norm(part, "norm2", x), seen, heads)
        x = x + linear(part, "linear2", gelu(linear(part, "linear1", layer_norm(part, "norm3", x))))
    return layer_norm(s, "norm", x)


def _multihead(s: State, x: Tensor, seen: Tensor, heads: int) -> Tensor:
    d = x.shape[-1]
    weights, biases = s["in_proj_weight"].split(d), s["in_proj_bias"].split(d)
    q, k, v = (y @ w.T + b for y, w, b in zip((x, seen, seen), weights, biases, strict=True))
    size = d // heads
    parts = [slice(n * size, (n + 1) * size) for n in range(heads)]
    return linear(s, "out_proj", torch.cat([attention(q[:, p], k[:, p], v[:, p]) for p in parts], -1))


def pixel_features(s: State, levels: list[Tensor], size: tuple[int, int]) -> Tensor:
    """(P, H/4, W/4) of one frame's levels (h, w, d)."""
    summed = torch.zeros(())
    for index, level in enumerate(levels):
        x = linear(s, f"narrow.{index}", level).permute(2, 0, 1)[None]
        x = functional.interpolate(x, (size[0] // 4, size[1] // 4), mode="bilinear", align_corners=False)[0]
        summed = summed + x
    x = functional.conv2d(summed[None], s["mix.0.weight"], s["mix.0.bias"], padding=1)
    return functional.conv2d(gelu(x), s["mix.2.weight"], s["mix.2.bias"], padding=1)[0]
