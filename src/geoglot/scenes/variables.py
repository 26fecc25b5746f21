"""The arrays in a scientific file (netCDF, HDF5, zipped Zarr) as one kind of thing: `Variable`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ReadError, Refused
from geoglot.scenes import gate, netcdf3
from geoglot.scenes.gdal import decoding, reason, window
from geoglot.scenes.sniff import Format

Index = tuple[int | slice, ...]

_LARGEST_JSON_BYTES = 4 << 20
_MOST_VARIABLES = 2000


@dataclass(frozen=True, slots=True)
class Variable:
    """One array. dimensions: a name for each axis. attributes: its own, names in lower case.

    read: from an index (whole numbers and slices without steps, one an axis) to values as stored.
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    attributes: Mapping[str, object]
    read: Callable[[Index], NDArray[Any]]

    def text(self, name: str) -> str:
        """Give an attribute as text, "" if it is not there."""
        value = self.attributes.get(name)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)

    def number(self, name: str) -> float | None:
        """Give an attribute as a number, None if it is not there or is none."""
        try:
            return float(np.asarray(self.attributes[name]).ravel()[0])
        except (KeyError, ValueError, TypeError, IndexError):
            return None


def read_variables(path: Path, profile: gate.Profile = gate.LOCAL) -> tuple[Variable, ...]:
    """Give every array of an admitted netCDF, HDF5 or zipped Zarr file; values are read later.

    Raises ReadError if it is damaged, Refused if its data lie in other files.
    """
    found = gate.identify(path, profile)
    if found is Format.NETCDF3:
        return tuple(_classic(path, entry) for entry in netcdf3.read_classic(path))
    if found is Format.HDF5:
        return _hdf5(path, profile)
    return _zarr(path, profile)


def is_zarr(path: Path) -> bool:
    """Tell whether a ZIP holds a Zarr store of version 2."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/.zarray") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise ReadError("the ZIP is damaged or cut off", value=path.name) from error


def _classic(path: Path, entry: netcdf3.Entry) -> Variable:
    attributes = {name.casefold(): value for name, value in entry.attributes}
    dtype = np.dtype(entry.dtype).newbyteorder("=")

    def get(index: Index) -> NDArray[Any]:
        return np.asarray(netcdf3.values(path, entry)[index]).astype(dtype)

    return Variable(entry.name, entry.dimensions, entry.shape, dtype.name, attributes, get)


def _hdf5(path: Path, profile: gate.Profile) -> tuple[Variable, ...]:
    import h5py

    found: list[Variable] = []

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" and len(found) < _MOST_VARIABLES:
            found.append(_dataset(path, profile, name, item))

    try:
        gate.hdf5(path, profile).visititems(look)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError("the HDF5 file is damaged", value=path.name, hint=reason(error)) from error
    return tuple(found)


def _dataset(path: Path, profile: gate.Profile, name: str, item: Any) -> Variable:
    dimensions = tuple(_dimension(item, axis) for axis in range(item.ndim))
    attributes: dict[str, object] = {}
    for key in item.attrs:
        value = item.attrs[key]
        if isinstance(value, (str, bytes, int, float, np.generic, np.ndarray)):
            attributes[key.casefold()] = value
    if item.chunks:
        gate.allow(int(np.prod(item.chunks)), profile.max_pixels, what="one chunk of the file")

    def get(index: Index) -> NDArray[Any]:
        try:
            return np.asarray(gate.hdf5(path, profile)[name][index])
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            if isinstance(error, ReadError):
                raise
            raise ReadError("the HDF5 file cannot be decoded", value=f"{path.name}: {name}",
                            hint=f"it is damaged: {reason(error)}") from error  # fmt: skip

    return Variable(name, dimensions, item.shape, item.dtype.name, attributes, get)


def _dimension(item: Any, axis: int) -> str:
    """The name of an axis: of its dimension scale, of the array itself if it is one, else its place."""
    scales = item.dims[axis]
    if len(scales):
        return str(scales[0].name).lstrip("/")
    if item.ndim == 1 and item.is_scale:
        return str(item.name).lstrip("/")
    return str(scales.label) or f"axis {axis} of {item.shape[axis]}"


def _zarr(path: Path, profile: gate.Profile) -> tuple[Variable, ...]:
    """Arrays of a zipped Zarr store, decoded by GDAL: the compressors are not in Python's library."""
    found = []
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix("/.zarray") for name in archive.namelist() if name.endswith("/.zarray")]
            for name in names[:_MOST_VARIABLES]:
                about = json.loads(_small(archive, f"{name}/.zarray"))
                has_attributes = f"{name}/.zattrs" in archive.namelist()
                attributes = json.loads(_small(archive, f"{name}/.zattrs")) if has_attributes else {}
                if np.dtype(about["dtype"]).kind in "iuf":
                    found.append(_zarr_array(path, profile, name, about, attributes))
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError("the Zarr store is damaged", value=path.name, hint=reason(error)) from error
    return tuple(found)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        content = stream.read(_LARGEST_JSON_BYTES + 1)
    if len(content) > _LARGEST_JSON_BYTES:
        raise Refused("a metadata file of the Zarr store is too large", value=name)
    return content


def _zarr_array(
    path: Path, profile: gate.Profile, name: str, about: Mapping[str, Any], attributes: Mapping[str, Any]
) -> Variable:
    shape = tuple(int(length) for length in about["shape"])
    gate.allow(int(np.prod(about["chunks"])), profile.max_pixels, what="one chunk of the file")
    dimensions = tuple(map(str, attributes.get("_ARRAY_DIMENSIONS", [f"axis {axis}" for axis in range(len(shape))])))
    known = {key.casefold(): value for key, value in attributes.items()}
    known.setdefault("_fillvalue", about.get("fill_value"))
    store, _, inner = name.rpartition("/")

    def get(index: Index) -> NDArray[Any]:
        with decoding(path):
            return _zarr_values(gate.zarr(path, store, inner, profile), shape, index)

    return Variable(inner, dimensions, shape, np.dtype(about["dtype"]).newbyteorder("=").name, known, get)


def _zarr_values(handle: Any, shape: tuple[int, ...], index: Index) -> NDArray[Any]:
    """Values of a Zarr array: GDAL shows the axes before the last two as bands, in C order."""
    spans = [
        range(length)[place] if isinstance(place, slice) else place for place, length in zip(index, shape, strict=True)
    ]
    rows, columns = (spans[-2] if len(spans) > 1 else range(1)), spans[-1]
    leading = [span for span in spans[:-2] if isinstance(span, int)]
    if not isinstance(rows, range) or not isinstance(columns, range) or len(leading) != max(0, len(spans) - 2):
        raise ValueError("whole numbers before the last two axes, slices in them")
    if len(spans) == 1:
        return np.asarray(handle.read(1).ravel()[columns.start : columns.stop])
    band = int(np.ravel_multi_index(leading, shape[:-2])) + 1 if leading else 1
    place = window(columns.start, rows.start, len(columns), len(rows))
    return np.asarray(handle.read(band, window=place))
