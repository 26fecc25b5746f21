"""`look`: a scene in, `Evidence` out; the eye's first and only look before any question."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import NoData
from geoglot.models.nano import slots
from geoglot.models.nano.changes import changes
from geoglot.models.nano.decode import (
    FAINT,
    LEAST,
    PICTURES,
    Peak,
    coloured,
    cover_map,
    faint_objects,
    flags,
    one_each_place,
    peaks,
    scene_guesses,
    seen_objects,
    traces,
)
from geoglot.models.nano.events import Comparison, DatedLook, clouded, levelled, uncovered
from geoglot.models.nano.evidence import CoverMap, Evidence, Guess, SeenChange, SeenObject, Trace
from geoglot.models.nano.eye import Eye, Sight
from geoglot.models.nano.oddness import odd
from geoglot.models.nano.shown import (
    FINEST_M,
    Shown,
    darkened,
    enlargement,
    first_size,
    fitting_size,
    glance,
    searching_size,
    show,
)
from geoglot.models.nano.tracks import tracked
from geoglot.models.nano.weights import NanoWeights
from geoglot.regions import Box
from geoglot.scenes import Frame, Scene, SceneKind

TILE_PX = 512
OVERLAP_PX = 96  # longer than most objects: each lies whole in some tile
MOST_FRAMES = {SceneKind.VIDEO: 12, SceneKind.SERIES: 24, SceneKind.SET: 24}
SHRUNK_FROM = 1.5  # linear; beyond it small things are lost and the evidence says so
WATERY = 0.1
"""Radar without calibration is shown with its median at that of land. Where the eye sees water in this share of it even
so, most of it is sea, as bright as land now: it is shown again, darker by so much. Of 60 simulated scenes and 10 real
ones no land had more than 0.07 of water, 20 of 22 that are mostly water had 0.1 and more (nano-3's eye)."""


@dataclass(slots=True)
class _Collected:
    """What the frames have given so far."""

    objects: list[list[SeenObject]] = field(default_factory=list)
    faint: list[SeenObject] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    cover: list[CoverMap | None] = field(default_factory=list)
    dated: list[tuple[DatedLook, NDArray[np.float32]] | None] = field(default_factory=list)  # with what is present
    scenes: list[Guess] = field(default_factory=list)
    tags: list[Guess] = field(default_factory=list)
    quality: list[Guess] = field(default_factory=list)
    valid: dict[int, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    count: int = 0


def look(scene: Scene, eye: Eye, *, tile: bool = False) -> Evidence:
    """See every frame of a scene (of long videos and series a regular sample).

    tile: look at native resolution, tile by tile, instead of at the whole frame shrunk to what one look takes.
    Raises NoData if the first frame holds no measurement at all.
    """
    chosen = _sample(len(scene.frames), MOST_FRAMES.get(scene.kind, len(scene.frames)))
    seen = _Collected()
    first: Shown | None = None
    dated = scene.kind in {SceneKind.PAIR, SceneKind.SERIES}
    for index in chosen:
        compared = dated and index in {chosen[0], chosen[-1]}
        shown = _see(scene.frames[index], index, eye, seen, tile=tile, dense=compared)
        first = first or shown
    if first is None:
        seen.warnings.append(f"nano cannot see {scene.sensor.kind} data: it knows pictures, radar and thermal images")
    if len(chosen) < len(scene.frames):
        seen.warnings.append(f"looked at {len(chosen)} of {len(scene.frames)} frames")
    objects = (
        tracked(seen.objects) if scene.kind is SceneKind.VIDEO else [thing for one in seen.objects for thing in one]
    )
    frame = scene.frames[0]
    found = _changes(scene, chosen, seen, eye)
    return Evidence(
        objects=tuple(objects),
        cover=tuple(cover for cover in seen.cover if cover is not None),
        scenes=tuple(seen.scenes),
        tags=tuple(seen.tags),
        changes=found,
        quality=tuple(seen.quality),
        looked=first.box if first else _whole(frame),
        gsd_m=frame.gsd_m if tile or first is None else first.seen_gsd_m,
        sizes=_sizes(scene),
        valid_fraction=tuple(seen.valid.get(index, 1.0) for index in range(len(scene.frames))),
        modality=first.modality if first else str(scene.sensor.kind),
        model=eye.weights.name,
        warnings=tuple(dict.fromkeys(seen.warnings)),
        faint=tuple(seen.faint),
        traces=tuple(seen.traces),
    )


def _see(frame: Frame, index: int, eye: Eye, seen: _Collected, *, tile: bool, dense: bool) -> Shown | None:
    """Look at one frame and add what was found; the whole-frame look, or None if nano cannot see it."""
    width, height = frame.size
    size = (fitting_size if dense else searching_size)(width, height, frame.gsd_m)
    shown = show(frame, Box(0, 0, width, height), size)
    if shown is None:
        _blank(seen)
        return None
    valid = float(shown.known.mean())
    seen.valid[index] = valid
    if valid == 0:
        if index == 0:
            raise NoData("the image holds nothing but nodata", value=[str(path) for path in frame.paths])
        seen.warnings.append(f"frame {index} holds nothing but nodata")
        _blank(seen)
        return None
    weights = eye.weights
    wanted = dense or bool(weights.calibration.clouds)
    sight = twice_seen(shown, eye, dense=wanted)
    if is_sea(sight, shown, weights):
        shown = darkened(shown, slots.SEA_DB)
        sight = twice_seen(shown, eye, dense=wanted)
    found = peaks(sight, shown, weights, least=FAINT)
    tiled = tile and max(width, height) > max(size)
    if tiled:
        found = _tiled(frame, eye)
    elif max(width, height) > SHRUNK_FROM * max(size):
        seen.warnings.append(
            f"the image of {width} x {height} pixels was looked at as {size[0]} x {size[1]}: "
            "small things are lost; use --tile or a region to see them"
        )
    seen.warnings += shown.warnings
    clear, faint = ([peak for peak in found if (peak.score >= LEAST) is told] for told in (True, False))
    things = seen_objects(clear if tiled else coloured(clear, shown), frame=index, first=seen.count + 1)
    seen.faint += faint_objects(faint, frame=index, first=len(seen.faint) + 1)
    seen.traces += traces(sight, shown, weights, frame=index)
    seen.count += len(things)
    seen.objects.append(things)
    seen.cover.append(cover_map(sight, shown, weights, frame=index))
    seen.dated.append(_dated(sight.dense if dense else None, shown, weights.stride))
    line = weights.calibration
    told = flags(sight.quality, weights.quality, line.quality, letter="q", frame=index, first=len(seen.quality) + 1)
    seen.quality += [flag for flag in told if flag.name != "cloud" or shown.modality in PICTURES]
    seen.quality.append(Guess(f"q{len(seen.quality) + 1}", "nodata", 1.0 - valid, index))
    seen.quality += odd(shown, frame=index, first=len(seen.quality) + 1)
    if shown.modality in PICTURES:
        seen.scenes += scene_guesses(sight.scene, weights, frame=index, first=len(seen.scenes) + 1)
        seen.tags += flags(sight.tags, weights.tags, line.tags, letter="m", frame=index, first=len(seen.tags) + 1)
    return shown


def twice_seen(shown: Shown, eye: Eye, *, dense: bool = False) -> Sight:
    """See a picture, and what concerns the whole of it also at a glance: logits of scenes and tags are averaged.

    What was enlarged to look for things is seen as a whole at its first size: there, scenes were taught and blur shows.
    """
    sight = eye.see(shown.image, shown.present, dense=dense)
    if first_size(shown) != shown.size:
        scene, tags, quality = eye.gist(glance(shown, 1.0), shown.present)
        sight = replace(sight, scene=scene, tags=tags, quality=quality)
    if shown.modality not in PICTURES:
        return sight
    scene, tags, _ = eye.gist(glance(shown), shown.present)
    half = np.float32(0.5)
    return replace(sight, scene=half * (sight.scene + scene), tags=half * (sight.tags + tags))


def is_sea(sight: Sight, shown: Shown, weights: NanoWeights) -> bool:
    """Whether uncalibrated radar shows more water than land with its median could: then most of it is water."""
    if shown.calibrated or shown.modality != "sar" or "water" not in weights.cover:
        return False
    height, width = -(-shown.size[1] // weights.stride), -(-shown.size[0] // weights.stride)
    water = sight.cover[:, :height, :width].argmax(axis=0) == weights.cover.index("water")
    return float(water.mean()) >= WATERY


def _tiled(frame: Frame, eye: Eye) -> list[Peak]:
    """Look at native resolution (at most 0.1 m, coarse pixels enlarged), tile by tile; one peak for each place.

    Nothing faint is kept: of a thousand tiles that would be hundreds of thousands of peaks.
    """
    finest = max(1.0, FINEST_M / frame.gsd_m) if frame.gsd_m else 1.0
    factor = finest / enlargement(frame.gsd_m)
    found: list[Peak] = []
    for box in tiles(*frame.size, side=TILE_PX * factor, overlap=OVERLAP_PX * factor):
        shown = show(frame, box, (max(1, round(box.width / factor)), max(1, round(box.height / factor))))
        if shown is None or not shown.known.any():
            continue
        sight = eye.see(shown.image, shown.present)
        if is_sea(sight, shown, eye.weights):
            shown = darkened(shown, slots.SEA_DB)
            sight = eye.see(shown.image, shown.present)
        found += coloured([peak for peak in peaks(sight, shown, eye.weights) if not _cut(peak, shown, frame)], shown)
    return one_each_place(found)


def tiles(width: int, height: int, *, side: float, overlap: float) -> Iterator[Box]:
    """Give overlapping boxes that cover the image; the last of a row or column is moved in to end at the edge."""
    for top in _starts(height, side, overlap):
        for left in _starts(width, side, overlap):
            yield Box(left, top, min(width, left + side), min(height, top + side))


def _starts(length: int, side: float, overlap: float) -> list[float]:
    if length <= side:
        return [0.0]
    steps = math.ceil((length - side) / (side - overlap))
    return [(length - side) * step / steps for step in range(steps + 1)]


def _cut(peak: Peak, shown: Shown, frame: Frame) -> bool:
    """Whether a box touches an inner edge of its tile: the neighbour sees the whole of it."""
    left, top = frame.origin_px
    right, bottom = left + frame.size[0], top + frame.size[1]
    x0, y0, x1, y1 = peak.box
    margin_x, margin_y = 2 * shown.scale[0], 2 * shown.scale[1]
    return (
        (x0 <= shown.box.x0 + margin_x and shown.box.x0 > left)
        or (y0 <= shown.box.y0 + margin_y and shown.box.y0 > top)
        or (x1 >= shown.box.x1 - margin_x and shown.box.x1 < right)
        or (y1 >= shown.box.y1 - margin_y and shown.box.y1 < bottom)
    )


def _dated(
    dense: NDArray[np.float32] | None, shown: Shown, stride: int
) -> tuple[DatedLook, NDArray[np.float32]] | None:
    if dense is None:
        return None
    height, width = -(-shown.size[1] // stride), -(-shown.size[0] // stride)
    return DatedLook(dense[:, :height, :width], levelled(shown.image, (height, width))), shown.present


def _changes(scene: Scene, chosen: Sequence[int], seen: _Collected, eye: Eye) -> tuple[SeenChange, ...]:
    """Compare the first and the last frame of a pair or series, cell by cell where one sensor took both.

    What either date hides under clouds is not compared.
    """
    if scene.kind not in {SceneKind.PAIR, SceneKind.SERIES} or len(seen.objects) < 2:
        return ()
    before, after = scene.frames[chosen[0]], scene.frames[chosen[-1]]
    old, new = seen.dated[0], seen.dated[-1]
    covers = seen.cover[0], seen.cover[-1]
    hidden = None if covers[0] is None or covers[1] is None else clouded(covers[0], covers[1])
    if hidden is not None and hidden.any():
        part = max(hidden.mean(), 0.01)
        seen.warnings.append(f"{part:.0%} of the pair lies under cloud on one date and was not compared")
    compared: Comparison | None = None
    if old is not None and new is not None and before.sensor.kind is after.sensor.kind:
        first = old[0].beside(new[0])
        looks = first, new[0].beside(first)
        looks = looks if hidden is None else uncovered(*looks, hidden)
        compared = eye.change(*looks, np.minimum(old[1], new[1]))
    return tuple(
        changes(
            (seen.objects[0], seen.objects[-1]),
            covers,
            compared,
            frames=(chosen[0], chosen[-1]),
            sizes=(before.full_size, after.full_size),
        )
    )


def _sample(count: int, most: int) -> list[int]:
    """At most `most` of `count` indices, evenly spread, first and last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(index) for index in np.linspace(0, count - 1, most)})


def _sizes(scene: Scene) -> tuple[tuple[int, int], ...]:
    """Width and height of every frame; all frames of a video have that of the first, and need not be opened."""
    if scene.kind is SceneKind.VIDEO:
        return (scene.frame.full_size,) * len(scene.frames)
    return tuple(frame.full_size for frame in scene.frames)


def _whole(frame: Frame) -> Box:
    left, top = frame.origin_px
    return Box(left, top, left + frame.size[0], top + frame.size[1])


def _blank(seen: _Collected) -> None:
    """A frame that cannot be seen still has its place in the lists that go by frame."""
    seen.objects.append([])
    seen.cover.append(None)
    seen.dated.append(None)
