"""Rules by which scripts call a short answer right. All take (truth, answer) and give a value in 0..1.

An empty answer is never right here, although two scripts count it so (`"" in truth` holds): see `empties`.
"""

from __future__ import annotations

import re
import string

from geoglot.evaluate.metrics.text.words import word_tokens

_ARTICLES = frozenset(("a", "an", "the"))
_NUMBERS = {
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
_EVALAI_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'


def equal_lower(truth: str, answer: str) -> float:
    """Compare without case. Source: SkySenseGPT Eval_scripts."""
    return float(bool(answer.strip()) and answer.strip().lower() == truth.strip().lower())


def equal_squashed(truth: str, answer: str) -> float:
    """Compare without case, spaces and full stops. Source: GeoChat batch_geochat_scene.py, EarthMind."""
    return float(bool(answer.strip()) and _squash(answer) == _squash(truth))


def equal_unpunctuated(truth: str, answer: str) -> float:
    """Compare without case and punctuation. Source: ermongroup/TEOChat, videollava/eval."""
    remove = str.maketrans("", "", string.punctuation)
    bare = answer.translate(remove).strip().lower()
    return float(bool(bare) and bare == truth.translate(remove).strip().lower())


def token_recall(truth: str, answer: str) -> float:
    """Give the share of the truth's words that the answer has, spaces deleted before the words are split.

    With the spaces gone a truth is one word unless it has punctuation: "a, b" has the words a , and b. The
    comma counts as a word. Source: EarthDial rs_vqa/eval.py and rs_classification/eval.py, evaluate.
    """
    return word_recall(truth.strip().replace(" ", ""), answer.strip().replace(" ", ""))


def word_recall(truth: str, answer: str) -> float:
    """Give the share of the truth's words that the answer has. Source: EarthMind evaluation/ms_eval.py."""
    wanted = word_tokens(truth.strip().lower())
    common = set(wanted) & set(word_tokens(answer.strip().lower()))
    return len(common) / len(wanted) if wanted else 0.0


def contained_in_truth(truth: str, answer: str) -> float:
    """Give 1 if the answer, spaces deleted, is a substring of the truth. Source: RSEvalKit."""
    bare = answer.replace(" ", "").lower()
    return float(bool(bare) and bare in truth.replace(" ", "").lower())


def evalai(truth: str, answer: str) -> float:
    """Compare the normalised answer with the raw truth, then accept any substring of the truth.

    Normalised: lower case, no punctuation, no articles, number words as digits. The script's table of
    contractions ("dont") is left out: no answer of the sets it is used for has one.
    Source: NJU-LHRS/LHRS-Bot main_vqa.py, EvalAIAnswerProcessor and eval_pred_list.
    """
    bare = _evalai(answer)
    return float(bool(bare) and bare in truth)


def _squash(text: str) -> str:
    return text.strip().lower().replace(" ", "").replace(".", "")


def _evalai(text: str) -> str:
    text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    text = text.replace("\n", " ").replace("\t", " ").strip()
    source = text
    for mark in _EVALAI_PUNCTUATION:
        lone = f"{mark} " in source or f" {mark}" in source
        text = text.replace(mark, "" if lone else " ")
    text = re.sub(r"\.(?!\d)", "", text, count=32)  # the script hands re.UNICODE, which is 32, as the count
    return " ".join(_NUMBERS.get(word, word) for word in text.split() if word not in _ARTICLES)
