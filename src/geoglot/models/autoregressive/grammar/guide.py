"""`Guide`: which tokens of a vocabulary may come next in an expression."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.autoregressive.grammar.expression import NOTHING, Expression
from geoglot.models.autoregressive.grammar.numbers import Number
from geoglot.models.autoregressive.vocabulary import Vocabulary

KEPT_BYTES = 64_000_000
"""What lists of allowed tokens may take up; the oldest go first."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a reply stands: what may follow, and the first bytes of a letter that is not whole yet."""

    rest: Expression
    begun: bytes = b""

    @property
    def may_end(self) -> bool:
        """Whether the reply may end here."""
        return not self.begun and self.rest.nullable


@dataclass(slots=True, eq=False)
class _Node:
    """A place in the tree of all tokens' bytes: the tokens that end here, and where each byte leads."""

    tokens: list[int] = field(default_factory=list)
    on: dict[int, _Node] = field(default_factory=dict)


class Guide:
    """The tokens of one vocabulary, walked together with expressions. States are values: rows share a guide."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._spelled = vocabulary.spelled
        self._root = _Node()
        self._known: OrderedDict[State, NDArray[np.int64]] = OrderedDict()
        self._kept = 0
        self._whole: dict[tuple[str, str], NDArray[np.int64]] = {}
        self._token_of = {spelled: token for token, spelled in reversed(list(enumerate(self._spelled))) if spelled}
        self._longest = max(map(len, self._spelled), default=0)
        for token, spelled in enumerate(self._spelled):
            if spelled:
                self._insert(token, spelled)

    def allowed(self, state: State) -> NDArray[np.int64]:
        """Give the ids of the tokens that may come next, in order; ends are not among them: see `State.may_end`."""
        found = self._known.get(state)
        if found is None:
            found = self._coordinates(state)
            if found is None:
                found = np.sort(np.fromiter(self._walk(self._root, state), np.int64))
            self._known[state] = found
            self._kept += found.nbytes
            while self._kept > KEPT_BYTES:
                self._kept -= self._known.popitem(last=False)[1].nbytes
        return found

    def after(self, state: State, token: int) -> State:
        """Give the state after an allowed token."""
        for byte in self._spelled[token]:
            state = _stepped(state, byte)
        return state

    def closing(self, state: State) -> tuple[int, ...]:
        """Give tokens that bring a reply to an end soon: a short text, in the longest tokens that spell it.

        Raises ModelError if there is no such text, or the vocabulary cannot spell it.
        """
        out: list[int] = []
        left = self.ending(state)
        while left:
            size = next((size for size in range(self._longest, 0, -1) if left[:size] in self._token_of), 0)
            if not size:
                raise ModelError(
                    "the vocabulary cannot spell what the task needs", value=left.decode("utf-8", "replace")
                )
            out.append(self._token_of[left[:size]])
            left = left[size:]
        return tuple(out)

    def ending(self, state: State) -> bytes:
        """Give the bytes of a short text that ends the reply. Raises ModelError if there is none."""
        rest, begun = state.rest, b""
        bounds = _range(state.begun) if state.begun else None
        if bounds is not None:
            first, last = bounds
            letter = next(
                chr(point)
                for point in (first, *rest.breaks)
                if first <= point <= last and rest.after(chr(point)) is not NOTHING
            )
            rest, begun = rest.after(letter), letter.encode()[len(state.begun) :]
        ending = rest.shortest
        if ending is None:
            raise ModelError("a reply came to where it cannot end", value=state.begun)
        return begun + ending.encode()

    def _insert(self, token: int, spelled: bytes) -> None:
        node = self._root
        for byte in spelled:
            node = node.on.setdefault(byte, _Node())
        node.tokens.append(token)

    def _walk(self, node: _Node, state: State) -> Iterator[int]:
        """Tokens in the tree below a node that the state allows."""
        for byte, child in node.on.items():
            following = _stepped(state, byte)
            if following.rest is not NOTHING:
                yield from child.tokens
                yield from self._walk(child, following)

    def _coordinates(self, state: State) -> NDArray[np.int64] | None:
        """Whole tokens for a number that begins here, None if there is none or the vocabulary lacks one of them."""
        rest = state.rest.first if hasattr(state.rest, "first") else state.rest
        if not isinstance(rest, Number) or rest.typed or not rest.before:
            return None
        words = (f"{rest.before}{one}{rest.stop}".encode() for one in range(rest.low, rest.high + 1))
        found = [self._token_of.get(word, -1) for word in words]
        return None if -1 in found else np.sort(np.array(found, np.int64))


def _stepped(state: State, byte: int) -> State:
    """The state after one byte; its rest is NOTHING if the byte may not come."""
    if byte < 0x80:
        return State(NOTHING if state.begun else state.rest.after(chr(byte)))
    begun = state.begun + bytes([byte])
    bounds = _range(begun)
    if bounds is None:
        return State(NOTHING)
    if bounds[0] == bounds[1] and len(begun) == _length(begun[0]):
        return State(state.rest.after(chr(bounds[0])))
    return State(state.rest, begun) if state.rest.may_begin(*bounds) else State(NOTHING)


def _length(first: int) -> int:
    """How many bytes a letter has by its first byte, 0 if none begins so."""
    return 2 if 0xC2 <= first < 0xE0 else 3 if 0xE0 <= first < 0xF0 else 4 if 0xF0 <= first < 0xF5 else 0


def _range(begun: bytes) -> tuple[int, int] | None:
    """The least and greatest code point whose UTF-8 begins with these bytes, None if there is none."""
    length = _length(begun[0])
    if not length or any(not 0x80 <= byte < 0xC0 for byte in begun[1:]):
        return None
    found = []
    for filler in (0x80, 0xBF):
        point = begun[0] & (0xFF >> (length + 1))
        for byte in (*begun[1:], *[filler] * (length - len(begun))):
            point = point << 6 | byte & 0x3F
        found.append(point)
    first, last = max(found[0], {2: 0x80, 3: 0x800, 4: 0x10000}[length]), min(found[1], 0x10FFFF)
    if first > last or 0xD800 <= first <= last <= 0xDFFF:
        return None
    return first, last
