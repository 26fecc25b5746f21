"""Cutting one large labelled image into whole tiles, each an image of its own."""

from __future__ import annotations

from collections.abc import Iterator


def tiles(shape: tuple[int, ...], side_px: int) -> Iterator[tuple[str, tuple[slice, slice]]]:
    """Give name ("r0c128") and place (rows, columns) of every whole tile of an image of shape (H, W), row by row."""
    height, width = shape
    for top in range(0, height - side_px + 1, side_px):
        for left in range(0, width - side_px + 1, side_px):
            yield f"r{top}c{left}", (slice(top, top + side_px), slice(left, left + side_px))
