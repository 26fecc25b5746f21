"""BLEU, CIDEr-D and ROUGE-L as coco-caption counts them, for a whole file at once.

Every n-gram of every sentence becomes a whole number, so that counting, clipping and document frequencies are
sorts of integer arrays.

    BLEU-n: sums over the file of clipped n-gram matches, geometric mean of the first n orders, brevity penalty
            exp(1 - r/c) with the reference length closest to each candidate's (the shorter on a tie)
    CIDEr-D: mean over n = 1..4 and references of the cosine of tf-idf vectors, candidate weights clipped at the
            reference's, times exp(-(difference of lengths)² / 72), times 10; idf from the references of this file
    ROUGE-L: F with beta 1.2 of the best precision and the best recall over references, taken independently

Sources: tylin/coco-caption pycocoevalcap/{bleu/bleu_scorer,cider/cider_scorer,rouge/rouge}.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ORDERS = 4
_SMALL, _TINY = 1e-9, 1e-15  # coco-caption's guards against division by zero; they show in BLEU of one word
_SIGMA = 6.0
_BETA = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Tokenised candidates (one an image) and references (one or more an image).

    candidates: (n,) lists of tokens. references: (n,) lists of lists of tokens; no list may be empty.
    """

    candidates: Sequence[Sequence[str]]
    references: Sequence[Sequence[Sequence[str]]]

    @property
    def owners(self) -> Ints:
        """The image of each reference, (r,)."""
        return np.repeat(np.arange(len(self.references)), [len(group) for group in self.references])


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """How often each n-gram stands in each sentence, of one order: three columns (m,), sentences ascending."""

    sentence: Ints
    gram: Ints
    count: Ints


def bleu_parts(corpus: Corpus) -> Floats:
    """Give per image (n, 10): matches of order 1..4, n-grams of order 1..4, length, closest reference length."""
    candidates, references = _counted(corpus)
    size = len(corpus.candidates)
    lengths = np.array([len(c) for c in corpus.candidates], np.int64)
    matches = np.zeros((size, _ORDERS))
    for order in range(_ORDERS):
        found, known = candidates[order], references[order]
        keys, most = _largest(corpus.owners[known.sentence], known.gram, known.count)
        allowed = _looked_up(keys, most, _joint(found.sentence, found.gram))
        matches[:, order] = np.bincount(found.sentence, np.minimum(found.count, allowed), size)
    totals = np.maximum(0, lengths[:, None] - np.arange(_ORDERS))
    closest = [
        min((abs(len(r) - n), len(r)) for r in group)[1]
        for n, group in zip(lengths.tolist(), corpus.references, strict=True)
    ]
    return np.hstack([matches, totals, lengths[:, None], np.array(closest, np.float64)[:, None]])


def bleu(sums: Floats) -> Floats:
    """Give BLEU-1..4 (..., 4) as fractions of sums (..., 10) of `bleu_parts`."""
    matches, totals, length, reference = sums[..., :4], sums[..., 4:8], sums[..., 8:9], sums[..., 9:10]
    precision = np.cumprod((matches + _TINY) / (totals + _SMALL), axis=-1)
    ratio = (length + _TINY) / (reference + _SMALL)
    penalty = np.exp(np.minimum(0.0, 1.0 - 1.0 / ratio))
    scores: Floats = precision ** (1.0 / np.arange(1, _ORDERS + 1)) * penalty
    return scores


def cider(corpus: Corpus) -> Floats:
    """Give CIDEr-D (n,) of each image; 0 for a file of one image, whose every n-gram has no weight."""
    candidates, references = _counted(corpus)
    owners = corpus.owners
    size, many = len(corpus.candidates), len(owners)
    total = np.zeros(many)
    for order in range(_ORDERS):
        found, known = candidates[order], references[order]
        weight = _idf(owners[known.sentence], known.gram, found.gram, size)
        mine, theirs = found.count * weight[found.gram], known.count * weight[known.gram]
        norm_mine = np.sqrt(np.bincount(found.sentence, mine**2, size))
        norm_theirs = np.sqrt(np.bincount(known.sentence, theirs**2, many))
        said = _looked_up(_joint(found.sentence, found.gram), mine, _joint(owners[known.sentence], known.gram))
        common = np.bincount(known.sentence, np.minimum(said, theirs) * theirs, many)
        norm = norm_mine[owners] * norm_theirs
        total += np.divide(common, norm, out=np.zeros(many), where=norm > 0)
    # coco-caption takes the number of bigrams for the length.
    bigrams = np.maximum(0, np.array([len(c) for c in corpus.candidates]) - 1)
    of_reference = np.array([max(0, len(r) - 1) for group in corpus.references for r in group])
    total *= np.exp(-((bigrams[owners] - of_reference) ** 2.0) / (2 * _SIGMA**2))
    score: Floats = 10 * np.bincount(owners, total / _ORDERS, size) / np.bincount(owners, minlength=size)
    return score


