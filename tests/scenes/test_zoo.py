"""The zoo: hard inputs, each with the exact error or result that it must give.

A case is a function that makes the input in a folder and gives what `read` is called with. What is expected is an
error and words of its message, or a check of the scene.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from geoglot import sensors
from geoglot.errors import (
    BandError,
    GeoglotError,
    InputError,
    PlaceError,
    ReadError,
    Refused,
    SensorUnknown,
    UnitError,
    UnknownName,
)
from geoglot.regions import Box
from geoglot.scenes.gdal import gdal
from geoglot.scenes.opening import read
from geoglot.scenes.scene import HowTold, Scene, SceneKind
from geoglot.sensors import Unit

from .fabricate import geotiff, netcdf3, ramp, raw_vrt, sparse

Source = Path | str | list[Path] | list[str]


@dataclass(frozen=True)
class Case:
    """One animal. error: its class and words of its message; check: true of the scene it gives."""

    name: str
    make: Callable[[Path], Source]
    error: tuple[type[GeoglotError], str] | None = None
    check: Callable[[Scene], bool] | None = None
    options: dict[str, Any] = field(default_factory=dict)


def tif(data: np.ndarray, name: str = "x.tif", **profile: Any) -> Callable[[Path], Path]:
    """A GeoTIFF of that content."""
    return lambda folder: geotiff(folder / name, data, **profile)


def raw(content: bytes, name: str = "x.tif") -> Callable[[Path], Path]:
    """A file of those bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def several(*makers: Callable[[Path], Path]) -> Callable[[Path], Source]:
    """A list of files, each in a folder of its own."""

    def make(folder: Path) -> Source:
        paths = []
        for index, maker in enumerate(makers):
            inner = folder / str(index)
            inner.mkdir()
            paths.append(maker(inner))
        return paths

    return make


def truncated(share: float, **profile: Any) -> Callable[[Path], Path]:
    """A GeoTIFF cut off after that share of its bytes."""

    def make(folder: Path) -> Path:
        path = geotiff(folder / "x.tif", ramp(3, 300, 300, "uint8"), compress="deflate", photometric="RGB", **profile)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
        return path

    return make


def at(x: float, y: float, epsg: int = 32633, pixel: float = 10) -> dict[str, Any]:
    """A place for `tif`."""
    return {"crs": f"EPSG:{epsg}", "transform": gdal().Affine(pixel, 0, x, 0, -pixel, y)}


