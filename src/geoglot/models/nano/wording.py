"""From a finding to words: the grammar of the task, in plain English sentences."""

from __future__ import annotations

from collections.abc import Callable

from geoglot.models.nano import things
from geoglot.models.nano.captioning import taught_caption
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason import Finding
from geoglot.models.nano.telling import amount, caption, changes_told, listed, numbered, sentence, with_article
from geoglot.tasks import TaskName


def say(query: Query, finding: Finding, evidence: Evidence) -> str:
    """Say a finding. What has a value follows the grammar of the task and is read back as that value.

    A refusal says why: "I cannot tell: …".
    """
    if finding.refused:
        return refusal(finding)
    return _SAYINGS[query.task](query, finding, evidence)


def refusal(finding: Finding) -> str:
    """Say why there is no answer."""
    reason = finding.warnings[0] if finding.warnings else "nothing here answers that"
    if reason.startswith("I "):
        return sentence(reason)
    return sentence(f"I cannot tell: {reason}")


_ADJECTIVES = frozenset({"cloudy", "overcast"})  # words for a thing that no sentence can have as its noun


def _noun(query: Query, number: float = 2) -> str:
    """The user's own word where it names the thing exactly, else the canonical name; with attributes, in number."""
    noun = query.noun
    if noun is None:
        return "thing" if number == 1 else "things"
    name = noun.thing or noun.asked_as
    match = things.find(noun.asked_as)
    if match is not None and match.exact and noun.thing is not None and match.word not in _ADJECTIVES:
        name = match.word
    described = " ".join(value for _, value in noun.attributes)
    mass = noun.thing is not None and things.thing(noun.thing).mass  # "urban land" is urban, and as little in number
    return f"{described} {name if mass else things.plural(name, number)}".strip()


def _where(query: Query) -> str:
    """The place, region or relation that the question named, as it ends a sentence."""
    out = ""
    if query.relation is not None and all(anchor.region is None for anchor in query.relation.anchors):
        kind = {"inside": "in", "nearest": "nearest to"}.get(query.relation.kind, query.relation.kind)
        out += f" {kind} " + " and ".join(f"the {anchor.asked_as}" for anchor in query.relation.anchors)
    if query.place is not None:
        out += {"centre": " in the centre", "edge": " at the edge"}.get(query.place, f" in the {query.place} part")
    return out + (" in the marked region" if query.region is not None else "")


def _presence(query: Query, finding: Finding, evidence: Evidence) -> str:
    yes = "Yes" if finding.value else "No"
    if query.change is not None:
        return f"{yes}."
    if query.threshold is not None:
        told = f"about {amount(*finding.also)}" if finding.also else _there_are(finding.counts[0], query)
        return f"{yes}, {told}{_where(query)}."
    if bool(finding.value) is query.negated:
        return f"{yes}, I see no {_noun(query, 1)}{_where(query)}."
    if finding.counts:
        return f"{yes}, {_there_are(finding.counts[0], query)}{_where(query)}."
    noun = _noun(query, 1)
    return f"{yes}, there is {noun if _is_mass(query) else with_article(noun)}{_where(query)}."


def _there_are(number: int, query: Query) -> str:
    return f"there {'is' if number == 1 else 'are'} {numbered(number, _noun(query, number))}"


def _is_mass(query: Query) -> bool:
    """Whether the thing is measured, not counted: "there is water", "there are ships"."""
    if query.thing is None:
        return False
    known = things.thing(query.thing)
    return known.mass or set(known.kinds) == {"cover"}


def _count(query: Query, finding: Finding, evidence: Evidence) -> str:
    number = finding.value if isinstance(finding.value, int) else 0
    if query.change is not None:
        return sentence(numbered(number, _changed(query, number)))
    if _is_mass(query):
        return sentence(numbered(number, f"{'patch' if number == 1 else 'patches'} of {_noun(query)}{_where(query)}"))
    about = "about " if finding.unsure and number > 3 else ""
    return sentence(f"{about}{numbered(number, _noun(query, number))}{_where(query)}")


def _changed(query: Query, number: int) -> str:
    """What a changed thing is called: "new houses", "changed places"."""
    done = {"appeared": "new", "disappeared": "vanished"}.get(query.change or "", "changed")
    if query.noun is None:
        return f"{done} {'place' if number == 1 else 'places'}"
    return f"{done} {_noun(query, number)}"


def _compare(query: Query, finding: Finding, evidence: Evidence) -> str:
    yes = "Yes" if finding.value else "No"
    if len(finding.facts) == 2:
        shares = [f"about {amount(100 * (fact.number or 0), '%')} {fact.name}" for fact in finding.facts]
        return f"{yes}, I see {listed(shares)}."
    if len(finding.counts) != 2 or query.other is None or query.other.thing is None:
        return f"{yes}."
    first, second = finding.counts
    other = numbered(second, things.plural(query.other.thing, second))
    return f"{yes}, I count {numbered(first, _noun(query, first))} and {other}."


