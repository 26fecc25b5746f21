"""Radiometric thermal photos: FLIR's counts become the temperatures they were made from, DJI's stay counts."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from geoglot import sensors
from geoglot.errors import ReadError
from geoglot.scenes.photo import open_photo
from geoglot.scenes.scene import HowTold
from geoglot.scenes.thermal_jpeg import Planck, read_dji, read_flir
from geoglot.sensors import Unit

PLANCK = Planck(
    r1=17096.453,
    r2=0.04351538,
    b=1428.0,
    f=1.0,
    o=-55.0,
    emissivity=0.95,
    distance_m=50.0,
    reflected_k=283.15,
    air_k=295.15,
    window_k=293.15,
    window_transmission=0.98,
    humidity=0.5,
)


def scene_k(width: int = 32, height: int = 24) -> NDArray[np.float64]:
    """Ground of 280 to 300 K with a fire of 400 K."""
    kelvin = np.tile(np.linspace(280, 300, width), (height, 1))
    kelvin[10:12, 20:22] = 400
    return kelvin


def counts_of(kelvin: NDArray[np.float64], planck: Planck = PLANCK) -> NDArray[np.uint16]:
    """What the camera counts: FLIR's measurement formula forwards, written out on its own."""
    air = planck.air_transmission()
    own = planck.r1 / (planck.r2 * (np.exp(planck.b / kelvin) - planck.f)) - planck.o
    arriving = planck.emissivity * air * own
    arriving += (1 - planck.emissivity) * air * planck.counts(planck.reflected_k)
    arriving += (1 - air) * planck.counts(planck.air_k)
    total = planck.window_transmission * arriving + (1 - planck.window_transmission) * planck.counts(planck.window_k)
    return np.round(total).astype(np.uint16)


def camera_record(planck: Planck, order: str = "<") -> bytes:
    record = bytearray(0x400)
    struct.pack_into(order + "H", record, 0, 2)
    numbers = {
        0x20: planck.emissivity, 0x24: planck.distance_m, 0x28: planck.reflected_k, 0x2C: planck.air_k,
        0x30: planck.window_k, 0x34: planck.window_transmission, 0x3C: planck.humidity, 0x58: planck.r1,
        0x5C: planck.b, 0x60: planck.f, 0x70: planck.alpha[0], 0x74: planck.alpha[1], 0x78: planck.beta[0],
        0x7C: planck.beta[1], 0x80: planck.x, 0x30C: planck.r2,
    }  # fmt: skip
    for offset, number in numbers.items():
        struct.pack_into(order + "f", record, offset, number)
    struct.pack_into(order + "i", record, 0x308, int(planck.o))
    record[0xD4 : 0xD4 + 8] = b"FLIR XT2"
    return bytes(record)


def raw_record(counts: NDArray[np.uint16], form: str) -> bytes:
    order = ">" if form == "big" else "<"
    height, width = counts.shape
    head = struct.pack(order + "HHH", 2, width, height).ljust(32, b"\0")
    if form in ("little", "big"):
        return head + counts.astype(order + "u2").tobytes()
    stored = counts.byteswap() if form == "png swapped" else counts
    out = io.BytesIO()
    Image.fromarray(stored).save(out, "PNG")
    return head + out.getvalue()


def fff(records: dict[int, bytes]) -> bytes:
    place = 64 + 32 * len(records)
    lines, body = b"", b""
    for kind, record in records.items():
        lines += struct.pack(">HHIIII", kind, 1, 100, 1, place + len(body), len(record)).ljust(32, b"\0")
        body += record
    return b"FFF\0" + struct.pack(">16sIII", b"CAMCTRL", 100, 64, len(records)).ljust(60, b"\0") + lines + body


def jpeg(segments: list[tuple[int, bytes]], size: tuple[int, int] = (64, 48), exif: bytes = b"") -> bytes:
    """An ordinary JPEG with application segments put in front of everything else."""
    out = io.BytesIO()
    Image.new("RGB", size, (90, 40, 10)).save(out, "JPEG", exif=exif)
    added = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data for marker, data in segments)
    return b"\xff\xd8" + added + out.getvalue()[2:]


