"""`both` and `unlike`: the expressions of which only a search tells whether any text is in them.

The parts of a conjunction may each have texts and yet none in common, and what is refused may be everything, however
it is spelled. A letter after which that is so must not be allowed: it leads to where no reply can end. So both
functions, and every derivative of what they give, are NOTHING if they have no text. The search is exact and comes to
an end, since an expression has finitely many derivatives (Brzozowski 1964, theorem 5.2); what it learns is kept.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from functools import cached_property

from geoglot.models.autoregressive.grammar.expression import EVERYTHING, NOTHING, Expression, best, made


class _Searched(Expression):
    """An expression that may turn out to have no text. lives: whether it has one, None while nobody has looked."""

    lives: bool | None = None

    def step(self, letter: str) -> Expression:
        """Give the derivative as it is spelled, which may have no text; `after` gives NOTHING then."""
        code = self.breaks[bisect_right(self.breaks, ord(letter)) - 1]
        if code not in self._steps:
            self._steps[code] = self._step(code)
        return self._steps[code]

    @cached_property
    def _steps(self) -> dict[int, Expression]:
        return {}

    def _derive(self, code: int) -> Expression:
        return _living(self.step(chr(code)))

    @abstractmethod
    def _step(self, code: int) -> Expression:
        """See `step`; the code point is one of `breaks`."""

    def guesses(self) -> Iterator[str]:
        """Give texts that may well be in the set."""
        yield from ()


class _Both(_Searched):
    """A text that is in all parts."""

    def __init__(self, *parts: Expression) -> None:
        self.parts = parts

    @cached_property
    def nullable(self) -> bool:
        return all(part.nullable for part in self.parts)

    def guesses(self) -> Iterator[str]:
        """Give the short texts of the parts."""
        return (part.shortest for part in self.parts if part.shortest is not None)

    def _breaks(self) -> set[int]:
        return {point for part in self.parts for point in part.breaks}

    def _step(self, code: int) -> Expression:
        return _common(*(part.after(chr(code)) for part in self.parts))

    def _shortest(self) -> str | None:
        found = best(text for text in self.guesses() if self.after_all(text).nullable)
        return _nearest(self) if found is None else found


class _Not(_Searched):
    """Every other text."""

    def __init__(self, part: Expression) -> None:
        self.part = part

    @cached_property
    def nullable(self) -> bool:
        return not self.part.nullable

    def _breaks(self) -> set[int]:
        return set(self.part.breaks)

    def _step(self, code: int) -> Expression:
        return _others(self.part.after(chr(code)))

    def _shortest(self) -> str | None:
        return _nearest(self)


def both(*parts: Expression) -> Expression:
    """Give the texts that are in all parts; NOTHING if there is none."""
    return _living(_common(*parts))


def unlike(part: Expression) -> Expression:
    """Give the texts that are not in it; NOTHING if there is none."""
    return _living(_others(part))


def _common(*parts: Expression) -> Expression:
    flat = {inner for part in parts for inner in (part.parts if isinstance(part, _Both) else (part,))}
    flat.discard(EVERYTHING)
    if NOTHING in flat:
        return NOTHING
    if len(flat) < 2:
        return flat.pop() if flat else EVERYTHING
    return made(_Both, *sorted(flat, key=id))


def _others(part: Expression) -> Expression:
    if isinstance(part, _Not):
        return part.part
    if part is EVERYTHING:
        return NOTHING
    return EVERYTHING if part is NOTHING else made(_Not, part)


def _living(found: Expression) -> Expression:
    """The expression, NOTHING if it has no text."""
    if isinstance(found, _Searched) and found.lives is None:
        found.lives = found.nullable or _guessed(found) or _reaches_an_end(found)
    return NOTHING if isinstance(found, _Searched) and not found.lives else found


def _is_known_to_live(found: Expression) -> bool:
    return found.nullable or bool(found.lives) if isinstance(found, _Searched) else found is not NOTHING


def _guessed(start: _Searched) -> bool:
    """Whether a short text of a part is a way to an end; if so, everything on the way lives too."""
    for text in start.guesses():
        here, way = start, [start]
        for letter in text:
            following = here.step(letter)
            if _is_known_to_live(following):
                for passed in way:
                    passed.lives = True
                return True
            if not isinstance(following, _Searched) or following.lives is False:
                break
            here = following
            way.append(here)
    return False


def _reaches_an_end(start: _Searched) -> bool:
    """Whether any derivative takes the empty text, breadth first; if none does, all of them are without a text."""
    seen, queue = {start}, deque([start])
    while queue:
        here = queue.popleft()
        for letter in _letters(here):
            following = here.step(letter)
            if _is_known_to_live(following):
                return True
            if isinstance(following, _Searched) and following.lives is None and following not in seen:
                seen.add(following)
                queue.append(following)
    for dead in seen:
        dead.lives = False
    return False


def _nearest(start: Expression) -> str | None:
    """A shortest text by trying, breadth first."""
    seen, queue = {start}, deque([(start, "")])
    while queue:
        here, said = queue.popleft()
        if here.nullable:
            return said
        for letter in _letters(here):
            following = here.after(letter)
            if following is not NOTHING and following not in seen:
                seen.add(following)
                queue.append((following, said + letter))
    return None


def _letters(here: Expression) -> list[str]:
    """A letter for every derivative, those that are easily typed first. Surrogates are no letters of a text."""
    points = {point if not 0xD800 <= point <= 0xDFFF else 0xE000 for point in here.breaks}
    return [chr(point) for point in sorted(points, key=lambda point: (not ord(" ") <= point <= ord("~"), point))]
