"""What a camera wrote beside the pixels: EXIF and XMP of a photo, as data from a stranger.

Source: EXIF 2.32 (CIPA DC-008), tables 4 to 15; DJI's XMP names as in their photos (namespace drone-dji).
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION, _MAKE, _MODEL, _DESCRIPTION = 0x0112, 0x010F, 0x0110, 0x010E
_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _TAKEN_ZONE, _FOCAL_35MM = 0x9003, 0x9011, 0xA405
_LATITUDE_SIDE, _LATITUDE, _LONGITUDE_SIDE, _LONGITUDE, _CLOCK, _DAY = 1, 2, 3, 4, 7, 29
_LONGEST_TEXT = 100
_LARGEST_XMP_BYTES = 1 << 20
_FILM_DIAGONAL_MM = math.hypot(36, 24)  # the 35 mm frame that equivalent focal lengths refer to
_NADIR_DEG = 10.0  # a camera within 10 degrees of straight down looks at flat ground nearly evenly


@dataclass(frozen=True, slots=True)
class Exif:
    """Facts of a photo; None or "" where the file does not tell.

    orientation: 1 to 8, how the stored rows and columns are to be shown. time: UTC, only where the file tells
    the zone; local_time is the camera's clock as written. lonlat: WGS 84 degrees. height_m: above the take-off
    point. pitch_deg: of the camera, -90 is straight down. focal_35mm: focal length as if on 35 mm film.
    """

    orientation: int = 1
    make: str = ""
    model: str = ""
    description: str = ""
    time: datetime | None = None
    local_time: str = ""
    lonlat: tuple[float, float] | None = None
    height_m: float | None = None
    pitch_deg: float | None = None
    focal_35mm: float | None = None
    damaged: bool = False

    def gsd_m(self, width: int, height: int) -> float | None:
        """Estimate the ground sample distance of a photo taken straight down; None where it cannot be.

        height * diagonal of 35 mm film / equivalent focal length, shared out over the pixels of the diagonal;
        flat ground at the height of the take-off point is assumed.
        """
        if self.height_m is None or self.focal_35mm is None or self.pitch_deg is None:
            return None
        if self.height_m <= 0 or self.focal_35mm <= 0 or abs(self.pitch_deg + 90) > _NADIR_DEG:
            return None
        return self.height_m * _FILM_DIAGONAL_MM / self.focal_35mm / math.hypot(width, height)


def read_exif(opened: Image) -> Exif:
    """Give what an opened picture's EXIF and XMP say. Damaged tags are told of, never raised."""
    tags: dict[int, Any] = {}
    exif: dict[int, Any] = {}
    gps: dict[int, Any] = {}
    damaged = False
    try:
        found = opened.getexif()
        tags, exif, gps = dict(found), dict(found.get_ifd(_EXIF)), dict(found.get_ifd(_GPS))
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, struct.error, OverflowError):
        damaged = True  # Pillow raises any of these over tags that are cut off or of the wrong type
    xmp = _xmp(opened)
    orientation = tags.get(_ORIENTATION)
    return Exif(
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        make=_text(tags.get(_MAKE)),
        model=_text(tags.get(_MODEL)),
        description=_text(tags.get(_DESCRIPTION)),
        time=_gps_time(gps) or _zoned_time(exif),
        local_time=_text(exif.get(_TAKEN)),
        lonlat=_place(gps),
        height_m=_xmp_number(xmp, "RelativeAltitude"),
        pitch_deg=_xmp_number(xmp, "GimbalPitchDegree"),
        focal_35mm=_number(exif.get(_FOCAL_35MM)),
        damaged=damaged,
    )


def _text(value: object) -> str:
    """A tag as one short printable line."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value.split("\0")[0][:_LONGEST_TEXT] if letter.isprintable()).strip()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    """Longitude and latitude; None where they are missing, no angle, or the (0, 0) of a receiver without a fix."""
    latitude = _angle(gps.get(_LATITUDE), _text(gps.get(_LATITUDE_SIDE)), "NS", 90)
    longitude = _angle(gps.get(_LONGITUDE), _text(gps.get(_LONGITUDE_SIDE)), "EW", 180)
    if latitude is None or longitude is None or (latitude, longitude) == (0.0, 0.0):
        return None
    return longitude, latitude


def _angle(parts: Any, side: str, sides: str, most: float) -> float | None:
    """Degrees from (degrees, minutes, seconds) and one of two letters."""
    numbers = [_number(part) for part in parts] if isinstance(parts, tuple) and len(parts) == 3 else []
    if not numbers or any(number is None or number < 0 for number in numbers) or side.upper() not in tuple(sides):
        return None
    degrees, minutes, seconds = (number or 0.0 for number in numbers)
    angle = degrees + minutes / 60 + seconds / 3600
    return None if angle > most else -angle if side.upper() == sides[1] else angle


def _gps_time(gps: dict[int, Any]) -> datetime | None:
    """The receiver's time, which is UTC by the standard."""
    clock = gps.get(_CLOCK)
    parts = [_number(part) for part in clock] if isinstance(clock, tuple) and len(clock) == 3 else []
    if not parts or any(part is None for part in parts):
        return None
    hours, minutes, seconds = (part or 0.0 for part in parts)
    try:
        day = datetime.strptime(_text(gps.get(_DAY)), "%Y:%m:%d").replace(tzinfo=UTC)
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None


def _zoned_time(exif: dict[int, Any]) -> datetime | None:
    """The camera's clock where the file tells its offset from UTC; a clock without zone is no time."""
    zone = re.fullmatch(r"([+-])(\d\d):(\d\d)", _text(exif.get(_TAKEN_ZONE)))
    if zone is None:
        return None
    offset = timedelta(hours=int(zone[2]), minutes=int(zone[3])) * (-1 if zone[1] == "-" else 1)
    try:
        local = datetime.strptime(_text(exif.get(_TAKEN)), "%Y:%m:%d %H:%M:%S").replace(tzinfo=timezone(offset))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _xmp(opened: Image) -> str:
    raw = opened.info.get("xmp", b"")
    if isinstance(raw, bytes):
        raw = raw[:_LARGEST_XMP_BYTES].decode("utf-8", "replace")
    return raw if isinstance(raw, str) else ""


def _xmp_number(xmp: str, name: str) -> float | None:
    """A number that DJI writes as an attribute or as an element; read without parsing the XML."""
    found = re.search(rf"drone-dji:{name}\s*(?:=\s*[\"']|>)\s*([+-]?\d+(?:\.\d+)?)", xmp)
    return _number(found[1]) if found else None
