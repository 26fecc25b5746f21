"""Fit the change head on features of a trained eye: minutes, so it is done anew for every packaged eye."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoglot.models.nano import slots
from geoglot.models.nano.weights import Line
from geoglot.nets.change import FEATURES, ChangeHead
from geoglot.nets.eye import STRIDE, Eye
from geoglot.train import validate
from geoglot.train.augment import INFRARED, light
from geoglot.train.pairs import UNKNOWN, Pairs

LOG = logging.getLogger(__name__)
STEPS = 1600
VIEWS = 8
RATE = 2e-3
HELD_OUT = 5  # every fifth world of the simulated pairs is kept for the calibration and the scores
A_WORLD = 25
DICE = 0.5
CELLS = 50_000  # that the calibration is fitted on
LEAST_CELLS = 6  # as `models.nano.changes`: fewer raise no flag


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Features of pairs. before, after: (N, 64, h, w) float16; share: (N, 1, h, w) changed share of each cell;
    known: (N, 1, h, w) where that is known.
    """

    before: Tensor
    after: Tensor
    share: Tensor
    known: Tensor

    def take(self, rows: Sequence[int]) -> Compared:
        """Give some of the pairs."""
        index = list(rows)
        return Compared(self.before[index], self.after[index], self.share[index], self.known[index])


@torch.no_grad()
def compared(eye: Eye, pairs: Pairs, rng: np.random.Generator) -> Compared:
    """See both dates of every pair, each under its own light; optical pairs lose their infrared half of the time."""
    seen: tuple[list[Tensor], list[Tensor]] = ([], [])
    for both in pairs.levels:
        bare = rng.random() < 0.5
        for side, levels in zip(seen, both, strict=True):
            image, present = _shown(levels, pairs.slots, rng, bare=bare)
            side.append(eye(image[None], present[None]).dense[0].half())
    marks = torch.from_numpy(np.asarray(pairs.change))[:, None]
    known = functional.avg_pool2d((marks < UNKNOWN).float(), STRIDE) > 0.5
    share = functional.avg_pool2d((marks == 1).float(), STRIDE)
    return Compared(torch.stack(seen[0]), torch.stack(seen[1]), share, known)


def fit(parts: Sequence[Compared], *, steps: int = STEPS, seed: int = 0) -> ChangeHead:
    """Train a head; every part gives the same number of pairs. The dates change places half of the time."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = ChangeHead()
    mover = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=1e-2)
    for step in range(steps):
        for group in mover.param_groups:
            group["lr"] = RATE * min(1.0, 2 * (steps - step) / steps)
        part = parts[step % len(parts)]
        drawn = part.take(rng.integers(0, len(part.before), VIEWS).tolist())
        loss = _loss(head, drawn, turns=int(rng.integers(4)), swapped=bool(rng.random() < 0.5))
        mover.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        mover.step()
        if step % 200 == 0:
            LOG.info("change head, step %d: %.3f", step, loss.item())
    return head.eval()


def _loss(head: ChangeHead, drawn: Compared, *, turns: int, swapped: bool) -> Tensor:
    """Cross entropy and Dice over known cells."""
    before, after = (torch.rot90(side.float(), turns, (2, 3)) for side in (drawn.before, drawn.after))
    share, known = (torch.rot90(side, turns, (2, 3)) for side in (drawn.share, drawn.known.float()))
    logits = head(after, before) if swapped else head(before, after)
    entropy = functional.binary_cross_entropy_with_logits(logits, share, reduction="none")
    p = torch.sigmoid(logits) * known
    both, either = (p * share).sum(dim=(1, 2, 3)), (p + share * known).sum(dim=(1, 2, 3))
    return (entropy * known).sum() / known.sum().clamp(min=1) + DICE * (1 - (2 * both + 1) / (either + 1)).mean()


def fit_line(said: Sequence[tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]]) -> Line:
    """Fit the line that makes logits of cells kept aside probabilities."""
    logits = np.concatenate([one[known] for one, _, known in said])
    right = np.concatenate([changed[known] for _, changed, known in said])
    drawn = np.random.default_rng(0).choice(len(logits), min(len(logits), CELLS), replace=False)
    return validate.fit_line((1 / (1 + np.exp(-logits[drawn].astype(np.float64)))), right[drawn])


@torch.no_grad()
def logits_of(head: ChangeHead, part: Compared) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Give logits (N, h, w), whether each cell is mostly changed, and whether that is known."""
    said = torch.cat([head(a[None].float(), b[None].float()) for a, b in zip(part.before, part.after, strict=True)])
    return said[:, 0].numpy(), (part.share[:, 0] > 0.5).numpy(), part.known[:, 0].numpy()


def scores(
    said: NDArray[np.float32], changed: NDArray[np.bool_], known: NDArray[np.bool_], line: Line
) -> dict[str, float]:
    """Give F1 over known cells at probability 0.5, and the share of pairs whose flag is right.

    The flag is up where 6 cells or more are said to have changed; truth: where any cell has.
    """
    above = (line[0] * said + line[1] > 0) & known
    truth = changed & known
    flags, truths = above.sum(axis=(1, 2)) >= LEAST_CELLS, truth.any(axis=(1, 2))
    return {
        "F1": float(2 * (above & truth).sum() / max(1, above.sum() + truth.sum())),
        "all changed": float(2 * truth.sum() / max(1, known.sum() + truth.sum())),
        "flag": float((flags == truths).mean()),
        "majority": float(max(truths.mean(), 1 - truths.mean())),
        "pairs": len(said),
    }


def held_out(pairs: Pairs) -> tuple[list[int], list[int]]:
    """Give the pairs to learn from and those kept aside, by world."""
    aside = [place for place in range(len(pairs.kinds)) if place // A_WORLD % HELD_OUT == HELD_OUT - 1]
    return sorted(set(range(len(pairs.kinds))) - set(aside)), aside


def write_onnx(head: ChangeHead, path: Path) -> None:
    """Write the head's graph under a temporary name, then name it."""
    draft = path.with_suffix(".draft.onnx")
    example = (torch.zeros(1, FEATURES, 16, 16), torch.zeros(1, FEATURES, 16, 16))
    axes = {name: {0: "batch", 2: "h", 3: "w"} for name in ("before", "after", "logits")}
    with warnings.catch_warnings():  # as for the eye: the newer exporter needs onnxscript
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            head, example, draft, input_names=["before", "after"], output_names=["logits"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
    os.replace(draft, path)


def _shown(
    levels: NDArray[np.uint8], names: tuple[str, ...], rng: np.random.Generator, *, bare: bool
) -> tuple[Tensor, Tensor]:
    planes = {
        slot: np.where(plane > 0, (plane.astype(np.float32) - 1) / 254, np.float32(np.nan))
        for slot, plane in zip(names, levels, strict=True)
        if not (bare and slot in INFRARED)
    }
    if "red" in planes:
        light(planes, rng)
    image, present = slots.centred(planes, (levels.shape[2], levels.shape[1]))
    return torch.from_numpy(image), torch.from_numpy(present)
