"""Photos and pictures: what the camera wrote is told, what it did not write is not invented."""

from __future__ import annotations

import json
import math
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pyproj import CRS

from geoglot import sensors
from geoglot.errors import BandError, ReadError, Refused
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.exif import Exif
from geoglot.scenes.photo import open_photo
from geoglot.scenes.photo_source import upright
from geoglot.scenes.scene import HowTold
from geoglot.scenes.tiles import tile_grid
from geoglot.sensors import Unit

GPS = {1: "S", 2: (3.0, 45.0, 36.0), 3: "W", 4: (49.0, 55.0, 12.0), 7: (13.0, 2.0, 30.0), 29: "2024:05:06"}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" drone-dji:RelativeAltitude="+100.00"
 drone-dji:GimbalPitchDegree="-89.90"/></rdf:RDF></x:xmpmeta>"""


def colours(width: int = 60, height: int = 40) -> NDArray[np.uint8]:
    """A picture whose every pixel differs: red rises to the right, green downwards, blue is 7."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x * 4, y * 6, np.full_like(x, 7)], axis=2).astype(np.uint8)


def exif_bytes(tags: dict[int, Any], exif: dict[int, Any], gps: dict[int, Any]) -> bytes:
    written = Image.Exif()
    for number, value in tags.items():
        written[number] = value
    written.get_ifd(0x8769).update(exif)
    written.get_ifd(0x8825).update(gps)
    return written.tobytes()


def drone_photo(path: Path, **changes: Any) -> Path:
    tags = {0x010F: "DJI", 0x0110: "FC3411"}
    exif = {0x9003: "2024:05:06 10:02:30", 0xA405: 22}
    data = exif_bytes(tags, exif, changes.get("gps", GPS))
    Image.fromarray(colours()).save(path, quality=95, exif=data, xmp=changes.get("xmp", XMP))
    return path


def test_a_drone_photo_tells_camera_time_position_and_scale(tmp_path: Path) -> None:
    frame = open_photo(drone_photo(tmp_path / "photo.jpg"))
    assert (frame.sensor.name, frame.told_by) == ("uav-rgb", HowTold.TAGS)
    assert frame.time == datetime(2024, 5, 6, 13, 2, 30, tzinfo=UTC)
    notes = dict(frame.notes)
    assert notes["camera"] == "DJI FC3411"
    assert notes["camera position"].startswith("-49.9200000, -3.7600000")
    assert notes["height above take-off"] == "100 m"
    assert frame.gsd_m == pytest.approx(100 * math.hypot(36, 24) / 22 / math.hypot(60, 40), abs=1e-4)
    assert not frame.grid.located  # a photo is no map


@pytest.mark.parametrize("pitch", [b"-45.00", b"-79.00", b"+0.00"])
def test_an_oblique_photo_has_no_single_scale(tmp_path: Path, pitch: bytes) -> None:
    frame = open_photo(drone_photo(tmp_path / "photo.jpg", xmp=XMP.replace(b"-89.90", pitch)))
    assert frame.gsd_m is None


def test_a_clock_without_zone_is_no_time(tmp_path: Path) -> None:
    frame = open_photo(drone_photo(tmp_path / "photo.jpg", gps={}))
    assert frame.time is None
    assert dict(frame.notes)["camera clock"] == "2024:05:06 10:02:30"


