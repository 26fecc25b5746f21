"""`Pictures`: frames to the tokens that stand for them in a prompt, by look.onnx.

The graph's inputs, for F frames: image (F, 9, S, S), nano's slots; present (F, 4), which modalities are in it;
gsd_m (F,), metres of one of its pixels, 0 where not known. Outputs: tokens (F, T, D) and, for a writer whose first
layers are added to, injected (L, F, T, D).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.folder import Sight
from geoglot.models.graph import opened
from geoglot.models.nano.shown import show
from geoglot.regions import Box
from geoglot.scenes.scene import Frame

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]


class Pictures:
    """Opens the graph at the first look. injected: how many layers the graph adds to."""

    def __init__(self, graph: Path, sight: Sight, *, injected: int) -> None:
        self.sight = sight
        self._graph = graph
        self._injected = injected
        self._session: onnxruntime.InferenceSession | None = None

    def look(self, frames: tuple[Frame, ...]) -> tuple[Floats, Floats | None]:
        """Give tokens (F T, D) and injections (L, F T, D) of frames, each brought to a square of `sight.side`.

        Raises InputError for a frame without any band it knows; ModelError if the graph fails.
        """
        side = self.sight.side
        images, present, gsds_m = [], [], []
        for index, frame in enumerate(frames):
            shown = show(frame, Box(0, 0, *frame.size), (side, side))
            if shown is None:
                raise InputError("no band of this frame is known to the model", value=f"frame {index}")
            images.append(shown.image[:, :side, :side])
            present.append(shown.present)
            gsds_m.append((frame.gsd_m or 0.0) * max(frame.size) / side)
        given = {"image": np.stack(images), "present": np.stack(present), "gsd_m": np.array(gsds_m, np.float32)}
        names = ["tokens", *(["injected"] if self._injected else [])]
        found = [np.asarray(array, np.float32) for array in self._open().run(names, given)]
        if found[0].shape[:2] != (len(frames), self.sight.tokens) or not np.isfinite(found[0]).all():
            raise ModelError("the model's eye gave something else than it should", value=found[0].shape,
                             expected=f"{len(frames)} x {self.sight.tokens} finite tokens")  # fmt: skip
        tokens = found[0].reshape(-1, found[0].shape[-1])
        return tokens, found[1].reshape(self._injected, len(tokens), -1) if self._injected else None

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            self._session = opened(self._graph, what="the model's eye")
        return self._session
