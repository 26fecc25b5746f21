"""Sentinel-1 Level-1 products in their own folder layout (SAFE): ground range detected and single look complex.

Source: ESA Sentinel-1 Product Specification S1-RS-MDA-52-7441: names 4, folder 3, annotation 6.3 to 6.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Grid, GroundControlPoint
from geoglot.simulate.layouts.geotiff import Extras, write_geotiff
from geoglot.simulate.layouts.sentinel1_xml import Image, annotation_xml, calibration_xml, manifest_xml, noise_xml

_POLARISATIONS = {("VV",): "SV", ("HH",): "SH", ("VH", "VV"): "DV", ("HH", "HV"): "DH"}
_ORBIT, _DATATAKE, _CHECK = 30611, 0x0381E6, "1A2B"
_GRID_LINES, _GRID_PIXELS = 10, 21  # knots of the geolocation grid, as in an IW product


@dataclass(frozen=True, slots=True)
class Swath:
    """Place and time of an image in radar geometry.

    corners_lonlat: of the centres of the first line's first and last pixel, then the last line's last and first.
    start: of sensing, UTC. ascending: the direction of flight. calibrated: write the calibration and noise files.
    """

    corners_lonlat: tuple[tuple[float, float], ...]
    start: datetime
    ascending: bool = False
    calibrated: bool = True
    satellite: str = "S1A"


def write_safe_grd(folder: Path, bands: Mapping[str, NDArray[np.uint16]], *, swath: Swath) -> Path:
    """Write an IW GRDH product into `folder` and give its path (….SAFE).

    bands: amplitude counts by polarisation, (H, W), 0 where there is none: VV or HH alone, VV with VH, HH with HV.
    The place is told as in the real product: a geolocation grid in the annotation, GCPs in the image.
    Raises InputError for another set of polarisations or unequal sizes.
    """
    return _write(folder, bands, swath, "GRD")


def write_safe_slc(folder: Path, bands: Mapping[str, NDArray[np.complex64]], *, swath: Swath) -> Path:
    """Write an IW SLC product of one sub-swath (IW1) and give its path (….SAFE). See `write_safe_grd`.

    bands: complex values, rounded to 16-bit integers in the file.
    """
    return _write(folder, bands, swath, "SLC")


def _write(folder: Path, bands: Mapping[str, NDArray[np.generic]], swath: Swath, kind: str) -> Path:
    code = _POLARISATIONS.get(tuple(sorted(bands)))
    shapes = {counts.shape for counts in bands.values()}
    if code is None or len(shapes) != 1:
        raise InputError("Sentinel-1 has no such set of images", value=(tuple(bands), sorted(shapes)),
                         expected="VV, HH, VV and VH, or HH and HV, of one size")  # fmt: skip
    height, width = shapes.pop()
    stop = swath.start + timedelta(seconds=25)
    product = (
        f"{swath.satellite}_IW_{'GRDH' if kind == 'GRD' else 'SLC_'}_1S{code}_{swath.start:%Y%m%dT%H%M%S}"
        f"_{stop:%Y%m%dT%H%M%S}_{_ORBIT:06d}_{_DATATAKE:06X}_{_CHECK}.SAFE"
    )
    safe = folder / product
    points = _geolocation(swath.corners_lonlat, width, height)
    images = [
        Image(kind, polarisation, place, width, height, swath.start, stop, swath.ascending, swath.satellite, points)
        for place, polarisation in enumerate(sorted(bands, key=_co_polarised_first), start=1)
    ]
    for image in images:
        _write_image(safe, image, bands[image.polarisation], calibrated=swath.calibrated)
    files = sorted(path.relative_to(safe).as_posix() for path in safe.rglob("*.*") if path.is_file())
    (safe / "manifest.safe").write_text(manifest_xml(images, swath.corners_lonlat, files), encoding="utf-8")
    return safe


def _co_polarised_first(polarisation: str) -> bool:
    return polarisation[0] != polarisation[1]


def _write_image(safe: Path, image: Image, counts: NDArray[np.generic], *, calibrated: bool) -> None:
    stem = image.stem(_ORBIT, _DATATAKE)
    texts = {f"annotation/{stem}.xml": annotation_xml(image, _ORBIT)}
    if calibrated:
        texts[f"annotation/calibration/calibration-{stem}.xml"] = calibration_xml(image, _ORBIT)
        texts[f"annotation/calibration/noise-{stem}.xml"] = noise_xml(image, _ORBIT)
    for name, text in texts.items():
        (safe / name).parent.mkdir(parents=True, exist_ok=True)
        (safe / name).write_text(text, encoding="utf-8")
    kind = "GRD HR" if image.kind == "GRD" else "SLC"
    tags = {
        "TIFFTAG_IMAGEDESCRIPTION": f"Sentinel-1{image.satellite[-1]} IW {kind} L1",
        "TIFFTAG_SOFTWARE": "Sentinel-1 IPF 003.31",
        "TIFFTAG_DATETIME": f"{image.start:%Y:%m:%d %H:%M:%S}",
    }
    grid = Grid(image.width, image.height, "EPSG:4326", None, image.points)
    write_geotiff(safe / "measurement" / f"{stem}.tiff", counts, grid=grid, extras=Extras(tags=tags))


def _geolocation(corners: Sequence[tuple[float, float]], width: int, height: int) -> tuple[GroundControlPoint, ...]:
    """Knots between the corners, bilinear. Whole pixel numbers, whose centres lie there, as the annotation has."""
    if len(corners) != 4:
        raise InputError("four corners are needed", value=len(corners))
    lines = np.unique(np.linspace(0, height - 1, min(_GRID_LINES, height)).round())
    pixels = np.unique(np.linspace(0, width - 1, min(_GRID_PIXELS, width)).round())
    first, second, third, fourth = (np.array(corner) for corner in corners)
    points = []
    for line in lines:
        down = line / max(1, height - 1)
        near, far = first + (fourth - first) * down, second + (third - second) * down
        for pixel in pixels:
            lon, lat = near + (far - near) * (pixel / max(1, width - 1))
            points.append(GroundControlPoint(float(pixel), float(line), float(lon), float(lat), 0.0))
    return tuple(points)
