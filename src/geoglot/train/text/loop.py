"""The loop of token models: the losses of a step's lessons, one move, a line in the log; saved, resumed, stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from geoglot.errors import InputError, WorkError
from geoglot.nets.recompute import recompute
from geoglot.train import checkpoint
from geoglot.train.checkpoint import Checkpoint
from geoglot.train.loop import Stop
from geoglot.train.text import curves, low_rank, moves, state
from geoglot.train.text.lessons import Feed, Lesson, lessons, places
from geoglot.train.text.processes import Processes, processes, shared_out, summed
from geoglot.train.text.recipe import TokenRecipe

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a run is conducted, which changes nothing of what it learns.

    workers: processes that load lessons ahead, 0 for none. resume: go on from the newest checkpoint; without it a
    folder that holds one is refused. until: stop after that many steps of the run, saved. save_every_s: seconds
    between checkpoints. told_every: steps between lines of the log. exact: multiply in float32 everywhere.
    """

    workers: int = 0
    resume: bool = False
    until: int | None = None
    save_every_s: float = 600.0
    told_every: int = 10
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. step: steps done. skipped: those whose gradient was not finite. finished: no step is left."""

    step: int
    skipped: int
    finished: bool


def train(recipe: TokenRecipe, model: nn.Module, feed: Feed, *, out: Path, conduct: Conduct) -> Ended:
    """Train a model in this process, or in this one of those that torchrun started.

    model: called with a `Lesson`, gives the sum of each loss. Raises InputError if `out` holds a run that is not to
    be resumed or the rows cannot be shared out; ModelError for another model's checkpoint; WorkError after
    `recipe.patience` steps in a row without a finite gradient.
    """
    began = checkpoint.newest(out)
    if began and not conduct.resume:
        raise InputError("there is a run in this folder already", value=str(out), expected="an empty folder",
                         hint="go on with it by --resume, or give another folder")  # fmt: skip
    with processes(exact=conduct.exact) as among:
        if recipe.rows % (among.count * recipe.parts):
            raise InputError("the rows of a step cannot be shared out evenly", value=recipe.rows,
                             expected=f"a multiple of {among.count} processes x {recipe.parts} parts")  # fmt: skip
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        for chosen in recipe.low_rank:
            low_rank.adapt(model, chosen)
        if recipe.recomputed:
            recompute(model)
        run = _Run(recipe, shared_out(model, among), among, out)
        run.begin(began)
        run.learn(feed, conduct)
        return Ended(run.step, run.skipped, run.step >= recipe.steps)


class _Run:
    """A run in progress. skipped: steps left out; in_row: how many of them just now."""

    def __init__(self, recipe: TokenRecipe, model: nn.Module, among: Processes, out: Path) -> None:
        self.recipe, self.model, self.among, self.out = recipe, model, among, out
        self.step = self.skipped = self.in_row = 0
        self.moving: Mapping[str, Optimizer] = {}

    def begin(self, began: Checkpoint | None) -> None:
        """Take over a checkpoint's state. The optimisers are those of the step before, which the next may replace."""
        if began:
            said = state.manifest_of(began)
            self.step, self.skipped, self.in_row = (int(str(said[name])) for name in ("step", "skipped", "in_row"))
            if said["recipe"] != _plain(self.recipe):
                LOG.warning("the recipe is not the one that the checkpoint was made with")
        stage, _ = self.recipe.stage_at(max(0, self.step - 1))
        self.moving = moves.optimisers(self.recipe, self.model, self.recipe.stages[stage])
        if began:
            state.restore(began, self.model, self.moving)
        if self.among.first:
            curves.cut(self.out, self.step)

    def learn(self, feed: Feed, conduct: Conduct) -> None:
        """Work through the steps that are left, or as many as asked for, and save."""
        recipe, among = self.recipe, self.among
        last = min(recipe.steps, conduct.until or recipe.steps)
        wanted = list(places(recipe, start=self.step, stop=last, rank=among.rank, count=among.count))
        loading = lessons(feed, wanted, workers=conduct.workers)
        stop, asked, told = Stop(), False, _Told()
        saved = time.monotonic()
        while self.step < last and not asked:
            parts = [next(loading).to(among.device) for _ in range(recipe.parts)]
            due = among.first and time.monotonic() - saved > conduct.save_every_s
            counts, asked, due = self._agreed(parts, stop=stop.asked, due=due)
            sums, norm = self._moved(parts, counts)
            told.add(sums, counts, sum(part.tokens for part in parts))
            if self.step % conduct.told_every == 0 or self.step == last or asked:
                told = self._tell(told, norm)
            if due or asked or self.step == last:
                self._save()
                saved = time.monotonic()

    def _agreed(self, parts: Sequence[Lesson], *, stop: bool, due: bool) -> tuple[dict[str, float], bool, bool]:
        """Give what the sums of losses are divided by, and whether to stop and to save: the same in all processes."""
        stage = self.recipe.stages[self.recipe.stage_at(self.step)[0]]
        names = [name for name, _ in stage.losses]
        mine = [float(sum(part.counts.get(name, 0.0) for part in parts)) for name in names]
        *counts, stops, dues = summed([*mine, float(stop), float(due)], self.among)
        return dict(zip(names, counts, strict=True)), stops > 0, dues > 0

    def _moved(self, parts: Sequence[Lesson], counts: Mapping[str, float]) -> tuple[dict[str, Tensor], float]:
        """Make a step; give the sum of each loss over this process's parts, and the norm of the gradient."""
        recipe, among = self.recipe, self.among
        index, inside = recipe.stage_at(self.step)
        stage = recipe.stages[index]
        if inside == 0 and self.step > 0:
            self.moving = moves.optimisers(recipe, self.model, stage)
        drawn = np.random.SeedSequence((recipe.seed, self.step, among.rank)).generate_state(1)
        torch.manual_seed(int(drawn[0]))  # dropout: what a step draws depends on the step alone
        sums: dict[str, Tensor] = {}
        for part in parts:
            with torch.autocast(among.device.type, among.dtype, enabled=among.dtype is not torch.float32):
                each = self.model(part)
            losses = [weight / max(counts[name], 1.0) * each[name] for name, weight in stage.losses if name in each]
            # FSDP averages gradients over the processes, and these are sums over all of them.
            (among.count * torch.stack(losses).sum()).backward()  # type: ignore[no-untyped-call]
            for name, _ in stage.losses:
                if name in each:
                    sums[name] = sums.get(name, 0.0) + each[name].detach()
        norm = moves.move(self.model, self.moving, warmth=stage.warmth(inside), clip=recipe.clip)
        self.step += 1
        lost = not norm < float("inf")
        self.skipped, self.in_row = self.skipped + lost, self.in_row + 1 if lost else 0
        if self.in_row >= recipe.patience:
            raise WorkError("the training has diverged", value=f"step {self.step}",
                            expected=f"a finite gradient at least once in {recipe.patience} steps",
                            hint="resume from the last checkpoint with a lower rate")  # fmt: skip
        return sums, norm

    def _tell(self, told: _Told, norm: float) -> _Told:
        """Write a line of the log, over all processes, and begin the next."""
        means, tokens_s = told.means(self.among)
        if self.among.first:
            stage, inside = self.recipe.stage_at(self.step - 1)
            now = self.recipe.stages[stage]
            row = {
                "step": self.step,
                "stage": now.name,
                **means,
                "norm": round(norm, 4),
                "warmth": round(now.warmth(inside), 4),
                "tokens_s": round(tokens_s),
                "skipped": self.skipped,
            }
            curves.add(self.out, row)
            LOG.info("%s", row)
        return _Told()

    def _save(self) -> None:
        manifest = {"skipped": self.skipped, "in_row": self.in_row, "recipe": _plain(self.recipe)}
        state.save(self.out, self.step, state.gathered(self.model, self.moving), manifest)
        if self.among.first:
            curves.draw(self.out)


class _Told:
    """What has come together since the last line of the log."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, float] = {}
        self.tokens = 0
        self.began = time.monotonic()

    def add(self, sums: Mapping[str, Tensor], counts: Mapping[str, float], tokens: int) -> None:
        """Add a step. counts: over all processes."""
        for name, count in counts.items():
            self.sums[name] = self.sums.get(name, torch.zeros(())) + sums.get(name, torch.zeros(())).float().cpu()
            self.counts[name] = self.counts.get(name, 0.0) + count
        self.tokens += tokens

    def means(self, among: Processes) -> tuple[dict[str, float], float]:
        """Give the mean of each loss and the tokens read a second, over all processes."""
        *sums, tokens = summed([*(float(value) for value in self.sums.values()), float(self.tokens)], among)
        seconds = max(time.monotonic() - self.began, 1e-9)
        each = zip(self.counts.items(), sums, strict=True)
        return {name: round(total / max(count, 1.0), 6) for (name, count), total in each}, tokens / seconds


def _plain(recipe: TokenRecipe) -> object:
    """The recipe as JSON gives it back."""
    return _listed(asdict(recipe))


def _listed(value: object) -> object:
    if isinstance(value, dict):
        return {name: _listed(inner) for name, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value
