"""Pairs as Landsat sees them: six bands at 30 m, some years apart, and how much of each pixel the years changed.

The world is looked at with pixels of 10 m, which still show houses, and those are averaged three by three.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import light, mesh
from geoglot.simulate.bands import SpectralBand
from geoglot.simulate.change import differs, resown
from geoglot.simulate.epoch import Epoch, Event
from geoglot.simulate.noise import generator
from geoglot.simulate.render import SimulatedScene, develop, layers_for, with_truth
from geoglot.simulate.scene import choose_frame, choose_theme, world_of
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_optical import OpticalView, Sun
from geoglot.simulate.world import Layers, World

GSD_M, FINE = 30.0, 3  # pixel size, and how many looks across one
# Thematic Mapper, bands 1 to 5 and 7 (Chander et al. 2009, Remote Sensing of Environment 113, table 3).
BANDS = tuple(
    SpectralBand(name, centre, width)
    for name, centre, width in (
        ("blue", 0.485, 0.066), ("green", 0.569, 0.081), ("red", 0.660, 0.067),
        ("nir", 0.840, 0.128), ("swir16", 1.676, 0.217), ("swir22", 2.223, 0.252),
    )
)  # fmt: skip
_YEARS = 93
_PLACES = (
    "agricultural", "agricultural", "farm", "medium residential", "industrial area", "industrial area",
    "apartment blocks", "city centre", "parking lot", "river", "lake",
)  # fmt: skip
# Districts that are built in one go, on bare lots and with wide paved yards.
_GROWN = (mesh.APARTMENTS, mesh.DOWNTOWN, mesh.INDUSTRY, mesh.COMMERCE, mesh.TANKS, mesh.GLASS)
_LOOKS = 8
# What happened: the state, how often among all, and the chance that it held at the first date only.
_EVENTS = (
    ("rural", 0.40, 1.0), ("stripped", 0.25, 0.2), ("ponds", 0.20, 0.5), ("vacant", 0.10, 0.6), ("cleared", 0.05, 0.0),
)  # fmt: skip
_RADIUS_M = (110.0, 420.0)
_OFF_M = 10.0  # the most that two corrected scenes are off each other: a third of a pixel
# Standard deviation of what a year makes brighter or darker within one kind of ground (moisture, growth, crops between
# the rows) as a share, over about 240 m and pixel by pixel, common to all bands and band by band.
_UNEVEN = ((8, 0.05, 0.02), (1, 0.03, 0.015))


@dataclass(frozen=True, slots=True, eq=False)
class YearsApart:
    """Two dates of one frame. changed: float32 (H, W), the share of each pixel that events changed, 0 to 1.

    Other crops on a field, another season, another light are no change. shown: float32 (H, W), how far that changed the
    reflectance at the second date, root mean square over the bands: a lawn in place of a meadow is a change that hardly
    shows. resown: float32 (H, W), the share that is a field sown anew: no lasting change, but it may look like one, and
    people who mark change pass it over. shift_m: how far (x, y) the second image is
    misregistered; all truth is in the first one's grid.
    """

    before: SimulatedScene
    after: SimulatedScene
    changed: NDArray[np.float32]
    shown: NDArray[np.float32]
    resown: NDArray[np.float32]
    shift_m: tuple[float, float]


def years_apart(seed: int, index: int, *, size_px: int = 96) -> YearsApart:
    """The index-th pair of a world, size_px pixels of 30 m a side. Equal arguments give equal bytes."""
    rng = generator(seed, _YEARS, index)
    world = world_of(seed)
    theme = choose_theme(str(rng.choice(_PLACES)), rng)
    frame = choose_frame(world, theme, index, FINE * size_px, GSD_M / FINE, rng)
    epochs = _epochs(world, frame, rng)
    views = (_view(epochs[0], rng), _view(epochs[1], rng))
    negatives = [layers_for(world, frame, (view,), epoch) for view, epoch in zip(views, epochs, strict=True)]
    fine = [
        develop(world, frame, negative, view, label=theme.label, season=epoch.season)
        for negative, view, epoch in zip(negatives, views, epochs, strict=True)
    ]
    # The second date as it would be had nothing happened but crops, season and traffic.
    calm = layers_for(world, frame, (views[1],), replace(epochs[1], events=epochs[0].events))
    changed = _mean(differs(calm[0], negatives[1][0], frame).astype(np.float32))
    sown = _mean(resown(negatives[0][0], negatives[1][0], frame).astype(np.float32))
    apart = fine[1].image - develop(world, frame, calm, views[1], label="", season=epochs[1].season).image
    shown = np.sqrt(np.mean([_mean(plane) ** 2 for plane in apart], axis=0))
    before, after = (_binned(world, one, negative[0], rng) for one, negative in zip(fine, negatives, strict=True))
    shift_m = (float(rng.uniform(-_OFF_M, _OFF_M)), float(rng.uniform(-_OFF_M, _OFF_M)))
    moved = light.shifted(after.image, shift_m[0] / GSD_M, shift_m[1] / GSD_M)
    return YearsApart(before, replace(after, image=moved), changed, shown, sown, shift_m)


def _epochs(world: World, frame: Frame, rng: np.random.Generator) -> tuple[Epoch, Epoch]:
    """Two dates in like seasons of different years, and what happened between them in four to nine places."""
    season = float(rng.uniform(0.2, 0.8))
    later = season + float(rng.uniform(-0.15, 0.15))
    sides: tuple[list[Event], list[Event]] = ([], [])
    for _ in range(int(rng.integers(4, 10))):
        kind, _, early = _EVENTS[int(rng.choice(len(_EVENTS), p=[share for _, share, _ in _EVENTS]))]
        x, y = _spot(world, frame, grown=kind in ("rural", "vacant"), rng=rng)
        radius_m = float(np.exp(rng.uniform(*np.log(_RADIUS_M))))
        sides[0 if rng.random() < early else 1].append(Event(kind, x, y, radius_m))
    years = rng.integers(1, 1 << 20, 2)
    traffic = rng.integers(1, 1 << 30, 2)
    return (
        Epoch(season, int(traffic[0]), events=tuple(sides[0]), year=int(years[0])),
        Epoch(later, int(traffic[1]), events=tuple(sides[1]), year=int(years[1])),
    )


def _spot(world: World, frame: Frame, *, grown: bool, rng: np.random.Generator) -> tuple[float, float]:
    """Where something happens: anywhere, or in one of the districts that grow, if a few looks find one."""
    for _ in range(_LOOKS):
        x, y = (low + float(rng.random()) * side * frame.gsd_m
                for low, side in zip((frame.x_m, frame.y_m), frame.size_px, strict=True))  # fmt: skip
        if not grown or mesh.cell_kind(world.seed, *mesh.cell_at(world.seed, x, y)) in _GROWN:
            break
    return x, y


def _view(epoch: Epoch, rng: np.random.Generator) -> OpticalView:
    """How a pass at ten in the morning sees a middle latitude: the sun by season, clear to hazy air.

    Noise is that of looks of 10 m: three times that of a pixel of 30 m, which has 0.1 to 0.3 % of reflectance.
    """
    summer = 1.0 - epoch.winter
    azimuth = 155.0 - 45.0 * summer + float(rng.uniform(-8.0, 8.0))
    elevation = 27.0 + 36.0 * summer + float(rng.uniform(-4.0, 4.0))
    return OpticalView(
        GSD_M / FINE,
        Sun(azimuth, elevation),
        BANDS,
        haze=float(rng.uniform(0.5, 1.8)),
        blur_px=0.45 * FINE,
        shot=0.00001,
        floor=float(rng.uniform(0.003, 0.009)),
        noise_seed=int(rng.integers(1 << 40)),
    )


def _binned(world: World, fine: SimulatedScene, layers: Layers, rng: np.random.Generator) -> SimulatedScene:
    """The scene with pixels of 30 m under the unevenness of its year, and the truth at that size."""
    image = np.stack([_mean(plane) for plane in fine.image])
    bands, height, width = image.shape
    for cell, common, single in _UNEVEN:
        image *= np.exp(
            common * _mottled(1, (height, width), cell, rng) + single * _mottled(bands, (height, width), cell, rng)
        )
    coarse = Frame(fine.x_m, fine.y_m, GSD_M, (width, height))
    view = OpticalView(GSD_M, Sun(fine.sun_azimuth_deg, fine.sun_elevation_deg), BANDS)
    return with_truth(world, coarse, layers, image, view, label=fine.scene_label, season=fine.season)


def _mottled(count: int, shape: tuple[int, int], cell: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(count, H, W) noise of unit variance at the corners of cells of so many pixels, bilinear between them."""
    rows, columns = (-(-side // cell) + 1 for side in shape)
    corners = rng.standard_normal((count, rows, columns)).astype(np.float32)
    y, x = (np.arange(side, dtype=np.float32) / cell for side in shape)
    top, left = y.astype(int), x.astype(int)
    v, u = (y - top)[:, None], x - left
    upper, lower = (
        corners[:, row][:, :, left] * (1 - u) + corners[:, row][:, :, left + 1] * u for row in (top, top + 1)
    )
    mottled: NDArray[np.float32] = upper * (1 - v) + lower * v
    return mottled


def _mean(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = plane.shape
    mean: NDArray[np.float32] = plane.reshape(rows // FINE, FINE, columns // FINE, FINE).mean(axis=(1, 3))
    return mean
