"""Held-out scenes shown otherwise: black, in another order, one view alone, another scene's view, without marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from geoglot.train.text.seen import Asked
from geoglot.train.text.several import OPPOSITE
from geoglot.train.text.views import Talk

Frames = Callable[[tuple[int, ...]], tuple[int, ...]]
Question = Callable[[Asked], Asked]

FUSED = ("fusion needed", "fusion control")
UNMARKED = "What is the marked thing?"


def black(source: Talk) -> Talk:
    """Give the same scenes with pictures of nothing."""
    none = (replace(view, pictures=np.broadcast_to(np.float16(0), view.pictures.shape)) for view in source.views)
    return replace(source, views=tuple(none))


def altered(source: Talk) -> Iterator[tuple[str, Talk]]:
    """Give a talk changed, and what is added to the names of measures; of its questions those that the change is about.

    Talks without such questions are left out.
    """
    for mark, kinds, frames, question in CHANGES:
        changed = _changed(source, kinds, frames, question)
        if any(scene.asked for scene in changed.scenes):
            yield mark, changed
            if mark == ", both":
                camera, radar = changed.views
                other = replace(radar, pictures=np.roll(np.asarray(radar.pictures), 1, axis=0))
                yield ", radar of another place", replace(changed, views=(camera, other))


def _as_it_is(asked: Asked) -> Asked:
    return asked


def _opposite(asked: Asked) -> Asked:
    return replace(asked, reply=OPPOSITE[asked.reply])


def _untold(asked: Asked) -> Asked:
    return replace(asked, question=UNMARKED, shown=())


CHANGES: tuple[tuple[str, tuple[str, ...], Frames, Question], ...] = (
    (", order exchanged", ("any date",), lambda frames: frames[::-1], _as_it_is),
    (", order exchanged", ("more when",), lambda frames: frames[::-1], _opposite),
    (", both", FUSED, lambda _: (0, 1), _as_it_is),
    (", camera alone", FUSED, lambda _: (0,), _as_it_is),
    (", radar alone", FUSED, lambda _: (1,), _as_it_is),
    (", shuffled", ("way", "still"), lambda frames: (*frames[1:], frames[0]), _as_it_is),
    (", without", ("marked", "described"), lambda _: (0,), _untold),
)
"""What is added to a measure's name, the kinds of question it is about, the frames shown instead, what is asked."""


def _changed(source: Talk, kinds: tuple[str, ...], frames: Frames, question: Question) -> Talk:
    scenes = (
        replace(
            scene,
            frames=frames(scene.frames),
            asked=tuple(question(one) for one in scene.asked if one.kind in kinds),
            drawn=(),
        )
        for scene in source.scenes
    )
    return replace(source, scenes=tuple(scenes))
