"""Where and when simulated scenes are put down on the real Earth, so that lengths, areas and dates come out right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from geoglot.regions import Grid

CRS = "EPSG:32633"
TILE = "33TWL"
"""The Sentinel-2 tile that holds every scene: UTM zone 33 north, 45° north, beside the central meridian."""

_CORNER_M = (502_000.0, 5_098_000.0)  # upper left of the ground that the world is folded into
_FOLD_M = 80_000.0
_YEAR = 2026
_DAY, _NIGHT = timedelta(hours=9, minutes=30), timedelta(hours=22)  # UTC of a morning pass and of a night flight


def grid_of(x_m: float, y_m: float, size_px: tuple[int, int], gsd_m: float) -> Grid:
    """Give the grid of a window of a world whose upper left corner is x_m, y_m (y runs south).

    The simulated Earth lies nowhere on the real one; it is folded into one tile, so scenes of one place share theirs.
    """
    east = _CORNER_M[0] + x_m % _FOLD_M
    north = _CORNER_M[1] - y_m % _FOLD_M
    return Grid(*size_px, crs=CRS, affine=(gsd_m, 0.0, east, 0.0, -gsd_m, north))


def time_of(season: float, *, night: bool = False, years: int = 0) -> datetime:
    """Give the UTC of a season (fraction of the year, 0.5 is midsummer, 21 June). years: after the first."""
    # Season 0.5 is midsummer: the year of the seasons begins at midwinter, eleven days before the calendar's.
    begin = datetime(_YEAR + years, 1, 1, tzinfo=UTC) - timedelta(days=11)
    return begin + timedelta(days=round(365.0 * season)) + (_NIGHT if night else _DAY)
