"""Pinhole cameras that look across the world: which ray each pixel sees, and which pixel shows a point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoglot.errors import InputError


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a camera stands and how it looks; it never rolls.

    x_m, y_m: world position (y runs south); z_m: height above the sea. heading_deg: clockwise from north. tilt_deg: off
    nadir, 0 straight down, 90 level. fov_deg: across the whole width. size_px: width, height. Raises InputError.
    """

    x_m: float
    y_m: float
    z_m: float
    heading_deg: float
    tilt_deg: float
    fov_deg: float
    size_px: tuple[int, int]

    def __post_init__(self) -> None:
        if not 0.0 <= self.tilt_deg <= 120.0:
            raise InputError("the camera looks too high", value=self.tilt_deg, expected="a tilt of 0 to 120 degrees")
        if not 1.0 <= self.fov_deg <= 120.0:
            raise InputError("the lens is none of a pinhole", value=self.fov_deg, expected="1 to 120 degrees")
        if not all(16 <= side <= 4096 for side in self.size_px):
            raise InputError("the photo has a wrong size", value=self.size_px, expected="16 to 4096 pixels a side")

    @property
    def focal_px(self) -> float:
        """Distance of the image plane in pixels."""
        return 0.5 * self.size_px[0] / math.tan(math.radians(0.5 * self.fov_deg))

    @property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3) unit vectors to the right, down the image and forward, in east, south and up."""
        h, t = math.radians(self.heading_deg), math.radians(self.tilt_deg)
        east, south, low, level = math.sin(h), -math.cos(h), math.cos(t), math.sin(t)
        return np.array([[-south, east, 0.0], [-east * low, -south * low, -level], [east * level, south * level, -low]])

    @property
    def lens(self) -> NDArray[np.float64]:
        """(4, 3) what the compiled loops take: position, the ray of pixel corner (0, 0), its change along x and y."""
        right, down, forward = self.axes
        width, height = self.size_px
        corner = self.focal_px * forward - 0.5 * width * right - 0.5 * height * down
        return np.array([[self.x_m, self.y_m, self.z_m], corner, right, down])

    @property
    def horizon_px(self) -> float:
        """The image row of the level horizon of a flat Earth, the same in all columns."""
        return 0.5 * self.size_px[1] - self.focal_px * math.tan(math.radians(90.0 - self.tilt_deg))

    def rays(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """(N, 3) unit vectors east, south, up, along which pixels (N, 2) are seen."""
        at = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        _, corner, right, down = self.lens
        ways = corner + at[:, :1] * right + at[:, 1:] * down
        found: NDArray[np.float64] = ways / np.linalg.norm(ways, axis=1, keepdims=True)
        return found

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """(N, 2) pixels at which world points (N, 3: x, y, height in metres) are seen; NaN behind the camera."""
        away = np.asarray(points, dtype=np.float64).reshape(-1, 3) - (self.x_m, self.y_m, self.z_m)
        right, down, forward = self.axes
        depth = away @ forward
        depth = np.where(depth > 1e-6, depth, np.nan)
        middle = 0.5 * np.array(self.size_px)
        found: NDArray[np.float64] = middle + self.focal_px * np.stack([away @ right, away @ down], 1) / depth[:, None]
        return found
