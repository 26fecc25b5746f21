"""`Mixture`: which shards how often, and the batches drawn from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from geoglot.models.nano import slots
from geoglot.models.nano.shown import ENLARGED, SPARE, enlargement
from geoglot.nets import classes
from geoglot.nets.eye import STRIDE
from geoglot.nets.losses import Batch
from geoglot.nets.targets import Dense, Marks, draw
from geoglot.train.augment import Seen, augment
from geoglot.train.shard import Shard, Truth
from geoglot.train.view import View, cut

UNKNOWN = 255
BY_CLASS = 0.5  # share of the views of a part that knows its images by class whose class is drawn first


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One shard of a mixture. weight: its share of the views, relative to the others. scale, turn: see `view.cut`.

    enlarge: magnify coarse pixels as the runtime does, on top of `scale`, and no further than it. absent_only: see
    `recipe.Ingredient`. images_of: images by class of their objects, empty where all images are to come alike often.
    """

    shard: Shard
    images: tuple[int, ...]
    weight: float
    scale: tuple[float, float]
    turn: bool = False
    enlarge: bool = False
    absent_only: bool = False
    images_of: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One augmented view with its targets. absent_only: of what its image is labelled with, it may show nothing."""

    seen: Seen
    dense: Dense
    cover: NDArray[np.uint8] | None
    truth: Truth
    shard: Shard
    absent_only: bool = False


def by_class(shard: Shard, images: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Give the images that hold each class."""
    found: dict[int, list[int]] = defaultdict(list)
    for index in images:
        for cls in sorted({cls for cls, _, _ in shard.truth[index].objects or ()}):
            found[cls].append(index)
    return {cls: tuple(indices) for cls, indices in sorted(found.items())}


def batch(parts: Sequence[Part], rng: np.random.Generator, *, views: int, size_px: int) -> Batch:
    """Draw one batch. The generator alone decides what comes: same state, same batch."""
    weights = np.array([part.weight for part in parts])
    chosen = rng.choice(len(parts), size=views, p=weights / weights.sum())
    return collate([lesson(parts[index], rng, size_px=size_px) for index in chosen], size_px=size_px)


def lesson(part: Part, rng: np.random.Generator, *, size_px: int) -> Lesson:
    """Draw one view of a part, augment it, and draw its targets."""
    index, about = _drawn(part, rng)
    closer = enlargement(part.shard.truth[index].gsd_m) if part.enlarge else 1.0
    scale = (closer * part.scale[0], min(closer * part.scale[1], ENLARGED * SPARE))
    view = cut(part.shard, index, rng, size_px=size_px, scale=scale, turn=part.turn, about=about)
    one = taught(view, part.shard, augment(view.levels, part.shard.slots, rng))
    return replace(one, absent_only=part.absent_only)


def _drawn(part: Part, rng: np.random.Generator) -> tuple[int, int | None]:
    """An image, and the class it was drawn for: by the root of how many images hold it, so that rare ones come too."""
    if part.images_of and rng.random() < BY_CLASS:
        names = list(part.images_of)
        often = np.sqrt([len(part.images_of[cls]) for cls in names])
        about = names[int(rng.choice(len(names), p=often / often.sum()))]
        return int(rng.choice(part.images_of[about])), about
    return part.images[int(rng.integers(len(part.images)))], None


