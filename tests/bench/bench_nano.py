"""How fast nano is: cold and warm answers, the second question, and its eye in onnxruntime beside torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.measure import Row, best_command, median_s

SIDE_PX = 512
FIRST, SECOND = "How many cars are there?", "Is there a ship?"


def rows(folder: Path) -> Iterator[Row]:
    """Answers about a photograph of 512 x 512 pixels."""
    path = folder / "photo.png"
    coarse = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    Image.fromarray(coarse).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC).save(path)
    asked = best_command([str(Path(sys.executable).with_name("geoglot")), "ask", str(path), FIRST])
    yield Row("cold ask, 512 px, start of python included", asked.seconds, "s", 1.5)
    yield Row("cold ask, peak memory", asked.peak_mb, "MB", 600)
    yield from _warm(path)
    yield from _beside_torch()


def _warm(path: Path) -> Iterator[Row]:
    """With the model loaded: a new scene, and a second question about it."""
    import geoglot
    from geoglot.models.nano import Nano

    model = Nano()
    model.ask(geoglot.read(path), FIRST)

    def fresh() -> None:
        Nano(model.eye).ask(geoglot.read(path), FIRST)

    scene = geoglot.read(path)
    model.ask(scene, FIRST)
    yield Row("warm read, look and answer", median_s(fresh) * 1000, "ms", 200)
    yield Row("second question about the same scene", median_s(lambda: model.ask(scene, SECOND)) * 1000, "ms", 20)


def _beside_torch() -> Iterator[Row]:
    """The shipped graph and the same architecture in torch: same input, same threads. Without torch, no rows."""
    try:
        import torch

        from geoglot.nets.eye import Eye as TorchEye
        from geoglot.nets.fold import folded
    except ImportError:
        return
    from geoglot.models.graph import THREADS
    from geoglot.models.nano.eye import Eye
    from geoglot.models.nano.weights import open_weights

    image = np.random.default_rng(0).standard_normal((9, SIDE_PX, SIDE_PX)).astype(np.float32)
    present = np.ones(4, np.float32)
    eye = Eye(open_weights())
    torch.set_num_threads(THREADS)
    other = folded(TorchEye()).to(memory_format=torch.channels_last)
    batch = torch.from_numpy(image)[None].contiguous(memory_format=torch.channels_last)

    def in_torch() -> None:
        with torch.inference_mode():
            other(batch, torch.from_numpy(present)[None])

    ours, theirs = median_s(lambda: eye.see(image, present)), median_s(in_torch)
    yield Row("the eye in onnxruntime, 512 px", ours * 1000, "ms")
    yield Row("the eye in torch, 512 px", theirs * 1000, "ms")
    yield Row("onnxruntime / torch", ours / theirs, "")
