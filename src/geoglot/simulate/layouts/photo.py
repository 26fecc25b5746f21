"""Photos as drones take them: JPEG with EXIF place and time, and DJI's XMP beside it.

Source: EXIF 2.32 (CIPA DC-008), tables of the GPS IFD; XMP names of DJI as ExifTool's table DJI::XMP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

_MAKE, _MODEL, _DATE_TIME = 0x010F, 0x0110, 0x0132
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TAKEN, _OFFSET, _FOCAL, _FOCAL_35MM = 0x9003, 0x9011, 0x920A, 0xA405
_WIDTH, _HEIGHT = 0xA002, 0xA003


@dataclass(frozen=True, slots=True)
class Shot:
    """Where, when and with what a photo was taken.

    lon_deg, lat_deg: WGS 84. altitude_m: above the ellipsoid; above_ground_m: DJI's relative altitude. pitch_deg:
    of the gimbal, -90 is straight down. heading_deg: clockwise from north, None untold. xmp: write DJI's packet too.
    """

    lon_deg: float
    lat_deg: float
    time: datetime
    altitude_m: float = 520.0
    above_ground_m: float = 100.0
    pitch_deg: float = -90.0
    heading_deg: float | None = None
    focal_mm: float = 8.8
    make: str = "DJI"
    model: str = "FC6310"
    xmp: bool = True


def write_photo(path: Path, picture: NDArray[np.uint8], *, shot: Shot | None = None, quality: int = 95) -> Path:
    """Write (3, H, W) or, grey, (1, H, W) as JPEG and give the path. Without `shot` it holds no EXIF."""
    image = Image.fromarray(np.moveaxis(picture, 0, -1).squeeze())
    path.parent.mkdir(parents=True, exist_ok=True)
    if shot is None:
        image.save(path, "JPEG", quality=quality)
    else:
        exif = _exif(shot, image.size).tobytes()
        image.save(path, "JPEG", quality=quality, exif=exif, xmp=_xmp(shot) if shot.xmp else b"")
    return path


def _exif(shot: Shot, size: tuple[int, int]) -> Image.Exif:
    exif = Image.Exif()
    stamp = f"{shot.time.astimezone(UTC):%Y:%m:%d %H:%M:%S}"
    exif[_MAKE], exif[_MODEL], exif[_DATE_TIME] = shot.make, shot.model, stamp
    exif.get_ifd(_EXIF_IFD).update(
        {
            _TAKEN: stamp,
            _OFFSET: "+00:00",
            _FOCAL: _rational(shot.focal_mm),
            _FOCAL_35MM: round(shot.focal_mm * 2.73),  # a one-inch sensor, 13.2 mm wide
            _WIDTH: size[0],
            _HEIGHT: size[1],
        }
    )
    exif.get_ifd(_GPS_IFD).update(
        {
            1: "N" if shot.lat_deg >= 0 else "S",
            2: _degrees(shot.lat_deg),
            3: "E" if shot.lon_deg >= 0 else "W",
            4: _degrees(shot.lon_deg),
            5: b"\x00" if shot.altitude_m >= 0 else b"\x01",
            6: _rational(abs(shot.altitude_m)),
        }
    )
    if shot.heading_deg is not None:
        exif.get_ifd(_GPS_IFD).update({16: "T", 17: _rational(shot.heading_deg)})
    return exif


def _rational(value: float) -> IFDRational:
    exact = Fraction(value).limit_denominator(1_000_000)
    return IFDRational(exact.numerator, exact.denominator)


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes and seconds to a ten-thousandth."""
    total = round(abs(value) * 3600 * 10_000)
    degrees, rest = divmod(total, 3600 * 10_000)
    minutes, seconds = divmod(rest, 60 * 10_000)
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, 10_000)


def _xmp(shot: Shot) -> bytes:
    yaw = (shot.heading_deg or 0.0) - 360.0 * ((shot.heading_deg or 0.0) > 180.0)
    facts = {
        "AbsoluteAltitude": f"{shot.altitude_m:+.2f}",
        "RelativeAltitude": f"{shot.above_ground_m:+.2f}",
        "GpsLatitude": f"{shot.lat_deg:.7f}",
        "GpsLongitude": f"{shot.lon_deg:.7f}",
        "GimbalRollDegree": "+0.00",
        "GimbalYawDegree": f"{yaw:+.2f}",
        "GimbalPitchDegree": f"{shot.pitch_deg:+.2f}",
        "FlightYawDegree": f"{yaw:+.2f}",
    }
    body = "\n".join(f'   drone-dji:{key}="{value}"' for key, value in facts.items())
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="DJI Meta Data"
   xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
   xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"
   tiff:Make="{shot.make}"
   tiff:Model="{shot.model}"
{body}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()
