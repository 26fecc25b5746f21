"""What a file points to outside itself: found and refused before a pixel is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoglot.errors import ReadError, Refused
from geoglot.scenes.gdal import decoding
from geoglot.scenes.sniff import HEAD_BYTES, Format, sniff

if TYPE_CHECKING:
    import h5py


def refuse_references(handle: Any, path: Path, *, sidecars: bool) -> None:
    """Refuse a GDAL data set whose tags or files lead elsewhere.

    The tags come first: reading them is inert, while asking for the list of files makes GDAL open the
    overviews. sidecars: whether plain files beside `path` are allowed. Raises Refused.
    """
    _refuse_overview_tag(handle, path)
    whole = path.resolve()  # a link on the way to the file is no reference of the file
    for other in map(Path, handle.files):
        real = other.resolve()
        if real != whole and not (sidecars and real.parent == whole.parent):
            raise Refused(
                "the file refers to another file",
                value=f"{path.name} -> {other}",
                hint="copy it with gdal_translate to make it whole",
            )


def refuse_sidecars(path: Path, open_tiff: Callable[[Path], AbstractContextManager[Any]]) -> None:
    """Refuse overview and mask files beside an image that are anything but TIFF without references of their
    own.

    GDAL opens them with any driver, whatever driver the image itself was opened with. open_tiff: opens one without
    looking at files beside it. Raises Refused.
    """
    for sidecar in (
        path.with_name(path.name + ".ovr"),
        path.with_name(path.name + ".msk"),
        path.with_suffix(".ovr"),
    ):
        if sidecar == path or not sidecar.exists():
            continue
        real = sidecar.resolve()
        with real.open("rb") as stream:
            found = sniff(stream.read(HEAD_BYTES))
        if found is not Format.TIFF or real.parent != path.parent:
            raise Refused(
                "a file beside the image is not what its name says",
                value=f"{sidecar.name}: {found}",
                expected="a TIFF in the same folder",
                hint="remove it, or rebuild it with gdaladdo",
            )
        with decoding(sidecar), open_tiff(real) as handle:
            _refuse_overview_tag(handle, sidecar)


def refuse_outside_storage(file: h5py.File, path: Path) -> None:
    """Refuse an HDF5 file whose data lie in other files: external storage and virtual data sets.

    External links are not followed by the walk and never opened later. Raises Refused, ReadError if damaged.
    """
    import h5py

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            raise Refused("the file keeps its data in another file", value=f"{path.name}: {name}",
                          hint="copy it with h5repack to make it whole")  # fmt: skip

    try:
        file.visititems(look)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError("the HDF5 file is damaged", value=path.name, hint=str(error)[:160]) from error


def _refuse_overview_tag(handle: Any, path: Path) -> None:
    if handle.tags(ns="OVERVIEWS"):
        raise Refused(
            "the file points to another file for its overviews",
            value=path.name,
            hint="copy it with gdal_translate to drop the reference",
        )
