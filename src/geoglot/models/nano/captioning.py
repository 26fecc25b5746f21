"""When the taught writer may caption an image, and what it says; outside its domain the facts speak for themselves."""

from __future__ import annotations

from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.limits import FLAGGED
from geoglot.models.nano.reason.select import SURE
from geoglot.models.nano.sentences import shipped
from geoglot.models.nano.telling import sentence

GSD_M = (0.2, 1.0)
"""Pixel sizes (from, below) of the photographs that the writer is used for; it was taught at 0.3 m."""


def taught_caption(query: Query, evidence: Evidence) -> str | None:
    """Give a short caption of the whole image by the taught writer, None where it is out of its domain.

    Its domain: one colour photograph of `GSD_M`, without a quality flag, whose kind of scene is one that it knows
    and more likely than not.
    """
    if query.detail != "short" or query.region is not None or query.place is not None:
        return None
    low, high = GSD_M
    one = len(evidence.sizes) == 1 and evidence.modality == "rgb"
    if not one or evidence.gsd_m is None or not low <= evidence.gsd_m < high:
        return None
    if any(guess.probability >= FLAGGED for guess in evidence.quality):
        return None
    writer = shipped()
    scenes = {guess.name: guess.probability for guess in evidence.scenes if guess.name in writer.scenes}
    if max(scenes.values(), default=0.0) < SURE:
        return None
    return sentence(writer.write(scenes, {guess.name: guess.probability for guess in evidence.tags}))
