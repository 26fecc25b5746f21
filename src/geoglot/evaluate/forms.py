"""The JSON forms of answers and truths: what stands in a prediction file and what protocols read.

    yes/no, whole number, name, names     true, 12, "forest", ["sand", "sea"]
    area                                  "39.8 %"
    detect, ground, track                 [{"label", "box" | "obox" | "polygon" | "point" | "path", "score"?,
                                            "difficult"?}]
    segment, change-mask                  {"size": [height, width], "counts": [off, on, off ...]} (COCO, by columns)
    captions                              the text; the truth is the list of its references

Coordinates are pixels, rounded to hundredths. None stands for no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.evaluate.benchmarks.samples import IGNORED
from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, Region
from geoglot.regions.runs import runs_of
from geoglot.tasks import TaskName, Value

if TYPE_CHECKING:
    from geoglot.conversation import Answer, Json, Sample

MASKS = frozenset({TaskName.SEGMENT, TaskName.CHANGE_MASK})
PLACES = frozenset({TaskName.DETECT, TaskName.GROUND, TaskName.TRACK})
TEXTS = frozenset({TaskName.CAPTION, TaskName.CHANGE_CAPTION, TaskName.DESCRIBE_REGION})

Size = tuple[int, int]
"""Width and height in pixels."""


def answer_form(answer: Answer, sample: Sample, size: Size) -> Json:
    """Give what an answer says, in the form of the sample's task; None if it says nothing that can be scored.

    An answer without a typed value where the task has one was not readable: its text is not guessed at. Regions
    are what was asked for, whatever the model calls them. size: of the frame that the truth lies in.
    """
    if sample.task in TEXTS:
        return answer.text.strip() or None
    if sample.task in MASKS:
        return mask_form(answer.regions, size)
    if sample.task in PLACES:
        return [region_form(replace(region, label=sample.type)) for region in answer.regions]
    return value_form(answer.value, answer.unit)


def truth_form(sample: Sample) -> Json:
    """Give the truth of a sample in the form of its task."""
    if sample.task in TEXTS:
        return list(sample.references)
    truth = sample.truth
    if sample.task in MASKS:
        return mask_form(truth.regions, size_of(sample))
    if sample.task in PLACES:
        return [region_form(region) for region in truth.regions]
    return value_form(truth.value, truth.unit)


def size_of(sample: Sample) -> Size:
    """Give the size of the first frame. The sample must have a scene."""
    assert sample.conversation.scene is not None
    return sample.conversation.scene.size


def value_form(value: Value, unit: str | None) -> Json:
    """Give a typed value: numbers with a unit as text, names as a list."""
    if unit is not None and isinstance(value, int | float):
        return f"{value:.6g} {unit}"
    return list(value) if isinstance(value, tuple) else value


def region_form(region: Region) -> dict[str, Json]:
    """Give a region as an object of a prediction file; one whose label is `IGNORED` is difficult."""
    form: dict[str, Json] = {"label": region.label or "object", **_place(region)}
    if region.label == IGNORED:
        form["difficult"] = True
    if region.score is not None:
        form["score"] = round(region.score, 4)
    if region.frame:
        form["frame"] = region.frame
    return form


def _place(region: Region) -> dict[str, Json]:
    if isinstance(region, OrientedBox):
        return {"obox": _rounded((region.cx, region.cy, region.w, region.h, region.angle_deg))}
    if isinstance(region, Polygon) and len(region.outline) == 4:
        return {"polygon": _rounded(region.outline.ravel().tolist())}
    if isinstance(region, Point):
        return {"point": _rounded(region.outline.ravel().tolist())}
    if isinstance(region, Path):
        return {"path": _rounded(region.outline.ravel().tolist())}
    box = region.bounds
    return {"box": _rounded((box.x0, box.y0, box.x1, box.y1))}


def regions_of(form: Json) -> tuple[Region, ...]:
    """Give back the regions of a form, to be drawn; nothing for forms without places."""
    if isinstance(form, Mapping) and "counts" in form:
        return (Mask.from_array(mask_of(form)),)
    if isinstance(form, str) or not isinstance(form, Sequence):
        return ()
    return tuple(_region(item) for item in form if isinstance(item, Mapping))


def _region(item: Mapping[str, Json]) -> Region:
    label, score = str(item["label"]), item.get("score")
    sure = None if score is None else float(str(score))
    if "obox" in item:
        cx, cy, w, h, angle_deg = _numbers(item["obox"])
        return OrientedBox(cx, cy, w, h, angle_deg, label=label, score=sure)
    if "polygon" in item:
        flat = _numbers(item["polygon"])
        return Polygon((tuple(zip(flat[::2], flat[1::2], strict=True)),), label=label, score=sure)
    if "path" in item:
        flat = _numbers(item["path"])
        return Path(tuple(zip(flat[::2], flat[1::2], strict=True)), label=label, score=sure)
    if "point" in item:
        x, y = _numbers(item["point"])
        return Point(x, y, label=label, score=sure)
    x0, y0, x1, y1 = _numbers(item["box"])
    return Box(x0, y0, x1, y1, label=label, score=sure)


def mask_form(regions: Sequence[Region], size: Size) -> dict[str, Json]:
    """Give the pixels that any of the regions holds as COCO run lengths; `IGNORED` ones stand apart in "ignored"."""
    wanted = [region for region in regions if region.label != IGNORED]
    form = _runs(union(wanted, size))
    if len(wanted) < len(regions):
        form["ignored"] = _runs(union([region for region in regions if region.label == IGNORED], size))["counts"]
    return form


def mask_of(form: Mapping[str, Json]) -> NDArray[np.bool_]:
    """Give (H, W) back from its run lengths."""
    height, width = (int(number) for number in _numbers(form["size"]))
    counts = [int(number) for number in _numbers(form["counts"])]
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T


def union(regions: Sequence[Region], size: Size) -> NDArray[np.bool_]:
    """Give which pixels have their centre in any of the regions, (H, W)."""
    inside = np.zeros((size[1], size[0]), np.bool_)
    for region in regions:
        inside |= region.to_array(size) if isinstance(region, Mask) else _drawn(region, size)
    return inside


def _drawn(region: Region, size: Size) -> NDArray[np.bool_]:
    from geoglot.scenes.gdal import gdal

    gdal()
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine

    rings = region.rings if isinstance(region, Polygon) else (region.outline.tolist(),)
    area = {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in rings]}
    return np.asarray(geometry_mask([area], (size[1], size[0]), Affine.identity(), invert=True), np.bool_)


def _runs(inside: NDArray[np.bool_]) -> dict[str, Json]:
    return {"size": list(inside.shape), "counts": list(runs_of(np.ascontiguousarray(inside.T)))}


def _rounded(numbers: Sequence[float]) -> list[Json]:
    return [round(float(number), 2) for number in numbers]


def _numbers(value: Json) -> list[float]:
    assert isinstance(value, Sequence)
    assert not isinstance(value, str)
    return [float(str(number)) for number in value]
