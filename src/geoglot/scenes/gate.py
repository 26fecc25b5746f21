"""The gate: the only place that opens a raster, picture, HDF5 or video file for reading.

Two profiles. `LOCAL` trusts the user's choice of file but not the file: it opens any path the user may read,
with the plain sidecars beside it. `SERVICE` trusts neither: few formats, only inside its roots, no sidecars.

Both keep a file from leading elsewhere (gdal.py closes drivers and network, references.py reads the file's
own pointers). A VRT is therefore refused in both: it can name any file on the machine, and its driver cannot
be put back for one file only. The files of a mosaic are one list for `read`.
"""

from __future__ import annotations

import io
import os
import re
import stat
import threading
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoglot.errors import InputError, ReadError, Refused
from geoglot.scenes.gdal import decoding, gdal, reason
from geoglot.scenes.references import refuse_outside_storage, refuse_references, refuse_sidecars
from geoglot.scenes.sniff import HEAD_BYTES, VIDEO, Format, sniff

if TYPE_CHECKING:
    import h5py
    from av.container import InputContainer
    from PIL.Image import Image
    from rasterio.io import DatasetReader

__all__ = [
    "LOCAL", "MAX_PIXELS", "SERVICE", "Profile", "admit", "allow", "decoding", "forget", "gdal", "hdf5",
    "identify", "picture", "picture_of_bytes", "raster", "video", "zarr",
]  # fmt: skip

MAX_PIXELS = 200_000_000
"""Samples (pixels times bands) that one read may decode at once, unless the profile says otherwise."""

_RASTER_DRIVERS = {
    Format.TIFF: "GTiff",
    Format.JPEG2000: "JP2OpenJPEG",
    Format.PNG: "PNG",
    Format.JPEG: "JPEG",
    Format.WEBP: "WEBP",
    Format.NITF: "NITF",
    Format.ENVI: "ENVI",
}
_PICTURE_FORMATS = {
    Format.PNG: "PNG",
    Format.JPEG: "JPEG",
    Format.WEBP: "WEBP",
    Format.BMP: "BMP",
    Format.GIF: "GIF",
    Format.AVIF: "AVIF",
}
_DEMUXERS = {
    Format.MP4: "mov",
    Format.MATROSKA: "matroska",
    Format.AVI: "avi",
    Format.MPEG_PS: "mpeg",
    Format.MPEG_TS: "mpegts",
}
_PLAIN = frozenset({Format.TIFF, Format.JPEG2000, Format.PNG, Format.JPEG, Format.WEBP})
_SCIENCE = frozenset({Format.NETCDF3, Format.HDF5, Format.NITF, Format.ENVI, Format.HGT})
_LARGEST_SIDE_PX = 1_000_000
_MOST_BANDS = 1024
_HANDLES_PER_THREAD = 16
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]+:")  # two letters or more: a drive letter is no prefix
_NO_FILES_THERE = ("/proc/", "/sys/", "/dev/")


@dataclass(frozen=True, slots=True)
class Profile:
    """What may be opened. formats: by first bytes. roots: folders a path must lie in; none means anywhere.

    sidecars: whether GDAL may use plain files beside the image (.aux.xml, .ovr, .msk, world files, .hdr).
    max_pixels: samples decoded at once (GEOGLOT_MAX_PIXELS); files of any size open.
    """

    name: str
    formats: frozenset[Format]
    roots: tuple[Path, ...] = ()
    sidecars: bool = True
    max_pixels: int = MAX_PIXELS


LOCAL = Profile("local", _PLAIN | _SCIENCE | VIDEO | frozenset(_PICTURE_FORMATS) | {Format.ZIP, Format.JSON})
SERVICE = Profile("service", _PLAIN | VIDEO | {Format.ZIP}, sidecars=False)


