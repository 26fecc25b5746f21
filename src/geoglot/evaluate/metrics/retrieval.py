"""Retrieval between images and captions: recall at 1, 5, 10 both ways, and their mean mR.

    i2t R@k = images with one of their own captions among the k nearest captions / images
    t2i R@k = captions whose image is among the k nearest images / captions
    mR = mean of the six

A sample is an image: its prediction holds the similarity to every caption of the file, its truth the places of
its own captions. Of equal similarities the one that stands later in the file comes first, and a caption that
another image shares counts as wrong: on RSICD the texts alone bound t2i at 93.12, 99.19, 99.78.

Source: xiaoyuan1996/AMFMN AMFMN/utils.py, acc_i2t2 and acc_t2i2 (argsort reversed).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import resamples
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

_AT = (1, 5, 10)


def rank_of(similarity: NDArray[np.float64], place: int) -> int:
    """Give how many entries of a row come before the one at `place`: the larger, and later ones that are equal."""
    own = similarity[place]
    return int(np.count_nonzero(similarity > own) + np.count_nonzero(similarity[place + 1 :] == own))


def score_retrieval(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score similarities of images (rows) to captions (columns); intervals come from drawing images."""
    need_samples(predictions)
    table, own = _table(predictions)
    hits = np.zeros((len(own), 7))  # i2t at 1, 5, 10; t2i at 1, 5, 10; captions
    for image, places in enumerate(own):
        best = min(rank_of(table[image], place) for place in places)
        ranks = np.array([rank_of(table[:, place], image) for place in places])
        hits[image] = [best < k for k in _AT] + [np.count_nonzero(ranks < k) for k in _AT] + [len(places)]

    def shares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        recalls = np.hstack([sums[:, :3] / len(own), sums[:, 3:6] / sums[:, 6:]])
        return 100 * np.hstack([recalls, recalls.mean(axis=1, keepdims=True)])

    names = [*(f"i2t_R@{k}" for k in _AT), *(f"t2i_R@{k}" for k in _AT), "mR"]
    values = shares(hits.sum(axis=0, keepdims=True))[0]
    drawn = np.concatenate([shares(weights @ hits) for weights in resamples(len(own), seed=seed)])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    counts = [len(own)] * 3 + [int(hits[:, 6].sum())] * 3 + [len(own)]
    rows = zip(names, values.tolist(), low.tolist(), high.tolist(), counts, strict=True)
    return Scores({name: Score(v, lo, hi, n) for name, v, lo, hi, n in rows})


def _table(predictions: Sequence[Prediction]) -> tuple[NDArray[np.float64], list[list[int]]]:
    try:
        table = np.array([p.prediction for p in predictions], np.float64)
        own = [[int(place) for place in np.atleast_1d(np.asarray(p.truth))] for p in predictions]
    except (TypeError, ValueError) as error:
        raise InputError("similarities of equal length were expected in every row", hint=str(error)) from error
    if table.ndim != 2 or not all(places and 0 <= min(places) <= max(places) < table.shape[1] for places in own):
        raise InputError(
            "retrieval needs a row of similarities and the places of the own captions for each image",
            value=table.shape,
            expected="prediction: (captions,), truth: list of places",
        )
    return table, own


PROTOCOLS = (
    Protocol(
        "retrieval/mr@1",
        "recall at 1, 5, 10 from image to text and from text to image, and their mean",
        "xiaoyuan1996/AMFMN AMFMN/utils.py",
        score_retrieval,
        (
            "equal similarities: the later entry of the file comes first (numpy argsort reversed)",
            "a caption that two images share is right for its own image only",
        ),
    ),
)
