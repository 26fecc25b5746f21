"""How right single answers are: 0..1 for each sample, for paired tests and for finding errors to show.

A corpus score cannot be split over samples (AP, CIDEr, micro F1). Where it cannot, the nearest score of the same
family that can is taken, and named: F1 of the image for detection and labels, ROUGE-L for captions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics import Prediction, Protocol, protocol
from geoglot.evaluate.metrics.captions import caption_rouge

_STAND_INS = {"detection": ("detection/f1@1", "f1"), "multilabel": ("multilabel/sets@1", "f1_micro")}
_TEXTS = frozenset({"caption", "change/caption@1"})


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """measure: what the values are ("OA of vqa/exact@1"). values: (n,) in 0..1, in the order of the samples."""

    measure: str
    values: NDArray[np.float64]

    @property
    def binary(self) -> bool:
        """Whether every answer is either right or wrong."""
        return bool(np.isin(self.values, (0.0, 1.0)).all())


def verdicts(protocol_id: str, headline: str, predictions: Sequence[Prediction]) -> Verdicts:
    """Judge every answer alone. No answer is wrong; nothing found where nothing is, is right.

    Raises InputError if the protocol does not give the headline score.
    """
    family = protocol_id.partition("/")[0]
    if {family, protocol_id} & _TEXTS:
        return Verdicts("ROUGE-L of coco-caption", np.clip(caption_rouge(predictions), 0, 1))
    judge_id, key = _STAND_INS.get(family, (protocol_id, headline))
    judge = protocol(judge_id)
    known: dict[str, float] = {}
    values = np.zeros(len(predictions))
    for place, prediction in enumerate(predictions):
        if prediction.prediction is None:
            continue
        pair = json.dumps([prediction.truth, prediction.prediction], sort_keys=True)
        if pair not in known:
            known[pair] = _alone(judge, key, prediction)
        values[place] = known[pair]
    return Verdicts(f"{key} of {judge_id}", values)


def _alone(judge: Protocol, key: str, prediction: Prediction) -> float:
    scores = judge.score([prediction], 0).scores
    if key not in scores:
        raise InputError("the protocol gives no such score", value=key, expected=", ".join(scores))
    value = scores[key].value / 100
    return 1.0 if math.isnan(value) else min(1.0, max(0.0, value))  # NaN: nothing said and nothing there
