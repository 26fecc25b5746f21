"""What a model is shown: the image, no image, an image without content, or another sample's image.

A benchmark that a model passes without the right image measures its language, not its sight.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Conversation, Sample
from geoglot.errors import InputError
from geoglot.scenes import Channel, Frame, Scene
from geoglot.scenes.arrays import frame_from_array


class Mode(enum.StrEnum):
    """How the scenes of a benchmark are given."""

    IMAGE = "image"
    BLIND = "blind"  # no scene at all: text only
    BLANK = "blank"  # of the same size, every pixel the mean of the benchmark
    SHUFFLED = "shuffled"  # another sample's scene


def shown(samples: Sequence[Sample], mode: Mode, *, seed: int) -> tuple[Sample, ...]:
    """Give the samples with their scenes as the mode wants them; questions and truths stay.

    Samples of one image stay together: they share its blank or the same other image. seed: of the shuffle.
    Raises InputError where there are not two images to shuffle.
    """
    if mode is Mode.IMAGE:
        return tuple(samples)
    if mode is Mode.BLIND:
        return tuple(_with_scene(sample, None) for sample in samples)
    scenes = {id(sample.conversation.scene): sample.conversation.scene for sample in samples}
    seen = [scene for scene in scenes.values() if scene is not None]
    given = _blanks(seen) if mode is Mode.BLANK else _others(seen, seed)
    other = dict(zip((id(scene) for scene in seen), given, strict=True))
    return tuple(_with_scene(sample, other.get(id(sample.conversation.scene))) for sample in samples)


def scene_digest(scene: Scene) -> str:
    """Give the SHA-256 of what a model can know of a scene: kind, sensor, GSD, band names and every pixel."""
    digest = hashlib.sha256(scene.kind.value.encode())
    for frame in scene.frames:
        digest.update(repr((frame.sensor.name, frame.gsd_m, frame.band_names, frame.size, frame.crs)).encode())
        digest.update(np.ascontiguousarray(frame.bands(), "<f4").tobytes())
    return digest.hexdigest()


def _with_scene(sample: Sample, scene: Scene | None) -> Sample:
    return replace(sample, conversation=Conversation(scene, sample.conversation.turns))


def _others(scenes: Sequence[Scene], seed: int) -> list[Scene]:
    """For each scene another one: a random ring, so that none keeps its own and each is used once."""
    if len(scenes) < 2:
        raise InputError("one image cannot be shuffled", value=len(scenes), expected="a benchmark of two or more")
    order = np.random.default_rng(seed).permutation(len(scenes)).tolist()
    following = dict(zip(order, [*order[1:], order[0]], strict=True))
    return [scenes[following[place]] for place in range(len(scenes))]


def _blanks(scenes: Sequence[Scene]) -> list[Scene]:
    totals: dict[str, NDArray[np.float64]] = {}
    for scene in scenes:
        for frame in scene.frames:
            for name, layer in zip(frame.band_names, frame.bands(), strict=True):
                known = layer[np.isfinite(layer)]
                totals[name] = totals.get(name, np.zeros(2)) + np.array([known.sum(dtype=np.float64), known.size])
    mean = {name: float(total / max(count, 1)) for name, (total, count) in totals.items()}
    return [replace(scene, frames=tuple(_blank(frame, mean) for frame in scene.frames)) for scene in scenes]


def _blank(frame: Frame, mean: dict[str, float]) -> Frame:
    width, height = frame.size
    layers = [np.full((height, width), mean[name], np.float32) for name in frame.band_names]
    plain = frame_from_array(np.stack(layers), sensor=frame.sensor, grid=frame.grid, bands=frame.band_names)
    channels = tuple(
        Channel(channel.band, flat.source, flat.layer)
        for channel, flat in zip(frame.channels, plain.channels, strict=True)
    )
    return replace(plain, channels=channels, told_by=frame.told_by)
