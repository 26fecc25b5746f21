"""Typed values out of a TOML table; each function raises InputError that says where the wrong one stands."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from geoglot.errors import InputError

_T = TypeVar("_T")
_E = TypeVar("_E", bound=enum.StrEnum)


def text(value: object, where: str) -> str:
    """Give a string that is printable on one line."""
    if not isinstance(value, str) or not all(letter.isprintable() for letter in value):
        raise InputError(f"{where} is not text", value=value, expected="one line of text")
    return value


def number(value: object, where: str) -> float:
    """Give a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{where} is not a number", value=value, expected="a finite number")
    return float(value)


def positive(value: object, where: str) -> float:
    """Give a finite number above 0."""
    if number(value, where) <= 0:
        raise InputError(f"{where} must be above 0", value=value)
    return number(value, where)


def stored_value(value: object, where: str) -> float:
    """Give a number that may be NaN, as a nodata value may."""
    return math.nan if isinstance(value, float) and math.isnan(value) else number(value, where)


def choice(kind: type[_E], value: object, where: str) -> _E:
    """Give a member of an enumeration by its value."""
    try:
        return kind(text(value, where))
    except ValueError:
        raise InputError(f"{where} is unknown", value=value, expected=f"one of {', '.join(kind)}") from None


def words(value: object, where: str) -> tuple[str, ...]:
    """Give a list of texts."""
    return tuple(text(word, where) for word in sequence(value, where))


def sequence(value: object, where: str) -> Sequence[object]:
    """Give a list."""
    if not isinstance(value, list):
        raise InputError(f"{where} is not a list", value=value)
    return value


def mapping(value: object, where: str) -> Mapping[str, object]:
    """Give a table of keys and values."""
    if not isinstance(value, dict):
        raise InputError(f"{where} is not a table", value=value, expected="key = value")
    return value


def optional(read: Callable[[object, str], _T], value: object, where: str) -> _T | None:
    """Give what `read` makes of the value, or None where there is none."""
    return None if value is None else read(value, where)


def only(allowed: Iterable[str], row: Mapping[str, object], where: str) -> None:
    """Raise for a key that has no meaning, most often a slip of the pen."""
    known = sorted(allowed)
    for key in row:
        if key not in known:
            raise InputError(f"{where}: unknown key", value=key, expected=f"one of {', '.join(known)}")


def once(keys: Iterable[str], what: str) -> None:
    """Raise if a key comes twice."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise InputError(what, value=key, expected="every name once")
        seen.add(key)
