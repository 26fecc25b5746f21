"""Single-band files of one product: opened through the gate and laid on one grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import PlaceError, ReadError
from geoglot.regions import Box, Grid
from geoglot.scenes import gate
from geoglot.scenes.frame import source_of
from geoglot.scenes.header import Header, Layer, header
from geoglot.scenes.products.folder import Folder
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.scene import Channel, PixelSource
from geoglot.sensors import Band, Sensor, Unit

_SAME_PX = 0.01  # corners that agree to a hundredth of a pixel are the same corner


CLASS_LAYERS = {"SCL": 0.0, "FMASK": 255.0, "QA_PIXEL": 1.0, "BQA": 1.0, "QA_RADSAT": None}
"""Layers of classes and bits that accompany bands, and which of their values is no measurement."""


@dataclass(frozen=True, slots=True)
class BandFile:
    """One single-band raster of a product. nodata: what its source takes for no measurement."""

    name: str
    facts: Header
    source: RasterSource
    nodata: float | None

    @property
    def grid(self) -> Grid:
        """The file's own place."""
        return self.facts.grid

    @property
    def layer(self) -> Layer:
        """What the file says of its only band."""
        return self.facts.layers[0]


def open_band(folder: Folder, name: str, profile: gate.Profile, *, nodata: float | None) -> BandFile:
    """Open the header of a single-band file.

    nodata: the product's rule, used where the file itself declares none.
    Raises ReadError if it has more than one band or cannot be opened, Refused by the gate.
    """
    place, member = folder.where(name)
    path = gate.admit(place, profile)
    facts = header(path, profile, member=member)
    if len(facts.layers) != 1:
        raise ReadError("a band file holds several bands", value=f"{name}: {len(facts.layers)}", expected="one")
    layer = facts.layers[0]
    chosen = nodata if layer.nodata is None else layer.nodata
    source = replace(source_of(facts, profile, member=member), nodata=(chosen,))
    return BandFile(name, facts, source, chosen)


@dataclass(frozen=True, slots=True)
class PlacedSource:
    """A source whose extent is not the frame's, shown as if it were; outside its own extent it is invalid.

    place: the frame's extent in the source's own pixels; width, height: the size it is shown as.
    """

    source: PixelSource
    place: Box
    width: int
    height: int

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Give a window of the source: see `PixelSource.read`."""
        across = (self.place.x1 - self.place.x0) / self.width
        down = (self.place.y1 - self.place.y0) / self.height
        own = Box(
            self.place.x0 + box.x0 * across,
            self.place.y0 + box.y0 * down,
            self.place.x0 + box.x1 * across,
            self.place.y0 + box.y1 * down,
        )
        return self.source.read(layer, own, size, exact=exact)


@dataclass(frozen=True, slots=True)
class MissingSource:
    """A measurement that the product tells of but does not hold: every read says so."""

    name: str
    width: int
    height: int

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Raise ReadError."""
        raise ReadError(
            "the product does not hold this measurement",
            value=self.name,
            hint="download the whole product; only its metadata is here",
        )


def as_scaled(sensor: Sensor, channels: Iterable[Channel], *, what: str) -> Sensor:
    """Give the sensor with its bands as the channels have them. what: what that is, for the title."""
    scaled = {channel.band.name: channel.band for channel in channels}
    bands = tuple(scaled.get(band.name, band) for band in sensor.bands)
    return sensor if bands == sensor.bands else replace(sensor, bands=bands, title=f"{sensor.title}: here {what}")


def common_grid(files: Sequence[tuple[Band, Grid]]) -> Grid:
    """Give the finest grid of a band that is neither panchromatic nor classes; where there is no such band, of any."""
    measured = [grid for band, grid in files if band.common != "pan" and band.unit is not Unit.CLASS]
    return max(measured or [grid for _, grid in files], key=lambda grid: grid.width * grid.height)


def laid_on(grid: Grid, source: PixelSource, own: Grid, *, what: str) -> PixelSource:
    """Give `source`, whose place is `own`, as a source that covers exactly `grid`.

    Bands of one product may differ in pixel size and, as the panchromatic band of Landsat, by half a pixel in
    extent. Without a place, bands are taken to show the same extent, as in any folder of one image.
    Raises PlaceError if the two grids lie in different CRS or are turned against each other.
    """
    if grid.affine is None or own.affine is None:
        return source
    if grid.crs != own.crs:
        raise PlaceError("bands of one image lie in different CRS", value=f"{what}: {own.crs}", expected=str(grid.crs))
    corners = [(0.0, 0.0), (float(grid.width), float(grid.height)), (float(grid.width), 0.0)]
    (x0, y0), (x1, y1), (x2, y2) = _through(grid.affine, own.affine, corners)
    if max(abs(x2 - x1), abs(y2 - y0)) > _SAME_PX or x1 <= x0 or y1 <= y0:
        raise PlaceError("bands of one image are turned against each other", value=what)
    if max(abs(x0), abs(y0), abs(x1 - own.width), abs(y1 - own.height)) <= _SAME_PX:
        return source
    size = max(1, round(x1 - x0)), max(1, round(y1 - y0))
    return PlacedSource(source, Box(x0, y0, x1, y1), *size)


def _through(
    there: tuple[float, ...], back: tuple[float, ...], points: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Pixels of one affine as pixels of another."""
    a, b, c, d, e, f = back
    determinant = a * e - b * d
    found = []
    for x_px, y_px in points:
        x = there[0] * x_px + there[1] * y_px + there[2] - c
        y = there[3] * x_px + there[4] * y_px + there[5] - f
        found.append(((e * x - b * y) / determinant, (a * y - d * x) / determinant))
    return found
