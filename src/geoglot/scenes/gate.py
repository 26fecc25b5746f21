"""The gate: the only place that opens a raster, picture, HDF5 or video file for reading.

Two profiles. `LOCAL` trusts the user's choice of file but not the file: it opens whatever path the user may read,
with its plain sidecars. `SERVICE` trusts neither: few formats, only inside its roots, no sidecars.

Both keep GDAL from following a file to somewhere else. The drivers that refer to other files or hosts are taken
out of the process before GDAL registers any (GDAL reads GDAL_SKIP once, at registration), the network file
system is closed, and a file whose own tags point elsewhere is refused before a pixel is read. A VRT is therefore
refused in both profiles: naming the files of a mosaic is one list for `read`, and the driver cannot be put back
for one file only.

Source of the escapes stopped here: GDAL security page (doc/source/user/security.rst) and the regression tests in
tests/scenes/test_gate_attacks.py, each of which succeeds with plain rasterio 1.4.4.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from geoglot.errors import InputError, ReadError, Refused
from geoglot.scenes.sniff import HEAD_BYTES, Format, sniff

if TYPE_CHECKING:
    from PIL.Image import Image
    from rasterio.io import DatasetReader

MAX_PIXELS = 200_000_000
"""Samples (pixels times bands) that one read may decode at once, unless the profile says otherwise."""

_SKIPPED_DRIVERS = (
    "VRT GTI WMS WCS WMTS HTTP EEDA EEDAI PLMOSAIC PLSCENES DAAS STACIT STACTA DERIVED PDF MBTiles KMLSUPEROVERLAY "
    "Rasterlite DIMAP NGW OGCAPI ESRIC"
)
_GDAL_DRIVERS = {
    Format.TIFF: "GTiff",
    Format.JPEG2000: "JP2OpenJPEG",
    Format.PNG: "PNG",
    Format.JPEG: "JPEG",
    Format.WEBP: "WEBP",
    Format.NITF: "NITF",
    Format.ENVI: "ENVI",
}
_PILLOW_FORMATS = {
    Format.PNG: "PNG",
    Format.JPEG: "JPEG",
    Format.WEBP: "WEBP",
    Format.BMP: "BMP",
    Format.GIF: "GIF",
    Format.AVIF: "AVIF",
}
_PLAIN = frozenset({Format.TIFF, Format.JPEG2000, Format.PNG, Format.JPEG, Format.WEBP})
_LARGEST_SIDE_PX = 1_000_000
_MOST_BANDS = 1024
_HANDLES_PER_THREAD = 16
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]+:")  # two letters or more: a drive letter is no prefix
_NO_FILES_THERE = ("/proc", "/sys", "/dev")


@dataclass(frozen=True, slots=True)
class Profile:
    """What may be opened. formats: by first bytes. roots: folders a path must lie in; none means anywhere.

    sidecars: whether GDAL may look at plain files beside the image (.aux.xml, .ovr, .msk, world files).
    max_pixels: samples decoded at once (GEOGLOT_MAX_PIXELS); files of any size open.
    """

    name: str
    formats: frozenset[Format]
    roots: tuple[Path, ...] = ()
    sidecars: bool = True
    max_pixels: int = MAX_PIXELS


LOCAL = Profile(
    "local",
    frozenset({*_GDAL_DRIVERS, *_PILLOW_FORMATS, Format.NETCDF3, Format.HDF5, Format.HGT, Format.ZIP, Format.JSON,
               Format.VIDEO}),
)  # fmt: skip
SERVICE = Profile("service", _PLAIN | {Format.ZIP, Format.VIDEO}, sidecars=False)


@cache
def gdal() -> ModuleType:
    """Give rasterio, after closing GDAL's ways out of a file.

    Every module of geoglot takes rasterio from here: the doors are shut before GDAL registers its drivers.
    """
    skipped = os.environ.get("GDAL_SKIP", "")
    os.environ["GDAL_SKIP"] = f"{skipped} {_SKIPPED_DRIVERS}".strip().replace(" ", ",")
    os.environ["CPL_VSIL_CURL_ALLOWED_FILENAME"] = "/none"
    os.environ.setdefault("GDAL_CACHEMAX", "256")  # megabytes; GDAL's own default is 5 % of the machine
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    # "No place known" is a fact that Grid carries, not something to warn of once per open.
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    return rasterio


def admit(path: str | os.PathLike[str], profile: Profile = LOCAL) -> Path:
    """Give the real, absolute path of an existing file or folder that `profile` may open.

    Raises Refused for anything but a plain path inside the roots: GDAL prefixes, /vsi file systems, URLs, inline
    XML, devices; ReadError if there is nothing.
    """
    text = os.fspath(path)
    if not isinstance(text, str) or not text:
        raise InputError("a path is needed", value=path, expected="the name of a file or folder")
    if "\0" in text or "<" in text or any(ord(letter) < 32 for letter in text):
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
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links, until Python 3.12
        reason = getattr(error, "strerror", None) or "it cannot be followed"
        raise ReadError("the file cannot be reached", value=text, hint=reason) from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or str(real).startswith(_NO_FILES_THERE):
        raise Refused("this is not a file but a device or a view into the system", value=text)
    if profile.roots and not any(real.is_relative_to(root.resolve()) for root in profile.roots):
        raise Refused("the path lies outside the folders that may be read", value=text)
    return real


def identify(path: Path, profile: Profile = LOCAL) -> Format:
    """Tell the format of an admitted file, and refuse the formats that `profile` does not open."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise ReadError("the file cannot be read", value=str(path), hint=error.strerror or "") from error
    found = sniff(head, suffix=path.suffix, size=path.stat().st_size)
    if found is Format.UNKNOWN and _envi_header(path) is not None:
        found = Format.ENVI
    if found not in profile.formats:
        raise _not_opened(path, found, head)
    return found


