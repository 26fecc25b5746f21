"""Caption protocols: both METEORs against their originals, what is left out without word data, speed."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoglot.errors import InputError
from geoglot.evaluate.metrics import captions as family
from geoglot.evaluate.metrics.text import lexicon
from geoglot.evaluate.metrics.text.meteor import meteor, meteor_counts, without_perfect_chunks
from geoglot.evaluate.metrics.text.meteor_nltk import NltkMeteor
from geoglot.evaluate.metrics.text.meteor_search import best_alignment
from geoglot.evaluate.metrics.text.ngrams import Corpus, bleu, bleu_parts, cider, rouge_l
from geoglot.evaluate.metrics.text.ptb import ptb_tokens
from geoglot.evaluate.metrics.text.rouge import rouge
from tests.evaluate.phrases import captions, punctuated, split
from tests.evaluate.samples import pairs, run

HAS_DATA = importlib.util.find_spec("pycocoevalcap") is not None
needs_data = pytest.mark.skipif(not HAS_DATA, reason="METEOR's word data is not installed")
# The scorer of pycocoevalcap leaves the pipes of its Java process open.
open_pipes = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")


@pytest.fixture
def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the word data look uninstalled."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "pycocoevalcap" else find_spec(n))
    lexicon.lexicon.cache_clear()


@pytest.mark.usefixtures("without_data")
@pytest.mark.parametrize("id", ["caption/coco-ptb@1", "caption/raw@1", "caption/earthdial@1", "caption/nltk@1"])
def test_meteor_is_left_out_and_said_so_without_its_word_data(id: str) -> None:
    scores = run(id, captions(3))
    assert "METEOR" not in scores.scores
    assert any("METEOR is left out" in note for note in scores.notes)


@pytest.mark.usefixtures("without_data")
def test_case_and_full_stops_count_only_without_the_tokeniser() -> None:
    rows = pairs([("Two ships sail.", ["two ships sail ."]), ("A road", ["a road"])], "caption")
    assert run("caption/coco-ptb@1", rows).scores["BLEU-1"].value == pytest.approx(100, abs=1e-4)
    assert run("caption/raw@1", rows).scores["BLEU-1"].value == pytest.approx(100 * 2 / 5 * np.exp(1 - 6 / 5), abs=1e-4)


@pytest.mark.usefixtures("without_data")
def test_earthdial_averages_rouge_over_references() -> None:
    rows = pairs([("two ships", ["two ships", "nothing here"])], "caption")
    assert run("caption/earthdial@1", rows).scores["ROUGE-1_F"].value == 50


@pytest.mark.usefixtures("without_data")
def test_grounded_descriptions_lose_boxes_and_tags() -> None:
    truth = "there is <ref>1 ship</ref> <box>[[[1, 2, 3, 4, 5]]]</box> here"
    rows = pairs([("there is 1 ship [[1, 2, 3, 4, 5]] here", {"text": truth, "boxes": "[[1, 2, 3, 4, 5]]"})], "caption")
    assert run("caption/earthdial-description@1", rows).scores["ROUGE-L_F"].value == 100


@pytest.mark.usefixtures("without_data")
def test_an_empty_caption_is_counted_and_scores_nothing() -> None:
    scores = run("caption/coco-ptb@1", pairs([("", ["a road"]), (None, ["a road"])], "caption"))
    assert scores.unparsed == 2
    assert scores.scores["BLEU-1"].value == pytest.approx(0, abs=1e-6)


@pytest.mark.usefixtures("without_data")
def test_one_image_has_no_cider_and_a_note() -> None:
    scores = run("caption/coco-ptb@1", captions(1))
    assert scores.scores["CIDEr"].value == 0
    assert any("CIDEr of one image" in note for note in scores.notes)


@pytest.mark.usefixtures("without_data")
def test_nltk_bleu_is_nothing_as_soon_as_one_order_has_no_match() -> None:
    scores = run("caption/nltk@1", pairs([("a b x", ["a b c"])], "caption")).scores
    assert scores["BLEU-2"].value == pytest.approx(100 * (2 / 3 * 1 / 2) ** 0.5)
    assert scores["BLEU-3"].value == 0


@pytest.mark.usefixtures("without_data")
def test_nltk_bleu_equals_nltk() -> None:
    bleu_score = pytest.importorskip("nltk.translate.bleu_score")
    rows = captions(60, seed=4)
    known, said = split(rows)
    words = [[text.lower().replace(",", " ,").replace(".", " .").split() for text in group] for group in known.values()]
    answers = [text[0].lower().replace(",", " ,").replace(".", " .").split() for text in said.values()]
    got = run("caption/nltk@1", rows).scores
    for order in (1, 2, 3, 4):
        expected = bleu_score.corpus_bleu(words, answers, weights=(1 / order,) * order)
        assert got[f"BLEU-{order}"].value == pytest.approx(100 * expected)


@pytest.mark.parametrize("truth", [None, [], [3], 7])
def test_a_sample_without_references_is_an_error(truth: object) -> None:
    with pytest.raises(InputError, match="no reference captions"):
        run("caption/coco-ptb@1", pairs([("a", truth)], "caption"))  # type: ignore[list-item]


def test_single_captions_can_be_judged_without_word_data() -> None:
    assert family.caption_rouge(pairs([("A ship.", ["a ship"]), ("x", ["y"])], "caption")).tolist() == [1, 0]


def test_the_alignment_prefers_weight_then_few_chunks() -> None:
    straight = [[(0, 0, 1, 0, 1), (0, 0, 1, 2, 1)], [(0, 1, 1, 1, 1)], [(0, 2, 1, 0, 1), (0, 2, 1, 2, 1)]]
    assert best_alignment(straight, 3, 3) == [(0, 0, 1, 0, 1), (0, 1, 1, 1, 1), (0, 2, 1, 2, 1)]
    assert best_alignment([[], []], 2, 2) == []


@needs_data
def test_meteor_knows_stems_synonyms_and_paraphrases() -> None:
    answers = ["a big boat sails", "many planes", "two cars", "nothing alike", "a house next to trees"]
    references = [["a large boat sailing"], ["many planes"], ["two autos"], ["some ships"], ["a house near trees"]]
    counts = meteor_counts(answers, references)
    scores = meteor(counts)
    assert scores[1] == 1.0
    assert scores[3] == 0.0
    by_module = counts[:, 4:20].reshape(-1, 4, 4).sum(axis=2)
    assert by_module[0].tolist() == [4, 2, 2, 0]  # a and boat twice, sails and sailing, big and large
    assert by_module[2, 2] == 2  # cars and autos
    assert by_module[4, 3] > 0  # next to, near
    assert ((scores >= 0) & (scores <= 1)).all()


def _tokens_of_java(lines: list[str], folder: Path) -> list[list[str]]:
    """What the program prints for lines, each before one in lower case, without the marks that coco-caption drops."""
    source: Any = importlib.import_module("pycocoevalcap.tokenizer.ptbtokenizer")
    jar, text = Path(source.__file__).with_name(source.STANFORD_CORENLP_3_4_1_JAR), folder / "lines.txt"
    text.write_text("".join(f"{line}\nx\n" for line in lines), encoding="utf-8")
    program = ["java", "-Dfile.encoding=UTF-8", "-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer"]
    done = subprocess.run([*program, "-preserveLines", "-lowerCase", str(text)], capture_output=True, check=True)
    printed = done.stdout.decode().split("\n")[: 2 * len(lines) : 2]
    return [[token for token in line.split(" ") if token not in source.PUNCTUATIONS] for line in printed]


@needs_data
@needs_java
@pytest.mark.slow
def test_captions_are_split_as_the_java_program_splits_them(tmp_path: Path) -> None:
    lines = punctuated(5000, seed=6)
    wrong = [
        (line, theirs)
        for line, theirs in zip(lines, _tokens_of_java(lines, tmp_path), strict=True)
        if ptb_tokens(line) != theirs
    ]
    assert not wrong, wrong[:3]


@needs_data
@needs_java
@open_pipes
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_meteor_equals_the_java_program_on_every_caption() -> None:
    original = _original("meteor")
    rows = captions(400, seed=9)
    known, said = split(rows)
    known = {i: [" ".join(ptb_tokens(text)) for text in group] for i, group in known.items()}
    said = {i: [" ".join(ptb_tokens(text)) for text in group] for i, group in said.items()}
    total, single = original.compute_score(known, said)
    counts = meteor_counts([text[0] for text in said.values()], list(known.values()))
    assert meteor(counts) == pytest.approx(np.array(single), abs=1e-12)
    assert float(meteor(without_perfect_chunks(counts).sum(axis=0))) == pytest.approx(total, abs=1e-12)


@dataclass(frozen=True)
class _Lemma:
    word: str

    def name(self) -> str:
        return self.word


@dataclass(frozen=True)
class _Synset:
    words: tuple[str, ...]

    def lemmas(self) -> list[_Lemma]:
        return [_Lemma(word) for word in self.words]


class _Synonyms:
    """Stands in for NLTK's WordNet corpus, which is a separate download."""

    def synsets(self, word: str) -> list[_Synset]:
        return [_Synset(tuple(lexicon.lexicon().synonyms(word)))]


