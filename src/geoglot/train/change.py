"""Fit the change head on features of a trained eye: minutes, so it is done anew for every packaged eye."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from geoglot.models.nano import slots
from geoglot.models.nano.events import KINDS, LASTING, levelled
from geoglot.models.nano.shown import LOOK_PX, enlargement, padded
from geoglot.nets.change import ChangeHead, Comparing, expected
from geoglot.nets.eye import STRIDE, Eye
from geoglot.nets.judge import FEATURES, Judge, in_parts
from geoglot.train import augment
from geoglot.train.clouds import logistic
from geoglot.train.pairs import UNKNOWN, Pairs

LOG = logging.getLogger(__name__)
STEPS = 1000
VIEWS = 8
VIEW_CELLS = 48  # the most a side of a view has
RATE = 2e-3
HELD_OUT = 5  # every fifth world of the simulated pairs is kept for the calibration and the scores
A_WORLD = 25
DICE = 0.5
OPAQUE = 0.5  # of a cloud, from which nobody can tell whether the ground below it has changed
CLOSED = 0.3  # how often clouds leave hardly a gap
LEAST_FLAG = 0.002  # share of the picture from which a change is spoken of, as in `simulate.conversations.several`
TURNED = {"construction": "demolition", "flood": "flood receded", "moved": "moved", "none": "none", "other": "other"}
"""What an event is when the dates change places; those that are not here cannot be undone."""
SHARES = {"pairs-optical": 3, "pairs-towns": 2, "pairs-sar": 2, "pairs-thermal": 2}
"""How many views of a step's come from a folder of pairs; of every other folder one does."""
UNSURE = 0.02  # share of unknown cells from which a part without a known change may hold one
BESIDE_PX = 2  # of a pair, 3 to 4 as shown: how far the dates of a pair that is to teach may lie beside each other
OTHER = KINDS.index("other")
NAMED = [kind for kind in LASTING if kind != OTHER]
GAIN, OFFSET, GRAIN = 0.1, 0.15, 0.1  # how far the bands of levelled pictures are changed in a view


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One pair, seen. before, after: (64, h, w) float16 features; old, new: (C, 4 h, 4 w) float16 levelled pictures in
    the slots `slots`, those of `present`. share: (kinds, h, w) of each cell in which each kind happened; known: (h, w)
    where that is known.
    """

    before: Tensor
    after: Tensor
    old: Tensor
    new: Tensor
    slots: tuple[int, ...]
    present: Tensor
    share: Tensor
    known: Tensor

    def sides(self) -> list[Tensor]:
        """Give features (1, 64, h, w) and pictures (1, 9, 4 h, 4 w) of both dates, as the head takes them."""
        pictures = (self.in_slots(self.old.float()), self.in_slots(self.new.float()))
        return [self.before[None].float(), self.after[None].float(), *(picture[None] for picture in pictures)]

    def in_slots(self, planes: Tensor) -> Tensor:
        """Put planes (C, H, W) where the eye expects them, zeros elsewhere: (9, H, W)."""
        whole = torch.zeros(len(slots.SLOTS), *planes.shape[1:])
        whole[list(self.slots)] = planes
        return whole

    @property
    def happened(self) -> NDArray[np.float32]:
        """(kinds,) what `told` gives for the whole pair."""
        return told((self.share * self.known).mean(dim=(1, 2)), float(self.known.float().mean())).numpy()


def told(shares: Tensor, known: float) -> Tensor:
    """(kinds,) 1 where enough of a kind is there to be spoken of, else 0; the first: anything lasting.

    NaN where unknown cells may hold it, or changes may be it of which none is named. shares: (kinds,) of the ground;
    known: share of it of which it is known what happened.
    """
    enough = shares >= LEAST_FLAG
    found = torch.cat([enough[list(LASTING)].any()[None], enough[1:]]).float()
    if known < 1 - UNSURE:
        found[found == 0] = torch.nan
    if enough[OTHER]:
        found[OTHER if enough[NAMED].any() else slice(1, None)] = torch.nan
    return found


def displaced(pairs: Pairs, index: int, rng: np.random.Generator) -> Pairs:
    """Give one pair alone, its second date up to `BESIDE_PX` beside the first, as images of different years are.

    What changed lies where it is at the first date. Both sides lose `BESIDE_PX`, so squares stay squares.
    """
    beside = rng.integers(-BESIDE_PX, BESIDE_PX + 1, 2).tolist()
    before, after = (
        tuple(
            slice(max(0, sign * by), max(0, sign * by) + side - BESIDE_PX)
            for by, side in zip(beside, pairs.change.shape[1:], strict=True)
        )
        for sign in (1, -1)
    )
    levels = np.stack([pairs.levels[index, 0][:, *before], pairs.levels[index, 1][:, *after]])
    change = np.asarray(pairs.change[index])[before]
    return Pairs(pairs.name, pairs.slots, levels[None], change[None], (pairs.kinds[index],), (pairs.gsd_m[index],))


@torch.no_grad()
def compared(
    eye: Eye, pairs: Pairs, index: int, rng: np.random.Generator, *, bare: bool = False, clouded: bool = False
) -> Compared:
    """See both dates of a pair at the size at which users' pairs are seen, each under its own light.

    bare: without infrared. clouded: with clouds over one of the dates; what lies under them has not changed.
    """
    names = tuple(name for name in pairs.slots if not (bare and name in augment.INFRARED))
    kept = [pairs.slots.index(name) for name in names]
    height, width = pairs.levels.shape[3:]
    factor = min(enlargement(pairs.gsd_m[index]), math.sqrt(LOOK_PX / (height * width)))
    cells = math.ceil(round(height * factor) / STRIDE), math.ceil(round(width * factor) / STRIDE)
    dense, pictures = [], []
    change, under = pairs.change[index], int(rng.integers(2)) if clouded else -1
    for date, levels in enumerate(pairs.levels[index][:, kept]):
        planes = _planes(levels, names)
        if date == under:
            cover = closed if rng.random() < CLOSED else augment.overcast
            change = np.where(cover(planes, rng) > OPAQUE, np.uint8(0), change)
        image, present = _shown(planes, (STRIDE * cells[1], STRIDE * cells[0]), rng)
        sight = eye(torch.from_numpy(padded(image))[None], torch.from_numpy(present)[None])
        dense.append(sight.dense[0, :, : cells[0], : cells[1]].half())
        pictures.append(torch.from_numpy(levelled(padded(image), cells)))
    places = tuple(slots.SLOTS.index(name) for name in names)
    old, new = (picture[list(places)].half() for picture in pictures)
    before, after = dense
    return Compared(before, after, old, new, places, torch.from_numpy(present), *_marks(change, cells))


def closed(planes: dict[str, NDArray[np.float32]], rng: np.random.Generator) -> NDArray[np.float32]:
    """Lay clouds that leave hardly a gap over all optical bands, in place; give (H, W) how opaque they are, 0..1.

    Half of the pictures are stretched to their own range, as plain counts are: then nothing says how bright they were.
    """
    height, width = next(iter(planes.values())).shape
    field, tops = (augment.fractal(max(height, width), rng)[:height, :width] for _ in range(2))
    thick = np.clip(rng.uniform(0.45, 0.9) + 0.6 * field, 0, 1)
    bright, rough = rng.uniform(0.6, 1.0), rng.uniform(0.1, 0.5)
    stretched = rng.random() < 0.5
    for slot, plane in planes.items():
        top = bright * (0.7 if slot.startswith("swir") else 1.0) * (1 - rough * tops)
        veiled = (plane * (1 - thick) + top * thick).astype(np.float32)
        planes[slot] = slots.stretch(veiled[None])[0] if stretched else veiled
    return np.asarray(thick, np.float32)


def _marks(change: NDArray[np.uint8], cells: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Shares of the kinds, and whether they are known, by cell."""
    marks = torch.from_numpy(np.array(change))
    layers = torch.stack([*(marks == kind for kind in range(len(KINDS))), marks == UNKNOWN]).float()
    share = functional.adaptive_avg_pool2d(layers, cells)
    return share[:-1], share[-1] < 0.5


