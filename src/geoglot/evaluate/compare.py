"""Is one model better than another on the same samples? Paired bootstrap, and McNemar's test for right or wrong.

Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 16; McNemar, Psychometrika 12 (1947),
in its exact form: under equal models, samples that only one got right fall to either side like a coin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.judge import verdicts
from geoglot.evaluate.metrics import Score
from geoglot.evaluate.metrics.interval import resamples
from geoglot.evaluate.result import Result, read_records, read_result
from geoglot.evaluate.setting import Setting

if TYPE_CHECKING:
    from geoglot.conversation import Json


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results on the same samples.

    measure: what single answers were judged by; difference: mean of second minus first in percent points, with its
    95 % interval. p_bootstrap: two-sided, not below 1 / replicates. only_first, only_second: samples that only one
    got right, and p_mcnemar from them; None where answers are not just right or wrong.
    """

    first: Result
    second: Result
    measure: str
    difference: Score
    p_bootstrap: float
    only_first: int | None = None
    only_second: int | None = None
    p_mcnemar: float | None = None

    @property
    def same_setting(self) -> bool:
        """Whether both or neither had been taught on the benchmark's sets; False also where one does not say."""
        return self.first.setting == self.second.setting != Setting.UNKNOWN

    def as_json(self) -> dict[str, Json]:
        """Give the document that `geoglot compare --json` prints."""
        document: dict[str, Json] = {
            "benchmark": self.first.benchmark,
            "protocol": self.first.protocol,
            "first": _side(self.first),
            "second": _side(self.second),
            "measure": self.measure,
            "difference": self.difference.as_json(),
            "p_bootstrap": round(self.p_bootstrap, 4),
            "same_setting": self.same_setting,
        }
        if self.p_mcnemar is not None:
            document |= {
                "only_first_right": self.only_first,
                "only_second_right": self.only_second,
                "p_mcnemar": float(f"{self.p_mcnemar:.3g}"),
            }
        return document


def compare(first: Path, second: Path, *, seed: int = 0) -> Comparison:
    """Compare two result folders of one benchmark. seed: of the bootstrap.

    Raises InputError unless both hold the same samples with the same truths, ReadError for folders without a result.
    """
    one, other = read_result(first), read_result(second)
    for what in ("benchmark", "protocol"):
        if getattr(one, what) != getattr(other, what):
            raise InputError(f"the results are of another {what}", value=(getattr(one, what), getattr(other, what)))
    if one.hashes["data"] != other.hashes["data"]:
        raise InputError("the results are of other samples or truths", value=(str(first), str(second)),
                         expected="the same --limit and the same data")  # fmt: skip
    judged = [
        verdicts(one.protocol, one.headline, [record.as_prediction() for record in read_records(folder)])
        for folder in (first, second)
    ]
    gain = judged[1].values - judged[0].values
    difference, p_bootstrap = paired_bootstrap(gain, seed=seed)
    if not all(side.binary for side in judged):
        return Comparison(one, other, judged[0].measure, difference, p_bootstrap)
    worse, better = int((gain < 0).sum()), int((gain > 0).sum())
    return Comparison(
        one, other, judged[0].measure, difference, p_bootstrap, worse, better, mcnemar(worse, better)
    )  # fmt: skip


def _side(result: Result) -> dict[str, Json]:
    return {
        "model": result.model,
        "mode": result.mode,
        "setting": str(result.setting),
        result.headline: result.main.as_json(),
    }


def paired_bootstrap(gain: NDArray[np.float64], *, seed: int) -> tuple[Score, float]:
    """Give the mean gain in percent with its 95 % interval, and the two-sided p of no gain.

    gain: (n,), second minus first of each sample, in -1..1.
    """
    drawn = 100 * np.concatenate([weights @ gain / len(gain) for weights in resamples(len(gain), seed=seed)])
    low, high = np.percentile(drawn, (2.5, 97.5))
    tail = min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    return Score(100 * float(gain.mean()), float(low), float(high), len(gain)), min(1.0, max(2 * tail, 1 / len(drawn)))


def mcnemar(only_first: int, only_second: int) -> float:
    """Give the exact two-sided p that both are right equally often, from the samples that only one got right."""
    total, fewer = only_first + only_second, min(only_first, only_second)
    if total == 0:
        return 1.0
    log_half = total * math.log(0.5)
    logs = [math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(fewer + 1)]
    return min(1.0, 2 * math.fsum(math.exp(log + log_half) for log in logs))
