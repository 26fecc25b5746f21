"""Plain scenes of several frames: dates, camera and radar, clips, drawn marks. Questions are `train.text.several`'s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from geoglot.train.text.several import Moved, Posed, Thing, of_dates, of_marks, of_sensors, of_video
from geoglot.train.text.talk_several import outline
from geoglot.train.text.views import Scene, Talk, View, bands_of
from tests.bench.trials.plain import CLASSES, GSD_M, SAYING, SIDE_PX, Pixels, Plain, place

MOMENTS = 3
STEP_PX = 8
CLOUD = 2.0

Taken = tuple[tuple[Pixels, ...], Posed]
Take = Callable[[np.random.Generator], Taken]


def _dates(rng: np.random.Generator) -> Taken:
    """A place before and after things came or went."""
    before, after = place(rng), place(rng)
    posed = of_dates((before.counts("optical"), after.counts("optical")), SAYING, rng)
    return (before.picture("optical", rng), after.picture("optical", rng)), posed


def _sensors(rng: np.random.Generator) -> Taken:
    """A place by camera and by radar, half of them under cloud."""
    one, cloudy = place(rng), bool(rng.random() < 0.5)
    camera, radar = one.picture("optical", rng), one.picture("sar", rng)
    if cloudy:
        camera = rng.normal(CLOUD, 0.25, camera.shape).astype(np.float16)
    return (camera, radar), of_sensors(one.counts("optical"), one.counts("sar"), SAYING, rng, cloudy=cloudy)


def _video(rng: np.random.Generator) -> Taken:
    """A clip in which one thing moves."""
    one = place(rng)
    moving = _mover(one, rng)
    if moving is None:
        return (one.picture("optical", rng),) * MOMENTS, of_video(
            [], one.counts("optical"), SAYING, rng, frames=MOMENTS
        )
    thing, (dx, dy) = moving
    pictures = []
    for moment in range(MOMENTS):
        kinds = one.kinds.copy()
        x0, y0, x1, y1 = (round(place_) for place_ in thing.box)
        kinds[y0:y1, x0:x1] = -1
        x, y = dx * moment, dy * moment
        kinds[y0 + y : y1 + y, x0 + x : x1 + x] = CLASSES.index(thing.label)
        pictures.append(replace(one, kinds=kinds).picture("optical", rng))
    by = (float(dx * (MOMENTS - 1)), float(dy * (MOMENTS - 1)))
    return tuple(pictures), of_video([Moved(thing, by)], one.counts("optical"), SAYING, rng, frames=MOMENTS)


def _mover(one: Plain, rng: np.random.Generator) -> tuple[Thing, tuple[int, int]] | None:
    """A thing and a step that keeps it in the picture, drawn evenly among the four ways; None if none fits."""
    ways = [(STEP_PX, 0), (-STEP_PX, 0), (0, STEP_PX), (0, -STEP_PX)]
    dx, dy = ways[int(rng.integers(4))]
    for number in rng.permutation(len(one.things)):
        x0, y0, x1, y1 = one.things[number].box
        far = MOMENTS - 1
        if min(x0 + far * dx, y0 + far * dy) >= 0 and max(x1 + far * dx, y1 + far * dy) <= SIDE_PX:
            return one.things[number], (dx, dy)
    return None


def _marks(rng: np.random.Generator) -> Taken:
    """A place, and a canvas with one of its things marked."""
    one = place(rng)
    posed, thing = of_marks(one.things, SAYING, rng)
    picture = one.picture("optical", rng)
    canvas = np.zeros_like(picture)
    outline(canvas, thing)
    return (picture, canvas), posed


TAKES: Mapping[str, tuple[tuple[str, ...], Take]] = {
    "dates": (("optical",) * 2, _dates),
    "sensors": (("optical", "sar"), _sensors),
    "video": (("optical",) * MOMENTS, _video),
    "marks": (("optical",) * 2, _marks),
}
"""Sensors of the views, and what draws them."""


def talk(kind: str, *, count: int, seed: int) -> Talk:
    """Draw so many scenes of a kind. Equal arguments give equal scenes."""
    rng = np.random.default_rng((seed, 100 + list(TAKES).index(kind)))
    sensors, take = TAKES[kind]
    pictures: list[tuple[Pixels, ...]] = []
    scenes = []
    for index in range(count):
        shown, posed = take(rng)
        pictures.append(shown)
        scenes.append(Scene(f"plain-{kind}-{seed}-{index}", GSD_M, posed.asked, (), posed.frames))
    views = tuple(
        View(sensor, bands_of(sensor), np.stack([shown[view] for shown in pictures]))
        for view, sensor in enumerate(sensors)
    )
    return Talk(kind, views, tuple(scenes))
