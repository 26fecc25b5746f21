"""What a text form of regions is: `Codec`, and the parts that the forms share."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions.box import Box
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

Size = tuple[int, int]
"""Width and height of an image in pixels."""


class CodecError(InputError):
    """A text is not what the form prescribes, or a region cannot be said in it. Never guessed at."""


class Codec(Protocol):
    """Writes regions as one system expects them in its text, and reads them back.

    name: what it is called. source: where the form is defined. kinds: the types of region it can say.
    example: a text it reads. pattern: a regular expression for one written group, to find regions in running text.
    """

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def kinds(self) -> tuple[str, ...]: ...

    @property
    def example(self) -> str: ...

    @property
    def pattern(self) -> str: ...

    def write(self, region: Region, size: Size) -> str:
        """Give the text of one region in an image of `size`.

        Raises CodecError for a kind it has no words for, or a place outside the image.
        """
        ...

    def read(self, text: str, size: Size) -> tuple[Region, ...]:
        """Give the regions of a text that holds nothing else, in pixels of an image of `size`, of frame 0.

        Raises CodecError for anything the form does not prescribe.
        """
        ...

    def quantisation_px(self, size: Size) -> float:
        """Give how far a coordinate may move by writing and reading it, in pixels."""
        ...


class TextForm(ABC):
    """A codec whose text is groups, one after the other: the strict reading that all forms share."""

    name: ClassVar[str]
    source: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    example: ClassVar[str]
    pattern: ClassVar[str]
    separator: ClassVar[str] = r"\s*"
    """What may stand between two groups, before the first and after the last."""

    def write(self, region: Region, size: Size) -> str:
        """Give the text of one region: see `Codec.write`."""
        if region.type not in self.kinds:
            raise CodecError(
                f"the form {self.name} has no words for this kind of region",
                value=region.type,
                expected=" or ".join(self.kinds),
                hint="a region's .bounds is a box",
            )
        return self._write(region, size)

    def read(self, text: str, size: Size) -> tuple[Region, ...]:
        """Give the regions of a text: see `Codec.read`."""
        regions: list[Region] = []
        position = 0
        for match in [*re.finditer(self.pattern, text), None]:
            between = text[position : match.start() if match else len(text)]
            if not re.fullmatch(self.separator, between) or (match is None and not position):
                raise CodecError(f"this is not the form {self.name}", value=text, expected=f"{self.example!r}")
            if match:
                regions.extend(self._checked(match, size))
                position = match.end()
        return tuple(regions)

    @abstractmethod
    def quantisation_px(self, size: Size) -> float:
        """Give how far a coordinate may move: see `Codec.quantisation_px`."""

    @abstractmethod
    def _write(self, region: Region, size: Size) -> str:
        """The text of a region of one of `kinds`."""

    @abstractmethod
    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        """The regions of one group that matches `pattern`."""

    def _checked(self, group: re.Match[str], size: Size) -> tuple[Region, ...]:
        try:
            return tuple(self._read(group, size))
        except CodecError:
            raise
        except InputError as error:  # a box with its corners swapped, a mask that does not fill its grid
            raise CodecError(f"no region of the form {self.name}: {error.what}", value=group.group()) from error


@dataclass(frozen=True, slots=True)
class Steps:
    """How a coordinate becomes a whole number: `span` steps over the image's width or height.

    most: the largest number. down: rounded down rather than to the nearest. centred: read as the middle of its
    step rather than its lower end.
    """

    span: int
    most: int
    down: bool = False
    centred: bool = False

    def number(self, place_px: float, length_px: float) -> int:
        """Give the number of a place 0..length. Raises CodecError outside the image."""
        share = place_px / length_px
        if not -1e-9 <= share <= 1 + 1e-9:
            raise _outside(place_px, f"0..{length_px}")
        number = math.floor(share * self.span + (1e-9 if self.down else 0.5))  # 1e-9: 29 / 100 * 100 < 29
        return min(max(number, 0), self.most)

    def place_px(self, number: float, length_px: float) -> float:
        """Give the place of a number. Raises CodecError above `most`."""
        if not 0 <= number <= self.most:
            raise CodecError("a coordinate out of range", value=number, expected=f"0..{self.most}")
        return (number + (0.5 if self.centred else 0)) * length_px / self.span

    def numbers(self, places_px: Sequence[float], size: Size) -> list[int]:
        """Give the numbers of x, y, x, y …"""
        return [self.number(place, size[index % 2]) for index, place in enumerate(places_px)]

    def places_px(self, numbers: Sequence[float], size: Size) -> list[float]:
        """Give the places of x, y, x, y …"""
        return [self.place_px(number, size[index % 2]) for index, number in enumerate(numbers)]

    def error_px(self, size: Size) -> float:
        """Give the largest error of a coordinate in pixels."""
        return max(size) / self.span * (1 if self.down and not self.centred else 0.5)


def pairs(numbers: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Give x, y, x, y … as points. Raises CodecError for an odd count."""
    if len(numbers) % 2:
        raise CodecError("a coordinate without its partner", value=list(numbers), expected="x, y, x, y …")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def box_inside(region: Region, size: Size, *, slack_px: float = 0.0) -> Box:
    """Give the box around a region. Raises CodecError if it leaves the image by more than `slack_px`."""
    box = region.bounds
    if min(box.x0, box.y0) < -slack_px or box.x1 > size[0] + slack_px or box.y1 > size[1] + slack_px:
        raise _outside((box.x0, box.y0, box.x1, box.y1), f"x in 0..{size[0]}, y in 0..{size[1]}")
    return box


def four_corners(region: Region) -> NDArray[np.float64]:
    """Give the four corners of a box or a polygon, (4, 2); a triangle repeats its first one.

    Raises CodecError for polygons with more corners, or with holes.
    """
    corners = region.outline
    if len(corners) == 3:
        corners = np.vstack([corners, corners[:1]])
    if len(corners) != 4 or (isinstance(region, Polygon) and len(region.rings) > 1):
        raise CodecError(
            "a polygon must have four corners here",
            value=f"{len(corners)} corners",
            hint="OrientedBox.around(polygon.outline) is the smallest turned rectangle around it",
        )
    return corners


def plain_label(label: str | None, forbidden: str) -> str:
    """Give a label ("" for none). Raises CodecError if it holds one of the forbidden characters."""
    if label and any(character in label for character in forbidden):
        raise CodecError("a label that would break the text", value=label, expected=f"none of {forbidden}")
    return label or ""


def _outside(place: object, expected: str) -> CodecError:
    return CodecError(
        "a place outside the image cannot be written",
        value=place,
        expected=expected,
        hint="cut the region first: region.clipped(width, height)",
    )