def admit(path: str | os.PathLike[str], profile: Profile = LOCAL) -> Path:
    """Give the real, absolute path of an existing file or folder that `profile` may open.

    Raises Refused for anything but a plain path inside the roots: GDAL prefixes, /vsi file systems,
    addresses, inline XML, devices; ReadError if there is nothing; InputError for no path at all.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(text, str) or not text:
        raise InputError("a path is needed", value=path, expected="the name of a file or folder")
    if "<" in text or any(ord(letter) < 32 for letter in text):
        raise Refused("this is not a plain path", value=text, expected="the name of a file or folder")
    if "://" in text or _PREFIX.match(text) or text.replace("\\", "/").casefold().startswith("/vsi"):
        raise Refused(
            "prefixes and addresses are not opened",
            value=text,
            expected="the name of a file on this machine",
            hint="download the file first, or unpack the archive",
        )
    try:
        real = Path(text).resolve(strict=True)
        mode = real.stat().st_mode
    except FileNotFoundError as error:
        raise ReadError("there is no such file", value=text, hint="check the path") from error
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, letters no file name has
        told = getattr(error, "strerror", None) or "it cannot be followed"
        raise ReadError("the file cannot be reached", value=text, hint=told) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or f"{real}/".startswith(_NO_FILES_THERE):
        raise Refused("this is not a file but a device or a view into the system", value=text)
    if profile.roots and not any(real.is_relative_to(root.resolve()) for root in profile.roots):
        raise Refused("the path lies outside the folders that may be read", value=text)
    return real


def identify(path: Path, profile: Profile = LOCAL, *, member: str = "") -> Format:
    """Tell the format of an admitted file, or of a file inside an admitted ZIP, by its first bytes.

    Raises Refused for a format that `profile` does not open; ReadError if it is empty, unknown or unreadable.
    """
    try:
        if member:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                head, size = stream.read(HEAD_BYTES), archive.getinfo(member).file_size
        else:
            with path.open("rb") as plain:
                head, size = plain.read(HEAD_BYTES), path.stat().st_size
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError) as error:
        raise ReadError("the file cannot be read", value=f"{path.name} {member}".strip(), hint=reason(error)) from error
    found = sniff(head, suffix=Path(member or path).suffix, size=size)
    if found is Format.UNKNOWN and not member and _has_envi_header(path):
        found = Format.ENVI
    if found not in profile.formats:
        raise _not_opened(Path(member or path).name, found, head)
    return found


def allow(samples: int, limit: int = MAX_PIXELS, *, what: str = "this read") -> None:
    """Refuse a read of more samples (pixels times bands) than the budget, before memory is taken.

    Raises Refused.
    """
    if samples > limit:
        raise Refused(
            f"{what} would decode too many pixels at once",
            value=f"{samples:,} samples",
            expected=f"at most {limit:,} (GEOGLOT_MAX_PIXELS)",
            hint="ask for a window, a smaller size, or tiles",
        )


def raster(path: Path, profile: Profile = LOCAL, *, member: str = "") -> DatasetReader:
    """Give this thread's open handle of an admitted raster file, checked and ready to read.

    member: the name of a file inside an admitted ZIP. The handle belongs to the gate: do not close it.
    Raises ReadError if it cannot be opened, Refused if it points to other files or has absurd dimensions.
    """
    return _handle(("raster", profile.name, member), path, lambda: _open_raster(path, profile, member))


def hdf5(path: Path, profile: Profile = LOCAL) -> h5py.File:
    """Give this thread's open handle of an admitted HDF5 or netCDF-4 file that keeps all its data inside.

    The handle belongs to the gate: do not close it. Raises ReadError if it is damaged, Refused if its data
    lie in other files.
    """
    return _handle(("hdf5", profile.name), path, lambda: _open_hdf5(path, profile))


def zarr(path: Path, store: str, array: str, profile: Profile = LOCAL) -> DatasetReader:
    """Give this thread's open handle of one array of a Zarr store inside an admitted ZIP.

    store: the folder in the ZIP, "" for its root. The axes before the last two are bands, in C order. The handle
    belongs to the gate. Raises ReadError if it cannot be opened, Refused if it leads out of the ZIP or the profile
    opens no scientific files.
    """
    if Format.HDF5 not in profile.formats:
        raise Refused("this format is not opened here", value=f"{path.name} (Zarr)", hint="convert it to GeoTIFF")
    return _handle(("zarr", profile.name, store, array), path, lambda: _open_zarr(path, store, array))


def picture(path: Path, profile: Profile = LOCAL) -> Image:
    """Open an admitted picture with Pillow, header only: PNG, JPEG, WebP, BMP, GIF or AVIF by its first bytes.

    The caller closes it. Raises Refused above the pixel budget or for another format, ReadError if damaged.
    """
    return _open_picture(path, path.name, identify(path, profile), profile)


def picture_of_bytes(content: bytes, profile: Profile = LOCAL) -> Image:
    """Open a picture that lies in memory, out of a shard or an archive: else as `picture`."""
    return _open_picture(io.BytesIO(content), "picture in memory", sniff(content[:HEAD_BYTES]), profile)


def video(path: Path, profile: Profile = LOCAL) -> InputContainer:
    """Open an admitted video with the demuxer of its first bytes; it may open nothing but this file.

    The caller closes it. Raises ReadError if it is damaged, Refused if it is no video.
    """
    import av

    found = identify(path, profile)
    if found not in _DEMUXERS:
        raise Refused("this is not a video file", value=path.name, expected=", ".join(_DEMUXERS))
    try:
        opened: InputContainer = av.open(str(path), format=_DEMUXERS[found], options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ReadError(f"the file is no readable {found}", value=path.name, hint=reason(error)) from error
    return opened


def forget() -> None:
    """Close this thread's open handles."""
    for handle in _mine.__dict__.pop("handles", {}).values():
        handle.close()


