"""From weights to `reader.onnx`, small: 8-bit whole numbers for every matrix, one scale a column or a word piece."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from geoglot.models.nano.reading.ear import FORMAT, GRAPH, MANIFEST, OUTPUTS
from geoglot.train.reader.network import Encoder, Heads

INPUTS = ("ids", "mask")
_TABLE = "pieces.weight"  # how the name of the table of word pieces ends in a graph


def write_graph(module: nn.Module, path: Path, *, outputs: tuple[str, ...], timed: tuple[str, ...]) -> None:
    """Write a module of (ids, mask), both (B, T) int64, as an ONNX graph of 8-bit weights; whole, then named.

    outputs: their names. timed: those with T as the second axis.
    """
    example: tuple[Tensor, Tensor] = (torch.ones(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.long))
    axes = {name: {0: "batch", 1: "pieces"} for name in (*INPUTS, *timed)}
    axes |= {name: {0: "batch"} for name in outputs if name not in timed}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer exporter needs onnxscript; this graph needs nothing of it
        full, small = Path(folder) / "full.onnx", Path(folder) / "small.onnx"
        torch.onnx.export(
            module.eval(),
            example,
            full,
            input_names=list(INPUTS),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            full, small, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"]
        )
        graph = onnx.load(small)
        _shrink_table(graph)
        onnx.checker.check_model(graph)
        draft = path.with_suffix(".draft.onnx")
        onnx.save(graph, draft)
        os.replace(draft, path)


def _shrink_table(model: onnx.ModelProto) -> None:
    """Turn the table of word pieces into whole numbers of 8 bits with a scale a row, looked up together."""
    graph = model.graph
    table = next(one for one in graph.initializer if one.name.endswith(_TABLE))
    values = numpy_helper.to_array(table)
    scale = np.abs(values).max(1, keepdims=True).astype(np.float32) / 127
    whole = np.round(values / np.maximum(scale, 1e-12)).astype(np.int8)
    index, node = next((i, node) for i, node in enumerate(graph.node) if table.name in node.input)
    graph.initializer.remove(table)
    graph.initializer.append(numpy_helper.from_array(whole, f"{table.name}.whole"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{table.name}.scale"))
    ids, out = node.input[1], node.output[0]
    graph.node.remove(node)
    parts = (
        helper.make_node("Gather", [f"{table.name}.whole", ids], ["piece.whole"], name="piece.whole"),
        helper.make_node("Cast", ["piece.whole"], ["piece.float"], name="piece.float", to=onnx.TensorProto.FLOAT),
        helper.make_node("Gather", [f"{table.name}.scale", ids], ["piece.scale"], name="piece.scale"),
        helper.make_node("Mul", ["piece.float", "piece.scale"], [out], name="piece"),
    )
    for offset, part in enumerate(parts):
        graph.node.insert(index + offset, part)


class Whole(nn.Module):
    """Encoder and heads as one graph."""

    def __init__(self, encoder: Encoder, heads: Heads) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give whole, tags and near: see `Heard`."""
        heard = self.heads(self.encoder(ids, mask), mask)
        return heard.whole, heard.tags, heard.near


def write(trained: Path, folder: Path) -> None:
    """Write reader.onnx, and reader.json with its hash, the known things, the word pieces and words of English."""
    from geoglot.train.reader.fit import load

    encoder, heads, lists = load(trained)
    folder.mkdir(parents=True, exist_ok=True)
    graph = folder / GRAPH
    write_graph(Whole(encoder, heads), graph, outputs=OUTPUTS, timed=("tags",))
    manifest = {
        "format": FORMAT,
        "files": {GRAPH: hashlib.sha256(graph.read_bytes()).hexdigest()},
        "things": lists["things"],
        "pieces": lists["pieces"],
        "words": " ".join(word for word in lists["words"] if word not in set(lists["pieces"])),
    }
    draft = folder / f"{MANIFEST}.draft"
    draft.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, folder / MANIFEST)