def flir_jpeg(counts: NDArray[np.uint16], form: str = "little", planck: Planck = PLANCK) -> bytes:
    whole = fff({1: raw_record(counts, form), 0x20: camera_record(planck)})
    pieces = [whole[start : start + 1000] for start in range(0, len(whole), 1000)]
    marks = [b"FLIR\0\1" + bytes([number, len(pieces) - 1]) for number in range(len(pieces))]
    return jpeg([(0xE1, mark + piece) for mark, piece in zip(marks, pieces, strict=True)])


@pytest.mark.parametrize("form", ["little", "big", "png", "png swapped"])
def test_flir_counts_become_the_temperatures_they_were_made_from(tmp_path: Path, form: str) -> None:
    (tmp_path / "flir.jpg").write_bytes(flir_jpeg(counts_of(scene_k()), form))
    frame = open_photo(tmp_path / "flir.jpg")
    assert frame.told_by is HowTold.METADATA
    assert frame.channels[0].band.unit is Unit.KELVIN
    assert frame.size == (32, 24)  # of the counts; the picture has 64 x 48
    assert frame.bands("thermal")[0] == pytest.approx(scene_k(), abs=0.05)
    assert any("0.95" in warning for warning in frame.warnings)


def test_the_caller_may_ask_for_the_picture_instead(tmp_path: Path) -> None:
    (tmp_path / "flir.jpg").write_bytes(flir_jpeg(counts_of(scene_k())))
    frame = open_photo(tmp_path / "flir.jpg", sensors.get("flir-display"))
    assert frame.size == (64, 48)
    assert frame.channels[0].band.unit is Unit.DISPLAY


@given(
    kelvin=st.floats(230, 900),
    emissivity=st.floats(0.3, 1.0),
    distance_m=st.floats(0, 200),
    humidity=st.floats(0, 1),
    air_k=st.floats(253, 323),
)
def test_kelvin_inverts_the_measurement_formula(
    kelvin: float, emissivity: float, distance_m: float, humidity: float, air_k: float
) -> None:
    planck = replace(PLANCK, emissivity=emissivity, distance_m=distance_m, humidity=humidity, air_k=air_k)
    air, window = planck.air_transmission(), planck.window_transmission
    arriving = emissivity * air * planck.counts(kelvin) + (1 - emissivity) * air * planck.counts(planck.reflected_k)
    total = window * (arriving + (1 - air) * planck.counts(air_k)) + (1 - window) * planck.counts(planck.window_k)
    assert planck.kelvin(np.array([[total]]))[0, 0] == pytest.approx(kelvin, rel=1e-4)


def test_a_black_body_close_by_follows_the_bare_planck_curve() -> None:
    planck = replace(PLANCK, emissivity=1.0, distance_m=0.0, window_transmission=1.0)
    counts = 12_000
    bare = planck.b / np.log(planck.r1 / (planck.r2 * (counts + planck.o)) + planck.f)
    assert planck.kelvin(np.array([[counts]], np.uint16))[0, 0] == pytest.approx(float(bare))


def test_counts_below_any_temperature_are_no_measurement() -> None:
    assert np.isnan(PLANCK.kelvin(np.zeros((1, 1), np.uint16))).all()


@pytest.mark.parametrize(
    "planck",
    [
        replace(PLANCK, emissivity=0.0),
        replace(PLANCK, emissivity=float("nan")),
        replace(PLANCK, r2=0.0),
        replace(PLANCK, b=float("inf")),
        replace(PLANCK, air_k=0.0),
        replace(PLANCK, distance_m=-1.0),
        replace(PLANCK, alpha=(1e9, 1e9)),
    ],
)
def test_constants_that_no_camera_has_are_refused(planck: Planck) -> None:
    with pytest.raises(ReadError, match="no camera has"):
        read_flir(jpeg([(0xE1, b"FLIR\0\1\0\0" + fff({1: raw_record(counts_of(scene_k()), "little"),
                                                        0x20: camera_record(planck)}))]), what="x.jpg")  # fmt: skip


