"""What a file is by its first bytes, never by its name."""

from __future__ import annotations

import enum


class Format(enum.StrEnum):
    """File formats the reader knows, including those it knows only in order to refuse them by name."""

    TIFF = "TIFF"
    JPEG2000 = "JPEG 2000"
    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"
    BMP = "BMP"
    GIF = "GIF"
    AVIF = "AVIF"
    NETCDF3 = "netCDF classic"
    HDF5 = "HDF5 or netCDF-4"
    NITF = "NITF"
    ENVI = "ENVI"
    HGT = "SRTM height tile"
    ZIP = "ZIP"
    JSON = "JSON"
    MP4 = "MP4 video"
    MATROSKA = "Matroska video"
    AVI = "AVI video"
    MPEG_PS = "MPEG programme stream"
    MPEG_TS = "MPEG transport stream"
    VRT = "GDAL virtual raster"
    GDAL_SERVICE = "GDAL web-service description"
    DIMAP = "DIMAP metadata"
    XML = "XML"
    HTML = "HTML page"
    HEIF = "HEIF"
    POSTSCRIPT = "PostScript"
    PDF = "PDF"
    HDF4 = "HDF4"
    GRIB = "GRIB"
    GZIP = "gzip"
    EMPTY = "empty file"
    UNKNOWN = "unknown"


VIDEO = frozenset({Format.MP4, Format.MATROSKA, Format.AVI, Format.MPEG_PS, Format.MPEG_TS})

HEAD_BYTES = 4096  # enough for any magic number and for the root element behind an XML prologue

_MAGIC = (
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Format.JPEG2000),
    (b"\xff\x4f\xff\x51", Format.JPEG2000),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"BM", Format.BMP),
    (b"GIF8", Format.GIF),
    (b"CDF\x01", Format.NETCDF3),
    (b"CDF\x02", Format.NETCDF3),
    (b"CDF\x05", Format.NETCDF3),
    (b"\x89HDF\r\n\x1a\n", Format.HDF5),
    (b"NITF0", Format.NITF),
    (b"NSIF0", Format.NITF),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"\x1a\x45\xdf\xa3", Format.MATROSKA),
    (b"\0\0\x01\xba", Format.MPEG_PS),
    (b"\0\0\x01\xb3", Format.MPEG_PS),
    (b"%!PS", Format.POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", Format.POSTSCRIPT),  # EPS with a preview
    (b"%PDF", Format.PDF),
    (b"\x0e\x03\x13\x01", Format.HDF4),
    (b"GRIB", Format.GRIB),
    (b"\x1f\x8b", Format.GZIP),
)
_XML_ROOTS = (
    (b"<vrtdataset", Format.VRT),
    (b"<vrtmultidim", Format.VRT),
    (b"<gdaltileindexdataset", Format.VRT),
    (b"<gdal_wm", Format.GDAL_SERVICE),
    (b"<wcs_gdal", Format.GDAL_SERVICE),
    (b"<dimap_document", Format.DIMAP),
    (b"<!doctype html", Format.HTML),
    (b"<html", Format.HTML),
)
_STILL_BRANDS = {b"avif": Format.AVIF, b"avis": Format.AVIF, b"heic": Format.HEIF, b"heix": Format.HEIF,
                 b"mif1": Format.HEIF}  # fmt: skip
HGT_SHAPES = {2 * rows * columns: (rows, columns) for rows, columns in ((1201, 1201), (3601, 3601), (3601, 1801))}
"""Bytes of an SRTM tile to its rows and columns: 3", 1", and 1" by 2" beyond 50 degrees."""


def sniff(head: bytes, *, suffix: str = "", size: int | None = None) -> Format:
    """Tell the format from the first bytes (up to HEAD_BYTES) of a file.

    suffix and size in bytes settle only what has no magic number: SRTM tiles (".hgt" of an exact size).
    """
    if not head:
        return Format.EMPTY
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF":
        return {b"WEBP": Format.WEBP, b"AVI ": Format.AVI}.get(head[8:12], Format.UNKNOWN)
    if head[4:8] == b"ftyp":
        return _STILL_BRANDS.get(head[8:12], Format.MP4)
    if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] in (b"G", b""):
        return Format.MPEG_TS  # a sync byte every 188 bytes
    if suffix.casefold() == ".hgt" and size in HGT_SHAPES:
        return Format.HGT
    return _sniff_text(head)


def _sniff_text(head: bytes) -> Format:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return Format.JSON
    if text[:1] != b"<":
        return Format.UNKNOWN
    lowered = text.lower()
    return next((found for root, found in _XML_ROOTS if root in lowered), Format.XML)
