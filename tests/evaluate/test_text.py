"""Words, stems and n-grams against hand-made values and, where installed, the packages they stand in for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.evaluate.metrics.text.ngrams import Corpus, bleu, bleu_parts, cider, common_length, rouge_l, word_masks
from geoglot.evaluate.metrics.text.porter import porter_stem
from geoglot.evaluate.metrics.text.ptb import ptb_tokens
from geoglot.evaluate.metrics.text.rouge import rouge
from geoglot.evaluate.metrics.text.snowball import snowball_stem
from geoglot.evaluate.metrics.text.words import treebank_tokens
from tests.evaluate.phrases import captions, split

_WORDS = """relational conditional rational digitizer happy skies dying news agreed plastered motoring hopping
falling filing generalizations oscillators communism triplicate formative electricity hopeful goodness revival
adjustment adoption homologous effective probate rate cease controlling roll buildings runways trees parked
surrounded arranged densely neatly residential industrial stadium's fields' playing universally inning early"""


@pytest.mark.parametrize(
    ("caption", "tokens"),
    [
        ("Many planes are parked.", "many planes are parked"),
        ("It's a ship; two cars, one road!", "it 's a ship two cars one road"),
        ("The river doesn't bend (much)", "the river does n't bend -lrb- much -rrb-"),
        ("A two-story house covers 3.5 ha.", "a two-story house covers 3.5 ha"),
        ("cannot gonna", "can not gon na"),
        ("trees and/or bushes: 50% of it", "trees and/or bushes 50 % of it"),
        ("Dr. Smith's field ... near St. John", "dr. smith 's field near st. john"),
        ('a "white" roof', "a white roof"),
        ("1,000 cars at 10:30", "1,000 cars at 10:30"),
        ("a road.There are cars", "a road.there are cars"),
        ("x <b>bold</b>", "x <b> bold </b>"),
        ("½ of it -- or 3/4", "1/2 of it or 3/4"),
        ("a lot of 1 1/2 km, 12/31/99", "a lot of 1\u00a01/2 km 12/31/99"),
        ("no. 5 has no. No one left.", "no. 5 has no no one left"),
        ("plan M. The U.S. The Mr. Hill", "plan m the u.s. the mr. hill"),
        ("they’re at Bob's, aren't they?!", "they 're at bob 's are n't they ?!"),
        ("rock'n'roll o'clock 'tis the '90s", "rock 'n' roll o'clock 't is the '90s"),
        ("&quot;R&amp;D&quot; costs US$5 or €3", "r&d costs us$ 5 or $ 3"),
        ("a <ref id='1'>van</ref> at [[12, -3]]", "a <ref\u00a0id='1'> van </ref> at -lsb- -lsb- 12 -3 -rsb- -rsb-"),
        ("single-unit_residential L-shaped U.S.-based", "single-unit_residential l-shaped u.s.-based"),
        ("", ""),
    ],
)
def test_captions_are_split_as_coco_caption_splits_them(caption: str, tokens: str) -> None:
    assert " ".join(ptb_tokens(caption)) == tokens


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_split(text: str) -> None:
    assert all(token and token == token.lower() for token in ptb_tokens(text))


@settings(deadline=None)
@given(st.text(alphabet="ab 5.,:-'/&<>$\u00a0²½", max_size=30))
def test_no_letter_or_digit_is_lost(text: str) -> None:
    kept = sum(letter in "ab5" for letter in text)
    assert sum(letter in "ab5" for letter in "".join(ptb_tokens(text.replace("½", "")))) == kept


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "road", "near", "trees"]), max_size=12))
def test_plain_words_are_their_own_tokens(words: list[str]) -> None:
    assert ptb_tokens(" ".join(words)) == words


def _common(first: list[str], second: list[str]) -> int:
    table = np.zeros((len(first) + 1, len(second) + 1), np.int64)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            table[i + 1, j + 1] = table[i, j] + 1 if a == b else max(table[i, j + 1], table[i + 1, j])
    return int(table[-1, -1])


_SENTENCE = st.lists(st.sampled_from("abcd"), max_size=12)


@settings(deadline=None)
@given(_SENTENCE, _SENTENCE)
def test_the_longest_common_subsequence_is_that_of_the_table(first: list[str], second: list[str]) -> None:
    assert common_length(word_masks(first), len(first), second) == _common(first, second)


def _corpus(*rows: tuple[str, list[str]]) -> Corpus:
    return Corpus([said.split() for said, _ in rows], [[text.split() for text in known] for _, known in rows])


def test_bleu_is_the_geometric_mean_of_clipped_precisions() -> None:
    scores = bleu(bleu_parts(_corpus(("a b c d", ["a b c e"]))).sum(axis=0))
    assert scores[0] == pytest.approx(3 / 4)
    assert scores[1] == pytest.approx((3 / 4 * 2 / 3) ** 0.5)
    assert scores[2] == pytest.approx((3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3))
    assert scores[3] < 1e-3


def test_a_word_counts_at_most_as_often_as_in_one_reference() -> None:
    assert bleu(bleu_parts(_corpus(("the the the", ["the a", "the b the"]))).sum(0))[0] == pytest.approx(2 / 3)


def test_the_closest_reference_length_is_the_shorter_on_a_tie() -> None:
    parts = bleu_parts(_corpus(("a b c", ["a b", "a b c d"])))
    assert parts[0, 9] == 2
    short = bleu(bleu_parts(_corpus(("a b", ["a b c d"]))).sum(0))[0]
    assert short == pytest.approx(np.exp(1 - 4 / 2))


def test_rouge_takes_precision_and_recall_of_different_references() -> None:
    score = rouge_l(_corpus(("a b", ["a b c d", "a"])))[0]
    assert score == pytest.approx(1.0)


def test_cider_of_one_image_is_nothing() -> None:
    assert cider(_corpus(("a b c d e", ["a b c d e"])))[0] == 0


def test_cider_of_equal_captions_is_ten_for_every_order_there_is() -> None:
    scores = cider(_corpus(("a b c d e", ["a b c d e"]), ("p q r", ["p q r"])))
    assert scores == pytest.approx([10.0, 7.5])


def test_empty_captions_score_nothing() -> None:
    corpus = _corpus(("", ["a b"]), ("a", ["a"]))
    assert cider(corpus)[0] == 0
    assert rouge_l(corpus)[0] == 0
    assert bleu_parts(corpus)[0, :9].sum() == 0


def test_ngram_scores_equal_those_of_pycocoevalcap() -> None:
    bleu_of = pytest.importorskip("pycocoevalcap.bleu.bleu").Bleu(4)
    cider_of = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    rouge_of = pytest.importorskip("pycocoevalcap.rouge.rouge").Rouge()
    known, said = split(captions(150, seed=1))
    corpus = Corpus([a[0].split() for a in said.values()], [[t.split() for t in group] for group in known.values()])
    assert bleu(bleu_parts(corpus).sum(0)) == pytest.approx(bleu_of.compute_score(known, said, verbose=0)[0], abs=1e-12)
    assert cider(corpus) == pytest.approx(cider_of.compute_score(known, said)[1], abs=1e-9)
    assert rouge_l(corpus) == pytest.approx(rouge_of.compute_score(known, said)[1], abs=1e-12)


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("relational", "relat"),
        ("happy", "happi"),
        ("skies", "sky"),
        ("hopping", "hop"),
        ("Trees", "tree"),
        ("is", "is"),
    ],
)
def test_porter_stems(word: str, stem: str) -> None:
    assert porter_stem(word) == stem


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("generously", "generous"),
        ("skies", "sky"),
        ("buildings", "build"),
        ("tied", "tie"),
        ("yes", "yes"),
        ("'s", "'s"),
    ],
)
def test_snowball_stems(word: str, stem: str) -> None:
    assert snowball_stem(word) == stem


def test_porter_equals_nltk() -> None:
    stemmer = pytest.importorskip("nltk.stem.porter").PorterStemmer()
    assert [porter_stem(word) for word in _WORDS.split()] == [stemmer.stem(word) for word in _WORDS.split()]


def test_snowball_equals_nltk() -> None:
    stemmer = pytest.importorskip("nltk.stem.snowball").EnglishStemmer()
    assert [snowball_stem(word) for word in _WORDS.split()] == [stemmer.stem(word) for word in _WORDS.split()]


def test_words_equal_those_of_nltk() -> None:
    tokenizer = pytest.importorskip("nltk.tokenize").NLTKWordTokenizer()
    for text in ["It's 3.5 m (wide).", "a--b; c* 'd' e's", '"x" y? z!', "«u» “v” w’s", "more'n wanna be", "a, b,c: d"]:
        assert treebank_tokens(text) == tokenizer.tokenize(text)


def test_rouge_is_precision_recall_and_their_harmonic_mean() -> None:
    score = rouge("two ships at sea", "the ships at the pier")
    assert (score.precision_1, score.recall_1) == (0.4, 0.5)
    assert score.f_1 == pytest.approx(4 / 9)
    assert score.f_l == pytest.approx(4 / 9)
    assert rouge("", "x") == (0, 0, 0, 0, 0, 0)


def test_rouge_equals_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rougeL"], use_stemmer=True)
    known, said = split(captions(40, seed=2))
    for group, (answer,) in zip(known.values(), said.values(), strict=True):
        expected = scorer.score(group[0], answer)
        assert rouge(group[0], answer) == pytest.approx((*expected["rouge1"], *expected["rougeL"]))
