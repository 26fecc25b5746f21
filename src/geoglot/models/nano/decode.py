"""From the eye's raw numbers to objects, cover and guesses with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.nano import water
from geoglot.models.nano.colours import colour_of
from geoglot.models.nano.evidence import CLOUD, CoverMap, Guess, SeenObject, Trace
from geoglot.models.nano.eye import Sight
from geoglot.models.nano.shown import Shown
from geoglot.models.nano.weights import Line, NanoWeights
from geoglot.regions import Box, OrientedBox

LEAST = (
    0.2  # calibrated probability below which an object is not mentioned: fainter ones make counts worse (docs/nano.md)
)
FAINTEST = 0.02  # raw; fainter peaks are not worth a look
FAINT = 0.02  # calibrated; from here on a peak tells where a thing may be that a tag speaks of
MOST = 400  # objects a look; more of them are a texture, not a count
MOST_TRACES = 2000  # a look
SAME_PLACE = 0.5  # intersection over union above which two peaks are one object
DOT_PX = 2.0
"""Of the raster: what is shorter is a dot that could be anything. The eye is taught nothing of things below 2.5."""
BENT_DEG = 15.0  # two boxes of one long thing differ in direction by less
BESIDE = 0.1  # of a length: by less two boxes of one thing may lie beside each other; a ship is a seventh of it wide
OVERLAID = 1 / 3  # of the shorter's length along the spine from which two boxes of a long thing are of one
LONG = 1.4  # long over short side from which a turned box says more than an upright one
ALIGNED_DEG = 8.0  # a box turned by less than this is upright
SURE_TURN = 0.6  # length of (sin, cos) of the angle's double: 1 when the eye is sure
NOWHERE = 255
HALF = 0.5
PICTURES = ("rgb", "multispectral")  # modalities that show clouds, and whose scenes and tags were taught


CLOUDED = (0.70, 3.71)
"""From the share of an image that is expected under cloud, which is what the flag tells, to the probability that there
is any: a line of logits, even at a share of 0.005. Fitted for nano-5 by tests/bench/clouds.py on training images of
four sets, half of them under drawn clouds, and weighed to one image in three with clouds, as `misses` is (− ln 2)."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One peak before its id is given: x0, y0, x1, y1 and the turned box in whole-raster pixels; its colour if told."""

    label: str
    score: float
    box: tuple[float, float, float, float]
    turned: tuple[float, float, float, float, float] | None
    others: tuple[tuple[str, float], ...] = ()
    colour: tuple[str, float] | None = None


def peaks(sight: Sight, shown: Shown, weights: NanoWeights, *, least: float = LEAST) -> list[Peak]:
    """Give the likeliest objects of calibrated probability `least` or more, likeliest first, one for each place."""
    raw = sight.peaks
    lines = weights.calibration.objects_of(shown.modality, weights.objects)  # (K, 2)
    height, width = -(-shown.size[1] // weights.stride), -(-shown.size[0] // weights.stride)
    taught = weights.taught_in(shown.modality)
    spoken = np.array([name in taught for name in weights.objects])
    cls, row, column = np.nonzero((raw[:, :height, :width] > FAINTEST) & spoken[:, None, None])
    scores = calibrated(raw[cls, row, column], lines[cls].T)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= least][:MOST]
    cls, row, column, scores = cls[order], row[order], column[order], scores[order]
    upright, turned, sure = _boxes(sight.geometry[:, row, column], column, row, shown, weights.stride)
    found = []
    for index in range(len(order)):
        x0, y0, x1, y1 = upright[index]
        if (
            x1 - x0 <= 0
            or y1 - y0 <= 0
            or not _likely(max(x1 - x0, y1 - y0), shown.gsd_m, weights.lengths_m[cls[index]])
        ):
            continue
        box = tuple(float(number) for number in upright[index])
        found.append(
            Peak(
                weights.objects[cls[index]],
                float(scores[index]),
                box,  # type: ignore[arg-type]
                tuple(float(number) for number in turned[index]) if sure[index] else None,  # type: ignore[arg-type]
            )
        )
    return one_each_place(found)


def _likely(length_px: float, gsd_m: float | None, limits_m: tuple[float, float]) -> bool:
    """Whether something of that length can be of that class."""
    least, most = _lengths_px(gsd_m, limits_m)
    return least <= length_px <= most


def _lengths_px(gsd_m: float | None, limits_m: tuple[float, float]) -> tuple[float, float]:
    """Between which lengths a box of that class may be; the eye's boxes err by a third at worst."""
    if gsd_m is None:
        return DOT_PX, np.inf
    return max(DOT_PX, 0.7 * limits_m[0] / gsd_m), 1.5 * limits_m[1] / gsd_m


