"""How a member of the family is shown a scene: pictures for its stems, words around them, with its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from geoglot.errors import InputError
from geoglot.nets import tokens
from geoglot.nets.batch import IGNORED
from geoglot.nets.bridge import frame_tokens, tile_tokens
from geoglot.nets.family import FamilyConfig
from geoglot.nets.told import Told
from geoglot.regions import Box, Mask, Path, Region
from geoglot.regions.codecs import Codec
from geoglot.regions.codecs.earth_onevision import EarthOneVision
from geoglot.train.text.drawn import Drawn
from geoglot.train.text.facts import TAGS
from geoglot.train.text.frames import for_stem, nothing_for
from geoglot.train.text.seen import Asked
from geoglot.train.text.seen import Box as Corners
from geoglot.train.text.truths import Truth, box_targets, frame_cells, mask_target, path_target
from geoglot.train.text.views import Scene, Talk
from geoglot.train.text.vocabulary import Vocabulary

MODALITY = {"optical": "[OPT]", "multispectral": "[MS]", "sar": "[SAR]", "thermal": "[IR]"}
TILES = (2, 2)
"""Rows and columns of tiles beside the view of the whole, for members that tile."""

HEADS = ("boxes", "mask", "trajectory")
"""Names of the heads and of their losses."""

TOKENS = dict(zip(HEADS, tokens.DECODED, strict=True))
"""The decode token of each head."""

HEAD_OF = {"detect": "boxes", "segment": "mask", "navigate": "trajectory"}
"""The head that can answer a task."""

STEPS = {"decompose": "[DEC]"}
"""The tag of a question that is answered step by step: no task of the runtime, but one of RingMo-Agent's."""

