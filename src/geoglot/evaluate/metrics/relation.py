"""Relations between objects: triplets (subject, relation, object) found against true ones.

    micro F1 = 2 TP / (found + true), sums over images        macro F1 = mean over relations of their F1

A triplet matches when its three texts are equal without case; each true one is used once. The scripts of FIT-RS
(sgg_eval, eval_map.py) stand in a data repository that cannot be read here, so this is geoglot's definition and
no published number is claimed to follow it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import score_sums
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores

Triplet = tuple[str, str, str]


def triplets(value: object) -> list[Triplet] | None:
    """Give the triplets of a list of [subject, relation, object] or of mappings with these keys; None if it is none."""
    if value is None or isinstance(value, str) or not isinstance(value, Sequence):
        return None
    found = []
    for item in value:
        parts = [item.get(k) for k in ("subject", "relation", "object")] if isinstance(item, Mapping) else item
        if isinstance(parts, str) or not isinstance(parts, Sequence) or len(parts) != 3:
            return None
        first, second, third = (" ".join(str(part).lower().split()) for part in parts)
        found.append((first, second, third))
    return found


def score_triplets(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score triplets of each image: micro precision, recall, F1, and F1 averaged over relations."""
    need_samples(predictions)
    rows: list[tuple[Counter[Triplet], Counter[Triplet]]] = []
    unread = 0
    for prediction in predictions:
        true = triplets(prediction.truth)
        if true is None:
            raise InputError(f"sample {prediction.id} has no triplets", value=prediction.truth)
        said = triplets(prediction.prediction)
        unread += said is None
        rows.append((Counter(true), Counter(said or ())))
    names = sorted({relation for true, _ in rows for _, relation, _ in true})
    column = {name: index for index, name in enumerate(names)}
    width = len(names) + 1  # the last column takes relations that no truth has
    parts = np.zeros((len(rows), 3, width))
    for part, (wanted, found) in zip(parts, rows, strict=True):
        for counts, target in ((wanted & found, part[0]), (found, part[1]), (wanted, part[2])):
            for (_, relation, _), count in counts.items():
                target[column.get(relation, width - 1)] += count

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        right, said, there = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, width), -2, 0)
        macro = np.nanmean(np.where(there > 0, 2 * right / (said + there), np.nan)[..., :-1], axis=-1)
        right, said, there = right.sum(-1), said.sum(-1), there.sum(-1)
        return 100 * np.stack([right / said, right / there, 2 * right / (said + there), macro], axis=-1)

    flat = parts.reshape(len(rows), -1)
    return Scores(score_sums(flat, statistic, ["precision", "recall", "f1_micro", "f1_macro"], seed=seed), {}, unread)


PROTOCOLS = (
    Protocol(
        "relation/triplet-f1@1",
        "micro precision, recall, F1 over (subject, relation, object), F1 averaged over relations",
        "geoglot; the scripts of FIT-RS are not readable",
        score_triplets,
        ("published relation F1 values do not say whether they are micro or macro",),
    ),
)
