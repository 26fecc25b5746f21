"""Opening ONNX graphs: one place for threads, providers and the error that a broken graph gives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

THREADS = 2


def opened(graph: Path, *, what: str) -> onnxruntime.InferenceSession:
    """Open a graph on the processor; threads: GEOGLOT_THREADS, 2 if unset. what: its name in the error.

    Raises ModelError if onnxruntime cannot open it.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("GEOGLOT_THREADS") or THREADS)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which all derive from Exception
        raise ModelError(f"onnxruntime cannot open {what}", value=str(error)[:300], hint="install it again") from error
