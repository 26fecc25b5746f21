"""SRTM height tiles (.hgt), plain or alone in a ZIP: the name is the place.

Source: NASA SRTM Topography, SRTM_Topo.txt: big-endian 16-bit metres, rows from north to south, samples at whole
arc seconds including both edges, -32768 where there is none; the name gives the south-western sample.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from geoglot import sensors
from geoglot.errors import InputError, PlaceError, ReadError
from geoglot.regions import Grid
from geoglot.scenes import gate
from geoglot.scenes.resample import ArraySource
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.scenes.sniff import HGT_SHAPES
from geoglot.sensors import Kind, Sensor

_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_VOID = -32768


def hgt_member(path: Path) -> str | None:
    """Give the name of the height tile that is the only file of a ZIP, None if there is no such thing."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise ReadError("the ZIP is damaged or cut off", value=path.name) from error
    is_tile = len(files) == 1 and files[0].filename.casefold().endswith(".hgt") and files[0].file_size in HGT_SHAPES
    return files[0].filename if is_tile else None


def open_hgt(
    path: Path, *, sensor: Sensor | None = None, profile: gate.Profile = gate.LOCAL, member: str = ""
) -> Frame:
    """Give the frame of a height tile; its 26 MB at most are read at once.

    member: its name inside an admitted ZIP. Raises PlaceError for a name that tells no place, InputError for
    another sensor than an elevation model, ReadError for a damaged file.
    """
    said = _NAME.search(Path(member or path).stem)
    if said is None:
        raise PlaceError("the name of the height tile tells no place", value=path.name, expected="like N46E007.hgt")
    heights = sensor or sensors.get("elevation")
    if heights.kind is not Kind.ELEVATION or len(heights.bands) != 1:
        raise InputError("a height tile holds heights", value=heights.name, expected="elevation")
    data = np.frombuffer(_bytes(path, member), ">i2")
    rows, columns = HGT_SHAPES[data.nbytes]
    layer = data.reshape(1, rows, columns).astype(np.int16)  # (1, H, W)
    south = int(said[2]) * (1 if said[1].upper() == "N" else -1)
    west = int(said[4]) * (1 if said[3].upper() == "E" else -1)
    across, down = 1 / (columns - 1), 1 / (rows - 1)
    # Samples lie on whole degrees at both edges, so the outer corner is half a sample beyond.
    grid = Grid(columns, rows, "EPSG:4326", (across, 0.0, west - across / 2, 0.0, -down, south + 1 + down / 2))
    source = ArraySource(layer, layer[0] != _VOID)
    return Frame(
        (path,), heights, grid, (Channel(heights.bands[0], source),), (columns, rows),
        told_by=HowTold.USER if sensor else HowTold.NAME, notes=(("format", "SRTM height tile"),),
        max_pixels=profile.max_pixels,
    )  # fmt: skip


def _bytes(path: Path, member: str) -> bytes:
    try:
        if not member:
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            content = stream.read(max(HGT_SHAPES) + 1)  # the size in the header of a ZIP may lie
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise ReadError("the height tile is damaged or cut off", value=path.name) from error
    if len(content) not in HGT_SHAPES:
        raise ReadError("the height tile has an odd size", value=f"{len(content)} bytes")
    return content
