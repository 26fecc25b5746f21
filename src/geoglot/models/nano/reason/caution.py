"""When a finding is unsure: what was left out of the question, what the pixels cannot show, what the image lacks."""

from __future__ import annotations

from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.limits import too_small
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import Chosen


def cautious(finding: Finding, query: Query, seen: Seen, chosen: Chosen, *, none: bool) -> Finding:
    """Give the finding with its doubts. none: nothing of the kind was found.

    That there is none of a kind also answers for a part of it (no car, so no van), but not if what they should stand
    by is not there; and where they are too small to be seen there is no answer.
    """
    if chosen.missing is not None:
        finding = finding.doubted(f"I see no {chosen.missing}")
    small = too_small(query.thing, seen) if query.thing else None
    if none:
        return refused(small) if small else finding
    return finding.doubted(*chosen.doubts).noted(*([small] if small else []))
