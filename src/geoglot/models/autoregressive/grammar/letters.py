"""Sets of letters as ranges of code points."""

from __future__ import annotations

import re
import sys
from functools import cache

Letters = tuple[tuple[int, int], ...]
"""Ranges first..last of code points, both inside, in order, apart."""

LAST = sys.maxunicode
ANY: Letters = ((0, LAST),)
_SURROGATES = (0xD800, 0xDFFF)


def of(text: str) -> Letters:
    """Give the set of the letters of a text."""
    return joined(*(((ord(letter), ord(letter)),) for letter in text))


def joined(*sets: Letters) -> Letters:
    """Give the union."""
    out: list[tuple[int, int]] = []
    for first, last in sorted(pair for one in sets for pair in one):
        if out and first <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(out[-1][1], last)
        else:
            out.append((first, last))
    return tuple(out)


def without(letters: Letters) -> Letters:
    """Give all other letters."""
    out, start = [], 0
    for first, last in letters:
        if first > start:
            out.append((start, first - 1))
        start = last + 1
    if start <= LAST:
        out.append((start, LAST))
    return tuple(out)


def in_any_case(letters: Letters) -> Letters:
    """Give the set with the other case of its Latin letters A-Z, a-z."""
    extra = [
        (max(first, low) + shift, min(last, high) + shift)
        for first, last in letters
        for low, high, shift in ((ord("A"), ord("Z"), 32), (ord("a"), ord("z"), -32))
        if max(first, low) <= min(last, high)
    ]
    return joined(letters, tuple(extra))


@cache
def category(escape: str) -> Letters:
    r"""Give the letters of `\w`, `\W`, `\d`, `\D`, `\s` or `\S` as the module re understands them."""
    if escape[1].isupper():
        return without(category(escape.lower()))
    low, high = _SURROGATES
    every = "".join(map(chr, [*range(low), *range(high + 1, LAST + 1)]))
    spans = ((ord(match[0][0]), ord(match[0][-1])) for match in re.finditer(f"{escape}+", every))
    return tuple((first, last) for first, last in spans)
