"""Every pixel for itself: ridge regression on band values and their surroundings, for masks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation, Sample
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import reply, scene_of
from geoglot.evaluate.benchmarks.samples import IGNORED
from geoglot.evaluate.forms import MASKS, size_of, union
from geoglot.models.protocol import Model
from geoglot.regions import Mask
from geoglot.scenes import Frame
from geoglot.tasks import Parsed, TaskName

RIDGE = 1.0
REACHES_PX = (1, 4)  # of the square windows whose mean is taken: 3 x 3 and 9 x 9 pixels

Floats = NDArray[np.float64]


class Pixels(Model):
    """One linear rule for all pixels of all training images, from the bands that every one of them has."""

    def __init__(self, name: str, samples: Iterable[Sample]) -> None:
        self.name = name
        total = hashlib.sha256()
        self._bands: tuple[str, ...] = ()
        gram: Floats | None = None
        target: Floats | None = None
        for sample in samples:
            self._bands = self._bands or common_names(scene_of(sample.conversation).frame)
            rows, truth = known_pixels(sample, self._bands)
            gram = rows.T @ rows + (0 if gram is None else gram)
            target = rows.T @ truth + (0 if target is None else target)
            total.update(sample.id.encode())
        if gram is None:
            raise InputError("a pixel rule has to be fitted on something", expected="a benchmark with a training part")
        scale = np.sqrt(np.diag(gram))
        scaled = gram / np.outer(scale, scale) + RIDGE * 1e-6 * np.eye(len(gram))
        self._weights: Floats = np.linalg.solve(scaled, target / scale) / scale
        self.sha256 = total.hexdigest()

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Give the pixels whose score is above one half. Raises InputError without an image, BandError for bands
        that the training had and the image has not."""
        frame = scene_of(conversation).frame
        score = np.nan_to_num(pixel_rows(frame, self._bands)) @ self._weights
        return masked_reply(self.name, self.sha256, score.reshape(frame.size[1], frame.size[0]), task=task)


def masked_reply(name: str, sha256: str, score: Floats, *, task: TaskName | None) -> Answer:
    """Answer with the pixels whose score (H, W) is above one half, as sure as the scores are far from it."""
    inside = score > 0.5
    truth = Parsed(regions=(Mask.from_array(inside),) if inside.any() else ())
    sure = float(np.clip(np.abs(score - 0.5).mean() + 0.5, 0, 1))
    text = f"{inside.mean():.0%} of the image"
    return reply(name, sha256, truth, task=task or TaskName.SEGMENT, text=text, confidence=sure)


def known_pixels(sample: Sample, bands: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Give the rows (N, D) of the pixels whose bands and truth are known, and whether each is inside (N,), 0 or 1.

    Raises InputError for a sample that asks for no mask, BandError for bands that its image has not.
    """
    if sample.task not in MASKS:
        raise InputError("a rule for pixels gives masks only", value=sample.task)
    wanted = [region for region in sample.truth.regions if region.label != IGNORED]
    ignored = [region for region in sample.truth.regions if region.label == IGNORED]
    inside, unknown = union(wanted, size_of(sample)), union(ignored, size_of(sample))
    rows = pixel_rows(scene_of(sample.conversation).frame, bands)
    kept = np.isfinite(rows).all(axis=1) & ~unknown.ravel()
    return rows[kept], inside.ravel()[kept].astype(np.float64)


def common_names(frame: Frame) -> tuple[str, ...]:
    """Give the names that the frame's bands share with other sensors, sorted."""
    return tuple(sorted(channel.band.common or channel.band.name for channel in frame.channels))


def pixel_rows(frame: Frame, bands: tuple[str, ...]) -> Floats:
    """Give (H * W, D): each band's value, its square, its means around the pixel, and a one; NaN where unknown."""
    values = frame.bands(*bands).astype(np.float64)  # (C, H, W)
    layers = [values, values**2, *(_around(values, reach) for reach in REACHES_PX)]
    rows = np.concatenate(layers).reshape(len(layers) * len(values), -1).T
    return np.hstack([rows, np.ones((len(rows), 1))])


def _around(values: Floats, reach: int) -> Floats:
    """The mean over a square window that is repeated at the edges; (C, H, W)."""
    side = 2 * reach + 1
    padded = np.pad(values, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    total = np.pad(padded.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    sums: Floats = total[:, side:, side:] - total[:, :-side, side:] - total[:, side:, :-side] + total[:, :-side, :-side]
    return sums / side**2
