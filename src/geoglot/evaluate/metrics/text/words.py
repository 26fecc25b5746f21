"""The words of an English text as `nltk.word_tokenize` gives them.

A text is cut into sentences, since only the last full stop of a sentence is taken off its word, then each
sentence is split by the Penn Treebank rules with NLTK's additions (chevrons, curly quotes, dashes, asterisk).

Sources: NLTK 3.10 tokenize/destructive.py (rules, in their order); Kiss and Strunk, Unsupervised multilingual
sentence boundary detection (2006), for the sentence rules. NLTK's trained list of abbreviations is data that
is not shipped here: `_ABBREVIATIONS` holds the common ones, so a rare one ("approx. 5") may be cut
differently.
"""

from __future__ import annotations

import re

_OPENING = (
    (re.compile(r"([«“‘„]|[`]+)"), r" \1 "),
    (re.compile(r"^\""), r"``"),
    (re.compile(r"(``)"), r" \1 "),
    (re.compile(r"([ \(\[{<])(\"|\'{2})"), r"\1 `` "),
    (re.compile(r"(?i)(?<!\w)(\')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)"), r"\1 "),
)
_PUNCTUATION = (
    (re.compile(r"""([^\.])(\.)([\]\)}>"'»”’ ]*+)\s*$"""), r"\1 \2 \3 "),
    (re.compile(r"([:,])([^\d])"), r" \1 \2"),
    (re.compile(r"([:,])$"), r" \1 "),
    (re.compile(r"\.{2,}"), r" \g<0> "),
    (re.compile(r"[;@#$%&]"), r" \g<0> "),
    (re.compile(r"[\u2012-\u2015]"), r" \g<0> "),
    (re.compile(r"""([^\.])(\.)([\]\)}>"']*)\s*$"""), r"\1 \2\3 "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"[*]"), r" \g<0> "),
    (re.compile(r"[\]\[\(\)\{\}\<\>]"), r" \g<0> "),
    (re.compile(r"--"), r" -- "),
)
_CLOSING = (
    (re.compile(r"([»”’])"), r" \1 "),
    (re.compile(r"''"), " '' "),
    (re.compile(r'"'), " '' "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"([^' ])('[sS]|'[mM]|'[dD]|') "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r"\1 \2 "),
    (re.compile(r"(?i)\b(can)(not)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(d)('ye)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(gim)(me)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(gon)(na)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(got)(ta)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(lem)(me)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(more)('n)\b"), r" \1 \2 "),
    (re.compile(r"(?i)\b(wan)(na)(?=\s)"), r" \1 \2 "),
    (re.compile(r"(?i) ('t)(is)\b"), r" \1 \2 "),
    (re.compile(r"(?i) ('t)(was)\b"), r" \1 \2 "),
)

_PLAIN = re.compile(r"[A-Za-z0-9 -]*(?: \.)?")  # nothing here that a rule could change
_UNPLAIN = re.compile(r"--|(?i:\b(?:cannot|gimme|gonna|gotta|lemme|wanna)\b)")
_BREAK = re.compile(r"""(\S*[^\s.])\.([\]\)}>"'»”’]*)\s+(?=(\S))""")
_ABBREVIATIONS = frozenset((
    "a.m", "aug", "capt", "co", "col", "corp", "d.c", "dec", "dr", "e.g", "feb", "gen", "gov", "i.e", "inc",
    "jan", "jr", "lt", "ltd", "mr", "mrs", "ms", "no", "nov", "oct", "p.m", "ph.d", "prof", "rep", "rev", "sen",
    "sept", "sgt", "sr", "st", "u.k", "u.n", "u.s", "vs",
))  # fmt: skip


def word_tokens(text: str) -> list[str]:
    """Give the words and punctuation marks of a text, case kept."""
    if _PLAIN.fullmatch(text) and not _UNPLAIN.search(text):
        return text.split()
    return [word for sentence in sentences(text) for word in treebank_tokens(sentence)]


def treebank_tokens(sentence: str) -> list[str]:
    """Give the words and punctuation marks of one sentence, case kept."""
    for pattern, replacement in _OPENING + _PUNCTUATION:
        sentence = pattern.sub(replacement, sentence)
    sentence = f" {sentence} "
    for pattern, replacement in _CLOSING:
        sentence = pattern.sub(replacement, sentence)
    return sentence.split()


def sentences(text: str) -> list[str]:
    """Cut a text after each full stop that ends a sentence.

    A stop after a known abbreviation ends none; after a number or a single letter it does before a capital.
    Question and exclamation marks need no cut: they are split off wherever they stand.
    """
    parts, start = [], 0
    for found in _BREAK.finditer(text):
        word = found[1].lstrip("([{<\"'").lower()
        if word in _ABBREVIATIONS:
            continue
        if (word.isdigit() or (len(word) == 1 and word.isalpha())) and not found[3].isupper():
            continue
        parts.append(text[start : found.end()].rstrip())
        start = found.end()
    return [*parts, text[start:]]
