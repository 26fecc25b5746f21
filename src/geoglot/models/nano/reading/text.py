"""The question as the rules see it: lower case, plain signs, one blank between words."""

from __future__ import annotations

import re

_CONTRACTED = (
    (r"\b(what|where|which|who|when|how|there|it|that)'s\b", r"\1 is"),
    (r"\b(is|are|was|were|do|does|did|has|have|can|could|would)n't\b", r"\1 not"),
    (r"\b(i|we|you|they)'d\b", r"\1 would"),
    (r"\b(i|we|you|they)'ve\b", r"\1 have"),
    (r"\bi'm\b", "i am"),
)
_UNITS = (
    (r"\b(?:sq(?:uare|\.)?[ -]?(?:metres?|meters?|m)|sqm|m\^?2)(?![\w2])", "m2"),
    (r"\b(?:sq(?:uare|\.)?[ -]?(?:kilometres?|kilometers?|km)|sqkm|km\^?2)(?![\w2])", "km2"),
    (r"\b(?:hectares?|ha)\b", "ha"),
    (r"\bper ?cent\b|\bpercent\b", "%"),
)

_FURTHEST = re.compile(
    r"\b(?:furthest|farthest)(?: away)?(?: (?:to|on|at|in) the| up| to)?"
    r" (left|right|top|bottom|north|south|east|west)\b"
)

BREAK = " ; "
"""What stands where something was taken out of a question: no phrase reaches across it."""


def plain(question: str) -> str:
    """Give the question in the form all rules expect: "What's the AREA in m²?" is "what is the area in m2 ?"."""
    text = question.casefold()
    for old, new in (
        ("’", "'"),
        ("‘", "'"),
        ("“", " "),
        ("”", " "),
        ('"', " "),
        ("²", "2"),
        ("–", " - "),
        ("—", " - "),
        ("…", " "),
    ):
        text = text.replace(old, new)
    for pattern, new in (*_CONTRACTED, *_UNITS):
        text = re.sub(pattern, new, text)
    text = _FURTHEST.sub(r"\1most", text)
    text = re.sub(r"(?<=\d)%", " %", text)
    text = re.sub(r"([?!,;:()])", r" \1 ", text)
    text = re.sub(r"\.(?!\d)", " . ", text)
    return " ".join(text.split())


def take(pattern: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, str]:
    """Give the first match of a pattern and the text without it."""
    match = pattern.search(text)
    return (match, text) if match is None else (match, cut(text, match.start(), match.end()))


def cut(text: str, start: int, end: int) -> str:
    """Give the text with the part from start to end replaced by a break."""
    return " ".join(f"{text[:start]}{BREAK}{text[end:]}".split())
