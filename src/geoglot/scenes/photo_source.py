"""Pixels of picture files: decoded by Pillow through the gate, the right way up."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.gdal import reason
from geoglot.scenes.resample import ArraySource, Valid, Values

if TYPE_CHECKING:
    from PIL.Image import Image

Scalar = TypeVar("Scalar", bound=np.generic)

DTYPES = {"I;16": "uint16", "I;16B": "uint16", "I;16L": "uint16", "I": "int32", "F": "float32"}
"""Pillow's modes of one layer that is not 8 bits deep, and their dtypes."""

GREY_MODES = frozenset({"1", "L", "LA", "La", *DTYPES})
SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""

_TURNS = {2: (True, 0), 3: (False, 2), 4: (True, 2), 5: (True, 1), 6: (False, 3), 7: (True, 3), 8: (False, 1)}
"""EXIF orientation: whether to mirror left and right, then how many quarter turns to the left."""


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """The layers of a picture file, decoded when first read, the right way up; its alpha is the mask.

    luminance: colours are read as one layer of brightness (ITU-R BT.601, as Pillow converts them).
    """

    path: Path
    width: int
    height: int
    orientation: int = 1
    luminance: bool = False
    profile: gate.Profile = gate.LOCAL

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give a window of one layer: see `PixelSource.read`. Raises ReadError for a damaged file."""
        try:
            about = self.path.stat()
        except OSError as error:
            raise ReadError("the picture is no longer there", value=str(self.path)) from error
        return _decoded(self, about.st_mtime_ns, about.st_size).read(layer, box, size, exact=exact)


@lru_cache(maxsize=2)
def _decoded(source: PhotoSource, changed_ns: int, size: int) -> ArraySource:
    """The decoded layers and mask; the last two pictures stay in memory. The file's state is part of the key."""
    with quiet(), gate.picture(source.path, source.profile) as opened:
        try:
            values, alpha = _layers(opened, luminance=source.luminance)
        except (OSError, SyntaxError, ValueError) as error:
            hint = f"it is damaged or cut off: {reason(error)}"
            raise ReadError("the picture cannot be decoded", value=source.path.name, hint=hint) from error
    shown = np.stack([upright(layer, source.orientation) for layer in values])  # (C, H, W)
    return ArraySource(shown, None if alpha is None else np.asarray(upright(alpha, source.orientation) != 0))


def _layers(opened: Image, *, luminance: bool) -> tuple[list[Values], Values | None]:
    """Colour or grey layers, and alpha if there is any."""
    transparent = opened.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in opened.info
    if opened.mode in DTYPES:
        return [np.asarray(opened)], None
    grey = opened.mode in GREY_MODES or luminance
    if not transparent:
        plain = np.asarray(opened.convert("L" if grey else "RGB"))
        return [plain] if grey else list(np.moveaxis(plain, 2, 0)), None
    whole = np.asarray(opened.convert("RGBA"))
    plain = np.asarray(opened.convert("RGBA").convert("L"))
    return ([plain] if grey else list(np.moveaxis(whole[..., :3], 2, 0))), whole[..., 3]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow from warning of damaged tags: they are told of in the frame's own warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def upright(layer: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """Give a stored layer (H, W) the way up that its EXIF orientation (1 to 8) says."""
    mirror, turns = _TURNS.get(orientation, (False, 0))
    return np.rot90(np.fliplr(layer) if mirror else layer, turns)
