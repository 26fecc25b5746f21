"""Qwen-VL: JSON with `bbox_2d` and `point_2d`. Versions 2.5 and 3 count differently."""

from __future__ import annotations

import json
import math
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm
from geoglot.regions.point import Point
from geoglot.regions.region import Region

_KEYS = {"bbox_2d": 4, "point_2d": 2}


class _Json(TextForm):
    """Objects, alone or in a list, perhaps fenced as a code block. Keys beside the coordinates and the label are
    passed over."""

    kinds: ClassVar[tuple[str, ...]] = ("box", "point")
    example: ClassVar[str] = '```json\n[{"bbox_2d": [10, 20, 30, 40], "label": "ship"}]\n```'
    pattern: ClassVar[str] = r"(?:```(?:json)?\s*)?(?:\[\s*(?:\{[^{}]*\}\s*,?\s*)*\]|\{[^{}]*\})(?:\s*```)?"
    separator: ClassVar[str] = r"[\s,]*"

    @abstractmethod
    def _numbers(self, places_px: Sequence[float], size: Size) -> list[int]:
        """Places x, y, x, y … as numbers."""

    @abstractmethod
    def _places_px(self, numbers: Sequence[float], size: Size) -> list[float]:
        """Numbers as places."""

    def _write(self, region: Region, size: Size) -> str:
        box = region.bounds
        key, places = (
            ("point_2d", (box.x0, box.y0)) if region.type == "point" else ("bbox_2d", (box.x0, box.y0, box.x1, box.y1))
        )
        found: dict[str, object] = {key: self._numbers(places, size)}
        if region.label:
            found["label"] = region.label
        return json.dumps(found, ensure_ascii=False)

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        try:
            found = json.loads(re.sub(r"^```(?:json)?|```$", "", group.group()))
        except json.JSONDecodeError as error:
            raise CodecError("this is not JSON", value=group.group(), expected=self.example) from error
        for item in found if isinstance(found, list) else [found]:
            yield self._region(item, size)

    def _region(self, item: dict[str, object], size: Size) -> Region:
        keys = [key for key in _KEYS if key in item]
        label = item.get("label")
        numbers = item[keys[0]] if len(keys) == 1 else None
        if not _are_numbers(numbers, _KEYS[keys[0]] if keys else 0) or not (label is None or isinstance(label, str)):
            raise CodecError("no region of Qwen-VL", value=json.dumps(item), expected=self.example)
        assert isinstance(numbers, list)
        places = self._places_px(numbers, size)
        return Box(*places, label=label) if keys == ["bbox_2d"] else Point(*places, label=label)


@dataclass(frozen=True, slots=True)
class Qwen25Vl(_Json):
    """Pixels of the image as the model's processor resized it: both sides multiples of `factor`, and the count of
    pixels between `min_pixels` and `max_pixels`. These two are the processor's own; a folder may set others."""

    name: ClassVar[str] = "qwen2.5-vl"
    source: ClassVar[str] = "QwenLM/Qwen3-VL qwen-vl-utils vision_process.smart_resize; preprocessor_config.json"

    min_pixels: int = 56 * 56
    max_pixels: int = 16384 * 28 * 28
    factor: int = 28

    def quantisation_px(self, size: Size) -> float:
        """Half a pixel of the resized image."""
        return max(own / resized for own, resized in zip(size, self.resized(size), strict=True)) / 2

    def resized(self, size: Size) -> Size:
        """Give the width and height that the processor resizes to. Raises CodecError beyond 200 : 1."""
        if max(size) > 200 * min(size):
            raise CodecError("an image too narrow for Qwen-VL", value=size, expected="at most 200 : 1")
        width, height = (max(self.factor, round(side / self.factor) * self.factor) for side in size)
        if width * height > self.max_pixels:
            shrink = math.sqrt(size[0] * size[1] / self.max_pixels)
            width, height = (max(self.factor, math.floor(side / shrink / self.factor) * self.factor) for side in size)
        elif width * height < self.min_pixels:
            grow = math.sqrt(self.min_pixels / (size[0] * size[1]))
            width, height = (math.ceil(side * grow / self.factor) * self.factor for side in size)
        return width, height

    def _numbers(self, places_px: Sequence[float], size: Size) -> list[int]:
        steps = [Steps(side, side) for side in self.resized(size)]
        return [steps[index % 2].number(place, size[index % 2]) for index, place in enumerate(places_px)]

    def _places_px(self, numbers: Sequence[float], size: Size) -> list[float]:
        steps = [Steps(side, side) for side in self.resized(size)]
        return [steps[index % 2].place_px(number, size[index % 2]) for index, number in enumerate(numbers)]


class Qwen3Vl(_Json):
    """Integers 0..1000 of width and height."""

    name: ClassVar[str] = "qwen3-vl"
    source: ClassVar[str] = "QwenLM/Qwen3-VL cookbooks/2d_grounding.ipynb"
    _steps: ClassVar[Steps] = Steps(1000, 1000)

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side."""
        return self._steps.error_px(size)

    def _numbers(self, places_px: Sequence[float], size: Size) -> list[int]:
        return self._steps.numbers(places_px, size)

    def _places_px(self, numbers: Sequence[float], size: Size) -> list[float]:
        return self._steps.places_px(numbers, size)


def _are_numbers(values: object, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(type(value) in (int, float) for value in values)
