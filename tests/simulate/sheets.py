"""Contact sheets of simulated scenes for docs/simulator: `python -m tests.simulate.sheets FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.simulate import ALIGNED, PHOTO_SENSORS, SCENE_LABELS, SimulatedScene, aligned, pair, photo, scene
from geoglot.simulate.change import CHANGES, change_kinds
from geoglot.simulate.landsat import years_apart
from geoglot.simulate.products import display

from .test_likeness import displayed

TILE = 128
GAP = 2
# What photos are shown of, and how large.
PHOTOGRAPHED = (
    "medium residential", "dense residential", "city centre", "industrial area", "intersection", "harbour",
    "storage tanks", "wind farm", "airport", "forest", "agricultural", "bridge",
)  # fmt: skip
PHOTO_PX = (192, 144)
# One colour a change, in the order of CHANGES.
COLOURS = np.array(
    [[0, 0, 0], [228, 26, 28], [255, 127, 0], [55, 126, 184], [166, 206, 227], [255, 217, 47], [153, 52, 4],
     [77, 175, 74], [231, 41, 138], [200, 200, 200]], np.uint8,
)  # fmt: skip


def grey(plane: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(H, W, 3) picture of one plane between its 1st and 99th percentile."""
    low, high = np.percentile(plane, [1, 99])
    level = np.clip((plane - low) / max(high - low, 1e-9), 0.0, 1.0) * 255.0
    return np.repeat(level.astype(np.uint8)[:, :, None], 3, axis=2)


def picture(seen: SimulatedScene) -> NDArray[np.uint8]:
    """What an eye is shown of a scene: (H, W, 3)."""
    if seen.sensor == "sar":
        return grey(np.clip(10.0 * np.log10(np.maximum(seen.image[0], 1e-6)), -26.0, 6.0).astype(np.float64))
    if seen.sensor in ("thermal", "elevation"):
        return grey(seen.image[0].astype(np.float64))
    order = [3, 2, 1] if seen.sensor == "multispectral" else [0, 1, 2]
    return displayed(seen.image[order]).transpose(1, 2, 0).astype(np.uint8)


def sheet(tiles: list[NDArray[np.uint8]], columns: int, size: tuple[int, int] = (TILE, TILE)) -> Image.Image:
    """Tiles side by side, each shrunk to a size."""
    rows = -(-len(tiles) // columns)
    wide, high = size[0] + GAP, size[1] + GAP
    page = Image.new("RGB", (columns * wide, rows * high), "white")
    for k, tile in enumerate(tiles):
        small = Image.fromarray(tile).resize(size, Image.Resampling.BOX)
        page.paste(small, (k % columns * wide, k // columns * high))
    return page


def photo_sheets(folder: Path) -> None:
    """Write the contact sheets of photos."""
    for sensor in PHOTO_SENSORS:
        taken = [photo(4, 40 + k, sensor=sensor, label=label) for k, label in enumerate(PHOTOGRAPHED)]
        tiles = [display(each.image.transpose(1, 2, 0)) for each in taken]
        sheet(tiles, 6, PHOTO_PX).save(folder / f"{sensor}.jpg", quality=82)


def years_sheet(folder: Path) -> None:
    """Write the contact sheet of Landsat pairs: swir, near infrared and red of both dates, and what changed."""
    rows: list[list[NDArray[np.uint8]]] = [[], [], []]
    for index in range(8):
        apart = years_apart(9000, index)
        for row, seen in zip(rows, (apart.before, apart.after), strict=False):
            row.append(displayed(seen.image[[4, 3, 2]]).transpose(1, 2, 0).astype(np.uint8))
        rows[2].append(np.repeat((255.0 * apart.changed).astype(np.uint8)[:, :, None], 3, axis=2))
    sheet([tile for row in rows for tile in row], len(rows[0])).save(folder / "years.jpg", quality=82)


def sheets(folder: Path) -> None:
    """Write all contact sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    for sensor in ("optical", "sar", "thermal", "multispectral"):
        tiles = [picture(scene(4, 40 + k, sensor=sensor, label=label)) for k, label in enumerate(SCENE_LABELS)]
        sheet(tiles, 9).save(folder / f"{sensor}.jpg", quality=82)
    pairs = [pair(9, k, kind=kind, gsd_m=0.5) for k, kind in enumerate(change_kinds())]
    rows = [picture(each.before) for each in pairs] + [picture(each.after) for each in pairs]
    sheet(rows + [COLOURS[each.change] for each in pairs], len(pairs)).save(folder / "pairs.jpg", quality=82)
    worlds = [seen for k in range(3) for seen in aligned(4, 60 + k, gsd_m=1.0)]
    sheet([picture(seen) for seen in worlds], len(ALIGNED)).save(folder / "aligned.jpg", quality=82)
    photo_sheets(folder)
    years_sheet(folder)
    assert len(COLOURS) == len(CHANGES)


if __name__ == "__main__":
    sheets(Path(sys.argv[1]))
