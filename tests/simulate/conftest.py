"""Fabricated ground for tests of the views: flat layers on which one block stands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("numba")

from geoglot.simulate.emit import kit
from geoglot.simulate.tables import material, materials
from geoglot.simulate.world import FarHeights, Layers

MakeLayers = Callable[..., Layers]


def make_flat_layers(
    size: int,
    gsd_m: float,
    ground: str,
    *,
    block: tuple[int, int, int, int, float, str] | None = None,
    roof: str = "concrete",
) -> Layers:
    """Flat layers of one material, with an optional block: (row, column, rows, columns, height_m, class)."""
    plane = np.zeros((size, size), np.float32)
    under = np.full((size, size), material(ground), np.uint8)
    cover = materials().cover[under]
    top, thing, seen = plane.copy(), np.full((size, size), -1, np.int32), under.copy()
    objects = np.zeros((1 if block else 0, 16))
    if block is not None:
        row, column, rows, columns, height_m, name = block
        part = (slice(row, row + rows), slice(column, column + columns))
        top[part], thing[part], seen[part] = height_m, 0, material(roof)
        objects[0, [0, 2, 3, 5, 6, 7]] = (
            getattr(kit().kind, name),
            (column + 0.5 * columns) * gsd_m,
            (row + 0.5 * rows) * gsd_m,
            columns * gsd_m,
            rows * gsd_m,
            height_m,
        )
    far = FarHeights(0, 0, 1.6, np.empty((0, 0), np.float32))
    none = np.empty((0, 16))
    return Layers(
        0.0, 0.0, gsd_m, plane, top, plane.copy(), plane.copy(), seen, plane.copy(), plane.copy(),
        np.full((size, size), -1, np.int32), thing, under, cover, objects, none, np.empty((0, 12)), far,
    )  # fmt: skip


@pytest.fixture
def flat() -> MakeLayers:
    """A maker of flat layers."""
    return make_flat_layers
