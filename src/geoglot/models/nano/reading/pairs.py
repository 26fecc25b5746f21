"""Questions about two things: comparisons, relations, distances, ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from geoglot.models.nano.query import Aim, Noun, Query
from geoglot.models.nano.reading.nouns import PRONOUNS, phrase_at
from geoglot.regions import Region

AIMS = frozenset({Aim.COMPARE, Aim.MOST, Aim.RELATION, Aim.DISTANCE, Aim.WAY})
"""The aims that are about two things."""


def _patterns(*forms: str) -> tuple[re.Pattern[str], ...]:
    """{a} and {b} reach up to the words after them; at the end of a form to the end of the question."""
    out = []
    for form in forms:
        for name in ("a", "b"):
            form = re.sub(rf"\{{{name}\}}$", f"(?P<{name}>.+)", form).replace(f"{{{name}}}", f"(?P<{name}>.+?)")
        out.append(re.compile(form))
    return tuple(out)


_MUCH = r"(?:number|count|total|amount|quantity)"
_BEYOND = r"(?:greater than|higher than|larger than|above|exceeds?|equal to|the same as|equals?)"
_OFTEN = r"(?:numerous|common|frequent|plentiful|often|abundant)"
_GREATER = rf"(?:more {_OFTEN}|larger|bigger|greater|more extensive)"
_MORE = _patterns(
    r"\bare {b} outnumbered by {a}",
    rf"\b{_MUCH} of {{a}} (?:is )?{_BEYOND}(?: the| that)?(?: {_MUCH})?(?: of)? {{b}}",
    r"\b(?:do|does|did|whether|if|that) {a} (?:outnumbers?|exceeds?) {b}",
    r"\bset against (?:the )?{b} , (?:are|is) {a} greater",
    r"\b(?:equal|same) (?:number|numbers|amount) of {a} (?:and|as) {b}",
    r"\bas (?:many|much) {a} as {b}",
    r"\b(?:fewer|less)(?: of)? {b} than(?: of)? {a}",
    rf"\b(?:that|if|whether) {{a}} (?:are |is |occur ){_GREATER} than {{b}}",
    rf"\b(?:are|is|do|does) {{a}} (?:occur )?{_GREATER} than {{b}}",
    rf"\b(?:are|is) {{b}} (?:smaller|less {_OFTEN}) than {{a}}",
    r"\b(?:more|larger (?:number|quantity) of)(?: of)? {a} (?:than|compared (?:with|to))(?: of| it holds)? {b}",
    r"\bmore than {b}",
    r"\bcompare {a} with {b}",
    r"\b(?:are|is) {a} in the majority against {b}",
    r"\bbetween {a} and {b} ,",
)  # fmt: skip
_OR = re.compile(
    r"(?:,|:|\bof|\bmore|\bcommon|\bfrequent|\bnumerous|\bsee) (?:more )?(?P<a>[^,:]+?) ,? ?"
    r"or (?:more )?(?P<b>[^,:?]+?)(?= \?|$| here| in)"
)

_RELATED = _patterns(
    r"\b(?:relation(?:ship)?|relate)\b.* between {a} and {b}",
    r"\bwhere (?:is|are|does) {a}(?: lie)? (?:in relation|relative|with respect|with regard|compared) to {b}",
    r"\bon which side of {b} (?:is|are|does|do) {a}(?= lie|$| \?)",
    r"\b(?:seen|viewed|looked at) from {b} , (?:where|in which direction) (?:would one find|is|are|lies?) {a}",
    r"\bin which direction from {b} (?:does|do|is|are) {a}(?= lie|$| \?)",
    r"\bhow (?:does|do) {a} lie to {b}",
    r"\bhow (?:are|is) {a} and {b} (?:placed|arranged|situated|related|to each)",
    r"\bhow {a} and {b} are placed",
    r"\b(?:position|place|location) of {a} (?:relative to|compared to|in relation to|with respect to) {b}",
    r"\bstanding at {b} , which way (?:is|are) {a}",
    r"\brelation of {a} to {b}",
    r"\brelationship from {a} to {b}",
    r"\b(?:relative to|with respect to) {b} , (?:what is the place of|where (?:does|is)) {a}(?= stand|$| \?)",
    r"\btake {b} as (?:a )?reference : where is {a}",
    r"\bplace {a} with regard to {b}",
    r"\bis {a} left of , right of , above or below {b}",
    r"\b(?:which preposition fits|complete the sentence) : {a} is (?:located )?(?:\.\.\. )?(?:to )?{b}",
    r"\blocations of {a} and {b}",
    r"\bbearing does {a} have from {b}",
    r"\bif {b} is the landmark , where is {a}",
    r"\bfind {a} and {b} ; how",
    r"\bwhere {a} sits next to {b}",
    r"\bwhere {a} is as viewed from {b}",
    r"\bhow {a} is situated towards {b}",
    r"\blooking at {a} and {b} , what relation",
    r"\bconnects {a} with {b}",
    r"\brelation describes {a} and {b}",
)  # fmt: skip
_APART = _patterns(
    r"\bhow (?:far|close|distant) (?:away )?(?:is|are|apart are) {a} (?:from|to|and) {b}",
    r"\bdistance (?:between|from) {a} (?:and|to) {b}",
)
_WAYS = _patterns(
    r"\bbetween {a} and {b}",
    r"\bfrom {a} (?:to|towards|through to|with) {b}(?= without| until| on|$| \?)",
    r"\bconnects? {a} (?:with|and) {b}(?= by|$)",
    r"\bstarting at {a} , .*\breach {b}",
    r"\bat {a} and want to (?:go to|reach) {b}",
    r"\b(?:to|for) {b} ; i start from {a}",
    r"\bto {b} , (?:beginning|departing|starting) (?:at|from) {a}",
    r"\b(?:to|for) {b} from {a}",
    r"\bfrom {a} that ends at {b}",
    r"\bfrom {a} , .*\bto {b}",
    r"\bto {b}(?= without|$)",
)  # fmt: skip
_PATTERNS = {Aim.COMPARE: _MORE, Aim.RELATION: _RELATED, Aim.DISTANCE: _APART, Aim.WAY: _WAYS}


def read(query: Query, text: str, regions: Sequence[Region]) -> Query | None:
    """Fill in the two things of a query from plain text; None if no pattern fits.

    A comparison comes out as "more of noun than of other", "as many" or "equal"; `Aim.MOST` as choices.
    """
    if query.aim is Aim.MOST:
        match = _OR.search(text)
        return replace(query, choices=tuple(_bare(match[name]) for name in ("a", "b"))) if match else None
    for pattern in _PATTERNS[query.aim]:
        match = pattern.search(text)
        if match is None:
            continue
        found = {name: _noun(part, regions) for name, part in match.groupdict().items()}
        first, second = found.get("a"), found["b"]
        if second is None or (first is None and match.groupdict().get("a", "it").strip() not in PRONOUNS):
            continue  # a pronoun is filled in from the question before
        if query.aim is Aim.COMPARE:
            return replace(query, noun=first, other=second, comparison=_comparison(text))
        return replace(query, noun=first, other=second)
    return None


def _comparison(text: str) -> str:
    if re.search(r"\bequal|\bsame (?:number|amount)|\bthe same as\b", text):
        return "equal"
    return "as many" if re.search(r"\bas (?:many|much)\b", text) else "more"


def _noun(part: str, regions: Sequence[Region]) -> Noun | None:
    phrase = phrase_at(part, 0, regions)
    return phrase.noun if phrase else None


def _bare(part: str) -> str:
    return re.sub(r"^(?:the|more|an?|are there|is there) ", "", part.strip())
