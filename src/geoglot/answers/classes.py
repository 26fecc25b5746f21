"""An answer's areas as a raster of classes in its scene's grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.answers.colours import colours_of
from geoglot.answers.ground import frame_of, scene_of
from geoglot.conversation import Answer
from geoglot.errors import InputError
from geoglot.regions import Mask, Polygon, Region
from geoglot.scenes.gdal import gdal
from geoglot.scenes.write import ClassRaster
from geoglot.tasks import get

_AREAS = frozenset({"box", "oriented-box", "polygon", "mask"})


def classes(answer: Answer) -> ClassRaster:
    """Give the areas of the first frame that has any, one class a label; where two lie, the better score wins, and an
    object over the land that it stands on.

    A pixel belongs to an area that holds its centre. Raises InputError if the task has no areas to give and the
    answer has none.
    """
    areas = [region for region in answer.regions if region.type in _AREAS]
    if not areas and not _AREAS & set(get(answer.task).gives):
        raise InputError(
            "the answer has no area that a raster could show",
            value=str(answer.task),
            hint="write .json, .geojson or .png",
        )
    index = min((region.frame for region in areas), default=0)
    frame = frame_of(answer, index) if areas else scene_of(answer).frame
    left, top = frame.origin_px
    shown = [region.shifted(-left, -top) for region in areas if region.frame == index]
    shown.sort(key=lambda region: (region.type != "mask", region.score or 0.0))
    colours = colours_of(shown)
    numbers = {label: number for number, label in enumerate(colours, start=1)}

    def rows(first: int, last: int) -> NDArray[np.uint8]:
        out = np.zeros((last - first, frame.size[0]), np.uint8)
        for region in shown:
            box = region.bounds
            if box.y0 < last and box.y1 > first:
                out[_pixels(region, first, out.shape)] = numbers[region.label or ""]
        return out

    return ClassRaster(frame.grid, tuple(label or "unnamed" for label in colours), tuple(colours.values()), rows)


def _pixels(region: Region, first: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pixels of a strip of rows from `first` on a region holds, (H, W)."""
    if isinstance(region, Mask):
        return _strip(region, first, shape)
    gdal()
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine

    rings = region.rings if isinstance(region, Polygon) else (region.outline.tolist(),)
    area = {"type": "Polygon", "coordinates": [np.vstack([ring, ring[:1]]).tolist() for ring in rings]}
    inside = geometry_mask([area], shape, Affine.translation(0, first), invert=True)
    return np.asarray(inside, np.bool_)


def _strip(mask: Mask, first: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The rows of a mask from `first` on, without unfolding all of it."""
    start, end, row = mask.stretches()
    y = row + mask.top - first
    inside = (y >= 0) & (y < shape[0])
    x0, x1, y = start[inside] + mask.left, end[inside] + mask.left, y[inside]
    steps = np.zeros((shape[0], shape[1] + 1), np.int32)
    np.add.at(steps, (y, x0.clip(0, shape[1])), 1)
    np.add.at(steps, (y, x1.clip(0, shape[1])), -1)
    return steps[:, :-1].cumsum(axis=1) > 0
