"""Training of the reader's heads: questions from the grammar, and nouns with the known thing nearest to them.

The encoder stays as MiniLM has it, so every question passes through it once, in 8-bit numbers as users run it; what
it says is kept in memory, and the heads learn from that. A run takes minutes on one core.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from geoglot.models.nano import things
from geoglot.models.nano.reading.labels import CHOICES, TAGS
from geoglot.models.nano.reading.pieces import Pieces
from geoglot.models.nano.reading.spelling import LEAST
from geoglot.train.reader.export import write_graph
from geoglot.train.reader.network import PLACES, SIZES, WIDTH, Encoder, Heads
from geoglot.train.reader.noise import slipped
from geoglot.train.reader.paraphrase import Example, example
from geoglot.train.reader.vocabulary import cut, nouns

LOG = logging.getLogger(__name__)
IGNORED = -100
SPELT = 3000  # questions of the grammar whose word pieces are all kept
NOUN_COPIES = 4  # of each noun: singular and plural, as it is and with slips
WORDLESS = 0.3  # weight of every choice beside the intent
BATCHES_SORTED = 50  # batches of like length are cut from this many at a time


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of. questions: made once, each seen `rounds` times. minutes: training ends by then."""

    layers: int = 4
    pieces: int = 8500
    questions: int = 24_000
    rounds: int = 10
    minutes: float = 25.0
    batch: int = 64
    rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class States:
    """What the encoder says of many texts, end to end. rows: (all pieces, 384) float16. ends: (texts + 1,)."""

    rows: NDArray[np.float16]
    ends: NDArray[np.int64]

    def batch(self, chosen: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Give states (B, T, 384) and mask (B, T) of some texts."""
        lengths = [int(self.ends[index + 1] - self.ends[index]) for index in chosen]
        states = np.zeros((len(chosen), max(lengths), WIDTH), np.float32)
        mask = np.zeros((len(chosen), max(lengths)), np.int64)
        for row, (index, length) in enumerate(zip(chosen, lengths, strict=True)):
            states[row, :length] = self.rows[self.ends[index] : self.ends[index + 1]]
            mask[row, :length] = 1
        return torch.from_numpy(states), torch.from_numpy(mask)


def train(folder: Path, out: Path, settings: Settings) -> None:
    """Train, and write `out`/reader.pt: encoder, heads, pieces, things. folder: of all-MiniLM-L6-v2, as published."""
    torch.manual_seed(settings.seed)
    out.mkdir(parents=True, exist_ok=True)
    encoder, vocabulary = cut_encoder(folder, settings)
    pieces = Pieces(vocabulary)
    write_graph(encoder, out / "encoder.onnx", outputs=("states",), timed=("states",))
    rng = Random(settings.seed + 1)
    examples = [example(rng) for _ in range(settings.questions)]
    LOG.info("%d questions made", len(examples))
    questions = listen(out / "encoder.onnx", [one.text for one in examples], pieces)
    labelled = labelled_nouns(rng)
    words = listen(out / "encoder.onnx", [word for word, _ in labelled], pieces)
    LOG.info("%d questions and %d nouns heard", len(examples), len(labelled))
    heads = Heads(len(things.all_things()))
    heads.centre.copy_(torch.from_numpy(words.rows.mean(0, dtype=np.float64).astype(np.float32)))
    wanted = Wanted.of(examples, pieces)
    fit_heads(heads, (questions, wanted), (words, torch.tensor([label for _, label in labelled])), settings)
    names = [thing.name for thing in things.all_things()]
    saved = {"encoder": encoder.state_dict(), "heads": heads.eval().state_dict(), "layers": settings.layers}
    every = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    english = [word for word in every if word.isascii() and word.isalpha() and len(word) >= LEAST]
    torch.save({**saved, "pieces": vocabulary, "things": names, "words": english}, out / "reader.pt")


def cut_encoder(folder: Path, settings: Settings) -> tuple[Encoder, list[str]]:
    """Give the encoder with the pieces it keeps."""
    every = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    known, unknown = nouns()
    rng = Random(settings.seed)
    texts = [word for words in known.values() for word in words] + list(unknown)
    kept = cut(every, [*texts, *(example(rng).text for _ in range(SPELT))], most=settings.pieces)
    encoder = Encoder(settings.layers, pieces=len(kept))
    encoder.take(load_file(folder / "model.safetensors"), torch.tensor(kept))
    return encoder.eval(), [every[index] for index in kept]


def listen(graph: Path, texts: Sequence[str], pieces: Pieces, *, batch: int = 64) -> States:
    """Run texts through the encoder, those of like length together."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    numbered = [pieces.numbers(text.split(), most=PLACES)[0] for text in texts]
    ends = np.concatenate([[0], np.cumsum([len(numbers) for numbers in numbered])]).astype(np.int64)
    rows = np.empty((int(ends[-1]), WIDTH), np.float16)
    order = sorted(range(len(texts)), key=lambda index: len(numbered[index]))
    for begin in range(0, len(order), batch):
        chosen = order[begin : begin + batch]
        ids, mask = padded([numbered[index] for index in chosen], pieces)
        states = session.run(None, {"ids": ids, "mask": mask})[0]
        for index, found in zip(chosen, states, strict=True):
            rows[ends[index] : ends[index + 1]] = found[: len(numbered[index])]
    return States(rows, ends)


def padded(numbered: Sequence[Sequence[int]], pieces: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give pieces (B, T) and mask (B, T)."""
    longest = max(len(numbers) for numbers in numbered)
    ids = np.full((len(numbered), longest), pieces.padding, np.int64)
    mask = np.zeros((len(numbered), longest), np.int64)
    for row, numbers in enumerate(numbered):
        ids[row, : len(numbers)], mask[row, : len(numbers)] = numbers, 1
    return ids, mask


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the heads have to tell. whole: (n, choices). tags: of each question, (piece, tag) where a word begins."""

    whole: Tensor
    tags: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, examples: Sequence[Example], pieces: Pieces) -> Wanted:
        """Number the labels of questions."""
        whole = [[choices.index(one.whole[name]) for name, choices in CHOICES.items()] for one in examples]
        tags = []
        for one in examples:
            _, starts = pieces.numbers([word for word, _ in one.words], most=PLACES)
            tags.append(tuple((at, TAGS.index(tag)) for at, (_, tag) in zip(starts, one.words, strict=False)))
        return cls(torch.tensor(whole), tuple(tags))

    def tags_of(self, chosen: Sequence[int], length: int) -> Tensor:
        """Give (B, T) tags, `IGNORED` where no word begins."""
        out = torch.full((len(chosen), length), IGNORED)
        for row, index in enumerate(chosen):
            for at, tag in self.tags[index]:
                out[row, at] = tag
        return out


def labelled_nouns(rng: Random) -> list[tuple[str, int]]:
    """Give nouns with the number of the thing that each is nearest to; the number of things for none."""
    known, unknown = nouns()
    one = [(word, index) for index, words in enumerate(known.values()) for word in sorted(words)]
    one += [(word, len(known)) for word in unknown]
    both = one + [(things.plural_of(word), label) for word, label in one]
    copies = [(" ".join(slipped(part, rng) for part in word.split()), label) for word, label in both]
    return both + copies


def fit_heads(heads: Heads, questions: tuple[States, Wanted], words: tuple[States, Tensor], settings: Settings) -> None:
    """Train the heads; the rate falls to nothing over `rounds` rounds or `minutes`, whichever ends first."""
    states, wanted = questions
    optimiser = torch.optim.AdamW(heads.parameters(), lr=settings.rate, weight_decay=0.02)
    rng, began = Random(settings.seed + 2), time.monotonic()
    total = settings.rounds * len(wanted.tags) // settings.batch
    lengths = np.diff(states.ends)
    heads.train()
    batches: list[list[int]] = []
    for step in range(total):
        done = max(step / total, (time.monotonic() - began) / 60 / settings.minutes)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 100) * max(0.01, 1 - done)
        if not batches:
            batches = _batches(lengths, settings.batch, rng)
        loss = _of_questions(heads, states, wanted, batches.pop()) + _of_nouns(heads, *words, settings.batch, rng)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 199:
            LOG.info("step %d of %d, loss %.3f, %.0f s", step + 1, total, loss.item(), time.monotonic() - began)


