"""What a bound in any words says: "over a dozen" is more than 12, "a third or less" at most 33.3 %."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geoglot.models.nano.query import Threshold
from geoglot.tasks.numbers import DECIMAL, INTEGER, read_decimal, read_integer

_SHARES = {"half": 50.0, "third": 100 / 3, "quarter": 25.0, "fifth": 20.0, "tenth": 10.0}
_SHARE = re.compile(rf"\b(?:(?P<times>{INTEGER}|a|an) )?(?P<part>{'|'.join(_SHARES)})s?\b(?! (?:a )?dozen)")
_DOZENS = {"half a dozen": 6.0, "couple": 2.0, "score": 20.0, "hundred": 100.0, "thousand": 1000.0, "dozen": 12.0}
_COUNTED = re.compile(rf"(?:\b(?P<times>{DECIMAL}|{INTEGER}) )?\b(?P<name>{'|'.join(_DOZENS)})s?\b")
_NUMBER = re.compile(rf"\b(?:{DECIMAL}|{INTEGER})\b")
_UNIT = re.compile(r"(?:\b(?:km2|m2|ha)\b|%)")


def read_bound(comparison: str, words: Sequence[str]) -> Threshold | None:
    """Give the bound that words state, None if there is no number in them. comparison: as in `Threshold`."""
    text = " ".join(words)
    unit = _UNIT.search(text)
    if (share := _SHARE.search(text)) and unit is None:
        return Threshold(comparison, _times(share["times"]) * _SHARES[share["part"]], "%")
    number = _number(_UNIT.sub(" ", text))
    return None if number is None else Threshold(comparison, number, unit[0] if unit else "")


def _number(text: str) -> float | None:
    if match := _COUNTED.search(text):
        return _times(match["times"]) * _DOZENS[match["name"]]
    found = _NUMBER.search(text)
    return None if found is None else _value(found[0])


def _times(said: str | None) -> float:
    return 1.0 if said in {None, "a", "an"} else _value(str(said))


def _value(text: str) -> float:
    return read_decimal(text) if text[0].isdigit() else float(read_integer(text))
