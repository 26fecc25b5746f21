"""How fast scoring is, beside the programs it stands in for, all in one run.

The originals are not installed with geoglot: what needs one that is missing, or Java, is left out. Processor time where
no Java takes part, so that other work on the machine does not count.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from geoglot.evaluate.metrics import protocol
from geoglot.evaluate.metrics.text.meteor import meteor_counts
from geoglot.evaluate.metrics.text.ngrams import Corpus, bleu, bleu_parts, cider, rouge_l
from geoglot.evaluate.metrics.text.ptb import ptb_tokens
from geoglot.evaluate.metrics.text.rouge import rouge
from tests.bench.measure import Row
from tests.evaluate.phrases import captions, split
from tests.evaluate.random_boxes import as_coco, random_images

CAPTIONS = 20_000
BOXES = (2000, 50)  # images, boxes of each: 100,000 boxes
_IN_JAVA = ("tokens", "meteor")


class Taken(NamedTuple):
    """Seconds of this process's processor time, and on the wall."""

    cpu_s: float
    wall_s: float


def rows(folder: Path) -> Iterator[Row]:
    """Captions and boxes; what needs a package that is not there is left out."""
    for package, part in (("pycocoevalcap", _captions), ("rouge_score", _rouge_score), ("pycocotools", _boxes)):
        if importlib.util.find_spec(package):
            yield from part()


def _captions() -> Iterator[Row]:
    """20,000 captions with five references each: the protocol as a whole, then part by part."""
    known, said = split(captions(CAPTIONS))
    answers = [group[0] for group in said.values()]
    corpus = Corpus([text.split() for text in answers], [[t.split() for t in group] for group in known.values()])
    texts = [text for group in (*known.values(), *said.values()) for text in group]
    parts: dict[str, Callable[[], object]] = {
        "bleu": lambda: bleu(bleu_parts(corpus).sum(0)),
        "cider": lambda: cider(corpus),
        "rouge": lambda: rouge_l(corpus),
        "tokens": lambda: [ptb_tokens(text) for text in texts],
        "meteor": lambda: meteor_counts(answers, list(known.values())),
    }
    ours = {name: _taken(part) for name, part in parts.items()}
    whole_s = sum(part.cpu_s for part in ours.values())
    yield Row("20,000 captions: tokens, BLEU, CIDEr, ROUGE-L", whole_s - ours["meteor"].cpu_s, "s", 10)
    yield Row("the same with METEOR", whole_s, "s", 60)
    for name in ours if shutil.which("java") else ("bleu", "cider", "rouge"):
        with redirect_stdout(sys.stderr):  # BLEU prints
            theirs = _taken(partial(_original(name), known, said))
        share = ours[name].wall_s / theirs.wall_s if name in _IN_JAVA else ours[name].cpu_s / theirs.cpu_s
        yield Row(f"{name}, share of pycocoevalcap's time", share, "", 1)


def _original(name: str) -> Callable[[object, object], object]:
    """Give a scorer of pycocoevalcap, which has no types, or its tokeniser."""
    if name == "tokens":
        return _original_tokens
    module = importlib.import_module(f"pycocoevalcap.{name}.{name}")
    scorer = module.Bleu(4) if name == "bleu" else getattr(module, name.capitalize())()
    return scorer.compute_score  # type: ignore[no-any-return]


def _original_tokens(known: Any, said: Any) -> None:
    tokeniser = importlib.import_module("pycocoevalcap.tokenizer.ptbtokenizer").PTBTokenizer()
    for texts in (known, said):
        tokeniser.tokenize({i: [{"caption": text} for text in group] for i, group in texts.items()})


def _rouge_score() -> Iterator[Row]:
    known, said = split(captions(1000))
    pairs = [(text, said[i][0]) for i, group in known.items() for text in group]
    scorer = importlib.import_module("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rougeL"], use_stemmer=True)
    ours = _taken(lambda: [rouge(text, answer) for text, answer in pairs])
    theirs = _taken(lambda: [scorer.score(text, answer) for text, answer in pairs])
    yield Row("ROUGE-1 and -L, share of rouge-score's time", ours.cpu_s / theirs.cpu_s, "", 1)


def _boxes() -> Iterator[Row]:
    """100,000 boxes under each detection protocol, with intervals; COCO's beside its own evaluator."""
    samples = random_images(*BOXES)
    taken = {}
    for id in ("detection/dota@1", "detection/voc-area@1", "detection/f1@1", "detection/coco@1"):
        taken[id] = _taken(partial(protocol(id).score, samples, 0))
        yield Row(f"100,000 boxes, {id}", taken[id].cpu_s, "s", 10)
    truth, found = as_coco(samples)
    with redirect_stdout(sys.stderr):  # so does COCO
        theirs = _taken(lambda: _pycocotools(truth, found))
    yield Row("detection/coco@1, share of pycocotools' time", taken["detection/coco@1"].cpu_s / theirs.cpu_s, "", 1)


def _pycocotools(truth: dict[str, object], found: list[dict[str, object]]) -> None:
    coco: Any = importlib.import_module("pycocotools.coco").COCO()
    coco.dataset = truth
    coco.createIndex()
    evaluation = importlib.import_module("pycocotools.cocoeval").COCOeval(coco, coco.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()


def _taken(work: Callable[[], object]) -> Taken:
    began = time.process_time(), time.perf_counter()
    work()
    return Taken(time.process_time() - began[0], time.perf_counter() - began[1])
