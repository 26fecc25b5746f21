"""How a member of the family is shown a scene: pictures for its stems, words around them, with its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.nets.batch import IGNORED
from geoglot.nets.bridge import frame_tokens, tile_tokens
from geoglot.nets.family import FamilyConfig
from geoglot.nets.told import Told
from geoglot.regions import Box as Region
from geoglot.regions.codecs import Codec
from geoglot.train.text.facts import TAGS
from geoglot.train.text.seen import Box
from geoglot.train.text.talk import RED_GREEN_BLUE, STEMS, Talk
from geoglot.train.text.vocabulary import Vocabulary

MODALITY = {"optical": "[OPT]", "multispectral": "[MS]", "sar": "[SAR]", "thermal": "[IR]"}
TILES = (2, 2)
"""Rows and columns of tiles beside the view of the whole, for members that tile."""

RGB_UM = ((0.665, 0.031), (0.560, 0.036), (0.490, 0.066))
"""Bands of a blank picture for a spectral stem."""

_MARKER = re.compile(r"<r(\d+)>")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Frames of one stem. pixels: (F, C, H, W); images: how many times the member's tokens of an image they become."""

    stem: str
    pixels: NDArray[np.float32]
    images: int
    bands_um: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One scene with its questions as tokens; names as in `MemberLesson` and `Batch`."""

    shown: Shown
    told: Told
    ids: NDArray[np.int64]
    block: NDArray[np.int64]
    steps: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """side_px: of a frame, or of a tile. length: tokens of a row. codec: the member's text form of boxes.

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
    def image_tokens(self) -> int:
        """Tokens that one image becomes."""
        side = self.side_px // self.config.trunk.patch
        return tile_tokens(side, *TILES) if self.tiled else frame_tokens(self.config.bridge, side, side)

    def lengths(self, talk: Talk) -> NDArray[np.int64]:
        """Give the tokens of every scene with all its questions."""
        images = self._shown(talk, 0).images * self.image_tokens
        scenes = range(len(talk.scenes))
        return np.array([images + sum(len(ids) for ids, _ in self._questions(talk, index)) for index in scenes])

    def laid(self, talk: Talk, index: int) -> Laid:
        """Give a scene with as many of its questions as fit into a row, each as if it were the only one."""
        shown = self._shown(talk, index)
        start = shown.images * self.image_tokens
        ids, block, steps = [self.config.image] * start, [0] * start, list(range(start))
        targets, weights = [IGNORED] * start, [0.0] * start
        for number, (question, reply) in enumerate(self._questions(talk, index), start=1):
            if len(ids) + len(question) > self.length:
                break
            before = len(question) - reply - 1
            ids += question
            block += [number] * len(question)
            steps += range(start, start + len(question))
            targets += [*[IGNORED] * before, *question[before + 1 :], IGNORED]
            # A caption must not drown out yes and no.
            weights += [*[0.0] * before, *[reply**-0.5] * reply, 0.0]
        return _laid(shown, Told(gsd_m=talk.scenes[index].gsd_m), (ids, block, steps, targets), weights)

    def blank(self, stem: str) -> Laid:
        """Give a picture of nothing for a stem, with no question."""
        config = next(one for one in self.config.stems if one.name == stem)
        frames = 1 + TILES[0] * TILES[1] if self.tiled else 1
        pixels = np.zeros((frames, config.bands, self.side_px, self.side_px), np.float32)
        shown = Shown(stem, pixels, 1, RGB_UM if config.kind == "spectral" else ())
        count = self.image_tokens
        rest = ([0] * count, list(range(count)), [IGNORED] * count)
        return _laid(shown, Told(), ([self.config.image] * count, *rest), [0.0] * count)

    def _questions(self, talk: Talk, index: int) -> list[tuple[list[int], int]]:
        """Give the questions of a scene with their replies as ids, and how many ids of each are the reply."""
        words, size = self.words, (int(talk.pictures.shape[3]), int(talk.pictures.shape[2]))
        laid = []
        for asked in talk.scenes[index].asked:
            tags = [words[tag] for tag in (MODALITY[talk.sensor], TAGS.get(asked.task, "[VQA]")) if tag in words]
            question = words.ids(self._written(asked.question, asked.shown, size))
            reply = [*words.ids(self._written(asked.reply, asked.boxes, size)), words.end]
            laid.append(([words.ask, *tags, *question, words.reply, *reply], len(reply)))
        return laid

    def _written(self, text: str, boxes: Sequence[Box], size: tuple[int, int]) -> str:
        """Write boxes in the member's form for their markers."""
        return _MARKER.sub(lambda found: self.codec.write(Region(*boxes[int(found[1])]), size), text)

    def _shown(self, talk: Talk, index: int) -> Shown:
        """Give the frames of a scene for the stem of its sensor, or as pseudo-RGB where the member has none."""
        across = self.side_px * (TILES[1] if self.tiled else 1)
        picture = _shrunk(talk.pictures[index].astype(np.float32), across)  # (C, H, W)
        stems = {one.name: one for one in self.config.stems}
        stem = stems.get(STEMS[talk.sensor], stems["rgb"])
        if stem.kind == "spectral":
            return Shown(stem.name, picture[None], 1, talk.bands_um)
        pseudo = stem.bands == 3
        images = _triplets(picture, talk.sensor) if pseudo else picture[None, : stem.bands]  # (I, C, H, W)
        frames = np.concatenate([_viewed(image) for image in images]) if self.tiled else images
        return Shown(stem.name, frames, len(images))


