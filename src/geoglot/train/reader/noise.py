"""What hurried people do to a question: slips of the keys, small words left out."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from geoglot.train.reader.fillers import all_of

SLIP = 0.04  # chance of a slip in a word of four letters or more
DROP = 0.05  # chance that a small word is left out
NOISY = 0.5  # share of questions that any of this happens to
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Word = tuple[str, str]


def noisy(words: Sequence[Word], rng: Random) -> list[Word]:
    """Give the words with slips and without some small words that carry no tag; never none at all."""
    if rng.random() > NOISY:
        return list(words)
    kept = [word for word in words if word[1] != "O" or word[0] not in all_of("small") or rng.random() > DROP]
    return [(slipped(text, rng), tag) for text, tag in kept or words]


def slipped(word: str, rng: Random) -> str:
    """Give the word, or with a small chance one with a letter lost, doubled, swapped or hit beside."""
    if len(word) < 4 or not word.isalpha() or rng.random() > SLIP:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + _beside(word[at], rng) + word[at + 1 :]


def _beside(letter: str, rng: Random) -> str:
    """A key next to a letter in its row."""
    for row in _KEYS:
        if (at := row.find(letter)) >= 0:
            return row[min(len(row) - 1, max(0, at + rng.choice((-1, 1))))]
    return letter
