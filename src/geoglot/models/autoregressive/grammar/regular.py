"""Regular expressions, as `tasks` writes them, to `Expression`s."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geoglot.errors import InputError
from geoglot.models.autoregressive.grammar import letters as sets
from geoglot.models.autoregressive.grammar.expression import EMPTY, Expression, either, one_of, repeated, then
from geoglot.models.autoregressive.grammar.letters import Letters

_CLASSES = "wWdDsS"
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_NONE: Mapping[str, Expression] = MappingProxyType({})


def regular(pattern: str, *, named: Mapping[str, Expression] = _NONE) -> Expression:
    """Give the texts that a pattern matches from end to end, in any case of its Latin letters.

    named: what single letters of the pattern stand for. Known are groups, |, classes, \\w \\d \\s and their opposites,
    and the counts * + ? {m} {m,n}. Raises InputError for anything else: look-around, lazy counts, back references.
    """
    parser = _Parser(pattern, named)
    found = parser.either()
    if parser.place < len(pattern):
        raise parser.wrong("a pattern that ends early")
    return found


class _Parser:
    """Reads a pattern once, from left to right."""

    def __init__(self, pattern: str, named: Mapping[str, Expression]) -> None:
        self.pattern, self.named, self.place = pattern, named, 0

    def either(self) -> Expression:
        """Parts between |."""
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return either(*parts)

    def wrong(self, what: str) -> InputError:
        """The error for what stands at the present place."""
        return InputError(what, value=self.pattern[self.place : self.place + 20], hint="see grammar.regular")

    def _sequence(self) -> Expression:
        parts = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            parts.append(self._counted(self._atom()))
        return then(*parts)

    def _atom(self) -> Expression:
        letter = self._next()
        if letter == "(":
            if self._take("?") and not self._take(":"):
                raise self.wrong("a kind of group that is not known")
            inside = self.either()
            if not self._take(")"):
                raise self.wrong("a group that is not closed")
            return inside
        if letter == "[":
            return one_of(self._class())
        if letter == ".":
            return one_of(sets.without(sets.of("\n")))
        if letter in self.named:
            return self.named[letter]
        if letter in "^$*+?{":
            raise self.wrong("a sign that is not known here")
        return one_of(self._escaped() if letter == "\\" else sets.in_any_case(sets.of(letter)))

    def _class(self) -> Letters:
        """What follows [ up to ]."""
        negated = self._take("^")
        found: Letters = ()
        while not self._take("]"):
            letter = self._next()
            first = self._escaped() if letter == "\\" else sets.of(letter)
            if (
                self.pattern[self.place : self.place + 1] == "-"
                and self.pattern[self.place + 1 : self.place + 2] != "]"
            ):
                self.place += 1
                first = ((first[0][0], ord(self._next())),)
            found = sets.joined(found, first)
        found = sets.in_any_case(found)
        return sets.without(found) if negated else found

    def _escaped(self) -> Letters:
        r"""What follows \."""
        letter = self._next()
        if letter in _CLASSES:
            return sets.category(f"\\{letter}")
        if letter.isalnum() and letter not in _ESCAPED:
            raise self.wrong(f"an escape that is not known: {letter}")
        return sets.of(_ESCAPED.get(letter, letter))

    def _counted(self, part: Expression) -> Expression:
        """The part with the counts that follow it."""
        while (sign := self.pattern[self.place : self.place + 1]) and sign in "*+?{":
            self.place += 1
            least, most = _COUNTS[sign] if sign in _COUNTS else self._braces()
            if self.pattern[self.place : self.place + 1] in ("?", "+"):
                raise self.wrong("a lazy or possessive count")
            part = times(part, least, most)
        return part

    def _braces(self) -> tuple[int, int | None]:
        inside, closed, _ = self.pattern[self.place :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not least.isdecimal() or not (most.isdecimal() or not most):
            raise self.wrong("a count that is none")
        self.place += len(inside) + 1
        return int(least), (int(most) if most else None) if comma else int(least)

    def _next(self) -> str:
        if self.place >= len(self.pattern):
            raise self.wrong("a pattern that ends in the middle")
        self.place += 1
        return self.pattern[self.place - 1]

    def _take(self, sign: str) -> bool:
        found = self.pattern[self.place : self.place + 1] == sign
        self.place += found
        return found


def times(part: Expression, least: int, most: int | None) -> Expression:
    """Give the part so many times in a row; most: None for any number."""
    rest = EMPTY
    if most is None:
        rest = repeated(part)
    else:
        for _ in range(most - least):
            rest = either(EMPTY, then(part, rest))
    return then(*[part] * least, rest)
