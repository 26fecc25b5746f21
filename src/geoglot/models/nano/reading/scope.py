"""Where and how much: places, units and bounds in a question."""

from __future__ import annotations

import re

from geoglot.models.nano.query import Threshold
from geoglot.models.nano.reading.text import take
from geoglot.tasks.numbers import DECIMAL, INTEGER, read_decimal, read_integer

IMAGE = r"(?:image|picture|photo|photograph|scene|view|tile|frame|map|area|patch|crop|shot)"

_VERTICAL = {"upper": "upper", "top": "upper", "lower": "lower", "bottom": "lower"}
_COMPASS = {f"{side}{end}": side for side in ("north", "south", "east", "west") for end in ("", "ern", "erly")}
_CORNERS = {
    f"{ns}{join}{ew}{end}": f"{ns}-{ew}"
    for ns in ("north", "south") for ew in ("east", "west") for join in ("-", "", " ") for end in ("", "ern")
}  # fmt: skip
_SIDES = "part|half|corner|side|edge|quarter|third|area|section|quadrant|region|portion|end|border|margin|hand side"
_PART = rf"(?:{_SIDES}|of the {IMAGE})"
_NO_THING = rf"(?! of\b(?! the {IMAGE}))"  # "the left of the bridge" is a relation, no part of the image
_INTO = r"(?:(?:in|at|on|near|within|to|towards|inside|along|from|of|around) )?(?:the )?(?:very |far |extreme )?"
_WORD = "|".join(sorted((*_CORNERS, *_COMPASS), key=len, reverse=True))
_PLACES = (
    re.compile(rf"{_INTO}\b(?P<v>upper|top|lower|bottom)[- ](?P<h>left|right)(?:[- ]hand)?\b(?: {_PART})*"),
    re.compile(rf"{_INTO}\b(?P<c>{_WORD})\b{_NO_THING}(?: {_PART})*"),
    re.compile(rf"{_INTO}\b(?P<v>upper|top|lower|bottom)\b(?: {_PART})+"),
    re.compile(r"\b(?:in|at|on|to|towards|along|from|near) (?:the )?(?:very )?(?P<v>top|bottom)\b(?! of\b)"),
    re.compile(
        rf"(?:\b(?:in|at|on|to|towards|from|along|near) )?(?:the )?\b(?P<h>left|right)(?:[- ]hand)?\b(?: {_PART})+"
    ),
    re.compile(r"\b(?:on|to|at|from) (?:the |your )?(?P<h>left|right)\b(?! of\b)(?:[- ]hand side)?"),
    re.compile(rf"\b(?:in|at|near|around) (?:the )?(?:very )?(?P<m>middle|centre|center)\b{_NO_THING}(?: {_PART})*"),
    re.compile(rf"\b(?P<m>central)\b {_PART}"),
    re.compile(rf"\b(?:at|along|near|on) the (?P<m>edges?|borders?|margins?)\b{_NO_THING}(?: of the {IMAGE})?"),
)

_NUMBER = rf"(?:{DECIMAL}|{INTEGER})"
_COMPARISONS = {
    "at least": ("at least", "no fewer than", "no less than", "not fewer than", "not less than", "a minimum of"),
    "at most": ("at most", "no more than", "not more than", "up to", "a maximum of"),
    "more": ("more than", "over", "above", "greater than", "in excess of", "upwards of", "larger than", "exceeding"),
    "less": ("less than", "fewer than", "under", "below", "smaller than"),
    "exactly": ("exactly", "precisely", "just", "as many as"),
}
_COMPARISON_OF = {words: name for name, several in _COMPARISONS.items() for words in several}
_BOUND = re.compile(
    rf"\b(?P<how>{'|'.join(sorted(_COMPARISON_OF, key=len, reverse=True))}) (?P<number>{_NUMBER})\b"
    r" ?(?P<unit>km2\b|m2\b|ha\b|%)?"
    rf"(?: of(?: the(?: whole)?)? {IMAGE}\b)?"
)
_OR_MORE = re.compile(rf"\b(?P<number>{_NUMBER}) or (?P<how>more|fewer|less)\b")

_UNIT = re.compile(
    r"\b(?:in|as|into) (?:an? |terms of )?(km2|m2|ha|%|percentage)(?: terms)?(?!\w)"
    r"|how many (km2|m2|ha)\b(?: of)?|what (km2|m2|ha|%) "
)
_SHARE = re.compile(
    rf"%|\b(?:percentage|proportion|share|fraction)\b|\bhow much of (?:the|this|it)\b"
    rf"|relative to (?:the|this) {IMAGE}|\bof (?:the|this)(?: whole| entire)? {IMAGE} ?,? how much\b"
)


def take_place(text: str) -> tuple[str | None, str]:
    """Give the part of the image that is meant: "left", "upper", "upper left", "centre", "edge", "north-east" …"""
    for pattern in _PLACES:
        match, rest = take(pattern, text)
        if match:
            said = match.groupdict()
            if word := said.get("c"):
                return _CORNERS.get(word) or _COMPASS[word], rest
            if middle := said.get("m"):
                return "centre" if middle.startswith(("mid", "cen")) else "edge", rest
            parts = [_VERTICAL[said["v"]]] if said.get("v") else []
            return " ".join([*parts, *([said["h"]] if said.get("h") else [])]), rest
    return None, text


def take_threshold(text: str) -> tuple[Threshold | None, str]:
    """Give a bound ("more than 10", "at least 5 %", "three or more"), and the text without it."""
    match, rest = take(_BOUND, text)
    if match:
        return Threshold(_COMPARISON_OF[match["how"]], _number(match["number"]), match["unit"] or ""), _joined(
            text, match
        )
    match, rest = take(_OR_MORE, text)
    if match:
        return Threshold("at least" if match["how"] == "more" else "at most", _number(match["number"])), _joined(
            text, match
        )
    return None, rest


def take_unit(text: str) -> tuple[str | None, str]:
    """Give the unit of area that a question asks for ("m2", "ha", "km2", "%"), and the text without "in m2"."""
    match, rest = take(_UNIT, text)
    if match:
        unit = next(group for group in match.groups() if group)
        return "%" if unit == "percentage" else unit, rest if match[1] else text
    return "%" if _SHARE.search(text) else None, text


def _number(text: str) -> float:
    return read_decimal(text) if text[0].isdigit() else float(read_integer(text))


def _joined(text: str, match: re.Match[str]) -> str:
    """Take out a bound without a break: its noun may stand right after it."""
    return " ".join(f"{text[: match.start()]} {text[match.end() :]}".split())
