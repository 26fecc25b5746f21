"""Slips of the keys: "hwo many storge tanks" asks for storage tanks, but a goat is no boat."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from geoglot.models.nano import things
from geoglot.models.nano.reading.nouns import ASKING, ATTRIBUTES, EXTREMES

LEAST = 4  # letters of a word that may be a slip
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
TWO_FROM = 8  # letters from which two slips are believed


def mended(phrase: str, is_word: Callable[[str], bool]) -> str:
    """Give plain words with every one that is no word replaced by the one known word it is a slip of.

    is_word: whether a word is English. A word with no known word near, or with several, stays.
    """
    return " ".join(_mended(word, is_word) for word in phrase.split())


def _mended(word: str, is_word: Callable[[str], bool]) -> str:
    plain = things.singular(word)
    if len(word) < LEAST or not word.isalpha() or {word, plain} & _known() or is_word(word) or is_word(plain):
        return word
    for allowed in (1, 2) if len(plain) >= TWO_FROM else (1,):
        near = {known for known in _known() if abs(len(known) - len(plain)) <= allowed}
        found = {known for known in near if min(distance(plain, known), distance(word, known)) <= allowed}
        if len(found) == 1:
            (one,) = found
            return things.plural_of(one) if plain != word and one not in ASKING else one
    return word


@cache
def _known() -> frozenset[str]:
    """Every word of four letters or more in the name of a thing, every attribute, and words that ask."""
    phrases = [
        phrase for thing in things.all_things() for phrase in (thing.name, thing.plural, *thing.also, *thing.narrower)
    ]
    words = {things.singular(word) for phrase in phrases for word in things.tidy(phrase).split()}
    return frozenset(word for word in {*words, *ATTRIBUTES, *EXTREMES, *ASKING} if len(word) >= LEAST)


def distance(one: str, other: str) -> int:
    """Give the number of letters lost, added, swapped with a neighbour or hit beside between two words.

    A letter changed for one that is no neighbour in its row of keys counts twice: a trawler is no trailer.

    Source: the optimal string alignment distance, Boytsov, Indexing methods for approximate dictionary searching, 2011.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, sign in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + _changed(letter, sign))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == sign:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def _changed(letter: str, sign: str) -> int:
    if letter == sign:
        return 0
    return 1 if any(letter + sign in row or sign + letter in row for row in _KEYS) else 2
