"""From pixels to outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoglot.regions.polygon import Polygon

if TYPE_CHECKING:
    from geoglot.regions.mask import Mask


def polygons(mask: Mask) -> tuple[Polygon, ...]:
    """Give the outlines of a mask's pieces along pixel edges, in frame pixels, in reading order.

    Pixels that meet only at a corner are separate pieces. Each carries the mask's label, score and frame.
    """
    from rasterio.features import shapes

    pixels = mask.to_array()
    found = shapes(pixels.astype(np.uint8), mask=pixels, connectivity=4)
    return tuple(
        Polygon(
            tuple(tuple((x + mask.left, y + mask.top) for x, y in ring[:-1]) for ring in piece["coordinates"]),
            label=mask.label,
            score=mask.score,
            frame=mask.frame,
        )
        for piece, _ in found
    )
