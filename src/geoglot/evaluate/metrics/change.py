"""Change captions (LEVIR-CC, LEVIR-MCI): coco-caption over stored words, and whether change was told at all.

    S_m = mean of BLEU-4, METEOR, ROUGE_L and CIDEr
    nochange_acc = pairs without change answered with a stock sentence / pairs without change; change_acc likewise

Half of LEVIR-CC's pairs share five stock sentences as references: one constant sentence scores BLEU-4 51.49 and
CIDEr 101.93, so look at the part with change, reported per type.

Source: Chen-Yang-Liu/RSICC utils.py, Change-Agent Multi_change/{test.py, utils_tool/utils.py}.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoglot.evaluate.metrics.captions import Captions, as_stored, read_captions, score_coco
from geoglot.evaluate.metrics.interval import score_means
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

STOCK = frozenset(
    (
        "the scene is the same as before",
        "there is no difference",
        "the two scenes seem identical",
        "no change has occurred",
        "almost nothing has changed",
    )
)
"""What LEVIR-CC says of pairs without change."""


def score_change_captions(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score change captions as a whole, and apart for pairs with and without change."""
    captions = read_captions(predictions)
    scores, notes = score_coco(captions, as_stored, seed)
    _add_mean(scores)
    same = np.array([_bare(group[0]) in STOCK for group in captions.references])
    said_same = np.array([_bare(answer) in STOCK for answer in captions.answers])
    per_type: dict[str, dict[str, Score]] = {}
    for name, member in (("change", ~same), ("nochange", same)):
        if member.any():
            part, _ = score_coco(_part(captions, np.flatnonzero(member).tolist()), as_stored, seed)
            _add_mean(part)
            right = said_same[member] == (name == "nochange")
            per_type[name] = part | score_means({"accuracy": right}, seed=seed)
            scores[f"{name}_acc"] = per_type[name]["accuracy"]
    return Scores(scores, per_type, captions.silent, tuple(notes))


def _bare(text: str) -> str:
    return " ".join(text.lower().replace(".", " ").split())


def _part(captions: Captions, rows: list[int]) -> Captions:
    return Captions([captions.answers[i] for i in rows], [captions.references[i] for i in rows], 0)


def _add_mean(scores: dict[str, Score]) -> None:
    keys = ("BLEU-4", "METEOR", "ROUGE_L", "CIDEr")
    if all(key in scores for key in keys):
        four = [scores[key] for key in keys]
        value = sum(score.value for score in four) / 4
        scores["S_m"] = Score(value, float("nan"), float("nan"), four[0].n)


PROTOCOLS = (
    Protocol(
        "change/caption@1",
        "coco-caption's scores over words as stored, their mean S_m, accuracy of telling change",
        "Chen-Yang-Liu/RSICC utils.py; Chen-Yang-Liu/Change-Agent Multi_change/test.py",
        score_change_captions,
        (
            "the scripts score vocabulary numbers in place of words: their METEOR is 1 to 2 points higher on the stock "
            "sentences (29.33 for 27.77), all else equal; a file that holds numbers gives their value",
            "a pair is without change if its first reference is a stock sentence",
            "S_m has no interval",
        ),
    ),
)
