"""The six kinds of place in an image: `Box`, `OrientedBox`, `Polygon`, `Mask`, `Point`, `Path`.

All are in pixels of one frame: x right, y down, continuous, the outer corner of the first pixel is (0, 0) and a
pixel's centre is at .5. Boxes are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What all regions carry: a label, a score in 0..1 (None if nobody scored it), the index of their frame."""

    label: str | None = None
    score: float | None = None
    frame: int = 0
