"""Conversations derived from exact truth: questions of all tasks about simulated scenes, photos, pairs and videos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Conversation, Sample, Turn
from geoglot.scenes import Scene
from geoglot.scenes.arrays import frame_from_array, scene_from_array
from geoglot.scenes.scene import Frame, SceneKind
from geoglot.simulate.change import SimulatedPair
from geoglot.simulate.conversations.balance import kept
from geoglot.simulate.conversations.candidate import Candidate
from geoglot.simulate.conversations.facts import facts, photo_facts
from geoglot.simulate.conversations.several import about_pair, about_video, navigate
from geoglot.simulate.conversations.single import candidates, in_asked_unit
from geoglot.simulate.earth import grid_of
from geoglot.simulate.noise import generator
from geoglot.simulate.photo import SimulatedPhoto
from geoglot.simulate.photo_files import PHOTOS_READ_AS
from geoglot.simulate.products import display
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.video import SimulatedVideo
from geoglot.tasks import TaskName, get

__all__ = ["as_photo", "as_scene", "ask_pair", "ask_photo", "ask_scene", "ask_video"]

_ASK = 99
# The sensor of the table, and the names of its bands, that hold each simulated sensor's values as they are.
_SENSOR = {
    "optical": ("multispectral-reflectance", ("red", "green", "blue", "nir")),
    "sar": ("sentinel-1-sigma0", ("VV", "VH")),
    "thermal": ("thermal-kelvin", ("thermal",)),
    "multispectral": ("sentinel-2-l1c", ()),
}


def _frame(image: NDArray[np.float32], sensor: str, corner: tuple[float, float], gsd_m: float) -> Frame:
    """A frame on a metric grid, put down on the Earth as `earth.grid_of` does."""
    name, bands = _SENSOR[sensor]
    height, width = image.shape[1:]
    return frame_from_array(image, sensor=name, grid=grid_of(*corner, (width, height), gsd_m), bands=bands)


def as_scene(*views: SimulatedScene) -> Scene:
    """One or two views as a Scene that any model can be asked about."""
    frames = tuple(_frame(view.image, view.sensor, (view.x_m, view.y_m), view.gsd_m) for view in views)
    return Scene(SceneKind.IMAGE if len(frames) == 1 else SceneKind.PAIR, frames)


def as_photo(taken: SimulatedPhoto) -> Scene:
    """A photo as the Scene that its file is read as: picture values, no place."""
    return scene_from_array(display(taken.image), sensor=PHOTOS_READ_AS[taken.sensor])


def _sample(candidate: Candidate, scene: Scene, name: str, rng: np.random.Generator) -> Sample:
    question = get(candidate.task).ask(rng, **candidate.fields)
    if candidate.task is TaskName.AREA:
        width, height = scene.size
        candidate = in_asked_unit(candidate, question, width * height * float(scene.gsd_m or 0.0) ** 2)
    turn = Turn("user", question[0].upper() + question[1:], candidate.shown)
    return Sample(
        id=name,
        conversation=Conversation(scene, (turn,)),
        task=candidate.task,
        truth=candidate.truth,
        references=(candidate.reply,),
        type=candidate.kind,
        source="geoglot.simulate",
        licence="Apache-2.0",
    )


def _chosen(found: list[Candidate], count: int, rng: np.random.Generator) -> list[Candidate]:
    """Up to `count` candidates, going round the kinds so that no kind crowds out the others."""
    by_kind: dict[str, list[Candidate]] = {}
    for index in rng.permutation(len(found)):
        by_kind.setdefault(found[index].kind, []).append(found[index])
    kinds = list(by_kind)
    order = [by_kind[kinds[k]] for k in rng.permutation(len(kinds))]
    rounds = max((len(part) for part in order), default=0)
    return [part[turn] for turn in range(rounds) for part in order if turn < len(part)][:count]


def ask_scene(view: SimulatedScene, *, seed: int, count: int = 16) -> tuple[Sample, ...]:
    """Up to `count` balanced questions about one view: a pure function of view and seed.

    Answers are in `truth` (typed, with regions in pixels) and in words in `references`, where markers <r0> … stand
    for the regions of `truth`.
    """
    rng = generator(seed, _ASK)
    read = facts(view)
    found = kept(view.sensor, candidates(read, rng) + list(navigate(read, rng)), rng)
    scene = as_scene(view)
    name = f"simulated-{view.sensor}-{view.world_seed}-{seed}"
    return tuple(_sample(one, scene, f"{name}-{k}", rng) for k, one in enumerate(_chosen(found, count, rng)))


def ask_photo(taken: SimulatedPhoto, *, seed: int, count: int = 16) -> tuple[Sample, ...]:
    """Up to `count` balanced questions about one photo, as of `ask_scene`; regions are boxes and masks in it."""
    rng = generator(seed, _ASK, 3)
    found = kept(taken.sensor, candidates(photo_facts(taken), rng), rng)
    scene, name = as_photo(taken), f"simulated-{taken.sensor}-{taken.world_seed}-{seed}"
    return tuple(_sample(one, scene, f"{name}-{k}", rng) for k, one in enumerate(_chosen(found, count, rng)))


def ask_pair(pair: SimulatedPair, *, seed: int, count: int = 8) -> tuple[Sample, ...]:
    """Up to `count` balanced questions about what changed between two dates."""
    rng = generator(seed, _ASK, 1)
    scene = as_scene(pair.before, pair.after)
    found = kept("pair", about_pair(pair, rng), rng)
    name = f"simulated-pair-{pair.before.world_seed}-{seed}"
    return tuple(_sample(one, scene, f"{name}-{k}", rng) for k, one in enumerate(_chosen(found, count, rng)))


def ask_video(video: SimulatedVideo, *, seed: int, count: int = 6) -> tuple[Sample, ...]:
    """Up to `count` balanced questions about what moves in a clip."""
    rng = generator(seed, _ASK, 2)
    frames = tuple(
        _frame(image, video.sensor, (float(x), float(y)), video.gsd_m)
        for image, (x, y) in zip(video.frames, video.corners_m, strict=True)
    )
    scene = Scene(SceneKind.VIDEO, frames)
    found = kept("video", about_video(video, rng), rng)
    chosen = _chosen(found, count, rng)
    return tuple(_sample(one, scene, f"simulated-video-{seed}-{k}", rng) for k, one in enumerate(chosen))
