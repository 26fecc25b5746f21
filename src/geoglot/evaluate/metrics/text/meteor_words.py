"""METEOR's normalisation of English text (`-norm`): marks apart, quotes and dashes plain, hyphened words opened.

A word is a run of letters, digits, full stops, hyphens, and commas between digits. A hyphen inside a word opens it; an
apostrophe between letters begins the word behind it, else it stands alone; full stops stand together; every other mark
stands alone. A full stop at the end of a word stays where an abbreviation or what follows says so.

Written from what METEOR 1.5 (`Normalizer en true`) prints for texts made to ask it, quirks included: of two places
that are one letter apart ("x-y-z", "rock'n'roll") only the first is opened. The abbreviations are METEOR's own data.
"""

from __future__ import annotations

import functools
import re
from itertools import zip_longest

from geoglot.evaluate.metrics.text.lexicon import lexicon

_LETTER = r"A-Za-zÀ-ÖØ-öø-ž\u0400-\u0527"
_PLAIN = re.compile(r"[a-z0-9 ]*")
_ALIKE = str.maketrans({"`": "'", "‘": "'", "’": "'", "“": ' " ', "”": ' " ', "–": " - "})
_HYPHENED = re.compile(rf"([0-9{_LETTER}.])-([0-9{_LETTER}])")
_PIECE = re.compile(
    rf"""\.\.+                                               # an ellipsis
    |   (?:(?<=[{_LETTER}])'(?=[{_LETTER}]) | (?<=[0-9])'(?=s))?
        (?:[0-9{_LETTER}-] | (?<!\.)\.(?!\.)
        |  (?<=[0-9]),(?=[0-9]) | (?<=[0-9])'(?=(?!s)[{_LETTER}])
        |  (?<=[{_LETTER}]'[{_LETTER}])'(?=[{_LETTER}]))+  # a word, with the apostrophe that begins it
    |   \S""",
    re.VERBOSE,
)


@functools.lru_cache(maxsize=1 << 16)
def meteor_words(text: str) -> tuple[str, ...]:
    """Give the words of a text, in lower case."""
    if _PLAIN.fullmatch(text):
        return tuple(text.split())
    line = text.translate(_ALIKE).replace("''", ' " ').replace("--", "-")
    pieces = _PIECE.findall(_HYPHENED.sub(r"\1 \2", line))
    words = [
        word.lower()
        for piece, follower in zip_longest(pieces, pieces[1:], fillvalue="")
        for word in _stopped(piece, follower)
    ]
    return tuple(words)


def _stopped(piece: str, follower: str) -> tuple[str, ...]:
    """Part a word from the full stop at its end, unless the stop is its own. Initials lose all theirs: U.S. is US."""
    word = piece.removesuffix(".")
    if word == piece or not word.strip("."):
        return (piece,)
    if "." in word and re.search(f"[{_LETTER}]", word):
        return (piece.replace(".", ""),)
    needs = lexicon().prefixes.get(word)
    first = follower[:1]
    if needs == "any" or (first.isascii() and (first.islower() or (needs == "number" and first.isdecimal()))):
        return (piece,)
    return word, "."