def zipped(names: dict[str, bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "x.zip", "w") as archive:
            for name, content in names.items():
                archive.writestr(name, content)
        return folder / "x.zip"

    return make


def hdf5(folder: Path) -> Path:
    with h5py.File(folder / "x.h5", "w") as file:
        file["only"] = np.arange(5)
    return folder / "x.h5"


def envi_without_body(folder: Path) -> Path:
    (folder / "x.hdr").write_text("ENVI\nsamples = 10\nlines = 10\nbands = 1\ndata type = 4\n")
    (folder / "x.img").write_bytes(b"\1" * 8)
    return folder / "x.img"


def folder_of(**files: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        inner = folder / "inner"
        inner.mkdir()
        for name, content in files.items():
            (inner / name.replace("_dot_", ".")).write_bytes(content)
        return inner

    return make


def pixel(scene: Scene, band: str, x: int = 0, y: int = 0) -> float:
    return float(scene.bands(band, box=Box(x, y, x + 1, y + 1))[0, 0, 0])


S2 = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
COUNTS = np.full((13, 4, 4), 2000, np.uint16)
GREY = {"sensor": "grey"}
DB = np.full((2, 8, 8), -12.0, np.float32)
THREE = ramp(3, 8, 8, "uint8")
NOWHERE = {"crs": None, "transform": None}
MERCATOR = (1_669_792.4, 5_645_715.8)  # in EPSG:3857, of the corner that `geotiff` uses: 500 000, 5 000 000 in UTM 33N

ZOO = (
    # What the caller asks for
    Case("a file that is not there", lambda folder: folder / "none.tif", (ReadError, "no such file")),
    Case("no path at all", lambda folder: "", (InputError, "path is needed")),
    Case("an empty list", lambda folder: [], (InputError, "no image")),
    Case("a sensor that does not exist", tif(THREE), (UnknownName, "sentinel-2-l2a"),
         options={"sensor": "sentinel-2-l2b"}),
    Case("a kind that does not exist", tif(THREE), (InputError, "pair"), options={"kind": "trio"}),
    Case("one image as a pair", tif(THREE), (InputError, "no pair"), options={"kind": "pair"}),
    Case("an address", lambda folder: "https://example.org/x.tif", (Refused, "addresses")),
    # What is no image
    Case("an empty file", raw(b""), (ReadError, "empty")),
    Case("a web page instead of the image", raw(b"<html><body>403 Forbidden</body></html>"), (ReadError, "web page")),
    Case("text named .tif", raw(b"not a raster"), (ReadError, "no known format")),
    Case("a VRT named .tif", lambda folder: raw(raw_vrt(folder).encode())(folder), (Refused, "virtual raster")),
    Case("a compressed file", raw(gzip.compress(b"II*\0"), "x.tif.gz"), (Refused, "unpack")),
    Case("an HDF4 file", raw(b"\x0e\x03\x13\x01" + bytes(64), "MOD13Q1.hdf"), (Refused, "HDF4")),
    Case("a PDF map", raw(b"%PDF-1.7", "map.pdf"), (Refused, "PDF")),
    Case("JSON that is no STAC item", raw(json.dumps({"type": "x"}).encode(), "x.json"), (ReadError, "no STAC item")),
    Case("a ZIP of something else", zipped({"a.txt": b"x"}), (ReadError, "no product")),
    Case("a ZIP that climbs out", zipped({"../../a.tif": b"x"}), (Refused, "climbs")),
    Case("a ZIP cut off", lambda folder: raw(zipped({"a.txt": b"x" * 99})(folder).read_bytes()[:60], "y.zip")(folder),
         (ReadError, "damaged")),
    Case("a folder without images", folder_of(readme_dot_txt=b"x"), (ReadError, "no image")),
    Case("an HDF5 file without a grid", hdf5, (ReadError, "no gridded variable")),
    Case("an HDF5 file cut off", lambda folder: raw(hdf5(folder).read_bytes()[:300], "y.h5")(folder),
         (ReadError, "damaged")),
    Case("a netCDF file cut off in its header", raw(b"CDF\x01\0\0\0\0\0\0\0\x0a\0\0\0\x02", "x.nc"),
         (ReadError, "netCDF")),
    # Damage
    Case("a TIFF cut off in its header", raw(b"II*\0\x08\0\0\0"), (ReadError, "opened|decoded")),
    Case("a TIFF with half its pixels", truncated(0.5), (ReadError, "cut off")),
    Case("a tiled TIFF with half its pixels", truncated(0.5, tiled=True, blockxsize=64, blockysize=64),
         (ReadError, "cut off")),
    Case("a JPEG 2000 cut off", lambda folder: raw(
        geotiff(folder / "a.jp2", ramp(1, 200, 200), driver="JP2OpenJPEG").read_bytes()[:200], "x.jp2")(folder),
        (ReadError, "opened|decoded")),
    Case("an ENVI image shorter than its header says", envi_without_body, (ReadError, "opened|decoded"),
         options=GREY),
    # Size
    Case("one pixel", tif(ramp(3, 1, 1, "uint8")),
         check=lambda scene: scene.size == (1, 1) and scene.bands().size == 3),
    Case("one row", tif(ramp(1, 1, 50, "uint8")), check=lambda scene: scene.picture().size == (50, 1)),
    Case("200 000 pixels a side, sparse", lambda folder: sparse(folder / "x.tif", 200_000, tiled=True),
         check=lambda scene: scene.size == (200_000, 200_000) and any("overviews" in w for w in scene.frame.warnings)),
    Case("a block of 400 million pixels", lambda folder: sparse(folder / "x.tif", 20_000, tiled=True,
         blockxsize=20_000, blockysize=20_000), (Refused, "block")),
    Case("two thousand bands", tif(np.zeros((2000, 1, 1), np.uint8)), (Refused, "absurd")),
    # Values
    Case("nothing but nodata", tif(np.zeros((1, 6, 6), np.uint8), nodata=0),
         check=lambda scene: scene.frame.valid_fraction() == 0 and scene.picture().mode == "RGBA"),
    Case("nothing but NaN", tif(np.full((1, 6, 6), np.nan, np.float32)), (SensorUnknown, "--sensor")),
    Case("NaN that is not declared", tif(np.array([[[np.nan, 280.0]]], np.float32)),
         check=lambda scene: np.isnan(scene.bands()).tolist() == [[[True, False]]],
         options={"sensor": "thermal-kelvin"}),
    Case("decibels called linear power", tif(DB, descriptions=("VV", "VH")), (UnitError, "decibels"),
         options={"sensor": "sentinel-1-sigma0"}),
    Case("linear power called decibels", tif(np.full((2, 8, 8), 0.05, np.float32), descriptions=("VV", "VH")),
         (UnitError, "linear power"), options={"sensor": "sentinel-1-sigma0-db"}),
    Case("°C called kelvin", tif(np.full((1, 8, 8), 21.5, np.float32)), (UnitError, "kelvin"),
         options={"sensor": "thermal-kelvin"}),
    Case("counts called reflectance", tif(COUNTS[:3].astype(np.float32), descriptions=("red", "green", "blue")),
         (UnitError, "reflectance"), options={"sensor": "multispectral-reflectance"}),
    # Bands
    Case("a band that is not there", tif(THREE), check=lambda scene: "nir" in _error(BandError, scene, "nir")),
    Case("a band by another name", tif(COUNTS, descriptions=S2), options={"sensor": "sentinel-2-l1c"},
         check=lambda scene: pixel(scene, "red") == pytest.approx(0.2) == pixel(scene, "B04")),
    Case("one band twice", tif(COUNTS[:3], descriptions=("B04", "B03", "B04")), (BandError, "both B04"),
         options={"sensor": "sentinel-2-l1c"}),
    Case("layers in another order", tif(np.stack([COUNTS[0], COUNTS[0] * 2]), descriptions=("B08", "B04")),
         options={"sensor": "sentinel-2-l2a"}, check=lambda scene: pixel(scene, "red") == pytest.approx(0.4)),
    Case("six layers without names", tif(COUNTS[:6]), (BandError, "which layer"), options={"sensor": "sentinel-2-l2a"}),
    Case("four 8-bit layers without names: RGBA or near infrared?",
         tif(ramp(4, 4, 4, "uint8"), photometric="MINISBLACK"), (SensorUnknown, "4 layers of uint8")),
    Case("a layer that is no band", tif(COUNTS[:2], descriptions=("B04", "cloud score")),
         options={"sensor": "sentinel-2-l2a"}, check=lambda scene: scene.frame.band_names == ("B04",)
         and any("cloud score" in w for w in scene.frame.warnings)),
    Case("thirteen layers like Sentinel-2 but nobody says so", tif(COUNTS, descriptions=S2),
         check=lambda scene: (scene.frame.told_by, scene.frame.channels[0].band.unit, pixel(scene, "red"))
         == (HowTold.GUESS, Unit.DN, 2000)),
    Case("an 8-bit picture of a sensor with 16 bits", tif(THREE[:1], "2018-10-13, Sentinel-2B L1C, B08.tiff"),
         check=lambda scene: scene.frame.channels[0].band.unit is Unit.DISPLAY and scene.frame.has("nir")),
    Case("a quality layer by its name", tif(ramp(1, 4, 4), "LC08_L2SP_013032_20180405_20200901_02_T1_QA_PIXEL.TIF"),
         check=lambda scene: scene.frame.channels[0].band.unit is Unit.CLASS),
    # Place
    Case("no CRS", tif(THREE, **NOWHERE),
         check=lambda scene: scene.crs is None and "place" in _error(PlaceError, scene.grid, [(0, 0)])),
    Case("a CRS without a geotransform", tif(THREE, transform=None), check=lambda scene: scene.bounds is None),
    Case("across the antimeridian", tif(THREE, **at(179.9, 10, 4326, 0.05)),
         check=lambda scene: scene.grid.to_lonlat([(8, 0)])[0, 0] == pytest.approx(-179.7)),
    Case("a pole", tif(THREE, **at(-40, 40, 3413)),
         check=lambda scene: scene.grid.to_lonlat([(4, 4)])[0, 1] == pytest.approx(90)),
    # Several
    Case("two places", several(tif(THREE, **at(5e5, 5e6)), tif(THREE, "y.tif", **at(6e5, 5e6))),
         check=lambda scene: scene.kind is SceneKind.SET and "share 0%" in scene.warnings[0]),
    Case("two places as a pair", several(tif(THREE, **at(5e5, 5e6)), tif(THREE, "y.tif", **at(6e5, 5e6))),
         (PlaceError, "same ground"), options={"kind": "pair"}),
    Case("a pair given backwards", several(tif(THREE, "20200102.tif"), tif(THREE, "20180102.tif")),
         check=lambda scene: [frame.time.year for frame in scene.frames if frame.time] == [2018, 2020]
         and scene.kind is SceneKind.PAIR),
    Case("one ground in two CRS", several(tif(THREE), tif(THREE, "y.tif", **at(*MERCATOR, 3857, 14.2))),
         check=lambda scene: scene.kind is SceneKind.PAIR and any("another grid" in w for w in scene.warnings)),
    Case("two images without a place", several(tif(THREE, **NOWHERE), tif(THREE, **NOWHERE)),
         check=lambda scene: scene.kind is SceneKind.SET),
    Case("two images without a place as a pair", several(tif(THREE, **NOWHERE), tif(THREE, **NOWHERE)),
         options={"kind": "pair"}, check=lambda scene: "pixel by pixel" in scene.warnings[0]),
    Case("two sizes without a place as a pair", several(tif(THREE, **NOWHERE),
         tif(ramp(3, 9, 9, "uint8"), **NOWHERE)), (PlaceError, "one size"), options={"kind": "pair"}),
    Case("one good file and one broken", several(tif(THREE), raw(b"")), (ReadError, "empty")),
)  # fmt: skip


def _error(kind: type[GeoglotError], thing: Any, argument: Any) -> str:
    """The message of asking a scene for a band, or a grid for a place."""
    with pytest.raises(kind) as caught:
        thing.bands(argument) if isinstance(thing, Scene) else thing.to_lonlat(argument)
    return str(caught.value)


@pytest.mark.parametrize("case", ZOO, ids=lambda case: case.name)
def test_zoo(case: Case, tmp_path: Path) -> None:
    source = case.make(tmp_path)
    if case.error is None:
        assert case.check is not None
        assert case.check(read(source, **case.options))
        return
    kind, words = case.error
    with pytest.raises(kind, match=f"(?i){words}") as caught:
        read(source, **case.options).frame.bands()
    message = str(caught.value)
    assert message.endswith(".")
    assert len(message) < 700


def test_the_zoo_is_large_and_has_no_twins() -> None:
    assert len(ZOO) >= 50
    assert len({case.name for case in ZOO}) == len(ZOO)


@pytest.mark.parametrize("make", [tif(THREE), lambda folder: netcdf3(folder / "x.nc", {"y": 2, "x": 2}, [
    ("t", ("y", "x"), np.zeros((2, 2), "f4"), {})])])  # fmt: skip
def test_a_file_removed_after_opening_is_a_typed_error(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    scene = read(path)
    path.unlink()
    with pytest.raises(ReadError):
        scene.bands()


def test_a_sensor_of_the_users_own_reads_layers_without_names(tmp_path: Path) -> None:
    reflectance = 'width_um = 0.05, unit = "reflectance", scale = 1e-4 }'
    (tmp_path / "mine.toml").write_text(
        'source = "me"\n[[sensor]]\nname = "my-camera"\ntitle = "Mine"\nkind = "optical"\ndtype = "uint16"\n'
        f'bands = [{{ name = "B", common = "blue", centre_um = 0.48, {reflectance},\n'
        f'         {{ name = "R", common = "red", centre_um = 0.66, {reflectance}]\n'
        'display = ["R"]\nbands_in_file = ["B", "R"]\n'
    )
    path = geotiff(tmp_path / "x.tif", np.stack([COUNTS[0], COUNTS[0] * 2]))
    scene = read(path, sensor=str(tmp_path / "mine.toml"))
    assert pixel(scene, "red") == pytest.approx(0.4)
    assert scene.sensor.name not in sensors.names()
