"""Several frames as one scene: the same ground at several times, or a set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, PlaceError
from geoglot.scenes.scene import Frame, Scene, SceneKind

_SAME_GROUND = 0.5  # share of the smaller footprint that two frames must have in common
_SHIFT_TOLD_PX = 0.01

Outline = NDArray[np.float64]


def join(frames: Sequence[Frame], *, kind: SceneKind | None = None) -> Scene:
    """Give one frame as an image, two of the same ground as a pair, more as a series, all others as a set.

    Frames of a pair or series are put in order of time; where a time is missing the given order stays. The same
    ground: footprints of which the smaller one is covered by half or more. kind: what it has to be.
    Raises PlaceError where `kind` needs the same ground and the footprints, or without a place the sizes, say
    otherwise; InputError for a number of frames that `kind` cannot have.
    """
    count = len(frames)
    _check_count(count, kind)
    if count == 1:
        return Scene(SceneKind.IMAGE, tuple(frames))
    apart = _why_not_same_ground(frames)
    if kind is SceneKind.SET or (kind is None and apart):
        return Scene(SceneKind.SET, tuple(frames), (f"taken as separate images: {apart}",) if apart else ())
    warnings = []
    if apart is not None:
        _check_demanded(frames, apart)
        warnings.append("no place is known: the images are taken to show the same ground, pixel by pixel")
    ordered, told = _in_order(frames)
    found = kind or (SceneKind.PAIR if count == 2 else SceneKind.SERIES)
    return Scene(found, ordered, (*warnings, *told, *_shifts(ordered)))


def _check_count(count: int, kind: SceneKind | None) -> None:
    wanted = {SceneKind.IMAGE: count == 1, SceneKind.PAIR: count == 2, SceneKind.SERIES: count >= 2}
    if count == 0:
        raise InputError("there is no image", expected="at least one path")
    if kind is SceneKind.VIDEO:
        raise InputError("images are no video", value=f"{count} images", expected="one video file")
    if kind is not None and not wanted.get(kind, True):
        raise InputError(f"that is no {kind}", value=f"{count} images",
                         expected={"image": "one", "pair": "two", "series": "two or more"}[kind])  # fmt: skip


def _why_not_same_ground(frames: Sequence[Frame]) -> str | None:
    """Why the frames are not known to show the same ground; None if they are."""
    nowhere = [frame for frame in frames if not frame.grid.located]
    if nowhere:
        return f"no place is known for {nowhere[0].paths[0].name}"
    first = _outline(frames[0])
    for frame in frames[1:]:
        share = _shared(first, _outline(frame))
        if share < _SAME_GROUND:
            names = f"{frames[0].paths[0].name} and {frame.paths[0].name}"
            return f"{names} share {share:.0%} of the smaller one's ground"
    return None


def _check_demanded(frames: Sequence[Frame], apart: str) -> None:
    """A pair was demanded of frames that do not tell their place: they must at least fit pixel by pixel."""
    sizes = {frame.size for frame in frames}
    if any(frame.grid.located for frame in frames) or len(sizes) > 1:
        told = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
        raise PlaceError("the images do not show the same ground", value=apart,
                         expected=f"overlapping footprints, or no place and one size (here {told} px)")  # fmt: skip


def _outline(frame: Frame) -> Outline:
    """The footprint in lon/lat, (N, 2), with longitudes that do not jump at the antimeridian."""
    outline = frame.grid.footprint_lonlat()
    outline[:, 0] = np.degrees(np.unwrap(np.radians(outline[:, 0])))
    return outline


def _shared(one: Outline, other: Outline) -> float:
    """The share of the smaller footprint that both have, areas weighed by the cosine of latitude."""
    from shapely import Polygon

    squeeze = np.array([np.cos(np.radians(one[:, 1].mean())), 1.0])
    turn = np.array([360 * np.round((one[:, 0].mean() - other[:, 0].mean()) / 360), 0.0])
    first, second = Polygon(one * squeeze).buffer(0), Polygon((other + turn) * squeeze).buffer(0)
    smaller = min(first.area, second.area)
    return float(first.intersection(second).area / smaller) if smaller > 0 else 0.0


def _in_order(frames: Sequence[Frame]) -> tuple[tuple[Frame, ...], tuple[str, ...]]:
    times = [frame.time for frame in frames]
    if any(time is None for time in times):
        return tuple(frames), ("not every time is known: the images stay in the order given",)
    return tuple(sorted(frames, key=lambda frame: frame.time.timestamp() if frame.time else 0.0)), ()


def _shifts(frames: Sequence[Frame]) -> tuple[str, ...]:
    """Warnings where grids differ: nothing is moved silently."""
    first = frames[0].grid
    told = []
    for frame in frames[1:]:
        grid = frame.grid
        if not grid.located or (grid.crs, grid.affine, grid.gcps) == (first.crs, first.affine, first.gcps):
            continue
        x, y = grid.from_lonlat(first.to_lonlat([(0.0, 0.0)]))[0]
        name = frame.paths[0].name
        if max(abs(x), abs(y)) > _SHIFT_TOLD_PX:
            told.append(f"{name} starts ({-x:+.1f}, {-y:+.1f}) of its own pixels away from the first image")
        else:
            told.append(f"{name} has another grid than the first image")
    return tuple(told)
