"""Boxes and masks from a state: `boxes.onnx` and `mask.onnx` read the writer's state at one word, and what was seen.

boxes.onnx: state (D,) of the word, visual (I, T, D) of the tokens of I images; gives scores (G,), 0 to 1, and boxes
(G, 4), centre x, y, width and height in parts of the image. mask.onnx: state (D,), drawn (P, h, w) of the image that
is drawn on (`Pictures.drawn`); gives logits mask (h, w), above 0 inside.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.graph import opened
from geoglot.regions import Box, Mask
from geoglot.scenes.scene import Frame

if TYPE_CHECKING:
    import onnxruntime

LIKELY = 0.5
"""Score from which on a box, or a pixel, is taken."""

Floats = NDArray[np.float32]


class SetHead:
    """Opens the graph of boxes at the first question. tokens: of an image."""

    def __init__(self, graph: Path, *, tokens: int) -> None:
        self._graph = graph
        self._tokens = tokens

    def boxes(self, state: Floats, visual: Floats, frame: Frame) -> tuple[tuple[Box, ...], float]:
        """Give the boxes in a frame that are likelier there than not, surest first, in its scene's pixels; and the
        score of the likeliest one. visual: (P, D) of the tokens of all pictures.

        Raises ModelError if the graph gives something else.
        """
        images = visual.reshape(-1, self._tokens, visual.shape[-1])
        scores, boxes = self._session.run(["scores", "boxes"], {"state": state, "visual": images})
        if boxes.shape != (len(scores), 4) or not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise ModelError("the head of boxes gave something else than it should", value=boxes.shape)
        order = np.argsort(-scores, kind="stable")
        found = [_placed(boxes[index], float(scores[index]), frame) for index in order if scores[index] >= LIKELY]
        return tuple(box for box in found if box is not None), float(scores.max(initial=0.0))

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return opened(self._graph, what="the head of boxes")


class PixelHead:
    """Opens the graph of masks at the first question."""

    def __init__(self, graph: Path) -> None:
        self._graph = graph

    def mask(self, state: Floats, drawn: Floats, frame: Frame) -> tuple[Mask | None, float]:
        """Give the pixels of a frame that are likelier inside than not, None if there are none, with their mean
        probability as score; and the probability of the likeliest cell. Raises ModelError as `SetHead.boxes`.
        """
        (logits,) = self._session.run(["mask"], {"state": state, "drawn": drawn})
        if logits.shape != drawn.shape[1:] or not np.isfinite(logits).all():
            raise ModelError("the head of masks gave something else than it should", value=logits.shape)
        odds = (1 + np.tanh(logits / 2)) / 2  # the logistic function, without overflow
        inside = odds > LIKELY
        if not inside.any():
            return None, float(odds.max())
        cells = Mask.from_array(inside, score=float(odds[inside].mean()))
        across, down = frame.size[0] / inside.shape[1], frame.size[1] / inside.shape[0]
        left, top = frame.origin_px
        return cells.scaled(across, down).shifted(round(left), round(top)), float(odds.max())

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return opened(self._graph, what="the head of masks")


def _placed(box: Floats, score: float, frame: Frame) -> Box | None:
    """A box in parts of a frame in the pixels of its scene, cut to it; None if nothing is left."""
    x, y, w, h = map(float, box)
    corners = Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2, score=score)
    inside = corners.scaled(*map(float, frame.size)).clipped(*frame.size)
    return None if inside is None else inside.shifted(*frame.origin_px)
