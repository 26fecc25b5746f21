"""Simulated scenes of several frames as a talk keeps them: dates, camera and radar, clips, drawn marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import SimulatedScene, SimulatedVideo, aligned, pair, scene, video
from geoglot.simulate.conversations import ask_pair
from geoglot.simulate.conversations.balance import chance
from geoglot.simulate.conversations.candidate import Candidate
from geoglot.simulate.conversations.facts import CLEAR_SHARE, facts, tellable
from geoglot.simulate.conversations.words import name
from geoglot.tasks import Parsed, TaskName
from geoglot.train.text.seen import WORLD_SCENES, asked_of
from geoglot.train.text.several import CLEARLY, Moved, Posed, Saying, Thing, of_dates, of_marks, of_sensors, of_video
from geoglot.train.text.views import Scene, Taken, scaled

MOMENTS = 4
"""Frames of a clip, a quarter of a second apart."""

CLIP_GSD_M = 0.3
CLOUD = (0.45, 0.85)
"""Reflectance of the thinnest and the thickest of a closed cloud deck. Source: round numbers within those of
stratocumulus (King, Tsay and Platnick, 1997)."""

LUMPS = 5
"""Lumps of a cloud deck along each side of a picture."""

MARK = 4.0
"""How bright the outline of a mark is, in widths from the middle of the sensor's values; the canvas is 0."""

MOVED_PX = 6.0
"""A thing that moves less in a clip is not asked for its way."""

Floats = NDArray[np.float32]


