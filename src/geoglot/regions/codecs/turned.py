"""Oriented boxes told by the rectangle before it is turned, and a counter-clockwise angle."""

from __future__ import annotations

import math

from geoglot.regions.box import Box
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.region import Region


def turn(box: tuple[float, float, float, float], degrees: float) -> OrientedBox:
    """Give the rectangle x0, y0, x1, y1 turned about its centre, counter-clockwise on screen."""
    plain = Box(*box)
    return OrientedBox(*plain.centre, plain.width, plain.height, -degrees)


def unturn(region: Region) -> tuple[tuple[float, float, float, float], int]:
    """Give x0, y0, x1, y1 of an oriented box before its turn, and the turn in whole degrees 0..89.

    Of the two ways to tell a rectangle this is the one that is turned counter-clockwise by less than 90 degrees.
    """
    assert isinstance(region, OrientedBox)
    w, h = region.w, region.h
    degrees = math.floor(-region.angle_deg % 180 + 0.5)
    while degrees >= 90:
        w, h, degrees = h, w, degrees - 90
    return (region.cx - w / 2, region.cy - h / 2, region.cx + w / 2, region.cy + h / 2), degrees