def rouge_l(corpus: Corpus) -> Floats:
    """Give ROUGE-L (n,) of each image; an empty sentence counts as one empty word, as in coco-caption."""
    scores = np.zeros(len(corpus.candidates))
    for index, (candidate, group) in enumerate(zip(corpus.candidates, corpus.references, strict=True)):
        words = list(candidate) or [""]
        masks = word_masks(words)
        precision = recall = 0.0
        for reference in group:
            common = common_length(masks, len(words), list(reference) or [""])
            precision = max(precision, common / len(words))
            recall = max(recall, common / max(1, len(reference)))
        if precision and recall:
            scores[index] = (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)
    return scores


def word_masks(words: Sequence[str]) -> dict[str, int]:
    """Give for each word the set of its positions, as the bits of a number."""
    masks: dict[str, int] = {}
    for position, word in enumerate(words):
        masks[word] = masks.get(word, 0) | 1 << position
    return masks


def common_length(masks: dict[str, int], length: int, other: Sequence[str]) -> int:
    """Give the length of the longest common subsequence of the sentence behind `masks` and another.

    Source: Hyyrö, Bit-parallel LCS-length computation revisited (2004): one addition per word of `other`.
    """
    full = (1 << length) - 1
    row = full
    for word in other:
        hit = row & masks.get(word, 0)
        row = (row + hit) | (row - hit)
    return length - (row & full).bit_count()


def _counted(corpus: Corpus) -> tuple[list[_Counts], list[_Counts]]:
    """Give the n-gram counts of orders 1..4 of all candidates and of all references, in one numbering."""
    sentences = [*corpus.candidates, *(reference for group in corpus.references for reference in group)]
    split = len(corpus.candidates)
    number: dict[str, int] = {}
    flat = np.array([number.setdefault(word, len(number)) for s in sentences for word in s], np.int64)
    lengths = np.array([len(s) for s in sentences], np.int64)
    owner = np.repeat(np.arange(len(sentences)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(flat))  # words from here to the sentence's end
    grams = flat
    result: tuple[list[_Counts], list[_Counts]] = ([], [])
    for order in range(1, _ORDERS + 1):
        if order > 1:
            start = np.flatnonzero(left[: len(grams)] >= order) if len(grams) else np.zeros(0, np.int64)
            longer = np.full(len(flat), -1, np.int64)
            longer[start] = grams[start] * len(number) + flat[start + order - 1]
            grams = np.full(len(flat), -1, np.int64)
            grams[start] = np.unique(longer[start], return_inverse=True)[1]
        there = grams >= 0
        keys, count = np.unique(_joint(owner[there], grams[there]), return_counts=True)
        sentence, gram = keys >> 32, keys & 0xFFFFFFFF
        cut = int(np.searchsorted(sentence, split))
        result[0].append(_Counts(sentence[:cut], gram[:cut], count[:cut]))
        result[1].append(_Counts(sentence[cut:] - split, gram[cut:], count[cut:]))
    return result


def _joint(owner: Ints, gram: Ints) -> Ints:
    """Pack two columns of numbers below 2**31 into one that sorts by the first, then the second."""
    return (owner.astype(np.int64) << 32) | gram


def _largest(owner: Ints, gram: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Give the sorted joint keys and for each the largest count."""
    keys = _joint(owner, gram)
    order = np.lexsort((count, keys))
    last = np.flatnonzero(np.append(np.diff(keys[order]) != 0, True)) if len(keys) else order
    return keys[order][last], count[order][last]


def _looked_up(keys: Ints, values: NDArray[np.generic], wanted: Ints) -> Floats:
    """Give the value at each wanted key, 0 where it is missing. keys: sorted."""
    if not len(keys):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(np.float64)


def _idf(owner: Ints, gram: Ints, other: Ints, size: int) -> Floats:
    """Give log(images) - log(images whose references hold the n-gram, at least 1) for every n-gram number."""
    highest = int(max(gram.max(initial=-1), other.max(initial=-1))) + 1
    images = np.bincount(np.unique(_joint(owner, gram)) & 0xFFFFFFFF, minlength=highest)
    weight: Floats = np.log(size) - np.log(np.maximum(1, images))
    return weight
