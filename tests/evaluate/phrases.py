"""Fabricated captions: sentences from a small grammar, so that references share words with answers."""

from __future__ import annotations

import numpy as np

from geoglot.evaluate.metrics import Prediction

_SIZES = ("many", "several", "two", "some", "a few", "rows of")
_THINGS = ("white planes", "green trees", "red-roofed houses", "parked cars", "storage tanks", "boats", "buildings")
_PLACES = ("near a river", "beside the runway", "in the harbour", "around a square", "next to the road", "by a pond")
_VERBS = ("are", "stand", "are parked", "can be seen", "lie", "are situated", "are built")


def captions(count: int, *, seed: int = 0, references: int = 5) -> list[Prediction]:
    """Give predictions with a caption and its references, of the same image's words in varying order."""
    rng = np.random.default_rng(seed)

    def sentence() -> str:
        first, second = rng.choice(_THINGS, 2)
        text = f"{rng.choice(_SIZES)} {first} {rng.choice(_VERBS)} {rng.choice(_PLACES)}"
        return f"{text}, with {second} on the left." if rng.random() < 0.3 else f"{text} ."

    return [
        Prediction(str(index), "caption", sentence(), [sentence() for _ in range(references)]) for index in range(count)
    ]


def split(predictions: list[Prediction]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Give references and answers as pycocoevalcap takes them."""
    known, said = {}, {}
    for index, prediction in enumerate(predictions):
        assert isinstance(prediction.truth, list)
        assert isinstance(prediction.prediction, str)
        known[index] = [str(text) for text in prediction.truth]
        said[index] = [prediction.prediction]
    return known, said
