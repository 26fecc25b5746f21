"""Of all that may be said, what agrees best with the rest."""

from __future__ import annotations

import math

import pytest

from geoglot.evaluate.metrics.text.ngrams import Corpus, cider
from geoglot.models.nano.consensus import agreed, agreement, phrases

TEXTS = ("a dense forest", "a dense green forest", "many trees in a dense forest", "a road", "boats in a harbor")
WORDS = {word: number for number, word in enumerate(sorted({w for text in TEXTS for w in text.split()}), start=1)}
SENTENCES = [tuple(WORDS[word] for word in text.split()) for text in TEXTS]


def idf() -> dict[tuple[int, ...], float]:
    """As CIDEr would take them from these five texts, one an image."""
    held = [{p for order in (1, 2, 3, 4) for p in phrases(sentence, order)} for sentence in SENTENCES]
    return {p: math.log(len(held)) - math.log(sum(p in one for one in held)) for p in set().union(*held)}


@pytest.mark.parametrize("said", range(len(TEXTS)))
def test_agreement_is_cider_d(said: int) -> None:
    corpus = Corpus([TEXTS[said].split()] * len(TEXTS), [[text.split()] for text in TEXTS])
    assert agreement([SENTENCES[said], *SENTENCES], idf(), 1)[0, 1:] == pytest.approx(cider(corpus) / 10)


def test_the_sentence_in_the_middle_is_said_and_not_a_stranger() -> None:
    best, expected = agreed(dict.fromkeys(SENTENCES, 0.2), idf(), most=5)
    assert TEXTS[SENTENCES.index(best)] not in TEXTS[3:]
    assert 0 < expected < 1


def test_what_is_likely_outweighs_what_is_common() -> None:
    said = dict.fromkeys(SENTENCES, 0.01) | {SENTENCES[3]: 0.96}
    assert agreed(said, idf(), most=5)[0] == SENTENCES[3]


def test_only_candidates_may_be_said() -> None:
    said = dict.fromkeys(SENTENCES[:3], 0.2) | {SENTENCES[4]: 0.4}
    assert agreed(said, idf(), most=1)[0] == SENTENCES[4]


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        agreed({}, {}, most=3)
