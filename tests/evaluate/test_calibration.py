"""Confidence: calibration error and risk against coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.calibration import aurc, expected_calibration_error, risk_coverage
from tests.evaluate.samples import pairs, run


def test_the_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    right, sure = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.95, 0.95, 0.55, 0.55])
    assert expected_calibration_error(right, sure) == pytest.approx(0.5 * 0.45 + 0.5 * 0.45)
    assert expected_calibration_error(np.ones(3), np.ones(3)) == 0


def test_risk_grows_with_coverage_when_confidence_is_right() -> None:
    coverage, risk = risk_coverage(np.array([0.0, 1.0]), np.array([0.2, 0.9]))
    assert coverage.tolist() == [0.5, 1]
    assert risk.tolist() == [0, 0.5]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.5, 0.9])), min_size=1, max_size=20), st.randoms())
def test_the_order_of_the_file_does_not_matter(rows: list[tuple[bool, float]], order: object) -> None:
    shuffled = sorted(rows, key=lambda _: order.random())  # type: ignore[attr-defined]
    areas = [aurc(*np.array(part, np.float64).T) for part in (rows, shuffled)]
    assert areas[0] == pytest.approx(areas[1])


def test_the_excess_is_nothing_for_the_best_order() -> None:
    rows = pairs([({"right": 1, "confidence": 0.9}, None), ({"right": 0, "confidence": 0.1}, None)])
    scores = run("calibration/ece@1", rows).scores
    assert scores["E-AURC"].value == 0
    assert scores["AURC"].value == 25
    assert scores["accuracy"].value == 50


@pytest.mark.parametrize("bad", [None, 0.5, {"right": 1}, {"right": 1, "confidence": 2}])
def test_a_verdict_needs_a_confidence(bad: object) -> None:
    with pytest.raises(InputError, match="no verdict"):
        run("calibration/ece@1", pairs([(bad, None)]))  # type: ignore[list-item]