def _laid(shown: Shown, told: Told, ids: tuple[list[int], ...], weights: list[float]) -> Laid:
    """ids, block, steps and targets as arrays."""
    words, block, steps, targets = (np.array(part, np.int64) for part in ids)
    return Laid(shown, told, words, block, steps, targets, np.array(weights, np.float32))


def _shrunk(picture: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """Average squares of pixels until the picture (C, H, W) is no more than `side_px` wide, and cut it to that."""
    factor = max(1, picture.shape[2] // side_px)
    c, h, w = (picture.shape[0], picture.shape[1] // factor, picture.shape[2] // factor)
    squares = picture[:, : h * factor, : w * factor].reshape(c, h, factor, w, factor)
    small: NDArray[np.float32] = squares.mean(axis=(2, 4))[:, :side_px, :side_px]
    if small.shape[1:] != (side_px, side_px):
        raise InputError("a picture is smaller than the frames", value=picture.shape[1:], expected=f"{side_px} pixels")
    return small


def _triplets(picture: NDArray[np.float32], sensor: str) -> NDArray[np.float32]:
    """Give images (I, 3, H, W) of three bands: red, green, blue first, then the other bands three by three.

    One band is repeated; of two the third is their mean; the last bands are repeated until they are three. Source:
    Earth-OneVision, section on its inputs; the order is a choice.
    """
    if sensor in ("sar", "thermal"):
        bands = [*picture, *[picture.mean(axis=0)] * (3 - len(picture))] if len(picture) > 1 else [picture[0]] * 3
        return np.stack(bands)[None]
    first = list(RED_GREEN_BLUE[sensor])
    rest = [band for band in range(len(picture)) if band not in first] if sensor == "multispectral" else []
    rest += [rest[-1]] * (-len(rest) % 3) if rest else []
    images: NDArray[np.float32] = picture[np.array([*first, *rest]).reshape(-1, 3)]
    return images


def _viewed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the view of the whole and the tiles of an image (C, H, W), row by row: (5, C, H / 2, W / 2)."""
    c, h, w = image.shape
    rows, columns = TILES
    tiles = image.reshape(c, rows, h // rows, columns, w // columns).transpose(1, 3, 0, 2, 4)
    whole = _shrunk(image, w // columns)
    return np.concatenate([whole[None], tiles.reshape(-1, c, h // rows, w // columns)])
