"""Files of every format, damaged at random, read in a child with little memory: typed errors only, parent alive."""

from __future__ import annotations

import collections
import io
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from geoglot.errors import ReadError
from geoglot.scenes import sandbox
from geoglot.scenes.gdal import gdal
from geoglot.scenes.sandbox import Limits

from .fabricate import geotiff, netcdf3, ramp

LIMITS = Limits(memory_bytes=3 << 29, cpu_s=120, wall_s=180)  # 1.5 GB of addresses, libraries included
MOST_CRASHES = 5  # native crashes of a decoder that one run may meet; each costs a child, never the parent


def seeds(folder: Path) -> list[Path]:
    """A small whole file of every format that the gate opens locally."""
    noise = np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8)
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    paths = [
        geotiff(folder / "plain.tif", ramp(1, 20, 30, "uint8")),
        geotiff(folder / "deflate.tif", noise, compress="deflate", predictor=2, photometric="RGB", **tiles),
        geotiff(
            folder / "lzw.tif",
            ramp(3, 64, 64).astype(np.float32),
            compress="lzw",
            descriptions=("red", "green", "blue"),
        ),
        geotiff(folder / "jpeg.tif", noise, compress="jpeg", photometric="YCBCR", **tiles),
        geotiff(folder / "big.tif", noise, BIGTIFF="YES", nodata=0, photometric="RGB"),
        geotiff(folder / "zstd.tif", noise, compress="zstd", interleave="band", photometric="RGB"),
        geotiff(folder / "complex.tif", (noise[:1] + 1j).astype(np.complex64)),
        geotiff(folder / "x.jp2", noise, driver="JP2OpenJPEG"),
        geotiff(
            folder / "x.ntf",
            noise,
            driver="NITF",
            ICORDS="G",
            crs="EPSG:4326",
            transform=gdal().Affine(0.1, 0, 10, 0, -0.1, 50),
        ),
        netcdf3(folder / "x.nc", {"y": 8, "x": 9}, [("t", ("y", "x"), ramp(1, 8, 9)[0].astype("i2"), {"units": "K"})]),
    ]
    with gdal().open(paths[1], "r+") as file:
        file.build_overviews([2], gdal().enums.Resampling.average)
    picture = Image.fromarray(np.moveaxis(noise, 0, -1))
    for name, how in (("x.png", {}), ("x.jpg", {"quality": 80}), ("x.webp", {}), ("x.gif", {}), ("x.bmp", {}),
                      ("adam7.png", {})):  # fmt: skip
        picture.save(folder / name, **how)
        paths.append(folder / name)
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_dataset("t", data=ramp(1, 32, 32)[0], chunks=(8, 8), compression="gzip")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("N46E007.hgt", bytes(1201 * 1201 * 2))
    (folder / "x.zip").write_bytes(stream.getvalue())
    return [*paths, folder / "x.h5", folder / "x.zip"]


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one to eight wounds: flipped bits, holes of zeros, doubled or lost pieces, a cut end."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        place = int(rng.integers(0, max(1, len(data))))
        # Headers and tables lie at the front, directories of TIFF and ZIP at the end: wound them more often.
        place = [place, place % 512, max(0, len(data) - 1 - place % 512)][int(rng.integers(0, 3))]
        length = int(rng.integers(1, 64))
        match int(rng.integers(0, 6)):
            case 0 | 1:
                if data:
                    data[place % len(data)] ^= 1 << int(rng.integers(0, 8))
            case 2:
                data[place : place + length] = bytes(len(data[place : place + length]))
            case 3:
                data[place : place + length] = rng.bytes(length)
            case 4:
                data[place:place] = data[place : place + length]
            case _:
                del data[place : place + length]
    if rng.random() < 0.2:
        del data[int(rng.integers(0, max(1, len(data)))) :]
    return bytes(data)


def outcomes(folder: Path, log: Path) -> collections.Counter[str]:
    """Read every file of the folder in children; one that crashes is followed by the next, from the next file."""
    count = len(list(folder.iterdir()))
    log.touch()
    crashes: list[str] = []
    while (started := len(log.read_text().splitlines())) < count:
        request = {"folder": str(folder), "log": str(log), "start": str(started)}
        try:
            sandbox.run(f"{__package__}.sandboxed:read_all", request, readable=[folder], writable=[log], limits=LIMITS)
        except ReadError as error:
            crashes.append(f"{log.read_text().splitlines()[-1]}: {error}")
            with log.open("a") as stream:
                stream.write("CRASH\n")
        assert len(crashes) <= MOST_CRASHES, crashes
    return collections.Counter(line.split(" ", 1)[1] for line in log.read_text().splitlines())


def fuzz(tmp_path: Path, count: int, seed: int) -> collections.Counter[str]:
    """Make `count` damaged files and read them all."""
    whole, hurt = tmp_path / "whole", tmp_path / "hurt"
    whole.mkdir()
    hurt.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        originals = seeds(whole)
    rng = np.random.default_rng(seed)
    for number in range(count):
        original = originals[number % len(originals)]
        (hurt / f"{number:05d}-{original.name}").write_bytes(mutated(original.read_bytes(), rng))
    return outcomes(hurt, tmp_path / "log.txt")


def check(found: collections.Counter[str], count: int) -> None:
    assert found.total() == count
    untyped = [outcome for outcome in found if outcome.startswith("UNTYPED")]
    assert not untyped, untyped
    assert found["ReadError"] > count // 10  # the wounds do hurt
    assert found["read"] > count // 20  # and not all of them kill


def test_fifty_damaged_files_end_in_typed_errors(tmp_path: Path) -> None:
    check(fuzz(tmp_path, 50, seed=1), 50)


@pytest.mark.slow
def test_a_thousand_damaged_files_end_in_typed_errors(tmp_path: Path) -> None:
    check(fuzz(tmp_path, 1000, seed=2), 1000)


def test_the_whole_files_are_read(tmp_path: Path) -> None:
    """The fuzzing starts from files that are good."""
    (tmp_path / "whole").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        originals = seeds(tmp_path / "whole")
    for sidecar in set((tmp_path / "whole").iterdir()) - set(originals):
        sidecar.unlink()
    found = outcomes(tmp_path / "whole", tmp_path / "log.txt")
    assert found == {"read": len(originals)}
