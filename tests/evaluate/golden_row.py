"""A row of the golden table, and reading what its parts share."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from geoglot.evaluate.layouts import read_predictions
from geoglot.evaluate.metrics import Prediction, Scores, protocol

Expected = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One score of one golden file. also: other values that the official script gives, by processor."""

    file: str
    protocol: str
    score: str
    expected: float
    digits: int
    got: float
    also: tuple[float, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether what was got is the expected value to the digits that were printed."""
        unit = 0.5 * 10.0**-self.digits * (1 + 1e-9)
        return any(abs(self.got - value) <= unit for value in (self.expected, *self.also))


@functools.cache
def read(path: Path) -> tuple[Prediction, ...]:
    """Give the predictions of a golden file, read once."""
    return read_predictions(path).predictions


@functools.cache
def scored(path: Path, id: str) -> Scores:
    """Give the scores of a golden file under a protocol, counted once."""
    return protocol(id).score(read(path), 0)


def expected_of(folder: Path) -> Expected:
    """Give EarthDial's expected scores by file name."""
    document: Expected = json.loads((folder / "earthdial" / "expected.json").read_text())
    return document


def number(value: object) -> float:
    """Give an expected value, which must be a number."""
    assert isinstance(value, int | float)
    return float(value)
