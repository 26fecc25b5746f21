"""One call for every sensor: a view of a frame of a world at an epoch, with its truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate.bands import RGBN, SENTINEL2
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.truth import Frame, SimObject, cover_in, faint_in, objects_in
from geoglot.simulate.view_elevation import ElevationView, Margins, elevation
from geoglot.simulate.view_optical import OpticalView, Sun, fine_layers, optical
from geoglot.simulate.view_sar import SarView, sar
from geoglot.simulate.view_thermal import ThermalView, thermal
from geoglot.simulate.world import Layers, World

View = OpticalView | SarView | ThermalView | ElevationView


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedScene:
    """One view of the world with its truth.

    image: float32 (C, H, W): optical reflectance of `bands`; sar sigma nought, linear; thermal kelvin; elevation
    metres. cover: uint8 (H, W), index into COVER_CLASSES. objects: everything labelled that can be seen. faint: (n, 4)
    boxes x0, y0, x1, y1 of what shows, but is too small to be labelled. x_m, y_m: world position of the top-left
    corner. sun_azimuth_deg, sun_elevation_deg: nan where no sun is seen.
    """

    image: NDArray[np.float32]
    sensor: str
    bands: tuple[str, ...]
    gsd_m: float
    cover: NDArray[np.uint8]
    objects: tuple[SimObject, ...]
    faint: NDArray[np.float64]
    scene_label: str
    night: bool
    sun_azimuth_deg: float
    sun_elevation_deg: float
    world_seed: int
    x_m: float
    y_m: float
    season: float


def _image(world: World, layers: Layers, view: View, margins: Margins) -> NDArray[np.float32]:
    if isinstance(view, OpticalView):
        return optical(world.seed, layers, view, margins)
    if isinstance(view, SarView):
        return sar(world.seed, layers, view, margins)
    if isinstance(view, ThermalView):
        return thermal(world.seed, layers, view, margins)
    return elevation(layers, view, margins)


def _name(view: View) -> tuple[str, tuple[str, ...]]:
    if isinstance(view, OpticalView):
        sensor = {RGBN: "optical", SENTINEL2: "multispectral"}.get(view.bands)
        few = "optical" if len(view.bands) <= 8 else "hyperspectral"
        return sensor or few, tuple(band.name for band in view.bands)
    if isinstance(view, SarView):
        return "sar", ("vv", "vh")
    if isinstance(view, ThermalView):
        return "thermal", ("lwir",)
    return "elevation", (view.surface,)


def _sun_of(view: View) -> Sun | None:
    return view.sun if isinstance(view, OpticalView | ThermalView) else None


def with_truth(
    world: World, frame: Frame, layers: Layers, image: NDArray[np.float32], view: View, *, label: str, season: float
) -> SimulatedScene:
    """An image with the truth that its layers hold."""
    sensor, bands = _name(view)
    sun = _sun_of(view)
    return SimulatedScene(
        image,
        sensor,
        bands,
        frame.gsd_m,
        cover_in(layers, frame),
        objects_in(layers, frame),
        faint_in(layers, frame),
        label,
        sensor == "thermal" and sun is None,
        sun.azimuth_deg if sun else math.nan,
        sun.elevation_deg if sun else math.nan,
        world.seed,
        frame.x_m,
        frame.y_m,
        season,
    )


def layers_for(world: World, frame: Frame, views: tuple[View, ...], epoch: Epoch) -> tuple[Layers, Margins]:
    """Fine layers with margins wide enough for all views of a frame."""
    sides = np.array([view.margins_px() for view in views]).max(axis=0)
    margins = (int(sides[0]), int(sides[1]), int(sides[2]), int(sides[3]))
    return fine_layers(world, frame, margins, epoch=epoch), margins


def develop(
    world: World, frame: Frame, negative: tuple[Layers, Margins], view: View, *, label: str, season: float
) -> SimulatedScene:
    """The scene that a view makes of layers and their margins."""
    layers, margins = negative
    return with_truth(world, frame, layers, _image(world, layers, view, margins), view, label=label, season=season)


def render(world: World, frame: Frame, *views: View, epoch: Epoch = NOW, label: str = "") -> tuple[SimulatedScene, ...]:
    """Views of one frame of a world at one epoch, aligned exactly, each with its truth.

    All views must have the frame's pixel size. label: what the scene shows, for the truth.
    Raises InputError for a view with another pixel size.
    """
    for view in views:
        if view.gsd_m != frame.gsd_m:
            raise InputError("a view and its frame differ", value=(view.gsd_m, frame.gsd_m), expected="one pixel size")
    negative = layers_for(world, frame, views, epoch)
    return tuple(develop(world, frame, negative, view, label=label, season=epoch.season) for view in views)
