"""The truth of simulated scenes on disk: JSON, a GeoPackage of objects, rasters of cover and change, questions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.answers.document import pixels
from geoglot.conversation import Json, Sample
from geoglot.regions import Grid, Region
from geoglot.scenes.write import ClassRaster, Column, Layer, write_classes, write_layers
from geoglot.simulate.earth import grid_of
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.tables import COVER_CLASSES
from geoglot.simulate.truth import SimObject

Kind = type[str] | type[int] | type[float]

# Colours of the land covers, in their order: those that maps are used to.
COVER_COLOURS = (
    (64, 120, 200), (30, 110, 50), (150, 160, 80), (140, 200, 90), (240, 200, 90), (190, 150, 110), (150, 150, 150),
    (240, 250, 255), (90, 170, 160), (210, 90, 80), (80, 80, 90),
)  # fmt: skip
_CHANGE_COLOURS = (
    (228, 26, 28), (255, 127, 0), (55, 126, 184), (166, 206, 227), (255, 217, 47), (153, 52, 4), (77, 175, 74),
    (231, 41, 138), (150, 150, 150),
)  # fmt: skip
_COLUMNS: Mapping[str, Kind] = {
    "id": str,
    "label": str,
    "visible": float,
    "length_m": float,
    "width_m": float,
    "height_m": float,
    "colour": str,
    "material": str,
    "second_colour": str,
    "stand": str,
    "running": int,
    "speed_mps": float,
}


def view_record(seen: SimulatedScene, *, time: str) -> dict[str, Json]:
    """Give everything that is true of one view. Objects are in pixels; see SimObject for their fields."""
    shares = np.bincount(seen.cover.ravel(), minlength=len(COVER_CLASSES)) / seen.cover.size
    return {
        "sensor": seen.sensor,
        "bands": list(seen.bands),
        "size": [seen.image.shape[2], seen.image.shape[1]],
        "gsd_m": seen.gsd_m,
        "time": time,
        "world_seed": seen.world_seed,
        "world_x_m": seen.x_m,
        "world_y_m": seen.y_m,
        "season": _number(seen.season),
        "night": seen.night,
        "sun_azimuth_deg": _number(seen.sun_azimuth_deg),
        "sun_elevation_deg": _number(seen.sun_elevation_deg),
        "scene": seen.scene_label,
        "cover": {name: round(float(share), 6) for name, share in zip(COVER_CLASSES, shares, strict=True)},
        "objects": objects_record(seen.objects),
    }


def objects_record(things: Iterable[SimObject]) -> list[Json]:
    """Give objects as JSON, pixels to a thousandth; ids are text, for they have more digits than some readers keep."""
    return [{field.name: _plain(getattr(thing, field.name), field.name) for field in fields(thing)} for thing in things]


def write_json(path: Path, document: Json) -> None:
    """Write a JSON document."""
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def write_objects(path: Path, frames: Sequence[tuple[Grid, Sequence[SimObject]]]) -> Path:
    """Write the outlines of all objects of all frames as one GeoPackage layer `objects` in the frames' CRS."""
    import shapely

    rows = [(number, grid, thing) for number, (grid, things) in enumerate(frames) for thing in things]
    places = tuple(shapely.Polygon(grid.to_crs(np.array(thing.outline))) for _, grid, thing in rows)
    columns = [Column("frame", int, tuple(number for number, _, _ in rows))]
    for name, kind in _COLUMNS.items():
        cells = tuple(kind(getattr(thing, name)) for _, _, thing in rows)
        columns.append(Column(name, kind, tuple(round(c, 3) if isinstance(c, float) else c for c in cells)))
    with _still_clock():
        return write_layers(path, [Layer("objects", frames[0][0].crs or "", places, tuple(columns))])


def write_cover(path: Path, seen: SimulatedScene) -> Path:
    """Write the land cover of a view: class k of the raster is the k-th of COVER_CLASSES, counted from 1."""
    return _raster(path, seen, seen.cover + np.uint8(1), COVER_CLASSES, COVER_COLOURS)


def write_change(path: Path, seen: SimulatedScene, change: NDArray[np.uint8], names: Sequence[str]) -> Path:
    """Write what changed since a view: 0 nothing, class k the k-th of `names` after "none"."""
    return _raster(path, seen, change, tuple(names[1:]), _CHANGE_COLOURS)


def question_record(sample: Sample, paths: Sequence[str]) -> dict[str, Json]:
    """Give a question with its answer and truth; regions are in pixels, in the forms of an answer's JSON."""
    value = sample.truth.value
    return {
        "id": sample.id,
        "task": str(sample.task),
        "type": sample.type,
        "images": list(paths),
        "question": sample.conversation.question.text,
        "shown": [_region(region) for region in sample.conversation.question.regions],
        "answer": sample.references[0],
        "value": list(value) if isinstance(value, tuple) else value,
        "unit": sample.truth.unit,
        "regions": [_region(region) for region in sample.truth.regions],
        "source": sample.source,
        "licence": sample.licence,
    }


def write_questions(path: Path, samples: Iterable[Sample], paths: Sequence[str]) -> int:
    """Write a line of JSON for each sample and give their number. paths: of the images, relative to the data set."""
    lines = [json.dumps(question_record(sample, paths), ensure_ascii=False, allow_nan=False) for sample in samples]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


@contextmanager
def _still_clock() -> Iterator[None]:
    """Let GDAL write one fixed time of last change into GeoPackages, so that equal truth gives equal bytes."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _region(region: Region) -> dict[str, Json]:
    return {"type": region.type, "label": region.label, "frame": region.frame, "pixels": pixels(region)}


def _raster(
    path: Path,
    seen: SimulatedScene,
    classes: NDArray[np.uint8],
    names: tuple[str, ...],
    colours: tuple[tuple[int, int, int], ...],
) -> Path:
    height, width = classes.shape
    grid = grid_of(seen.x_m, seen.y_m, (width, height), seen.gsd_m)
    return write_classes(path, ClassRaster(grid, names, colours, lambda first, last: classes[first:last]))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _plain(value: object, name: str) -> Json:
    if name == "id":
        return str(value)
    if isinstance(value, tuple):
        return [_plain(part, "") for part in value]
    if isinstance(value, float):
        return round(value, 3)
    assert isinstance(value, str | int)
    return value
