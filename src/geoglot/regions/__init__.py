"""Places in images: six kinds of `Region`, and the `Grid` that puts them on Earth.

All regions are in pixels of one frame: x right, y down, continuous, the outer corner of the first pixel is
(0, 0), a pixel's centre is at .5, boxes are half-open.
"""

from geoglot.regions.box import Box
from geoglot.regions.grid import Coordinates, Grid, GroundControlPoint, Located
from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.path import Path
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

__all__ = [
    "Box",
    "Coordinates",
    "Grid",
    "GroundControlPoint",
    "Located",
    "Mask",
    "OrientedBox",
    "Path",
    "Point",
    "Polygon",
    "Region",
]
