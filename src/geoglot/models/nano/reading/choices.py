"""The lettered choices of a multiple-choice question."""

from __future__ import annotations

import re

_LETTERS = "ABCDEFGHIJKLMNOP"
_CHOICE = re.compile(r"(?:^|(?<=[\s(,;]))\(?([A-P])[).:]\s+|(?:^|(?<=[\s,;]))\(?([a-p])\)\s+")
_ADVICE_VERBS = "Answer|Reply|Choose|Give|Which one|Letter|Only|Say|Rule|Now|Take|Return|Select|Pick"
_ADVICE = re.compile(rf"\s*(?:\n|(?:[.?!]\s+|\s)(?=(?:{_ADVICE_VERBS})\b)).*", re.DOTALL)


def take_choices(question: str) -> tuple[tuple[str, ...], str]:
    """Give the lettered choices of a question in its own spelling ("A) one B) two"), and the question without."""
    found = [match for match in _CHOICE.finditer(question)]
    letters = [(match[1] or match[2]).upper() for match in found]
    run = next((i for i, letter in enumerate(letters) if letter == "A"), None)
    if run is None:
        return (), question
    found = [
        match for match, letter, wanted in zip(found[run:], letters[run:], _LETTERS, strict=False) if letter == wanted
    ]
    if len(found) < 2:
        return (), question
    ends = [match.start() for match in found[1:]] + [len(question)]
    texts = [question[match.end() : end].strip() for match, end in zip(found, ends, strict=True)]
    last = _ADVICE.sub("", texts[-1])
    rest = question[: found[0].start()] + " " + texts[-1][len(last) :]
    clean = tuple(re.sub(r"[\s,;.]+$|[\s,;]+or$", "", text) for text in (*texts[:-1], last))
    return clean, rest
