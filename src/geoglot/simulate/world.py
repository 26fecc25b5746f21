"""The seeded, endless world, and the exact layers of any window of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import paint, paint_ground, paint_nature, paint_objects, paint_wear
from geoglot.simulate.districts import build
from geoglot.simulate.emit import BASE, CLASS, HEIGHT, Kit, Lists, Site, kit
from geoglot.simulate.epoch import NOW, Epoch, objects_at, roads_at, wither
from geoglot.simulate.tables import materials, things
from geoglot.simulate.water import waters

_LARGEST_PX = 1 << 26
# Crowns up to 13 m wide reach this far into a window from stems outside; stems are looked for on a grid of _STEM_M.
_EDGE_M = 8.0
_STEM_M = paint.TREES_UNTIL_M


class Planes(NamedTuple):
    """The rasters of a window as the compiled loops of the views take them; see Layers."""

    material: NDArray[np.uint8]
    tone: NDArray[np.float32]
    mixed: NDArray[np.float32]
    thing: NDArray[np.int32]
    ground_m: NDArray[np.float32]
    surface_m: NDArray[np.float32]
    slope_x: NDArray[np.float32]
    slope_y: NDArray[np.float32]


class FarHeights(NamedTuple):
    """Coarse heights of the surface around a window: index of the first column and row, pixel size, heights in m."""

    col0: int
    row0: int
    step_m: float
    surface_m: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What a window holds, on one grid of square pixels; all rasters (H, W), world y and rows run south.

    x_m, y_m: world position of the top-left corner. ground_m, surface_m: heights above the sea. material: index into
    the material table; tone: natural logarithm of its brightness; mixed: share of its dry companion. patch: row of
    `patches` or -1. thing: row of `objects` of what is seen from above, or -1. under: material of
    the ground below the objects. cover: index into COVER_CLASSES.
    objects (N, 16), patches (P, 16), roads (R, 12): columns as named in emit. far: coarse heights around the window.
    """

    x_m: float
    y_m: float
    gsd_m: float
    ground_m: NDArray[np.float32]
    surface_m: NDArray[np.float32]
    slope_x: NDArray[np.float32]
    slope_y: NDArray[np.float32]
    material: NDArray[np.uint8]
    tone: NDArray[np.float32]
    mixed: NDArray[np.float32]
    patch: NDArray[np.int32]
    thing: NDArray[np.int32]
    under: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    objects: NDArray[np.float64]
    patches: NDArray[np.float64]
    roads: NDArray[np.float64]
    far: FarHeights

    @property
    def planes(self) -> Planes:
        """The rasters as one tuple."""
        return Planes(
            self.material, self.tone, self.mixed, self.thing, self.ground_m, self.surface_m, self.slope_x, self.slope_y
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.material.shape
        return rows, columns


class World:
    """One endless 2.5-D Earth; everything in it is a pure function of the seed and the place."""

    def __init__(self, seed: int) -> None:
        if not 0 <= seed < 1 << 63:
            raise InputError("a world needs a seed", value=seed, expected="an integer from 0 to 2**63 - 1")
        self.seed = seed

    @cached_property
    def _kit(self) -> Kit:
        return kit()

    def site(
        self, x_m: float, y_m: float, width_m: float, height_m: float, *, least_m: float = 0.0, time_s: float = 0.0
    ) -> Site:
        """The building site of a rectangle (top-left corner and size in metres): its water and bounds."""
        bounds = np.array([x_m, y_m, x_m + width_m, y_m + height_m], dtype=np.float64)
        # Rivers are looked up with room for the district and the roads that reach into the window.
        near = waters(self.seed, x_m - 900.0, y_m - 900.0, x_m + width_m + 900.0, y_m + height_m + 900.0)
        return Site(self.seed, near, bounds, least_m, time_s)

    def content(self, site: Site) -> Lists:
        """Rows of all objects (without woods), ground patches and road pieces that touch a site."""
        return build(site, self._kit)

    def window(
        self,
        x_m: float,
        y_m: float,
        width_m: float,
        height_m: float,
        gsd_m: float,
        *,
        epoch: Epoch = NOW,
        reach_m: float = 0.0,
    ) -> Layers:
        """The layers of a rectangle at a pixel size and an epoch.

        The corner is moved to the nearest multiple of the pixel size, so that windows of equal pixel size share their
        pixels. reach_m: how far around the window coarse heights are wanted, for shadows that fall in from outside.
        Raises InputError for an empty or enormous window.
        """
        if not (gsd_m > 0 and width_m >= gsd_m and height_m >= gsd_m and math.isfinite(x_m) and math.isfinite(y_m)):
            raise InputError("the window is empty", value=(width_m, height_m, gsd_m), expected="at least one pixel")
        columns, rows = round(width_m / gsd_m), round(height_m / gsd_m)
        if columns * rows > _LARGEST_PX:
            raise InputError(
                "the window is too large at once", value=(columns, rows), expected="fewer than 2**26 pixels"
            )
        return self._paint(round(x_m / gsd_m), round(y_m / gsd_m), columns, rows, gsd_m, (epoch, reach_m))

    def _paint(self, col0: int, row0: int, columns: int, rows: int, step_m: float, when: tuple[Epoch, float]) -> Layers:
        tools = self._kit
        epoch, reach_m = when
        edge_m = max(_EDGE_M, reach_m)
        site = self.site(
            col0 * step_m - edge_m,
            row0 * step_m - edge_m,
            columns * step_m + 2.0 * edge_m,
            rows * step_m + 2.0 * edge_m,
            least_m=1.2 * step_m,
            time_s=epoch.time_s,
        )
        lists = self.content(site)
        built, patches = objects_at(
            lists.objects[: lists.used[0]].copy(), lists.patches[: lists.used[1]].copy(), epoch, tools
        )
        roads = roads_at(lists.roads[: lists.used[2]].copy(), epoch)
        land = _Land(site, patches, roads, epoch, tools)
        canvas = _paint_land(land, col0, row0, columns, rows, step_m)
        fine = step_m <= paint.TREES_UNTIL_M
        look = self._look(land) if fine else None
        objects = built if look is None else np.concatenate([built, self._woods(look)])
        under = canvas.material.copy()
        paint_objects.set_base(objects, self.seed, site.water)
        order = _drawing_order(objects)
        paint_objects.objects(canvas, objects, order, tools)
        far = FarHeights(0, 0, _STEM_M, np.empty((0, 0), np.float32))
        if look is not None and reach_m > 0.0:
            paint_objects.objects(look, objects, order, tools)
            far = FarHeights(look.col0, look.row0, _STEM_M, look.top)
        if fine and epoch.bareness > 0.0:
            paint_wear.bare_crowns(canvas, under, objects, (tools.kind.tree, tools.paint.forest), epoch.bareness)
        wither(canvas.mixed, canvas.material, epoch)
        cover = paint_objects.cover_of(under, canvas.thing, objects, materials().cover, things().cover)
        return Layers(
            col0 * step_m, row0 * step_m, step_m, canvas.base, canvas.top, canvas.slope_x, canvas.slope_y,
            canvas.material, canvas.tone, canvas.mixed, canvas.patch, canvas.thing, under, cover,
            objects, patches, land.roads, far,
        )  # fmt: skip

    def _look(self, land: _Land) -> paint.Canvas:
        """A coarse canvas over the whole site; its pixel size is the same for all windows."""
        x0, y0, x1, y1 = (float(value) for value in land.site.bounds)
        col0, row0 = math.floor(x0 / _STEM_M), math.floor(y0 / _STEM_M)
        return _paint_land(land, col0, row0, math.ceil(x1 / _STEM_M) - col0, math.ceil(y1 / _STEM_M) - row0, _STEM_M)

    def _woods(self, look: paint.Canvas) -> NDArray[np.float64]:
        """Rows for the trees of woods that stand on a coarse canvas: the same trees in all windows."""
        rows, columns = look.base.shape
        room = (columns * _STEM_M / paint_objects.WOOD_M + 6) * (rows * _STEM_M / paint_objects.WOOD_M + 6)
        trees = np.empty((int(room), 16))
        count = paint_objects.woods(look, self._kit, self.seed, trees)
        return trees[:count]


class _Land(NamedTuple):
    """What makes the ground of a window, before objects."""

    site: Site
    patches: NDArray[np.float64]
    roads: NDArray[np.float64]
    epoch: Epoch
    tools: Kit


def _paint_land(land: _Land, col0: int, row0: int, columns: int, rows: int, step_m: float) -> paint.Canvas:
    """A canvas with everything that is ground: nature, patches, roads."""
    canvas = paint.new_canvas(col0, row0, columns, rows, step_m)
    slow = paint.fields(land.site.seed, land.site.water, canvas)
    season = paint.Season(14.0 * land.epoch.winter, land.epoch.states())
    paint_nature.natural(land.site.seed, canvas, slow, land.tools.paint, season)
    paint_ground.patches(canvas, land.patches, land.tools.paint)
    paint_ground.roads(canvas, land.roads, land.tools.paint)
    if step_m <= paint_wear.WEAR_UNTIL_M:
        paint_wear.wear(canvas, land.patches, land.site.seed, land.tools.paint)
    if step_m <= paint_wear.WAVES_UNTIL_M:
        paint_wear.waves(canvas, land.site.seed, land.tools.paint)
    return canvas


def _drawing_order(objects: NDArray[np.float64]) -> NDArray[np.int64]:
    """Flat things, then built and moving things as they come, then crowns from the tallest down.

    The order of crowns does not change the picture; the tallest first spares most of the work in woods.
    """
    crowns = np.isin(objects[:, CLASS], [kit().kind.tree, kit().kind.bush])
    stage = np.where(crowns, 2, objects[:, HEIGHT] > 0.2)
    top = np.where(crowns, -(objects[:, BASE] + objects[:, HEIGHT]), 0.0)
    return np.lexsort((top, stage))
