"""Masks in predictions: COCO run lengths, or a NumPy file beside the predictions.

    {"size": [height, width], "counts": [off, on, off …]}    runs by columns, top to bottom, starting with "off"
    {"size": [height, width], "counts": "…"}                 the same, packed as pycocotools writes it
    {"npy": "masks/12.npy"}                                  an array (height, width), not zero = on

An optional "ignored" holds the runs of pixels that count neither way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, ReadError

_EXPECTED = '{"size": [height, width], "counts": [off, on, …]} or {"npy": file}'


def is_mask(value: object) -> bool:
    """Tell whether a value has the form of a mask."""
    return isinstance(value, Mapping) and ("counts" in value or "npy" in value)


def read_mask(value: object) -> NDArray[np.bool_]:
    """Give a mask (H, W). Raises InputError for another form, ReadError for a file that cannot be read."""
    if isinstance(value, Mapping) and "npy" in value:
        on: NDArray[np.bool_] = read_array(value) != 0
        return on
    if not isinstance(value, Mapping) or "counts" not in value or "size" not in value:
        raise InputError("a mask was expected", value=value, expected=_EXPECTED)
    return _unrolled(value["counts"], value)


def read_ignored(value: object) -> NDArray[np.bool_] | None:
    """Give the pixels of a mask that count neither way, None if all count."""
    if not isinstance(value, Mapping) or "ignored" not in value:
        return None
    return _unrolled(value["ignored"], value)


def read_array(value: Mapping[str, object]) -> NDArray[np.generic]:
    """Give the two-dimensional array of a NumPy file. Raises ReadError."""
    try:
        array: NDArray[np.generic] = np.load(str(value["npy"]), allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ReadError("cannot read an array of the predictions", value=value["npy"], hint=str(error)) from error
    if array.ndim != 2:
        raise ReadError("an array of two axes was expected", value=array.shape, expected="(height, width)")
    return array


def _unrolled(counts: object, value: Mapping[str, object]) -> NDArray[np.bool_]:
    size = value["size"]
    if not isinstance(size, Sequence) or len(size) != 2:
        raise InputError("a mask without its size", value=size, expected="[height, width]")
    height, width = int(size[0]), int(size[1])
    runs = _unpacked(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, Sequence) or sum(runs) != height * width or min(runs, default=0) < 0:
        raise InputError("the runs of a mask do not fill it", value=size, expected=_EXPECTED)
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, np.asarray(runs, np.int64))
    return flat.reshape(width, height).T


def _unpacked(text: str) -> list[int]:
    """Give the runs of pycocotools' packed form: 5 bits a character, each run from the third on as a difference."""
    runs: list[int] = []
    number = shift = 0
    for character in text:
        bits = ord(character) - 48
        number |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                number -= 1 << shift
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number = shift = 0
    return runs
