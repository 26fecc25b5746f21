"""`Expression`: a set of texts, read letter by letter. Regular expressions; "both" and "not" are in `logic`.

`after(letter)` gives the expression of what may follow: its derivative. Equal expressions are one object, so that
comparing them costs nothing and every derivative is made once. NOTHING is the only one without a text: whatever else
has been read, there is a way to an end. Source: Brzozowski, Derivatives of Regular
Expressions, J. ACM 11 (1964); Owens, Reppy, Turon, Regular-expression derivatives re-examined (2009).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar
from weakref import WeakValueDictionary

from geoglot.models.autoregressive.grammar import letters as sets
from geoglot.models.autoregressive.grammar.letters import Letters


class Expression(ABC):
    """A set of texts. Made by the functions below; compared and hashed by identity."""

    _known: ClassVar[WeakValueDictionary[object, Expression]] = WeakValueDictionary()

    @property
    @abstractmethod
    def nullable(self) -> bool:
        """Whether the empty text is in the set: a reply may end here."""

    @cached_property
    def breaks(self) -> tuple[int, ...]:
        """Code points, in order from 0, from which on the derivative may be another than before."""
        return tuple(sorted({0, *self._breaks()}))

    def after(self, letter: str) -> Expression:
        """Give the texts that may follow this letter; NOTHING if none may."""
        index = bisect_right(self.breaks, ord(letter)) - 1
        derived = self._derived
        if index not in derived:
            derived[index] = self._derive(self.breaks[index])
        return derived[index]

    def after_all(self, text: str) -> Expression:
        """Give the texts that may follow this one."""
        here = self
        for letter in text:
            here = here.after(letter)
        return here

    def may_begin(self, first: int, last: int) -> bool:
        """Tell whether any letter of a range of code points may come now."""
        inside = [point for point in self.breaks if first < point <= last]
        return any(self.after(chr(point)) is not NOTHING for point in (first, *inside))

    @cached_property
    def shortest(self) -> str | None:
        """A short text of the set, None if it is empty: how a reply is brought to its end."""
        return self._shortest()

    @cached_property
    def _derived(self) -> dict[int, Expression]:
        return {}

    @abstractmethod
    def _breaks(self) -> set[int]:
        """Code points that `breaks` must hold."""

    @abstractmethod
    def _derive(self, code: int) -> Expression:
        """The derivative for one code point."""

    @abstractmethod
    def _shortest(self) -> str | None:
        """See `shortest`."""


class _One(Expression):
    """One letter of a set; no text at all if the set is empty."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    @property
    def nullable(self) -> bool:
        return False

    def _breaks(self) -> set[int]:
        return {point for first, last in self.letters for point in (first, last + 1) if point <= sets.LAST}

    def _derive(self, code: int) -> Expression:
        return EMPTY if any(first <= code <= last for first, last in self.letters) else NOTHING

    def _shortest(self) -> str | None:
        for low, high in ((ord("a"), ord("z")), (ord(" "), ord("~")), (0, sets.LAST)):
            for first, last in self.letters:
                if max(first, low) <= min(last, high):
                    return chr(max(first, low))
        return None


class _Empty(Expression):
    """The empty text."""

    nullable = True

    def _breaks(self) -> set[int]:
        return set()

    def _derive(self, code: int) -> Expression:
        return NOTHING

    def _shortest(self) -> str | None:
        return ""


class _Then(Expression):
    """A text of the first, followed by one of the second."""

    def __init__(self, first: Expression, second: Expression) -> None:
        self.first, self.second = first, second

    @cached_property
    def nullable(self) -> bool:
        return self.first.nullable and self.second.nullable

    def _breaks(self) -> set[int]:
        return {*self.first.breaks, *(self.second.breaks if self.first.nullable else ())}

    def _derive(self, code: int) -> Expression:
        went = then(self.first.after(chr(code)), self.second)
        return either(went, self.second.after(chr(code))) if self.first.nullable else went

    def _shortest(self) -> str | None:
        one, other = self.first.shortest, self.second.shortest
        return None if one is None or other is None else one + other


class _Either(Expression):
    """A text of any of the parts."""

    def __init__(self, *parts: Expression) -> None:
        self.parts = parts

    @cached_property
    def nullable(self) -> bool:
        return any(part.nullable for part in self.parts)

    def _breaks(self) -> set[int]:
        return {point for part in self.parts for point in part.breaks}

    def _derive(self, code: int) -> Expression:
        return either(*(part.after(chr(code)) for part in self.parts))

    def _shortest(self) -> str | None:
        return best(part.shortest for part in self.parts)


class _Rather(_Either):
    """A text of any of the parts; where one has to be chosen to come to an end, of the first."""

    def _shortest(self) -> str | None:
        return self.parts[0].shortest


class _Repeated(Expression):
    """Any number of texts, one after the other; none too."""

    nullable = True

    def __init__(self, part: Expression) -> None:
        self.part = part

    def _breaks(self) -> set[int]:
        return set(self.part.breaks)

    def _derive(self, code: int) -> Expression:
        return then(self.part.after(chr(code)), self)

    def _shortest(self) -> str | None:
        return ""


def one_of(letters: Letters) -> Expression:
    """Give the texts of one letter of a set."""
    return made(_One, letters) if letters else NOTHING


def text(word: str) -> Expression:
    """Give one text."""
    here = EMPTY
    for letter in reversed(word):
        here = then(one_of(sets.of(letter)), here)
    return here


def then(*parts: Expression) -> Expression:
    """Give texts of the parts, one after the other."""
    here = EMPTY
    for part in reversed(parts):
        if part is NOTHING or here is NOTHING:
            return NOTHING
        if part is EMPTY:
            continue
        if isinstance(part, _Then):
            here = then(part.first, then(part.second, here)) if here is not EMPTY else part
        else:
            here = part if here is EMPTY else made(_Then, part, here)
    return here


def either(*parts: Expression) -> Expression:
    """Give the texts that are in any part."""
    flat = {inner for part in parts for inner in (part.parts if isinstance(part, _Either) else (part,))}
    flat.discard(NOTHING)
    if EVERYTHING in flat:
        return EVERYTHING
    if len(flat) < 2:
        return flat.pop() if flat else NOTHING
    return made(_Either, *sorted(flat, key=id))


def rather(first: Expression, other: Expression) -> Expression:
    """Give the texts that are in either part; a reply that is cut short takes the first, which must not be NOTHING."""
    return made(_Rather, first, other)


def repeated(part: Expression) -> Expression:
    """Give any number of its texts, one after the other."""
    return part if isinstance(part, _Repeated) or part is EMPTY else made(_Repeated, part)


def made(kind: type[Expression], *parts: object) -> Expression:
    """Give the one expression of that kind with those parts."""
    key = (kind, *parts)
    known = Expression._known.get(key)
    if known is None:
        known = kind(*parts)
        Expression._known[key] = known
    return known


def best(found: Iterable[str | None]) -> str | None:
    """Give the shortest text, the first of the alphabet among equals, so that it hangs on nothing else."""
    return min((text for text in found if text is not None), key=lambda text: (len(text), text), default=None)


NOTHING: Expression = _One(())
"""No text at all."""
EMPTY: Expression = _Empty()
"""The empty text alone."""
EVERYTHING: Expression = _Repeated(one_of(sets.ANY))
"""Every text."""
Expression._known[(_Repeated, one_of(sets.ANY))] = EVERYTHING
_KEPT = one_of(sets.ANY)  # so that the weak table does not forget it
