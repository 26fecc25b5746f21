"""Question answering with short answers: RSVQA under each rule in use, and VRSBench.

    accuracy of a type = right answers / questions of the type
    OA = right answers / all questions          AA (mean_of_types) = mean of the accuracies of the types

Published "averages" of one file differ because they are different columns: OA over the kept questions
(EarthDial prints 92.70), mean of types (Earth-OneVision prints 93.11 for the same answers), mean of presence
and comparison only (RingMo-Agent). Every protocol here gives all three.

Sources: syvlo/RSVQA VQA_model/{VocabEncoder,computeStats}.py (buckets, AA, OA); hiyamdebary/EarthDial
rs_vqa/eval.py; Luo-Z13/SkySenseGPT Eval_scripts; shuyansy/EarthMind evaluate_hrben.py; NJU-LHRS/LHRS-Bot
main_vqa.py; fitzpchao/RSEvalKit model_eval_mp.py; lx709/VRSBench eval_fianl/eval_vqa_gpt.ipynb.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import Rule, answer_text, empties, judged, need_samples, truth_text
from geoglot.evaluate.metrics.interval import score_groups
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.text import matching

_LR_TYPES = ("presence", "comp", "rural_urban")
_HR_TYPES = ("presence", "comp")


def bucket(answer: str) -> str:
    """Give the class of an RSVQA answer: counts and areas fall into ranges, upper edge inclusive.

    "7" becomes "between 0 and 10", "35m2" "between 10m2 and 100m2", "0" and words stay; a final ? or . goes.
    """
    text = answer.strip().lower()
    text = text[:-1] if text.endswith(("?", ".")) else text
    unit = "m2" if text.endswith("m2") else ""
    number = text.removesuffix("m2")
    if not number.isdecimal() or int(number) == 0:
        return text
    for low, high in ((0, 10), (10, 100), (100, 1000)):
        if int(number) <= high:
            return f"between {low}{unit} and {high}{unit}"
    return f"more than 1000{unit}"


def same_bucket(truth: str, answer: str) -> float:
    """Compare counts and areas by the ranges of the RSVQA classifier."""
    return float(bool(answer.strip()) and bucket(truth) == bucket(answer))


def same_area_bucket(truth: str, answer: str) -> float:
    """Compare areas by range and counts exactly, as RSVQA does on the high-resolution set."""
    if truth.strip().lower().rstrip("?.").endswith("m2"):
        return same_bucket(truth, answer)
    return matching.equal_lower(truth.strip().rstrip("?."), answer.strip().rstrip("?."))


@dataclass(frozen=True, slots=True)
class _Rule:
    right: Rule
    types: tuple[str, ...] | None = None  # kept types; None keeps all
    skip_missing: bool = False


def _score(predictions: Sequence[Prediction], rule: _Rule, seed: int) -> Scores:
    need_samples(predictions)
    kept = [p for p in predictions if rule.types is None or _type(p) in rule.types]
    silent = empties(kept)
    notes = []
    if len(kept) < len(predictions):
        notes.append(f"{len(predictions) - len(kept)} questions of other types were left out")
    missing = sum(p.prediction is None for p in kept)
    if rule.skip_missing and missing:
        kept = [p for p in kept if p.prediction is not None]
        notes.append(f"{missing} unanswered questions were left out of the denominators, as in the script")
    if not kept:
        raise InputError("no question of the types that the protocol keeps", expected=", ".join(rule.types or ()))
    types = [_type(p) for p in kept]
    values = judged(kept, rule.right)
    per_type, averages = score_groups(values, types, seed=seed)
    scores = {"OA": averages["overall"], "AA": averages["mean_of_types"]}
    pair = [index for index, name in enumerate(types) if name in _HR_TYPES]
    if set(types) > set(_HR_TYPES):
        two = score_groups(values[pair], [types[index] for index in pair], seed=seed)[1]
        scores["AA_presence_comp"] = two["mean_of_types"]
    return Scores(scores, _under("accuracy", per_type), silent, tuple(notes))


def _type(prediction: Prediction) -> str:
    if prediction.type is None:
        raise InputError(f"sample {prediction.id} has no type", expected="the question's type, as presence or comp")
    return prediction.type


def _under(key: str, groups: Mapping[str, Score]) -> dict[str, dict[str, Score]]:
    return {name: {key: score} for name, score in groups.items()}


def vrsbench_verdict(truth: str, answer: str) -> float:
    """Give 1 or 0 where VRSBench's rules decide without a judge, NaN where the script asks a language model.

    (1) right if the truth is a substring of the answer, (2) wrong for other yes, no, 0 .. 99, (3) undecided.
    """
    truth, answer = truth.lower(), answer.lower()
    if truth in answer:
        return 1.0
    decided = truth in ("yes", "no") or (truth.isdecimal() and truth == str(int(truth)) and int(truth) < 100)
    return 0.0 if decided or not answer.strip() else float("nan")


def score_vrsbench(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score VRSBench questions; a judge's verdict is read from truth["judge"] (0 or 1) where there is one."""
    need_samples(predictions)
    merged = {"image": "scene type", "rural or urban": "scene type"}
    types = [merged.get(_type(p), _type(p)) for p in predictions]
    values = np.array([vrsbench_verdict(truth_text(p), answer_text(p)) for p in predictions])
    open_ones = np.flatnonzero(np.isnan(values))
    verdicts = [p.truth.get("judge") if isinstance(p.truth, Mapping) else None for p in predictions]
    for index in open_ones:
        values[index] = float(str(verdicts[index]) == "1")
    missing = sum(str(verdicts[index]) not in ("0", "1") for index in open_ones)
    per_type, averages = score_groups(values, types, seed=seed)
    notes = (f"{len(open_ones)} answers need a judge; {missing} have no verdict and count as wrong",)
    scores = {"OA": averages["overall"], "AA": averages["mean_of_types"]}
    return Scores(scores, _under("accuracy", per_type), empties(predictions), notes)