_MARKER = re.compile(r"<r(\d+)>")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Frames of one view. pixels: (F, C, H, W); images: how many times the member's tokens of an image they become;
    told: of each of them.
    """

    stem: str
    pixels: NDArray[np.float32]
    images: int
    told: Told
    bands_um: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Taught:
    """What a stage teaches. words: replies written out. heads: those whose tokens are replies."""

    words: bool = True
    heads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One scene with its questions as tokens; names as in `MemberLesson` and `Batch`. shown: its views in their order.
    truths: of its decode tokens, on the first frame.
    """

    shown: tuple[Shown, ...]
    ids: NDArray[np.int64]
    block: NDArray[np.int64]
    steps: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]
    truths: tuple[Truth, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A question with its reply as ids. reply: how many of them are the reply. truth: of its decode token."""

    ids: list[int]
    reply: int
    truth: Truth | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """side_px: of a frame, or of a tile. length: tokens of a row. codec: the member's text form of places.

    Raises InputError if the frames of a scene fill a row.
    """

    config: FamilyConfig
    words: Vocabulary
    codec: Codec
    side_px: int
    length: int

    def __post_init__(self) -> None:
        if self.image_tokens >= self.length:
            raise InputError("an image leaves no room for words", value=f"{self.image_tokens} tokens",
                             expected=f"fewer than the {self.length} of a row")  # fmt: skip

    @property
    def tiled(self) -> bool:
        """Whether an image is a view of the whole and tiles of it."""
        return self.config.bridge.layout == "tiles"

    @property
    def tiles(self) -> tuple[int, int] | None:
        """Rows and columns of tiles, None for members that do not tile."""
        return TILES if self.tiled else None

    @property
    def image_tokens(self) -> int:
        """Tokens that one image becomes."""
        side = self.side_px // self.config.trunk.patch
        return tile_tokens(side, *TILES) if self.tiled else frame_tokens(self.config.bridge, side, side)

    def lengths(self, talk: Talk, taught: Taught) -> NDArray[np.int64]:
        """Give the tokens of every scene as `laid` gives it."""
        images = [self._frames(talk, view, 0).images for view in range(len(talk.views))]
        found = []
        for index, scene in enumerate(talk.scenes):
            start = self.image_tokens * sum(images[view] for view in scene.frames)
            found.append(start + sum(len(one.ids) for one in self._fitting(talk, index, taught, start=start)))
        return np.array(found)

    def laid(self, talk: Talk, index: int, taught: Taught) -> Laid:
        """Give a scene with those of its questions that fit into a row, each as if it were the only one."""
        shown = self.shown(talk, index)
        start = sum(one.images for one in shown) * self.image_tokens
        ids, block, steps = [self.config.image] * start, [0] * start, list(range(start))
        targets, weights, truths = [IGNORED] * start, [0.0] * start, []
        for number, one in enumerate(self._fitting(talk, index, taught, start=start), start=1):
            before = len(one.ids) - one.reply - 1
            ids += one.ids
            block += [number] * len(one.ids)
            steps += range(start, start + len(one.ids))
            targets += [*[IGNORED] * before, *one.ids[before + 1 :], IGNORED]
            # A caption must not drown out yes and no.
            weights += [*[0.0] * before, *[one.reply**-0.5] * one.reply, 0.0]
            truths += [one.truth] if one.truth is not None else []
        return _laid(shown, (ids, block, steps, targets), weights, tuple(truths))

    def blank(self, stem: str) -> Laid:
        """Give a picture of nothing for a stem, with no question."""
        config = next(one for one in self.config.stems if one.name == stem)
        pixels, bands_um = nothing_for(config, self.side_px)
        frames = 1 + TILES[0] * TILES[1] if self.tiled else 1
        shown = Shown(stem, np.repeat(pixels, frames, axis=0), 1, Told(), bands_um)
        count = self.image_tokens
        rest = ([0] * count, list(range(count)), [IGNORED] * count)
        return _laid((shown,), ([self.config.image] * count, *rest), [0.0] * count)

    def prompt(self, question: str, *, sensor: str, task: str) -> list[int]:
        """Give the ids of a question after its frames, up to where the reply begins. Places in it are written out."""
        words = self.words
        tags = [words[tag] for tag in (MODALITY[sensor], (TAGS | STEPS).get(task, "[VQA]")) if tag in words]
        return [words.ask, *tags, *words.ids(question), words.reply]

    def _fitting(self, talk: Talk, index: int, taught: Taught, *, start: int) -> Iterator[_Question]:
        """Give the questions of a scene that fit into a row after `start` tokens and those before."""
        for one in self._questions(talk, index, taught):
            if start + len(one.ids) <= self.length:
                start += len(one.ids)
                yield one

    def _questions(self, talk: Talk, index: int, taught: Taught) -> list[_Question]:
        """Give the questions of a scene: those of heads first, which are short."""
        scene = talk.scenes[index]
        places = tuple(scene.drawn)
        found = [one for drawn in places if (one := self._decoded(talk, scene, drawn, taught)) is not None]
        if taught.words:
            found += [self._spoken(talk, one, one.boxes) for one in scene.asked]
            # A mask costs hundreds of tokens: one of a scene.
            masks = [one for one in places if one.task == "segment" and self._writable(one, talk)][:1]
            paths = [one for one in places if one.task == "navigate" and self._writable(one, talk)]
            found += [self._spoken(talk, one, one.regions) for one in (*paths, *masks)]
        return found

    def _spoken(self, talk: Talk, asked: Asked | Drawn, regions: Sequence[Region | Corners]) -> _Question:
        """A question whose reply is written out."""
        size = talk.size
        question = self.written(asked.question, asked.shown, size)
        reply = [*self.words.ids(self.written(asked.reply, regions, size)), self.words.end]
        return _Question([*self.prompt(question, sensor=talk.sensor, task=asked.task), *reply], len(reply))

    def _decoded(self, talk: Talk, scene: Scene, drawn: Drawn, taught: Taught) -> _Question | None:
        """A question whose reply is one token that a head reads; None if no head of the stage can give it.

        That there is no mask or no way is said in words; no boxes are a set too.
        """
        head = HEAD_OF[drawn.task]
        if head not in taught.heads or (head != "boxes" and len(drawn.regions) != 1):
            return None
        size = talk.size
        across = self.side_px * (size[0] // self.side_px)  # pixels of the picture that the frame shows
        truth: Truth
        if head == "boxes":
            truth = box_targets(drawn.regions, across)
        elif head == "mask":
            assert isinstance(drawn.regions[0], Mask)
            truth = mask_target(drawn.regions[0], across, frame_cells(self.side_px))
        else:
            assert isinstance(drawn.regions[0], Path)
            assert self.config.trajectory is not None
            truth = path_target(drawn.regions[0], scene.gsd_m, self.config.trajectory)
        question = self.written(drawn.question, drawn.shown, size)
        reply = [self.words[TOKENS[head]], self.words.end]
        ids = [*self.prompt(question, sensor=talk.sensor, task=drawn.task), *reply]
        return _Question(ids, len(reply), truth)

    def _writable(self, drawn: Drawn, talk: Talk) -> bool:
        """Whether the member's text form can say this answer; its masks need a pixel for every cell."""
        kinds = {region.type for region in drawn.regions}
        cells = self.codec.cells if isinstance(self.codec, EarthOneVision) else 0
        return kinds <= set(self.codec.kinds) and ("mask" not in kinds or min(talk.size) >= cells)

    def written(self, text: str, regions: Sequence[Region | Corners], size: tuple[int, int]) -> str:
        """Write regions, upright boxes as four numbers, in the member's form for their markers, cut to the picture."""

        def one(found: re.Match[str]) -> str:
            given = regions[int(found[1])]
            region = given if isinstance(given, Region) else Box(*given)
            said = region if region.type in self.codec.kinds else region.bounds
            return self.codec.write(said.clipped(*size) or said, size)

        return _MARKER.sub(one, text)

    def shown(self, talk: Talk, index: int) -> tuple[Shown, ...]:
        """Give the views of a scene that are shown, in their order."""
        scene = talk.scenes[index]
        return tuple(
            replace(self._frames(talk, view, index), told=Told(gsd_m=scene.gsd_m, order=order))
            for order, view in enumerate(scene.frames)
        )

    def _frames(self, talk: Talk, view: int, index: int) -> Shown:
        """Give a view of a scene for the stem of its sensor, or as pseudo-RGB where the member has none."""
        across = self.side_px * (TILES[1] if self.tiled else 1)
        seen = talk.views[view]
        picture = shrunk(seen.pictures[index].astype(np.float32), across)  # (C, H, W)
        stem, images, bands_um = for_stem(picture, seen, self.config.stems)
        frames = np.concatenate([_viewed(image) for image in images]) if self.tiled else images
        return Shown(stem.name, frames, len(images), Told(), bands_um)


def _laid(
    shown: tuple[Shown, ...], ids: tuple[list[int], ...], weights: list[float], truths: tuple[Truth, ...] = ()
) -> Laid:
    """ids, block, steps and targets as arrays."""
    words, block, steps, targets = (np.array(part, np.int64) for part in ids)
    return Laid(shown, words, block, steps, targets, np.array(weights, np.float32), truths)


def shrunk(picture: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """Average squares of pixels until the picture (C, H, W) is no more than `side_px` wide, and cut it to that."""
    factor = max(1, picture.shape[2] // side_px)
    c, h, w = (picture.shape[0], picture.shape[1] // factor, picture.shape[2] // factor)
    squares = picture[:, : h * factor, : w * factor].reshape(c, h, factor, w, factor)
    small: NDArray[np.float32] = squares.mean(axis=(2, 4))[:, :side_px, :side_px]
    if small.shape[1:] != (side_px, side_px):
        raise InputError("a picture is smaller than the frames", value=picture.shape[1:], expected=f"{side_px} pixels")
    return small


def _viewed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the view of the whole and the tiles of an image (C, H, W), row by row: (5, C, H / 2, W / 2)."""
    c, h, w = image.shape
    rows, columns = TILES
    tiles = image.reshape(c, rows, h // rows, columns, w // columns).transpose(1, 3, 0, 2, 4)
    whole = shrunk(image, w // columns)
    return np.concatenate([whole[None], tiles.reshape(-1, c, h // rows, w // columns)])
