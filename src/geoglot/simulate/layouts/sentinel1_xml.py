"""The metadata files of a Sentinel-1 product, written from facts."""
# ruff: noqa: E501  (lines of XML stand as in the product)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoglot.regions import GroundControlPoint

A_NEAR, A_FAR = 500.0, 520.0
"""The sigma nought table A falls linearly from near to far range: sigma0 = counts² / A²."""

_KNOT_PX = 40
_NEAR_DEG, _FAR_DEG = 30.5, 46.0  # incidence of IW
_NAMESPACES = (
    'xmlns:safe="http://www.esa.int/safe/sentinel-1.0" xmlns:s1="http://www.esa.int/safe/sentinel-1.0/sentinel-1" '
    'xmlns:s1sarl1="http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1" '
    'xmlns:gml="http://www.opengis.net/gml" xmlns:xfdu="urn:ccsds:schema:xfdu:1"'
)


@dataclass(frozen=True, slots=True)
class Image:
    """One polarisation of a product. kind: "GRD" or "SLC". number: 1 for the first image of the product."""

    kind: str
    polarisation: str
    number: int
    width: int
    height: int
    start: datetime
    stop: datetime
    ascending: bool
    satellite: str
    points: tuple[GroundControlPoint, ...]

    @property
    def swath(self) -> str:
        """The name of the swath."""
        return "IW" if self.kind == "GRD" else "IW1"

    @property
    def flight(self) -> str:
        """The direction of flight as the annotation writes it."""
        return "Ascending" if self.ascending else "Descending"

    def stem(self, orbit: int, datatake: int) -> str:
        """What the image's files are called."""
        return (
            f"{self.satellite}-{self.swath}-{self.kind}-{self.polarisation}-{self.start:%Y%m%dT%H%M%S}"
            f"-{self.stop:%Y%m%dT%H%M%S}-{orbit:06d}-{datatake:06x}-{self.number:03d}"
        ).casefold()


def annotation_xml(image: Image, orbit: int) -> str:
    """Give the annotation: pass, spacing, size and geolocation grid."""
    spacing = (10.0, 10.0) if image.kind == "GRD" else (2.329562, 13.95)
    points = "\n".join(_point(image, point) for point in image.points)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<product>
{_head(image, orbit)}
  <generalAnnotation>
    <productInformation>
      <pass>{image.flight}</pass>
      <timelinessCategory>Fast-24h</timelinessCategory>
      <platformHeading>{-12.5 if image.ascending else -167.5:.15e}</platformHeading>
      <projection>{"Ground Range" if image.kind == "GRD" else "Slant Range"}</projection>
      <radarFrequency>5.405000454334350e+09</radarFrequency>
    </productInformation>
  </generalAnnotation>
  <imageAnnotation>
    <imageInformation>
      <productFirstLineUtcTime>{_time(image.start)}</productFirstLineUtcTime>
      <productLastLineUtcTime>{_time(image.stop)}</productLastLineUtcTime>
      <slantRangeTime>5.343315555380221e-03</slantRangeTime>
      <pixelValue>{"Detected" if image.kind == "GRD" else "Complex"}</pixelValue>
      <outputPixels>16 bit {"Unsigned Integer" if image.kind == "GRD" else "Signed Integer"}</outputPixels>
      <rangePixelSpacing>{spacing[0]:.6e}</rangePixelSpacing>
      <azimuthPixelSpacing>{spacing[1]:.6e}</azimuthPixelSpacing>
      <numberOfSamples>{image.width}</numberOfSamples>
      <numberOfLines>{image.height}</numberOfLines>
      <incidenceAngleMidSwath>{(_NEAR_DEG + _FAR_DEG) / 2:.6e}</incidenceAngleMidSwath>
    </imageInformation>
  </imageAnnotation>
  <geolocationGrid>
    <geolocationGridPointList count="{len(image.points)}">
{points}
    </geolocationGridPointList>
  </geolocationGrid>
</product>
"""


def calibration_xml(image: Image, orbit: int) -> str:
    """Give the calibration file: the tables A at every 40th pixel of the first and the last line."""
    pixels = _knots(image)
    sigma = [A_NEAR + (A_FAR - A_NEAR) * pixel / max(1, image.width - 1) for pixel in pixels]
    vectors = "\n".join(
        f"""    <calibrationVector>
      <azimuthTime>{_time(image.start)}</azimuthTime>
      <line>{line}</line>
      <pixel count="{len(pixels)}">{_row(pixels)}</pixel>
      <sigmaNought count="{len(pixels)}">{_row(sigma)}</sigmaNought>
      <betaNought count="{len(pixels)}">{_row([value * 0.8 for value in sigma])}</betaNought>
      <gamma count="{len(pixels)}">{_row([value * 0.92 for value in sigma])}</gamma>
      <dn count="{len(pixels)}">{_row([value * 0.8 for value in sigma])}</dn>
    </calibrationVector>"""
        for line in (0, image.height - 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<calibration>
{_head(image, orbit)}
  <calibrationInformation><absoluteCalibrationConstant>1.000000e+00</absoluteCalibrationConstant></calibrationInformation>
  <calibrationVectorList count="2">
{vectors}
  </calibrationVectorList>
</calibration>
"""