def _area(query: Query, finding: Finding, evidence: Evidence) -> str:
    value = float(finding.value) if isinstance(finding.value, int | float) else 0.0
    said = amount(value, finding.unit)
    if value > 0:
        said = f"about {said}"
    if query.change is not None:
        return sentence(said)
    where = _where(query)
    if finding.unit == "%" and not where:
        other = f" ({amount(*finding.also)})" if finding.also else ""
        return sentence(f"{said} of the image{other} {_is_or_are(query)} {_noun(query)}")
    if finding.unit == "%":
        return sentence(f"{said} of the ground{where} {_is_or_are(query)} {_noun(query)}")
    other = f" ({amount(*finding.also)} of the image)" if finding.also and not where else ""
    return sentence(f"{said}{other} of {_noun(query)}{where}")


def _is_or_are(query: Query) -> str:
    return "is" if _is_mass(query) else "are"


def _classify(query: Query, finding: Finding, evidence: Evidence) -> str:
    return sentence(str(finding.value))


def _labels(query: Query, finding: Finding, evidence: Evidence) -> str:
    names = finding.value if isinstance(finding.value, tuple) else ()
    return sentence(listed(names)) if names else "None."


def _mcq(query: Query, finding: Finding, evidence: Evidence) -> str:
    letter = str(finding.value)
    return f"{letter}. {query.choices[ord(letter) - ord('A')]}"


def _vqa(query: Query, finding: Finding, evidence: Evidence) -> str:
    if finding.value is None:
        return caption(finding.facts, detailed=False)
    return sentence(str(finding.value).replace("center", "centre"))


def _relation(query: Query, finding: Finding, evidence: Evidence) -> str:
    first, second = (noun.asked_as if noun and not noun.region else "" for noun in (query.noun, query.other))
    if not first or not second:
        return sentence(str(finding.value))
    verb = "are" if things.singular(first.split()[-1]) != first.split()[-1] else "is"
    return sentence(f"the {first} {verb} {finding.value} the {second}")


def _detect(query: Query, finding: Finding, evidence: Evidence) -> str:
    number = len(finding.regions)
    if number == 0:
        return sentence(f"no {_noun(query, 2)}{_where(query)}")
    return sentence(f"{numbered(number, _noun(query, number))}{_where(query)}")


def _ground(query: Query, finding: Finding, evidence: Evidence) -> str:
    if not finding.regions:
        return sentence(f"no {_noun(query, 1)}{_where(query)}")
    which = f"{query.noun.extreme} " if query.noun and query.noun.extreme else ""
    return sentence(f"the {which}{_noun(query, 1)}{_where(query)} is here")


def _segment(query: Query, finding: Finding, evidence: Evidence) -> str:
    if not finding.regions:
        return sentence(f"no {_noun(query, 2)}{_where(query)}")
    return sentence(f"the {_noun(query, 2)}{_where(query)}, outlined")


def _caption(query: Query, finding: Finding, evidence: Evidence) -> str:
    return taught_caption(query, evidence) or caption(finding.facts, detailed=query.detail == "detailed")


def _region(query: Query, finding: Finding, evidence: Evidence) -> str:
    return caption(finding.facts, detailed=False, part=True)


def _change_caption(query: Query, finding: Finding, evidence: Evidence) -> str:
    return changes_told(finding.facts)


def _change_mask(query: Query, finding: Finding, evidence: Evidence) -> str:
    number = len(finding.regions)
    return sentence(numbered(number, _changed(query, number))) if number else "No change."


def _track(query: Query, finding: Finding, evidence: Evidence) -> str:
    number = len(finding.regions)
    if number == 0:
        return sentence(f"no moving {_noun(query, 2)}")
    return sentence(f"{numbered(number, _noun(query, number))} followed through the frames")


def _navigate(query: Query, finding: Finding, evidence: Evidence) -> str:
    return "This way, around water and buildings." if finding.regions else "No way."


_SAYINGS: dict[TaskName, Callable[[Query, Finding, Evidence], str]] = {
    TaskName.CAPTION: _caption,
    TaskName.CLASSIFY: _classify,
    TaskName.MULTILABEL: _labels,
    TaskName.PRESENCE: _presence,
    TaskName.COUNT: _count,
    TaskName.COMPARE: _compare,
    TaskName.AREA: _area,
    TaskName.VQA: _vqa,
    TaskName.MCQ: _mcq,
    TaskName.RELATION: _relation,
    TaskName.DETECT: _detect,
    TaskName.GROUND: _ground,
    TaskName.DESCRIBE_REGION: _region,
    TaskName.SEGMENT: _segment,
    TaskName.CHANGE_CAPTION: _change_caption,
    TaskName.CHANGE_MASK: _change_mask,
    TaskName.TRACK: _track,
    TaskName.NAVIGATE: _navigate,
}