@needs_data
def test_the_other_meteor_equals_nltk_given_the_same_synonyms() -> None:
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    known, said = split(captions(80, seed=3))
    scorer = NltkMeteor()
    for group, (answer,) in zip(known.values(), said.values(), strict=True):
        expected = nltk.meteor_score([text.split() for text in group], answer.split(), wordnet=_Synonyms())
        assert scorer.best([text.split() for text in group], answer.split()) == pytest.approx(expected)


@needs_data
def test_the_paraphrase_table_is_read_once_for_the_same_phrases(monkeypatch: pytest.MonkeyPatch) -> None:
    first = lexicon.paraphrases(["next to", "near"])
    assert first["next to"]["near"]
    monkeypatch.setattr(lexicon, "_table", None)
    assert lexicon.paraphrases(["near", "next to"]) == first


@needs_data
def test_synonyms_come_with_their_bases() -> None:
    words = lexicon.lexicon()
    assert "automobile" in words.synonyms("cars")
    assert "cove" not in words.synonyms("cover")
    assert words.meteor_sets("cars") & words.meteor_sets("automobile")


def _original(name: str) -> Any:
    """Give a scorer of pycocoevalcap, which has no types."""
    module = importlib.import_module(f"pycocoevalcap.{name}.{name}")
    return module.Bleu(4) if name == "bleu" else getattr(module, name.capitalize())()


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


