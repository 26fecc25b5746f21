"""Near-duplicate images, found by perceptual hashes that survive scaling, recompression, flips and quarter turns.

A difference hash is 256 bits: whether each of 16 x 16 cells of the grey image is brighter than its left neighbour.
Unrelated photographs differ in about 128 bits. It cannot see that two images overlap in part: splits by place or
flight have to rule that out.

Source: Krawetz, "Kind of Like That" (2013), dHash; bits per pair measured on the sets of docs/evaluation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError

SIDE = 16
NEAR_BITS = 20
"""Images this close are one image: recompressed UC Merced pictures differ by at most 6 bits, the nearest two
different ones of all sets here by 31."""

_BITS_OF_BYTE = np.array([value.bit_count() for value in range(256)], np.uint8)
_ROWS_AT_ONCE = 512

Hash = NDArray[np.uint8]
"""(8, 32): the 256 bits of the image and of its seven flips and quarter turns, the image itself first."""


def difference_hash(pixels: NDArray[np.generic]) -> Hash:
    """Give the hash of an image (C, H, W) of any dtype; NaN counts as the image's mean.

    Raises InputError for another shape or a side below 4 pixels.
    """
    if pixels.ndim != 3 or min(pixels.shape[1:]) < 4:
        raise InputError("no image to hash", value=pixels.shape, expected="(C, H, W), at least 4 x 4 pixels")
    grey = pixels.astype(np.float64).mean(axis=0)  # (H, W)
    known = np.isfinite(grey)
    grey = np.where(known, grey, grey[known].mean() if known.any() else 0.0)
    turned = [np.rot90(grey, quarter) for quarter in range(4)]
    views = [view for one in turned for view in (one, one[:, ::-1])]
    return np.stack([_bits(view) for view in views])


def _bits(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    cells = _averaged(_averaged(grey, SIDE).T, SIDE + 1).T  # (SIDE, SIDE + 1)
    return np.packbits(cells[:, 1:] > cells[:, :-1])


def _averaged(rows: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The mean of `rows` (N, M) over `count` equal stretches of the first axis, parts of rows included."""
    total = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    edges = np.linspace(0, len(rows), count + 1)
    low = np.minimum(edges.astype(int), len(rows) - 1)
    at_edges = total[low] + (edges - low)[:, None] * rows[low]
    means: NDArray[np.float64] = np.diff(at_edges, axis=0) / (len(rows) / count)
    return means


@dataclass(frozen=True, slots=True, order=True)
class NearPair:
    """Two images that are nearly the same. bits: how many of 256 differ, in the view where the fewest do."""

    bits: int
    first: str
    second: str


def near_pairs(
    first: Mapping[str, Hash], second: Mapping[str, Hash], *, within_bits: int = NEAR_BITS
) -> tuple[NearPair, ...]:
    """Give all pairs of an image of `first` and one of `second` that are near, nearest first.

    An image is not its own pair, and a pair within one collection is given once.
    """
    found: dict[tuple[str, str], int] = {}
    for name, other, bits in _near(list(first.items()), list(second.items()), within_bits):
        if name != other:
            pair = (name, other) if not (name in second and other in first) else (min(name, other), max(name, other))
            found[pair] = min(bits, found.get(pair, 257))
    return tuple(sorted(NearPair(bits, *pair) for pair, bits in found.items()))


def _near(
    first: Sequence[tuple[str, Hash]], second: Sequence[tuple[str, Hash]], within_bits: int
) -> list[tuple[str, str, int]]:
    if not first or not second:
        return []
    views = np.stack([one for _, one in second])  # (M, 8, 32)
    found = []
    for start in range(0, len(first), _ROWS_AT_ONCE):
        plain = np.stack([one[0] for _, one in first[start : start + _ROWS_AT_ONCE]])  # (n, 32)
        for view in range(views.shape[1]):
            differ = np.zeros((len(plain), len(views)), np.uint16)
            for byte in range(plain.shape[1]):
                differ += _BITS_OF_BYTE[plain[:, None, byte] ^ views[None, :, view, byte]]
            for row, column in np.argwhere(differ <= within_bits).tolist():
                found.append((first[start + row][0], second[column][0], int(differ[row, column])))
    return found