def taken(kind: str, *, count: int, seed: int, size_px: int) -> Iterator[Taken]:
    """Give scenes 0 to count - 1 of a kind, of the worlds from `seed` on. kind: key of KINDS."""
    for index in range(count):
        rng = np.random.default_rng((seed, index, 9))
        yield KINDS[kind](seed + index // WORLD_SCENES, index, size_px, rng)


def _dates(world: int, index: int, size_px: int, rng: np.random.Generator) -> Taken:
    """Two dates of one place; what was built or torn down is asked where they are shown in their order."""
    found = pair(world, index, size_px=size_px)
    counts = [facts(view).counts for view in (found.before, found.after)]
    posed = of_dates((counts[0], counts[1]), _saying("optical", rng), rng)
    if posed.frames == (0, 1):
        changes = [one for one in ask_pair(found, seed=index) if one.type in ("change", "change caption")]
        posed = replace(posed, asked=(*posed.asked, *map(asked_of, changes)))
    return _taken(f"dates-{world}-{index}", (found.before, found.after), posed)


def _sensors(world: int, index: int, size_px: int, rng: np.random.Generator) -> Taken:
    """One place by camera and by radar, half of them under a closed cloud deck that radar does not see."""
    optical, _, radar, *_ = aligned(world, index, size_px=size_px, gsd_m=float(rng.uniform(0.5, 2.0)))
    seen = [facts(view).counts for view in (optical, radar)]
    cloudy = bool(rng.random() < 0.5)
    if cloudy:
        optical = replace(optical, image=np.broadcast_to(_deck(rng, size_px), optical.image.shape))
    hidden = set(tellable("optical", optical.gsd_m)) - set(tellable("sar", optical.gsd_m))
    camera = {label: total for label, total in seen[0].items() if label in hidden or label in seen[1]}
    posed = of_sensors(camera, seen[1], _saying("optical", rng), rng, cloudy=cloudy)
    return _taken(f"sensors-{world}-{index}", (optical, radar), posed)


def _video(world: int, index: int, size_px: int, rng: np.random.Generator) -> Taken:
    """A clip of a busy place, shown forwards or backwards."""
    clip = video(world, index, frames=MOMENTS, size_px=size_px, gsd_m=CLIP_GSD_M)
    posed = of_video(_moved(clip), _still(clip), _saying("optical", rng), rng, frames=MOMENTS)
    pictures = tuple(scaled(frame, "optical") for frame in clip.frames)
    told = Scene(f"video-{world}-{index}", clip.gsd_m, posed.asked, (), posed.frames)
    return Taken(("optical",) * MOMENTS, pictures, told)


def _marks(world: int, index: int, size_px: int, rng: np.random.Generator) -> Taken:
    """A picture and a canvas of its size with one thing marked on it."""
    view = scene(world, index, size_px=size_px)
    things = [Thing(thing.label, thing.box) for mine in facts(view).clear.values() for thing in mine]
    picture = scaled(view.image, "optical")
    canvas, posed = np.zeros_like(picture), Posed((0,), ())
    if things:
        posed, thing = of_marks(things, _saying("optical", rng), rng)
        outline(canvas, thing)
    told = Scene(f"marks-{world}-{index}", view.gsd_m, posed.asked, (), posed.frames)
    return Taken(("optical", "optical"), (picture, canvas), told)


KINDS: Mapping[str, Callable[[int, int, int, np.random.Generator], Taken]] = {
    "dates": _dates,
    "sensors": _sensors,
    "video": _video,
    "marks": _marks,
}


def outline(canvas: NDArray[np.float16], thing: Thing) -> None:
    """Draw the outline of a thing's box, two pixels wide, into a canvas (C, H, W)."""
    height, width = canvas.shape[1:]
    x0, y0, x1, y1 = (round(place) for place in thing.box)
    outer = np.s_[:, max(0, y0 - 1) : min(height, y1 + 1), max(0, x0 - 1) : min(width, x1 + 1)]
    inner = np.s_[:, y0 + 1 : max(y0 + 1, y1 - 1), x0 + 1 : max(x0 + 1, x1 - 1)]
    kept = canvas[inner].copy()
    canvas[outer] = MARK
    canvas[inner] = kept


def _taken(name_: str, views: tuple[SimulatedScene, ...], posed: Posed) -> Taken:
    told = Scene(name_, views[0].gsd_m, posed.asked, (), posed.frames)
    sensors = tuple(view.sensor for view in views)
    return Taken(sensors, tuple(scaled(view.image, view.sensor) for view in views), told)


def _saying(sensor: str, rng: np.random.Generator) -> Saying:
    """Names as scenes' questions have them; classes that are nearly always there are asked about as seldom."""

    def likely(label: str, there: bool) -> float:
        answer = "yes" if there else "no"
        return chance(sensor, Candidate(TaskName.PRESENCE, "presence", label, answer, {}, Parsed(answer), answer))

    return Saying(lambda label: name(label, rng), likely)


def _moved(clip: SimulatedVideo) -> list[Moved]:
    """What moves clearly along one axis between the first frame and the last."""
    last = {thing.id: thing for thing in clip.objects[-1]}
    found = []
    for thing in clip.objects[0]:
        if thing.visible >= CLEAR_SHARE and thing.id in last and last[thing.id].visible >= CLEAR_SHARE:
            dx, dy = (last[thing.id].oriented[axis] - thing.oriented[axis] for axis in (0, 1))
            if max(abs(dx), abs(dy)) > max(MOVED_PX, CLEARLY * min(abs(dx), abs(dy))):
                found.append(Moved(Thing(thing.label, thing.box), (dx, dy)))
    return found


def _still(clip: SimulatedVideo) -> dict[str, int]:
    """How many of each class are in all frames of a clip; without those that come, go, or are hard to see."""
    counts = {}
    for label in tellable("optical", clip.gsd_m):
        each = [[thing.visible for thing in objects if thing.label == label] for objects in clip.objects]
        if not any(each) or all(shares and max(shares) >= CLEAR_SHARE for shares in each):
            counts[label] = len(each[0])
    return counts


def _deck(rng: np.random.Generator, size_px: int) -> Floats:
    """Reflectance of a closed cloud deck (H, W): a few soft lumps."""
    lumps = rng.uniform(*CLOUD, (LUMPS, LUMPS))
    places = np.linspace(0, LUMPS - 1, size_px)
    across = np.stack([np.interp(places, np.arange(LUMPS), row) for row in lumps])  # (LUMPS, W)
    return np.stack([np.interp(places, np.arange(LUMPS), column) for column in across.T], axis=1).astype(np.float32)
