"""What the annotation and calibration files of a Sentinel-1 Level-1 product say.

Source: ESA Sentinel-1 Product Specification S1-RS-MDA-52-7441, sections 6.3 (annotation), 6.4 (calibration).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ReadError
from geoglot.regions import GroundControlPoint
from geoglot.scenes.products.times import utc

WGS84 = "EPSG:4326"

Centres = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One image of a product: one polarisation of one swath.

    gcps: WGS 84, from the geolocation grid. spacing_m: range and azimuth pixel spacing. incidence_deg: least
    and largest incidence angle. start: of the image, UTC.
    """

    polarisation: str
    swath: str
    mode: str
    product_type: str
    start: datetime
    orbit_pass: str
    width: int
    height: int
    spacing_m: tuple[float, float]
    incidence_deg: tuple[float, float]
    gcps: tuple[GroundControlPoint, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The look-up table A of sigma nought: sigma0 = DN² / A².

    lines: (L,) rising; pixels: (P,) rising; values: (L, P), A at each knot. Lines may lie outside the image.
    """

    lines: NDArray[np.float64]
    pixels: NDArray[np.float64]
    values: NDArray[np.float64]

    def at(self, x_px: Centres, y_px: Centres) -> NDArray[np.float32]:
        """Give A, bilinear, at pixel centres x_px (W,) and y_px (H,) in pixel coordinates; (H, W).

        Beyond the outermost knots the outermost value holds.
        """
        line, pixel = y_px - 0.5, x_px - 0.5  # knots name whole pixels, whose centres are at .5
        across = np.stack([np.interp(pixel, self.pixels, row) for row in self.values])  # (L, W)
        after = np.clip(np.searchsorted(self.lines, line), 1, max(1, len(self.lines) - 1))
        if len(self.lines) == 1:
            return np.broadcast_to(across, (len(line), len(pixel))).astype(np.float32)
        low, high = self.lines[after - 1], self.lines[after]
        part = np.clip((line - low) / (high - low), 0, 1)[:, None]
        table = (1 - part) * across[after - 1] + part * across[after]  # (H, W)
        return np.asarray(table, np.float32)


def read_annotation(root: Element, *, what: str) -> Annotation:
    """Give the facts of an annotation file. what: its name, for messages.

    Raises ReadError for a missing or unreadable element.
    """
    image, head = "imageAnnotation/imageInformation/", "adsHeader/"
    incidences = [_number(point, "incidenceAngle", what) for point in root.iter("geolocationGridPoint")]
    if not incidences:
        raise ReadError("the annotation has no geolocation grid", value=what)
    return Annotation(
        polarisation=_text(root, head + "polarisation", what).upper(),
        swath=_text(root, head + "swath", what),
        mode=_text(root, head + "mode", what),
        product_type=_text(root, head + "productType", what),
        start=utc(_text(root, head + "startTime", what), what=what),
        orbit_pass=_text(root, "generalAnnotation/productInformation/pass", what).casefold(),
        width=int(_number(root, image + "numberOfSamples", what)),
        height=int(_number(root, image + "numberOfLines", what)),
        spacing_m=(
            _number(root, image + "rangePixelSpacing", what),
            _number(root, image + "azimuthPixelSpacing", what),
        ),
        incidence_deg=(min(incidences), max(incidences)),
        gcps=tuple(_control_point(point, what) for point in root.iter("geolocationGridPoint")),
    )


def read_calibration(root: Element, *, what: str) -> Calibration:
    """Give the sigma nought table of a calibration file. Raises ReadError if it is incomplete."""
    vectors = sorted(root.iter("calibrationVector"), key=lambda vector: _number(vector, "line", what))
    if not vectors:
        raise ReadError("the calibration file has no vectors", value=what)
    pixels = [_numbers(vector, "pixel", what) for vector in vectors]
    values = [_numbers(vector, "sigmaNought", what) for vector in vectors]
    if any(len(knots) != len(row) or not len(row) for knots, row in zip(pixels, values, strict=True)):
        raise ReadError("a calibration vector has another number of pixels than of values", value=what)
    if any((row <= 0).any() for row in values):
        raise ReadError("a calibration value is not positive", value=what)
    lines, first = np.unique([_number(vector, "line", what) for vector in vectors], return_index=True)
    knots = np.unique(np.concatenate(pixels))  # vectors share their knots but for the last, as a rule
    table = np.stack([np.interp(knots, pixels[index], values[index]) for index in first])
    return Calibration(lines, knots, table)


def _control_point(point: Element, what: str) -> GroundControlPoint:
    return GroundControlPoint(
        # The grid names the pixel whose centre lies there, from 0.
        x_px=_number(point, "pixel", what) + 0.5,
        y_px=_number(point, "line", what) + 0.5,
        x=_number(point, "longitude", what),
        y=_number(point, "latitude", what),
        z=_number(point, "height", what),
    )


def _text(root: Element, path: str, what: str) -> str:
    text = (root.findtext(path) or "").strip()
    if not text:
        raise ReadError("the metadata lacks an element", value=f"{what}: {path}")
    return text


def _number(root: Element, path: str, what: str) -> float:
    return float(_numbers(root, path, what)[0])


def _numbers(root: Element, path: str, what: str) -> NDArray[np.float64]:
    text = _text(root, path, what)
    try:
        numbers = np.array(text.split(), np.float64)
    except ValueError as error:
        raise ReadError("the metadata holds no number where one must be", value=f"{what}: {path} = {text}") from error
    if not np.isfinite(numbers).all():
        raise ReadError("the metadata holds no number where one must be", value=f"{what}: {path} = {text}")
    return numbers
