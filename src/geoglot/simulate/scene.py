"""One simulated scene of any sensor with its exact truth: what training streams by the million."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import numpy as np

from geoglot.errors import InputError, UnknownName
from geoglot.simulate.bands import SENTINEL2, SENTINEL2_GSD_M
from geoglot.simulate.draws import draw_gsd_m, draw_sun, draw_thermal, draw_view
from geoglot.simulate.epoch import NOW, Epoch, Event
from geoglot.simulate.noise import generator
from geoglot.simulate.places import THEMES, Theme, place
from geoglot.simulate.render import SimulatedScene, render, with_truth
from geoglot.simulate.truth import Frame
from geoglot.simulate.view_multispectral import MultispectralView, multispectral
from geoglot.simulate.view_optical import OpticalView
from geoglot.simulate.world import World

SENSORS = ("optical", "sar", "thermal", "multispectral")
FURTHER_SENSORS = ("hyperspectral", "elevation")
SCENE_LABELS = tuple(theme.label for theme in THEMES)
ALIGNED = ("optical", "multispectral", "sar", "thermal by day", "thermal by night", "elevation")
_SCENE, _ALIGNED = 95, 96
# Discs of flooded fields: how many at most, and their radius as a share of the frame's width.
_DISCS, _DISC = 5, (0.06, 0.35)
_WORLDS_KEPT = 4
_WORLDS: OrderedDict[int, World] = OrderedDict()


def world_of(seed: int) -> World:
    """The world of a seed; the last few are kept."""
    if seed not in _WORLDS:
        _WORLDS[seed] = World(seed)
        if len(_WORLDS) > _WORLDS_KEPT:
            _WORLDS.popitem(last=False)
    return _WORLDS[seed]


def choose_theme(label: str | None, rng: np.random.Generator) -> Theme:
    """The theme of a label, or one by weight. Raises UnknownName."""
    if label is None:
        weights = np.array([theme.weight for theme in THEMES])
        return THEMES[int(rng.choice(len(THEMES), p=weights / weights.sum()))]
    if label not in SCENE_LABELS:
        raise UnknownName("simulated scene", label, SCENE_LABELS)
    return THEMES[SCENE_LABELS.index(label)]


def choose_frame(world: World, theme: Theme, index: int, size_px: int, gsd_m: float, rng: np.random.Generator) -> Frame:
    """Where the index-th scene of a theme lies; what it is about is anywhere in the middle half of the image."""
    if not 16 <= size_px <= 4096:
        raise InputError("the scene has a wrong size", value=size_px, expected="16 to 4096 pixels")
    x, y = place(world, theme, index)
    shift = (rng.random(2) - 0.5) * 0.5 * size_px
    left = round(x / gsd_m - 0.5 * size_px + shift[0]) * gsd_m
    top = round(y / gsd_m - 0.5 * size_px + shift[1]) * gsd_m
    return Frame(left, top, gsd_m, (size_px, size_px))


def scene(
    seed: int,
    index: int,
    *,
    sensor: str = "optical",
    size_px: int = 256,
    gsd_m: float | None = None,
    label: str | None = None,
    flooded: bool = False,
) -> SimulatedScene:
    """The index-th scene of a world: a place of some kind, its image, and the truth about it.

    sensor: one of SENSORS or FURTHER_SENSORS. gsd_m: metres a pixel; None draws one that suits the sensor;
    multispectral scenes have 10 m. label: one of SCENE_LABELS, or None for any. flooded: in places fields are under
    water and waters over their banks. Equal arguments give equal bytes.
    Raises UnknownName for a sensor or label, InputError for a size or a pixel size that the sensor does not have.
    """
    if sensor not in (*SENSORS, *FURTHER_SENSORS):
        raise UnknownName("simulated sensor", sensor, (*SENSORS, *FURTHER_SENSORS))
    if sensor == "multispectral" and gsd_m not in (None, 10.0):
        raise InputError("a multispectral scene has pixels of its own", value=gsd_m, expected="10 m or None")
    rng = generator(seed, _SCENE, index)
    theme = choose_theme(label, rng)
    world = world_of(seed)
    if sensor == "multispectral":
        return _sentinel2(world, choose_frame(world, theme, index, size_px, 10.0, rng), theme, rng, flooded=flooded)
    gsd = draw_gsd_m(sensor, rng) if gsd_m is None else gsd_m
    frame = choose_frame(world, theme, index, size_px, gsd, rng)
    # Half of all scenes are seen in midsummer, the rest in any season.
    epoch = NOW if rng.random() < 0.5 else Epoch(season=float(rng.random()))
    view = draw_view(sensor, gsd, rng)
    return render(world, frame, view, epoch=_under_water(epoch, frame, rng) if flooded else epoch, label=theme.label)[0]


def _under_water(epoch: Epoch, frame: Frame, rng: np.random.Generator) -> Epoch:
    """The epoch with discs in which fields are flooded and waters are over their banks."""
    width, height = (side * frame.gsd_m for side in frame.size_px)
    events = []
    for _ in range(int(rng.integers(1, _DISCS + 1))):
        x, y = frame.x_m + width * float(rng.random()), frame.y_m + height * float(rng.random())
        radius = width * float(rng.uniform(*_DISC))
        events += [Event(kind, x, y, radius) for kind in ("ponds", "flooded")]
    return replace(epoch, events=tuple(events))


def _sentinel2(world: World, frame: Frame, theme: Theme, rng: np.random.Generator, *, flooded: bool) -> SimulatedScene:
    """All 13 bands on the 10 m grid; bands of 20 and 60 m repeat their pixels, as a nearest-neighbour stack does."""
    epoch = NOW if rng.random() < 0.5 else Epoch(season=float(rng.random()))
    view = MultispectralView(draw_sun(rng), float(rng.uniform(0.6, 1.4)), int(rng.integers(1 << 40)))
    epoch = _under_water(epoch, frame, rng) if flooded else epoch
    square = Frame(round(frame.x_m / 60.0) * 60.0, round(frame.y_m / 60.0) * 60.0, 10.0, frame.size_px)
    side = frame.size_px[0]
    cells = -(-side // 6)
    layers, bands = multispectral(world, square, (cells, cells), view, epoch=epoch)
    stack = [
        np.repeat(np.repeat(band, gsd // 10, 0), gsd // 10, 1)[:side, :side]
        for band, gsd in zip(bands, SENTINEL2_GSD_M, strict=True)
    ]
    optics = OpticalView(10.0, view.sun, SENTINEL2)
    return with_truth(world, square, layers, np.stack(stack), optics, label=theme.label, season=epoch.season)


def aligned(
    seed: int, index: int, *, size_px: int = 256, gsd_m: float = 2.0, label: str | None = None
) -> tuple[SimulatedScene, ...]:
    """Six views of one place on one grid, in the order of ALIGNED.

    Equal pixels show equal ground: optical R, G, B, NIR; the 13 Sentinel-2 bands at this pixel size; radar; thermal
    by day and by night; elevation.
    """
    rng = generator(seed, _ALIGNED, index)
    theme = choose_theme(label, rng)
    world = world_of(seed)
    frame = choose_frame(world, theme, index, size_px, gsd_m, rng)
    views = (
        draw_view("optical", gsd_m, rng),
        draw_view("multispectral", gsd_m, rng),
        draw_view("sar", gsd_m, rng),
        draw_thermal(gsd_m, draw_sun(rng), rng),
        draw_thermal(gsd_m, None, rng),
        draw_view("elevation", gsd_m, rng),
    )
    return render(world, frame, *views, label=theme.label)
