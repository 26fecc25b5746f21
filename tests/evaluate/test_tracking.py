"""Paths: how near, which way round, and each used once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.forms import region_form, regions_of
from geoglot.evaluate.metrics import PROTOCOLS, Prediction
from geoglot.evaluate.metrics.tracking import evenly
from geoglot.regions import Path
from geoglot.tasks import TaskName, get
from tests.evaluate.samples import pairs, run

if TYPE_CHECKING:
    from geoglot.conversation import Json

ID = "tracking/path@1"
ACROSS = [0, 0, 100, 0]


def path(points: list[int], label: str = "car") -> dict[str, Json]:
    return {"label": label, "path": points}


def test_the_task_names_a_protocol_that_there_is() -> None:
    assert get(TaskName.TRACK).protocol == ID
    assert ID in PROTOCOLS


def test_the_same_way_in_other_steps_is_the_same_path() -> None:
    scores = run(ID, pairs([([path([0, 0, 10, 0, 11, 0, 100, 0])], [path(ACROSS)])], "track")).scores
    assert (scores["f1"].value, scores["ADE_px"].value, scores["FDE_px"].value) == (100, 0, 0)


@pytest.mark.parametrize(("down", "hit"), [(20, 100.0), (20.1, 0.0)])
def test_twenty_pixels_are_a_hit_and_more_are_none(down: float, hit: float) -> None:
    scores = run(ID, pairs([([{"label": "car", "path": [0, down, 100, down]}], [path(ACROSS)])], "track")).scores
    assert scores["recall"].value == hit
    assert scores["ADE_px"].value == pytest.approx(down)


def test_a_path_walked_backwards_is_another_path() -> None:
    scores = run(ID, pairs([([path([100, 0, 0, 0])], [path(ACROSS)])], "track")).scores
    assert scores["f1"].value == 0
    assert scores["FDE_px"].value == 100


def test_every_path_is_used_once_the_nearest_first() -> None:
    said: list[Json] = [path([0, 9, 100, 9]), path([0, 1, 100, 1])]
    scores = run(ID, pairs([(said, [path(ACROSS)])], "track")).scores
    assert (scores["precision"].value, scores["recall"].value) == (50, 100)
    assert scores["ADE_px"].value == pytest.approx(1)


def test_paths_of_another_label_are_not_paired() -> None:
    assert run(ID, pairs([([path(ACROSS, "ship")], [path(ACROSS)])], "track")).scores["f1"].value == 0


def test_a_text_is_read_by_its_codec_and_anything_else_is_unparsed() -> None:
    truth: list[Json] = [{"label": "object", "path": [0, 0, 500, 0]}]
    text = "<path>0,0,500,0</path>"
    read = Prediction("a", "track", text, truth, image_size=(1000, 1000), codec="geoglot")
    plain = Prediction("b", "track", "it goes east", truth, image_size=(1000, 1000), codec="geoglot")
    assert run(ID, [read]).scores["recall"].value == 100
    for lost in (plain, Prediction("c", "track", text, truth), Prediction("d", "track", None, truth)):
        assert run(ID, [lost]).scores["recall"].value == 0
    assert run(ID, [Prediction("d", "track", None, truth)]).unparsed == 1


def test_a_truth_that_is_no_path_is_an_error() -> None:
    with pytest.raises(InputError, match="no list of paths"):
        run(ID, pairs([([path(ACROSS)], [{"label": "car", "box": [0, 0, 1, 1]}])], "track"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=8))
def test_cuts_keep_the_ends_and_lie_at_equal_spacing(points: list[tuple[int, int]]) -> None:
    line = np.array(points, np.float64)
    cut = evenly(line)
    assert cut.shape == (33, 2)
    assert np.allclose(cut[[0, -1]], line[[0, -1]])
    length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert np.linalg.norm(np.diff(cut, axis=0), axis=1).max() <= length / 32 + 1e-6


def test_a_path_keeps_its_points_in_a_prediction_file() -> None:
    way = Path(((1.0, 2.0), (3.5, 4.0), (9.0, 8.0)), label="car", score=0.5)
    assert regions_of([region_form(way)]) == (way,)
