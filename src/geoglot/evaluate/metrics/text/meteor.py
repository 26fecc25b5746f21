"""METEOR 1.5 for English, `-l en -norm`, as coco-caption runs it.

Words of answer and reference are matched by four modules (equal, Snowball stem, WordNet synonym, paraphrase
table); a beam search of 40 picks a set of matches that do not overlap: most weight, then fewest chunks, then least
distance. With counts m over the file, content words weighing 0.75 and function words 0.25, modules 1, 0.6, 0.8,
0.6:

    P = weighted matches / weighted length of the answer, R likewise of the reference
    F = 1 / (0.15 / P + 0.85 / R), penalty = 0.6 (chunks / matched words)^0.2, score = F (1 - penalty)

The reference with the best score counts for an image; the score of the file comes from the summed counts.

Source: Denkowski and Lavie, Meteor Universal (2014); behaviour of edu.cmu.meteor.{aligner,scorer}, whose order
of matches and rounding of partial weights decide ties and are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.evaluate.metrics.text.lexicon import LONGEST_PHRASE, Lexicon, lexicon, paraphrases
from geoglot.evaluate.metrics.text.meteor_search import Match, best_alignment
from geoglot.evaluate.metrics.text.meteor_words import meteor_words
from geoglot.evaluate.metrics.text.snowball import snowball_stem

_MODULES = np.array([1.0, 0.6, 0.8, 0.6])
_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
WIDTH = 23
"""Columns of the counts of one image: lengths (2), function words (2), per module matches of content words in
answer and reference and of function words in both (4 × 4), chunks, matched words of answer and reference."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sentence:
    """A sentence made ready: words, where each stands, which are function words, phrases the table knows."""

    words: tuple[str, ...]
    places: dict[str, list[int]]
    function: tuple[bool, ...]
    phrases: tuple[tuple[int, int, str], ...]  # start, length, phrase; by start, then length
    found: dict[str, list[int]]  # phrase -> starts


