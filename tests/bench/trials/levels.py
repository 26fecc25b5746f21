"""EO-9: do several depths of the trunk help a writer to find small things? None, ACSA, DeepStack, both; equal weights.

Drawn scenes of 64 px with four things of different colours, 5 to 14 px; the question names a colour, the answer is
the box in four place tokens of 32 steps. Members have the same number of weights: what a variant lacks in branches
its merging network has in width.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.nets.batch import IGNORED, Batch, frame_group
from geoglot.nets.bridge import BridgeConfig, frame_tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.stems import StemConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from tests.bench.trials.intervals import difference, mean

SIDE_PX, STEPS_OF_PLACE, COLOURS = 64, 32, 8
IMAGE, ASK, FIRST_COLOUR = 0, 1, 2
FIRST_PLACE = FIRST_COLOUR + COLOURS
VOCAB = FIRST_PLACE + STEPS_OF_PLACE
VARIANTS = {"none": (0, False), "ACSA": (8, False), "DeepStack": (0, True), "both": (8, True)}


@dataclass(frozen=True, slots=True)
class Size:
    """Steps, scenes a step, scenes to judge by."""

    steps: int = 2000
    crops: int = 32
    held_out: int = 1000
    seeds: int = 3


def run(shards: Path, size: Size) -> dict[str, object]:
    """Train every variant; give the share of boxes with IoU >= 0.5 and the differences. `shards` is not read."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    table: dict[str, object] = {}
    for name in VARIANTS:
        for seed in range(size.seeds):
            torch.manual_seed(seed)
            member = Member(_config(name))
            table[f"weights, {name}"] = sum(p.numel() for p in member.parameters())
            _train(member, seed, size)
            found.setdefault(name, []).append(_judge(member, size))
    for name, runs in found.items():
        table[f"P@0.5, {name}"] = str(mean(np.stack(runs)))
        if name != "none":
            table[f"{name} - none"] = str(difference(np.stack(runs), np.stack(found["none"])))
    return table


def _config(name: str) -> FamilyConfig:
    rank, inject = VARIANTS[name]
    trunk = TrunkConfig(64, 4, 4, 128, patch=8, taps=(0, 1, 2))
    branch = 4 * 64 * 128 + 128 + 128 * 64 + 64 + 2 * 4 * 64  # weights of one injector of hidden width 128
    attention = 2 * 64 * 64 + 3 * 4 * 64 * 8 + 3 * 64 + 3 + 2 * 64  # weights of ACSA at rank 8
    missing = (0 if inject else 3 * branch) + (0 if rank else attention)
    hidden = 128 + missing // ((4 if inject else 1) * (4 * 64 + 64 + 1))
    return FamilyConfig(
        name,
        (StemConfig("rgb"),),
        trunk,
        BridgeConfig(hidden, acsa_rank=rank, acsa_heads=4, inject=inject),
        WriterConfig(VOCAB, 64, 4, 4, 4, 16, 128, qk_norm=True),
        IMAGE,
    )


def _scenes(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Give pixels (n, 3, s, s), asked colours (n,) and boxes (n, 4) in pixels."""
    palette = np.random.default_rng(5).normal(size=(COLOURS, 3)).astype(np.float32) * 1.5
    pixels = rng.normal(0, 0.5, (count, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    asked, boxes = np.zeros(count, np.int64), np.zeros((count, 4), np.int64)
    for index in range(count):
        for order, colour in enumerate(rng.permutation(COLOURS)[:4]):
            width, height = rng.integers(5, 15, 2)
            x, y = rng.integers(0, SIDE_PX - width), rng.integers(0, SIDE_PX - height)
            pixels[index, :, y : y + height, x : x + width] = palette[colour][:, None, None]
            if order == 3:  # drawn last: nothing hides it
                asked[index], boxes[index] = colour, (x, y, x + width, y + height)
    return torch.from_numpy(pixels), torch.from_numpy(asked), torch.from_numpy(boxes)


def _batch(pixels: Tensor, asked: Tensor, boxes: Tensor, member: Member) -> Batch:
    side = SIDE_PX // 8
    count = frame_tokens(member.config.bridge, side, side)
    places = (boxes * STEPS_OF_PLACE // (SIDE_PX + 1)) + FIRST_PLACE  # (n, 4)
    head = torch.full((len(asked), count), IMAGE)
    ids = torch.cat([head, torch.full((len(asked), 1), ASK), asked[:, None] + FIRST_COLOUR, places], 1)
    targets = torch.full_like(ids, IGNORED)
    targets[:, count + 1 : count + 5] = places
    frames = frame_group("rgb", pixels, places=tuple(range(len(asked))))
    return Batch(ids, (frames,), targets=targets)


def _train(member: Member, seed: int, size: Size) -> None:
    rng = np.random.default_rng(seed)
    adam = torch.optim.AdamW(member.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0.05)
    for step in range(size.steps):
        for group in adam.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 50, (size.steps - step) / (0.4 * size.steps))
        loss = member(_batch(*_scenes(size.crops, rng), member)).total
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(member.parameters(), 1.0)
        adam.step()


@torch.no_grad()
def _judge(member: Member, size: Size) -> NDArray[np.float64]:
    """Give hits and counts (2, scenes) of boxes written word by word."""
    pixels, asked, boxes = _scenes(size.held_out, np.random.default_rng(999))
    member.eval()
    batch = _batch(pixels, asked, boxes, member)
    ids = batch.ids[:, :-4]
    for _ in range(4):
        hidden = member(Batch(ids, batch.frames)).hidden[:, -1]
        ids = torch.cat([ids, member.writer.logits(hidden).argmax(-1, keepdim=True)], 1)
    written = (ids[:, -4:] - FIRST_PLACE + 0.5) * SIDE_PX / STEPS_OF_PLACE
    low, high = torch.maximum(written[:, :2], boxes[:, :2]), torch.minimum(written[:, 2:], boxes[:, 2:])
    inside = (high - low).clamp(min=0).prod(1)
    areas = [(box[:, 2:] - box[:, :2]).clamp(min=0).prod(1) for box in (written, boxes.float())]
    hits = (inside / (areas[0] + areas[1] - inside).clamp(min=1e-6) >= 0.5).double().numpy()
    return np.stack([hits, np.ones_like(hits)])
