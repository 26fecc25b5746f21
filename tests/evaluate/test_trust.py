"""The reliability diagram and the risk-coverage curve."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from geoglot.errors import InputError
from geoglot.evaluate.report.trust import Answers, reliability, trust_svg

SURE = np.array([0.95] * 4 + [0.55] * 4)
RIGHT = np.array([1.0, 1, 1, 1, 1, 1, 0, 0])
SVG = "{http://www.w3.org/2000/svg}"


def test_a_bin_tells_how_many_of_its_answers_are_right() -> None:
    low, high = reliability(Answers("yes and no", RIGHT, SURE))
    assert (low.right, low.count, high.right, high.count) == (0.5, 4, 1.0, 4)
    assert [low.confidence, high.confidence] == pytest.approx([0.55, 0.95])
    assert low.low < 0.5 < low.high
    assert high.low == pytest.approx(0.51, abs=0.01)  # Wilson's interval of four of four
    assert high.high == 1.0


def test_the_picture_is_well_formed_and_holds_a_dot_a_bin_and_a_curve_a_kind() -> None:
    drawn = [Answers("found <alone>", RIGHT, SURE), Answers("as answered", RIGHT[:4], SURE[:4])]
    picture = ET.fromstring(trust_svg(drawn))
    assert len(picture.findall(f"{SVG}circle")) == 3
    assert len(picture.findall(f"{SVG}polyline")) == 1 + 2  # the diagonal, and the curves
    assert "found <alone> (8 answers)" in [text.text for text in picture.findall(f"{SVG}text")]


def test_the_surest_are_taken_first() -> None:
    curve = ET.fromstring(trust_svg([Answers("", RIGHT, SURE)])).findall(f"{SVG}polyline")[1]
    heights = [float(point.split(",")[1]) for point in curve.attrib["points"].split()]
    assert heights[:4] == [max(heights)] * 4  # no risk among them; up is less
    assert heights[-1] < heights[0]


def test_answers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError):
        Answers("", RIGHT, SURE[:3])
    with pytest.raises(InputError):
        trust_svg([])