@pytest.mark.parametrize(
    "whole",
    [
        b"FFF",
        b"XXX\0" + bytes(100),
        b"FFF\0" + bytes(100),
        fff({0x20: camera_record(PLANCK)}),
        fff({1: raw_record(counts_of(scene_k()), "little")}),
        fff({1: raw_record(counts_of(scene_k()), "little")[:500], 0x20: camera_record(PLANCK)}),
        fff({1: raw_record(counts_of(scene_k()), "png")[:90], 0x20: camera_record(PLANCK)}),
        fff({1: struct.pack("<HHH", 2, 60000, 60000).ljust(64, b"\0"), 0x20: camera_record(PLANCK)}),
        fff({1: raw_record(counts_of(scene_k()), "little"), 0x20: camera_record(PLANCK)[:200]}),
    ],
)
def test_damaged_flir_records_are_a_read_error(whole: bytes) -> None:
    with pytest.raises(ReadError):
        read_flir(jpeg([(0xE1, b"FLIR\0\1\0\0" + whole)]), what="x.jpg")


@given(st.binary(max_size=300))
def test_any_bytes_are_flir_or_not_or_a_read_error(data: bytes) -> None:
    for raw in (data, b"\xff\xd8" + data, jpeg([(0xE1, b"FLIR\0\1\0\0" + data)]), jpeg([(0xE1, b"FLIR\0\1" + data)])):
        try:
            found = read_flir(raw, what="x.jpg")
        except ReadError:
            continue
        assert found is None or found.counts.ndim == 2


def dji_exif() -> bytes:
    written = Image.Exif()
    written[0x010F], written[0x0110] = "DJI", "ZH20T"
    return written.tobytes()


def dji_jpeg(counts: NDArray[np.uint16]) -> bytes:
    data = counts.astype("<u2").tobytes()
    pieces = [(0xE3, data[start : start + 4000]) for start in range(0, len(data), 4000)]
    return jpeg([*pieces, (0xE4, b"calibration" * 20)], exif=dji_exif())


def test_dji_counts_stay_counts_and_it_says_why(tmp_path: Path) -> None:
    counts = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) + 15_000
    (tmp_path / "dji.jpg").write_bytes(dji_jpeg(counts))
    frame = open_photo(tmp_path / "dji.jpg")
    assert frame.sensor.name == "dji-thermal-display"
    assert frame.channels[0].band.unit is Unit.DN
    assert np.array_equal(frame.bands()[0], counts)
    assert any("formula is closed" in warning for warning in frame.warnings)


def test_another_layout_of_dji_is_not_guessed_at(tmp_path: Path) -> None:
    counts = np.zeros((48, 60), np.uint16)  # not one number for each of the 64 x 48 pixels
    assert read_dji(dji_jpeg(counts), (64, 48)) is None
    (tmp_path / "dji.jpg").write_bytes(dji_jpeg(counts))
    assert open_photo(tmp_path / "dji.jpg").channels[0].band.unit is Unit.DISPLAY


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "clock", "sign"),
    [
        ("H20N_DJI_0005_R.JPG", "2023:12:21 15:03:33", 1),
        ("M4T_DJI_0002_R.JPG", "2024:11:22 18:27:40", -1),  # its description says black-hot
        ("XTS_DJI_0003_R.JPG", "2019:11:08 10:03:08", 1),
    ],
)
def test_real_dji_counts_belong_to_the_picture(shared_data: Path, name: str, clock: str, sign: int) -> None:
    path = shared_data / "real" / "dji_radiometric_thermal" / name
    frame = open_photo(path)
    assert (frame.sensor.name, frame.told_by, frame.size) == ("dji-thermal-display", HowTold.METADATA, (640, 512))
    assert dict(frame.notes)["camera clock"] == clock
    counts = frame.bands("thermal")[0]
    shown = open_photo(path, sensors.get("dji-thermal-display")).bands("thermal")[0]
    ranks = np.stack([np.argsort(np.argsort(layer.ravel()[::37])) for layer in (counts, shown)]).astype(float)
    assert sign * float(np.corrcoef(ranks)[0, 1]) > 0.65  # the cameras stretch contrast locally


@pytest.mark.data
def test_real_dji_photos_have_no_invented_time_or_place(shared_data: Path) -> None:
    for path in sorted((shared_data / "real" / "dji_radiometric_thermal").glob("*.JPG")):
        frame = open_photo(path)
        assert frame.time is None
        assert not frame.grid.located
