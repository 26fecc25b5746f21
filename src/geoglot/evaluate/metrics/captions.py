"""Captions: BLEU, METEOR, ROUGE-L and CIDEr-D under the tokenisation and averaging of each system.

Formulae and sources stand in text/ngrams.py (BLEU, CIDEr-D, ROUGE-L of coco-caption), text/meteor.py (METEOR 1.5),
text/meteor_nltk.py, text/rouge.py (rouge-score), text/ptb.py and text/words.py (tokenisers). The same captions
score differently under each: RSICD of EarthDial has METEOR 29.69 (1.5) and 56.18 (NLTK).

The two METEORs need word data that geoglot does not ship (extra `captions`); without it they are left out of the
scores, and a note says so.

Sources of the protocols: tylin/coco-caption; hiyamdebary/EarthDial eval/{rs_image_caption,rs_region_captioning,
rs_grounding_description,rs_change_detection}; NLTK translate/bleu_score.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, MissingExtra
from geoglot.evaluate.metrics.answers import answer_text, empties, need_samples
from geoglot.evaluate.metrics.interval import score_means, score_sums
from geoglot.evaluate.metrics.oriented import described_boxes
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.text.meteor import meteor, meteor_counts, without_perfect_chunks
from geoglot.evaluate.metrics.text.meteor_nltk import NltkMeteor
from geoglot.evaluate.metrics.text.ngrams import Corpus, bleu, bleu_parts, cider, rouge_l
from geoglot.evaluate.metrics.text.ptb import ptb_tokens
from geoglot.evaluate.metrics.text.rouge import rouge
from geoglot.evaluate.metrics.text.words import word_tokens

_BLEU = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4")
_NO_DATA = 'METEOR is left out: its word data is not installed (pip install "geoglot[captions]")'


@dataclass(frozen=True, slots=True, eq=False)
class Captions:
    """Answers (n,) and their references (n lists), as texts. silent: how many answers have no text."""

    answers: list[str]
    references: list[list[str]]
    silent: int


def read_captions(predictions: Sequence[Prediction]) -> Captions:
    """Give answers and references. Raises InputError for a sample without a reference."""
    need_samples(predictions)
    references = [_references(p) for p in predictions]
    answers = [answer_text(p) for p in predictions]
    return Captions(answers, references, empties(predictions))


def _references(prediction: Prediction) -> list[str]:
    truth = prediction.truth
    if isinstance(truth, Mapping):
        truth = truth.get("text")
    if isinstance(truth, str):
        return [truth]
    if not isinstance(truth, Sequence) or not truth or not all(isinstance(text, str) for text in truth):
        raise InputError(
            f"sample {prediction.id} has no reference captions",
            value=prediction.truth,
            expected="a text or a list of texts",
        )
    return [str(text) for text in truth]


def caption_rouge(predictions: Sequence[Prediction]) -> NDArray[np.float64]:
    """Give ROUGE_L (n,) of coco-caption for each caption alone, as fractions: for judging single answers."""
    captions = read_captions(predictions)
    said = [in_ptb(text).split(" ") for text in captions.answers]
    return rouge_l(Corpus(said, [[in_ptb(text).split(" ") for text in group] for group in captions.references]))


def score_coco(captions: Captions, write: Callable[[str], str], seed: int) -> tuple[dict[str, Score], list[str]]:
    """Give BLEU-1..4, METEOR 1.5, ROUGE_L and CIDEr of coco-caption, in percent, and notes.

    write: gives a caption as its tokens with spaces between.
    """
    answers = [write(text) for text in captions.answers]
    references = [[write(text) for text in group] for group in captions.references]
    corpus = Corpus([text.split() for text in answers], [[text.split() for text in group] for group in references])
    scores = score_sums(bleu_parts(corpus), lambda sums: 100 * bleu(sums), _BLEU, seed=seed)
    notes = []
    try:
        counts = without_perfect_chunks(meteor_counts(answers, references))
        scores |= score_sums(counts, lambda sums: 100 * meteor(sums)[..., None], ["METEOR"], seed=seed)
    except MissingExtra:
        notes.append(_NO_DATA)
    # coco-caption's ROUGE splits at each single space, its BLEU and CIDEr at runs of white space.
    single = Corpus([text.split(" ") for text in answers], [[t.split(" ") for t in group] for group in references])
    return scores | score_means({"ROUGE_L": rouge_l(single), "CIDEr": cider(corpus)}, seed=seed), notes


def _coco(predictions: Sequence[Prediction], write: Callable[[str], str], seed: int) -> Scores:
    captions = read_captions(predictions)
    scores, notes = score_coco(captions, write, seed)
    if len(predictions) == 1:
        notes.append("CIDEr of one image is 0: its document frequencies carry no weight")
    return Scores(scores, {}, captions.silent, tuple(notes))


def in_ptb(text: str) -> str:
    """Give a caption as coco-caption's tokens."""
    return " ".join(ptb_tokens(text))


