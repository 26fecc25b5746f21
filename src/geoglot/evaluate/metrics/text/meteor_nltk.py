"""METEOR as NLTK computes it: one alignment, stage by stage, from the last word backwards.

    F = P R / (0.9 P + 0.1 R), penalty = 0.5 (chunks / matches)³, score = (1 - penalty) F, best over references

Stages: equal words, equal Porter stems, WordNet synonyms; each takes for a word of the answer the last free word
of the reference. This is the METEOR of 2007 and gives other numbers than METEOR 1.5 (RSICD: 0.5618, 0.2969).

Source: NLTK translate/meteor_score.py; Lavie and Agarwal, METEOR (2007).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from geoglot.evaluate.metrics.text.lexicon import lexicon
from geoglot.evaluate.metrics.text.porter import porter_stem

Words = list[tuple[int, str]]


class NltkMeteor:
    """Scores word lists; keeps the synonyms it has looked up. Raises MissingExtra without the word data."""

    def __init__(self) -> None:
        self._lexicon = lexicon()
        self._known: dict[str, frozenset[str]] = {}

    def best(self, references: Iterable[Sequence[str]], answer: Sequence[str]) -> float:
        """Give the best score over the references, as a fraction."""
        return max(self.score(reference, answer) for reference in references)

    def score(self, reference: Sequence[str], answer: Sequence[str]) -> float:
        """Give the score against one reference, as a fraction; case does not count."""
        said: Words = [(i, word.lower()) for i, word in enumerate(answer)]
        wanted: Words = [(i, word.lower()) for i, word in enumerate(reference)]
        pairs, said, wanted = _equal(said, wanted)
        more, said, wanted = _equal(_stemmed(said), _stemmed(wanted))
        pairs = sorted(pairs + more + self._synonymous(said, wanted))
        if not pairs:
            return 0.0
        precision, recall = len(pairs) / len(answer), len(pairs) / len(reference)
        mean = precision * recall / (0.9 * precision + 0.1 * recall)
        chunks = 1 + sum(b != (a[0] + 1, a[1] + 1) for a, b in itertools.pairwise(pairs))
        return (1 - 0.5 * (chunks / len(pairs)) ** 3) * mean

    def _synonymous(self, said: Words, wanted: Words) -> list[tuple[int, int]]:
        free = _places(wanted)
        pairs = []
        for index, word in reversed(said):
            options = [(free[synonym][-1], synonym) for synonym in self._synonyms(word) if free.get(synonym)]
            if options:
                place, synonym = max(options)
                free[synonym].pop()
                pairs.append((index, wanted[place][0]))
        return pairs

    def _synonyms(self, word: str) -> frozenset[str]:
        if word not in self._known:
            self._known[word] = self._lexicon.synonyms(word)
        return self._known[word]


def _stemmed(words: Words) -> Words:
    return [(index, porter_stem(word)) for index, word in words]


def _places(words: Words) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, (_, word) in enumerate(words):
        places.setdefault(word, []).append(place)
    return places


def _equal(said: Words, wanted: Words) -> tuple[list[tuple[int, int]], Words, Words]:
    """Pair equal words, and give what is left of both."""
    free = _places(wanted)
    pairs, left = [], []
    used = set()
    for index, word in reversed(said):
        if free.get(word):
            place = free[word].pop()
            used.add(place)
            pairs.append((index, wanted[place][0]))
        else:
            left.append((index, word))
    return pairs, left[::-1], [item for place, item in enumerate(wanted) if place not in used]
