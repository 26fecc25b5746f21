"""U-8: what an answer of a member costs through the runtime without torch: tokens, weights, milliseconds, memory.

    python -m tests.bench.trials.latency

Members of nano size with their first weights: what they say means nothing, and takes as long. Milliseconds are of
processor time on one thread, the median of some rounds; memory is the peak of a process that answers once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from geoglot.models.autoregressive.decoder import Decoder, Prompt, Shape
from geoglot.models.autoregressive.folder import GRAPH, LOOK, Sight
from geoglot.models.autoregressive.pictures import Looked, Pictures
from geoglot.scenes.arrays import frame_from_array
from geoglot.scenes.scene import Frame
from tests.bench.measure import Row, command

RECIPES = ("superset", "earth-onevision")
QUESTION, SHORT, BOX, ROUNDS = 24, 3, 24, 7
"""Tokens of a question, of a yes, of one box as JSON; rounds of a measurement."""

LENGTH = 1024
SAID = "member.json"


def rows() -> Iterator[Row]:
    """Give the figures of each member."""
    for name in RECIPES:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            weights = _write(name, folder)
            yield Row(f"{name} nano, weights", weights / 1e6, "M")
            yield from (Row(f"{name} nano, {one.name}", one.value, one.unit) for one in measured(folder))
            once = command([sys.executable, "-m", "tests.bench.trials.latency", "--folder", str(folder)])
            yield Row(f"{name} nano, memory of a process that answers once", once.peak_mb, "MB")


def measured(folder: Path) -> Iterator[Row]:
    """Give how long a look, the reading of a question, a token and whole answers take."""
    decoder, pictures, frame, tokens = _opened(folder)
    looked = pictures.look((frame,))
    prompt = _prompt(looked, decoder.picture)
    look, read = _ms(lambda: pictures.look((frame,))), _ms(lambda: decoder.start([prompt], room=BOX))
    whole = _ms(lambda: _answer(decoder, prompt, BOX))
    step = (whole - read) / BOX
    yield Row("tokens of an image", tokens, "")
    yield Row("look at an image", look, "ms")
    yield Row("read it with a question", read, "ms")
    yield Row("a token of the reply", step, "ms")
    yield Row("yes or no, from pixels", look + read + SHORT * step, "ms")
    yield Row("one box, from pixels", look + read + BOX * step, "ms")
    yield Row("yes or no, of an image looked at", read + SHORT * step, "ms")


def _write(name: str, folder: Path) -> int:
    """Write the graphs of a member with its first weights; give how many weights it has."""
    import torch

    from geoglot.nets.bridge import frame_tokens
    from geoglot.nets.family import FamilyConfig, Member
    from geoglot.train.export_look import write_look
    from geoglot.train.export_writer import write_onnx
    from geoglot.train.recipes.family import recipe

    family = recipe(name)
    config = family.config
    assert isinstance(config, FamilyConfig)
    torch.manual_seed(0)
    member = Member(config).eval()
    injected, side = len(member.bridge.injectors), family.typical.side_px
    write_onnx(member.writer, folder / GRAPH, length=LENGTH, picture=config.image, injected=injected)
    write_look(member, folder / LOOK, side_px=side)
    writer, patches = config.writer, side // config.trunk.patch
    shape = Shape(writer.vocab, writer.width, writer.layers, writer.kv_heads, writer.head_dim, LENGTH, injected)
    stems = {stem.name: 0 if stem.kind == "spectral" else stem.bands for stem in config.stems}
    sight = Sight(side, frame_tokens(config.bridge, patches, patches), 1, stems)
    said = {"shape": asdict(shape), "sight": asdict(sight), "picture": config.image}
    (folder / SAID).write_text(json.dumps(said), encoding="utf-8")
    return sum(one.numel() for one in member.parameters())


def _opened(folder: Path) -> tuple[Decoder, Pictures, Frame, int]:
    said = json.loads((folder / SAID).read_text(encoding="utf-8"))
    shape, sight = Shape(**said["shape"]), Sight(**said["sight"])
    decoder = Decoder(folder / GRAPH, shape, picture=said["picture"])
    levels = np.random.default_rng(0).uniform(0, 255, (3, sight.side, sight.side)).astype(np.uint8)
    frame = frame_from_array(levels, sensor="rgb")
    return decoder, Pictures(folder / LOOK, sight, injected=shape.injected), frame, sight.tokens


def _prompt(looked: Looked, picture: int) -> Prompt:
    ids = np.array([picture] * len(looked.tokens) + [5] * QUESTION)
    return Prompt(ids, looked.tokens, looked.injected)


def _answer(decoder: Decoder, prompt: Prompt, tokens: int) -> None:
    """Read a prompt and write so many tokens, whatever they are."""
    written = decoder.start([prompt], room=tokens)
    for _ in range(tokens):
        written.step(written.next.logits.argmax(axis=1))


def _ms(work: Callable[[], object]) -> float:
    """Median milliseconds of processor time of a call, after one that is not counted."""
    work()
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return 1000 * statistics.median(taken)


def main() -> None:
    """Print the figures; with --folder, answer once from a folder that was written before."""
    os.environ.setdefault("GEOGLOT_THREADS", "1")
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trials.latency", description=__doc__)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.folder is not None:
        decoder, pictures, frame, _ = _opened(chosen.folder)
        _answer(decoder, _prompt(pictures.look((frame,)), decoder.picture), SHORT)
        return
    for row in rows():
        print(f"| {row.name} | {row.value:.3g} {row.unit} |", flush=True)


if __name__ == "__main__":
    main()
