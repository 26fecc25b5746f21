"""Thermal photos that carry the sensor's own counts beside the picture: FLIR (FFF) and DJI (R-JPEG).

FLIR's counts become temperatures by the constants in the file. DJI's formula is closed: its counts stay counts.

Source: JPEG markers: ITU-T T.81 annex B. FLIR's records: the field tables that ExifTool documents (FLIR tags), of which
these are facts of the format: record 1 the raw image, record 0x20 the camera. Radiometry: FLIR's measurement formula
and Minkina and Dudzik 2009, Infrared Thermography, equations 3.8 to 3.11.
"""

from __future__ import annotations

import math
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ReadError
from geoglot.scenes import gate

Counts = NDArray[np.uint16]

_APP1, _APP3, _APP4, _START_OF_SCAN = 0xE1, 0xE3, 0xE4, 0xDA
_LARGEST_SIDE_PX = 4096  # the largest thermal cameras have 1280 x 1024
_RAW_RECORD, _CAMERA_RECORD = 1, 0x20
_ENTRY = 32  # bytes of one line of FLIR's directory
_ZERO_CELSIUS_K = 273.15


@dataclass(frozen=True, slots=True)
class Planck:
    """A camera's calibration and how it was set: counts S of a black body at T kelvin are R1 / (R2 (e^(B/T) - F)) - O.

    Temperatures in kelvin, distance in metres, humidity as a fraction. alpha, beta, x: of the air's transmission.
    """

    r1: float
    r2: float
    b: float
    f: float
    o: float
    emissivity: float = 1.0
    distance_m: float = 0.0
    reflected_k: float = 293.15
    air_k: float = 293.15
    window_k: float = 293.15
    window_transmission: float = 1.0
    humidity: float = 0.0
    alpha: tuple[float, float] = (0.006569, 0.012620)
    beta: tuple[float, float] = (-0.002276, -0.006670)
    x: float = 1.9

    def counts(self, kelvin: float) -> float:
        """Give the counts of a black body."""
        return self.r1 / (self.r2 * (math.exp(self.b / kelvin) - self.f)) - self.o

    def air_transmission(self) -> float:
        """Give the share of radiation that reaches the camera through the air between."""
        celsius = self.air_k - _ZERO_CELSIUS_K
        water = self.humidity * math.exp(1.5587 + 6.939e-2 * celsius - 2.7816e-4 * celsius**2 + 6.8455e-7 * celsius**3)
        far, wet = math.sqrt(self.distance_m), math.sqrt(water)
        near = math.exp(-far * (self.alpha[0] + self.beta[0] * wet))
        rest = math.exp(-far * (self.alpha[1] + self.beta[1] * wet))
        return self.x * near + (1 - self.x) * rest

    def kelvin(self, counts: NDArray[np.generic]) -> NDArray[np.float32]:
        """Give the object's temperature for the camera's counts, NaN where they are below what a body can emit."""
        air, window, emissivity = self.air_transmission(), self.window_transmission, self.emissivity
        stray = (
            window * (1 - emissivity) * air * self.counts(self.reflected_k)
            + window * (1 - air) * self.counts(self.air_k)
            + (1 - window) * self.counts(self.window_k)
        )
        own = (counts.astype(np.float64) - stray) / (window * emissivity * air)
        with np.errstate(divide="ignore", invalid="ignore"):
            kelvin = self.b / np.log(self.r1 / (self.r2 * (own + self.o)) + self.f)
        return np.where(np.isfinite(kelvin) & (kelvin > 0), kelvin, np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Thermal:
    """The counts of a thermal photo, (H, W). planck: None where the way to temperatures is not open."""

    counts: Counts
    camera: str
    planck: Planck | None = None


def read_flir(raw: bytes, *, what: str) -> Thermal | None:
    """Give the counts and constants of a FLIR radiometric JPEG; None if it is none.

    raw: the whole file. Raises ReadError if the FLIR segments are damaged.
    """
    parts = [data for marker, data in _segments(raw) if marker == _APP1 and data.startswith(b"FLIR\0\1")]
    if not parts:
        return None
    fff = b"".join(part[8:] for part in sorted(parts, key=lambda part: part[6:7]))
    try:
        return _read_fff(fff, what)
    except struct.error as error:
        raise ReadError("the FLIR records of the photo are cut off", value=what) from error


def read_dji(raw: bytes, size: tuple[int, int]) -> Counts | None:
    """Give the counts of a DJI R-JPEG, (H, W), little-endian as stored; None where their layout is not plain.

    raw: the whole file. size: width and height of the picture. The segments APP3 or APP4, joined, must hold exactly
    one 16-bit number for each pixel: so it is for H20N, M4T and XT S; other layouts are not guessed at.
    """
    width, height = size
    for marker, run in groupby(_segments(raw), key=lambda segment: segment[0]):
        if marker in (_APP3, _APP4):
            joined = b"".join(data for _, data in run)
            if len(joined) == width * height * 2:
                return np.frombuffer(joined, "<u2").reshape(height, width).astype(np.uint16)
    return None


def _segments(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and data of each segment before the picture itself."""
    place = 2 if raw.startswith(b"\xff\xd8") else len(raw)
    while place + 4 <= len(raw) and raw[place] == 0xFF and raw[place + 1] != _START_OF_SCAN:
        marker, length = raw[place + 1], int.from_bytes(raw[place + 2 : place + 4], "big")
        yield marker, raw[place + 4 : place + 2 + length]
        place += 2 + max(2, length)


def _read_fff(fff: bytes, what: str) -> Thermal:
    if not fff.startswith(b"FFF\0"):
        raise ReadError("the FLIR records of the photo do not begin as they must", value=what)
    order = next((order for order in "><" if 100 <= struct.unpack_from(order + "I", fff, 20)[0] < 200), None)
    if order is None:
        raise ReadError("the FLIR records of the photo have an unknown version", value=what)
    start, count = struct.unpack_from(order + "II", fff, 24)
    records: dict[int, bytes] = {}
    for line in range(min(count, 1000)):
        kind, _, _, _, offset, length = struct.unpack_from(order + "HHIIII", fff, start + line * _ENTRY)
        records.setdefault(kind, fff[offset : offset + length])
    if _RAW_RECORD not in records or _CAMERA_RECORD not in records:
        raise ReadError("the FLIR photo lacks the raw image or the camera's constants", value=what)
    planck, camera = _read_camera(records[_CAMERA_RECORD], what)
    return Thermal(_read_raw(records[_RAW_RECORD], what), camera, planck)


def _order(record: bytes) -> str:
    """The byte order of a record: it begins with a small number."""
    return "<" if struct.unpack_from("<H", record, 0)[0] < 0x100 else ">"


def _read_camera(record: bytes, what: str) -> tuple[Planck, str]:
    order = _order(record)

    def number(offset: int) -> float:
        return float(struct.unpack_from(order + "f", record, offset)[0])

    humidity = number(0x3C)
    planck = Planck(
        r1=number(0x58),
        r2=number(0x30C),
        b=number(0x5C),
        f=number(0x60),
        o=float(struct.unpack_from(order + "i", record, 0x308)[0]),
        emissivity=number(0x20),
        distance_m=number(0x24),
        reflected_k=number(0x28),
        air_k=number(0x2C),
        window_k=number(0x30),
        window_transmission=number(0x34),
        humidity=humidity / 100 if humidity > 2 else humidity,  # some models write percent
        alpha=(number(0x70), number(0x74)),
        beta=(number(0x78), number(0x7C)),
        x=number(0x80),
    )
    _check(planck, what)
    name = record[0xD4:0xF4].split(b"\0")[0].decode("ascii", "replace")
    return planck, "".join(letter for letter in name if letter.isprintable())


def _check(planck: Planck, what: str) -> None:
    """Refuse constants that no camera has: a temperature from them would be an invention."""
    shares = (planck.emissivity, planck.window_transmission)
    kelvins = (planck.reflected_k, planck.air_k, planck.window_k)
    sound = (
        all(0 < share <= 1 for share in shares)
        and all(100 < kelvin < 2000 for kelvin in kelvins)
        and all(0 < value < math.inf for value in (planck.r1, planck.r2, planck.b))
        and 0 <= planck.distance_m < 1e5
        and 0 <= planck.humidity <= 1
    )
    try:
        usable = sound and 0 < planck.air_transmission() <= 1 and all(map(math.isfinite, map(planck.counts, kelvins)))
    except (OverflowError, ZeroDivisionError):
        usable = False
    if not usable:
        raise ReadError("the FLIR photo holds constants that no camera has", value=f"{what}: {planck}")


def _read_raw(record: bytes, what: str) -> Counts:
    order = _order(record)
    width, height = struct.unpack_from(order + "HH", record, 2)
    data = record[32:]
    if not 0 < width <= _LARGEST_SIDE_PX or not 0 < height <= _LARGEST_SIDE_PX:
        raise ReadError("the raw image of the FLIR photo has an absurd size", value=f"{what}: {width} x {height}")
    if data.startswith(b"\x89PNG"):
        return _likely_order(_read_png(data, (width, height), what))
    if len(data) < width * height * 2:
        raise ReadError("the raw image of the FLIR photo is cut off", value=what)
    stored = np.frombuffer(data, order + "u2", width * height)
    return stored.reshape(height, width).astype(np.uint16)


def _read_png(data: bytes, size: tuple[int, int], what: str) -> Counts:
    """A PNG inside the record, opened as a file of its own: nothing is decoded but through the gate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw.png"
        path.write_bytes(data)
        with gate.picture(path) as opened:
            if opened.size != size or not opened.mode.startswith("I"):
                raise ReadError(
                    "the raw image of the FLIR photo is not what its record says",
                    value=f"{what}: {opened.size}, {opened.mode}",
                    expected=f"{size}, 16-bit grey",
                )
            try:
                return np.asarray(opened).astype(np.uint16)
            except (OSError, SyntaxError, ValueError) as error:
                raise ReadError("the raw image of the FLIR photo is damaged", value=what) from error


def _likely_order(counts: Counts) -> Counts:
    """The byte order in which neighbours are alike: most FLIR cameras write 16-bit PNG the wrong way round.

    Swapped counts jump by multiples of 256 between neighbours that differ by one.
    """
    swapped = counts.byteswap()
    return swapped if _roughness(swapped) < _roughness(counts) else counts


def _roughness(counts: Counts) -> float:
    return float(np.abs(np.diff(counts.astype(np.float64), axis=1)).mean()) if counts.shape[1] > 1 else 0.0
