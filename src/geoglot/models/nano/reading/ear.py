"""`Ear`: the reader's network in onnxruntime: from plain words to labels, from a noun to the thing nearest to it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.nano.reading.labels import CHOICES, TAGS
from geoglot.models.nano.reading.pieces import Pieces

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]

FORMAT = "geoglot-reader/1"
GRAPH, MANIFEST = "reader.onnx", "reader.json"
OUTPUTS = ("whole", "tags", "near")
MOST_PIECES = 64
"""Pieces of a question that are heard; what comes after is not."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the network makes of a question.

    whole: the likeliest of each of `labels.CHOICES`. sure: probability of the intent. tags: one of `labels.TAGS` for
    each word. second: the next likely intent.
    """

    whole: Mapping[str, str]
    sure: float
    second: str
    tags: tuple[str, ...]


class Ear:
    """Hears questions. The graph is opened at the first; one thread: a question takes milliseconds.

    folder: with reader.onnx and reader.json. Raises ModelError if they are missing, changed or of another format.
    """

    def __init__(self, folder: Path) -> None:
        self._graph = folder / GRAPH
        manifest = folder / MANIFEST
        if not manifest.is_file() or not self._graph.is_file():
            raise ModelError("the reader's weights are not there", value=str(folder), expected=f"{GRAPH}, {MANIFEST}")
        try:
            said = json.loads(manifest.read_text(encoding="utf-8"))
            if said["format"] != FORMAT:
                raise ModelError("the reader's weights are of another format", value=said["format"], expected=FORMAT)
            self._digest = str(said["files"][GRAPH])
            self._things = tuple(str(name) for name in said["things"])
            self._pieces = Pieces([str(piece) for piece in said["pieces"]])
            self._words = frozenset(str(said["words"]).split()) | frozenset(map(str, said["pieces"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError("reader.json does not follow its format", value=f"{type(error).__name__}: {error}",
                             expected=f"format {FORMAT}") from error  # fmt: skip
        self._session: onnxruntime.InferenceSession | None = None

    def hear(self, words: Sequence[str]) -> Heard:
        """Label the words of a plain question; words beyond the first 64 pieces are tagged as outside."""
        whole, tags, _, starts = self._run(words)
        likely = {}
        sure, second, begin = 0.0, "", 0
        for name, choices in CHOICES.items():
            chance = _chances(whole[begin : begin + len(choices)])
            order = np.argsort(-chance)
            likely[name] = choices[int(order[0])]
            if name == "intent":
                sure, second = float(chance[order[0]]), choices[int(order[1])]
            begin += len(choices)
        told = [TAGS[int(tags[at].argmax())] for at in starts]
        return Heard(likely, sure, second, (*told, *["O"] * (len(words) - len(told))))

    def is_word(self, word: str) -> bool:
        """Tell whether a word in lower case is English, and so no slip of the keys."""
        return word in self._words

    def nearest(self, noun: str) -> tuple[str | None, float]:
        """Give the known thing that a noun is likeliest to mean with its probability; None for no known thing."""
        _, _, near, _ = self._run(noun.split())
        chance = _chances(near)
        best = int(chance.argmax())
        return (self._things[best] if best < len(self._things) else None), float(chance[best])

    def _run(
        self, words: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], list[int]]:
        numbers, starts = self._pieces.numbers(words, most=MOST_PIECES)
        ids = np.array([numbers], np.int64)
        whole, tags, near = self._open().run(list(OUTPUTS), {"ids": ids, "mask": np.ones_like(ids)})
        return np.asarray(whole)[0], np.asarray(tags)[0], np.asarray(near)[0], starts

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            import onnxruntime

            with self._graph.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != self._digest:
                raise ModelError("the reader's graph has changed since its manifest was written", value=found,
                                 expected=self._digest, hint="install geoglot again")  # fmt: skip
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self._session = onnxruntime.InferenceSession(str(self._graph), options, providers=["CPUExecutionProvider"])
        return self._session


def _chances(logits: Floats) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return powers / max(float(powers.sum()), math.ulp(0.0))
