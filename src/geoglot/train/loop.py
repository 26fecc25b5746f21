"""The one training loop: draw, see, compare, move; checkpoint, resume, and stop cleanly when asked."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn

from geoglot.nets.eye import Eye
from geoglot.nets.losses import losses, total
from geoglot.train import checkpoint, shard
from geoglot.train.batches import Part, batch, by_class
from geoglot.train.muon import optimisers
from geoglot.train.recipe import Recipe

LOG = logging.getLogger(__name__)
EVERY_S = 180.0  # between checkpoints
TOLD_EVERY = 20  # steps between lines of the log


def train(recipe: Recipe, *, shards: Path, out: Path, processes: int = 1) -> Path:
    """Train, from the newest checkpoint in `out` if there is one. Give the last checkpoint's folder.

    processes: each sees its own views with one thread; gradients are averaged. Two processes of one thread learn
    faster on a shared machine than one process of two threads.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if processes == 1:
        _run(0, recipe, shards, out, 1)
    else:
        (out / "meeting-point").unlink(missing_ok=True)
        run = spawn(_run, args=(recipe, shards, out, processes), nprocs=processes, join=False)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, lambda *_: [process.terminate() for process in run.processes])
        while not run.join():
            pass
    last = checkpoint.newest(out)
    assert last is not None
    return last.folder


def _run(rank: int, recipe: Recipe, shards: Path, out: Path, processes: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)  # the first weights
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if processes > 1:
        dist.init_process_group("gloo", init_method=f"file://{out / 'meeting-point'}", rank=rank, world_size=processes)
    eye = Eye(recipe.width).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    muon, adam = optimisers(eye, muon_lr=recipe.muon_lr, adam_lr=recipe.adam_lr)
    ema = {name: value.clone() for name, value in eye.state_dict().items()}
    named = {"muon": muon, "adam": adam}
    step, began = 0, checkpoint.newest(out)
    if began is not None:
        checkpoint.restore(checkpoint.load(began), eye, ema, named)
        step = began.step
    parts = mixture(recipe, shards)
    stop, agreed = Stop(), False
    saved = told = time.monotonic()
    dtype = fast_dtype()
    while step < recipe.steps and not agreed:
        rng = np.random.default_rng((recipe.seed, rank, step))
        torch.manual_seed(int(rng.integers(1 << 62)))  # dropout: what a step draws depends on the step alone
        lesson = batch(parts, rng, views=recipe.views, size_px=recipe.side_px(step))
        with torch.autocast("cpu", dtype, enabled=dtype is not torch.float32):
            sight = eye(lesson.image.contiguous(memory_format=torch.channels_last), lesson.present)
        each = losses(sight, lesson)
        eye.zero_grad(set_to_none=True)
        total(each).backward()  # type: ignore[no-untyped-call]
        agreed = _averaged(eye, processes, stop.asked)  # all leave after the same step
        norm = float(nn.utils.clip_grad_norm_(eye.parameters(), recipe.clip))
        if np.isfinite(norm):
            for optimiser, full in ((muon, recipe.muon_lr), (adam, recipe.adam_lr)):
                for group in optimiser.param_groups:
                    group["lr"] = full * recipe.rate(step)
                optimiser.step()
            _follow(ema, eye, min(recipe.ema, (step + 1) / (step + 10)))
        step += 1
        now = time.monotonic()
        if rank == 0 and step % TOLD_EVERY == 0:
            _tell(out, step, each, norm=norm, views_s=TOLD_EVERY * recipe.views * processes / (now - told))
            told = now
        if rank == 0 and (now - saved > EVERY_S or step >= recipe.steps or agreed):
            checkpoint.save(out, step, checkpoint.gathered(eye, ema, named), asdict(recipe))
            saved = now
    if processes > 1:
        dist.destroy_process_group()


def mixture(recipe: Recipe, shards: Path) -> list[Part]:
    """Open the recipe's shards and choose their training images."""
    return [
        Part(
            shard=opened,
            images=images,
            weight=ingredient.weight,
            scale=ingredient.scale,
            turn=ingredient.turn,
            enlarge=True,
            absent_only=ingredient.absent_only,
            images_of=by_class(opened, images) if ingredient.by_class else {},
        )
        for ingredient in recipe.mixture
        for opened in [shard.read(shards / ingredient.shard)]
        for images in [_kept(opened.of(ingredient.split), ingredient.skip_every)]
    ]


def fast_dtype() -> torch.dtype:
    """Give bfloat16 where this processor multiplies it faster than float32, else float32; measured, in 50 ms."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.ones(256, 1024, dtype=dtype)
        a @ a.T
        start = time.perf_counter()
        for _ in range(5):
            a @ a.T
        seconds[dtype] = time.perf_counter() - start
    return min(seconds, key=lambda dtype: seconds[dtype])


class Stop:
    """Set by SIGTERM and SIGINT: finish the step, save, leave."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _averaged(eye: nn.Module, processes: int, stop: bool) -> bool:
    """Average gradients over the processes; tell whether any of them was asked to stop."""
    if processes == 1:
        return stop
    gradients = [p.grad for p in eye.parameters() if p.grad is not None]
    flat = torch.cat([*(g.reshape(-1) for g in gradients), torch.tensor([float(stop)])])
    dist.all_reduce(flat)
    flat /= processes
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
    return bool(flat[-1] > 0)


@torch.no_grad()
def _follow(ema: dict[str, Tensor], eye: nn.Module, keep: float) -> None:
    """Move the running average of weights towards the eye's."""
    for name, value in eye.state_dict().items():
        if value.dtype.is_floating_point:
            ema[name].lerp_(value, 1 - keep)
        else:
            ema[name].copy_(value)


def _tell(out: Path, step: int, each: Mapping[str, Tensor], *, norm: float, views_s: float) -> None:
    row = {"step": step, "views_s": round(views_s, 1), "norm": round(norm, 3)}
    row |= {name: round(float(value.detach()), 4) for name, value in each.items()}
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(row) + "\n")
    LOG.info("%s", row)


def _kept(images: Sequence[int], skip_every: int) -> tuple[int, ...]:
    return tuple(image for place, image in enumerate(images) if not skip_every or place % skip_every != skip_every - 1)


def log_rows(out: Path) -> Iterator[dict[str, float]]:
    """Give the rows of a run's log."""
    with (out / "log.jsonl").open(encoding="utf-8") as log:
        for line in log:
            yield json.loads(line)
