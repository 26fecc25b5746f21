"""`Eye`: nano's network in onnxruntime, with numpy on both sides."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.nano import slots
from geoglot.models.nano.weights import NanoWeights

if TYPE_CHECKING:
    import onnxruntime

OUTPUTS = ("peaks", "geometry", "cover", "scene", "tags", "quality")
THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The eye's raw output for one image of H x W pixels; h, w = H / 4, W / 4.

    peaks: (K, h, w) raw probability where no neighbour cell is likelier, else 0. geometry: (8, h, w) see
    `nets.eye.GEOMETRY`. cover: (covers, h, w), scene, tags, quality: (n,) logits.
    """

    peaks: NDArray[np.float32]
    geometry: NDArray[np.float32]
    cover: NDArray[np.float32]
    scene: NDArray[np.float32]
    tags: NDArray[np.float32]
    quality: NDArray[np.float32]


class Eye:
    """Sees slot images. The session is opened at the first look; threads: GEOGLOT_THREADS, 2 if unset."""

    def __init__(self, weights: NanoWeights) -> None:
        if weights.slots != slots.SLOTS:
            raise ModelError(
                "nano's weights were trained on other inputs", value=weights.slots, expected=", ".join(slots.SLOTS)
            )
        self.weights = weights
        self._session: onnxruntime.InferenceSession | None = None

    def see(self, image: NDArray[np.float32], present: NDArray[np.float32]) -> Sight:
        """See one image: (9, H, W), H and W multiples of 32, and (4,) present. Raises ModelError if the graph fails."""
        session = self._open()
        outputs = session.run(list(OUTPUTS), {"image": image[None], "present": present[None]})
        arrays = [np.asarray(output)[0] for output in outputs]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ModelError(
                "nano's eye gave numbers that are not finite", expected="finite outputs", hint="report the image"
            )
        return Sight(*arrays)

    def gist(
        self, image: NDArray[np.float32], present: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the logits of scenes and of tags alone, for the same input as `see`."""
        sight = self.see(image, present)
        return sight.scene, sight.tags

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            import onnxruntime as ort

            options = ort.SessionOptions()
            options.intra_op_num_threads = int(os.environ.get("GEOGLOT_THREADS") or THREADS)
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            try:
                self._session = ort.InferenceSession(
                    str(self.weights.graph), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # onnxruntime raises its own classes, which all derive from Exception
                raise ModelError(
                    "onnxruntime cannot open nano's graph", value=str(error), hint="install geoglot again"
                ) from error
        return self._session
