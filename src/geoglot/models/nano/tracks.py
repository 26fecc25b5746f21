"""Which objects of a video's frames are the same: greedy matching of overlapping boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geoglot.models.nano.evidence import SeenObject

LEAST = 0.25  # probability from which an object begins or continues a track
REACH = 1.5  # how far a centre may move between two looks, in lengths of the object


def tracked(frames: Sequence[Sequence[SeenObject]]) -> list[SeenObject]:
    """Give the objects of all frames in time order, those seen more than once with a common track."""
    started = 0
    done: list[list[SeenObject]] = []
    for things in frames:
        previous = done[-1] if done else []
        current = list(things)
        for now, before in _pairs(previous, current):
            if previous[before].track is None:
                started += 1
                previous[before] = replace(previous[before], track=f"t{started}")
            current[now] = replace(current[now], track=previous[before].track)
        done.append(current)
    return [thing for things in done for thing in things]


def _pairs(before: Sequence[SeenObject], now: Sequence[SeenObject]) -> list[tuple[int, int]]:
    """Pairs (now, before) of the same label, nearest first, each used once."""
    candidates = []
    for i, thing in enumerate(now):
        for j, other in enumerate(before):
            if thing.label == other.label and min(thing.score, other.score) >= LEAST:
                distance, length = _apart(thing, other)
                if distance <= REACH * length:
                    candidates.append((distance / length, i, j))
    taken_now: set[int] = set()
    taken_before: set[int] = set()
    pairs = []
    for _, i, j in sorted(candidates):
        if i not in taken_now and j not in taken_before:
            taken_now.add(i)
            taken_before.add(j)
            pairs.append((i, j))
    return pairs


def _apart(one: SeenObject, other: SeenObject) -> tuple[float, float]:
    """Distance of the centres and the longer side of the larger box."""
    a, b = one.region.bounds, other.region.bounds
    distance = float(np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]))
    return distance, max(a.width, a.height, b.width, b.height, 1e-6)
