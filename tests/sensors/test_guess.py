"""Guesses from structure: what bands, numbers and sizes alone tell of a sensor."""

import pytest

from geoglot.sensors import Structure, by_structure


def first(**seen: object) -> str | None:
    guesses = by_structure(Structure(**seen))  # type: ignore[arg-type]
    return guesses[0].sensor.name if guesses else None


@pytest.mark.parametrize(
    ("seen", "sensor"),
    [
        ({"dtype": "uint8", "count": 3, "gsd_m": 0.1}, "aerial-rgb"),
        ({"dtype": "uint8", "count": 3}, "rgb"),
        ({"dtype": "uint8", "count": 1}, "grey"),
        ({"dtype": "uint8", "count": 4, "gsd_m": 0.6, "crs": "EPSG:26914"}, "naip"),
        ({"dtype": "uint8", "count": 4, "gsd_m": 0.6, "crs": "EPSG:32614"}, "aerial-rgbn"),
        ({"dtype": "uint16", "count": 13, "gsd_m": 10.0}, "sentinel-2-l1c"),
        ({"dtype": "uint16", "count": 12, "gsd_m": 20.0}, "sentinel-2-l2a"),
        ({"dtype": "uint16", "count": 4, "gsd_m": 3.0}, "planetscope-4-band"),
        ({"dtype": "uint16", "count": 8, "gsd_m": 2.0}, "worldview-2"),
        ({"dtype": "float32", "count": 2, "medians": (-11.0, -18.0)}, "sar-db"),
        ({"dtype": "float32", "count": 1, "medians": (21.5,)}, "thermal-celsius"),
        ({"dtype": "float32", "count": 1, "medians": (301.0,)}, "thermal-kelvin"),
        ({"dtype": "float32", "count": 1, "medians": (1450.0,)}, "elevation"),
        ({"dtype": "float32", "count": 4, "medians": (0.05, 0.08, 0.1, 0.4)}, "multispectral-reflectance"),
        ({"dtype": "float32", "count": 1, "medians": (21.5,), "name": "site_dem.tif"}, "elevation"),
        ({"dtype": "int16", "count": 1, "name": "Spain_1_LabelHand.tif"}, "classes"),
        ({"dtype": "complex64", "count": 1}, "sar-amplitude"),
        ({"dtype": "int16", "count": 369, "gsd_m": 1.0}, "hyperspectral"),
    ],
)
def test_what_a_raster_looks_like(seen: dict[str, object], sensor: str) -> None:
    assert first(**seen) == sensor


@pytest.mark.parametrize(
    "seen",
    [
        {"dtype": "uint16", "count": 13},  # no ground sample distance: 13 layers of anything
        {"dtype": "uint16", "count": 4, "gsd_m": 30.0},
        {"dtype": "float32", "count": 2},  # no pixels seen
        {"dtype": "uint8", "count": 7},
    ],
)
def test_nothing_is_guessed_without_a_reason(seen: dict[str, object]) -> None:
    assert first(**seen) is None


def test_a_guess_says_why() -> None:
    assert "8-bit" in by_structure(Structure("uint8", 3))[0].why
