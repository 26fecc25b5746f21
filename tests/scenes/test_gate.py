"""What the gate lets in: paths, formats, sizes, and one handle per thread."""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geoglot.errors import GeoglotError, InputError, ReadError, Refused
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.raster import RasterSource
from geoglot.scenes.sniff import Format, sniff

from .fabricate import geotiff, ramp

# Thirty names that a stranger may send where the name of an uploaded file is expected.
HOSTILE_NAMES = (
    "", "\0", "x.tif\0.png", "\n", "<VRTDataset/>", "x<y.tif", "/vsicurl/http://h/x.tif",
    "/vsizip/x.zip/x.tif", "/vsimem/x.tif", "/VSIS3/b/x.tif", "\\vsigs\\b\\x.tif", "/vsistdin/",
    "vrt://x.tif", "zip://x.zip!x.tif", "http://h/x.tif", "https://h/x.tif", "ftp://h/x",
    "file:///etc/passwd", "s3://b/x", "MEM:::DATAPOINTER=1", "NETCDF:x.nc:v", "HDF5:x.h5://d",
    "DERIVED_SUBDATASET:LOGAMPLITUDE:x.tif", "STACIT:x.json", "GTIFF_DIR:1:x.tif", "/etc/passwd",
    "../secret.tif", "a/../../secret.tif", "..%2fsecret.tif", "/proc/self/environ", "/dev/zero", "~/x.tif",
    "link-to-secret.tif", "/",
)  # fmt: skip


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """A folder with one good file, a secret beside it, and a link to the secret."""
    folder = tmp_path / "upload"
    folder.mkdir()
    geotiff(folder / "good.tif", ramp())
    geotiff(tmp_path / "secret.tif", ramp())
    (folder / "link-to-secret.tif").symlink_to(tmp_path / "secret.tif")
    return folder


def rooted(folder: Path) -> gate.Profile:
    return gate.Profile("service", gate.SERVICE.formats, roots=(folder,), sidecars=False)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_hostile_name_leads_out_of_the_roots(upload: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(upload)
    with pytest.raises((ReadError, InputError)):
        gate.admit(name, rooted(upload))


def test_a_good_name_is_given_back_real_and_absolute(upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(upload)
    assert gate.admit("good.tif", rooted(upload)) == (upload / "good.tif").resolve()


def test_a_colon_inside_a_local_name_is_no_prefix(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "noon 12:00.tif", ramp())
    assert gate.admit(path) == path


def test_a_folder_reached_through_a_link_is_no_reference_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    geotiff(tmp_path / "real" / "x.tif", ramp(1, 8, 8))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert gate.raster(tmp_path / "link" / "x.tif").width == 8


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(Refused, match="device"):
        gate.admit(tmp_path / "pipe.tif")


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ReadError):
        gate.admit(tmp_path / "a")


@given(st.text(st.characters(), max_size=60))
def test_any_text_as_a_path_is_a_typed_error_or_an_existing_path(text: str) -> None:
    with contextlib.suppress(GeoglotError):
        assert gate.admit(text).exists()


@given(st.binary(max_size=400))
def test_any_bytes_have_a_format(head: bytes) -> None:
    assert sniff(head) in Format


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "x.tif", "empty"),
        (b"<!DOCTYPE html><html>404</html>", "x.jp2", "web page"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "x.png", "PostScript"),
        (b"8BPS\0\1", "x.png", "no known format"),
        (b"SIMPLE  =                    T", "x.png", "no known format"),
        (b"%PDF-1.7", "x.tif", "PDF"),
        (b"\x1f\x8b\x08\0", "x.tif", "Unpack"),
        (b"random bytes", "x.tif", "random bytes"),
        (b"\x0e\x03\x13\x01", "MOD13Q1.hdf", "HDF4"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, name: str, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=told):
        gate.identify(tmp_path / name)


def bomb_png(path: Path, side: int) -> Path:
    """A PNG of side x side white pixels, 1 bit each, that is 1000 times smaller than it says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x01\0\0\0\0"
    rows = zlib.compress(bytes(1 + side // 8) * side, 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def test_6_a_picture_of_400_million_pixels_is_refused_before_decoding(tmp_path: Path) -> None:
    path = bomb_png(tmp_path / "bomb.png", 20_000)
    assert path.stat().st_size < 400_000
    with pytest.raises(Refused, match="too many pixels"):
        gate.picture(path)


def test_a_picture_above_pillows_own_limit_but_inside_ours_opens_without_a_warning(tmp_path: Path) -> None:
    with gate.picture(bomb_png(tmp_path / "large.png", 12_000)) as opened:
        assert opened.size == (12_000, 12_000)


def test_a_picture_named_tif_opens_by_its_bytes_and_a_tiff_is_never_given_to_pillow(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / "x.tif")
    with gate.picture(tmp_path / "x.tif") as opened:
        assert opened.format == "PNG"
    with pytest.raises(Refused, match="not a picture"):
        gate.picture(geotiff(tmp_path / "y.png", ramp()))


def test_a_picture_in_memory_passes_the_same_gate(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3)).save(tmp_path / "x.png")
    with gate.picture_of_bytes((tmp_path / "x.png").read_bytes()) as opened:
        assert opened.size == (4, 3)
    with pytest.raises(Refused, match="too many pixels"):
        gate.picture_of_bytes(bomb_png(tmp_path / "bomb.png", 20_000).read_bytes())
    with pytest.raises(Refused, match="not a picture"):
        gate.picture_of_bytes(b"%!PS-Adobe-3.0 EPSF-3.0")


def test_absurd_sides_and_band_counts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="absurd"):
        gate.raster(geotiff(tmp_path / "bands.tif", np.zeros((1025, 1, 1), np.uint8)))
    with pytest.raises(Refused, match="absurd"):
        gate.raster(geotiff(tmp_path / "long.tif", np.zeros((1, 1, 1_000_001), np.uint8)))


def test_each_thread_has_its_own_handle_and_all_read_right(tmp_path: Path) -> None:
    """A shared handle gives silently wrong arrays here, or aborts the process."""
    data = ramp(3, 300, 300)
    path = geotiff(tmp_path / "x.tif", data, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    source = RasterSource(path, 300, 300, ("uint16",) * 3, (None,) * 3)
    wrong: list[object] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(50):
            layer, x, y = rng.integers(3), rng.integers(236), rng.integers(236)
            values, valid = source.read(int(layer), Box(x, y, x + 64, y + 64), (64, 64), exact=False)
            if not valid.all() or not (values == data[layer, y : y + 64, x : x + 64]).all():
                wrong.append((seed, x, y))
        gate.forget()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_handles_are_few_and_the_oldest_is_closed(tmp_path: Path) -> None:
    gate.forget()
    handles = [gate.raster(geotiff(tmp_path / f"{index}.tif", ramp())) for index in range(20)]
    assert [handle.closed for handle in handles] == [True] * 4 + [False] * 16
    gate.forget()
    assert all(handle.closed for handle in handles)


def test_a_file_replaced_on_disk_is_opened_anew(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", np.full((1, 4, 4), 1, np.uint8))
    source = RasterSource(path, 4, 4, ("uint8",), (None,))
    assert source.read(0, Box(0, 0, 4, 4), (4, 4), exact=False)[0].max() == 1
    geotiff(tmp_path / "new.tif", np.full((1, 4, 4), 2, np.uint8)).replace(path)
    assert source.read(0, Box(0, 0, 4, 4), (4, 4), exact=False)[0].max() == 2