def traces(sight: Sight, shown: Shown, weights: NanoWeights, *, frame: int) -> list[Trace]:
    """Give where each class left a trace, also those that the eye does not claim to find; the strongest `MOST_TRACES`.

    Nothing is suppressed by a likelier neighbour of another class, and no box is asked for.
    """
    height, width = -(-shown.size[1] // weights.stride), -(-shown.size[0] // weights.stride)
    raw = sight.peaks[:, :height, :width]
    lines = weights.calibration.objects_of(shown.modality, weights.objects)
    cls, row, column = np.nonzero(raw > FAINTEST)
    scores = calibrated(raw[cls, row, column], lines[cls].T)
    across, down = (weights.stride * scale for scale in shown.scale)
    x, y = shown.box.x0 + (column + 0.5) * across, shown.box.y0 + (row + 0.5) * down
    limits = [_lengths_px(shown.gsd_m, lengths_m) for lengths_m in weights.lengths_m]
    return [
        Trace(weights.objects[cls[at]], float(scores[at]), float(x[at]), float(y[at]), limits[cls[at]], frame)
        for at in np.argsort(-scores, kind="stable")[:MOST_TRACES].tolist()
    ]


def calibrated(probability: NDArray[np.float32], line: Line | NDArray[np.float64]) -> NDArray[np.float64]:
    """Move raw probabilities (n,) along a fitted line of logits; line: (a, b), each a number or (n,)."""
    p = np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)
    return _sigmoid(line[0] * np.log(p / (1 - p)) + line[1])


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))))