def test_a_clock_with_a_zone_is_a_time(tmp_path: Path) -> None:
    data = exif_bytes({}, {0x9003: "2024:05:06 10:02:30", 0x9011: "-03:00"}, {})
    Image.fromarray(colours()).save(tmp_path / "photo.jpg", exif=data)
    assert open_photo(tmp_path / "photo.jpg").time == datetime(2024, 5, 6, 13, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "gps",
    [
        GPS | {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        GPS | {2: (95.0, 0.0, 0.0)},
        GPS | {1: "X"},
        {2: (3.0, 45.0, 36.0)},
    ],
)
def test_a_receiver_without_a_fix_has_no_position(tmp_path: Path, gps: dict[int, Any]) -> None:
    assert "camera position" not in dict(open_photo(drone_photo(tmp_path / "photo.jpg", gps=gps)).notes)


def test_the_ground_distance_needs_every_number() -> None:
    whole = Exif(height_m=100, pitch_deg=-90, focal_35mm=24)
    assert whole.gsd_m(4000, 3000) == pytest.approx(100 * math.hypot(36, 24) / 24 / 5000)
    assert Exif(height_m=100, pitch_deg=-90).gsd_m(4000, 3000) is None
    assert Exif(height_m=-2, pitch_deg=-90, focal_35mm=24).gsd_m(4000, 3000) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_come_the_right_way_up(tmp_path: Path, orientation: int) -> None:
    data = exif_bytes({0x0112: orientation}, {}, {})
    Image.fromarray(colours()).save(tmp_path / "photo.png", exif=data)
    frame = open_photo(tmp_path / "photo.png")
    with Image.open(tmp_path / "photo.png") as opened:
        expected = np.moveaxis(np.asarray(ImageOps.exif_transpose(opened)), 2, 0)
    assert frame.size == (expected.shape[2], expected.shape[1])
    assert np.array_equal(frame.bands("red", "green", "blue"), expected)


@given(orientation=st.integers(1, 8), width=st.integers(1, 5), height=st.integers(1, 5))
def test_turning_loses_no_pixel(orientation: int, width: int, height: int) -> None:
    layer = np.arange(width * height).reshape(height, width)
    turned = upright(layer, orientation)
    assert sorted(turned.ravel()) == sorted(layer.ravel())
    assert turned.shape == (layer.shape[::-1] if orientation > 4 else layer.shape)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "avif", "bmp", "gif"])
def test_every_format_gives_three_colours(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(np.full((40, 60, 3), (200, 100, 50), np.uint8)).save(path)
    frame = open_photo(path)
    assert (frame.sensor.name, frame.told_by, frame.size) == ("rgb", HowTold.GUESS, (60, 40))
    assert frame.bands("red", "green", "blue")[:, 20, 30] == pytest.approx([200, 100, 50], abs=4)


def test_grey_pictures_have_one_band(tmp_path: Path) -> None:
    Image.fromarray(colours()[..., 0]).save(tmp_path / "grey.png")
    frame = open_photo(tmp_path / "grey.png")
    assert (frame.sensor.name, frame.band_names) == ("grey", ("grey",))
    assert frame.bands()[0, 5, 9] == 36


def test_grey_of_16_bits_keeps_them_and_has_no_unit(tmp_path: Path) -> None:
    data = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60) * 20
    Image.fromarray(data).save(tmp_path / "deep.png")
    frame = open_photo(tmp_path / "deep.png")
    assert frame.channels[0].band.unit is Unit.DN
    assert np.array_equal(frame.bands()[0], data)


