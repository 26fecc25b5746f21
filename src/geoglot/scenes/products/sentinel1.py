"""Sentinel-1 Level-1 products (SAFE): ground range detected (GRD) and single look complex (SLC), all modes.

Source: ESA Sentinel-1 Product Specification S1-RS-MDA-52-7441; layout of the folder section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from xml.etree.ElementTree import Element

from geoglot import sensors
from geoglot.errors import ReadError
from geoglot.regions import Grid, GroundControlPoint
from geoglot.scenes import gate
from geoglot.scenes.products.bands import MissingSource, as_scaled, open_band
from geoglot.scenes.products.folder import Folder
from geoglot.scenes.products.sentinel1_annotation import (
    WGS84,
    Annotation,
    read_annotation,
    read_calibration,
)
from geoglot.scenes.products.sentinel1_pixels import CalibratedSource
from geoglot.scenes.products.times import utc
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.sensors import Sensor, Unit, rescaled

_ANNOTATION = re.compile(
    r"annotation/(?P<image>s1[a-d]-(?P<swath>\w+)-\w+-[vh]{2}-(?P<start>\d{8}t\d{6})-[^/]+-(?P<number>\d{3}))\.xml",
    re.IGNORECASE,
)
_NAME = re.compile(r"S1[A-D]_(IW|EW|SM|WV|S\d)_")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What manifest.safe says of the whole product.

    facts: for `Frame.notes`. measurements: names of the files of pixels that the whole product holds.
    footprints: of each image, four (longitude, latitude): last line from near to far range, then first line
    from far to near.
    """

    product_type: str
    polarisations: tuple[str, ...]
    start: datetime
    facts: tuple[tuple[str, str], ...]
    measurements: tuple[str, ...]
    footprints: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class _Image:
    """One polarisation of one swath: its annotation, and its file of pixels, "" if that is not there."""

    name: str
    about: Annotation
    file: str


@dataclass(frozen=True, slots=True)
class _Product:
    folder: Folder
    manifest: Manifest
    sensor: Sensor
    told_by: HowTold
    profile: gate.Profile


def open_sentinel1(folder: Folder, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...] | None:
    """Give the frames of a Sentinel-1 product, one a swath (wave mode: one an image); None if it is none.

    Bands are polarisations. With calibration files they are sigma nought (linear), else amplitude counts;
    complex values become amplitude. The place comes from the annotation's geolocation grid. A product whose
    measurements are not there still tells what it is; reading its pixels raises ReadError.
    Raises ReadError for a damaged product, or for one without images (RAW, OCN).
    """
    by_name = _NAME.match(folder.name)
    if "manifest.safe" not in folder.names or not (by_name or folder.find(r"^annotation/s1[a-d]-")):
        return None
    manifest = read_manifest(folder.xml("manifest.safe"), what=f"{folder.name}/manifest.safe")
    if manifest.product_type not in ("GRD", "SLC"):
        raise ReadError(
            "this Sentinel-1 product holds no image",
            value=f"{folder.name}: {manifest.product_type}",
            expected="a GRD or SLC product",
        )
    told_by = HowTold.USER if sensor else HowTold.NAME if by_name else HowTold.METADATA
    sensor = sensor or sensors.get(f"sentinel-1-{manifest.product_type.casefold()}")
    product = _Product(folder, manifest, sensor, told_by, profile)
    return _annotated_frames(product) or _bare_frames(product)


def read_manifest(root: Element, *, what: str) -> Manifest:
    """Give the facts of manifest.safe. Raises ReadError if it lacks the product type or the time."""
    product_type, start = root.findtext(".//productType"), root.findtext(".//acquisitionPeriod/startTime")
    if not product_type or not start:
        raise ReadError("the manifest lacks the product type or the time", value=what)
    facts = {
        "mode": root.findtext(".//instrumentMode/mode") or "",
        "orbit pass": (root.findtext(".//orbitProperties/pass") or "").casefold(),
        "relative orbit": root.findtext(".//relativeOrbitNumber[@type='start']") or "",
    }
    files = [element.get("href", "").removeprefix("./") for element in root.iter("fileLocation")]
    return Manifest(
        product_type=product_type.strip().upper(),
        polarisations=tuple((pol.text or "").strip() for pol in root.iter("transmitterReceiverPolarisation")),
        start=utc(start, what=what),
        facts=tuple((name, fact.strip()) for name, fact in facts.items() if fact),
        measurements=tuple(sorted(file for file in files if file.startswith("measurement/"))),
        footprints=tuple(_corners(corners.text or "", what) for corners in root.iter("coordinates")),
    )


def _annotated_frames(product: _Product) -> tuple[Frame, ...]:
    """One frame a swath and time, in order of time."""
    folder = product.folder
    matches = [match for name in folder.names if (match := _ANNOTATION.fullmatch(name))]
    matches.sort(key=lambda match: (match["start"], match["swath"], match["number"]))
    frames = []
    for _, group in groupby(matches, key=lambda match: (match["start"], match["swath"])):
        names = [match["image"] for match in group]
        images = [
            _Image(
                name,
                read_annotation(folder.xml(f"annotation/{name}.xml"), what=name),
                next(iter(folder.find(rf"^measurement/{re.escape(name)}.*\.tiff?$")), ""),
            )
            for name in names
        ]
        frames.append(_frame(product, images))
    return tuple(frames)