def taught(view: View, shard: Shard, seen: Seen) -> Lesson:
    """Give the view with targets for what was left of it: a ruined picture has no objects and no cover."""
    marks, unsure = (Marks.none(), view.unsure[:0]) if seen.noise else (view.marks, view.unsure)
    size_px = view.levels.shape[1]
    dense = draw(marks, unsure, classes=len(classes.OBJECTS), size_px=size_px, stride=STRIDE)
    if seen.cloud > 0.3:
        dense.scored[:] = False  # nobody can tell which of the objects are under the cloud
    cover = None
    if view.cover is not None and not (seen.noise or seen.loose):
        cover = view.cover[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    return Lesson(seen, dense, cover, view.truth, shard)


def collate(lessons: Sequence[Lesson], *, size_px: int) -> Batch:
    """Stack lessons to one batch; every data set's own cover names become rows of one table."""
    side = size_px // STRIDE
    pairs = [slots.centred(one.seen.levels, (size_px, size_px)) for one in lessons]
    cover = np.full((len(lessons), side, side), UNKNOWN, np.uint8)
    allowed: list[tuple[int, ...]] = []
    rows: dict[str, int] = {}
    for index, one in enumerate(lessons):
        if one.cover is None:
            if (kinds := _possible(one)) is not None:
                if kinds not in allowed:
                    allowed.append(kinds)
                cover[index] = allowed.index(kinds)
            continue
        start = rows.setdefault(one.shard.name, len(allowed))
        if start == len(allowed):
            allowed.extend(one.shard.cover_sets)
        cover[index] = np.where(one.cover == UNKNOWN, UNKNOWN, one.cover + start)
    table = np.zeros((max(1, len(allowed)), len(classes.COVER)), np.bool_)
    for row, members in enumerate(allowed):
        table[row, list(members)] = True
    known, held = zip(*(_classes_known(one) for one in lessons), strict=True)
    where = [
        (i, cls, *cell)
        for i, one in enumerate(lessons)
        for cls, cell in zip(one.dense.cls, one.dense.cells, strict=True)
    ]
    return Batch(
        image=torch.from_numpy(np.stack([image for image, _ in pairs])),
        present=torch.from_numpy(np.stack([present for _, present in pairs])),
        heat=torch.from_numpy(np.stack([one.dense.heat for one in lessons])),
        known=torch.from_numpy(np.stack(known)),
        scored=torch.from_numpy(np.stack([one.dense.scored for one in lessons])).float(),
        where=torch.from_numpy(np.array(where, np.int64).reshape(-1, 4)),
        geometry=torch.from_numpy(np.concatenate([one.dense.geometry for one in lessons])),
        oriented=torch.from_numpy(np.concatenate([one.dense.oriented for one in lessons])).float(),
        share=torch.from_numpy(np.concatenate([one.dense.share for one in lessons])),
        held=torch.from_numpy(np.stack(held)),
        cover=torch.from_numpy(cover),
        allowed=torch.from_numpy(table),
        scene=torch.tensor([-1 if one.truth.scene is None or _hidden(one) else one.truth.scene for one in lessons]),
        tags=torch.tensor([_tags(one) for one in lessons], dtype=torch.float32),
        quality=torch.tensor([_quality(one.seen) for one in lessons], dtype=torch.float32),
    )


def _hidden(one: Lesson) -> bool:
    """Too little of the ground is left to ask for its scene."""
    return one.seen.noise or one.seen.cloud > 0.5 or one.absent_only


def _possible(one: Lesson) -> tuple[int, ...] | None:
    """Covers that a photograph without a map of them may show: without the tags water and sea no cell is water."""
    if one.truth.tags is None or one.seen.noise or one.seen.cloud > 0:
        return None
    said = dict(zip(classes.TAGS, one.truth.tags, strict=True))
    absent = {name for name, tags in classes.COVER_TAGS.items() if not any(said[tag] for tag in tags)}
    return tuple(place for place, name in enumerate(classes.COVER) if name not in absent) if absent else None


def _classes_known(one: Lesson) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(K,) classes whose every place is known, (K,) classes that are somewhere in the view, place unknown."""
    known, held = one.shard.labelled.copy(), np.zeros(len(classes.OBJECTS), np.float32)
    if one.seen.noise:
        return np.ones_like(known), held
    if one.truth.tags is not None:
        said = dict(zip(classes.TAGS, one.truth.tags, strict=True))
        for tag, names in classes.TAG_OBJECTS.items():
            places = [classes.OBJECTS.index(name) for name in names]
            if said[tag]:
                held[places[0]] = float(not one.absent_only)
            else:
                known[places] = 1.0
    return known, held


def _tags(one: Lesson) -> tuple[float, ...]:
    if one.truth.tags is None or one.seen.noise or one.seen.cloud > 0.5:
        return (-1.0,) * len(classes.TAGS)
    return tuple(-1.0 if tag and one.absent_only else float(tag) for tag in one.truth.tags)


def _quality(seen: Seen) -> tuple[float, float, float]:
    """Cloud share, blur, noise. Of a ruined picture only that it is one."""
    return (-1.0, -1.0, 1.0) if seen.noise else (seen.cloud, float(seen.blurred), 0.0)