def png_16(path: Path, data: NDArray[np.uint16]) -> None:
    """A PNG of three layers of 16 bits, which Pillow can read but not write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, _ = data.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in data)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def test_colours_of_16_bits_are_not_cut_to_8(tmp_path: Path) -> None:
    data = np.stack([np.full((4, 6), value) for value in (60_001, 30_002, 5)], axis=2).astype(np.uint16)
    png_16(tmp_path / "deep.png", data)
    frame = open_photo(tmp_path / "deep.png")
    assert frame.bands("red", "green", "blue")[:, 2, 2] == pytest.approx([60_001, 30_002, 5])
    assert frame.channels[0].band.unit is Unit.DN


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_the_mask(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(colours()).convert(mode)
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:, :10] = 0
    alpha[:, 10] = 1
    picture.putalpha(Image.fromarray(alpha))
    picture.save(tmp_path / "cut.png")
    values = open_photo(tmp_path / "cut.png").bands()
    assert np.isnan(values[:, :, :10]).all()
    assert np.isfinite(values[:, :, 10:]).all()


def test_a_palette_is_shown_in_its_colours(tmp_path: Path) -> None:
    Image.fromarray(colours()).quantize(64).save(tmp_path / "palette.png")
    frame = open_photo(tmp_path / "palette.png")
    assert frame.band_names == ("red", "green", "blue")
    assert frame.bands("red")[0, 20, 50] == pytest.approx(200, abs=30)


def test_class_numbers_of_a_palette_stay_numbers(tmp_path: Path) -> None:
    labels = (np.arange(40 * 60).reshape(40, 60) % 5).astype(np.uint8)
    picture = Image.frombytes("P", (60, 40), labels.tobytes())
    picture.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250, 9, 9, 9, 99, 99, 99])
    picture.save(tmp_path / "labels.png")
    frame = open_photo(tmp_path / "labels.png", sensors.get("classes"))
    assert np.array_equal(frame.bands()[0], labels)
    assert set(np.unique(frame.bands(size=(7, 3)))) <= {0, 1, 2, 3, 4}


def test_a_colour_picture_is_no_map_of_classes(tmp_path: Path) -> None:
    Image.fromarray(colours()).save(tmp_path / "picture.png")
    with pytest.raises(BandError, match="class numbers"):
        open_photo(tmp_path / "picture.png", sensors.get("classes"))


def test_the_callers_sensor_must_fit_the_layers(tmp_path: Path) -> None:
    Image.fromarray(colours()[..., 0]).save(tmp_path / "grey.png")
    with pytest.raises(BandError):
        open_photo(tmp_path / "grey.png", sensors.get("uav-rgb"))


def test_a_thermal_picture_is_thermal_only_if_someone_says_so(tmp_path: Path) -> None:
    Image.fromarray(colours()[..., 0]).save(tmp_path / "0_80_90_0_07108.jpg")
    assert open_photo(tmp_path / "0_80_90_0_07108.jpg").sensor.name == "grey"
    frame = open_photo(tmp_path / "0_80_90_0_07108.jpg", sensors.get("thermal-display"))
    assert (frame.sensor.name, frame.told_by) == ("thermal-display", HowTold.USER)
    assert frame.channels[0].band.unit is Unit.DISPLAY


def test_the_camera_in_the_exif_makes_a_picture_thermal(tmp_path: Path) -> None:
    data = exif_bytes({0x010F: "DJI", 0x0110: "ZH20T"}, {}, {})
    Image.fromarray(colours()).save(tmp_path / "photo.jpg", exif=data)
    frame = open_photo(tmp_path / "photo.jpg")
    assert (frame.sensor.name, frame.told_by) == ("dji-thermal-display", HowTold.TAGS)
    assert frame.band_names == ("thermal",)
    assert any("brightness" in warning for warning in frame.warnings)


def test_a_world_file_gives_the_place(tmp_path: Path) -> None:
    Image.fromarray(colours()).save(tmp_path / "map.png")
    (tmp_path / "map.pgw").write_text("0.5\n0.0\n0.0\n-0.5\n500000.25\n4999999.75\n")
    frame = open_photo(tmp_path / "map.png")
    assert frame.grid.affine == (0.5, 0, 500_000, 0, -0.5, 5_000_000)
    assert frame.crs is None
    (tmp_path / "map.prj").write_text(CRS("EPSG:32633").to_wkt("WKT1_ESRI"))
    located = open_photo(tmp_path / "map.png")
    assert located.crs == "EPSG:32633"
    assert located.bounds == (500_000, 4_999_980, 500_030, 5_000_000)


def test_the_service_does_not_look_beside_a_picture(tmp_path: Path) -> None:
    Image.fromarray(colours()).save(tmp_path / "map.png")
    (tmp_path / "map.pgw").write_text("0.5\n0.0\n0.0\n-0.5\n500000.25\n4999999.75\n")
    assert open_photo(tmp_path / "map.png", profile=gate.SERVICE).grid.affine is None


@pytest.mark.parametrize("text", ["", "1\n2\n3", "a\nb\nc\nd\ne\nf", "0\n0\n0\n0\n5\n5", "nan\n0\n0\n-1\n5\n5"])
def test_a_damaged_world_file_is_a_read_error(tmp_path: Path, text: str) -> None:
    Image.fromarray(colours()).save(tmp_path / "map.png")
    (tmp_path / "map.wld").write_text(text)
    with pytest.raises(ReadError, match="world file"):
        open_photo(tmp_path / "map.png")


def test_a_tile_lies_where_its_name_says() -> None:
    grid = tile_grid("OAM-1238453-1046529-21", 256, 256)
    assert grid is not None
    n = 2**21
    west, north = 1238453 / n * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * 1046529 / n))))
    assert grid.to_lonlat([(0, 0)])[0] == pytest.approx([west, north], abs=1e-9)
    south = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * 1046530 / n))))
    assert grid.to_lonlat([(256, 256)])[0] == pytest.approx([1238454 / n * 360 - 180, south], abs=1e-9)


@pytest.mark.parametrize("stem", ["OAM-4-0-2", "OAM-0-4-2", "OAM-1-1-99", "18-1-1", "OAM-1-1", "x-OAM-1-1-2"])
def test_other_names_are_no_tiles(stem: str) -> None:
    assert tile_grid(stem, 256, 256) is None
    assert tile_grid("OAM-1-1-2", 256, 255) is None


def test_an_animation_shows_its_first_picture_and_says_so(tmp_path: Path) -> None:
    first, second = (Image.fromarray(np.full((4, 6, 3), value, np.uint8)) for value in (10, 200))
    first.save(tmp_path / "moving.png", save_all=True, append_images=[second])
    frame = open_photo(tmp_path / "moving.png")
    assert frame.bands()[0, 0, 0] == 10
    assert any("2 pictures" in warning for warning in frame.warnings)


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    Image.fromarray(np.full((1, 1, 3), 9, np.uint8)).save(tmp_path / "dot.png")
    frame = open_photo(tmp_path / "dot.png")
    assert frame.bands(size=(3, 2)).shape == (3, 2, 3)
    assert (frame.bands() == 9).all()


def test_a_file_cut_off_opens_but_does_not_decode(tmp_path: Path) -> None:
    whole = drone_photo(tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) - 400])
    frame = open_photo(tmp_path / "cut.jpg")
    with pytest.raises(ReadError, match="cannot be decoded"):
        frame.bands()


def test_a_bomb_is_refused_at_the_door(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(Refused):
        open_photo(tmp_path / "bomb.png")


@given(place=st.integers(20, 600), value=st.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    if not (folder / "sound.jpg").exists():
        drone_photo(folder / "sound.jpg")
    raw = bytearray((folder / "sound.jpg").read_bytes())
    raw[place % len(raw)] = value
    (folder / "changed.jpg").write_bytes(raw)
    try:
        frame = open_photo(folder / "changed.jpg")
        assert all(note.isprintable() for _, note in frame.notes)
        frame.bands(box=Box(0, 0, 1, 1))
    except ReadError:
        pass


@pytest.mark.data
def test_real_tiles_hold_their_labels(shared_data: Path) -> None:
    folder = shared_data / "real" / "oam_kampala_buildings"
    labels = json.loads((folder / "labels.geojson").read_text())["features"]
    corner = np.array([feature["geometry"]["coordinates"][0][0][:2] for feature in labels])
    tiles = [open_photo(path) for path in sorted((folder / "tiles").glob("*.jpg"))]
    assert len(tiles) == 62
    hits = 0
    for frame in tiles:
        x, y = frame.grid.from_lonlat(corner).T
        hits += int(((x >= 0) & (x < 256) & (y >= 0) & (y < 256)).sum())
    assert hits > 50
    assert tiles[0].gsd_m == pytest.approx(0.075, rel=0.01)


@pytest.mark.data
@pytest.mark.parametrize("name", ["aerial_cars", "hit_uav_thermal"])
def test_real_photos(shared_data: Path, name: str) -> None:
    paths = sorted((shared_data / "real" / name).glob("*/*.jpg"))
    assert paths
    for path in paths:
        frame = open_photo(path)
        thermal = name == "hit_uav_thermal"
        assert frame.sensor.name == ("grey" if thermal else "uav-rgb" if path.stem.startswith("DJI") else "rgb")
        values = frame.bands(size=(32, 32))
        assert np.isfinite(values).all()
        assert 0 <= values.min() < values.max() <= 255
