"""A part of a network as an ONNX graph: traced under a temporary name, compared with torch, then named."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from geoglot.errors import WorkError
from geoglot.train.export_writer import TOLERANCE, published

OPSET = 17

Given = tuple[Tensor, ...]
"""Inputs or outputs of a graph in their order."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph is called where it fails, its inputs and outputs by name, and which of their sides vary, by name."""

    what: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    axes: Mapping[str, Mapping[int, str]]


def write_graph(
    module: nn.Module,
    graph: Graph,
    path: Path,
    examples: Sequence[Given],
    *,
    expected: Callable[..., Given] | None = None,
) -> None:
    """Write the graph of a module that gives a tuple of tensors, traced on the last of some examples.

    expected: what the graph must give, where the module is not what was trained but written out anew for tracing.
    Raises WorkError if outputs differ from it by more than 1e-4 on any example.
    """
    wanted = expected or module

    def apart(draft: Path) -> float:
        session = ort.InferenceSession(draft, providers=["CPUExecutionProvider"])
        return max(_apart(session, graph, given, wanted) for given in examples)

    write_compared(module, graph, path, examples[-1], apart=apart, tolerance=TOLERANCE)


def write_compared(
    module: nn.Module, graph: Graph, path: Path, given: Given, *, apart: Callable[[Path], float], tolerance: float
) -> None:
    """Write a graph traced on some inputs. apart: how far one in a file is from torch.

    Raises WorkError, and leaves what was there before, if that is more than the tolerance.
    """
    draft = path.with_suffix(".draft.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TracerWarning)  # sides that the tracer holds for constants are
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message="Constant folding", category=UserWarning)  # left to onnxruntime
        torch.onnx.export(
            module,
            given,
            draft,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes={name: dict(sides) for name, sides in graph.axes.items()},
            opset_version=OPSET,
            dynamo=False,
        )
    worst = apart(draft)
    if not worst <= tolerance:  # nor not a number
        draft.unlink()
        raise WorkError(f"the graph of {graph.what} differs from torch", value=worst, expected=f"at most {tolerance}")
    published(draft, path)


def _apart(session: ort.InferenceSession, graph: Graph, given: Given, wanted: Callable[..., Given]) -> float:
    """The largest difference between a graph's outputs and those that are wanted."""
    found = session.run(list(graph.outputs), {name: one.numpy() for name, one in zip(graph.inputs, given, strict=True)})
    with torch.inference_mode():
        each = zip(wanted(*given), found, strict=True)
        return float(np.max([np.abs(one.numpy() - other).max() for one, other in each]))
