"""Sigma nought by land cover: of simulated scenes seen as Sentinel-1 sees, and of Sentinel-1 itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers import sen1floods11, terramesh
from geoglot.simulate import COVER_CLASSES, Frame, World, render
from geoglot.simulate.draws import draw_view
from geoglot.simulate.noise import generator
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS

Levels = dict[str, NDArray[np.float32]]
"""(2, N) sigma nought in dB, VV and VH, by cover."""

PLACES = ("agricultural", "pasture", "forest", "sea", "river", "dense residential", "medium residential", "beach")
GAMMA_TO_SIGMA_DB = -1.1
"""cos 39 degrees: TerraMesh holds gamma nought, and does not tell the incidence; the middle of Sentinel-1's swath."""

REAL = {
    "water": "water", "forest": "forest", "grass": "grass or shrub", "crop": "crop", "urban": "urban or road",
    "bare": "bare", "snow": "snow",
}  # fmt: skip
"""Covers of the simulator, and those of TerraMesh's land cover that mean the same."""


def simulated_levels(scenes: int, *, seed: int = 20, side_px: int = 160) -> list[Levels]:
    """Covers of each of some scenes with pixels of 10 m, under any view that training draws."""
    world = World(seed)
    found = []
    for index in range(scenes):
        x, y = place(world, THEMES[SCENE_LABELS.index(PLACES[index % len(PLACES)])], index // len(PLACES))
        left, top = (round(value / 10.0) * 10.0 - 5.0 * side_px for value in (x, y))
        view = draw_view("sar", 10.0, generator(seed, index))
        seen = render(world, Frame(left, top, 10.0, (side_px, side_px)), view)[0]
        image = (10.0 * np.log10(np.maximum(seen.image, 1e-6))).astype(np.float32)
        found.append({name: image[:, seen.cover == k] for k, name in enumerate(COVER_CLASSES)})
    return found


def real_levels(data: Path) -> list[Levels]:
    """Covers of each of six places: TerraMesh's five, and the water and dry land of a flood (Sen1Floods11)."""
    found = []
    for image in terramesh.read(data / terramesh.CARD.folder):
        if image.id.endswith("s1"):
            assert image.cover is not None
            sigma = image.pixels.astype(np.float32) + np.float32(GAMMA_TO_SIGMA_DB)
            index = {name: k for k, name in enumerate(image.cover_classes)}
            found.append({name: sigma[:, image.cover == index[told]] for name, told in REAL.items() if told in index})
    wet, dry = [], []
    for image in sen1floods11.read(data / sen1floods11.CARD.folder):
        if image.id.endswith("s1"):
            assert image.cover is not None
            known = np.isfinite(image.pixels).all(axis=0)
            water = image.cover == image.cover_classes.index("water")
            wet.append(image.pixels[:, known & water])
            dry.append(image.pixels[:, known & ~water & (image.cover != 255)])
    return [*found, {"water": np.concatenate(wet, 1), "dry land": np.concatenate(dry, 1)}]


def medians_db(places: list[Levels], name: str, *, least: int = 400) -> NDArray[np.float64]:
    """(P, 2) median VV and VH of one cover in each place that has enough of it."""
    parts = [place[name] for place in places if name in place and place[name].shape[1] >= least]
    return np.array([np.median(part, axis=1) for part in parts], dtype=np.float64).reshape(-1, 2)


def quartiles_db(places: list[Levels], name: str, *, least: int = 400) -> NDArray[np.float64]:
    """(2,) mean over places of the distance between the quartiles within one, VV and VH."""
    parts = [place[name] for place in places if name in place and place[name].shape[1] >= least]
    spans = [np.subtract(*np.percentile(part, [75, 25], axis=1)) for part in parts]
    return np.mean(spans, axis=0) if spans else np.full(2, np.nan)
