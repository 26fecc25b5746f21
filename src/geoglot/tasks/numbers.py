"""Numbers as people write them: "12", "1,200", "twelve", "forty-two"."""

from __future__ import annotations

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES)},
    **{ten: 10 * place for place, ten in enumerate(_TENS, start=2)},
    **{f"{ten}-{_ONES[one]}": 10 * place + one for place, ten in enumerate(_TENS, start=2) for one in range(1, 10)},
}
"""Number words from zero to ninety-nine."""

DIGITS = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"
"""A whole number in digits, with or without commas between the thousands."""

INTEGER = rf"(?:{DIGITS}|{'|'.join(sorted(WORDS, key=len, reverse=True))})"
"""A whole number in digits or in words, as a regular expression."""

DECIMAL = rf"(?:(?:{DIGITS})(?:\.[0-9]+)?)"
"""A number in digits, perhaps with decimals, as a regular expression."""


def read_integer(text: str) -> int:
    """Give the value of text that matches `INTEGER`. Raises KeyError for any other text."""
    plain = text.strip().casefold().replace(",", "")
    return int(plain) if plain.isdecimal() and plain.isascii() else WORDS[plain]


def read_decimal(text: str) -> float:
    """Give the value of text that matches `DECIMAL`. Raises ValueError for any other text."""
    return float(text.replace(",", ""))


def in_words(number: int) -> str:
    """Give a whole number as it is written in a sentence: words up to twelve, then digits with commas."""
    return _ONES[number] if 0 <= number <= 12 else f"{number:,}"
