"""Water is told by the eye and by physics together, where bands, units and pixel size allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoglot.models.nano import slots
from geoglot.models.nano.shown import Shown, padded
from geoglot.models.nano.water import corrected, measures
from geoglot.regions import Box

COVER = ("water", "grass", "urban")
STRIDE = 4


def shown(levels: dict[str, np.ndarray], modality: str, *, gsd_m: float | None = 10.0) -> Shown:
    """Levels (H, W) as a picture of one raster pixel for each of the eye's."""
    height, width = next(iter(levels.values())).shape
    image, present = slots.centred(levels, (width, height))
    known = np.isfinite(np.stack(list(levels.values()))).any(axis=0)
    box = Box(0, 0, width, height)
    return Shown(padded(image), present, (width, height), box, modality, known, levels, gsd_m)


def radar(co_db: np.ndarray, cross_db: np.ndarray, **options: float | None) -> Shown:
    levels = {}
    for slot, plane in (("co", co_db), ("cross", cross_db)):
        low, high = slots.DECIBELS[slot]
        levels[slot] = ((plane - low) / (high - low)).astype(np.float32)
    return shown(levels, "sar", **options)  # type: ignore[arg-type]


def unsure(height: int, width: int, water: float = 0.1) -> np.ndarray:
    rest = (1 - water) / 2
    return np.broadcast_to(np.float32([water, rest, rest])[:, None, None], (3, height, width)).copy()


def test_radar_measures_are_decibels_averaged_over_the_window() -> None:
    co = np.full((64, 64), -8.0)
    co[:, 32:] = -20.0
    told = measures(unsure(16, 16)[0], radar(co, co - 7), STRIDE)
    assert told is not None
    assert told[0] == pytest.approx(np.log(0.1 / 0.9), abs=1e-5)
    assert told[1][8, 2] == pytest.approx(-8.0, abs=1e-4)
    assert told[2][8, 13] == pytest.approx(-27.0, abs=1e-4)
    assert -20 < told[1][8, 8] < -8  # the window of 120 m reaches over the shore


def test_differences_of_green_and_infrared_are_those_of_reflectance() -> None:
    reflectance = {"green": 0.06, "nir": 0.02, "swir16": 0.01}
    levels = {
        name: np.full((32, 32), value / slots.REFLECTANCE_HIGH[name], np.float32) for name, value in reflectance.items()
    }
    told = measures(unsure(8, 8)[0], shown(levels, "multispectral"), STRIDE)
    assert told is not None
    assert told[1] == pytest.approx(0.04 / 0.08, abs=1e-5)
    assert told[2] == pytest.approx(0.05 / 0.07, abs=1e-5)


def test_dark_cells_become_water_and_the_others_keep_their_proportions() -> None:
    co = np.full((64, 64), -8.0)
    co[:, 32:] = -20.0
    line = (1.0, -0.5, -0.5, -20.0)
    moved = corrected(unsure(16, 16), COVER, radar(co, co - 7), line, STRIDE)
    assert (moved[0][:, 12:] > 0.5).all()
    assert (moved[0][:, :4] < 0.01).all()
    assert moved.sum(axis=0) == pytest.approx(1.0, abs=1e-5)
    assert moved[1] == pytest.approx(moved[2], abs=1e-6)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"gsd_m": 1.0}, id="shadows of fine radar are as dark as water"),
        pytest.param({"gsd_m": None}, id="pixels of unknown size"),
    ],
)
def test_radar_whose_shadows_could_show_is_left_to_the_eye(case: dict[str, float | None]) -> None:
    dark = np.full((32, 32), -25.0)
    assert measures(unsure(8, 8)[0], radar(dark, dark, **case), STRIDE) is None
    kept = corrected(unsure(8, 8), COVER, radar(dark, dark, **case), (1.0, -1.0, -1.0, 0.0), STRIDE)
    assert kept == pytest.approx(unsure(8, 8))


def test_plain_counts_missing_bands_and_photographs_are_left_to_the_eye() -> None:
    dark = np.full((32, 32), -25.0)
    whole = radar(dark, dark)
    assert measures(unsure(8, 8)[0], replace(whole, calibrated=False), STRIDE) is None
    assert measures(unsure(8, 8)[0], replace(whole, levels={"co": whole.levels["co"]}), STRIDE) is None
    assert measures(unsure(8, 8)[0], replace(whole, modality="rgb"), STRIDE) is None


def test_weights_without_a_line_leave_all_as_it_is() -> None:
    dark = np.full((32, 32), -25.0)
    assert corrected(unsure(8, 8), COVER, radar(dark, dark), (), STRIDE) == pytest.approx(unsure(8, 8))
    grass = unsure(8, 8)[1:]
    assert corrected(grass, COVER[1:], radar(dark, dark), (1.0, 0.0, 0.0, 0.0), STRIDE) == pytest.approx(grass)


def test_where_nothing_was_measured_the_eye_decides() -> None:
    dark = np.full((64, 64), -25.0)
    dark[:32] = np.nan
    moved = corrected(unsure(16, 16), COVER, radar(dark, dark), (0.0, -1.0, 0.0, 0.0), STRIDE)
    assert np.isfinite(moved).all()
    assert moved[0][:8] == pytest.approx(0.1)
    assert (moved[0][8:] > 0.99).all()
