"""How fast token models are trained: the loop beside transformers' Trainer, and beside the rate of bare matrices.

Both train the same writer on the same questions and replies with the same optimiser, in one thread and float32, one
after the other in turns. Seconds are the processor's, so that other work on the machine counts for neither. Tokens are
those that are no filling: the Trainer has a sample a row, filled up to the longest of its batch, as it comes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.writer import Writer, WriterConfig
from geoglot.tasks import all_tasks
from geoglot.train.text.loop import Conduct, train
from geoglot.train.text.plan import Rows
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained
from geoglot.train.text.vocabulary import Vocabulary
from tests.bench.measure import Row

LENGTH, ROWS, STEPS, TURNS = 512, 4, 6, 3
BATCH = 64  # samples a step of the Trainer: about as many tokens as ours
SHAPE = {"width": 256, "layers": 4, "heads": 4, "kv_heads": 2, "head_dim": 64, "mlp": 768}
THINGS = ("ship", "storage tank", "tennis court", "house", "car", "greenhouse")
REPLIES = ("Yes.", "No.", "7", "a harbour", "A harbour scene, mostly water, with two ships and one car.")


def samples() -> tuple[list[tuple[list[int], int]], Vocabulary]:
    """Questions of all tasks with replies, as ids and the number of them before the reply."""
    rng = np.random.default_rng(0)
    asked = []
    for _ in range(40):
        for task in all_tasks():
            fields = {name: str(rng.choice(THINGS)) for name in task.fields}
            asked.append((task.ask(rng, **fields), str(rng.choice(REPLIES))))
    known = Vocabulary.learned([text for pair in asked for text in pair], base=1500, added=())
    laid = []
    for question, reply in asked:
        before = [known.ask, *known.ids(question), known.reply]
        laid.append(([*before, *known.ids(reply), known.end], len(before)))
    return laid, known


@dataclass(frozen=True)
class Words:
    """A lesson of words alone."""

    ids: Tensor
    sample: Tensor
    steps: Tensor
    targets: Tensor

    @property
    def counts(self) -> Mapping[str, float]:
        return {"text": float((self.targets >= 0).sum())}

    @property
    def tokens(self) -> int:
        return int((self.sample >= 0).sum())

    def to(self, device: torch.device) -> Words:
        return self


class Reads(nn.Module):
    """The writer as the loop calls it."""

    def __init__(self, config: WriterConfig) -> None:
        super().__init__()
        self.writer = Writer(config)

    def forward(self, lesson: Words) -> dict[str, Tensor]:
        same = lesson.sample[:, :, None] == lesson.sample[:, None]
        hidden, _ = self.writer(self.writer.embed(lesson.ids), positions=lesson.steps, mask=same.tril())
        learned = lesson.targets >= 0
        logits = self.writer.logits(hidden[learned])
        return {"text": functional.cross_entropy(logits, lesson.targets[learned], reduction="sum")}


class TrainerReads(Reads):
    """The same writer as the Trainer calls it: rows filled up on the right, logits of every token, as there."""

    def forward(self, input_ids: Tensor, labels: Tensor, **_: object) -> dict[str, Tensor]:  # type: ignore[override]
        positions = torch.arange(input_ids.shape[1]).expand(input_ids.shape)
        hidden, _ = self.writer(self.writer.embed(input_ids), positions=positions)
        logits = self.writer.logits(hidden[:, :-1])
        return {"loss": functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten())}


@dataclass(frozen=True)
class Feed:
    """Rows of samples, packed."""

    samples: Sequence[tuple[list[int], int]]
    rows: Rows
    pad: int

    def lesson(self, stage: int, first: int, last: int) -> Words:
        shape = (last - first, LENGTH)
        ids, sample = torch.full(shape, self.pad), torch.full(shape, -1)
        steps, targets = torch.zeros(shape, dtype=torch.long), torch.full(shape, -100)
        for row, number in enumerate(range(first, last)):
            start = 0
            for index in self.rows.row(number):
                words, before = self.samples[index]
                end = start + len(words)
                ids[row, start:end] = torch.tensor(words)
                sample[row, start:end] = int(index)
                steps[row, start:end] = torch.arange(len(words))
                targets[row, start + before - 1 : end - 1] = torch.tensor(words[before:])
                start = end
        return Words(ids, sample, steps, targets)


def ours(feed: Feed, config: WriterConfig, folder: Path) -> float:
    """Tokens a processor's second of the loop; the first steps, which start things up, are left out."""
    stage = Stage("all", 2 * STEPS, (Portion("words", 1.0),), (Trained("*", 1e-3),))
    recipe = TokenRecipe("bench", "writer", (stage,), rows=ROWS, length=LENGTH)
    torch.manual_seed(0)
    model = Reads(config)
    seconds = []
    for conduct in (Conduct(until=2, exact=True, told_every=100), Conduct(resume=True, exact=True, told_every=100)):
        started = time.process_time()
        train(recipe, model, feed, out=folder, conduct=conduct)
        seconds.append(time.process_time() - started)
    read = sum(feed.lesson(0, ROWS * step, ROWS * (step + 1)).tokens for step in range(2, 2 * STEPS))
    return read / seconds[1]


