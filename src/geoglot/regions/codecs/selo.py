"""SeLo regions: lists of polygons in pixels of the whole image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.codecs.codec import Size, TextForm
from geoglot.regions.codecs.point_list import POINTS, read_points, write_points
from geoglot.regions.region import Region


class Selo(TextForm):
    """A polygon may repeat its first vertex at the end; the scorer cuts numbers to whole pixels, the form does not."""

    name: ClassVar[str] = "selo"
    source: ClassVar[str] = "SemanticLocalizationMetrics test_data/annotations/anno.json"
    kinds: ClassVar[tuple[str, ...]] = ("polygon",)
    example: ClassVar[str] = "[[[10.0, 20.0], [110.0, 20.0], [110.0, 90.5]]]"
    pattern: ClassVar[str] = POINTS
    separator: ClassVar[str] = r"[\s,\[\]]*"

    def quantisation_px(self, size: Size) -> float:
        """Written with two decimals."""
        return 0.005

    def _write(self, region: Region, size: Size) -> str:
        return write_points(region, 2)

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        yield read_points(group.group())
