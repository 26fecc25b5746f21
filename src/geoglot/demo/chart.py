"""A small map for a page: a frame's picture in Web Mercator with graticule, scale bar and outlines, as SVG parts.

No tile server, no network: everything is inside the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.regions import Mask, Region
from geoglot.scenes import Frame
from geoglot.scenes.gdal import gdal

EARTH_RADIUS_M = 6378137.0  # of Web Mercator's sphere, EPSG:3857
MERCATOR_LIMIT_DEG = 85.06  # beyond it Web Mercator has no place
WIDTH_PX = 640
PARTS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A graticule line or outline in chart pixels, with its label."""

    points: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawn map. picture: RGBA in Web Mercator; outlines: regions, graticule: lines of equal lon or lat."""

    picture: Image.Image
    width: int
    height: int
    graticule: tuple[Line, ...]
    outlines: tuple[Line, ...]
    bar_px: float
    bar_label: str


@dataclass(frozen=True, slots=True)
class _View:
    """Web Mercator window: left, top in metres and metres a chart pixel."""

    left_m: float
    top_m: float
    step_m: float
    width: int
    height: int

    def place(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """lon/lat degrees (N, 2) -> chart pixels (N, 2)."""
        x, y = _mercator(lonlat)
        return np.stack([(x - self.left_m) / self.step_m, (self.top_m - y) / self.step_m], axis=1)


def draw(frame: Frame, regions: Sequence[Region] = ()) -> Chart | None:
    """Give the chart of a frame, or None where it has no place, lies at a pole or crosses the antimeridian."""
    if not frame.grid.located:
        return None
    corners = np.asarray(frame.grid.footprint_lonlat(), np.float64)  # (N, 2)
    if np.abs(corners[:, 1]).max() > MERCATOR_LIMIT_DEG or np.ptp(corners[:, 0]) > 180:
        return None
    view = _view(corners)
    picture = _warp(frame, view)
    outlines = tuple(_outlines(frame, regions, view))
    lon_step = lat_step = _nice(float(np.ptp(corners[:, 1])) / 3 or 1e-6)
    bar_m = _nice(float(np.ptp(corners[:, 1])) * 111_000 / 4 or 1.0)
    stretch = 1 / math.cos(math.radians(float(corners[:, 1].mean())))  # Mercator's scale at this latitude
    return Chart(
        picture=picture,
        width=view.width,
        height=view.height,
        graticule=tuple(_graticule(corners, view, lon_step, lat_step)),
        outlines=outlines,
        bar_px=bar_m * stretch / view.step_m,
        bar_label=f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m:g} m",
    )


def _mercator(lonlat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    return EARTH_RADIUS_M * lon, EARTH_RADIUS_M * np.log(np.tan(np.pi / 4 + lat / 2))


def _view(corners: NDArray[np.float64], margin: float = 0.06) -> _View:
    x, y = _mercator(corners)
    wide, tall = max(float(np.ptp(x)), 1e-3), max(float(np.ptp(y)), 1e-3)
    pad = margin * max(wide, tall)
    step = (max(wide, tall) + 2 * pad) / WIDTH_PX
    width, height = math.ceil((wide + 2 * pad) / step), math.ceil((tall + 2 * pad) / step)
    return _View(float(x.min()) - pad, float(y.max()) + pad, step, width, height)


def _warp(frame: Frame, view: _View) -> Image.Image:
    """Bring the frame's picture into the view, transparent where it has none."""
    gdal()
    from rasterio.control import GroundControlPoint
    from rasterio.transform import Affine
    from rasterio.warp import Resampling, reproject

    picture = np.asarray(frame.picture().convert("RGBA"))  # (h, w, 4)
    grid = frame.grid.scaled(picture.shape[1] / frame.size[0], picture.shape[0] / frame.size[1])
    placed = {"src_transform": Affine(*grid.affine)} if grid.affine else {
        "gcps": [GroundControlPoint(p.y_px, p.x_px, p.x, p.y, p.z) for p in grid.gcps]
    }  # fmt: skip
    out = np.zeros((4, view.height, view.width), np.uint8)
    reproject(
        np.ascontiguousarray(picture.transpose(2, 0, 1)),
        out,
        src_crs=grid.crs,
        dst_crs="EPSG:3857",
        dst_transform=Affine(view.step_m, 0, view.left_m, 0, -view.step_m, view.top_m),
        resampling=Resampling.bilinear,
        **placed,
    )
    return Image.fromarray(out.transpose(1, 2, 0), "RGBA")


def _outlines(frame: Frame, regions: Sequence[Region], view: _View) -> Iterator[Line]:
    for region in regions:
        for part in _largest_parts(region):
            points = view.place(part.to_lonlat(frame))
            label = region.label or region.type
            yield Line(_svg(points), label, float(points[:, 0].mean()), float(points[:, 1].min()))


def _largest_parts(region: Region) -> list[Region]:
    """A mask's polygons, the largest first and not more than a page can show; any other region as it is."""
    if isinstance(region, Mask):
        parts: list[Region] = sorted(region.polygons(), key=lambda part: -part.area_px)
        return parts[:PARTS_SHOWN]
    return [region]


def _graticule(corners: NDArray[np.float64], view: _View, lon_step: float, lat_step: float) -> Iterator[Line]:
    west, south = corners.min(axis=0)
    east, north = corners.max(axis=0)
    for lon in np.arange(math.ceil(west / lon_step) * lon_step, east, lon_step):
        points = view.place(np.array([[lon, south], [lon, north]]))
        yield Line(_svg(points), _degrees(lon, lon_step, "EW"), float(points[0, 0]), view.height - 4.0)
    for lat in np.arange(math.ceil(south / lat_step) * lat_step, north, lat_step):
        points = view.place(np.array([[west, lat], [east, lat]]))
        yield Line(_svg(points), _degrees(lat, lat_step, "NS"), 4.0, float(points[0, 1]))


def _degrees(value: float, step: float, sides: str) -> str:
    decimals = max(0, math.ceil(-math.log10(step)))
    return f"{abs(value):.{decimals}f}°{sides[0] if value >= 0 else sides[1]}"


def _svg(points: NDArray[np.float64]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _nice(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in (1, 2, 5) if step * power <= value), default=power)