def trainers(feed: Feed, config: WriterConfig, folder: Path) -> float:
    """Tokens a processor's second of transformers' Trainer, by the difference of a long and a short run."""
    from transformers import PrinterCallback, Trainer, TrainingArguments

    def collated(some: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        longest = max(len(one["input_ids"]) for one in some)
        ids = [one["input_ids"] + [feed.pad] * (longest - len(one["input_ids"])) for one in some]
        labels = [one["labels"] + [-100] * (longest - len(one["labels"])) for one in some]
        return {"input_ids": torch.tensor(ids), "labels": torch.tensor(labels)}

    data = [{"input_ids": ids, "labels": [-100] * before + ids[before:]} for ids, before in feed.samples]
    seconds = []
    for steps in (2, 2 * STEPS):
        torch.manual_seed(0)
        arguments = TrainingArguments(
            output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=steps, learning_rate=1e-3,
            weight_decay=0.05, report_to=[], save_strategy="no", logging_strategy="no", use_cpu=True,
            disable_tqdm=True, remove_unused_columns=False, seed=0,
        )  # fmt: skip
        trainer = Trainer(TrainerReads(config), arguments, train_dataset=data, data_collator=collated)  # type: ignore[arg-type]
        trainer.remove_callback(PrinterCallback)
        started = time.process_time()
        trainer.train()
        seconds.append(time.process_time() - started)
    tokens = statistics.mean(len(ids) for ids, _ in feed.samples) * BATCH * (2 * STEPS - 2)
    return tokens / (seconds[1] - seconds[0])


def matrices() -> float:
    """Floating-point operations a processor's second of bare float32 products of the writer's size."""
    a, b = torch.randn(ROWS * LENGTH, SHAPE["width"]), torch.randn(SHAPE["width"], SHAPE["mlp"])
    a @ b
    started = time.process_time()
    for _ in range(50):
        a @ b
    return 50 * 2 * a.shape[0] * a.shape[1] * b.shape[1] / (time.process_time() - started)


def rows(folder: Path) -> Iterator[Row]:
    """The loop, the Trainer, and what share of the matrices' rate the loop keeps."""
    torch.set_num_threads(1)
    laid, known = samples()
    lengths = np.array([len(ids) for ids, _ in laid])
    feed = Feed(laid, Rows(lengths, length=LENGTH, seed=0, name="words"), known.pad)
    config = WriterConfig(vocab=len(known), **SHAPE)
    mine, theirs, bare = [], [], []
    for turn in range(TURNS):
        mine.append(ours(feed, config, folder / f"ours-{turn}"))
        theirs.append(trainers(feed, config, folder / f"theirs-{turn}"))
        bare.append(matrices())
    # Matrices that every token passes, forward once and backward twice; the output only where something is learned.
    inner = sum(p.numel() for name, p in Reads(config).named_parameters() if p.ndim == 2 and "words" not in name)
    yield Row("training, tokens a CPU second", statistics.median(mine), "1/s")
    yield Row("the same by transformers' Trainer", statistics.median(theirs), "1/s")
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    yield Row("training, times the Trainer's rate", statistics.median(ratios), "", 1.2, higher=True)
    shares = [6 * inner * one / other for one, other in zip(mine, bare, strict=True)]
    yield Row("training, share of bare matrices' rate", statistics.median(shares), "")
