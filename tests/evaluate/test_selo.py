"""Semantic localisation: its pieces against plain definitions, and the two printed identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics import Prediction
from geoglot.evaluate.metrics.selo import attention_centres, components, polygon_mask, rmi, selo
from tests.evaluate.samples import pairs, run


@pytest.mark.parametrize(
    ("rsu", "rda", "ras", "printed"), [(0.6920, 0.6667, 0.3323, 0.6772), (0.9281, 0.4689, 0.0633, 0.8163)]
)
def test_the_mean_indicator_is_the_printed_one(rsu: float, rda: float, ras: float, printed: float) -> None:
    assert rmi(rsu, rda, ras) == pytest.approx(printed, abs=1e-4)


def test_a_polygon_is_filled_with_its_edge_and_its_points_cut() -> None:
    square = np.array([[1.9, 1.2], [4.7, 1.0], [4.0, 3.9], [1.0, 3.0]])
    expected = np.zeros((6, 7), np.bool_)
    expected[1:4, 1:5] = True
    assert (polygon_mask([square], (6, 7)) == expected).all()


def test_overlapping_polygons_leave_a_hole() -> None:
    one = np.array([[0.0, 0.0], [6.0, 0.0], [6.0, 6.0], [0.0, 6.0]])
    assert not polygon_mask([one, one + 0.0], (7, 7))[3, 3]


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_components_are_those_of_a_flood_fill(height: int, width: int, data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits, np.bool_).reshape(height, width)
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    centres = []
    while left:
        found = [min(left)]
        left.remove(found[0])
        for y, x in found:
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            found += sorted(near)
        centres.append((int(np.mean([x for _, x in found]) + 1e-9), int(np.mean([y for y, _ in found]) + 1e-9)))
    assert components(mask) == centres


def test_a_bright_spot_is_the_attention_centre() -> None:
    gray = np.zeros((600, 900), np.uint8)
    gray[250:351, 400:501] = 255
    ((x, y),) = attention_centres(gray)
    assert abs(x - 450) <= 3
    assert abs(y - 300) <= 3


def test_a_map_of_the_region_itself_is_nearly_perfect() -> None:
    region = np.array([[300.0, 200.0], [600.0, 200.0], [600.0, 400.0], [300.0, 400.0]])
    gray = polygon_mask([region], (600, 900)).astype(np.uint8) * 255
    rsu, rda, ras, mean = selo(gray, [region])
    assert (rsu, rda) == (1.0, 1.0)
    assert ras < 0.01
    assert mean > 0.99


def test_a_constant_map_scores_high_in_the_middle() -> None:
    region = np.array([[300.0, 200.0], [600.0, 200.0], [600.0, 400.0], [300.0, 400.0]])
    assert selo(np.full((600, 900), 128, np.uint8), [region])[3] > 0.7


def test_a_dark_map_has_no_centre_and_no_salience() -> None:
    region = np.array([[300.0, 200.0], [600.0, 200.0], [600.0, 400.0], [300.0, 400.0]])
    rsu, rda, ras, mean = selo(np.zeros((600, 900), np.uint8), [region, region + 10])
    assert (rsu, rda, ras, mean) == (0, 0, 1, 0)


def test_maps_come_as_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.full((60, 90), 200, np.uint8))
    region = [[30.0, 20.0], [60.0, 20.0], [60.0, 40.0], [30.0, 40.0]]
    sample = Prediction("a", "locate", {"npy": str(tmp_path / "map.npy")}, [region])
    assert run("selo@1", [sample]).scores["Rmi"].value > 50
    with pytest.raises(InputError, match="no map"):
        run("selo@1", pairs([("map.png", [region])]))
