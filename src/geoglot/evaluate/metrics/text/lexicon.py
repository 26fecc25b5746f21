"""The word data of METEOR 1.5: function words, WordNet 3.0 synonyms, paraphrases; read from the METEOR jar.

geoglot ships no word data. The jar and its paraphrase table come with the package pycocoevalcap (extra
`captions`); Java is not needed, the files in it are plain text. WordNet 3.0 is Princeton University's and free
to use; the paraphrase table is part of METEOR (LGPL).

Source: data files of meteor-1.5.jar, as read by METEOR's SynonymDictionary and ParaphraseTransducer.
"""

from __future__ import annotations

import functools
import gzip
import importlib.util
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geoglot.errors import MissingExtra

LONGEST_PHRASE = 7
"""Words in the longest phrase of the paraphrase table."""

_BLOCK = 1 << 24  # bytes of the table decompressed at once
_REMEMBERED = 2_000_000  # phrases, about 200 MB

# WordNet's rules of detachment (its manual page morphy): of nouns, of verbs, of adjectives.
_Endings = tuple[tuple[str, str], ...]
_NOUN: _Endings = (
    ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y"),
)  # fmt: skip
_VERB: _Endings = (("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""))  # and -s, -ies
_NOUN_OR_VERB: _Endings = (*_NOUN, ("ves", "f"), *_VERB)  # as NLTK has them
_ADJECTIVE: _Endings = (("er", ""), ("est", ""), ("er", "e"), ("est", "e"))


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Function words; abbreviations that keep their stop; synonym sets of each word; bases of irregular words.

    prefixes: abbreviation -> "any", or "number" where it keeps its stop only before a number.
    """

    function_words: frozenset[str]
    prefixes: Mapping[str, str]
    sets: Mapping[str, tuple[int, ...]]
    bases: Mapping[str, tuple[str, ...]]
    members: Mapping[int, tuple[str, ...]]  # single words only

    def meteor_sets(self, word: str) -> frozenset[int]:
        """Give the synonym sets of a word and of its base form, as METEOR 1.5 looks them up."""
        own = self.sets.get(word, ())
        if word in self.bases:
            return frozenset(own).union(*(self.sets.get(base, ()) for base in self.bases[word]))
        if word.endswith("ss") or len(word) <= 2:
            return frozenset(own)
        for ending, replacement in (*_NOUN, *_VERB, *_ADJECTIVE):
            base = word.removesuffix(ending) + replacement
            if word.endswith(ending) and base in self.sets:
                ful = "ful" if word.endswith("ful") else ""
                return frozenset((*own, *self.sets.get(base + ful, ())))
        return frozenset(own)

    def synonyms(self, word: str) -> frozenset[str]:
        """Give a word's synonyms of one word each, and itself, near to what NLTK's WordNet gives.

        The jar does not tell parts of speech apart, so that a form may reach a base it is no form of ("left" as
        a noun reaches "leave"): about one word in twenty gets some synonyms more. Irregular forms that are no
        entries lose no ending, and adjective endings are taken off no entries, which keeps "cover" from "cove".
        """
        forms = [word, *self.bases.get(word, ())]
        regular = _NOUN_OR_VERB if word in self.sets or word not in self.bases else ()
        endings = regular if word in self.sets else (*regular, *_ADJECTIVE)
        forms += [word.removesuffix(old) + new for old, new in endings if word.endswith(old)]
        found = {number for form in forms for number in self.sets.get(form, ())}
        return frozenset((word,)).union(*(self.members.get(number, ()) for number in found))


@functools.cache
def lexicon() -> Lexicon:
    """Read the word data. Raises MissingExtra if pycocoevalcap is not installed."""
    with zipfile.ZipFile(_folder() / "meteor-1.5.jar") as jar:
        function = jar.read("function/english.words").decode().split("\n")
        prefixes = dict(_prefixes(jar.read("nonbreaking/english.prefixes").decode()))
        sets = {word: tuple(map(int, ids.split())) for word, ids in _pairs(jar.read("synonym/english.synsets"))}
        bases: dict[str, list[str]] = defaultdict(list)
        for base, forms in _pairs(jar.read("synonym/english.exceptions")):
            for form in forms.split():
                bases[form].append(base)
    members: dict[int, list[str]] = defaultdict(list)
    for word, ids in sets.items():
        if "_" not in word:
            for number in ids:
                members[number].append(word)
    return Lexicon(
        frozenset(function) - {""},
        prefixes,
        sets,
        {form: tuple(known) for form, known in bases.items()},
        {number: tuple(words) for number, words in members.items()},
    )


def paraphrases(phrases: Iterable[str]) -> dict[str, dict[str, list[int]]]:
    """Give the entries of the paraphrase table between the given phrases: phrase -> paraphrase -> ranks.

    A rank is the place in the table; METEOR's search depends on it. Reading the table takes some seconds, so what
    was looked for is remembered and only new phrases make it be read again.
    Raises MissingExtra if pycocoevalcap is not installed.
    """
    wanted = set(phrases)
    memory = _memory()
    if not wanted <= memory.asked:
        asked = wanted | (memory.asked if len(memory.asked) < _REMEMBERED else set())
        known: dict[str, dict[str, list[int]]] = {}
        for rank, (phrase, other) in _table({phrase.encode() for phrase in asked}):
            known.setdefault(phrase.decode(), {}).setdefault(other.decode(), []).append(rank)
        memory.asked.clear()
        memory.asked.update(asked)
        memory.known.clear()
        memory.known.update(known)
    return {phrase: memory.known[phrase] for phrase in wanted & memory.known.keys()}


@dataclass(frozen=True, slots=True)
class _Memory:
    """The phrases that were looked for, and what the table holds between them."""

    asked: set[str]
    known: dict[str, dict[str, list[int]]]


@functools.cache
def _memory() -> _Memory:
    return _Memory(set(), {})


def _table(wanted: set[bytes]) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    start = 0
    rest = b""
    with gzip.open(_folder() / "data" / "paraphrase-en.gz") as table:
        while block := table.read(_BLOCK):
            lines = (rest + block).split(b"\n")
            whole = (len(lines) - 1) // 3 * 3  # probability, phrase, paraphrase; the last line may be cut
            firsts, seconds = lines[1:whole:3], lines[2:whole:3]
            for index, first in enumerate(firsts):
                if first in wanted and seconds[index] in wanted:
                    yield start + index, (first, seconds[index])
            start += len(firsts)
            rest = b"\n".join(lines[whole:])


def _prefixes(text: str) -> Iterator[tuple[str, str]]:
    for fields in (line.split() for line in text.split("\n")):
        if fields and not fields[0].startswith("#"):
            yield fields[0], "number" if fields[1:] == ["#NUMERIC_ONLY#"] else "any"


def _pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    lines = raw.decode("utf-8", "replace").split("\n")
    return zip(lines[::2], lines[1::2], strict=False)


def _folder() -> Path:
    spec = importlib.util.find_spec("pycocoevalcap")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("METEOR", "captions")
    return Path(next(iter(spec.submodule_search_locations))) / "meteor"