def _planes(levels: NDArray[np.uint8], names: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    """Levels by slot, NaN where nothing was measured."""
    return {
        slot: np.where(plane > 0, (plane.astype(np.float32) - 1) / 254, np.float32(np.nan))
        for slot, plane in zip(names, levels, strict=True)
    }


def _shown(
    planes: dict[str, NDArray[np.float32]], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The eye's input for one date under a light of its own, enlarged to `size`, and which modalities are in it."""
    planes = {slot: _resized(plane, size) for slot, plane in planes.items()}
    if "red" in planes:
        augment.light(planes, rng)
    elif "co" in planes:
        shift = np.float32(rng.uniform(*augment.SHIFT_DB) / 30)  # speckle is there already
        planes = {slot: plane + shift for slot, plane in planes.items()}
    return slots.centred(planes, size)


def _resized(plane: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))


def untaught() -> ChangeHead:
    """Give a head for nano's slots and kinds of change that has learned nothing yet."""
    return ChangeHead(slots=len(slots.SLOTS), kinds=len(KINDS))


def fit(
    parts: Sequence[Sequence[Compared]], *, steps: int = STEPS, seed: int = 0, start: ChangeHead | None = None
) -> ChangeHead:
    """Train a head, or go on with one; every part gives as many views. The dates change places now and then."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head, rate = (untaught(), RATE) if start is None else (start, RATE / 2)
    mover = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=1e-2)
    for step in range(steps):
        for group in mover.param_groups:
            group["lr"] = rate * min(1.0, 2 * (steps - step) / steps, (step + 1) / 20)
        mover.zero_grad(set_to_none=True)
        total = 0.0
        for view in range(VIEWS):
            part = parts[(step * VIEWS + view) % len(parts)]
            loss = _loss(head, part[int(rng.integers(len(part)))], rng) / VIEWS
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        mover.step()
        if step % 50 == 0:
            LOG.info("change head, step %d: %.3f", step, total)
    return head.eval()


def _loss(head: ChangeHead, seen: Compared, rng: np.random.Generator) -> Tensor:
    """Cross entropy of the kinds and Dice of lasting change over the known cells of a view."""
    sides, share, known = _view(seen, rng)
    logits = torch.log_softmax(head(*sides)[0], dim=0)  # (kinds, h, w)
    lasting = torch.logsumexp(logits[list(LASTING)], dim=0)
    entropy = -(share * logits).sum(dim=0)
    p, truth = lasting.exp() * known, share[list(LASTING)].sum(dim=0) * known
    overlap = 1 - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1)
    found: Tensor = (entropy * known).sum() / known.sum().clamp(min=1) + DICE * overlap * (known.sum() > 0)
    return found


def _view(seen: Compared, rng: np.random.Generator) -> tuple[list[Tensor], Tensor, Tensor]:
    """A square of a pair: turned, mirrored, its dates swapped, its bands changed; (1, …) features and pictures."""
    height, width = seen.known.shape
    side = min(height, width, VIEW_CELLS)
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    turns, mirror = int(rng.integers(4)), bool(rng.random() < 0.5)

    def cut(planes: Tensor, stride: int = 1) -> Tensor:
        rows, columns = (slice(stride * at, stride * (at + side)) for at in (top, left))
        part = torch.rot90(planes[..., rows, columns].float(), turns, (-2, -1))
        return part.flip(-1) if mirror else part

    dense = [cut(planes)[None] for planes in (seen.before, seen.after)]
    pictures = [seen.in_slots(_relit(cut(picture, STRIDE), rng))[None] for picture in (seen.old, seen.new)]
    share, known = cut(seen.share), cut(seen.known)
    if rng.random() < 0.5 and undone(seen.share):
        dense, pictures, share = dense[::-1], pictures[::-1], share[swapped()]
    return [*dense, *pictures], share, known


def undone(share: Tensor) -> bool:
    """Tell whether all that happened in the cells (kinds, h, w) is something again when the dates change places."""
    known = {*TURNED, *TURNED.values()}
    return not any(float(cells.max()) > 0 for name, cells in zip(KINDS, share, strict=True) if name not in known)


def swapped() -> list[int]:
    """Give where each kind's share comes from when the dates change places."""
    back = {new: old for old, new in TURNED.items()} | TURNED
    return [KINDS.index(back.get(name, name)) for name in KINDS]


def _relit(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Every band of one date with another gain, offset and grain; what is not there stays 0."""
    shape = (len(picture), 1, 1)
    gain, offset = rng.normal(1.0, GAIN, shape), rng.normal(0.0, OFFSET, shape)
    grain = torch.randn_like(picture) * float(rng.uniform(0.0, GRAIN))
    lit = picture * torch.from_numpy(gain).float() + torch.from_numpy(offset).float() + grain
    return lit * (picture != 0)


@torch.no_grad()
def said_of(head: ChangeHead, seen: Compared) -> Tensor:
    """Give (kinds, h, w) the probability of each kind in each cell of a pair."""
    cells: Tensor = torch.softmax(head(*seen.sides())[0], dim=0)
    return cells


def fit_lines(head: ChangeHead, judge: Judge, aside: Sequence[Compared]) -> Tensor:
    """Give (4, 2, 3) the lines of `Comparing`, by modality, fitted on pairs kept aside."""
    lines = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]).repeat(len(slots.MODALITIES), 1, 1)
    by_modality = defaultdict(list)
    for seen in aside:
        by_modality[_modality(seen.present)].append(seen)
    for at, pairs in by_modality.items():
        x = np.stack([flagged(head, judge, seen) for seen in pairs])  # (n, kinds, 2)
        truth = np.stack([seen.happened for seen in pairs])  # NaN where nobody can tell
        events = [kind for kind in LASTING if (truth[:, kind] == 1).any()]
        for line, of in enumerate(([0], events)):
            asked = ~np.isnan(truth[:, of])
            if asked.any():
                lines[at, line] = torch.tensor(_line(x[:, of][asked], truth[:, of][asked] == 1))
    return lines


@torch.no_grad()
def flagged(head: ChangeHead, judge: Judge, seen: Compared) -> NDArray[np.float32]:
    """Give (kinds, 2) what cells say of whether each kind happened in a pair, and what the judge does."""
    told = judge(in_parts(*seen.sides()).overview())[1]
    return torch.stack([expected(said_of(head, seen)[None], LASTING), told], dim=-1)[0].numpy()


def _modality(present: Tensor) -> int:
    """The place in `slots.MODALITIES` of the modality that calibration goes by; infrared beside colours decides."""
    _, *others = (bool(one) for one in present)
    return others.index(True) + 1 if any(others) else 0


def _line(x: NDArray[np.float32], right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Fit a line to (n, 2) at even odds: whoever asks whether there was a flood has reason to, however rare floods are.

    Neither number may count against a change: such a weight is 0.
    """
    found = np.zeros(3)
    use = np.array([True, True])
    while use.any():
        *weights, bias = logistic(x[:, use].astype(np.float64), right)
        found[:2][use], found[2] = weights, bias
        if min(weights) >= 0:
            break
        found[:2][found[:2] < 0] = 0
        use = found[:2] > 0
    found[2] -= math.log(max(1, right.sum()) / max(1, (~right).sum()))
    return tuple(found.tolist())


def scores(runtime: Comparing, pairs: Sequence[Compared]) -> dict[str, float]:
    """Give F1 of lasting change over known cells, and the share of pairs and of kinds whose flag is right.

    What the pairs say nothing about is left out.
    """
    hits = said = truths = known_cells = 0
    flags, happened = [], []
    for seen in pairs:
        cells, flag = runtime(*seen.sides(), seen.present[None])
        found = (cells[0, list(LASTING)].sum(dim=0) > 0.5) & seen.known
        truth = (seen.share[list(LASTING)].sum(dim=0) > 0.5) & seen.known
        hits, said = hits + int((found & truth).sum()), said + int(found.sum())
        truths, known_cells = truths + int(truth.sum()), known_cells + int(seen.known.sum())
        flags.append(flag[0].detach().numpy() > 0.5)
        happened.append(seen.happened)
    said_so, true = np.array(flags), np.array(happened)
    balanced = [
        float((said_so[of, kind] == side).mean())
        for kind in LASTING
        for side in (1, 0)
        if (true[:, kind] == 1).any() and (of := true[:, kind] == side).any()
    ]
    asked = ~np.isnan(true[:, 0])
    right = said_so[asked, 0] == true[asked, 0]
    yes = float(true[asked, 0].mean()) if asked.any() else math.nan
    told = {
        "F1": 2 * hits / max(1, said + truths),
        "all changed": 2 * truths / max(1, known_cells + truths),
        "flag": float(right.mean()) if asked.any() else math.nan,
        "majority": max(yes, 1 - yes),
        "kinds, balanced": float(np.mean(balanced)) if balanced else math.nan,
        "pairs": len(pairs),
        "pairs whose truth can be seen": int(asked.sum()),
    }
    return {name: value for name, value in told.items() if not math.isnan(value)}


def held_out(pairs: Pairs) -> tuple[list[int], list[int]]:
    """Give the pairs to learn from and those kept aside, by world."""
    aside = [place for place in range(len(pairs.kinds)) if place // A_WORLD % HELD_OUT == HELD_OUT - 1]
    return sorted(set(range(len(pairs.kinds))) - set(aside)), aside


def write_onnx(runtime: Comparing, path: Path) -> None:
    """Write the graph under a temporary name, then name it."""
    draft = path.with_suffix(".draft.onnx")
    features, picture = torch.zeros(1, FEATURES, 16, 16), torch.zeros(1, len(slots.SLOTS), 64, 64)
    example = (features, features, picture, picture, torch.ones(1, len(slots.MODALITIES)))
    cells = {name: {0: "batch", 2: "h", 3: "w"} for name in ("before", "after", "cells")}
    pixels = {name: {0: "batch", 2: "height", 3: "width"} for name in ("old", "new")}
    with warnings.catch_warnings():  # as for the eye: the newer exporter needs onnxscript
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            runtime, example, draft,
            input_names=["before", "after", "old", "new", "present"], output_names=["cells", "flags"],
            dynamic_axes=cells | pixels | {name: {0: "batch"} for name in ("present", "flags")},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    os.replace(draft, path)