def meteor_counts(answers: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Give the counts (n, 23) of each answer against its best reference, the first of them on a tie.

    answers: (n,) texts. references: (n,) lists of texts. Raises MissingExtra without the word data.
    """
    aligner = _Aligner([*answers, *(text for group in references for text in group)])
    pairs = [(answer, text) for answer, group in zip(answers, references, strict=True) for text in group]
    number = {pair: index for index, pair in enumerate(dict.fromkeys(pairs))}
    counts = np.array([aligner.counts(*pair) for pair in number], np.float64).reshape(-1, WIDTH)
    scores = meteor(counts)
    best = []
    place = 0
    for group in references:
        rows = [number[pair] for pair in pairs[place : place + len(group)]]
        best.append(rows[int(np.argmax(scores[rows]))])
        place += len(group)
    return counts[best]


def without_perfect_chunks(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the counts (n, 23) to sum: METEOR adds no chunk for an answer that equals its reference."""
    result = counts.copy()
    result[_is_perfect(counts), 20] = 0.0
    return result


def meteor(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give METEOR (...,) as a fraction from counts (..., 23) of one image, or summed over a file.

    Sum only what `without_perfect_chunks` gives.
    """
    length, function = counts[..., 0:2], counts[..., 2:4]
    matches = counts[..., 4:20].reshape(*counts.shape[:-1], 4, 4)
    weighted = _DELTA * (_MODULES @ matches[..., :2]) + (1 - _DELTA) * (_MODULES @ matches[..., 2:])
    whole = _DELTA * (length - function) + (1 - _DELTA) * function
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = np.moveaxis(weighted / whole, -1, 0)
        mean = 1.0 / ((1 - _ALPHA) / precision + _ALPHA / recall)
        fragments = counts[..., 20] / (counts[..., 21:23].sum(-1) / 2)
        score = mean * (1 - _GAMMA * np.where(_is_perfect(counts), 0.0, fragments) ** _BETA)
    result: NDArray[np.float64] = np.maximum(np.nan_to_num(score, nan=0.0), 0.0)
    return result


def _is_perfect(counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    matches = counts[..., 4:20].reshape(*counts.shape[:-1], 4, 4)
    answer, reference = matches[..., (0, 2)].sum((-1, -2)), matches[..., (1, 3)].sum((-1, -2))
    whole = (answer == counts[..., 0]) & (reference == counts[..., 1])
    perfect: NDArray[np.bool_] = whole & (counts[..., 20] == 1)
    return perfect


class _Aligner:
    """Counts for pairs of the given texts; reads of the paraphrase table only what they can use."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._lexicon: Lexicon = lexicon()
        split = {text: tuple(meteor_words(text)) for text in dict.fromkeys(texts)}
        phrases = {phrase for words in split.values() for _, _, phrase in _all_phrases(words)}
        self._table = paraphrases(phrases)
        usable = set(self._table).union(*self._table.values())
        self._sentences = {text: self._prepared(words, usable) for text, words in split.items()}
        self._near = _neighbours({word for words in split.values() for word in words}, self._lexicon)

    def _prepared(self, words: tuple[str, ...], usable: set[str]) -> _Sentence:
        phrases = tuple(item for item in _all_phrases(words) if item[2] in usable)
        found: dict[str, list[int]] = {}
        for start, _, phrase in phrases:
            found.setdefault(phrase, []).append(start)
        places: dict[str, list[int]] = {}
        for place, word in enumerate(words):
            places.setdefault(word, []).append(place)
        return _Sentence(words, places, tuple(word in self._lexicon.function_words for word in words), phrases, found)

    def counts(self, answer: str, reference: str) -> list[int]:
        """Give the counts (23,) of one pair."""
        first, second = self._sentences[answer], self._sentences[reference]
        counts = [0] * WIDTH
        counts[:4] = len(first.words), len(second.words), sum(first.function), sum(second.function)
        end = (-1, -1)
        for module, start, length, other, size in best_alignment(
            self._matches(first, second), len(first.words), len(second.words)
        ):
            for place in range(other, other + size):
                counts[4 + 4 * module + 2 * first.function[place]] += 1
            for place in range(start, start + length):
                counts[5 + 4 * module + 2 * second.function[place]] += 1
            counts[20] += end != (start, other)
            counts[21] += size
            counts[22] += length
            end = start + length, other + size
        return counts

    def _matches(self, first: _Sentence, second: _Sentence) -> list[list[Match]]:
        """Give all matches by the place in the reference where they start, in METEOR's order."""
        places = first.places
        rows = [[(0, start, 1, place, 1) for place in places.get(word, ())] for start, word in enumerate(second.words)]
        if first.words == second.words:
            return rows
        for start, word in enumerate(second.words):
            near = self._near.get(word)
            if near is None or near.keys().isdisjoint(places):
                continue
            common = near.keys() & places.keys()
            for module in (1, 2):
                found = [place for other in common if module in near[other] for place in places[other]]
                rows[start] += [(module, start, 1, place, 1) for place in sorted(found)]
        for start, length, phrase in second.phrases:
            for other in self._paraphrased(phrase, first.found):
                size = other.count(" ") + 1
                rows[start] += [(3, start, length, place, size) for place in first.found[other]]
        for place, length, phrase in first.phrases:
            for other in self._paraphrased(phrase, second.found):
                size = other.count(" ") + 1
                for start in second.found[other]:
                    rows[start].append((3, start, size, place, length))
        return rows

    def _paraphrased(self, phrase: str, found: dict[str, list[int]]) -> list[str]:
        """Give the paraphrases of a phrase that stand in a sentence, in the order of the table."""
        known = self._table.get(phrase)
        if known is None or known.keys().isdisjoint(found):
            return []
        common = known.keys() & found.keys()
        return [other for _, other in sorted((rank, other) for other in common for rank in known[other])]


def _all_phrases(words: tuple[str, ...]) -> list[tuple[int, int, str]]:
    return [
        (start, length, " ".join(words[start : start + length]))
        for start in range(len(words))
        for length in range(1, min(LONGEST_PHRASE, len(words) - start) + 1)
    ]


def _neighbours(words: set[str], known: Lexicon) -> dict[str, dict[str, tuple[int, ...]]]:
    """Give for each word the other words that share its stem (module 1) or a synonym set (module 2)."""
    groups: dict[tuple[int, str | int], list[str]] = {}
    for word in words:
        groups.setdefault((1, snowball_stem(word)), []).append(word)
        for number in known.meteor_sets(word):
            groups.setdefault((2, number), []).append(word)
    near: dict[str, dict[str, set[int]]] = {}
    for (module, _), members in groups.items():
        for word in members if len(members) > 1 else ():
            for other in members:
                if other != word:
                    near.setdefault(word, {}).setdefault(other, set()).add(module)
    return {word: {o: tuple(sorted(m)) for o, m in others.items()} for word, others in near.items()}
