"""In which setting a model sits a benchmark: had its weights seen the training part of the benchmark's sets?

Published tables mix both; numbers of the one say nothing about numbers of the other.
"""

from __future__ import annotations

import enum

from geoglot.evaluate.benchmarks import Benchmark
from geoglot.models.protocol import Model


class Setting(enum.StrEnum):
    """Whether the weights were taught on the sets that they are tested on."""

    ZERO_SHOT = "zero-shot"
    FINE_TUNED = "fine-tuned"
    UNKNOWN = "unknown"


def sets_of(benchmark: Benchmark) -> frozenset[str]:
    """Give the names of the data sets that a benchmark tests on; its own where it has no card."""
    return frozenset(card.name for card in benchmark.cards) or frozenset({benchmark.name})


def setting(model: Model, benchmark: Benchmark) -> Setting:
    """Tell the setting: one set in common is enough to be fine-tuned. What a model does not tell is unknown."""
    if model.trained_on is None:
        return Setting.UNKNOWN
    return Setting.FINE_TUNED if model.trained_on & sets_of(benchmark) else Setting.ZERO_SHOT
