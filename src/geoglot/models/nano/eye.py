"""`Eye`: nano's network in onnxruntime, with numpy on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.graph import opened
from geoglot.models.nano import slots
from geoglot.models.nano.events import DOUBT, Comparison, DatedLook
from geoglot.models.nano.weights import NanoWeights

if TYPE_CHECKING:
    import onnxruntime

OUTPUTS = ("peaks", "geometry", "cover", "scene", "tags", "quality")


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The eye's raw output for one image of H x W pixels; h, w = H / 4, W / 4.

    peaks: (K, h, w) raw probability where no neighbour cell is likelier, else 0. geometry: (8, h, w) see
    `nets.eye.GEOMETRY`. cover: (covers, h, w), scene, tags, quality: (n,) logits. dense: (64, h, w), what two dates
    are compared by and clouds are told by, where it was asked for.
    """

    peaks: NDArray[np.float32]
    geometry: NDArray[np.float32]
    cover: NDArray[np.float32]
    scene: NDArray[np.float32]
    tags: NDArray[np.float32]
    quality: NDArray[np.float32]
    dense: NDArray[np.float32] | None = None


class Eye:
    """Sees slot images. The session is opened at the first look; threads: GEOGLOT_THREADS, 2 if unset."""

    def __init__(self, weights: NanoWeights) -> None:
        if weights.slots != slots.SLOTS:
            raise ModelError(
                "nano's weights were trained on other inputs", value=weights.slots, expected=", ".join(slots.SLOTS)
            )
        self.weights = weights
        self._session: onnxruntime.InferenceSession | None = None
        self._comparing: onnxruntime.InferenceSession | None = None

    def see(self, image: NDArray[np.float32], present: NDArray[np.float32], *, dense: bool = False) -> Sight:
        """See one image: (9, H, W), H and W multiples of 32, and (4,) present. Raises ModelError if the graph fails.

        dense: also give the features that `change` and the map of clouds take.
        """
        return Sight(*self._run((*OUTPUTS, "dense") if dense else OUTPUTS, image, present))

    def gist(
        self, image: NDArray[np.float32], present: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Give the logits of scenes, tags and quality alone, for the same input as `see`."""
        scene, tags, quality = self._run(("scene", "tags", "quality"), image, present)
        return scene, tags, quality

    def _run(
        self, names: Sequence[str], image: NDArray[np.float32], present: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Give these outputs of the graph, without their batch; what they do not need is not computed."""
        if self._session is None:
            self._session = opened(self.weights.graph, what="nano's graph")
        outputs = self._session.run(list(names), {"image": image[None], "present": present[None]})
        arrays = [np.asarray(output)[0] for output in outputs]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ModelError(
                "nano's eye gave numbers that are not finite", expected="finite outputs", hint="report the image"
            )
        return arrays

    def change(self, before: DatedLook, after: DatedLook, present: NDArray[np.float32]) -> Comparison | None:
        """Tell what happened between two dates that are seen on one grid; None if these weights cannot compare.

        present: (4,) which modalities both dates show.
        """
        if self.weights.change is None:
            return None
        if self._comparing is None:
            self._comparing = opened(self.weights.change, what="nano's graph")
        given = {"before": before.dense, "after": after.dense, "old": before.picture, "new": after.picture}
        cells, flags = self._comparing.run(
            ["cells", "flags"], {name: planes[None] for name, planes in (given | {"present": present}).items()}
        )
        return Comparison(np.asarray(cells)[0], np.clip(np.asarray(flags)[0], DOUBT, 1 - DOUBT))
