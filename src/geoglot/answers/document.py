"""An answer as the JSON document that the command line and the HTTP API return."""

from __future__ import annotations

from collections.abc import Iterator

from geoglot.answers.ground import frame_of, whole_grid
from geoglot.answers.hashing import sha256_of
from geoglot.conversation import Answer, Json
from geoglot.errors import PlaceError
from geoglot.regions import Box, Grid, Mask, OrientedBox, Polygon, Region
from geoglot.regions.measure import area_m2
from geoglot.scenes import Scene, SceneKind

_PIXEL_DECIMALS = 3
_DEGREE_DECIMALS = 7
_METRE_DECIMALS = 2


def as_json(answer: Answer) -> dict[str, Json]:
    """Give the document of the interface: text, task, value, regions, evidence, query, confidence, inputs …

    A region has `lonlat` and, if it is an area, `area_m2` only where its frame has a place on Earth.
    """
    value = answer.value
    document: dict[str, Json] = {
        "text": answer.text,
        "task": str(answer.task),
        "value": list(value) if isinstance(value, tuple) else value,
        "regions": [_region(answer, region) for region in answer.regions],
        "evidence": list(answer.evidence),
        "query": dict(answer.query),
        "confidence": round(answer.confidence, 4),
        "unsure": answer.unsure,
        "warnings": list(answer.warnings),
        "model": answer.model,
        "model_sha256": answer.model_sha256,
        "inputs": list(_inputs(answer.scene)) if answer.scene else [],
        "seconds": {step: round(seconds, 4) for step, seconds in answer.seconds.items()},
    }
    if answer.unit is not None:
        document["unit"] = answer.unit
    return document


def pixels(region: Region) -> Json:
    """Give a region's own numbers, in pixels of its frame.

    box: x0, y0, x1, y1. oriented-box: cx, cy, w, h, angle in degrees. polygon: rings of points. point: x, y.
    path: points. mask: left, top, width, height, and runs row by row, off first.
    """
    if isinstance(region, Box):
        return _rounded((region.x0, region.y0, region.x1, region.y1))
    if isinstance(region, OrientedBox):
        return _rounded((region.cx, region.cy, region.w, region.h, region.angle_deg))
    if isinstance(region, Polygon):
        return [[_rounded(point) for point in ring] for ring in region.rings]
    if isinstance(region, Mask):
        place = {"left": region.left, "top": region.top, "width": region.width, "height": region.height}
        return {**place, "runs": list(region.runs)}
    points = [_rounded(point) for point in region.outline.tolist()]
    return points[0] if region.type == "point" else points


def _region(answer: Answer, region: Region) -> dict[str, Json]:
    document: dict[str, Json] = {
        "type": region.type,
        "label": region.label,
        "score": None if region.score is None else round(region.score, 4),
        "frame": region.frame,
        "pixels": pixels(region),
    }
    if answer.scene is not None:
        document |= _place(region, whole_grid(frame_of(answer, region.frame)))
    return document


def _place(region: Region, grid: Grid) -> dict[str, Json]:
    """Where a region lies on Earth; nothing where that is not known."""
    if not grid.located:
        return {}
    try:
        outline = grid.to_lonlat(region.outline)
    except PlaceError:  # beside the Earth's disk: the region is real, its ground is not
        return {}
    place: dict[str, Json] = {"lonlat": [_rounded(point, _DEGREE_DECIMALS) for point in outline.tolist()]}
    if region.type not in ("point", "path"):
        place["area_m2"] = round(area_m2(region, grid), _METRE_DECIMALS)
    return place


def _inputs(scene: Scene) -> Iterator[dict[str, Json]]:
    """Every file once; of a video the frames are one file."""
    frames = (scene.frame,) if scene.kind is SceneKind.VIDEO else scene.frames
    sensors = {path: frame.sensor.name for frame in frames for path in frame.paths}
    for path, sensor in sensors.items():
        yield {"path": str(path), "kind": str(scene.kind), "sensor": sensor, "sha256": sha256_of(path)}


def _rounded(numbers: tuple[float, ...] | list[float], decimals: int = _PIXEL_DECIMALS) -> list[Json]:
    return [round(number, decimals) for number in numbers]
