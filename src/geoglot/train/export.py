"""From a checkpoint to what users install: `eye.onnx`, equal to the torch network, and its manifest `nano.json`."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import WorkError
from geoglot.models.nano import slots
from geoglot.models.nano.weights import CHANGE, GRAPH
from geoglot.nets import classes
from geoglot.nets.eye import STRIDE, Eye
from geoglot.nets.fold import folded
from geoglot.train import checkpoint

INPUTS = ("image", "present")
OUTPUTS = ("peaks", "geometry", "cover", "dense", "scene", "tags", "quality")
TOLERANCE = 1e-3


class Runtime(nn.Module):
    """The folded eye, with probabilities that are 0 where a neighbour is likelier."""

    def __init__(self, eye: Eye) -> None:
        super().__init__()
        self.eye = folded(eye)
        self.eval()  # the exporter restores the mode it finds on the outermost module, dropout included

    def forward(self, image: Tensor, present: Tensor) -> tuple[Tensor, ...]:
        """Give peaks (B, K, h, w), geometry (B, 8, h, w), cover, dense features, and logits of the other heads."""
        sight = self.eye(image, present)
        best = functional.max_pool2d(sight.heat, 3, stride=1, padding=1)
        peaks = torch.sigmoid(sight.heat) * (sight.heat >= best).to(sight.heat.dtype)
        return peaks, sight.geometry, sight.cover, sight.dense, sight.scene, sight.tags, sight.quality


def trained(out: Path) -> Eye:
    """Give the eye with the averaged weights of the newest checkpoint in `out`. Raises WorkError if there is none."""
    last = checkpoint.newest(out)
    if last is None:
        raise WorkError("no checkpoint to export", value=str(out), expected="a folder step-… written by training")
    recipe = json.loads((last.folder / "manifest.json").read_text(encoding="utf-8"))["recipe"]
    eye = Eye(int(recipe["width"]))
    eye.load_state_dict(checkpoint.part(checkpoint.load(last), "ema"))
    return eye.eval()


def write_onnx(eye: Eye, path: Path) -> None:
    """Write the graph under a temporary name, compare it with torch, then name it.

    Raises WorkError if any output differs by more than 1e-3.
    """
    runtime = Runtime(eye)
    draft = path.with_suffix(".draft.onnx")
    example = (torch.zeros(1, len(slots.SLOTS), 64, 64), torch.ones(1, len(slots.MODALITIES)))
    axes = {"image": {0: "batch", 2: "height", 3: "width"}, "present": {0: "batch"}}
    axes |= {name: {0: "batch", 2: "h", 3: "w"} for name in OUTPUTS[:4]} | {name: {0: "batch"} for name in OUTPUTS[4:]}
    with warnings.catch_warnings():  # the newer exporter needs onnxscript; this graph needs nothing of it
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            runtime,
            example,
            draft,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    worst = difference(runtime, draft)
    if worst > TOLERANCE:
        draft.unlink()
        raise WorkError("the exported graph differs from torch", value=worst, expected=f"at most {TOLERANCE}")
    os.replace(draft, path)


def difference(runtime: Runtime, path: Path, *, size_px: tuple[int, int] = (96, 160)) -> float:
    """Give the largest absolute difference of any output between torch and onnxruntime, on a random image."""
    rng = np.random.default_rng(0)
    image = rng.standard_normal((2, len(slots.SLOTS), *size_px)).astype(np.float32)
    present = np.ones((2, len(slots.MODALITIES)), np.float32)
    with torch.no_grad():
        expected = runtime(torch.from_numpy(image), torch.from_numpy(present))
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(list(OUTPUTS), {"image": image, "present": present})
    return max(float(np.abs(one.numpy() - other).max()) for one, other in zip(expected, found, strict=True))


def write_manifest(
    folder: Path,
    *,
    name: str,
    calibration: Mapping[str, object],
    taught: Mapping[str, Sequence[str]],
    trained_on: Collection[str] = (),
) -> Path:
    """Write nano.json beside the graphs: what each output means, how scores become probabilities, SHA-256.

    taught: object classes by modality. trained_on: names of the data sets that were learned from.
    """
    graphs = [path for name in (GRAPH, CHANGE) if (path := folder / name).is_file()]
    document = {
        "format": "geoglot-nano/1",
        "name": name,
        "trained_on": sorted(trained_on),
        "files": {graph.name: hashlib.sha256(graph.read_bytes()).hexdigest() for graph in graphs},
        "slots": slots.SLOTS,
        "stride": STRIDE,
        "objects": classes.OBJECTS,
        "cover": classes.COVER,
        "scenes": classes.SCENES,
        "tags": classes.TAGS,
        "quality": classes.QUALITY,
        "lengths_m": [classes.LENGTH_M[name] for name in classes.OBJECTS],
        "taught": {modality: sorted(names) for modality, names in taught.items()},
        "calibration": dict(calibration),
    }
    path = folder / "nano.json"
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1), encoding="utf-8")
    os.replace(draft, path)
    return path