_mine = threading.local()


def _handle(kind: tuple[str, ...], path: Path, opener: Callable[[], Any]) -> Any:
    """Give this thread's handle: GDAL is not safe to share between threads, nor across a fork.

    A file that was replaced is opened anew; the handle unused for longest is closed to make room.
    """
    try:
        about = path.stat()
    except OSError as error:
        raise ReadError("the file is gone", value=str(path), hint="it was there when the scene was opened") from error
    key = (os.getpid(), kind, path, about.st_mtime_ns, about.st_size, about.st_ino)
    handles: OrderedDict[object, Any] = _mine.__dict__.setdefault("handles", OrderedDict())
    if key in handles:
        handles.move_to_end(key)
        return handles[key]
    opened = opener()
    while len(handles) >= _HANDLES_PER_THREAD:
        handles.popitem(last=False)[1].close()
    handles[key] = opened
    return opened


def _open_raster(path: Path, profile: Profile, member: str) -> Any:
    found = identify(path, profile, member=member)
    if found not in _RASTER_DRIVERS:
        raise Refused(f"a {found} is not read as a raster", value=path.name)
    beside = profile.sidecars and not member
    if beside:
        refuse_sidecars(path, lambda tiff: _open_dataset(str(tiff), "GTiff", sidecars=False))
    name = f"/vsizip/{{{path}}}/{member}" if member else str(path)
    with decoding(path):
        handle = _open_dataset(name, _RASTER_DRIVERS[found], sidecars=beside)
        try:
            _refuse_absurd(handle, path, profile)
            if not member:
                refuse_references(handle, path, sidecars=beside)
        except BaseException:
            handle.close()
            raise
    return handle


