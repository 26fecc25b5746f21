"""Numbers in expressions: what may follow a number can hang on which one it is."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

from geoglot.models.autoregressive.grammar.expression import NOTHING, Expression, made, text, then


class Follow(Protocol):
    """What follows a number. Hashable; never NOTHING for a number in range; never begins with a digit."""

    def __call__(self, number: int, /) -> Expression: ...


class Number(Expression):
    """`before`, a whole number low..high without leading zeros, `stop`, and what follows that number.

    typed: what of all this has been read. Where the vocabulary has a token for the whole of it ("<417>"), the guide
    allows that token alone.
    """

    def __init__(self, before: str, low: int, high: int, stop: str, follow: Follow, typed: str) -> None:
        self.before, self.low, self.high, self.stop, self.follow, self.typed = before, low, high, stop, follow, typed

    @cached_property
    def nullable(self) -> bool:
        return not self.stop and self._number is not None and self.follow(self._number).nullable

    def _breaks(self) -> set[int]:
        known = {*"0123456789", *self.before, *self.stop}
        points = {ord(letter) + more for letter in known for more in (0, 1)}
        if not self.stop and self._number is not None:
            points |= {*self.follow(self._number).breaks}
        return points

    def _derive(self, code: int) -> Expression:
        letter = chr(code)
        if len(self.typed) < len(self.before):
            return self._grown(letter) if letter == self.before[len(self.typed)] else NOTHING
        digits = self.typed[len(self.before) :]
        if letter.isdecimal() and letter.isascii():
            return self._grown(letter) if _may_become(digits + letter, self.low, self.high) else NOTHING
        number = self._number
        if number is None:
            return NOTHING
        if not self.stop:
            return self.follow(number).after(letter)
        return then(text(self.stop[1:]), made(_Later, self.follow, number)) if letter == self.stop[0] else NOTHING

    def _shortest(self) -> str | None:
        digits = self.typed[len(self.before) :]
        number = max(min(last, self.high) for _, last in _spans(digits, self.low, self.high))
        rest = self.follow(number).shortest  # the largest number fills a mask at once
        return None if rest is None else (self.before + str(number))[len(self.typed) :] + self.stop + rest

    @property
    def _number(self) -> int | None:
        """The number typed, None if there is none or it is out of range."""
        digits = self.typed[len(self.before) :]
        return int(digits) if digits and self.low <= int(digits) <= self.high else None

    def _grown(self, letter: str) -> Expression:
        return made(Number, self.before, self.low, self.high, self.stop, self.follow, self.typed + letter)


class _Later(Expression):
    """What follows a number, worked out when it is needed: of a thousand coordinates one is chosen."""

    def __init__(self, follow: Follow, number: int) -> None:
        self.follow, self.number = follow, number

    @cached_property
    def _inner(self) -> Expression:
        return self.follow(self.number)

    @property
    def nullable(self) -> bool:
        return self._inner.nullable

    def _breaks(self) -> set[int]:
        return set(self._inner.breaks)

    def _derive(self, code: int) -> Expression:
        return self._inner.after(chr(code))

    def _shortest(self) -> str | None:
        return self._inner.shortest


def number(low: int, high: int, follow: Follow, *, before: str = "", stop: str = "") -> Expression:
    """Give whole numbers low..high between two texts, each with what follows it. NOTHING if low is above high."""
    return made(Number, before, low, high, stop, follow, "") if low <= high else NOTHING


def _may_become(digits: str, low: int, high: int) -> bool:
    return bool(_spans(digits, low, high))


def _spans(digits: str, low: int, high: int) -> list[tuple[int, int]]:
    """Ranges of the numbers low..high that begin with these digits."""
    if len(digits) > 1 and digits[0] == "0":
        return []
    if not digits:
        return [(low, high)]
    if digits == "0":
        return [(0, 0)] if low <= 0 <= high else []
    steps = [10**more for more in range(len(str(high)) - len(digits) + 1)]
    spans = [(int(digits) * step, int(digits) * step + step - 1) for step in steps]
    return [(first, last) for first, last in spans if last >= low and first <= high]
