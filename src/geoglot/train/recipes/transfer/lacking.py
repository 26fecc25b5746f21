"""The same simulated scenes with one property of the simulator switched off, to see what it is worth."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from geoglot.data.readers import Labelled
from geoglot.regions import Box, OrientedBox
from geoglot.simulate.render import View
from geoglot.simulate.view_optical import OpticalView, Sun
from geoglot.simulate.view_sar import SarView
from geoglot.simulate.view_thermal import ThermalView
from geoglot.train.recipes.transfer.scenes import CARS, Look, drawn, matched, write

LOG = logging.getLogger(__name__)

NOTHING, SHADOWS, CAMERA, TEXTURE, SPECKLE, PLACEMENT = (
    "nothing", "shadows", "camera", "texture", "speckle", "placement",
)  # fmt: skip
PROPERTIES = {
    "near": (NOTHING, SHADOWS, CAMERA, TEXTURE, PLACEMENT),
    "thermal": (NOTHING, SHADOWS, CAMERA, TEXTURE, PLACEMENT),
    "radar": (NOTHING, CAMERA, SPECKLE),
}
"""Look -> what its scenes may lack. Nothing is the bar: as many scenes, rendered alike."""

COUNT = 160
STEPS = 500  # of training on them: the bar is trained as long
FIELDS = ("agricultural", "pasture", "runway", "park", "golf course", "beach")
SHARP_PX = 0.05  # standard deviation of a point spread that leaves every pixel alone
MANY_LOOKS = 64
RICH = {"near": CARS, "thermal": CARS, "radar": ("sea", "harbour", "sea")}
BARE = {"near": FIELDS, "thermal": FIELDS, "radar": ("sea", "beach", "river")}
"""Places to strew objects over."""


def pack_lacking(look: Look, out: Path) -> None:
    """Render one lot of places, every property but placement switched off in turn, and pack each to `<look> without
    <property>` below `out`."""
    seen: dict[str, list[Labelled]] = {name: [] for name in PROPERTIES[look.name] if name != PLACEMENT}
    bare, rng = [], np.random.default_rng(0)
    for index in range(COUNT):
        shot = drawn(look, index, RICH[look.name])
        for name, one in zip(seen, shot.taken(*(switched(shot.view, name) for name in seen)), strict=True):
            seen[name].append(matched(look, one, index))
        empty = drawn(look, COUNT + index, BARE[look.name])
        bare.append(matched(look, empty.taken(empty.view)[0], COUNT + index))
    strewn = [strew(ground, full, rng) for ground, full in zip(bare, seen[NOTHING], strict=True)]
    for name, images in {**seen, PLACEMENT: strewn}.items():
        write(look, out / f"{look.name} without {name}", images)
        LOG.info("packed %s without %s", look.name, name)


def switched(view: View, without: str) -> View:
    """Give the view without a property. Shadows vanish under a sun in the zenith; a night has none."""
    if without == SHADOWS and isinstance(view, OpticalView | ThermalView) and view.sun is not None:
        return replace(view, sun=Sun(view.sun.azimuth_deg, 90.0))
    if without == SPECKLE and isinstance(view, SarView):
        return replace(view, looks=MANY_LOOKS)
    if without == TEXTURE and isinstance(view, OpticalView | ThermalView):
        return replace(view, texture=0.0)
    if without != CAMERA:
        return view
    if isinstance(view, OpticalView):
        return replace(view, blur_px=SHARP_PX, shot=0.0, floor=0.0)
    if isinstance(view, ThermalView):
        return replace(view, blur_px=SHARP_PX, nedt_k=0.0)
    return replace(view, blur_px=SHARP_PX) if isinstance(view, SarView) else view


def strew(ground: Labelled, source: Labelled, rng: np.random.Generator) -> Labelled:
    """Lay the objects of one scene anywhere on another, each for itself: no streets, no rows, no neighbours.

    What the ground itself holds is neither taught nor punished.
    """
    pixels = ground.pixels.copy()
    _, height, width = pixels.shape
    laid = []
    for thing in source.objects or ():
        if not isinstance(thing, OrientedBox):
            continue
        inside = _stencil(thing, (width, height))
        rows, columns = np.nonzero(inside)
        if not len(rows):
            continue
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        right, down = (int(rng.integers(-low, size - high + 1)) for low, high, size in
                       ((box[0], box[2], width), (box[1], box[3], height)))  # fmt: skip
        pixels[:, rows + down, columns + right] = source.pixels[:, rows, columns]
        laid.append(replace(thing, cx=thing.cx + right, cy=thing.cy + down))
    own = tuple(_upright(thing) for thing in ground.objects or ())
    return replace(ground, pixels=pixels, objects=tuple(laid), ignore=(*ground.ignore, *own))


def _upright(thing: Box | OrientedBox) -> Box:
    around = thing.bounds if isinstance(thing, OrientedBox) else thing
    return Box(around.x0, around.y0, around.x1, around.y1)


def _stencil(thing: OrientedBox, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) where the object is."""
    image = Image.new("1", size)
    ImageDraw.Draw(image).polygon([tuple(corner) for corner in thing.outline.tolist()], fill=1)
    return np.asarray(image, np.bool_)