_EMPTY_GUARD = 'the script counts an empty answer as right ("" is in every truth); here it is wrong'
_AREA = "keeps {}; count and area questions are left out"

_RULES: tuple[tuple[str, str, str, _Rule, tuple[str, ...]], ...] = (
    ("rsvqa-lr/aa-oa@1", "counts by range; AA over the four types, OA over all questions",
     "syvlo/RSVQA VQA_model/computeStats.py", _Rule(same_bucket),
     ("the classifier's vocabulary holds only ranges; an exact count is brought to its range",)),
    ("rsvqa-hr/aa-oa@1", "areas by range, counts exact; AA over the four types, OA over all questions",
     "syvlo/RSVQA VQA_model/computeStats.py", _Rule(same_area_bucket),
     ("test 1 and test 2 (Philadelphia) are different sets: name the one used",)),
    ("rsvqa-lr/earthdial@1", "recall of the truth's words after deleting spaces; presence, comp, rural_urban",
     "hiyamdebary/EarthDial rs_vqa/eval.py", _Rule(matching.token_recall, _LR_TYPES),
     (_AREA.format("presence, comp, rural_urban"), "\"yes, it is\" is right, \"yes it is\" is wrong")),
    ("rsvqa-hr/earthdial@1", "recall of the truth's words after deleting spaces; presence, comp",
     "hiyamdebary/EarthDial rs_vqa/eval.py", _Rule(matching.token_recall, _HR_TYPES),
     (_AREA.format("presence, comp"), "\"yes, it is\" is right, \"yes it is\" is wrong")),
    ("rsvqa-lr/geochat@1", "equal without case, spaces and full stops; presence, comp, rural_urban",
     "mbzuai-oryx/GeoChat issue 32", _Rule(matching.equal_squashed, _LR_TYPES),
     (_AREA.format("presence, comp, rural_urban"),)),
    ("rsvqa-hr/geochat@1", "equal without case, spaces and full stops; presence, comp",
     "mbzuai-oryx/GeoChat issue 32", _Rule(matching.equal_squashed, _HR_TYPES),
     (_AREA.format("presence, comp"),)),
    ("rsvqa-hr/skysensegpt@1", "equal without case; presence, comp",
     "Luo-Z13/SkySenseGPT Eval_scripts", _Rule(matching.equal_lower, _HR_TYPES),
     (_AREA.format("presence, comp"),)),
    ("rsvqa-hr/earthmind@1", "equal without case, spaces and full stops; unanswered questions left out",
     "shuyansy/EarthMind evaluate_hrben.py", _Rule(matching.equal_squashed, _HR_TYPES, skip_missing=True),
     (
            "questions without an answer are skipped, not wrong; an empty answer is wrong",
            "truths are those of test set 2 (Philadelphia)",
        )),
    ("rsvqa-lr/lhrs@1", "normalised answer equal to the truth or a substring of it; all types but count",
     "NJU-LHRS/LHRS-Bot main_vqa.py", _Rule(matching.evalai, _LR_TYPES),
     ("single letters of the truth are right", _EMPTY_GUARD)),
    ("rsvqa-hr/lhrs@1", "normalised answer equal to the truth or a substring of it; presence, comp",
     "NJU-LHRS/LHRS-Bot main_vqa.py", _Rule(matching.evalai, _HR_TYPES),
     ("single letters of the truth are right", _EMPTY_GUARD)),
    ("rsvqa-lr/rsevalkit@1", "answer without spaces is a substring of the truth; presence, comp, rural_urban",
     "fitzpchao/RSEvalKit model_eval_mp.py", _Rule(matching.contained_in_truth, _LR_TYPES),
     ("single letters of the truth are right", _EMPTY_GUARD)),
    ("rsvqa-hr/rsevalkit@1", "answer without spaces is a substring of the truth; presence, comp",
     "fitzpchao/RSEvalKit model_eval_mp.py", _Rule(matching.contained_in_truth, _HR_TYPES),
     ("single letters of the truth are right", _EMPTY_GUARD)),
    ("vqa/exact@1", "equal without case, spaces and full stops; every type",
     "geoglot", _Rule(matching.equal_squashed), ()),
)  # fmt: skip


def _bound(rule: _Rule) -> Callable[[Sequence[Prediction], int], Scores]:
    return lambda predictions, seed: _score(predictions, rule, seed)


PROTOCOLS = (
    *(Protocol(id, summary, source, _bound(rule), quirks) for id, summary, source, rule, quirks in _RULES),
    Protocol(
        "vqa/vrsbench@1",
        "right if the answer contains the truth, wrong for other yes, no and 0..99, else a judge's verdict",
        "lx709/VRSBench eval_fianl/eval_vqa_gpt.ipynb",
        score_vrsbench,
        (
            "substring rule: 1 is found in 10, no in north, and long answers gain",
            "the judge is a paid model whose name and date change the score",
            "a sample that needs a verdict and has none is wrong",
            "the paper's table prints OA in the text output and the mean of types in the LaTeX row",
        ),
    ),
)
