"""Which sample comes next: pure functions of seed and place, so that a resumed run reads what the other would have.

A stage's batches are made of rows, numbered from 0. `source_of` says which source a row comes from and which of that
source's rows it is; `Rows` says which samples are packed into that row. Nothing is remembered between calls that
could not be worked out again.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError

BLOCK = 256
"""Rows over which the shares of a mixture are met exactly; inside a block the order is drawn."""


def source_of(row: int, weights: Sequence[float], seed: int) -> tuple[int, int]:
    """Give the source of a row of a mixture, and which row of that source it is.

    weights: relative shares, above 0. Of every 256 rows each source gets its share, rounded so that the sum is met.
    """
    block, inside = divmod(row, BLOCK)
    shares, order = _block(tuple(weights), seed, block)
    source = int(order[inside])
    return source, block * int(shares[source]) + int((order[:inside] == source).sum())


@lru_cache(maxsize=64)
def _block(weights: tuple[float, ...], seed: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of each source in a block, and the source of each row of this one."""
    if not weights or min(weights) <= 0:
        raise InputError("a mixture needs shares above 0", value=weights)
    exact = np.array(weights) / sum(weights) * BLOCK
    shares = np.floor(exact).astype(np.int64)
    shares[np.argsort(shares - exact, kind="stable")[: BLOCK - int(shares.sum())]] += 1
    if not shares.all():
        raise InputError(
            "a share of the mixture is too small to be met", value=weights, expected=f"at least 1 row in {BLOCK}"
        )
    rng = np.random.default_rng((seed, 1, block))
    return shares, rng.permutation(np.repeat(np.arange(len(weights)), shares))


class Rows:
    """Rows of one source: its samples in a new order every epoch, as many to a row as fit into `length` tokens.

    lengths: (N,) tokens of each sample. A sample longer than a row has the row to itself, cut off by who lays it.
    Packing follows the order (next fit): rows stay a pure function of the epoch, and about half a sample is lost a
    row. name: sources of one run draw different orders.
    """

    def __init__(self, lengths: NDArray[np.int64], *, length: int, seed: int, name: str) -> None:
        if not len(lengths):
            raise InputError("a source without samples cannot be trained on", value=name)
        self._lengths = np.minimum(lengths, length)
        self._length = length
        self._seed = (seed, 2, zlib.crc32(name.encode()))
        self._first = [0]  # number of the first row of each epoch packed so far
        self._packed: dict[int, list[NDArray[np.int64]]] = {}

    def row(self, number: int) -> NDArray[np.int64]:
        """Give the samples of a row, counted from the first row of the first epoch."""
        while number >= self._first[-1]:
            self._first.append(self._first[-1] + len(self._epoch(len(self._first) - 1)))
        epoch = int(np.searchsorted(self._first, number, side="right")) - 1
        return self._epoch(epoch)[number - self._first[epoch]]

    def _epoch(self, epoch: int) -> list[NDArray[np.int64]]:
        if epoch not in self._packed:
            order = np.random.default_rng((*self._seed, epoch)).permutation(len(self._lengths))
            if len(self._packed) > 1:  # a run goes forward: the epoch before last is not asked for again
                del self._packed[min(self._packed)]
            self._packed[epoch] = packed(order, self._lengths[order], self._length)
        return self._packed[epoch]


def packed(order: NDArray[np.int64], lengths: NDArray[np.int64], length: int) -> list[NDArray[np.int64]]:
    """Cut samples in their order into rows of at most `length` tokens. lengths: of `order`, each at most `length`."""
    ends = np.cumsum(lengths)
    rows, start = [], 0
    while start < len(order):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + length, side="right"))
        rows.append(order[start:stop])
        start = stop
    return rows
