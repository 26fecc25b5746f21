"""The classic netCDF format (CDF-1, CDF-2, CDF-5), read without a library: a header, then plain big-endian arrays.

Source: The NetCDF Classic Format Specification, and CDF-5 as in the PnetCDF documentation.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ReadError

Attribute = str | float | tuple[float, ...]

_TYPES = {1: ">i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: ">u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_MOST_ENTRIES = 10_000  # dimensions, variables or attributes of one list; real files have tens
_LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable of the file. strides and begin: bytes."""

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    begin: int
    strides: tuple[int, ...]
    attributes: tuple[tuple[str, Attribute], ...]


def read_classic(path: Path) -> tuple[Entry, ...]:
    """Give the variables of a classic netCDF file from its header.

    Raises ReadError if the header is damaged or the file too short for what it declares.
    """
    try:
        with path.open("rb") as stream:
            entries = _Reader(stream).entries()
    except (struct.error, UnicodeDecodeError, KeyError, IndexError, ValueError, OverflowError) as error:
        raise ReadError("the netCDF header is damaged or cut off", value=path.name) from error
    size = path.stat().st_size
    for entry in entries:
        last = sum((length - 1) * stride for length, stride in zip(entry.shape, entry.strides, strict=True))
        if entry.begin < 0 or min(entry.strides, default=1) < 1:
            raise ReadError("the netCDF header is damaged", value=f"{path.name}: {entry.name}")
        if math.prod(entry.shape) and entry.begin + last + np.dtype(entry.dtype).itemsize > size:
            raise ReadError("the netCDF file is cut off", value=f"{path.name}: {entry.name}")
    return entries


def values(path: Path, entry: Entry) -> NDArray[np.generic]:
    """Give the array of a variable without reading it: a view of the file on disk."""
    if not math.prod(entry.shape):
        return np.zeros(entry.shape, entry.dtype)
    try:
        mapped = np.memmap(path, np.uint8, mode="r")
        return np.ndarray(entry.shape, entry.dtype, mapped.data, entry.begin, entry.strides)
    except (OSError, ValueError, TypeError) as error:  # gone or shorter since its header was read
        raise ReadError("the netCDF file was changed or removed", value=path.name) from error


class _Reader:
    """Reads the header from the start of a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._version = self._take(4)[3]
        self._length = ">q" if self._version == 5 else ">i"

    def entries(self) -> tuple[Entry, ...]:
        records = max(0, self._count())
        dimensions = [(self._name(), self._count()) for _ in range(self._list(_DIMENSIONS))]
        self._attributes()
        found = [self._variable() for _ in range(self._list(_VARIABLES))]
        growing = [row for row in found if row[1] and dimensions[row[1][0]][1] == 0]
        sizes = [_row_bytes(row, dimensions) for row in growing]
        # Records of several variables lie padded to four bytes one after another; a single one is not padded.
        step = sizes[0] if len(sizes) == 1 else sum(-(-size // 4) * 4 for size in sizes)
        return tuple(_entry(row, dimensions, records, step) for row in found)

    def _variable(self) -> tuple[str, tuple[int, ...], str, int, tuple[tuple[str, Attribute], ...]]:
        name = self._name()
        dimensions = tuple(self._count() for _ in range(self._limited(self._count())))
        attributes = self._attributes()
        dtype = _TYPES[self._number(">i")]
        self._count()  # the size in bytes: redundant, and wrong by rule for large variables
        begin = self._number(">i" if self._version == 1 else ">q")
        return name, dimensions, dtype, begin, attributes

    def _attributes(self) -> tuple[tuple[str, Attribute], ...]:
        return tuple((self._name(), self._attribute()) for _ in range(self._list(_ATTRIBUTES)))

    def _attribute(self) -> Attribute:
        dtype = np.dtype(_TYPES[self._number(">i")])
        count = self._count()
        raw = self._padded(count * dtype.itemsize)
        if dtype.kind == "S":
            return raw.decode("utf-8", "replace").rstrip("\0")
        numbers = tuple(float(number) for number in np.frombuffer(raw, dtype))
        return numbers[0] if len(numbers) == 1 else numbers

    def _list(self, expected: int) -> int:
        tag, count = self._number(">i"), self._count()
        if tag not in (0, expected) or (tag == 0 and count):
            raise ValueError("an unexpected list")
        return self._limited(count)

    def _limited(self, count: int) -> int:
        if not 0 <= count <= _MOST_ENTRIES:
            raise ValueError("a list of absurd length")
        return count

    def _name(self) -> str:
        length = self._count()
        if not 0 < length <= _LONGEST_NAME:
            raise ValueError("a name of absurd length")
        return self._padded(length).decode("utf-8")

    def _padded(self, size: int) -> bytes:
        return self._take(-(-size // 4) * 4)[:size]

    def _count(self) -> int:
        return self._number(self._length)

    def _number(self, form: str) -> int:
        return int(struct.unpack(form, self._take(struct.calcsize(form)))[0])

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= 1 << 24:
            raise ValueError("an absurd length")
        taken = self._stream.read(size)
        if len(taken) < size:
            raise ValueError("the end of the file")
        return taken


def _row_bytes(
    row: tuple[str, tuple[int, ...], str, int, tuple[tuple[str, Attribute], ...]], dimensions: list[tuple[str, int]]
) -> int:
    """Bytes of one record of a variable along the growing dimension."""
    return math.prod(dimensions[place][1] for place in row[1][1:]) * np.dtype(row[2]).itemsize


def _entry(
    row: tuple[str, tuple[int, ...], str, int, tuple[tuple[str, Attribute], ...]],
    dimensions: list[tuple[str, int]],
    records: int,
    step: int,
) -> Entry:
    name, places, dtype, begin, attributes = row
    grows = bool(places) and dimensions[places[0]][1] == 0
    shape = tuple(records if grows and not rank else dimensions[place][1] for rank, place in enumerate(places))
    strides: list[int] = []
    size = np.dtype(dtype).itemsize
    for length in reversed(shape):
        strides.insert(0, size)
        size *= length
    if grows:
        strides[0] = step
    return Entry(name, tuple(dimensions[place][0] for place in places), shape, dtype, begin, tuple(strides), attributes)
