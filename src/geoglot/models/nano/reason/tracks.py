"""The ways that things take through the frames of a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import SURE, Candidate, Chosen, choose
from geoglot.regions import Path


def track(query: Query, seen: Seen) -> Finding:
    """Give one path for each thing that was seen in two or more frames, through the centres of its boxes.

    A path belongs to the first frame it was seen in. Its score is the mean probability along it.
    """
    if query.thing is None:
        return refused("I did not understand what to follow")
    groups: dict[str, list[Candidate]] = {}
    doubts: list[str] = []
    for frame in range(len(seen.evidence.sizes)):
        chosen = choose(query, replace(seen, frame=frame))
        doubts += chosen.doubts
        for each in chosen.candidates:
            if each.seen.track is not None:
                groups.setdefault(each.seen.track, []).append(each)
    kept = [group for group in groups.values() if len(group) >= 2 and _mean(group) >= SURE]
    finding = Finding(
        regions=tuple(_path(group, query.thing) for group in kept),
        evidence=tuple(each.seen.id for group in kept for each in group),
        confidence=sum(map(_mean, kept)) / len(kept) if kept else 1 - max(map(_mean, groups.values()), default=0.0),
        counts=(len(kept),),
    )
    return cautious(finding, query, seen, Chosen((), None, tuple(dict.fromkeys(doubts))), none=not kept)


def _mean(group: Sequence[Candidate]) -> float:
    return sum(each.p for each in group) / len(group)


def _path(group: Sequence[Candidate], label: str) -> Path:
    ordered = sorted(group, key=lambda each: each.seen.region.frame)
    points = tuple(each.seen.region.bounds.centre for each in ordered)
    return Path(points, label=label, score=min(1.0, _mean(group)), frame=ordered[0].seen.region.frame)
