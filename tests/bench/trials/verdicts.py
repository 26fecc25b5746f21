"""Rows of docs/family.md from what trained members answered: a measure of two variants, their difference, the mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.trials.intervals import Interval, difference, mean, verdict

Found = Mapping[str, Mapping[str, NDArray[np.float64]]]
PLAIN = ("metres", "loss", "tokens", "for each")
"""Measures that are no shares carry one of these words: given as they are, not in percent."""

BLIND = "blind: "
FORMS = ("parsed", "no <traj>")
"""Measures of a reply's form, in which who sees nothing may be right too."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. least: what the difference, or without `other` the value, must reach; fewer is better if `falls`.

    other: the variant compared with; beside: the measure, where it is another one. apart: the interval of a difference
    must exclude 0. relative: the difference is given in percent of the other's value. least None: reported, no mark.
    """

    id: str
    measure: str
    one: str
    other: str | None = None
    least: float | None = None
    falls: bool = False
    apart: bool = True
    relative: bool = False
    beside: str = ""


def _frames(id_: str, measure: str, beside: str, least: float, *, falls: bool = False, apart: bool = True) -> Check:
    """Compare two measures of the member that is taught several frames."""
    return Check(id_, measure, FRAMES, FRAMES, least, falls=falls, apart=apart, beside=beside)


FRAMES = "several frames"
ENDS = "paths, metres from the end"
BOTH = "boxes, both ways"
MASKS = "masks, both ways"
PATHS = "paths, both ways"
CHECKS = (
    Check("RA-3", "sar: presence", "superset", "shared stem"),
    Check("RA-3", "thermal: presence", "superset", "shared stem"),
    Check("RA-6", f"{ENDS}, state", PATHS, "paths in tokens", 0.0, falls=True, beside=f"{ENDS}, words"),
    Check("RA-6", f"{ENDS}, state", PATHS, "paths in digits", 0.0, falls=True, beside=f"{ENDS}, words"),
    Check("RA-6", f"{ENDS}, state", PATHS),
    Check("RA-6", f"{ENDS}, words", "paths in tokens"),
    Check("RA-6", f"{ENDS}, words", "paths in digits"),
    Check("RA-6", "parsed, navigate", "paths in digits"),
    Check("RA-6", "tokens of a reply, navigate", "paths in tokens"),
    Check("RA-6", "tokens of a reply, navigate", "paths in digits"),
    Check("RA-8", "text loss", "paths by state", "without paths", 1.0, falls=True, apart=False, relative=True),
    Check("RA-9", "<traj> where a path is asked", "paths by state", None, 99.0),
    Check("RA-9", "no <traj> where no path is asked", "paths by state", None, 99.0),
    Check("RA-10", "optical: presence", "captions first", "superset", 0.0),
    Check("RA-10", "sar: presence", "captions first", "superset", 0.0),
    Check("RA-10", "thermal: presence", "captions first", "superset", 0.0),
    Check("RA-12", "relation", "superset", "superset", 0.0, beside="blind: relation"),
    Check("RA-12", "relation", "superset"),
    Check("RA-12", "decomposition, F1", "superset", "superset", 0.0, beside="blind: decomposition, F1"),
    Check("RA-12", "decomposition, F1", "superset"),
    Check("EO-4", "parsed, detect", "boxes in tokens", None, 99.0),
    Check("EO-4", "parsed, segment", MASKS, None, 99.0),
    Check("EO-5", "ground, P@0.5", "boxes in tokens", "boxes in digits", 1.0),
    Check("EO-5", "ground, IoU", "boxes in tokens", "boxes in digits", 0.0, apart=False),
    Check("EO-6", "masks, IoU, words", MASKS),
    Check("EO-6", "masks, ceiling", MASKS),
    Check("EO-9", "ground of small things, P@0.5", "boxes in tokens", "boxes, last level", 1.0),
    Check("EO-10", "sar: presence", "staged, replay", "superset", 0.0),
    Check("EO-10", "thermal: presence", "staged, replay", "superset", 0.0),
    Check("EO-10", "optical: presence", "staged, replay", "superset", -1.0, apart=False),
    Check("EO-10", "optical: presence", "staged, replay", "staged, no replay"),
    _frames("EO-12", "any date, order exchanged", "any date", -1.0, apart=False),
    Check("EO-12", "more when", FRAMES),
    Check("EO-12", "blind: more when", FRAMES),
    _frames("EO-12", "more when, order exchanged", "more when", -1.0, apart=False),
    _frames("EO-12", "images", "blind: images", 0.0),
    _frames("EO-13", "fusion needed, both", "fusion needed, camera alone", 5.0),
    _frames("EO-13", "fusion needed, both", "fusion needed, radar alone", 5.0),
    _frames("EO-13", "fusion control, both", "fusion control, camera alone", -1.0, apart=False),
    _frames("EO-13", "fusion control, both", "fusion control, radar alone", -1.0, apart=False),
    _frames("EO-13", "fusion needed, radar of another place", "fusion needed, both", 0.0, falls=True),
    Check("EO-15", "way", FRAMES),
    _frames("EO-15", "way, shuffled", "way", -5.0, falls=True),
    _frames("EO-15", "still, shuffled", "still", -1.0, apart=False),
    Check("EO-16", "marked", FRAMES),
    _frames("EO-16", "marked", "marked, without", 10.0),
    Check("EO-16", "described", FRAMES),
    _frames("EO-16", "described", "described, without", 10.0),
    Check("EO-17", "presence", "superset"),
    Check("EO-17", "blind: presence", "superset"),
    Check("EO-17", "count", "superset"),
    Check("EO-17", "blind: count", "superset"),
    Check("EO-17", "ground, P@0.5", "boxes in tokens"),
    Check("EO-17", "blind: ground, P@0.5", "boxes in tokens"),
    Check("EO-17", "presence", FRAMES),
    Check("EO-17", "blind: presence", FRAMES),
    Check("EO-19", "labels, legacy recall", "superset"),
    Check("EO-19", "labels, legacy recall of the truth", "superset"),
    Check("EO-19", "labels, F1", "superset"),
    Check("EO-19", "boxes, legacy precision, words", "boxes in tokens"),
    Check("EO-19", "boxes, recall, words", "boxes in tokens"),
    Check("EO-19", "boxes, F1, words", "boxes in tokens"),
    Check("U-2", "boxes of both routes, IoU", BOTH, None, 80.0),
    Check("U-2", "boxes of the state for each in words", BOTH),
    *(Check("U-3", f"{sensor}: count", "superset", "shared stem") for sensor in ("optical", "multispectral")),
    Check("U-4", "boxes, F1, state", BOTH),
    Check("U-4", "boxes, F1, words", BOTH),
    Check("U-4", "boxes, F1, words", "boxes in tokens"),
    Check("U-4", "boxes, F1, words", "boxes in digits"),
    Check("U-4", "masks, IoU, state", MASKS),
    Check("U-4", "masks, IoU, words", MASKS),
    Check("U-4", "tokens of a reply, detect", "boxes in tokens"),
    Check("U-4", "tokens of a reply, detect", "boxes in digits"),
    Check("U-4", "parsed, detect", "boxes in digits"),
    *(
        Check("U-5", measure, one, "superset")
        for measure in ("presence", "count", "relation")
        for one in ("last level", "staged, replay", "last level, staged, replay")
    ),
    # What words say, beside one stem for all and beside the last level alone; places, beside those in digits.
    *(
        Check("U-6", measure, "superset", other, -0.5, apart=False)
        for measure in ("presence", "count", "relation")
        for other in ("shared stem", "last level")
    ),
    *(
        Check("U-6", "ground, P@0.5", BOTH, other, -0.5, apart=False)
        for other in ("boxes in tokens", "boxes in digits", "boxes, last level")
    ),
    # Neither original ranks what it finds, or draws masks finer than the cells of its text.
    Check("U-7", "boxes, AP, words", BOTH),
    Check("U-7", "boxes, AP, state", BOTH),
    Check("U-7", "masks, IoU, state", MASKS, MASKS, 0.0, beside="masks, ceiling"),
)
"""RA-7 and the ratio of EO-6 are made of several measures: see `_horizons` and `_ceiling`."""


def rows(found: Found, size: str) -> dict[str, str]:
    """Give every check as a row; those whose variants or measures are not there are left out. size: see `verdict`."""
    found = {variant: _asked(measures) for variant, measures in found.items()}
    told = {}
    for check in CHECKS:
        beside = check.beside or check.measure
        if check.measure not in found.get(check.one, {}):
            continue
        if check.other is None:
            value = _scaled(mean(found[check.one][check.measure]), check.measure)
            told[f"{check.id}: {check.measure}, {check.one}"] = _told(check, value, size, found[check.one])
        elif beside in found.get(check.other, {}) and not _is_of_nothing(check, found[check.other][beside]):
            value = _apart(check, found[check.one][check.measure], found[check.other][beside])
            than = ", ".join(one for one in (check.beside, check.other if check.other != check.one else "") if one)
            told[f"{check.id}: {check.measure}, {check.one} - {than}"] = _told(check, value, size, found[check.one])
    return told | _ceiling(found, size) | _horizons(found, size)


def _asked(measures: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The measures that anything was counted in: a member that draws no box has no overlaps. Its size is no measure."""
    return {name: sums for name, sums in measures.items() if sums.shape[1] == 2 and sums[:, 1].sum() > 0}