def _frame(product: _Product, images: list[_Image]) -> Frame:
    """One swath; polarisations without pixels are left out as long as another one has any."""
    shown = [image for image in images if image.file] or images
    channels = tuple(_channel(product, image) for image in shown)
    about = shown[0].about
    manifest, folder = product.manifest, product.folder
    present = len(folder.find(r"^measurement/.*\.tiff?$"))
    warnings = [f"no measurement of {image.about.polarisation} in the product" for image in images if not image.file]
    if any(image.file for image in shown) and any(channel.band.unit is Unit.AMPLITUDE for channel in channels):
        warnings.append("no calibration in the product: the bands are amplitude counts, not backscatter")
    least, most = about.incidence_deg
    return Frame(
        paths=folder.paths(tuple(image.file for image in shown if image.file)) or (folder.path,),
        sensor=as_scaled(product.sensor, channels, what="sigma nought, linear power"),
        grid=Grid(about.width, about.height, WGS84, None, about.gcps),
        channels=channels,
        full_size=(about.width, about.height),
        time=about.start,
        told_by=product.told_by,
        warnings=tuple(warnings),
        notes=(
            ("product", folder.name),
            *manifest.facts,
            ("swath", about.swath),
            ("incidence", f"{least:.1f} to {most:.1f} degrees"),
            ("pixel spacing", "{:.2f} x {:.2f} m (range x azimuth)".format(*about.spacing_m)),
            ("measurements", f"{present} of {len(manifest.measurements)} in the product"),
            ("thermal noise", "not subtracted"),
        ),
        max_pixels=product.profile.max_pixels,
    )


def _channel(product: _Product, image: _Image) -> Channel:
    """One polarisation: sigma nought where the product holds its calibration, else amplitude."""
    about, folder = image.about, product.folder
    band = product.sensor.band(about.polarisation)
    if band.unit is not Unit.AMPLITUDE:  # whatever the caller named: the files of the product hold amplitude
        band = rescaled(band, unit=Unit.AMPLITUDE, scale=1.0, offset=0.0)
    if not image.file:
        return Channel(band, MissingSource(f"{folder.name}, {image.name}", about.width, about.height))
    counts = _counts(product, image)
    table = f"annotation/calibration/calibration-{image.name}.xml"
    if table not in folder.names:
        return Channel(band, counts)
    calibration = read_calibration(folder.xml(table), what=table)
    sigma0 = rescaled(band, unit=Unit.SIGMA0, scale=1.0, offset=0.0)
    return Channel(sigma0, CalibratedSource(counts, calibration))


def _counts(product: _Product, image: _Image) -> RasterSource:
    """The file of pixels, where 0 is no measurement. Raises ReadError if its size is not the annotation's."""
    file = open_band(product.folder, image.file, product.profile, nodata=0.0)
    size, wanted = (file.grid.width, file.grid.height), (image.about.width, image.about.height)
    if size != wanted:
        raise ReadError(
            "the measurement is not the one its annotation describes",
            value=f"{image.file}: {size}",
            expected=f"{wanted} pixels",
        )
    return file.source


def _bare_frames(product: _Product) -> tuple[Frame, ...]:
    """What only the manifest tells: sensor, times, polarisations, and outlines as single pixels."""
    manifest, folder = product.manifest, product.folder
    missing = MissingSource(folder.name, 1, 1)
    return tuple(
        Frame(
            paths=(folder.path,),
            sensor=product.sensor,
            grid=Grid(1, 1, WGS84, None, _one_pixel(footprint)),
            channels=tuple(Channel(product.sensor.band(name), missing) for name in manifest.polarisations),
            full_size=(1, 1),
            time=time,
            told_by=product.told_by,
            warnings=("only the manifest is here: the outline stands for one pixel, the true size is unknown",),
            notes=(("product", folder.name), *manifest.facts),
            max_pixels=product.profile.max_pixels,
        )
        for footprint, time in zip(manifest.footprints, _times(manifest), strict=True)
    )


def _times(manifest: Manifest) -> list[datetime]:
    """The start of each footprint's image: from the names of the files where there is one of each."""
    by_number = sorted(manifest.measurements, key=lambda name: name.rpartition("-")[2])
    starts = [found[1] for name in by_number if (found := re.search(r"-(\d{8}t\d{6})-", name))]
    if len(starts) != len(manifest.footprints):
        return [manifest.start] * len(manifest.footprints)
    return [datetime.strptime(start, "%Y%m%dt%H%M%S").replace(tzinfo=UTC) for start in starts]


def _one_pixel(footprint: tuple[tuple[float, float], ...]) -> tuple[GroundControlPoint, ...]:
    """Control points at the corners of a single pixel; range runs along x, time along y."""
    corners = ((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0))
    return tuple(GroundControlPoint(x, y, *place) for (x, y), place in zip(corners, footprint, strict=True))


def _corners(text: str, what: str) -> tuple[tuple[float, float], ...]:
    """Longitude and latitude of the four corners; the manifest writes "lat,lon lat,lon …"."""
    try:
        pairs = [tuple(float(number) for number in pair.split(",")) for pair in text.split()]
        corners = tuple((lon, lat) for lat, lon in pairs)
    except ValueError as error:
        raise ReadError("the footprint in the manifest cannot be read", value=f"{what}: {text}") from error
    if len(corners) != 4 or not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in corners):
        raise ReadError("the footprint in the manifest has no four corners", value=f"{what}: {text}")
    return corners
