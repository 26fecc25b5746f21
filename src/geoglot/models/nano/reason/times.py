"""Which frame a question is about."""

from __future__ import annotations

from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.query import Aim, Query
from geoglot.scenes import Scene

_ABOUT_ALL = frozenset({Aim.CHANGE, Aim.TRACKS})


def frame_meant(query: Query, evidence: Evidence, scene: Scene | None) -> tuple[int, tuple[str, ...]]:
    """Give the index of the frame that is meant, and what to note about the choice.

    By number, by date ("2019-05" is the first frame of that month), else the first.
    """
    count = len(evidence.sizes)
    if query.frame is not None and -count <= query.frame < count:
        return query.frame % count, ()
    if query.change is not None or query.aim in _ABOUT_ALL or count <= 1:
        return 0, ()
    for index, day in enumerate(_days(scene, count)):
        if day is not None and any(_is_on(date, day) for date in query.dates):
            return index, ()
    if query.dates:
        return 0, (f"no image is known to be of {query.dates[0]}; this is about the first of {count}",)
    return 0, (f"this is about the first of {count} images",)


def _days(scene: Scene | None, count: int) -> list[str | None]:
    if scene is None:
        return [None] * count
    times = [scene.frames[index].time for index in range(min(count, len(scene.frames)))]
    return [None if time is None else time.strftime("%Y-%m-%d") for time in times]


def _is_on(date: str, day: str) -> bool:
    """Whether a day lies in a date of the reader: "2019", "2019-05", "2019-05-03" or "--05"."""
    return day[5:].startswith(date[2:]) if date.startswith("--") else day.startswith(date)
