"""Files in the exact layout of real products, written from arrays: for tests, the demo and the simulator."""

from geoglot.simulate.layouts.envi import write_envi
from geoglot.simulate.layouts.geotiff import (
    Extras,
    across_dateline,
    north_up,
    rotated,
    south_up,
    with_control_points,
    write_geotiff,
    write_sparse,
)
from geoglot.simulate.layouts.landsat import write_landsat
from geoglot.simulate.layouts.photo import Shot, write_photo
from geoglot.simulate.layouts.sentinel1 import Swath, write_safe_grd, write_safe_slc
from geoglot.simulate.layouts.sentinel2 import write_safe_l1c, write_safe_l2a
from geoglot.simulate.layouts.stac import write_stac_item
from geoglot.simulate.layouts.video import write_video

__all__ = [
    "Extras",
    "Shot",
    "Swath",
    "across_dateline",
    "north_up",
    "rotated",
    "south_up",
    "with_control_points",
    "write_envi",
    "write_geotiff",
    "write_landsat",
    "write_photo",
    "write_safe_grd",
    "write_safe_l1c",
    "write_safe_l2a",
    "write_safe_slc",
    "write_sparse",
    "write_stac_item",
    "write_video",
]
