"""What the change head is given: two dates on one grid, each at mean 0 and variance 1."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.models.nano.events import (
    DOUBT,
    FROM_TO,
    KINDS,
    LASTING,
    Comparison,
    DatedLook,
    clouded,
    levelled,
    uncovered,
)
from geoglot.models.nano.evidence import CLOUD, CoverMap
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import open_weights
from geoglot.regions import Box


def picture() -> np.ndarray:
    """Three slots of nine with noise around different means, one column without data."""
    image = np.zeros((9, 32, 32), np.float32)
    image[:3] = np.random.default_rng(0).normal([[[0.3]], [[1.0]], [[-1.5]]], 0.2, (3, 32, 32))
    image[:, :, 5] = 0
    return image


def test_light_air_and_calibration_are_gone_from_levelled_pictures() -> None:
    image = picture()
    hazy = np.where(image != 0, image * 0.6 + 0.25, 0).astype(np.float32)
    assert levelled(hazy, (8, 8)) == pytest.approx(levelled(image, (8, 8)), abs=1e-3)


def test_levelled_pictures_have_mean_0_and_variance_1_where_something_was_measured() -> None:
    found = levelled(picture(), (8, 8))
    known = np.delete(found[:3], 5, axis=2)
    assert known.mean(axis=(1, 2)) == pytest.approx(0, abs=1e-4)
    assert known.std(axis=(1, 2)) == pytest.approx(1, abs=1e-4)
    assert not found[3:].any()
    assert not found[:, :, 5].any()


def test_only_whole_cells_of_the_picture_are_levelled() -> None:
    assert levelled(picture(), (3, 5)).shape == (9, 12, 20)


def test_a_flat_picture_stays_finite() -> None:
    assert np.isfinite(levelled(np.ones((9, 32, 32), np.float32), (8, 8))).all()


def test_a_look_is_brought_to_the_others_grid_without_bands_that_the_other_lacks() -> None:
    coarse = DatedLook(np.arange(64 * 4, dtype=np.float32).reshape(64, 2, 2), np.ones((9, 8, 8), np.float32))
    fine = DatedLook(np.zeros((64, 4, 6), np.float32), np.ones((9, 16, 24), np.float32))
    fine.picture[6:] = 0
    moved = coarse.beside(fine)
    assert moved.dense.shape == (64, 4, 6)
    assert moved.picture.shape == (9, 16, 24)
    assert moved.dense[0].tolist()[3] == [2, 2, 2, 3, 3, 3]
    assert moved.picture.any(axis=(1, 2)).tolist() == [True] * 6 + [False] * 3


def test_what_moves_is_no_lasting_change() -> None:
    cells = np.zeros((len(KINDS), 1, 2), np.float32)
    cells[KINDS.index("flood"), 0, 0] = cells[KINDS.index("moved"), 0, 1] = 1.0
    assert Comparison(cells, np.ones(len(KINDS), np.float32)).lasting.tolist() == [[1.0, 0.0]]
    assert {KINDS[kind] for kind in LASTING} == {*FROM_TO, "other"}


def cover(clouds: np.ndarray | None, shape: tuple[int, int] = (8, 8)) -> CoverMap:
    labels = np.zeros(shape, np.uint8)
    names: tuple[str, ...] = ("grass",)
    if clouds is not None:
        labels[clouds], names = 1, ("grass", CLOUD)
    return CoverMap(names, labels, np.ones(shape, np.float16), Box(0, 0, 32, 32))


def corner(shape: tuple[int, int] = (8, 8)) -> np.ndarray:
    found = np.zeros(shape, np.bool_)
    found[:2, :3] = True
    return found


def test_a_cloud_of_either_date_hides_its_cells_and_their_neighbours() -> None:
    assert not clouded(cover(None), cover(None)).any()
    for before, after in ((cover(corner()), cover(None)), (cover(None), cover(corner()))):
        rows, columns = np.nonzero(clouded(before, after))
        assert (rows.max(), columns.max(), len(rows)) == (2, 3, 12)


def test_clouds_are_brought_to_the_grid_of_the_later_date() -> None:
    hidden = clouded(cover(corner((4, 4)), (4, 4)), cover(None))
    assert hidden.shape == (8, 8)
    assert hidden[:5, :7].all()
    assert hidden.sum() == 35


def test_dates_without_clouds_are_compared_as_they_are() -> None:
    looks = [DatedLook(np.ones((64, 8, 8), np.float32), levelled(picture(), (8, 8))) for _ in range(2)]
    found = uncovered(looks[0], looks[1], np.zeros((8, 8), np.bool_))
    assert found[0] is looks[0]
    assert found[1] is looks[1]


def test_a_cloud_leaves_no_trace_in_what_is_compared() -> None:
    image, hidden = picture(), corner()
    white = image.copy()
    white[:3, :8, :12] = 9.0
    features = np.random.default_rng(1).normal(0, 1, (64, 8, 8)).astype(np.float32)
    overcast = features.copy()
    overcast[:, hidden] = 50.0
    clear, cloudy = (DatedLook(a, levelled(b, (8, 8))) for a, b in ((features, image), (overcast, white)))
    before, after = uncovered(clear, cloudy, hidden)
    assert after.picture == pytest.approx(before.picture, abs=1e-3)
    assert after.dense == pytest.approx(before.dense)
    assert float(np.abs(after.dense).max()) < 5


def test_where_all_is_under_cloud_nothing_differs() -> None:
    looks = [DatedLook(np.full((64, 8, 8), k, np.float32), levelled(picture(), (8, 8))) for k in (1.0, 2.0)]
    before, after = uncovered(looks[0], looks[1], np.ones((8, 8), np.bool_))
    assert not after.dense.any()
    assert not (after.picture - before.picture).any()


def test_no_flag_is_surer_than_the_judge_was_ever_right() -> None:
    rng = np.random.default_rng(0)
    eye = Eye(open_weights())
    for far in (0.0, 5.0):
        dates = [
            DatedLook(
                np.full((64, 16, 16), far * date, np.float32) + rng.random((64, 16, 16), np.float32),
                rng.random((9, 64, 64), np.float32),
            )
            for date in (0, 1)
        ]
        compared = eye.change(dates[0], dates[1], np.array([1, 0, 0, 0], np.float32))
        assert compared is not None
        assert compared.flags.min() >= np.float32(DOUBT)
        assert compared.flags.max() <= np.float32(1 - DOUBT)
