"""Rows of docs/family.md from what trained members answered: a measure of two variants, their difference, the mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.trials.intervals import Interval, difference, mean

Found = Mapping[str, Mapping[str, NDArray[np.float64]]]
PLAIN = ("metres", "loss", "tokens", "for each")
"""Measures that are no shares carry one of these words: given as they are, not in percent."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. least: what the difference, or without `other` the value, must reach; fewer is better if `falls`.

    apart: the interval of a difference must exclude 0. relative: the difference is given in percent of the other's
    value. least None: reported, no mark.
    """

    id: str
    measure: str
    one: str
    other: str | None = None
    least: float | None = None
    falls: bool = False
    apart: bool = True
    relative: bool = False


CHECKS = (
    Check("RA-3", "sar: presence", "superset", "shared stem"),
    Check("RA-3", "thermal: presence", "superset", "shared stem"),
    Check("RA-6", "paths, metres from the end, state", "superset", None),
    Check("RA-6", "paths, metres from the end, words", "words alone", None),
    Check("RA-6", "paths, metres from the end, words", "digits", None),
    Check("RA-8", "text loss", "superset", "words alone", 1.0, falls=True, apart=False, relative=True),
    Check("RA-9", "<traj> where a path is asked", "superset", None, 99.0),
    Check("RA-9", "no <traj> where no path is asked", "superset", None, 99.0),
    Check("RA-10", "optical: presence", "captions first", "superset", 0.0),
    Check("RA-10", "sar: presence", "captions first", "superset", 0.0),
    Check("RA-10", "thermal: presence", "captions first", "superset", 0.0),
    Check("RA-12", "relation", "superset", None),
    Check("RA-12", "blind: relation", "superset", None),
    Check("EO-4", "parsed, detect", "superset", None, 99.0),
    Check("EO-4", "parsed, segment", "superset", None, 99.0),
    Check("EO-5", "ground, P@0.5", "words alone", "digits", 1.0),
    Check("EO-5", "ground, IoU", "words alone", "digits", 0.0, apart=False),
    Check("EO-6", "masks, IoU, words", "24 cells", None),
    Check("EO-6", "masks, ceiling", "24 cells", None),
    Check("EO-9", "ground of small things, P@0.5", "superset", "last level", 1.0),
    Check("EO-10", "sar: presence", "staged, replay", "superset", 0.0),
    Check("EO-10", "thermal: presence", "staged, replay", "superset", 0.0),
    Check("EO-10", "optical: presence", "staged, replay", "superset", -1.0, apart=False),
    Check("EO-10", "optical: presence", "staged, replay", "staged, no replay"),
    Check("EO-17", "presence", "superset", None),
    Check("EO-17", "blind: presence", "superset", None),
    Check("EO-17", "count", "superset", None),
    Check("EO-17", "blind: count", "superset", None),
    Check("U-2", "boxes of both routes, IoU", "superset", None, 80.0),
    Check("U-2", "boxes of the state for each in words", "superset", None),
    Check("U-4", "boxes, F1, state", "superset", None),
    Check("U-4", "boxes, F1, words", "superset", None),
    Check("U-4", "boxes, F1, words", "digits", None),
    Check("U-4", "masks, IoU, state", "superset", None),
    Check("U-4", "masks, IoU, words", "superset", None),
    Check("U-4", "tokens of a reply, detect", "superset", None),
    Check("U-4", "tokens of a reply, detect", "digits", None),
    Check("U-5", "ground, P@0.5", "last level, staged, replay", "superset"),
    Check("U-6", "presence", "superset", "24 cells", -0.5, apart=False),
)
"""EO-12, -13, -15, -16 need pairs, videos and drawn marks, which talks do not hold; RA-7: the rows of horizons."""


def rows(found: Found) -> dict[str, str]:
    """Give every check as a row; those whose variants or measures are not there are left out."""
    told = {}
    for check in CHECKS:
        if check.measure in found.get(check.one, {}):
            if check.other is None:
                value = _scaled(mean(found[check.one][check.measure]), check.measure)
                told[f"{check.id}: {check.measure}, {check.one}"] = f"{value}{_mark(check, value)}"
            elif check.measure in found.get(check.other, {}):
                sides = found[check.one][check.measure], found[check.other][check.measure]
                value = _scaled(difference(*sides), check.measure)
                if check.relative:
                    share = 100 / _scaled(mean(sides[1]), check.measure).value
                    value = Interval(value.value * share, value.low * share, value.high * share)
                told[f"{check.id}: {check.measure}, {check.one} - {check.other}"] = f"{value}{_mark(check, value)}"
    return told | _horizons(found)


def _horizons(found: Found) -> dict[str, str]:
    """RA-7: how far paths of every length end from their goal."""
    told = {}
    for variant, measures in found.items():
        for name in sorted(measures):
            if name.startswith("paths of ") and name.endswith(("words", "state")):
                told[f"RA-7: {name}, {variant}"] = str(_scaled(mean(measures[name]), name))
    return told


def _scaled(one: Interval, measure: str) -> Interval:
    if not any(word in measure for word in PLAIN):
        return one
    return Interval(one.value / 100, one.low / 100, one.high / 100)


def _mark(check: Check, value: Interval) -> str:
    if check.least is None:
        return ""
    reached = value.value <= check.least if check.falls else value.value >= check.least
    clear = not check.apart or check.other is None or (value.high < 0 if check.falls else value.low > 0)
    return ", met" if reached and clear else ", not met"
