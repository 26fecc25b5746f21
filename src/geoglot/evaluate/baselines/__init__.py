"""Baselines: the bar that a model has to clear, as models of the same protocol.

`fit(name, benchmark, data)` gives one, fitted on the benchmark's training part. Those that never look are fitted on
the test itself where there is no training part: that is the best any model could do without looking, and their name
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.errors import InputError, UnknownName
from geoglot.evaluate.baselines.example import Examples, collect
from geoglot.evaluate.baselines.forest import Forest
from geoglot.evaluate.baselines.indices import Indices
from geoglot.evaluate.baselines.neighbours import Nearest
from geoglot.evaluate.baselines.pixels import Pixels
from geoglot.evaluate.baselines.prior import Lookup, Majority, Random
from geoglot.evaluate.baselines.ridge import Ridge
from geoglot.evaluate.baselines.specialist import specialist
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.setting import sets_of
from geoglot.models.protocol import Model

PREFIX = "baseline:"
NAMES = {
    "majority": "the commonest answer to the task",
    "lookup": "the commonest answer to the same words: text only",
    "random": "the answer of a random training sample with the same question",
    "nearest": "k nearest neighbours in colour and texture",
    "linear": "ridge regression on colour and texture",
    "kernel": "the same with a Gaussian kernel",
    "pixels": "a linear rule for every pixel",
    "forest": "randomised trees for every pixel",
    "index": "published thresholds of physical indices, fitted on nothing",
    "specialist": "a plain network trained on the same set alone, beforehand",
}
"""Name -> what it says."""

_BLIND: dict[str, Callable[[str, Examples], Model]] = {"majority": Majority, "lookup": Lookup, "random": Random}
_SEEING: dict[str, Callable[[str, Examples], Model]] = {
    "nearest": Nearest,
    "linear": partial(Ridge, kernel=False),
    "kernel": partial(Ridge, kernel=True),
}

_PIXELWISE: dict[str, Callable[[str, Iterator[Sample]], Model]] = {"pixels": Pixels, "forest": Forest}

__all__ = ["NAMES", "PREFIX", "fit", "named"]


def named(model: str) -> str | None:
    """Give the baseline's name of "baseline:NAME", None for any other model. Raises UnknownName."""
    if not model.startswith(PREFIX):
        return None
    name = model.removeprefix(PREFIX)
    if name not in NAMES:
        raise UnknownName("baseline", name, NAMES)
    return name


def fit(name: str, benchmark: Benchmark, data: Path) -> Model:
    """Fit a baseline on a benchmark's training part below the data root.

    Raises UnknownName; InputError if it cannot answer the benchmark's tasks or there is nothing to fit it on;
    ReadError as the benchmark does.
    """
    if name not in NAMES:
        raise UnknownName("baseline", name, NAMES)
    model = _fitted(name, benchmark, data)
    lessons = frozenset(card.name for card in benchmark.lessons)
    model.trained_on = frozenset() if name == "index" else lessons or sets_of(benchmark)
    return model


def _fitted(name: str, benchmark: Benchmark, data: Path) -> Model:
    full = f"{PREFIX}{name}"
    if name == "index":
        return Indices(full)
    if name == "specialist":
        return specialist(full, benchmark)
    if name in _PIXELWISE:
        return _PIXELWISE[name](full, benchmark.training(data))
    if name in _SEEING:
        examples = _seen(benchmark, data)
        if not examples.by_task:
            raise InputError(f"{name} has nothing to be fitted on", value=benchmark.name,
                             expected="a benchmark with a training part")  # fmt: skip
        return _SEEING[name](full, examples)
    examples = collect(benchmark.training(data))
    if examples.by_task:
        return _BLIND[name](full, examples)
    return _BLIND[name](f"{full} (fitted on the test)", collect(benchmark.samples(data), told=True))


@lru_cache(maxsize=1)
def _seen(benchmark: Benchmark, data: Path) -> Examples:
    """Examples with features: three baselines in turn ask for those of one benchmark."""
    return collect(benchmark.training(data), seen=True)
