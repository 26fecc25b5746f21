"""Readers of labelled data sets, one file each: a `CARD` and `read(folder)`.

`reader(name)` gives the module's reader without importing the others.
"""

from __future__ import annotations

from importlib import import_module

from geoglot.data.readers.labelled import Card, Labelled, Reader
from geoglot.errors import UnknownName

NAMES = (
    "aerial_cars",
    "aid_scenes",
    "airbus_airplanes",
    "cloud_masks",
    "epfl_roads",
    "eurosat_rgb5",
    "eurosat_rgb_5class",
    "flood_areas",
    "hit_uav",
    "hit_uav_thermal",
    "hrsid_sar_ships",
    "landsat_change",
    "levir_change",
    "neon_crowns",
    "neon_trees",
    "oam_kampala",
    "rsscn7",
    "sen1floods11",
    "ships_optical",
    "simd_vehicles",
    "terramesh",
    "ucm_landuse",
)


def reader(name: str) -> Reader:
    """Give the reader of that name. Raises UnknownName."""
    if name not in NAMES:
        raise UnknownName("reader", name, NAMES)
    module = import_module(f"geoglot.data.readers.{name}")
    return Reader(card=module.CARD, read=module.read)


__all__ = ["NAMES", "Card", "Labelled", "Reader", "reader"]
