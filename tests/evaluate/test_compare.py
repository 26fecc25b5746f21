"""Two results on the same samples: is the difference more than chance?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError, ReadError
from geoglot.evaluate.compare import compare, mcnemar, paired_bootstrap
from geoglot.evaluate.runner import Run, evaluate
from geoglot.tasks import TaskName
from tests.evaluate.toy import Looker, detecting, toy_benchmark


class Careless(Looker):
    """Boxes one square of several."""

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """As a looker, but for the other squares."""
        seen = super().answer(conversation, task=task, seed=seed)
        return replace(seen, regions=seen.regions[:1])


def folders(tmp_path: Path, benchmark=None) -> tuple[Path, Path]:  # type: ignore[no-untyped-def]
    """A majority's result and a looker's."""
    benchmark = benchmark or toy_benchmark()
    for model, name in (("baseline:majority", "a"), (Looker(), "b")):
        evaluate(model, benchmark, data=tmp_path, out=tmp_path / name)
    return tmp_path / "a", tmp_path / "b"


def test_a_better_model_is_told_from_a_worse(tmp_path: Path) -> None:
    found = compare(*folders(tmp_path))
    assert found.difference.value > 0
    assert found.only_first == 0
    assert found.only_second is not None
    assert found.p_mcnemar == pytest.approx(2 * 0.5**found.only_second)


def test_a_result_does_not_differ_from_itself(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    found = compare(one, one)
    assert (found.difference.value, found.p_bootstrap, found.p_mcnemar) == (0, 1, 1)


def test_the_order_turns_the_sign_only(tmp_path: Path) -> None:
    one, other = folders(tmp_path)
    there, back = compare(one, other), compare(other, one)
    assert there.difference.value == -back.difference.value
    assert there.p_mcnemar == back.p_mcnemar


def test_scores_of_parts_have_no_mcnemar_and_name_their_measure(tmp_path: Path) -> None:
    benchmark = toy_benchmark(detecting, protocol="detection/dota@1", headline="mAP@0.5")
    for model, name in ((Looker(), "a"), (Careless(), "b")):
        evaluate(model, benchmark, data=tmp_path, out=tmp_path / name)
    found = compare(tmp_path / "a", tmp_path / "b")
    assert found.measure == "f1 of detection/f1@1"
    assert found.difference.value < 0
    assert (found.only_first, found.only_second, found.p_mcnemar) == (None, None, None)


def test_results_of_other_samples_are_not_compared(tmp_path: Path) -> None:
    one, _ = folders(tmp_path)
    evaluate(Looker(), toy_benchmark(), data=tmp_path, out=tmp_path / "c", run=Run(limit=4))
    with pytest.raises(InputError, match="other samples"):
        compare(one, tmp_path / "c")
    with pytest.raises(ReadError, match="no result"):
        compare(one, tmp_path)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 10, 2 * 0.5**10),
        (1, 8, 2 * (1 + 9) * 0.5**9),
        (6, 16, 0.0524787902832),  # both tails of a binomial of 22, as exact tests of statistics packages give it
    ],
)
def test_mcnemar_is_the_exact_binomial(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p)


@settings(deadline=None)
@given(st.integers(0, 4000), st.integers(0, 4000))
def test_mcnemar_is_a_symmetric_probability(one: int, other: int) -> None:
    assert 0 <= mcnemar(one, other) <= 1
    assert mcnemar(one, other) == mcnemar(other, one)


def test_the_interval_holds_the_mean_and_shrinks_with_more_samples() -> None:
    rng = np.random.default_rng(1)
    few, _ = paired_bootstrap(rng.normal(0.1, 0.5, 50), seed=0)
    many, p = paired_bootstrap(rng.normal(0.1, 0.5, 5000), seed=0)
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 3
    assert p < 0.01
