"""Which time is meant: the frames and dates of a question."""

from __future__ import annotations

import re

from geoglot.models.nano.reading.scope import IMAGE
from geoglot.models.nano.reading.text import cut, take

_ORDINAL = {
    **dict.fromkeys(("first", "earlier", "older", "former", "initial", "earliest", "oldest"), 0),
    **dict.fromkeys(("last", "later", "latest", "newer", "final", "newest", "latter", "most recent"), -1),
    **{"second": 1, "other": 1, "next": 1, "third": 2, "fourth": 3, "fifth": 4},
}
_TIMED = rf"(?:{IMAGE}|date|one|acquisition|year|time|visit)"
_FRAME = re.compile(rf"(?:\b(?:in|on|at|for|of|about|from) )?(?:the )?\b({'|'.join(_ORDINAL)}) {_TIMED}\b")
_EVENT = re.compile(r"\b(before|after)(?: (?:the |this |that )?(?!and\b|than\b)[a-z]+)?(?= [?.!,;]|$)")

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH = "|".join(rf"{month}|{month[:3]}" for month in _MONTHS)
_YEAR = r"(?:19|20)\d\d"
_BEFORE = r"(?:\b(?:in|on|since|from|between|and|to|until|till|by|of|during|after|before) )?(?:the )?"
_DATE = re.compile(
    rf"{_BEFORE}(?:(?P<iso>{_YEAR}-\d\d(?:-\d\d)?)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b(?: (?P<y1>{_YEAR}))?"
    rf"|(?P<m2>{_MONTH})\b(?: (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?[%a-z]))?(?: ?,? (?P<y2>{_YEAR}))?"
    rf"|(?P<y3>{_YEAR})\b(?! ?(?:m2|km2|ha|%)))"
)


def take_frame(text: str) -> tuple[int | None, str]:
    """Give which frame is meant, 0 the first, -1 the last, and the text without it."""
    match, rest = take(_FRAME, text)
    if match:
        return _ORDINAL[match[1]], rest
    match, rest = take(_EVENT, text)
    return (None, text) if match is None else (0 if match[1] == "before" else -1, rest)


def take_dates(text: str) -> tuple[tuple[str, ...], str]:
    """Give the dates of a question as "2019", "2019-05", "2019-05-03" or "--05", and the text without them."""
    dates: list[str] = []
    for _ in range(4):
        match = next((m for m in _DATE.finditer(text) if _is_date(m)), None)
        if match is None:
            break
        dates.append(_iso(match))
        text = cut(text, match.start(), match.end())
    return tuple(dates), text


def _is_date(match: re.Match[str]) -> bool:
    """Tell whether a match is a date: bare "may", "march" and short months need a word before or a number."""
    if match["m2"] and not (match["d2"] or match["y2"]):
        return match[0] != match["m2"] and (match["m2"] in _MONTHS)
    return True


def _iso(match: re.Match[str]) -> str:
    if match["iso"]:
        return str(match["iso"])
    year, month = match["y1"] or match["y2"] or match["y3"], match["m1"] or match["m2"]
    if month is None:
        return str(year)
    number = next(i for i, name in enumerate(_MONTHS, start=1) if name.startswith(month))
    day = match["day"] or match["d2"]
    return f"{year or '-'}-{number:02d}" + (f"-{int(day):02d}" if day else "")