def one_each_place(found: Sequence[Peak]) -> list[Peak]:
    """Keep the likeliest peak of each place; the labels of the others become its alternatives."""
    if not found:
        return []
    boxes = np.array([peak.box for peak in found])
    turned = np.array([peak.turned or (np.nan,) * 5 for peak in found])
    order = np.argsort([-peak.score for peak in found], kind="stable")
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    by_left = np.argsort(boxes[:, 0], kind="stable")
    lefts, widest = boxes[by_left, 0], (boxes[:, 2] - boxes[:, 0]).max()
    free = np.ones(len(found), np.bool_)
    kept = []
    for index in order.tolist():
        if not free[index]:
            continue
        reach = np.searchsorted(lefts, (boxes[index, 0] - widest, boxes[index, 2]))
        near = np.sort(by_left[reach[0] : reach[1]])  # of the ten thousands of a large scene a few
        near = near[free[near]]
        low = np.maximum(boxes[index, :2], boxes[near, :2])
        high = np.minimum(boxes[index, 2:], boxes[near, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        alike = shared / (area[index] + area[near] - shared) > SAME_PLACE
        same = near[alike | _along(turned[near], turned[index]) | (near == index)]
        free[same] = False
        rivals = [(found[i].label, found[i].score) for i in same.tolist() if found[i].label != found[index].label]
        rivals.sort(key=lambda rival: -rival[1])
        kept.append(replace(found[index], others=tuple(rivals[:3])))
    return kept


def _along(turned: NDArray[np.float64], one: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether turned boxes (n, 5) lie on the spine of one (5,) and as it does: of a long ship, bow and stern.

    Their upright boxes share little. Ships side by side lie beside its spine, ships in a row share none of it.
    """
    x, y, long, short, angle_deg = one
    radians = np.radians(angle_deg)
    right, down = turned[:, 0] - x, turned[:, 1] - y
    along = np.abs(right * np.cos(radians) + down * np.sin(radians))
    across = np.abs(down * np.cos(radians) - right * np.sin(radians))
    bent = np.abs((turned[:, 4] - angle_deg + 90) % 180 - 90)
    shared = (long + turned[:, 2]) / 2 - along
    near = across < max(short / 2, BESIDE * long)
    return np.asarray((shared > OVERLAID * np.minimum(long, turned[:, 2])) & near & (bent < BENT_DEG))


def coloured(found: Sequence[Peak], shown: Shown) -> list[Peak]:
    """Give peaks with the colour that the picture shows, where it shows any."""
    return [replace(peak, colour=colour_of(shown, peak.box)) for peak in found]


def seen_objects(found: Sequence[Peak], *, frame: int, first: int) -> list[SeenObject]:
    """Give peaks as evidence, with ids from o<first> on and their colour where there is any."""
    objects = []
    for number, peak in enumerate(found, start=first):
        region: Box | OrientedBox = Box(*peak.box, label=peak.label, score=peak.score, frame=frame)
        if peak.turned is not None:
            region = OrientedBox(*peak.turned, label=peak.label, score=peak.score, frame=frame)
        attributes = (("colour", *peak.colour),) if peak.colour else ()
        objects.append(SeenObject(f"o{number}", peak.label, peak.score, region, attributes, peak.others))
    return objects


def faint_objects(found: Sequence[Peak], *, frame: int, first: int) -> list[SeenObject]:
    """Give peaks too faint to be mentioned, with ids from f<first> on."""
    objects = []
    for number, peak in enumerate(found, start=first):
        region = Box(*peak.box, label=peak.label, score=peak.score, frame=frame)
        objects.append(SeenObject(f"f{number}", peak.label, peak.score, region, others=peak.others))
    return objects


def cover_map(sight: Sight, shown: Shown, weights: NanoWeights, *, frame: int) -> CoverMap:
    """Give the likeliest cover of each cell, or cloud; cells without a measurement are left out."""
    probability = cover_of(sight, shown, weights)
    height, width = probability.shape[1:]
    names, clouds = weights.cover, weights.calibration.clouds
    if clouds and sight.dense is not None and shown.modality in PICTURES and _is_clouded(sight, weights):
        if len(clouds) != len(sight.dense) + 1:
            raise ModelError(
                "nano.json does not fit the eye",
                value=f"calibration.clouds of {len(clouds)} numbers",
                expected=f"one for each of {len(sight.dense)} dense features, and a bias",
            )
        dense = sight.dense[:, :height, :width].astype(np.float64)
        under = _sigmoid(np.tensordot(np.array(clouds[:-1]), dense, axes=1) + clouds[-1]).astype(np.float32)
        probability, names = np.concatenate([probability * (1 - under), under[None]]), (*names, CLOUD)
    labels = probability.argmax(axis=0).astype(np.uint8)
    best = probability.max(axis=0)
    known = shown.known[:: weights.stride, :: weights.stride][:height, :width]
    labels[~known] = NOWHERE
    across, down = shown.scale
    left, top = shown.box.x0, shown.box.y0
    place = Box(left, top, left + width * weights.stride * across, top + height * weights.stride * down)
    sure = np.where(known, best, 0).astype(np.float16)
    return CoverMap(names, labels, sure, place, frame, np.where(known, probability, 0).astype(np.float16))


def cover_of(sight: Sight, shown: Shown, weights: NanoWeights) -> NDArray[np.float32]:
    """Give (covers, h, w) calibrated probabilities of the cells inside the picture, without clouds."""
    height, width = -(-shown.size[1] // weights.stride), -(-shown.size[0] // weights.stride)
    probability = softmax(sight.cover[:, :height, :width] / weights.calibration.cover_of(shown.modality))
    line = weights.calibration.water_of(shown.modality)
    return water.corrected(probability, weights.cover, shown, line, weights.stride)


def any_cloud(share: float) -> float:
    """Give the probability that there is any cloud, from the share of the image that is expected under it."""
    return float(calibrated(np.array([share], np.float32), CLOUDED)[0])


def _is_clouded(sight: Sight, weights: NanoWeights) -> bool:
    """Whether the flag says that there are clouds: without it white roofs would be some, an eighth of a town."""
    told = flags(sight.quality, weights.quality, weights.calibration.quality, letter="q", frame=0, first=1)
    return any(any_cloud(flag.probability) >= HALF for flag in told if flag.name == CLOUD)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give probabilities along the first axis."""
    raised = np.exp(logits - logits.max(axis=0))
    return np.asarray(raised / raised.sum(axis=0), np.float32)


def scene_guesses(logits: NDArray[np.float32], weights: NanoWeights, *, frame: int, first: int) -> list[Guess]:
    """Give the scene classes, likeliest first, down to 2 %."""
    probability = softmax(logits / weights.calibration.scene)
    ranked = [int(index) for index in np.argsort(-probability) if probability[index] >= 0.02]
    return [
        Guess(f"s{first + place}", weights.scenes[index], float(probability[index]), frame)
        for place, index in enumerate(ranked)
    ]


def flags(
    logits: NDArray[np.float32], names: Sequence[str], line: Line, *, letter: str, frame: int, first: int
) -> list[Guess]:
    """Give independent yes-or-no guesses, in the order of their names."""
    probability = _sigmoid(line[0] * logits.astype(np.float64) + line[1])
    return [
        Guess(f"{letter}{first + index}", name, float(probability[index]), frame) for index, name in enumerate(names)
    ]


def _boxes(
    geometry: NDArray[np.float32],
    column: NDArray[np.intp],
    row: NDArray[np.intp],
    shown: Shown,
    stride: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """(n, 4) upright and (n, 5) turned boxes in whole-raster pixels, and where the turned one says more.

    geometry: (8, n). Upright boxes are cut to what was looked at. Pixels may be scaled unequally by a rounding
    error only, hence one scale for the turned box.
    """
    numbers = geometry.astype(np.float64)
    across, down = shown.scale
    wide, high, long, short = np.exp(np.clip(numbers[[0, 1, 4, 5]], -3, 6)) * stride
    cx, cy = (column + numbers[2]) * stride, (row + numbers[3]) * stride
    x, y = shown.box.x0 + cx * across, shown.box.y0 + cy * down
    upright = np.stack([x - wide * across / 2, y - high * down / 2, x + wide * across / 2, y + high * down / 2], axis=1)
    upright[:, 0::2] = upright[:, 0::2].clip(shown.box.x0, shown.box.x1)
    upright[:, 1::2] = upright[:, 1::2].clip(shown.box.y0, shown.box.y1)
    angle = np.degrees(np.arctan2(numbers[6], numbers[7])) / 2 % 180
    scale = (across + down) / 2
    turned = np.stack([x, y, long * scale, short * scale, angle], axis=1)
    off_axis = np.minimum(angle % 90, 90 - angle % 90)
    sure = (long > LONG * short) & (np.hypot(numbers[6], numbers[7]) > SURE_TURN) & (off_axis > ALIGNED_DEG)
    return upright, turned, sure
