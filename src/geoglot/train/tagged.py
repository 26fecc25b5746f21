"""What labels of whole images prove about peaks: lines for classes that real sets name but do not mark.

Nobody drew boxes around the airplanes of UC Merced, but its multi-labels say which images show some. Where there are
none every peak is wrong; where there are some the surest is right, if it is surer than what stands out elsewhere. A
line fitted on simulated airplanes alone promises too little of real ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.decode import FAINTEST, Peak, peaks
from geoglot.models.nano.eye import Eye
from geoglot.nets import classes
from geoglot.train import validate
from geoglot.train.shard import Shard

TAGS = ("airplane", "court", "ship", "tanks")
"""Multi-labels that tell of objects which no real set marks: `classes.TAG_OBJECTS` says of which."""

STANDING_OUT = 0.99
"""Share of the images without a tag whose surest peak is fainter than one that proves something in an image with it.
What is fainter proves nothing: the things may have been missed. Chosen on simulated and UC Merced images."""


@dataclass(frozen=True, slots=True, eq=False)
class Claimed:
    """What the eye said of an image, likeliest first, and which of `TAGS` it has."""

    peaks: tuple[Peak, ...]
    tags: frozenset[str]


def seen(eye: Eye, one: Shard, images: Sequence[int]) -> Iterator[Claimed]:
    """See images with multi-labels; scores are those of the eye's calibration. Others are passed over."""
    for index in images:
        told = one.truth[index].tags
        if told is not None:
            shown = validate.shown_of(one, index)
            found = peaks(eye.see(shown.image, shown.present), shown, eye.weights, least=FAINTEST)
            here = {tag for tag, there in zip(classes.TAGS, told, strict=True) if there}
            yield Claimed(tuple(found), frozenset(here.intersection(TAGS)))


def with_tags(one: Shard, images: Sequence[int]) -> tuple[int, ...]:
    """Give those of the images that have any of `TAGS`."""
    places = {classes.TAGS.index(tag) for tag in TAGS}
    return tuple(index for index in images if places & set(np.flatnonzero(one.truth[index].tags or ()).tolist()))


def proved(claims: Sequence[Claimed]) -> Mapping[str, list[validate.Found]]:
    """Give which peaks are right or wrong beyond doubt, by class and image.

    A tag that names several classes ("court") proves the surest peak of any of them, and nothing of the others.
    """
    rows: dict[str, list[validate.Found]] = defaultdict(list)
    for tag in TAGS:
        members = classes.TAG_OBJECTS[tag]
        with_it, without = ([one for one in claims if (tag in one.tags) is there] for there in (True, False))
        if not with_it or not without:
            continue
        limit = float(np.quantile([_surest(one, members) for one in without], STANDING_OUT))
        for one in with_it:
            best = max((peak for peak in one.peaks if peak.label in members), key=_score, default=None)
            if best is not None and best.score > limit:
                rows[best.label].append(validate.Found(np.array([best.score]), np.ones(1, np.bool_), 1))
        for one in without:
            for label in members:
                scores = np.array([peak.score for peak in one.peaks if peak.label == label], np.float64)
                rows[label].append(validate.Found(scores, _wrong(scores), 0))
    return rows


def _surest(one: Claimed, members: Sequence[str]) -> float:
    return max((peak.score for peak in one.peaks if peak.label in members), default=0.0)


def _score(peak: Peak) -> float:
    return peak.score


def _wrong(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.zeros(len(scores), np.bool_)
