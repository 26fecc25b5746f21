"""One label per image, written out by the model.

    accuracy = right answers / images        balanced_accuracy = mean over classes of the recall of the class

Sources: mbzuai-oryx/GeoChat batch_geochat_scene.py and shuyansy/EarthMind classify.py (squashed equality);
hiyamdebary/EarthDial rs_classification/eval.py (token recall); NJU-LHRS/LHRS-Bot main_cls.py (balanced
accuracy); fitzpchao/RSEvalKit model_eval_mp.py (substring); ermongroup/TEOChat (equality without
punctuation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from geoglot.evaluate.metrics.answers import Rule, empties, judged, need_samples, truth_text
from geoglot.evaluate.metrics.interval import score_groups
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores
from geoglot.evaluate.metrics.text import matching


def score_labels(predictions: Sequence[Prediction], rule: Rule, seed: int) -> Scores:
    """Score labels over images, over classes (balanced), and per class of the truth."""
    need_samples(predictions)
    classes = [truth_text(p).replace(" ", "").lower() for p in predictions]
    per_class, averages = score_groups(judged(predictions, rule), classes, seed=seed)
    scores = {"accuracy": averages["overall"], "balanced_accuracy": averages["mean_of_types"]}
    return Scores(scores, {name: {"accuracy": s} for name, s in per_class.items()}, empties(predictions))


def _bound(rule: Rule) -> Callable[[Sequence[Prediction], int], Scores]:
    return lambda predictions, seed: score_labels(predictions, rule, seed)


PROTOCOLS = (
    Protocol(
        "classification/equal@1",
        "equal without case, spaces and full stops",
        "mbzuai-oryx/GeoChat batch_geochat_scene.py; shuyansy/EarthMind classify.py",
        _bound(matching.equal_squashed),
    ),
    Protocol(
        "classification/exact@1",
        "equal without case and outer spaces",
        "geoglot",
        _bound(matching.equal_lower),
    ),
    Protocol(
        "classification/earthdial@1",
        "recall of the truth's words after deleting spaces",
        "hiyamdebary/EarthDial rs_classification/eval.py, rs_change_detection/eval_classification.py",
        _bound(matching.token_recall),
        (
            "printed as accuracy, but partial: labels with a comma, a full stop or digits score in parts",
            "a model that prints one constant list scored 51.96 on UHI, where exact match is 33.33",
        ),
    ),
    Protocol(
        "classification/lhrs@1",
        "equal without case and punctuation; balanced_accuracy (mean of class recalls) is printed",
        "NJU-LHRS/LHRS-Bot main_cls.py",
        _bound(matching.equal_unpunctuated),
        ("the script maps answers to class indices by name; an unknown name is wrong here",),
    ),
    Protocol(
        "classification/rsevalkit@1",
        "the answer without spaces is a substring of the truth",
        "fitzpchao/RSEvalKit model_eval_mp.py, eval_results_cls_vqa",
        _bound(matching.contained_in_truth),
        ("the script counts an empty answer as right; here it is wrong",),
    ),
    Protocol(
        "classification/teochat@1",
        "equal without case and punctuation",
        "ermongroup/TEOChat videollava/eval",
        _bound(matching.equal_unpunctuated),
    ),
)
