"""EO-9: do several depths of the trunk help a writer to find small things? None, ACSA, DeepStack, both; equal weights.

Drawn scenes of 64 px with four things of different colours, 5 to 14 px; the question names a colour, the answer is
the box in four place tokens of a pixel each: of two pixels, a box of 5 could fail by rounding alone. Members have the
same number of weights: what a variant lacks in branches its merging network has in width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

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
from tests.bench.trials.ledgers import Sums, Unit

SIDE_PX, STEPS_OF_PLACE, COLOURS = 64, 64, 8
IMAGE, ASK, FIRST_COLOUR = 0, 1, 2
FIRST_PLACE = FIRST_COLOUR + COLOURS
VOCAB = FIRST_PLACE + STEPS_OF_PLACE
VARIANTS = {"none": (0, False), "ACSA": (8, False), "DeepStack": (0, True), "both": (8, True)}


@dataclass(frozen=True, slots=True)
class Size:
    """Steps, scenes a step, scenes to judge by; width of trunk and writer."""

    steps: int = 8000
    crops: int = 32
    held_out: int = 1000
    width: int = 160


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The trial. It draws its own scenes."""

    size: Size = field(default_factory=Size)
    name: str = "levels"

    @property
    def job(self) -> Mapping[str, object]:
        """What the numbers depend on."""
        return {"size": asdict(self.size)}

    @property
    def steps(self) -> int:
        return self.size.steps

    def variants(self) -> Sequence[str]:
        return tuple(VARIANTS)

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.size if steps is None else replace(self.size, steps=steps)
        torch.manual_seed(unit.seed)
        member = Member(_config(unit.variant, size.width))
        _train(member, unit.seed, size)
        weights = float(sum(p.numel() for p in member.parameters()))
        return {"P@0.5": _judge(member, size), "weights": np.array([weights])}

    def table(self, found: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> dict[str, str]:
        table = {f"weights, {name}": f"{one['weights'][0, 0]:.0f}" for name, one in found.items()}
        for name, one in found.items():
            table[f"P@0.5, {name}"] = str(mean(one["P@0.5"]))
            if name != "none":
                table[f"EO-9: {name} - none"] = str(difference(one["P@0.5"], found["none"]["P@0.5"]))
        return table


def _config(name: str, width: int) -> FamilyConfig:
    """Give a member; what it lacks in branches, its merging network has in width."""
    rank, inject = VARIANTS[name]
    trunk = TrunkConfig(width, 6, 4, 4 * width, patch=8, taps=(0, 2, 4))
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
        WriterConfig(VOCAB, width, 4, 4, 4, width // 4, 2 * width, qk_norm=True),
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
