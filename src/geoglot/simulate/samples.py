"""Streams of simulated scenes, pairs, series and clips, and the samples that are asked about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from geoglot.conversation import Sample
from geoglot.errors import InputError, UnknownName
from geoglot.simulate.cameras import PHOTO_SENSORS, photo
from geoglot.simulate.change import SimulatedPair, pair, series
from geoglot.simulate.conversations import ask_pair, ask_photo, ask_scene, ask_video
from geoglot.simulate.photo import SimulatedPhoto
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.scene import FURTHER_SENSORS, SENSORS, scene
from geoglot.simulate.video import SimulatedVideo, video

A_WORLD = 50  # scenes of one world
_SIZE_PX = 256
_SIZE_SENTINEL2_PX = 252  # a multiple of 60 m, as products are
_CLIP_FRAMES = 16
_PHOTO_PX = 256


class Kind(StrEnum):
    """What is simulated of a place: one view, two dates, a year of dates, or a clip."""

    IMAGE = "image"
    PAIR = "pair"
    SERIES = "series"
    VIDEO = "video"


_SENSORS = {
    Kind.IMAGE: (*SENSORS, *FURTHER_SENSORS, *PHOTO_SENSORS),
    Kind.PAIR: ("optical", "sar", "thermal"),
    Kind.SERIES: SENSORS,
    Kind.VIDEO: ("optical", "thermal"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One thing that was simulated. label: the kind of place, empty for a clip."""

    kind: Kind
    what: SimulatedScene | SimulatedPhoto | SimulatedPair | tuple[SimulatedScene, ...] | SimulatedVideo

    @property
    def pair(self) -> SimulatedPair | None:
        """The pair, if it is one."""
        return self.what if isinstance(self.what, SimulatedPair) else None

    @property
    def views(self) -> tuple[SimulatedScene, ...]:
        """The views from above in the order of their dates; none of a photo or a clip."""
        if isinstance(self.what, SimulatedScene):
            return (self.what,)
        if isinstance(self.what, SimulatedPair):
            return self.what.before, self.what.after
        return self.what if isinstance(self.what, tuple) else ()

    @property
    def label(self) -> str:
        """The kind of place; empty for a clip."""
        if isinstance(self.what, SimulatedPhoto):
            return self.what.scene_label
        return self.views[0].scene_label if self.views else ""


def check(kind: Kind, sensor: str, count: int) -> None:
    """Make sure, before any work, that such scenes can be simulated. Raises UnknownName, InputError."""
    known = tuple(dict.fromkeys(name for names in _SENSORS.values() for name in names))
    if sensor not in known:
        raise UnknownName("simulated sensor", sensor, known)
    if sensor not in _SENSORS[kind]:
        raise InputError(f"no {kind} is simulated of that sensor", value=sensor, expected=", ".join(_SENSORS[kind]))
    if count < 1:
        raise InputError("nothing to simulate", value=count, expected="a count of at least 1")


def make(kind: Kind, seed: int, index: int, *, sensor: str = "optical") -> Made:
    """Give the index-th thing of a kind. Worlds change every 50; equal arguments give equal bytes."""
    world = seed + index // A_WORLD
    size_px = _SIZE_SENTINEL2_PX if sensor == "multispectral" else _SIZE_PX
    if sensor in PHOTO_SENSORS:
        return Made(kind, photo(world, index, sensor=sensor, size_px=_PHOTO_PX))
    if kind is Kind.IMAGE:
        return Made(kind, scene(world, index, sensor=sensor, size_px=size_px))
    if kind is Kind.PAIR:
        return Made(kind, pair(world, index, sensor=sensor, size_px=size_px))
    if kind is Kind.SERIES:
        return Made(kind, series(world, index, sensor=sensor, size_px=size_px))
    return Made(kind, video(world, index, sensor=sensor, frames=_CLIP_FRAMES, flying=index % 2 == 1))


def made_questions(made: Made, index: int) -> tuple[Sample, ...]:
    """Give the balanced questions about one thing; none about series, nor of FURTHER_SENSORS."""
    what = made.what
    if isinstance(what, SimulatedPair):
        return ask_pair(what, seed=index)
    if isinstance(what, SimulatedVideo):
        return ask_video(what, seed=index)
    if isinstance(what, SimulatedPhoto):
        return ask_photo(what, seed=index)
    if isinstance(what, SimulatedScene) and what.sensor in SENSORS:
        return ask_scene(what, seed=index)
    return ()


def samples(
    seed: int, count: int, *, sensor: str = "optical", kind: Kind | str = Kind.IMAGE, start: int = 0
) -> Iterator[Sample]:
    """Stream the samples of `count` scenes, pairs or clips from the `start`-th on, one scene in memory at a time.

    The scenes are those that `geoglot simulate` writes for the same sensor, kind and seed, and the samples are those of
    its questions. Raises UnknownName for a sensor, InputError for a kind that the sensor has not.
    """
    chosen = Kind(kind)
    check(chosen, sensor, count)
    return (
        sample
        for index in range(start, start + count)
        for sample in made_questions(make(chosen, seed, index, sensor=sensor), index)
    )