def _batches(lengths: NDArray[np.int64], size: int, rng: Random) -> list[list[int]]:
    """Some batches of questions drawn at random, each of questions of like length."""
    drawn = sorted(rng.sample(range(len(lengths)), min(len(lengths), size * BATCHES_SORTED)), key=lambda i: lengths[i])
    out = [drawn[begin : begin + size] for begin in range(0, len(drawn), size)]
    rng.shuffle(out)
    return out


def _of_questions(heads: Heads, states: States, wanted: Wanted, chosen: Sequence[int]) -> Tensor:
    inputs, mask = states.batch(chosen)
    heard = heads(inputs, mask)
    loss = torch.zeros(())
    for column, (logits, name) in enumerate(zip(heard.whole.split(SIZES, 1), CHOICES, strict=True)):
        weight = 1.0 if name == "intent" else WORDLESS
        loss = loss + weight * functional.cross_entropy(
            logits, wanted.whole[list(chosen), column], label_smoothing=0.02
        )
    tags = wanted.tags_of(chosen, inputs.shape[1])
    return loss + 2 * functional.cross_entropy(heard.tags.flatten(0, 1), tags.flatten(), ignore_index=IGNORED)


def _of_nouns(heads: Heads, states: States, labels: Tensor, size: int, rng: Random) -> Tensor:
    chosen = [rng.randrange(len(labels)) for _ in range(size)]
    inputs, mask = states.batch(chosen)
    present = mask[..., None].float()
    near = heads.nearest((inputs * present).sum(1) / present.sum(1))
    return 0.5 * functional.cross_entropy(near, labels[chosen], label_smoothing=0.05)


def load(path: Path) -> tuple[Encoder, Heads, Mapping[str, list[str]]]:
    """Give a trained encoder, its heads and its lists: "pieces", "things", "words" of English."""
    saved = torch.load(path, weights_only=True)
    encoder = Encoder(saved["layers"], pieces=len(saved["pieces"]))
    encoder.load_state_dict(saved["encoder"])
    heads = Heads(len(saved["things"]))
    heads.load_state_dict(saved["heads"])
    return encoder.eval(), heads.eval(), {name: list(saved[name]) for name in ("pieces", "things", "words")}