def raster(path: Path, profile: Profile = LOCAL, *, member: str = "") -> DatasetReader:
    """Give this thread's open handle of an admitted raster file, checked and ready to read.

    member: the name of a file inside an admitted ZIP. GDAL is not safe to share between threads, so each thread
    has its own few handles; the oldest is closed when a new one is needed. Do not close it yourself.
    Raises ReadError if it cannot be opened, Refused if it points to other files or has absurd dimensions.
    """
    about = path.stat()
    key = (os.getpid(), path, member, profile.name, about.st_mtime_ns, about.st_size, about.st_ino)
    handles: OrderedDict[object, DatasetReader] = _mine.__dict__.setdefault("handles", OrderedDict())
    if key in handles:
        handles.move_to_end(key)
        return handles[key]
    while len(handles) >= _HANDLES_PER_THREAD:
        handles.popitem(last=False)[1].close()
    handles[key] = _open(path, profile, member)
    return handles[key]


def forget() -> None:
    """Close this thread's open handles."""
    for handle in _mine.__dict__.pop("handles", {}).values():
        handle.close()


_mine = threading.local()


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn what GDAL raises while decoding `path` into ReadError; the one place where that is done."""
    rasterio = gdal()
    try:
        with rasterio.Env():  # without it GDAL prints its errors to stderr
            yield
    except rasterio.errors.RasterioError as error:
        raise ReadError(
            "the file cannot be decoded", value=path.name, hint=f"it is damaged or cut off: {_reason(error)}"
        ) from error
    except MemoryError as error:
        raise Refused("decoding needs more memory than there is", value=path.name) from error


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


def picture(path: Path, profile: Profile = LOCAL) -> Image:
    """Open an admitted picture with Pillow, header only: PNG, JPEG, WebP, BMP, GIF or AVIF by its first bytes.

    Raises Refused above the pixel budget or for another format, ReadError if it is no such picture.
    """
    from PIL import Image, UnidentifiedImageError

    found = identify(path, profile)
    if found not in _PILLOW_FORMATS:
        raise Refused("this is not a picture file", value=path.name, expected=", ".join(_PILLOW_FORMATS))
    with warnings.catch_warnings():
        # Pillow's own limit is lower than ordinary scenes and global; the budget below takes its place.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            opened = Image.open(path, formats=[_PILLOW_FORMATS[found]])
        except Image.DecompressionBombError as error:
            raise Refused("the picture declares too many pixels", value=path.name,
                          expected=f"at most {profile.max_pixels:,}") from error  # fmt: skip
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise ReadError(
                f"the file is no readable {found}", value=path.name, hint=_reason(error)
            ) from error
    allow(opened.width * opened.height * len(opened.getbands()), profile.max_pixels, what="the picture")
    return opened


def _open(path: Path, profile: Profile, member: str) -> DatasetReader:
    rasterio = gdal()
    if member:
        name, driver = f"/vsizip/{path}/{member}", "GTiff"
    else:
        found = identify(path, profile)
        if found not in _GDAL_DRIVERS:
            raise Refused(f"a {found} is not read as a raster", value=path.name)
        name, driver = str(path), _GDAL_DRIVERS[found]
        if profile.sidecars:
            _check_sidecars(path)
    options: dict[str, Any] = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE" if profile.sidecars and not member else "EMPTY_DIR"
    }
    if not profile.sidecars:
        options["GDAL_GEOREF_SOURCES"] = "INTERNAL"
    with rasterio.Env(**options):
        try:
            handle: DatasetReader = rasterio.open(name, driver=driver)
        except rasterio.errors.RasterioError as error:
            raise ReadError(f"the file cannot be opened as {driver}", value=path.name,
                            hint=f"it is damaged or cut off: {_reason(error)}") from error  # fmt: skip
        try:
            _check(handle, path, profile, member)
        except BaseException:
            handle.close()
            raise
    return handle


def _check(handle: DatasetReader, path: Path, profile: Profile, member: str) -> None:
    """Refuse a dataset that points elsewhere or whose header is absurd; the tags come first, they are inert."""
    if handle.tags(ns="OVERVIEWS"):
        raise Refused("the file points to another file for its overviews", value=path.name,
                      hint="copy it with gdal_translate to drop the reference")  # fmt: skip
    if max(handle.width, handle.height) > _LARGEST_SIDE_PX or handle.count > _MOST_BANDS:
        raise Refused(
            "the header declares an absurd size",
            value=f"{handle.width} x {handle.height} x {handle.count} bands",
            expected=f"sides up to {_LARGEST_SIDE_PX:,} px and {_MOST_BANDS} bands",
        )
    if handle.count == 0:
        raise ReadError("the file holds no raster band", value=path.name)
    for height, width in handle.block_shapes[:1]:
        together = handle.count if handle.interleaving and handle.interleaving.name == "pixel" else 1
        allow(int(height) * int(width) * together, profile.max_pixels, what="one block of the file")
    if member:
        return
    for other in map(Path, handle.files):
        beside = other.resolve().parent == path.parent and profile.sidecars
        if other.resolve() != path and not beside:
            raise Refused("the file refers to another file", value=f"{path.name} -> {other}")


def _check_sidecars(path: Path) -> None:
    """Refuse overview and mask files beside the image that are anything but plain TIFF without references."""
    for sidecar in (
        path.with_name(path.name + ".ovr"),
        path.with_name(path.name + ".msk"),
        path.with_suffix(".ovr"),
    ):
        if not sidecar.exists() or sidecar == path:
            continue
        with sidecar.open("rb") as stream:
            found = sniff(stream.read(HEAD_BYTES))
        if found is not Format.TIFF or sidecar.resolve().parent != path.parent:
            raise Refused(
                "a file beside the image is not what it must be",
                value=f"{sidecar.name} is {found}",
                expected="a TIFF",
                hint="remove it, or rebuild it with gdaladdo",
            )
        rasterio = gdal()
        with decoding(sidecar), rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            with rasterio.open(sidecar, driver="GTiff") as handle:
                if handle.tags(ns="OVERVIEWS"):
                    raise Refused("a file beside the image points to another file", value=sidecar.name)


def _envi_header(path: Path) -> Path | None:
    for header in (path.with_suffix(".hdr"), path.with_name(path.name + ".hdr")):
        if header != path and header.is_file():
            with header.open("rb") as stream:
                if stream.read(4) == b"ENVI":
                    return header
    return None


def _not_opened(path: Path, found: Format, head: bytes) -> ReadError:
    if found is Format.EMPTY:
        return ReadError("the file is empty", value=path.name, hint="the download or copy did not finish")
    if found is Format.HTML:
        return ReadError("the file is a web page, not an image", value=path.name,
                         hint="the download gave an error page; open it in a browser to see why")  # fmt: skip
    if found is Format.UNKNOWN:
        return ReadError("the file is of no known format", value=f"{path.name}, starts with {head[:16]!r}",
                         expected="an image, video or product folder")  # fmt: skip
    hints = {
        Format.VRT: "a virtual raster can name any file: give the files it names as a list, or convert it to GeoTIFF",
        Format.GDAL_SERVICE: "geoglot does not fetch from the network: download the image",
        Format.DIMAP: "give the folder of the product, or its image files",
        Format.HEIF: "convert it to JPEG or PNG",
        Format.HDF4: "convert it to GeoTIFF or netCDF; the bundled GDAL has no HDF4",
        Format.GZIP: "unpack it first",
    }
    return Refused(f"a {found} is not opened here", value=path.name,
                   hint=hints.get(found, "convert it to GeoTIFF"))  # fmt: skip


def _reason(error: BaseException) -> str:
    """The first line of a foreign message without memory addresses, shortened."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"0x[0-9a-fA-F]+", "…", text)[:160]


def window(x: float, y: float, width: float, height: float) -> Any:
    """Give rasterio's window for a place in pixels."""
    gdal()
    from rasterio.windows import Window

    return Window(x, y, width, height)


def resampling(name: str) -> Any:
    """Give rasterio's resampling of that name."""
    gdal()
    from rasterio.enums import Resampling

    return Resampling[name]
