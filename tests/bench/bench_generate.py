"""Tokens a second of the autoregressive runtime beside transformers' generate: the same weights, the same replies."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.bench.measure import Row

if TYPE_CHECKING:
    from geoglot.models.autoregressive.decoder import Decoder
    from geoglot.models.autoregressive.vocabulary import Vocabulary

PROMPT, REPLY, ROUNDS = 64, 64, 5
WANTED = 1.5
TOKENS_GUIDED = 150


@dataclass(frozen=True, slots=True)
class Size:
    """A writer of the kind of Qwen3."""

    name: str
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp: int


SIZES = (Size("12 M", 256, 8, 4, 2, 64, 1024), Size("90 M", 768, 12, 12, 6, 64, 2048))
VOCAB = 8192


def rows(folder: Path) -> Iterator[Row]:
    """What a grammar costs a token; one reply, and eight at once, for a small and a middling writer.

    Without torch and transformers only the first.
    """
    yield from _guided(folder)
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        return
    threads = int(os.environ.setdefault("GEOGLOT_THREADS", "1"))
    torch.set_num_threads(threads)
    for size in SIZES:
        theirs, decoder, vocabulary = _both(folder / size.name.replace(" ", ""), size)
        for batch in (1, 8):
            ours, other = _rates(theirs, decoder, vocabulary, batch)
            told = f"{size.name}, {batch} at once, {threads} thread{'s' if threads > 1 else ''}"
            yield Row(f"geoglot, {told}", ours, "tokens/s")
            yield Row(f"transformers, {told}", other, "tokens/s")
            yield Row(f"geoglot / transformers, {told}", ours / other, "", WANTED, higher=True)
        del theirs


def _guided(folder: Path) -> Iterator[Row]:
    """A mask of 24 x 24 cells written blindly, CPU time alone: which tokens may come, and the way to the end."""
    from geoglot.models.autoregressive.grammar import Guide, place
    from geoglot.models.autoregressive.grammar.guide import State
    from geoglot.models.autoregressive.vocabulary import Vocabulary, build
    from geoglot.regions.codecs.words import spatial
    from geoglot.tasks import all_tasks

    path = folder / "guided.json"
    build([wording for task in all_tasks() for wording in task.wordings], path, size=1500, spoken=spatial(), silent=())
    guide = Guide(Vocabulary(path))
    rng = np.random.default_rng(0)
    state, taken = State(place("earth-onevision", "mask")), [0.0, 0.0]
    for _ in range(TOKENS_GUIDED):
        started = time.process_time()
        allowed = guide.allowed(state)
        between = time.process_time()
        guide.closing(state)
        taken = [taken[0] + between - started, taken[1] + time.process_time() - between]
        state = guide.after(state, int(rng.choice(allowed)))
    for name, seconds in zip(("the allowed tokens", "the way to the end"), taken, strict=True):
        yield Row(f"grammar of a mask, {name}, CPU time a token", seconds / TOKENS_GUIDED * 1000, "ms")


def _both(folder: Path, size: Size) -> tuple[Any, Decoder, Vocabulary]:
    """The same random network in transformers and as a graph."""
    import torch
    import transformers

    from geoglot.models.autoregressive.decoder import Decoder, Shape
    from geoglot.models.autoregressive.vocabulary import Vocabulary, build
    from geoglot.nets.pretrained import writer_from_folder
    from geoglot.train.export_writer import write_onnx

    torch.manual_seed(0)
    config = transformers.Qwen3Config(
        vocab_size=VOCAB,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        head_dim=size.head_dim,
        intermediate_size=size.mlp,
        tie_word_embeddings=True,
    )
    theirs = transformers.Qwen3ForCausalLM(config).eval()
    with torch.no_grad():  # larger weights, so that replies do not hang on the last digit
        for weight in theirs.parameters():
            if weight.ndim > 1:
                weight.mul_(3.0)
    theirs.save_pretrained(folder)
    length = PROMPT + REPLY
    write_onnx(writer_from_folder(folder), folder / "writer.onnx", length=length)
    build(["no words are read"], folder / "tokenizer.json", size=300, spoken=(), silent=())
    shape = Shape(VOCAB, size.width, size.layers, size.kv_heads, size.head_dim, length)
    return theirs, Decoder(folder / "writer.onnx", shape, picture=-1), Vocabulary(folder / "tokenizer.json")


def _rates(theirs: Any, decoder: Decoder, vocabulary: Vocabulary, batch: int) -> tuple[float, float]:
    """Median tokens a second of both, in turns, so that what else the machine does falls on both alike."""
    import torch

    from geoglot.models.autoregressive.decoder import Prompt
    from geoglot.models.autoregressive.writing import written

    ids = np.random.default_rng(0).integers(0, VOCAB, (batch, PROMPT))
    prompts = [Prompt(row) for row in ids]
    given = torch.from_numpy(ids)

    def ours() -> list[list[int]]:
        return [list(one.tokens) for one in written(decoder, vocabulary, prompts, most=REPLY)]

    def other() -> list[list[int]]:
        with torch.inference_mode():
            whole = theirs.generate(
                given,
                attention_mask=torch.ones_like(given),
                max_new_tokens=REPLY,
                min_new_tokens=REPLY,
                do_sample=False,
                pad_token_id=0,
            )
        found: list[list[int]] = whole[:, PROMPT:].tolist()
        return found

    if ours() != other():
        raise RuntimeError("the two did not write the same")
    taken: dict[str, list[float]] = {"ours": [], "other": []}
    for _ in range(ROUNDS):
        for name, work in (("ours", ours), ("other", other)):
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
    return batch * REPLY / statistics.median(taken["ours"]), batch * REPLY / statistics.median(taken["other"])
