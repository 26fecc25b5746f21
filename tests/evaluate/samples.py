"""Short ways to make the predictions that the tests of this folder score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from geoglot.evaluate.metrics import Prediction, Scores, protocol

if TYPE_CHECKING:
    from geoglot.conversation import Json

SEED = 7


def pairs(rows: Iterable[tuple[Json, Json]], task: str = "vqa") -> list[Prediction]:
    """Give predictions from (answer, truth) pairs."""
    return [Prediction(f"s{i}", task, answer, truth) for i, (answer, truth) in enumerate(rows)]


def typed(rows: Iterable[tuple[Json, Json, str]], task: str = "vqa") -> list[Prediction]:
    """Give predictions from (answer, truth, type) triples."""
    return [Prediction(f"s{i}", task, answer, truth, kind) for i, (answer, truth, kind) in enumerate(rows)]


def run(id: str, predictions: list[Prediction]) -> Scores:
    """Score under a protocol."""
    return protocol(id).score(predictions, SEED)


def value(id: str, key: str, predictions: list[Prediction]) -> float:
    """Give one score under a protocol, in percent."""
    return run(id, predictions).scores[key].value
