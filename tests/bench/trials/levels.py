"""EO-9: do several depths of the trunk help a writer to find small things? None, ACSA, DeepStack, both; equal weights.

Drawn scenes of 64 px with four things of different colours, 5 to 14 px; the question names a colour, the answer is
the box in four place tokens of a pixel each: of two pixels, a box of 5 could fail by rounding alone. Members have the
same number of weights: what a variant lacks in branches its merging network has in width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from tests.bench.trials.intervals import difference, mean, verdict
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights

SIDE_PX, STEPS_OF_PLACE, COLOURS = 64, 64, 8
IMAGE, ASK, FIRST_COLOUR = 0, 1, 2
FIRST_PLACE = FIRST_COLOUR + COLOURS
VOCAB = FIRST_PLACE + STEPS_OF_PLACE
VARIANTS = {"none": (0, False), "ACSA": (8, False), "DeepStack": (0, True), "both": (8, True)}


@dataclass(frozen=True, slots=True)
class LevelsSize(Size):
    """crops: scenes a step; held_out: to judge by. width: of trunk and writer; layers: of the trunk; taps: after which
    layers it is read. written: layers of the writer.
    """

    crops: int
    width: int
    layers: int
    taps: tuple[int, int, int]
    written: int
    held_out: int = 1000


SIZES = {
    "full": LevelsSize("full", 8000, crops=32, width=160, layers=6, taps=(0, 2, 4), written=4),
    "small": LevelsSize("small", 2000, crops=24, width=64, layers=4, taps=(0, 1, 2), written=3),
}


@dataclass(frozen=True, slots=True, eq=False)
class Levels(Trial[LevelsSize]):
    """The trial. It draws its own scenes."""

    def variants(self) -> Sequence[str]:
        return tuple(VARIANTS)

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.shortened(steps)
        torch.manual_seed(unit.seed)
        member = Member(_config(unit.variant, size))
        _train(member, unit.seed, size)
        return {"P@0.5": _judge(member, size), WEIGHTS: weights(member)}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        table = {f"weights, {name}": f"{one[WEIGHTS][0, 0]:.0f}" for name, one in found.items()}
        for name, one in found.items():
            table[f"P@0.5, {name}"] = str(mean(one["P@0.5"]))
            if name != "none":
                gain = difference(one["P@0.5"], found["none"]["P@0.5"])
                told = verdict(gain, size=self.size.name, least=1.0) if name == "both" else str(gain)
                table[f"EO-9: {name} - none"] = told
        return table


def _config(name: str, size: LevelsSize) -> FamilyConfig:
    """Give a member; what it lacks in branches, its merging network has in width."""
    rank, inject = VARIANTS[name]
    width = size.width
    trunk = TrunkConfig(width, size.layers, 4, 4 * width, patch=8, taps=size.taps, learned=SIDE_PX // 8)
    inner = 2 * width
    branch = 4 * width * inner + inner + inner * width + width + 2 * 4 * width  # weights of one injector
    attention = 2 * width * width + 3 * 4 * width * 8 + 3 * width + 3 + 2 * width  # weights of ACSA at rank 8
    missing = (0 if inject else 3 * branch) + (0 if rank else attention)
    hidden = inner + missing // ((4 if inject else 1) * (4 * width + width + 1))
    return FamilyConfig(
        name,
        (StemConfig("rgb"),),
        trunk,
        BridgeConfig(hidden, acsa_rank=rank, acsa_heads=4, inject=inject),
        WriterConfig(VOCAB, width, size.written, 4, 4, width // 4, 2 * width, qk_norm=True),
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


def _train(member: Member, seed: int, size: LevelsSize) -> None:
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
def _judge(member: Member, size: LevelsSize) -> NDArray[np.float64]:
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
