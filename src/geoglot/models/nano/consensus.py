"""Which of several sentences agrees best with all of them: minimum Bayes risk with CIDEr-D for the gain.

A caption is judged by its mean agreement with what people say of the image. What they may say, with probabilities,
is known from the writer; so the expected agreement of each sentence can be counted, and the best one is said.

Sources: Kumar & Byrne, NAACL 2004 (the decision rule); Vedantam et al., CVPR 2015 (CIDEr-D: cosine of tf-idf
vectors of 1- to 4-grams, clipped, with a Gaussian of the difference of lengths).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

ORDERS = 4
SIGMA = 6.0
"""Standard deviation of the lengths' Gaussian, in words, as in CIDEr-D."""

Words = tuple[int, ...]
"""A sentence or a phrase, as numbers of words."""

Floats = NDArray[np.float64]


def phrases(sentence: Words, order: int) -> list[Words]:
    """Give every phrase of `order` words of a sentence, from its first to its last."""
    return [sentence[start : start + order] for start in range(len(sentence) - order + 1)]


def agreement(sentences: Sequence[Words], weights: Mapping[Words, float], most: int) -> Floats:
    """Give how well each of the first `most` sentences (rows) agrees with every sentence (columns), 0 to 1.

    weights: of each phrase of one to four words, its inverse document frequency; a phrase without one weighs 0.
    """
    total = np.zeros((most, len(sentences)))
    for order in range(1, ORDERS + 1):
        rows = _vectors(sentences, weights, order)  # (K, G)
        norms = np.linalg.norm(rows, axis=1)
        for index in range(most):
            common = (np.minimum(rows[index], rows) * rows).sum(axis=1)
            scale = norms[index] * norms
            total[index] += np.divide(common, scale, out=np.zeros(len(sentences)), where=scale > 0)
    lengths = np.array([len(sentence) for sentence in sentences], np.float64)
    apart = lengths[:most, None] - lengths[None, :]
    agreed: Floats = total / ORDERS * np.exp(-(apart**2) / (2 * SIGMA**2))
    return agreed


def agreed(said: Mapping[Words, float], weights: Mapping[Words, float], *, most: int) -> tuple[Words, float]:
    """Give the sentence that agrees best with all that may be said, and its expected agreement, 0 to 1.

    said: sentences with their probabilities. most: how many of the likeliest are candidates. Of equally good ones
    the likelier, then the first in numbers. Raises ValueError if nothing may be said.
    """
    if not said:
        raise ValueError("nothing may be said")
    ranked = sorted(said, key=lambda sentence: (-said[sentence], sentence))
    p = np.array([said[sentence] for sentence in ranked])
    expected = agreement(ranked, weights, min(most, len(ranked))) @ (p / p.sum())
    best = int(expected.argmax())
    return ranked[best], float(expected[best])


def _vectors(sentences: Sequence[Words], weights: Mapping[Words, float], order: int) -> Floats:
    """The tf-idf vectors of phrases of one order, one row a sentence."""
    column: dict[Words, int] = {}
    rows, columns, values = [], [], []
    for row, sentence in enumerate(sentences):
        for phrase in phrases(sentence, order):
            rows.append(row)
            columns.append(column.setdefault(phrase, len(column)))
            values.append(weights.get(phrase, 0.0))
    out = np.zeros((len(sentences), max(1, len(column))))
    np.add.at(out, (rows, columns), values)
    return out
