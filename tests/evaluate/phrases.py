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


_ODD = (
    "Dr.", "St.", "U.S.", "etc.", "e.g.", "sq.", "approx.", "Jan.", "No.", "fig.", "vs.", "3.5", "1,000", "50%",
    "10:30", "1/2", "1990s", "10m", "km/h", "m2", "$5", "3D", "it's", "buildings'", "don't", "can't", "they're", "I'm",
    "cannot", "o'clock", "rock'n'roll", "L-shaped", "black-and-white", "two-story", "and/or", "AT&T", "solar_farm",
    "café", "naïve", "(a)", "'red'", '"pool"', "[12,", "40]", "–", "½", "a", "the", "road", "cars", "near", "house",
    "The", "A", "There",
)  # fmt: skip


def punctuated(count: int, *, seed: int = 0) -> list[str]:
    """Give lines of words, numbers, abbreviations and marks as captions have them."""
    rng = np.random.default_rng(seed)

    def word() -> str:
        return f"{rng.choice(_ODD)}{rng.choice(['', '', '', '', ',', '.', ';', ':', '?', '!', '...', ')'])}"

    return [" ".join(word() for _ in range(rng.integers(3, 14))) for _ in range(count)]
