"""Noun phrases: "the two largest red lorries" is trucks, red, largest."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from geoglot.models.nano import things
from geoglot.models.nano.query import Noun
from geoglot.regions import Region
from geoglot.tasks.numbers import WORDS as NUMBER_WORDS

_WORDS = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))

ATTRIBUTES: dict[str, tuple[str, str]] = {
    word: (kind, value)
    for kind, values in _WORDS["attributes"].items()
    for value, words in values.items()
    for word in words
}
"""Words for attributes, and the kind and value each stands for: "gray" is ("colour", "grey")."""

EXTREMES: dict[str, str] = {word: name for name, words in _WORDS["extremes"].items() for word in words}
"""Words for the one that stands out, and what each means."""

PRONOUNS, PASSED_OVER, STOPS, HOLLOW, EMPTY, ASKING = (
    frozenset(_WORDS["words"][group].split())
    for group in ("pronouns", "passed_over", "stops", "hollow", "empty", "asking")
)
"""Words for nouns named before, that change nothing before a noun, where a noun phrase ends, that name no thing,
that add nothing to the noun before them, and that ask."""

_TOKEN = re.compile(r"<r\d+>|\bk?m2\b|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\-][^\W\d_]+)*|[^\s\w]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase in a question.

    noun: None for a pronoun. start, end: where it stands. plural: more than one is meant. attributes, extreme: what
    stands before a pronoun ("the red ones", "the largest one").
    """

    noun: Noun | None
    start: int
    end: int
    plural: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    extreme: str | None = None


def phrase_at(text: str, start: int, regions: Sequence[Region] = ()) -> Phrase | None:
    """Read the noun phrase that begins at `start` of plain text; None where none begins there.

    regions: what markers <r0>, <r1> … point to. A phrase with a pronoun for its noun ("the red ones") keeps its
    attributes. A word that is not known makes a noun without a thing; a known word before one that is not known
    is no noun of its own: a water tower is no water.
    """
    tokens = list(_TOKEN.finditer(text, start))
    first = _after_determiners(tokens)
    if first == len(tokens):
        return None
    token = tokens[first]
    if token.group().startswith("<r"):
        index = int(token.group()[2:-1])
        if index >= len(regions):
            return None
        return Phrase(Noun(token.group(), region=regions[index]), token.start(), token.end())
    return _Words(tokens, first).read()


def phrases_in(text: str) -> list[Phrase]:
    """Give every phrase of plain text that names something, known or not, in order and without overlaps."""
    out: list[Phrase] = []
    for token in _TOKEN.finditer(text):
        if (out and token.start() < out[-1].end) or token.group() in STOPS:
            continue
        phrase = phrase_at(text, token.start())
        if phrase and phrase.noun and not is_hollow(phrase.noun):
            out.append(phrase)
    return out


def is_hollow(noun: Noun) -> bool:
    """Tell whether a noun stands for the image, an amount or nothing, and not for a thing in the image."""
    return noun.thing is None and noun.region is None and set(noun.asked_as.split()) <= HOLLOW


class _Words:
    """The walk over the words of one phrase: attributes, unread words, then the head."""

    def __init__(self, tokens: Sequence[re.Match[str]], first: int) -> None:
        self.tokens, self.at, self.first = tokens, first, first
        self.attributes: list[tuple[str, str]] = []
        self.extreme: str | None = None
        self.before: list[str] = []

    def read(self) -> Phrase | None:
        while self.at < len(self.tokens):
            word = self.tokens[self.at].group()
            length, match = self._longest_match()
            if match and not self._is_compound(length):
                return self._phrase(length, match)
            if match:
                self.before.extend(token.group() for token in self.tokens[self.at : self.at + length])
                self.at += length
            elif word in EXTREMES:
                self.extreme = EXTREMES[word]
                self.at += 1
            elif word in ATTRIBUTES and not self.before:
                self.attributes.append(ATTRIBUTES[word])
                self.at += 1
            elif word in PRONOUNS and not self.before:
                many = word in {"they", "them", "those", "these", "ones", "both"}
                return Phrase(None, *self._place(1), many, tuple(self.attributes), self.extreme)
            elif word in STOPS or not word[0].isalpha() or (word == "of" and not set(self.before) <= HOLLOW):
                break
            elif word == "of":
                self.before.clear()  # "the number of ships" is about ships
                self.at += 1
            elif word not in PASSED_OVER:
                self.before.append(word)
                self.at += 1
            else:
                self.at += 1
        return self._unknown()

    def _longest_match(self) -> tuple[int, things.ThingMatch | None]:
        words = [token.group() for token in self.tokens[self.at : self.at + things.longest_phrase()]]
        for length in range(len(words), 0, -1):
            if (match := things.find(" ".join(words[:length]))) and not (length == 1 and words[0] in STOPS):
                return length, match
        return 0, None

    def _is_compound(self, length: int) -> bool:
        """Tell whether a noun that follows makes the match a mere modifier: "water" in "water tower"."""
        last = self.tokens[self.at + length - 1].group()
        if self.at + length >= len(self.tokens) or (things.singular(last) != last and last not in things.IRREGULAR):
            return False
        following = self.tokens[self.at + length].group()
        if not following[0].isalpha() or following in STOPS | PASSED_OVER | PRONOUNS | EMPTY or following in EXTREMES:
            return False
        return following not in ATTRIBUTES and not following.endswith(("ed", "ing", "ly"))

    def _phrase(self, length: int, match: things.ThingMatch) -> Phrase:
        tokens = self.tokens[self.at : self.at + length]
        asked_as = " ".join(token.group() for token in tokens)
        noun = Noun(asked_as, match.name, match.exact, tuple(self.attributes), self.extreme, tuple(self.before))
        last = tokens[-1].group()
        many = things.singular(last) != last or last in {"people", "men", "women", "children"}
        return Phrase(noun, *self._place(length), plural=many and self.extreme is None)

    def _unknown(self) -> Phrase | None:
        words = self.before
        ends = [i for i, word in enumerate(words) if things.singular(word) != word]
        if ends:
            words = words[: ends[0] + 1]  # what follows a plural is its verb
        if not words:
            if self.attributes:
                return Phrase(None, *self._place(0), attributes=tuple(self.attributes))
            return None
        noun = Noun(" ".join(words), attributes=tuple(self.attributes), extreme=self.extreme)
        return Phrase(noun, *self._place(0), plural=bool(ends))

    def _place(self, length: int) -> tuple[int, int]:
        last = self.at + length - 1
        return self.tokens[self.first].start(), self.tokens[max(last, self.first)].end()


def _after_determiners(tokens: Sequence[re.Match[str]]) -> int:
    for index, token in enumerate(tokens):
        word = token.group()
        if word not in PASSED_OVER and not word[0].isdigit() and word not in NUMBER_WORDS:
            return index
        if word in {"this", "that", "these", "those"} and (
            index + 1 == len(tokens) or tokens[index + 1].group() in STOPS or not tokens[index + 1].group()[0].isalpha()
        ):
            return index  # "these" alone is a pronoun
    return len(tokens)
