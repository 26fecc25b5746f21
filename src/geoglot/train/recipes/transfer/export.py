"""Export networks that saw one real set only as the specialists of `evaluate.baselines`."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from geoglot.models.nano import slots
from geoglot.nets import classes
from geoglot.train.recipes.transfer import score
from geoglot.train.recipes.transfer.network import Plain, peaks
from geoglot.train.recipes.transfer.plan import Row
from geoglot.train.shard import Shard

FORMAT = "geoglot-specialist/1"
MOST_IMAGES = 40  # of a set, to choose thresholds on
OUTPUTS = ("peaks", "geometry", "scene", "tags")


class Runtime(nn.Module):
    """The network as a graph with four outputs."""

    def __init__(self, net: Plain) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Give peaks (B, K, h, w), geometry (B, 8, h, w), and logits of scenes and tags."""
        sight = self.net(image)
        return peaks(sight), sight.geometry, sight.scene, sight.tags


def export(net: Plain, row: Row, shards: Sequence[Shard], folder: Path) -> None:
    """Write a network as the specialist of a row. Thresholds are those with the best F1 on its training images."""
    own = sorted({classes.SCENES[one.scene] for each in shards for one in each.truth if one.scene is not None})
    told = {
        "sets": [one.name.removesuffix("-blocks") for one in shards],
        "magnification": row.seen,
        "objects": classes.OBJECTS,
        "thresholds": _thresholds(net, row, shards),
        "scenes": classes.SCENES,
        "own_scenes": own,
        "tags": classes.TAGS,
    }
    write(Runtime(net), told, folder)


def write(graph: nn.Module, told: Mapping[str, object], folder: Path) -> None:
    """Write specialist.onnx, and specialist.json with what is told about it and its SHA-256, to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "specialist.draft.onnx"
    axes = {"image": {0: "batch", 2: "height", 3: "width"}, "scene": {0: "batch"}, "tags": {0: "batch"}}
    axes |= {name: {0: "batch", 2: "h", 3: "w"} for name in OUTPUTS[:2]}
    with warnings.catch_warnings():  # as in train.export: the newer exporter needs onnxscript
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            graph.eval(),
            (torch.zeros(1, len(slots.SLOTS), 64, 64),),
            draft,
            input_names=["image"],
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    os.replace(draft, folder / "specialist.onnx")
    digest = hashlib.sha256((folder / "specialist.onnx").read_bytes()).hexdigest()
    card = {"format": FORMAT, "sha256": digest, **told}
    (folder / "specialist.json").write_text(json.dumps(card, indent=1), encoding="utf-8")


def _thresholds(net: Plain, row: Row, shards: Sequence[Shard]) -> dict[str, float]:
    """By class that the sets mark."""
    marked = {name for one in shards for name, known in zip(classes.OBJECTS, one.labelled, strict=True) if known}
    swapped = [_swapped(one) for one in shards]
    return {
        name: score.best_threshold(score.tested(net, replace(row, label=name, blocks=1), swapped))
        for name in sorted(marked)
        if row.label
    }


def _swapped(one: Shard) -> Shard:
    """The first training images as those to be scored."""
    chosen = set(one.of("train")[:MOST_IMAGES])
    moved = (replace(truth, split="val" if place in chosen else "train") for place, truth in enumerate(one.truth))
    return replace(one, truth=tuple(moved))
