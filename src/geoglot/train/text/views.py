"""`Talk`: scenes seen in views, with questions and answers: what a family member is taught, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.autoregressive import bands
from geoglot.simulate.bands import SENTINEL2
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.seen import Asked

RED_GREEN_BLUE = {"optical": (0, 1, 2), "multispectral": (3, 2, 1)}
"""Places of red, green and blue among the bands of a picture."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known about one scene. asked: questions that words answer; drawn: those that places do. frames: numbers
    of the views that are shown, in their order; all places are in pixels of the first of them.
    """

    id: str
    gsd_m: float
    asked: tuple[Asked, ...]
    drawn: Sequence[Drawn] = ()
    frames: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Pictures of one sensor, one of every scene: (N, C, H, W), about 0 on average, about 1 wide. bands_um: (centre,
    width) of each band, or nothing.
    """

    sensor: str
    bands_um: tuple[tuple[float, float], ...]
    pictures: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """Scenes that are all seen in the same views, pixel by pixel: one sensor, or several dates, sensors, moments."""

    name: str
    views: tuple[View, ...]
    scenes: tuple[Scene, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a picture in pixels."""
        return int(self.views[0].pictures.shape[3]), int(self.views[0].pictures.shape[2])

    @property
    def sensor(self) -> str:
        """The sensor of the first view, which names the talk's modality."""
        return self.views[0].sensor


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """One scene as it is written: a picture (C, H, W) of every view, as the stems of `sensors` read it."""

    sensors: tuple[str, ...]
    pictures: tuple[NDArray[np.float16], ...]
    scene: Scene


def bands_of(sensor: str) -> tuple[tuple[float, float], ...]:
    """Give (centre, width) in micrometres of the bands of a simulated sensor whose stem wants them."""
    return tuple((band.centre_um, band.width_um) for band in SENTINEL2) if sensor == "multispectral" else ()


def scaled(image: NDArray[np.float32], sensor: str) -> NDArray[np.float16]:
    """Give (C, H, W) as the stem reads it, for reflectance, linear backscatter or kelvin."""
    values = bands.decibels(image) if sensor == "sar" else image
    return bands.scaled(values, sensor).astype(np.float16)
