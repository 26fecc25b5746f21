"""Ways from a state: `path.onnx` reads the writer's states at one word, and at the pictures, and gives a whole path.

Inputs of the graph: state (D,) of the word, visual (P, D) of the pictures' tokens. Outputs: steps (T, 3) from place to
place, in scales, x to the right of the picture, y down, z up; stop (T,), above 0 where the way has arrived.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.graph import opened
from geoglot.regions import Path as Way

if TYPE_CHECKING:
    import onnxruntime

METRES_UNKNOWN = 1.0
"""Metres a pixel where nobody knows them, as in training: ways then count pixels."""

Floats = NDArray[np.float32]


class WayHead:
    """Opens the graph at the first way. scale_m: metres that count as 1."""

    def __init__(self, graph: Path, *, scale_m: float) -> None:
        self._graph = graph
        self._scale_m = scale_m

    def way(self, state: Floats, visual: Floats, *, start: tuple[float, float], gsd_m: float | None) -> Way:
        """Give the way from a start to the first step that stops, in the start's pixels of `gsd_m` metres.

        Raises ModelError if the graph gives something else than steps.
        """
        steps, stop = self._session.run(["steps", "stop"], {"state": state, "visual": visual})
        if steps.shape != (*stop.shape, 3) or not np.isfinite(steps).all():
            raise ModelError("the head of ways gave something else than it should", value=steps.shape)
        there = np.flatnonzero(stop > 0)
        count = int(there[0]) + 1 if len(there) else len(stop)
        places = steps[:count, :2].cumsum(axis=0) * self._scale_m / (gsd_m or METRES_UNKNOWN)
        return Way((start, *((start[0] + float(x), start[1] + float(y)) for x, y in places)))

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return opened(self._graph, what="the head of ways")
