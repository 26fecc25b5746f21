"""Files for the tests of this folder, made on the spot: ordinary ones and hostile ones."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.scenes.gdal import gdal

SECRET = b"the secret of another file, 32 b"  # 32 bytes: read as an 8 x 4 byte raster by the attacks


def ramp(bands: int = 1, height: int = 40, width: int = 60, dtype: str = "uint16") -> NDArray[Any]:
    """Values that differ in every pixel and band: band * 10000 + row * 100 + column, (C, H, W)."""
    band, row, column = np.meshgrid(np.arange(bands), np.arange(height), np.arange(width), indexing="ij")
    return (band * 10000 + row * 100 + column).astype(dtype)


def geotiff(path: Path, data: NDArray[Any], **profile: Any) -> Path:
    """Write (C, H, W) as a GeoTIFF in UTM 33N with 10 m pixels; `profile` overrides what rasterio is told.

    tags: {domain: {name: value}}, "" for the default domain. descriptions: one per band.
    """
    rasterio = gdal()
    tags = profile.pop("tags", {})
    descriptions = profile.pop("descriptions", ())
    bands, height, width = data.shape
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)}
    settings = {"driver": "GTiff", "width": width, "height": height, "count": bands, "dtype": data.dtype.name}
    settings |= place | profile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path, "w", **{k: v for k, v in settings.items() if v is not None}) as out:
            out.write(data)
            for domain, items in tags.items():
                out.update_tags(ns=domain or None, **items)
            for index, text in enumerate(descriptions, start=1):
                out.set_band_description(index, text)
    return path


def sparse(path: Path, side: int, **blocks: Any) -> Path:
    """Write the header of a `side` x `side` uint8 raster without a single block."""
    rasterio = gdal()
    settings = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8",
                "crs": "EPSG:32633", "transform": rasterio.Affine(0.1, 0, 500_000, 0, -0.1, 5_000_000),
                "SPARSE_OK": "TRUE", "BIGTIFF": "YES", "compress": "deflate"}  # fmt: skip
    with rasterio.open(path, "w", **settings | blocks):
        return path


def secret_file(folder: Path) -> Path:
    """A file that no attack may show."""
    path = folder / "secret.txt"
    path.write_bytes(SECRET)
    return path


def raw_vrt(target: Path) -> str:
    """A virtual raster that shows the bytes of any file."""
    return (
        '<VRTDataset rasterXSize="8" rasterYSize="4">'
        '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativetoVRT="0">{target}</SourceFilename><ImageOffset>0'
        "</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>8</LineOffset></VRTRasterBand></VRTDataset>"
    )


def source_vrt(target: Path, width: int = 30, height: int = 20) -> str:
    """A virtual raster that shows another raster."""
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><VRTRasterBand dataType="UInt16" band="1">'
        f'<SimpleSource><SourceFilename relativeToVRT="0">{target}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


_NC_TYPES = {"i1": 1, "i2": 3, "i4": 4, "f4": 5, "f8": 6}


def netcdf3(path: Path, dimensions: dict[str, int], variables: list[tuple[str, tuple[str, ...], Any, Any]]) -> Path:
    """Write a classic netCDF file (CDF-1, no record dimension). variables: name, dimensions, values, attributes."""

    def word(number: int) -> bytes:
        return number.to_bytes(4, "big")

    def padded(content: bytes) -> bytes:
        return content + bytes(-len(content) % 4)

    def name_of(text: str) -> bytes:
        return word(len(text)) + padded(text.encode())

    def attributes(items: dict[str, Any]) -> bytes:
        out = word(12 if items else 0) + word(len(items))
        for name, value in items.items():
            if isinstance(value, str):
                out += name_of(name) + word(2) + word(len(value)) + padded(value.encode())
            else:
                out += name_of(name) + word(6) + word(1) + np.array(value, ">f8").tobytes()
        return out

    order = list(dimensions)
    arrays = [np.asarray(values) for _, _, values, _ in variables]
    head = b"CDF\x01" + word(0) + word(10) + word(len(order))
    head += b"".join(name_of(name) + word(size) for name, size in dimensions.items()) + attributes({})
    head += word(11) + word(len(variables))
    rows = []
    for (name, axes, _, about), array in zip(variables, arrays, strict=True):
        row = name_of(name) + word(len(axes)) + b"".join(word(order.index(axis)) for axis in axes)
        rows.append(row + attributes(about) + word(_NC_TYPES[array.dtype.str[1:]]) + word(-(-array.nbytes // 4) * 4))
    begin = len(head) + sum(len(row) + 4 for row in rows)
    body = b""
    for row, array in zip(rows, arrays, strict=True):
        head += row + word(begin + len(body))
        body += padded(array.astype(array.dtype.newbyteorder(">")).tobytes())
    path.write_bytes(head + body)
    return path
