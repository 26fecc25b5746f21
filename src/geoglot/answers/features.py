"""An answer's regions as features on a map: GeoJSON, and the attribute table of a GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from geoglot.answers.ground import frame_of, scene_of, whole_grid
from geoglot.answers.hashing import sha256_of
from geoglot.conversation import Answer, Json
from geoglot.errors import PlaceError
from geoglot.regions import Grid, Region
from geoglot.regions.geojson import geojson, shape
from geoglot.regions.measure import area_m2, extent
from geoglot.scenes import Scene
from geoglot.scenes.write import Column, Layer

_CONVENTION = "pixels: x right, y down, outer corner of the first pixel at 0, 0"


def to_geojson(answer: Answer) -> dict[str, Json]:
    """Give an RFC 7946 feature collection, one feature a region.

    Raises PlaceError if the scene has no place on Earth.
    """
    require_place(scene_of(answer))
    return {"type": "FeatureCollection", "features": [_feature(answer, region) for region in answer.regions]}


def layer(answer: Answer, *, now: datetime) -> Layer:
    """Give the regions as a layer in the first frame's CRS, named after the task, with the attribute table.

    Lengths and areas are geodesic. Length, width and azimuth (of the long side, clockwise from north, 0..180) are
    those of the smallest turned rectangle on the ground; a path's length is its own. now: the time of writing.
    Raises PlaceError if the scene has no place on Earth.
    """
    crs = require_place(scene_of(answer))
    rows = [_row(answer, region) for region in answer.regions]
    columns = [Column(name, kind, tuple(getattr(row, name) for row in rows)) for name, kind in _COLUMNS.items()]
    same: dict[str, str | None] = {
        "task": str(answer.task),
        "tile_id": None,  # an answer is already merged over its tiles
        "model_id": answer.model,
        "model_sha256": answer.model_sha256 or None,
        "question": answer.question or None,
        "convention": _CONVENTION,
        "created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    columns += [Column(name, str, (cell,) * len(rows)) for name, cell in same.items()]
    places = tuple(shape(region, _grid(answer, region), crs) for region in answer.regions)
    return Layer(str(answer.task), crs, places, tuple(columns))


@dataclass(frozen=True, slots=True)
class _Row:
    """What the table says of one region: metres with 2 decimals, degrees with 7. None where it does not apply."""

    label: str | None
    score: float | None
    score_kind: str  # "model": a model's probability, "none": nobody scored it
    area_m2: float | None
    length_m: float | None
    width_m: float | None
    azimuth_deg: float | None
    lon: float
    lat: float
    frame: int
    image_date: str | None
    asset_sha256: str | None


_COLUMNS: dict[str, type[str] | type[int] | type[float]] = {
    "label": str,
    "score": float,
    "score_kind": str,
    "area_m2": float,
    "length_m": float,
    "width_m": float,
    "azimuth_deg": float,
    "lon": float,
    "lat": float,
    "frame": int,
    "image_date": str,
    "asset_sha256": str,
}


def _row(answer: Answer, region: Region) -> _Row:
    frame, grid = frame_of(answer, region.frame), _grid(answer, region)
    size = extent(region, grid)
    return _Row(
        label=region.label,
        score=region.score,
        score_kind="none" if region.score is None else "model",
        area_m2=_area_m2(region, grid),
        length_m=_rounded(size.length_m, 2),
        width_m=_rounded(size.width_m, 2),
        azimuth_deg=_rounded(size.azimuth_deg, 7),
        lon=round(size.lon, 7),
        lat=round(size.lat, 7),
        frame=region.frame,
        image_date=frame.time.isoformat() if frame.time else None,
        asset_sha256=sha256_of(frame.paths[0]) if frame.paths else None,
    )


def _feature(answer: Answer, region: Region) -> dict[str, Json]:
    grid = _grid(answer, region)
    return {
        "type": "Feature",
        "geometry": geojson(region, grid),
        "properties": {
            "label": region.label,
            "score": region.score,
            "task": str(answer.task),
            "frame": region.frame,
            "area_m2": _area_m2(region, grid),
        },
    }


def require_place(scene: Scene) -> str:
    """Give the CRS of the first frame. Raises PlaceError for a scene without a place, also if nothing was found."""
    grid = scene.grid
    if grid.crs is None or not grid.located:
        raise PlaceError(
            "the image's place on Earth is not known, so its answer cannot be put on a map",
            hint="write .png, .html or .json instead: they are in pixels",
        )
    return grid.crs


def _grid(answer: Answer, region: Region) -> Grid:
    return whole_grid(frame_of(answer, region.frame))


def _area_m2(region: Region, grid: Grid) -> float | None:
    return None if region.type in ("point", "path") else round(area_m2(region, grid), 2)


def _rounded(number: float | None, decimals: int) -> float | None:
    return None if number is None else round(number, decimals)