def as_stored(text: str) -> str:
    """Give a caption as it stands, its words apart at white space; case is kept."""
    return text.replace("\n", " ")


def score_earthdial(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score captions as EarthDial does: mean ROUGE F over the references, best NLTK METEOR over them."""
    captions = read_captions(predictions)
    rows = np.zeros((len(captions.answers), 2))
    for row, answer, group in zip(rows, captions.answers, captions.references, strict=True):
        said = " ".join(word_tokens(answer))
        found = [rouge(" ".join(word_tokens(reference)), said) for reference in group]
        row[:] = np.mean([(one.f_1, one.f_l) for one in found], axis=0)
    scores = score_means({"ROUGE-1_F": rows[:, 0], "ROUGE-L_F": rows[:, 1]}, seed=seed)
    more, notes = _nltk_meteor(captions, word_tokens, seed)
    return Scores(scores | more, {}, captions.silent, notes)


def score_regions(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score descriptions of regions as EarthDial does: one reference, words split at white space."""
    return _single(read_captions(predictions), seed)


def score_descriptions(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score the text of grounded descriptions as EarthDial does, boxes and tags removed.

    Samples whose reference holds 50 boxes or more are left out.
    """
    captions = read_captions(predictions)
    few = [len(described_boxes(group[0])) < 50 for group in captions.references]
    kept = [index for index, keep in enumerate(few) if keep]
    bare = Captions(
        [_without_boxes(captions.answers[i]) for i in kept],
        [[_without_boxes(captions.references[i][0])] for i in kept],
        captions.silent,
    )
    return _single(bare, seed)


def _without_boxes(text: str) -> str:
    return re.sub(r"<box>\[\[.*?\]\]</box>|\[\[.*?\]\]", "", re.sub(r"</?ref>", "", text))


def _single(captions: Captions, seed: int) -> Scores:
    pairs = zip(captions.answers, captions.references, strict=True)
    rows = np.array([rouge(group[0], answer) for answer, group in pairs])
    names = ["ROUGE-1_P", "ROUGE-1_R", "ROUGE-1_F", "ROUGE-L_P", "ROUGE-L_R", "ROUGE-L_F"]
    scores = score_means(dict(zip(names, rows.T, strict=True)), seed=seed)
    more, notes = _nltk_meteor(captions, str.split, seed)
    return Scores(scores | more, {}, captions.silent, notes)


def score_nltk(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score with NLTK throughout: word_tokenize in lower case, corpus_bleu without smoothing, its METEOR."""
    captions = read_captions(predictions)

    def split(text: str) -> list[str]:
        return word_tokens(text.lower())

    corpus = Corpus([split(a) for a in captions.answers], [[split(r) for r in g] for g in captions.references])
    scores = score_sums(bleu_parts(corpus), _nltk_bleu, _BLEU, seed=seed)
    more, notes = _nltk_meteor(captions, split, seed)
    return Scores(scores | more, {}, captions.silent, notes)


def _nltk_bleu(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give BLEU-1..4 in percent: 0 as soon as one order has no match. Source: NLTK translate/bleu_score.py."""
    matches, totals, length, reference = sums[..., :4], sums[..., 4:8], sums[..., 8:9], sums[..., 9:10]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.cumsum(np.log(matches / np.maximum(1, totals)), axis=-1) / np.arange(1, 5)
        penalty = np.where(length > reference, 1.0, np.exp(1 - reference / length))
    return 100 * np.exp(logs) * penalty


def _nltk_meteor(
    captions: Captions, split: Callable[[str], list[str]], seed: int
) -> tuple[dict[str, Score], tuple[str, ...]]:
    try:
        scorer = NltkMeteor()
    except MissingExtra:
        return {}, (_NO_DATA,)
    known: dict[str, list[str]] = {}
    for text in [*captions.answers, *(text for group in captions.references for text in group)]:
        if text not in known:
            known[text] = split(text)
    values = [
        scorer.best([known[reference] for reference in group], known[answer])
        for answer, group in zip(captions.answers, captions.references, strict=True)
    ]
    return score_means({"METEOR": values}, seed=seed), ()


_METEOR_NLTK = "METEOR is NLTK's, not METEOR 1.5: the numbers of one cannot be held against the other's"
_SYNONYMS = "its synonyms come from the METEOR jar, which tells no parts of speech apart: a trace more than NLTK"

PROTOCOLS = (
    Protocol(
        "caption/coco-ptb@1",
        "coco-caption: Penn Treebank tokens; BLEU-1..4, METEOR 1.5, ROUGE_L, CIDEr-D",
        "tylin/coco-caption, salaniz/pycocoevalcap",
        lambda predictions, seed: _coco(predictions, in_ptb, seed),
        (
            "CIDEr takes its document frequencies from the references of this file: it changes with the subset",
            "ROUGE_L takes the best precision and the best recall over references, even of different ones",
            "the interval of CIDEr keeps the document frequencies of the whole file",
        ),
    ),
    Protocol(
        "caption/raw@1",
        "the scores of coco-caption over words as stored, as remote-sensing captioning papers before 2023 took them",
        "tylin/coco-caption without its tokeniser",
        lambda predictions, seed: _coco(predictions, as_stored, seed),
        ('case and final full stops count: RSITMD references end in "word." and lose a third of CIDEr',),
    ),
    Protocol(
        "caption/earthdial@1",
        "rouge-score F (stemmed), mean over references; NLTK METEOR, best over references; NLTK word tokens",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_image_caption/eval.py, rs_change_detection/eval_caption.py",
        score_earthdial,
        ("ROUGE is averaged over the references, METEOR takes the best", _METEOR_NLTK, _SYNONYMS),
    ),
    Protocol(
        "caption/earthdial-region@1",
        "rouge-score precision, recall, F (stemmed) and NLTK METEOR over white-space words, one reference",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_region_captioning/eval.py",
        score_regions,
        ('template phrases ("1 ship at the right") earn most of the score', _METEOR_NLTK, _SYNONYMS),
    ),
    Protocol(
        "caption/earthdial-description@1",
        "caption/earthdial-region@1 over the text of grounded descriptions, boxes and tags removed",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_grounding_description/eval.py",
        score_descriptions,
        ("samples whose reference holds 50 boxes or more are left out", _METEOR_NLTK, _SYNONYMS),
    ),
    Protocol(
        "caption/nltk@1",
        "NLTK throughout: word_tokenize in lower case, corpus_bleu without smoothing, METEOR best over references",
        "NLTK translate/bleu_score.py and meteor_score.py",
        score_nltk,
        ("BLEU is 0 as soon as one order has no match in the whole file", _METEOR_NLTK, _SYNONYMS),
    ),
)
