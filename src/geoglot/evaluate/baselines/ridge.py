"""Ridge regression on colour and texture, linear or with a Gaussian kernel, one class against the rest.

    linear   W = (X'X + λI)⁻¹ X'Y                    the class with the largest xW is said
    kernel   A = (K + λI)⁻¹ Y, K = exp(-γ |x - x'|²)   the class with the largest k(x)A

over features of mean 0 and spread 1. λ and γ are common values, tuned on nothing.

Sources: Hoerl and Kennard, Technometrics 12(1) 1970; Saunders, Gammerman and Vovk, ICML 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import Example, Examples, reply
from geoglot.evaluate.baselines.neighbours import features_like, stacked
from geoglot.evaluate.baselines.prior import words
from geoglot.evaluate.forms import MASKS, PLACES, TEXTS
from geoglot.models.protocol import Model
from geoglot.tasks import Parsed, TaskName, Value

LINEAR_RIDGE = 3.0
KERNEL_RIDGE = 0.1
GAMMA = 0.15  # over the number of features
LEAST_EXAMPLES = 10
NUMBERS = frozenset({TaskName.COUNT, TaskName.AREA})

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    """A fitted map from features to scores. classes: what the columns stand for, none for a number.

    weights: (D + 1, C), or (N, C) beside the N training rows (N, D) of a kernel.
    """

    mean: Floats
    spread: Floats
    weights: Floats
    rows: Floats | None
    classes: tuple[Value, ...]
    unit: str | None

    def scores(self, own: Floats) -> Floats:
        """Give (C,) for the features (D,) of one image."""
        row = (own - self.mean) / self.spread
        basis = np.append(row, 1.0) if self.rows is None else _kernel(row[None], self.rows)[0]
        scores: Floats = basis @ self.weights
        return scores


class Ridge(Model):
    """One probe a question; questions with fewer than ten examples share the probe of their task."""

    def __init__(self, name: str, examples: Examples, *, kernel: bool) -> None:
        self.name, self.sha256 = name, examples.sha256
        self._examples, self._kernel = examples, kernel
        untaught = set(examples.by_task) & (TEXTS | PLACES | MASKS)
        if untaught:
            raise InputError("ridge regression gives values only", value=", ".join(sorted(untaught)))
        self._probes: dict[int, _Probe] = {}

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer from the probe. Raises InputError as `features_like` and `Examples.like`."""
        found = self._examples.like(conversation, task)
        if len(found) < LEAST_EXAMPLES:
            found = self._examples.by_task[found[0].task]
        if id(found) not in self._probes:
            self._probes[id(found)] = _fit(found, kernel=self._kernel)
        probe = self._probes[id(found)]
        own = features_like(probe.mean[None], conversation)
        truth, confidence = _said(probe.scores(own), probe, found[0].task)
        return reply(self.name, self.sha256, truth, task=found[0].task, text=words(truth), confidence=confidence)


def _fit(examples: Sequence[Example], *, kernel: bool) -> _Probe:
    table = stacked(examples)
    mean: Floats = table.mean(axis=0)
    spread: Floats = np.where(table.std(axis=0) > 0, table.std(axis=0), 1.0)
    rows = (table - mean) / spread  # (N, D)
    classes, targets = _targets(examples)
    if kernel:
        gram = _kernel(rows, rows) + KERNEL_RIDGE * np.eye(len(rows))
        weights = np.asarray(np.linalg.solve(gram, targets), np.float64)
        return _Probe(mean, spread, weights, rows, classes, examples[0].truth.unit)
    wide = np.hstack([rows, np.ones((len(rows), 1))])
    penalty = LINEAR_RIDGE * np.eye(wide.shape[1])
    penalty[-1, -1] = 0.0  # the constant is free
    weights = np.asarray(np.linalg.solve(wide.T @ wide + penalty, wide.T @ targets), np.float64)
    return _Probe(mean, spread, weights, None, classes, examples[0].truth.unit)


def _kernel(first: Floats, second: Floats) -> Floats:
    """(N, M) likeness of every row of `first` to every row of `second`."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    likeness: Floats = np.exp(-GAMMA / first.shape[1] * np.maximum(squares, 0.0))
    return likeness


def _targets(examples: Sequence[Example]) -> tuple[tuple[Value, ...], Floats]:
    """What the columns stand for, and (N, C): 1 for the classes that hold, or the logarithm of a number."""
    values = [example.truth.value for example in examples]
    if examples[0].task in NUMBERS:
        return (), np.log1p([[float(str(value))] for value in values])
    held = [value if isinstance(value, tuple) else (value,) for value in values]
    classes = tuple(sorted({one for row in held for one in row}, key=str))
    return classes, np.array([[float(one in row) for one in classes] for row in held])


def _said(scores: Floats, probe: _Probe, task: TaskName) -> tuple[Parsed, float]:
    if task in NUMBERS:
        number = max(0.0, float(np.expm1(min(scores[0], 12.0))))
        return Parsed(round(number) if task is TaskName.COUNT else min(number, 100.0), unit=probe.unit), 0.0
    if task is TaskName.MULTILABEL:
        labels = tuple(str(one) for one, score in zip(probe.classes, scores, strict=True) if score > 0.5)
        return Parsed(labels), float(np.clip(0.5 + np.abs(scores - 0.5).min(), 0, 1))
    best = int(np.argmax(scores))
    return Parsed(probe.classes[best]), float(np.clip(scores[best], 0, 1))
