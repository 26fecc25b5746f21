"""EO-9: do several depths of the trunk help a writer to find small things? None, ACSA, DeepStack, both; equal weights.

Drawn scenes of 64 px with four things of different colours, 5 to 14 px, apart from each other; a question names a
colour, the answer is the box in four place tokens of a pixel each: of two pixels, a box of 5 could fail by rounding
alone. Members have the same number of weights: what a variant lacks in branches its merging network has in width.

The eye is opened first and every thing of a scene is asked for in turn, as members of `members` are taught. With one
question a scene and a trunk that began blind no variant found one box in a hundred after 2,000 steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.batch import IGNORED, Batch, frame_group
from geoglot.nets.bridge import BridgeConfig, frame_tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.stems import StemConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from geoglot.train.text import moves
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained
from tests.bench.trials.eyes import open_by
from tests.bench.trials.intervals import difference, mean, verdict
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights

SIDE_PX, STEPS_OF_PLACE, COLOURS, PATCH_PX = 64, 64, 8, 8
THINGS = 4
ANSWER = 6  # tokens of a question with its answer
RATE = 0.014
"""Of Muon. Source: nano-plan, section 7, not tuned."""

IMAGE, ASK, FIRST_COLOUR = 0, 1, 2
FIRST_PLACE = FIRST_COLOUR + COLOURS
VOCAB = FIRST_PLACE + STEPS_OF_PLACE
VARIANTS = {"none": (0, False), "ACSA": (8, False), "DeepStack": (0, True), "both": (8, True)}


@dataclass(frozen=True, slots=True)
class LevelsSize(Size):
    """crops: scenes a step; held_out: to judge by. width: of trunk and writer; layers: of the trunk; taps: after which
    layers it is read. written: layers of the writer. opened: steps that open the eye before.
    """

    crops: int
    width: int
    layers: int
    taps: tuple[int, int, int]
    written: int
    opened: int = 80
    held_out: int = 1000


SIZES = {
    "full": LevelsSize("full", 8000, crops=32, width=160, layers=6, taps=(0, 2, 4), written=4),
    "small": LevelsSize("small", 600, crops=24, width=64, layers=4, taps=(0, 1, 2), written=3),
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
        rng = np.random.default_rng(unit.seed)
        open_by(member, lambda head, _: _patches(member, head, rng, size), kinds=COLOURS + 1, steps=size.opened)
        _train(member, rng, size)
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
    trunk = TrunkConfig(width, size.layers, 4, 4 * width, patch=PATCH_PX, taps=size.taps, learned=SIDE_PX // PATCH_PX)
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


def scenes(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Give pixels (n, 3, s, s), colours (n, THINGS) and boxes (n, THINGS, 4) in pixels."""
    palette = np.random.default_rng(5).normal(size=(COLOURS, 3)).astype(np.float32) * 1.5
    pixels = rng.normal(0, 0.5, (count, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    colours = np.stack([rng.permutation(COLOURS)[:THINGS] for _ in range(count)])
    boxes = np.zeros((count, THINGS, 4), np.int64)
    for index in range(count):
        taken = np.zeros((SIDE_PX, SIDE_PX), bool)
        for order, colour in enumerate(colours[index]):
            x0, y0, x1, y1 = boxes[index, order] = _free(taken, rng)
            taken[y0:y1, x0:x1] = True
            pixels[index, :, y0:y1, x0:x1] = palette[colour][:, None, None]
    return torch.from_numpy(pixels), torch.from_numpy(colours), torch.from_numpy(boxes)


def _free(taken: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Draw a box that hides nothing."""
    while True:
        width, height = (int(side) for side in rng.integers(5, 15, 2))
        x, y = int(rng.integers(0, SIDE_PX - width)), int(rng.integers(0, SIDE_PX - height))
        if not taken[y : y + height, x : x + width].any():
            return x, y, x + width, y + height


def _patches(member: Member, head: nn.Linear, rng: np.random.Generator, size: LevelsSize) -> Tensor:
    """The loss of a layer that tells which colour a patch has, the last where most of it has none."""
    pixels, colours, boxes = scenes(size.crops, rng)
    side = SIDE_PX // PATCH_PX
    start = torch.arange(side) * PATCH_PX  # (h,)
    low = torch.maximum(boxes[..., :2, None], start)  # (n, THINGS, 2, h)
    high = torch.minimum(boxes[..., 2:, None], start + PATCH_PX)
    across, down = (high - low).clamp(min=0).unbind(dim=2)  # (n, THINGS, w) and (n, THINGS, h) pixels
    covered = down[..., :, None] * across[..., None, :]  # (n, THINGS, h, w)
    most, which = covered.max(dim=1)
    named = colours.gather(1, which.flatten(1)).view_as(which)
    goal = torch.where(2 * most >= PATCH_PX**2, named, COLOURS)
    last = member.trunk(member.stems(pixels, "rgb"), None).last  # (n, h, w, d)
    return functional.cross_entropy(head(last).flatten(0, 2), goal.flatten())


def _batch(pixels: Tensor, colours: Tensor, boxes: Tensor, member: Member) -> Batch:
    """Ask for the things of each scene one after the other. colours: (n, T). boxes: (n, T, 4)."""
    side = SIDE_PX // PATCH_PX
    count = frame_tokens(member.config.bridge, side, side)
    places = (boxes * STEPS_OF_PLACE // (SIDE_PX + 1)) + FIRST_PLACE  # (n, T, 4)
    asked = torch.stack([torch.full_like(colours, ASK), colours + FIRST_COLOUR], dim=-1)  # (n, T, 2)
    words = torch.cat([asked, places], dim=-1).flatten(1)  # (n, T ANSWER)
    ids = torch.cat([torch.full((len(words), count), IMAGE), words], 1)
    targets = torch.full_like(ids, IGNORED)
    for first in range(count, ids.shape[1], ANSWER):
        targets[:, first + 1 : first + ANSWER - 1] = ids[:, first + 2 : first + ANSWER]
    frames = frame_group("rgb", pixels, places=tuple(range(len(words))))
    return Batch(ids, (frames,), targets=targets)


def _train(member: Member, rng: np.random.Generator, size: LevelsSize) -> None:
    stage = Stage("all", size.steps, (Portion("scenes", 1.0),), (Trained("*", RATE),), floor=0.02, optimiser="muon")
    recipe = TokenRecipe("trial", "trial", (stage,), size.crops, SIDE_PX)
    moving = moves.optimisers(recipe, member, stage)
    for step in range(size.steps):
        member(_batch(*scenes(size.crops, rng), member)).total.backward()
        moves.move(member, moving, warmth=stage.warmth(step), clip=recipe.clip)


@torch.no_grad()
def _judge(member: Member, size: LevelsSize) -> NDArray[np.float64]:
    """Give hits and counts (2, scenes) of boxes written word by word, of the first thing of each scene."""
    pixels, colours, boxes = scenes(size.held_out, np.random.default_rng(999))
    member.eval()
    batch = _batch(pixels, colours[:, :1], boxes[:, :1], member)
    ids, boxes = batch.ids[:, :-4], boxes[:, 0]
    for _ in range(4):
        hidden = member(Batch(ids, batch.frames)).hidden[:, -1]
        ids = torch.cat([ids, member.writer.logits(hidden).argmax(-1, keepdim=True)], 1)
    written = (ids[:, -4:] - FIRST_PLACE + 0.5) * SIDE_PX / STEPS_OF_PLACE
    low, high = torch.maximum(written[:, :2], boxes[:, :2]), torch.minimum(written[:, 2:], boxes[:, 2:])
    inside = (high - low).clamp(min=0).prod(1)
    areas = [(box[:, 2:] - box[:, :2]).clamp(min=0).prod(1) for box in (written, boxes.float())]
    hits = (inside / (areas[0] + areas[1] - inside).clamp(min=1e-6) >= 0.5).double().numpy()
    return np.stack([hits, np.ones_like(hits)])