def _is_of_nothing(check: Check, other: NDArray[np.float64]) -> bool:
    """Whether a share is asked of a score of 0."""
    return check.relative and other[:, 0].sum() == 0


def _apart(check: Check, one: NDArray[np.float64], other: NDArray[np.float64]) -> Interval:
    """The difference of a check, in its unit."""
    value = _scaled(difference(one, other), check.measure)
    if not check.relative:
        return value
    share = 100 / _scaled(mean(other), check.measure).value
    return Interval(value.value * share, value.low * share, value.high * share)


def _ceiling(found: Found, size: str) -> dict[str, str]:
    """EO-6: what part of the overlap that the text form allows the written masks have."""
    measures = found.get(MASKS, {})
    if not {"masks, IoU, words", "masks, ceiling"} <= set(measures):
        return {}
    reached, most = mean(measures["masks, IoU, words"]), mean(measures["masks, ceiling"])
    share = Interval(*(100 * one / most.value for one in (reached.value, reached.low, reached.high)))
    return {"EO-6: masks in words, percent of their ceiling": verdict(share, size=size, least=70.0, clear=False)}


def _horizons(found: Found, size: str) -> dict[str, str]:
    """RA-7: how far paths of every length end from their goal, and how much farther the longest than the shortest."""
    told: dict[str, str] = {}
    growth: dict[str, float] = {}
    for variant, route in ((PATHS, "state"), ("paths in tokens", "words"), ("paths in digits", "words")):
        names = [name for name in found.get(variant, {}) if name.startswith("paths of ") and name.endswith(route)]
        names.sort(key=lambda name: int(name.split()[2]))
        values = [_scaled(mean(found[variant][name]), name) for name in names]
        told |= {f"RA-7: {name}, {variant}": str(value) for name, value in zip(names, values, strict=True)}
        if len(values) > 1:
            growth[variant] = values[-1].value - values[0].value
    for variant, farther in growth.items():
        told[f"RA-7: metres farther, longest paths than shortest, {variant}"] = f"{farther:+.2f}"
    if {PATHS, "paths in digits"} <= set(growth):
        less = growth[PATHS] - growth["paths in digits"]
        one = Interval(less, less, less)
        mark = verdict(one, size=size, least=0.0, falls=True, clear=False).partition("], ")[2]
        told["RA-7: growth by state - growth by digits, no interval"] = f"{less:+.2f}, {mark}"
    return told


def _scaled(one: Interval, measure: str) -> Interval:
    if not any(word in measure for word in PLAIN):
        return one
    return Interval(one.value / 100, one.low / 100, one.high / 100)


def _told(check: Check, value: Interval, size: str, measures: Mapping[str, NDArray[np.float64]]) -> str:
    """A value with its mark; who does no better than without looking neither gains nor loses by what is changed."""
    if check.least is None:
        return str(value)
    seeing = (name for name in (check.measure, check.beside) if not name.startswith(FORMS))
    blind = [name for name in seeing if f"{BLIND}{name}" in measures]
    if any(difference(measures[name], measures[f"{BLIND}{name}"]).low <= 0 for name in blind):
        return f"{value}, no verdict: not above blind"
    clear = check.apart and check.other is not None
    return verdict(value, size=size, least=check.least, falls=check.falls, clear=clear)