@needs_data
@needs_java
@open_pipes
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_thousand_captions_are_quick_and_never_slower_than_pycocoevalcap() -> None:
    known, said = split(captions(20_000))
    answers = [group[0] for group in said.values()]
    corpus = Corpus([text.split() for text in answers], [[t.split() for t in group] for group in known.values()])
    ours = {
        "bleu": _seconds(lambda: bleu(bleu_parts(corpus).sum(0))),
        "cider": _seconds(lambda: cider(corpus)),
        "rouge": _seconds(lambda: rouge_l(corpus)),
        "meteor": _seconds(lambda: meteor_counts(answers, list(known.values()))),
    }
    theirs = {name: _seconds(functools.partial(_original(name).compute_score, known, said)) for name in ours}
    assert all(ours[name] <= theirs[name] for name in ours), (ours, theirs)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("without_data")
def test_twenty_thousand_captions_take_ten_seconds_without_meteor() -> None:
    rows = captions(20_000)
    assert _seconds(lambda: run("caption/coco-ptb@1", rows), time.process_time) < 10


@needs_data
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_thousand_captions_take_a_minute_with_meteor() -> None:
    rows = captions(20_000)
    assert _seconds(lambda: run("caption/coco-ptb@1", rows), time.process_time) < 60


@needs_data
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_scores_of_nltk_and_rouge_score_are_no_slower_than_theirs() -> None:
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    original = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rougeL"], use_stemmer=True)
    known, said = split(captions(1000))
    pairs_of = [(group, answer) for group, (answer,) in zip(known.values(), said.values(), strict=True)]
    scorer, synonyms = NltkMeteor(), _Synonyms()
    ours = {
        "rouge": _seconds(lambda: [rouge(text, answer) for group, answer in pairs_of for text in group]),
        "meteor": _seconds(lambda: [scorer.best([t.split() for t in g], a.split()) for g, a in pairs_of]),
    }
    theirs = {
        "rouge": _seconds(lambda: [original.score(text, answer) for group, answer in pairs_of for text in group]),
        "meteor": _seconds(
            lambda: [nltk.meteor_score([t.split() for t in g], a.split(), wordnet=synonyms) for g, a in pairs_of]
        ),
    }
    assert all(ours[name] <= theirs[name] for name in ours), (ours, theirs)
