"""ROUGE-1 and ROUGE-L as the package rouge-score counts them, with stemming.

    precision = common / words of the answer, recall = common / words of the reference, F their harmonic mean;
    common: clipped single words (ROUGE-1), or the longest common subsequence (ROUGE-L)

Words: lower case, runs of a-z and 0-9; those of more than three letters are stemmed (Porter with NLTK's
extensions). Source: google-research/rouge rouge_scorer.py and tokenize.py (package rouge-score 0.1.2).
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import NamedTuple

from geoglot.evaluate.metrics.text.ngrams import common_length, word_masks
from geoglot.evaluate.metrics.text.porter import porter_stem


class Rouge(NamedTuple):
    """Precision, recall and F of ROUGE-1, then of ROUGE-L, as fractions."""

    precision_1: float
    recall_1: float
    f_1: float
    precision_l: float
    recall_l: float
    f_l: float


def rouge(reference: str, answer: str) -> Rouge:
    """Compare one answer with one reference."""
    wanted, said = rouge_words(reference), rouge_words(answer)
    if not wanted or not said:
        return Rouge(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    single = sum((Counter(wanted) & Counter(said)).values())
    longest = common_length(word_masks(wanted), len(wanted), said)
    return Rouge(*_shares(single, len(wanted), len(said)), *_shares(longest, len(wanted), len(said)))


@functools.lru_cache(maxsize=1 << 15)
def rouge_words(text: str) -> tuple[str, ...]:
    """Give the stemmed words of a text."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return tuple(porter_stem(word) if len(word) > 3 else word for word in words)


def _shares(common: int, wanted: int, said: int) -> tuple[float, float, float]:
    precision, recall = common / said, common / wanted
    return precision, recall, 2 * precision * recall / (precision + recall) if common else 0.0
