"""Multiple choice: which letter an answer means, by the rule of each benchmark.

Sources: EvolvingLMMs-Lab/lmms-eval tasks/xlrs/mcq_utils.py; NJU-LHRS/LHRS-Bot main_bench_gen.py;
shuyansy/EarthMind evaluate_earthmindbench_mcq.py; Luo-Z13/SkySenseGPT batch_fitrsrc_single_choice_qa.py;
fitzpchao/RSEvalKit model_eval_mp.py.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

import numpy as np

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import answer_text, empties, judged, need_samples
from geoglot.evaluate.metrics.interval import score_groups
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores

_PREFIXES = (
    "The best answer is",
    "The correct answer is",
    "The answer is",
    "The answer",
    "The best option isThe correct option is",  # two strings that lack a comma in the script
    "Best answer:Best option:",
)


_LETTER = re.compile(
    r"^\W*(?P<whole>[a-p])\W*$"  # B   (b)   "B."
    r"|^\W*(?P<start>[a-p])[.):,](?:\s|$)"  # B. ship   b) ship
    r"|\((?P<bracket>[a-p])\)"  # it is (B)
    r"|\b(?:answer|option|choice)(?: is|:)*\s*(?P<said>[a-p])\b(?! [a-z])",  # the answer is B
    re.IGNORECASE,
)


def first_letter(text: str) -> str | None:
    """Give the letter A..P that an answer names, in upper case; None where it names none.

    A lone letter inside a sentence names nothing: "A ship is there" is no choice of A, nor "I see" one of I.
    """
    found = _LETTER.search(text.strip())
    return next(letter for letter in found.groups() if letter).upper() if found else None


def xlrs_letters(text: str) -> frozenset[str]:
    """Give all letters that XLRS-Bench finds: in brackets, else any letter a to e (so "bad" gives A, B, D)."""
    text = text.strip()
    for prefix in _PREFIXES:
        text = text.replace(prefix, "")
    if not re.search("[ABCDE]", text):
        return frozenset()
    found = re.findall(r"\(([a-eA-E])\)", text) or re.findall(r"[a-eA-E]", text)
    return frozenset(letter.upper() for letter in found)


def _same_letter(truth: str, answer: str) -> float:
    wanted = first_letter(truth)
    return float(wanted is not None and wanted == first_letter(answer))


def _same_xlrs(truth: str, answer: str) -> float:
    return float(xlrs_letters(answer) == frozenset(truth.strip().upper()) and bool(answer.strip()))


def _same_start(truth: str, answer: str) -> float:
    """Compare the first character with the truth, articles and punctuation removed: the answer "a" is removed."""
    return float(bool(answer.strip()) and _lhrs(answer.strip()[:1]) == _lhrs(truth))


def _lhrs(text: str) -> str:
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def _same_line(truth: str, answer: str) -> float:
    return float(bool(answer) and answer == truth)


def _rsevalkit(truth: str, answer: str) -> float:
    """Compare the first character of A to E anywhere in the answer, even inside a word."""
    first = next((c for c in answer if c in "ABCDE"), None)
    return float(first is not None and first.lower() in truth.lower())


def _fitrsrc(truth: str, answer: str) -> float:
    if truth.lower() == answer.lower():
        return 1.0
    found = re.search(r"\b([A-E])\b", answer)
    return float(found is not None and found[1].lower() == truth.lower())


def _score(predictions: Sequence[Prediction], rule: Callable[[str, str], float], seed: int) -> Scores:
    need_samples(predictions)
    types = [p.type or "all" for p in predictions]
    per_type, averages = score_groups(judged(predictions, rule), types, seed=seed)
    scores = {"accuracy": averages["overall"], "macro": averages["mean_of_types"]}
    unread = empties(predictions)
    if rule is _same_letter:
        unread = sum(first_letter(answer_text(p)) is None for p in predictions)
    return Scores(scores, {name: {"accuracy": score} for name, score in per_type.items()}, unread)


def score_circular(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score FIT-RSRC: a question counts only if all its rotations, the samples of one id and type, are right."""
    need_samples(predictions)
    right = judged(predictions, _fitrsrc)
    questions: dict[tuple[str, str], float] = {}
    for prediction, value in zip(predictions, right.tolist(), strict=True):
        if prediction.type is None:
            raise InputError(f"sample {prediction.id} has no type", expected="relationship, object, subject or exist")
        key = prediction.id, prediction.type.lower()
        questions[key] = min(value, questions.get(key, 1.0))
    types = [kind for _, kind in questions]
    per_type, averages = score_groups(np.array(list(questions.values())), types, seed=seed)
    scores = {"accuracy": averages["overall"], "macro": averages["mean_of_types"]}
    return Scores(scores, {name: {"accuracy": score} for name, score in per_type.items()}, empties(predictions))


def _bound(rule: Callable[[str, str], float]) -> Callable[[Sequence[Prediction], int], Scores]:
    return lambda predictions, seed: _score(predictions, rule, seed)


PROTOCOLS = (
    Protocol(
        "mcq/letter@1",
        "the letter that the answer names equals that of the truth; macro is the mean over types",
        "geoglot",
        _bound(_same_letter),
        ("an answer that names no letter is unparsed and wrong; a lone letter in a sentence names nothing",),
    ),
    Protocol(
        "mcq/xlrs@1",
        "the set of letters found equals the set of the truth; micro over items, macro over sub-tasks",
        "EvolvingLMMs-Lab/lmms-eval lmms_eval/tasks/xlrs/mcq_utils.py",
        _bound(_same_xlrs),
        (
            'without brackets every letter a to e of the answer counts: "bad" with a capital in it gives A, B, D',
            "the script's macro counts a sub-task without items as 0; here it is left out",
        ),
    ),
    Protocol(
        "mcq/lhrs@1",
        "the first character of the answer equals the truth, articles and punctuation removed",
        "NJU-LHRS/LHRS-Bot main_bench_gen.py",
        _bound(_same_start),
        ("A is an article and is removed on both sides: any answer that begins with A or a mark matches a truth A",),
    ),
    Protocol(
        "mcq/earthmind@1",
        "the whole answer equals the whole truth, nothing normalised",
        "shuyansy/EarthMind evaluate_earthmindbench_mcq.py",
        _bound(_same_line),
        ("the script leaves out samples without an answer (null); here they are wrong",),
    ),
    Protocol(
        "mcq/rsevalkit@1",
        "the first capital A to E anywhere in the answer is in the truth",
        "fitzpchao/RSEvalKit model_eval_mp.py, eval_results_multichoice",
        _bound(_rsevalkit),
        ('"Because of B" is read as B of Because',),
    ),
    Protocol(
        "mcq/fit-rsrc@1",
        "CircularEval: every rotation of a question must be right; letter by the first lone A to E",
        "Luo-Z13/SkySenseGPT Eval_scripts/batch_fitrsrc_single_choice_qa.py",
        score_circular,
        ("samples of the same id and type are rotations of one question",),
    ),
)
