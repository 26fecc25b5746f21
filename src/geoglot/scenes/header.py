"""What a raster file says of itself, before any pixel is read: `Header`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoglot.regions import Grid, GroundControlPoint
from geoglot.scenes import gate
from geoglot.scenes.gdal import decoding

_LONGEST_TAG = 2000  # characters kept of one tag; tags are data from strangers


@dataclass(frozen=True, slots=True)
class Layer:
    """One band of a file as its tags describe it. scale and offset: physical = stored * scale + offset."""

    dtype: str
    nodata: float | None
    description: str
    colour: str
    scale: float
    offset: float
    unit: str
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Header:
    """A raster file's own statement. masked: a mask or alpha band. tags: default and IMAGERY domains."""

    path: Path
    driver: str
    grid: Grid
    layers: tuple[Layer, ...]
    masked: bool
    has_rpcs: bool
    has_overviews: bool
    tags: tuple[tuple[str, str], ...]

    def tag(self, name: str) -> str | None:
        """Give the value of a tag by its name in any case, None if there is none."""
        return next((value for key, value in self.tags if key.casefold() == name.casefold()), None)


def header(path: Path, profile: gate.Profile = gate.LOCAL, *, member: str = "") -> Header:
    """Read the header of an admitted raster file. Raises what `gate.raster` raises."""
    with decoding(path):
        handle = gate.raster(path, profile, member=member)
        return Header(
            path=path,
            driver=handle.driver,
            grid=_grid(handle),
            layers=_layers(handle),
            masked=_is_masked(handle),
            has_rpcs=handle.rpcs is not None,
            has_overviews=bool(handle.overviews(1)),
            tags=_tags(handle, ns=None) + _tags(handle, ns="IMAGERY"),
        )


def _layers(handle: Any) -> tuple[Layer, ...]:
    """Every band; each of rasterio's lists is asked for once, for it goes through all bands each time."""
    columns = zip(handle.dtypes, handle.nodatavals, handle.descriptions, handle.colorinterp, handle.scales,
                  handle.offsets, handle.units, strict=True)  # fmt: skip
    return tuple(
        Layer(
            dtype,
            nodata,
            _text(description or ""),
            colour.name,
            float(scale),
            float(offset),
            _text(unit or ""),
            _tags(handle, ns=None, layer=index) + _tags(handle, ns="IMAGERY", layer=index),
        )
        for index, (dtype, nodata, description, colour, scale, offset, unit) in enumerate(columns, start=1)
    )


def _is_masked(handle: Any) -> bool:
    """Whether validity is stored apart from the values. An untagged fourth band is not alpha."""
    return any(flag.name in ("per_dataset", "alpha") for flags in handle.mask_flag_enums for flag in flags)


def _grid(handle: Any) -> Grid:
    """The place: affine or control points with their CRS; the identity means that there is no affine."""
    gcps, gcp_crs = handle.gcps
    if gcps and handle.crs is None:
        points = tuple(GroundControlPoint(gcp.col, gcp.row, gcp.x, gcp.y, gcp.z or 0.0) for gcp in gcps)
        return Grid(handle.width, handle.height, gcp_crs.to_string() if gcp_crs else None, None, points)
    crs = handle.crs.to_string() if handle.crs else None
    affine = handle.transform
    if affine.is_identity or affine.is_degenerate:
        return Grid(handle.width, handle.height, crs)
    return Grid(handle.width, handle.height, crs, tuple(affine)[:6])


def _tags(handle: Any, *, ns: str | None, layer: int = 0) -> tuple[tuple[str, str], ...]:
    """The tags of a domain, of the file or of one layer (from 1); none where they are no UTF-8."""
    try:
        found = handle.tags(layer, ns=ns)
    except UnicodeDecodeError:
        return ()  # a sentence in another alphabet is no reason not to read the pixels
    return tuple((_text(name), _text(value)) for name, value in found.items())


def _text(value: str) -> str:
    """A tag without control characters, shortened: it is data, and may be hostile."""
    return "".join(letter if letter.isprintable() else " " for letter in value[:_LONGEST_TAG]).strip()
