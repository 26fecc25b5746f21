"""Masks: a named thing segmented (referring or semantic), and what changed between two dates.

    IoU = pixels in both / pixels in either; an empty truth that is answered empty counts 1 in the mean
    mean_iou (gIoU) = mean over samples      cum_iou (oIoU) = sum of intersections / sum of unions
    precision, recall, F1, IoU of the change class come from one confusion matrix summed over the set
    levir-mci: mIoU = mean of the IoUs of background and classes, FWIoU weighs them by their share of the truth

Sources: Lennart-Luo RRSIS-D and LAVT test scripts (oIoU, mIoU, Pr@t) as described in the papers;
Chen-Yang-Liu/Change-Agent Multi_change/utils_tool/metrics.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import score_means, score_sums
from geoglot.evaluate.metrics.masks import is_mask, read_ignored, read_mask
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def _counts(predictions: Sequence[Prediction]) -> tuple[NDArray[np.float64], int]:
    """Give per sample (n, 4) pixels right, wrong, missed and rightly left; and the answers that are no mask."""
    need_samples(predictions)
    rows = np.zeros((len(predictions), 4))
    unread = 0
    for row, prediction in zip(rows, predictions, strict=True):
        true = read_mask(prediction.truth)
        ignored = read_ignored(prediction.truth)
        if is_mask(prediction.prediction):
            said = read_mask(prediction.prediction)
        else:
            said = np.zeros_like(true)
            unread += 1
        if said.shape != true.shape:
            raise InputError(
                f"the mask of sample {prediction.id} has another size", value=said.shape, expected=str(true.shape)
            )
        known = np.ones_like(true) if ignored is None else ~ignored
        row[:] = [np.count_nonzero(m & known) for m in (said & true, said & ~true, ~said & true, ~said & ~true)]
    return rows, unread


def score_masks(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score one mask a sample: mean and cumulative IoU, and the share of samples above each IoU."""
    rows, unread = _counts(predictions)
    common, union = rows[:, 0], rows[:, :3].sum(axis=1)
    iou = np.divide(common, union, out=np.ones(len(rows)), where=union > 0)
    scores = score_means({f"P@{t:g}": iou >= t - 1e-12 for t in _THRESHOLDS} | {"mean_iou": iou}, seed=seed)
    parts = np.stack([common, union], axis=1)
    scores |= score_sums(parts, lambda sums: 100 * sums[..., :1] / sums[..., 1:], ["cum_iou"], seed=seed)
    return Scores(scores, {}, unread)


def score_binary(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score one class from its summed confusion matrix; per type where samples have one."""
    rows, unread = _counts(predictions)
    types = [p.type for p in predictions]
    groups = [name for name in dict.fromkeys(types) if name is not None]
    per_type = {name: _binary(rows[[t == name for t in types]], seed) for name in groups}
    return Scores(_binary(rows, seed), per_type, unread)


def _binary(rows: NDArray[np.float64], seed: int) -> dict[str, Score]:
    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        right, wrong, missed, left = np.moveaxis(sums, -1, 0)
        shares = (
            right / (right + wrong),
            right / (right + missed),
            2 * right / (2 * right + wrong + missed),
            right / (right + wrong + missed),
            (right + left) / (right + wrong + missed + left),
        )
        return 100 * np.stack(shares, axis=-1)

    return score_sums(rows, statistic, ["precision", "recall", "f1", "iou", "OA"], seed=seed)


def score_classes(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score several classes: truths and answers map a class to its mask, what no mask holds is background."""
    need_samples(predictions)
    names = ["background", *sorted({name for p in predictions for name in _classes(p.truth, p.id)})]
    size = len(names)
    rows = np.zeros((len(predictions), size * size))
    unread = 0
    for row, prediction in zip(rows, predictions, strict=True):
        true = _label_map(_classes(prediction.truth, prediction.id), names, None)
        if isinstance(prediction.prediction, Mapping) and not is_mask(prediction.prediction):
            said = _label_map(_classes(prediction.prediction, prediction.id), names, true.shape)
        else:
            said = np.zeros_like(true)
            unread += 1
        row[:] = np.bincount((true * size + said).ravel(), minlength=size * size)

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        table = sums.reshape(*sums.shape[:-1], size, size)
        right = np.diagonal(table, axis1=-2, axis2=-1)
        of_truth, of_said, total = table.sum(-1), table.sum(-2), table.sum((-1, -2))
        iou = right / (of_truth + of_said - right)
        mean = np.nanmean(iou, axis=-1)
        weighted = np.where(of_truth > 0, of_truth * np.nan_to_num(iou), 0.0).sum(-1) / total
        f1 = np.nanmean((2 * right / (of_truth + of_said))[..., 1:], axis=-1)
        accuracy = right.sum(-1) / total
        return 100 * np.concatenate([iou, np.stack([mean, weighted, f1, accuracy], -1)], axis=-1)

    keys = [*(f"iou_{name}" for name in names), "mIoU", "FWIoU", "mF1", "pixel_accuracy"]
    return Scores(score_sums(rows, statistic, keys, seed=seed), {}, unread)


def _classes(value: object, id: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not value or not all(is_mask(mask) for mask in value.values()):
        raise InputError(f"sample {id} has no masks by class", expected='{"road": mask, "building": mask}')
    return value


def _label_map(masks: Mapping[str, object], names: Sequence[str], shape: tuple[int, ...] | None) -> NDArray[np.int64]:
    """Give the class number of each pixel, 0 where no mask is on; a later class overwrites an earlier one."""
    read = {name: read_mask(mask) for name, mask in masks.items() if name in names}
    shapes = {mask.shape for mask in read.values()} | ({shape} if shape is not None else set())
    if len(shapes) != 1:
        raise InputError("masks of one image have different sizes", value=sorted(shapes), expected="one size")
    labels = np.zeros(shapes.pop(), np.int64)
    for number, name in enumerate(names):
        if name in read:
            labels[read[name]] = number
    return labels


_EMPTY = "an answer that is no mask counts as an empty mask"

PROTOCOLS = (
    Protocol(
        "referring/masks@1",
        "mean IoU, cumulative IoU, share of samples with IoU >= 0.5 .. 0.9",
        "the test scripts of the RRSIS-D and RefSegRS papers",
        score_masks,
        (_EMPTY, "a truth without a pixel that is answered without one counts IoU 1 in the mean"),
    ),
    Protocol(
        "segmentation/iou@1",
        "precision, recall, F1, IoU of the class from pixels summed over the set; overall accuracy",
        "geoglot",
        score_binary,
        (_EMPTY, "pixels marked ignored in the truth count neither way"),
    ),
    Protocol(
        "change/binary@1",
        "precision, recall, F1, IoU of the change class from one confusion matrix over the set",
        "the papers of LEVIR-CD, WHU-CD, SYSU-CD and S2Looking",
        score_binary,
        (_EMPTY, "not the mean over images: images without change weigh only by their false alarms"),
    ),
    Protocol(
        "change/levir-mci@1",
        "IoU of background and each class, their mean, frequency-weighted IoU, pixel accuracy",
        "Chen-Yang-Liu/Change-Agent Multi_change/utils_tool/metrics.py",
        score_classes,
        (
            "mIoU includes the background",
            "the script's Recall_Class is a precision and its Pixel_Accuracy_Class a recall",
        ),
    ),
)