def noise_xml(image: Image, orbit: int) -> str:
    """Give the noise file: a floor of about -25 dB, the same on every line."""
    pixels = _knots(image)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<noise>
{_head(image, orbit)}
  <noiseRangeVectorList count="1">
    <noiseRangeVector>
      <azimuthTime>{_time(image.start)}</azimuthTime>
      <line>0</line>
      <pixel count="{len(pixels)}">{_row(pixels)}</pixel>
      <noiseRangeLut count="{len(pixels)}">{_row([800.0] * len(pixels))}</noiseRangeLut>
    </noiseRangeVector>
  </noiseRangeVectorList>
  <noiseAzimuthVectorList count="0"/>
</noise>
"""


def manifest_xml(images: Sequence[Image], corners: Sequence[tuple[float, float]], files: Iterable[str]) -> str:
    """Give manifest.safe. corners: longitude and latitude as in `Swath`; files: relative to the product."""
    first = images[0]
    footprint = " ".join(f"{corners[place][1]:.6f},{corners[place][0]:.6f}" for place in (3, 2, 1, 0))
    channels = "\n".join(
        f"      <s1sarl1:transmitterReceiverPolarisation>{image.polarisation}</s1sarl1:transmitterReceiverPolarisation>"
        for image in images
    )
    objects = "\n".join(
        f'    <dataObject ID="file{place}"><byteStream mimeType="application/octet-stream"><fileLocation locatorType="URL" href="./{name}"/></byteStream></dataObject>'
        for place, name in enumerate(files)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xfdu:XFDU {_NAMESPACES} version="esa/safe/sentinel-1.0/sentinel-1/sar/level-1/{first.kind.casefold()}/standard/iwdp">
  <metadataSection>
    <metadataObject ID="platform" classification="DESCRIPTION" category="DMD"><metadataWrap><xmlData>
      <safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>{first.satellite[-1]}</safe:number>
        <safe:instrument><safe:familyName abbreviation="SAR">Synthetic Aperture Radar</safe:familyName>
          <safe:extension><s1sarl1:instrumentMode><s1sarl1:mode>IW</s1sarl1:mode><s1sarl1:swath>{first.swath}</s1sarl1:swath></s1sarl1:instrumentMode></safe:extension>
        </safe:instrument></safe:platform>
    </xmlData></metadataWrap></metadataObject>
    <metadataObject ID="measurementOrbitReference" classification="DESCRIPTION" category="DMD"><metadataWrap><xmlData>
      <safe:orbitReference><safe:relativeOrbitNumber type="start">95</safe:relativeOrbitNumber>
        <safe:extension><s1:orbitProperties><s1:pass>{first.flight.upper()}</s1:pass></s1:orbitProperties></safe:extension></safe:orbitReference>
    </xmlData></metadataWrap></metadataObject>
    <metadataObject ID="generalProductInformation" classification="DESCRIPTION" category="DMD"><metadataWrap><xmlData>
      <s1sarl1:standAloneProductInformation>
{channels}
      <s1sarl1:productType>{first.kind}</s1sarl1:productType>
      </s1sarl1:standAloneProductInformation>
    </xmlData></metadataWrap></metadataObject>
    <metadataObject ID="acquisitionPeriod" classification="DESCRIPTION" category="DMD"><metadataWrap><xmlData>
      <safe:acquisitionPeriod><safe:startTime>{_time(first.start)}</safe:startTime><safe:stopTime>{_time(first.stop)}</safe:stopTime></safe:acquisitionPeriod>
    </xmlData></metadataWrap></metadataObject>
    <metadataObject ID="measurementFrameSet" classification="DESCRIPTION" category="DMD"><metadataWrap><xmlData>
      <safe:frameSet><safe:frame><safe:footPrint srsName="http://www.opengis.net/gml/srs/epsg.xml#4326"><gml:coordinates>{footprint}</gml:coordinates></safe:footPrint></safe:frame></safe:frameSet>
    </xmlData></metadataWrap></metadataObject>
  </metadataSection>
  <dataObjectSection>
{objects}
  </dataObjectSection>
</xfdu:XFDU>
"""


def _head(image: Image, orbit: int) -> str:
    return f"""  <adsHeader>
    <missionId>{image.satellite}</missionId>
    <productType>{image.kind}</productType>
    <polarisation>{image.polarisation}</polarisation>
    <mode>IW</mode>
    <swath>{image.swath}</swath>
    <startTime>{_time(image.start)}</startTime>
    <stopTime>{_time(image.stop)}</stopTime>
    <absoluteOrbitNumber>{orbit}</absoluteOrbitNumber>
    <imageNumber>{image.number:03d}</imageNumber>
  </adsHeader>"""


def _point(image: Image, point: GroundControlPoint) -> str:
    incidence_deg = _NEAR_DEG + (_FAR_DEG - _NEAR_DEG) * point.x_px / max(1, image.width - 1)
    return f"""      <geolocationGridPoint>
        <azimuthTime>{_time(image.start)}</azimuthTime>
        <slantRangeTime>5.343315555380221e-03</slantRangeTime>
        <line>{point.y_px:.0f}</line>
        <pixel>{point.x_px:.0f}</pixel>
        <latitude>{point.y:.15e}</latitude>
        <longitude>{point.x:.15e}</longitude>
        <height>{point.z:.15e}</height>
        <incidenceAngle>{incidence_deg:.15e}</incidenceAngle>
        <elevationAngle>{incidence_deg - 4:.15e}</elevationAngle>
      </geolocationGridPoint>"""


def _knots(image: Image) -> list[int]:
    return [*range(0, image.width - 1, _KNOT_PX), image.width - 1]


def _row(values: Iterable[float]) -> str:
    return " ".join(f"{value:d}" if isinstance(value, int) else f"{value:.6e}" for value in values)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}"
