"""When a finding is unsure: what was left out of the question, what the pixels cannot show, what the image lacks."""

from __future__ import annotations

from geoglot.models.nano import things
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.limits import too_small
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import Chosen
from geoglot.models.nano.reason.whole import is_narrowed, is_tagged
from geoglot.tasks.numbers import in_words

MANY = 0.1
"""Share of missed things from which it is said that some are missed."""


def cautious(finding: Finding, query: Query, seen: Seen, chosen: Chosen, *, none: bool) -> Finding:
    """Give the finding with its doubts. none: nothing of the kind was found.

    That there is none of a kind also answers for a part of it (no car, so no van), but not if what they should stand
    by is not there; and where they are too small to be seen there is no answer.
    """
    if chosen.missing is not None:
        finding = finding.doubted(f"I see no {chosen.missing}")
    small = too_small(query.thing, seen) if query.thing else None
    if none:
        return refused(small) if small else finding.noted(*_missed(query, seen))
    return finding.doubted(*chosen.doubts).noted(*([small] if small else []))


def _missed(query: Query, seen: Seen) -> tuple[str, ...]:
    """How many of the things that are there are found, where a tag does not tell and many are missed."""
    name = query.thing
    if name is None or "object" not in things.thing(name).kinds:
        return ()
    if is_tagged(name, seen) and not is_narrowed(query):
        return ()
    share, kinds = seen.missed(name).things, things.plural(name)
    if not seen.misses.keys() & things.members(name):
        return (f"how many {kinds} I miss was never measured",)
    return (f"of ten {kinds} I find about {in_words(round(10 * (1 - share)))}",) if share >= MANY else ()
