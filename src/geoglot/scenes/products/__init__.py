"""Product folders of the space agencies, one file a product; `open_folder` tries them all."""

from __future__ import annotations

from pathlib import Path

from geoglot.scenes import gate
from geoglot.scenes.products.folder import Folder, open_product
from geoglot.scenes.products.landsat import open_landsat
from geoglot.scenes.products.loose import open_loose
from geoglot.scenes.products.sentinel1 import open_sentinel1
from geoglot.scenes.products.sentinel2 import open_sentinel2
from geoglot.scenes.scene import Frame
from geoglot.sensors import Sensor

_KINDS = (open_sentinel1, open_sentinel2, open_landsat, open_loose)  # from the surest sign to the least
_METADATA_FILE = ("manifest.safe", "mtd_msil1c.xml", "mtd_msil2a.xml")

__all__ = ["is_metadata", "open_folder"]


def open_folder(
    path: Path, sensor: Sensor | None = None, *, profile: gate.Profile = gate.LOCAL
) -> tuple[Frame, ...] | None:
    """Give the frames of a product: a folder, its ZIP, or its metadata file; None if `path` is no known product.

    path: admitted by the gate. sensor: what the caller says it is; it wins over what the product tells.
    A folder or ZIP with nothing but one folder in it is that folder. Pixels are read later.
    Raises ReadError for a damaged product, SensorUnknown for band files that tell no sensor, PlaceError for bands
    that cannot be laid on one grid.
    """
    outer = open_product(path.parent if is_metadata(path) else path)
    for folder in _nested(outer):
        for kind in _KINDS:
            frames = kind(folder, sensor, profile)
            if frames:
                return frames
    return None


def is_metadata(path: Path) -> bool:
    """Tell whether a file is the metadata of the folder it lies in (manifest.safe, MTD_MSIL2A.xml, …_MTL.txt)."""
    name = path.name.casefold()
    return path.is_file() and (name in _METADATA_FILE or name.endswith(("_mtl.txt", "_mtl.json")))


def _nested(folder: Folder | None) -> tuple[Folder, ...]:
    inner = folder.inner() if folder else None
    return tuple(found for found in (folder, inner) if found)