def _open_dataset(name: str, driver: str, *, sidecars: bool) -> Any:
    """Open a name that was examined, with one driver. Raises rasterio's own errors: call it inside `decoding`."""
    rasterio = gdal()
    options = {"RAW_CHECK_FILE_SIZE": "YES"}  # else a raw file that is too short reads as zeros
    if not sidecars:
        options |= {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_GEOREF_SOURCES": "INTERNAL"}
    with rasterio.Env(**options), warnings.catch_warnings():
        # That no place is known is a fact which Grid carries, not something to warn of.
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(name, driver=driver)


def _open_zarr(path: Path, store: str, array: str) -> Any:
    inside = f"/vsizip/{{{path}}}"
    with decoding(path):
        handle = _open_dataset(f'ZARR:"{inside}/{store}":/{array}', "Zarr", sidecars=False)
        if any(not str(other).startswith(inside) for other in handle.files):
            handle.close()
            raise Refused("the Zarr store refers to another file", value=path.name)
    return handle


def _open_picture(source: Path | io.BytesIO, name: str, found: Format, profile: Profile) -> Image:
    from PIL import Image

    if found not in _PICTURE_FORMATS:
        raise Refused("this is not a picture", value=f"{name} ({found})", expected=", ".join(_PICTURE_FORMATS))
    with warnings.catch_warnings():
        # Pillow's own limit is one for the whole process and below ordinary scenes; ours is checked below.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            opened = Image.open(source, formats=[_PICTURE_FORMATS[found]])
        except Image.DecompressionBombError as error:
            raise Refused("the picture declares too many pixels", value=name, hint=reason(error)) from error
        except (OSError, SyntaxError, ValueError) as error:
            raise ReadError(f"the file is no readable {found}", value=name, hint=reason(error)) from error
    try:
        allow(opened.width * opened.height * len(opened.getbands()), profile.max_pixels, what="the picture")
    except Refused:
        opened.close()
        raise
    return opened


def _refuse_absurd(handle: Any, path: Path, profile: Profile) -> None:
    """Refuse dimensions no scene has, and blocks that alone exceed the budget: GDAL decodes whole blocks."""
    if handle.count == 0:
        raise ReadError("the file holds no raster band", value=path.name)
    if max(handle.width, handle.height) > _LARGEST_SIDE_PX or handle.count > _MOST_BANDS:
        raise Refused(
            "the header declares an absurd size",
            value=f"{handle.width} x {handle.height} px, {handle.count} bands",
            expected=f"sides up to {_LARGEST_SIDE_PX:,} px and {_MOST_BANDS:,} bands",
        )
    height, width = handle.block_shapes[0]
    together = handle.count if handle.interleaving and handle.interleaving.name == "pixel" else 1
    if height * width * together > profile.max_pixels:
        raise Refused(
            "one block of the file is too large to decode",
            value=f"{width} x {height} px, {together} bands",
            expected=f"at most {profile.max_pixels:,} samples (GEOGLOT_MAX_PIXELS)",
            hint="rewrite it with tiles: gdal_translate -co TILED=YES",
        )


def _open_hdf5(path: Path, profile: Profile) -> Any:
    os.environ.setdefault("HDF5_PLUGIN_PRELOAD", "::")  # no filters from shared libraries
    import h5py

    found = identify(path, profile)
    if found is not Format.HDF5:
        raise Refused(f"a {found} is not read as HDF5", value=path.name)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ReadError("the HDF5 file is damaged or cut off", value=path.name, hint=reason(error)) from error
    try:
        refuse_outside_storage(file, path)
    except BaseException:
        file.close()
        raise
    return file


def _has_envi_header(path: Path) -> bool:
    for header in (path.with_suffix(".hdr"), path.with_name(path.name + ".hdr")):
        if header != path and header.is_file():
            with header.open("rb") as stream:
                if stream.read(4) == b"ENVI":
                    return True
    return False


_HINTS = {
    Format.VRT: "it can name any file: give the files it names as a list, or convert it to GeoTIFF",
    Format.GDAL_SERVICE: "geoglot does not fetch from the network: download the image",
    Format.DIMAP: "give the folder of the product, or its image files",
    Format.HEIF: "convert it to JPEG or PNG",
    Format.HDF4: "convert it to GeoTIFF or netCDF; the bundled GDAL has no HDF4",
    Format.GZIP: "unpack it first",
    Format.XML: "if it belongs to a product, give the product's folder",
}


def _not_opened(name: str, found: Format, head: bytes) -> ReadError:
    if found is Format.EMPTY:
        return ReadError("the file is empty", value=name, hint="the download or copy did not finish")
    if found is Format.HTML:
        hint = "the download gave an error page; open it in a browser to see why"
        return ReadError("the file is a web page, not an image", value=name, hint=hint)
    if found is Format.UNKNOWN:
        return ReadError(
            "the file is of no known format",
            value=f"{name}, starts with {head[:16]!r}",
            expected="an image, a video or a product folder",
        )
    value = f"{name} ({found})"
    return Refused("this format is not opened here", value=value, hint=_HINTS.get(found, "convert it to GeoTIFF"))
