"""`Pictures`: frames to the tokens that stand for them in a prompt, by look.onnx (inputs: `train.export_look`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.bands import STEMS, Seen, seen, triplets
from geoglot.models.autoregressive.folder import Sight
from geoglot.models.graph import opened
from geoglot.scenes.scene import Frame

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]

RGB = "rgb"
"""The stem of sensors that have none of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What is known of a scene's frames. tokens: (P, D), frame after frame; injected: (L, P, D), None without layers.

    sensor: of the first frame.
    """

    tokens: Floats
    injected: Floats | None
    sensor: str


class Pictures:
    """Opens the graph at the first look. injected: how many layers the graph adds to."""

    def __init__(self, graph: Path, sight: Sight, *, injected: int) -> None:
        self.sight = sight
        self._graph = graph
        self._injected = injected
        self._session: onnxruntime.InferenceSession | None = None

    def look(self, frames: tuple[Frame, ...]) -> Looked:
        """Look at frames, each brought to a square of `sight.side`; one that no stem reads as it is becomes several
        images of three bands.

        Raises InputError for no frames, or one without any band that is known; ModelError if the graph fails.
        """
        if not frames:
            raise InputError("there is no frame to look at", value=0)
        side = self.sight.side
        found = [(frame, seen(frame, (side, side))) for frame in frames]
        each = [self._looked(*self._stem(one), _gsd_m(frame, side)) for frame, one in found]
        tokens = np.concatenate([tokens.reshape(-1, tokens.shape[-1]) for tokens, _ in each])
        added = [one.reshape(self._injected, -1, one.shape[-1]) for _, one in each if one is not None]
        return Looked(tokens, np.concatenate(added, axis=1) if added else None, found[0][1].sensor)

    def drawn(self, frame: Frame) -> Floats:
        """Give what masks of a frame are drawn on, (P, h, w) of its first image, for a graph that gives it."""
        side = self.sight.side
        (found,) = self._run(["drawn"], *self._stem(seen(frame, (side, side))), _gsd_m(frame, side))
        first: Floats = found[0]
        return first

    def _stem(self, one: Seen) -> tuple[str, Floats, tuple[tuple[float, float], ...]]:
        """The stem for a frame, its images (I, C, S, S), and the bands of a spectral stem."""
        stems = self.sight.stems
        name = STEMS[one.sensor] if STEMS[one.sensor] in stems else RGB
        bands = stems.get(name)
        if bands is None:
            raise InputError("the model has no stem for this frame", value=one.sensor, expected=", ".join(stems))
        if bands == 0:
            return name, one.layers[None], one.bands_um
        return name, triplets(one.layers, one.first) if bands == 3 else one.layers[None, :bands], ()

    def _looked(
        self, stem: str, images: Floats, bands_um: tuple[tuple[float, float], ...], gsd_m: float
    ) -> tuple[Floats, Floats | None]:
        """Tokens (I, T, D) and injections (L, I, T, D) of images of one stem."""
        names = ["tokens", *(["injected"] if self._injected else [])]
        found = self._run(names, stem, images, bands_um, gsd_m)
        if found[0].shape[:2] != (len(images), self.sight.tokens):
            raise ModelError("the model's eye gave something else than it should", value=found[0].shape,
                             expected=f"{len(images)} x {self.sight.tokens} finite tokens")  # fmt: skip
        return found[0], found[1] if self._injected else None

    def _run(
        self, names: list[str], stem: str, images: Floats, bands_um: tuple[tuple[float, float], ...], gsd_m: float
    ) -> list[Floats]:
        """Outputs of the graph by name; what only others need is not computed."""
        import onnxruntime as ort

        given = {**_inputs(self.sight, stem, images, bands_um), "gsd_m": np.full(len(images), gsd_m, np.float32)}
        only = ort.RunOptions()
        only.only_execute_path_to_fetches = True
        found = [np.asarray(array, np.float32) for array in self._open().run(names, given, only)]
        if not all(np.isfinite(one).all() for one in found):
            raise ModelError("the model's eye gave numbers that are not finite", value=stem)
        return found

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            self._session = opened(self._graph, what="the model's eye")
        return self._session


def _inputs(sight: Sight, stem: str, images: Floats, bands_um: tuple[tuple[float, float], ...]) -> Mapping[str, Floats]:
    """Images for one stem, none for the others; wavelengths where the graph takes them."""
    nothing = {
        name: np.zeros((0, bands or 1, sight.side, sight.side), np.float32) for name, bands in sight.stems.items()
    }
    given = {**nothing, stem: np.ascontiguousarray(images)}
    if 0 in sight.stems.values():
        given["bands_um"] = np.array(bands_um or [(0.5, 0.1)], np.float32)
    return given


def _gsd_m(frame: Frame, side: int) -> float:
    """Metres of one pixel as it is shown, 0 where they are not known."""
    return (frame.gsd_m or 0.0) * max(frame.size) / side
