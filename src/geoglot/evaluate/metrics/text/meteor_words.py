"""METEOR's normalisation of English text (`-norm`): punctuation split off, quotes and dashes made plain.

Source: behaviour of edu.cmu.meteor.util.Normalizer, itself after the Moses tokeniser.
"""

from __future__ import annotations

import functools
import re

from geoglot.evaluate.metrics.text.lexicon import lexicon

_ALPHA = "A-Za-zŠŽšžŸÀ-ÖØ-öø-ž\u0400-\u04ff\u0500-\u0527"
_PLAIN = re.compile(r"[a-z0-9 ]*")
_STEPS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (rf"([^0-9{_ALPHA}\s.'`,\-‘’])", r" \1 "),
        (r"(\.\.+)(?=(.?))", r" \1 "),
        (r"([^0-9]),([^0-9])", r"\1 , \2"),
        (r"([0-9]),([^0-9])", r"\1 , \2"),
        (r"([^0-9]),([0-9])", r"\1 , \2"),
        (r"[`‘’]", "'"),
        (r"[“”]|''", ' " '),
        (r"–|--", "-"),
        (rf"([0-9{_ALPHA}.])-([0-9{_ALPHA}])", r"\1 \2"),
        (rf"([^{_ALPHA}])'([^{_ALPHA}])", r"\1 ' \2"),
        (rf"([^{_ALPHA}0-9])'([{_ALPHA}])", r"\1 ' \2"),
        (rf"([{_ALPHA}])'([^{_ALPHA}])", r"\1 ' \2"),
        (rf"([{_ALPHA}])'([{_ALPHA}])", r"\1 '\2"),
        (r"([0-9])'(s)", r"\1 '\2"),
    )
)


@functools.lru_cache(maxsize=1 << 16)
def meteor_words(text: str) -> tuple[str, ...]:
    """Give the words of a text, in lower case."""
    if _PLAIN.fullmatch(text):
        return tuple(text.split())
    line = f" {text} "
    for pattern, replacement in _STEPS:
        line = pattern.sub(replacement, line)
    parts = line.split()
    words = [w for part, follower in zip(parts, [*parts[1:], ""], strict=True) for w in _stopped(part, follower)]
    return tuple(word.lower() for word in words)


def _stopped(word: str, follower: str) -> list[str]:
    """Split a final full stop off, unless the word is an abbreviation or a word in lower case follows.

    The stops inside words like U.S. are dropped.
    """
    if len(word) < 2 or not word.endswith(".") or set(word) == {"."}:
        return [word]
    stem = word[:-1]
    if "." in stem and re.search(f"[{_ALPHA}]", stem):
        return [word.replace(".", "")]
    kind = lexicon().prefixes.get(stem)
    kept = kind == "any" or re.match(r"[a-z]", follower) or (kind == "number" and re.match(r"[0-9]", follower))
    return [word] if kept else [stem, "."]
