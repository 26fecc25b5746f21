"""Fabricated products: the files are where the real ones are, and rasterio reads back what was written."""

from __future__ import annotations

import json
import math
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.scenes.gdal import gdal
from geoglot.simulate import layouts
from geoglot.simulate.layouts import Extras, Shot, Swath

rasterio = gdal()
TIME = datetime(2022, 1, 25, 10, 53, 11, tzinfo=UTC)
TILE = layouts.north_up(120, 60, crs="EPSG:32632", corner=(399960.0, 5400000.0), pixel=10.0)
SWATH = Swath(((12.43, 47.11), (9.08, 47.51), (8.77, 46.01), (12.04, 45.61)), TIME)


def counts(height: int, width: int, start: int = 1000) -> NDArray[np.uint16]:
    return (start + np.arange(height * width).reshape(height, width) % 4000).astype(np.uint16)


def sentinel2_bands(level: str) -> dict[str, NDArray[np.uint16]]:
    sensor = sensors.get(f"sentinel-2-{level}")
    sizes = {10: (60, 120), 20: (30, 60), 60: (10, 20)}
    return {band.name: counts(*sizes[int(band.gsd_m or 0)]) for band in sensor.bands}


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_l2a_product_has_the_tree_of_a_real_one(tmp_path: Path) -> None:
    bands = sentinel2_bands("l2a") | {"SCL": np.full((30, 60), 4, np.uint16)}
    safe = layouts.write_safe_l2a(tmp_path, bands, grid=TILE, time=TIME)
    match = sensors.by_name(safe.name)
    assert match is not None
    assert (match.sensor.name, match.baseline, match.time) == ("sentinel-2-l2a", "0510", TIME)
    images = "GRANULE/L2A_T32UMU_A034443_20220125T105311/IMG_DATA"
    expected = {"MTD_MSIL2A.xml", "manifest.safe", "GRANULE/L2A_T32UMU_A034443_20220125T105311/MTD_TL.xml"}
    stored = {
        10: ("B02", "B04", "B08", "TCI", "AOT", "WVP"),
        20: ("B02", "B05", "B8A", "SCL"),
        60: ("B01", "B09", "SCL"),
    }
    for gsd_m, layers in stored.items():
        expected |= {f"{images}/R{gsd_m}m/T32UMU_20220125T105311_{name}_{gsd_m}m.jp2" for name in layers}
    assert expected <= names(safe)
    assert not any("B10" in name for name in names(safe))


@pytest.mark.parametrize(("gsd_m", "name"), [(10, "B04"), (20, "B8A"), (60, "B09")])
def test_every_band_comes_back_without_loss_on_its_place(tmp_path: Path, gsd_m: int, name: str) -> None:
    bands = sentinel2_bands("l2a")
    safe = layouts.write_safe_l2a(tmp_path, bands, grid=TILE, time=TIME)
    (image,) = safe.rglob(f"R{gsd_m}m/*_{name}_{gsd_m}m.jp2")
    with rasterio.open(image) as file:
        assert_array_equal(file.read(1), bands[name])
        assert file.crs.to_epsg() == 32632
        assert tuple(file.transform)[:6] == (gsd_m, 0, 399960, 0, -gsd_m, 5400000)


@pytest.mark.parametrize(("baseline", "offsets"), [("0301", 0), ("0400", 13), ("0510", 13)])
def test_the_offset_stands_in_the_metadata_from_baseline_0400_on(tmp_path: Path, baseline: str, offsets: int) -> None:
    bands = {"B02": counts(60, 120)}
    safe = layouts.write_safe_l2a(tmp_path, bands, grid=TILE, time=TIME, baseline=baseline)
    root = ElementTree.parse(safe / "MTD_MSIL2A.xml").getroot()
    found = root.findall(".//BOA_ADD_OFFSET")
    assert len(found) == offsets
    assert {element.text for element in found} == ({"-1000"} if offsets else set())
    assert root.findtext(".//PRODUCT_START_TIME") == "2022-01-25T10:53:11.000Z"
    assert root.findtext(".//PROCESSING_BASELINE") == f"{baseline[:2]}.{baseline[2:]}"
    assert root.findtext(".//BOA_QUANTIFICATION_VALUE") == "10000"


def test_an_l1c_product_lists_offsets_under_its_own_name(tmp_path: Path) -> None:
    safe = layouts.write_safe_l1c(tmp_path, sentinel2_bands("l1c"), grid=TILE, time=TIME)
    root = ElementTree.parse(safe / "MTD_MSIL1C.xml").getroot()
    assert len(root.findall(".//RADIO_ADD_OFFSET")) == 13
    files = [element.text or "" for element in root.iter("IMAGE_FILE")]
    assert files
    assert all((safe / f"{file}.jp2").is_file() for file in files)
    assert len(list(safe.rglob("IMG_DATA/*.jp2"))) == 14  # thirteen bands and TCI


def test_a_band_of_the_wrong_size_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="B8A"):
        layouts.write_safe_l1c(tmp_path, {"B8A": counts(60, 120)}, grid=TILE, time=TIME)
    assert names(tmp_path) == set()


def test_a_grd_product_has_the_tree_of_a_real_one(tmp_path: Path) -> None:
    bands = {"VV": counts(50, 90), "VH": counts(50, 90, 10)}
    safe = layouts.write_safe_grd(tmp_path, bands, swath=SWATH)
    match = sensors.by_name(safe.name)
    assert match is not None
    assert (match.sensor.name, match.time) == ("sentinel-1-grd", TIME)
    stem = "s1a-iw-grd-vv-20220125t105311-20220125t105336-030611-0381e6-001"
    assert {
        "manifest.safe",
        f"annotation/{stem}.xml",
        f"annotation/calibration/calibration-{stem}.xml",
        f"annotation/calibration/noise-{stem}.xml",
        f"measurement/{stem}.tiff",
    } <= names(safe)
    with rasterio.open(safe / "measurement" / f"{stem}.tiff") as file:
        assert_array_equal(file.read(1), bands["VV"])
        points, crs = file.gcps
        assert len(points) == 210
        assert crs.to_epsg() == 4326
        assert sensors.by_tags([file.tags()["TIFFTAG_IMAGEDESCRIPTION"]]) == sensors.get("sentinel-1-grd")
        assert_allclose((points[0].x, points[0].y), SWATH.corners_lonlat[0])


@pytest.mark.data
def test_the_annotation_has_the_paths_of_a_real_one(tmp_path: Path, shared_data: Path) -> None:
    """Every element that we write stands at the same path in a real annotation."""
    safe = layouts.write_safe_grd(tmp_path, {"VV": counts(50, 90)}, swath=SWATH)
    real = next((shared_data / "real" / "sentinel1_safe_headers").glob("S1B_IW_GRDH*.zip"))
    with zipfile.ZipFile(real) as archive:
        inner = next(name for name in archive.namelist() if re.search(r"annotation/s1b-iw-grd-vv.*xml$", name))
        theirs = _paths(ElementTree.fromstring(archive.read(inner)))
        manifest = next(name for name in archive.namelist() if name.endswith("manifest.safe"))
        their_manifest = _paths(ElementTree.fromstring(archive.read(manifest)))
    ours = _paths(ElementTree.parse(next(safe.glob("annotation/*.xml"))).getroot())
    assert ours <= theirs
    our_manifest = _paths(ElementTree.parse(safe / "manifest.safe").getroot())
    assert our_manifest <= their_manifest


def _paths(root: ElementTree.Element, above: str = "") -> set[str]:
    here = f"{above}/{root.tag.rpartition('}')[2]}"
    return {here}.union(*(_paths(child, here) for child in root))


def test_an_slc_product_holds_complex_integers(tmp_path: Path) -> None:
    values = (np.arange(200).reshape(10, 20) + 1j * np.arange(200)[::-1].reshape(10, 20)).astype(np.complex64)
    safe = layouts.write_safe_slc(tmp_path, {"HH": values}, swath=SWATH)
    assert sensors.by_name(safe.name).sensor.name == "sentinel-1-slc"  # type: ignore[union-attr]
    with rasterio.open(next(safe.rglob("*.tiff"))) as file:
        assert file.dtypes == ("complex_int16",)
        assert_array_equal(file.read(1), values)


def test_other_sets_of_polarisations_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such set"):
        layouts.write_safe_grd(tmp_path, {"VV": counts(5, 5), "HH": counts(5, 5)}, swath=SWATH)


GROUND = layouts.north_up(50, 40, crs="EPSG:32632", corner=(399885.0, 5400015.0), pixel=30.0)


@pytest.mark.parametrize(
    ("product", "sensor", "bands"),
    [
        ("LC08_L2SP_196030_20220125_20220201_02_T1", "landsat-8-l2", ("B2", "B4", "ST_B10")),
        ("LT05_L2SP_196030_20220125_20220201_02_T1", "landsat-5-l2", ("B1", "B4", "ST_B6")),
        ("LC09_L1TP_196030_20220125_20220201_02_T1", "landsat-9-l1", ("B2", "B10", "B11")),
        ("LE07_L1TP_196030_20220125_20220201_02_T1", "landsat-7-l1", ("B1", "B6_VCID_1", "B6_VCID_2")),
    ],
)
def test_a_landsat_folder_names_every_file_in_its_mtl(
    tmp_path: Path, product: str, sensor: str, bands: tuple[str, ...]
) -> None:
    stored = {name: counts(40, 50, 9000) for name in bands}
    folder = layouts.write_landsat(tmp_path, product, stored, grid=GROUND, time=TIME)
    mtl = json.loads((folder / f"{product}_MTL.json").read_text())["LANDSAT_METADATA_FILE"]
    files = {value for key, value in mtl["PRODUCT_CONTENTS"].items() if key.startswith("FILE_NAME")}
    assert files <= names(folder)
    for name in bands:
        (path,) = (folder / file for file in files if re.search(rf"_(SR_)?{name}\.TIF$", file))
        match = sensors.by_name(path.name)
        assert match is not None
        assert (match.sensor.name, match.band) == (sensor, sensors.get(sensor).band(name))
        with rasterio.open(path) as file:
            assert_array_equal(file.read(1), stored[name])
            assert file.tags()["AREA_OR_POINT"] == "Point"
            assert tuple(file.transform)[:6] == (30, 0, 399885, 0, -30, 5400015)


def test_the_text_mtl_says_the_same_as_the_json(tmp_path: Path) -> None:
    product = "LC08_L2SP_196030_20220125_20220201_02_T1"
    folder = layouts.write_landsat(tmp_path, product, {"B4": counts(40, 50)}, grid=GROUND, time=TIME)
    text = (folder / f"{product}_MTL.txt").read_text()
    assert text.startswith("GROUP = LANDSAT_METADATA_FILE\n")
    assert text.endswith("END\n")
    mtl = json.loads((folder / f"{product}_MTL.json").read_text())["LANDSAT_METADATA_FILE"]
    pairs = [(key, value) for group in mtl.values() for key, value in group.items()]
    told = re.findall(r"^    (\w+) = \"?(.*?)\"?$", text, re.MULTILINE)
    assert told == pairs
    assert ("REFLECTANCE_MULT_BAND_4", "2.75e-05") in told
    assert ("REFLECTANCE_MULT_BAND_4", "2.0000E-05") in told  # of Level 1, under the same key


def test_the_panchromatic_band_is_half_a_fine_pixel_inside(tmp_path: Path) -> None:
    product = "LC08_L1TP_196030_20220125_20220201_02_T1"
    bands = {"B4": counts(40, 50), "B8": counts(79, 99)}
    folder = layouts.write_landsat(tmp_path, product, bands, grid=GROUND, time=TIME)
    with rasterio.open(folder / f"{product}_B8.TIF") as file:
        assert tuple(file.transform)[:6] == (15, 0, 399892.5, 0, -15, 5400007.5)


def test_fill_is_marked_in_the_quality_band(tmp_path: Path) -> None:
    product = "LC08_L2SP_196030_20220125_20220201_02_T1"
    band = counts(40, 50)
    band[:3] = 0
    folder = layouts.write_landsat(tmp_path, product, {"B4": band}, grid=GROUND, time=TIME)
    with rasterio.open(folder / f"{product}_QA_PIXEL.TIF") as file:
        assert_array_equal(file.read(1)[:3], 1)
        assert (file.read(1)[3:] & 1 == 0).all()


def test_a_stac_item_describes_its_assets(tmp_path: Path) -> None:
    sensor = sensors.get("sentinel-2-l2a")
    bands = {"B04": counts(60, 120), "B08": counts(60, 120)}
    path = layouts.write_stac_item(tmp_path, "S2A_T32UMU", bands, grid=TILE, time=TIME, sensor=sensor)
    item = json.loads(path.read_text())
    assert (item["type"], item["stac_version"], item["properties"]["proj:epsg"]) == ("Feature", "1.0.0", 32632)
    for name, stored in bands.items():
        asset = item["assets"][name]
        assert asset["eo:bands"][0]["common_name"] == sensor.band(name).common
        assert asset["raster:bands"][0]["scale"] == 1e-4
        with rasterio.open(tmp_path / asset["href"]) as file:
            assert_array_equal(file.read(1), stored)
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert list(file.transform)[:6] == asset["proj:transform"]
    west, south, east, north = item["bbox"]
    assert west < east
    assert south < north
    assert 7.5 < west < 8.5


def test_a_photo_knows_where_and_when(tmp_path: Path) -> None:
    from PIL import Image

    picture = np.full((3, 40, 60), 90, np.uint8)
    shot = Shot(-63.5, -8.25, TIME, pitch_deg=-90)
    path = layouts.write_photo(tmp_path / "DJI_0001.JPG", picture, shot=shot)
    with Image.open(path) as image:
        gps = image.getexif().get_ifd(0x8825)
        taken = image.getexif().get_ifd(0x8769)[0x9003]
        assert image.size == (60, 40)
        xmp = image.info["xmp"].decode()
    assert (gps[1], gps[3]) == ("S", "W")
    assert float(gps[2][0] + gps[2][1] / 60 + gps[2][2] / 3600) == pytest.approx(8.25)
    assert float(gps[4][0] + gps[4][1] / 60 + gps[4][2] / 3600) == pytest.approx(63.5)
    assert taken == "2022:01:25 10:53:11"
    assert 'drone-dji:GimbalPitchDegree="-90.00"' in xmp
    assert 'drone-dji:RelativeAltitude="+100.00"' in xmp


def test_a_photo_without_a_shot_knows_nothing(tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(layouts.write_photo(tmp_path / "a.jpg", np.zeros((1, 8, 8), np.uint8))) as image:
        assert image.mode == "L"
        assert not image.getexif()


def test_a_video_keeps_frames_rate_and_time(tmp_path: Path) -> None:
    import av

    grey = np.linspace(20, 220, 12).astype(np.uint8)
    frames = np.broadcast_to(grey[:, None, None, None], (12, 3, 32, 48)).copy()
    path = layouts.write_video(tmp_path / "film.mp4", frames, frames_per_s=12.5, begins=TIME)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert float(stream.average_rate) == 12.5
        assert film.metadata["creation_time"].startswith("2022-01-25T10:53:11")
        back = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(back) == 12
    assert_allclose([picture.mean() for picture in back], grey, atol=3)


def test_odd_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="even"):
        layouts.write_video(tmp_path / "film.mp4", np.zeros((2, 3, 31, 48), np.uint8))


def test_grids_of_every_turn_come_back_from_the_file(tmp_path: Path) -> None:
    south = layouts.south_up(20, 10, crs="EPSG:32632", corner=(4e5, 5.4e6), pixel=10.0)
    for place, grid in enumerate((TILE, south, layouts.rotated(TILE, 30.0), layouts.across_dateline(20, 10))):
        layer = np.zeros((grid.height, grid.width), np.uint8)
        path = layouts.write_geotiff(tmp_path / f"{place}.tif", layer, grid=grid)
        with rasterio.open(path) as file:
            assert grid.affine is not None
            assert_allclose(tuple(file.transform)[:6], grid.affine, atol=1e-6)


def test_a_turned_grid_keeps_its_pixel_size_and_first_corner() -> None:
    turned = layouts.rotated(TILE, 30.0)
    (corner, right, down) = turned.to_crs([(0, 0), (1, 0), (0, 1)])
    assert_allclose(corner, (399960, 5400000))
    assert_allclose(right - corner, (10 * math.cos(math.radians(30)), 10 * math.sin(math.radians(30))))
    assert_allclose(down - corner, (10 * math.sin(math.radians(30)), -10 * math.cos(math.radians(30))))


def test_the_dateline_runs_through_the_middle() -> None:
    lon = layouts.across_dateline(40, 20).to_lonlat([(0.0, 10.0), (20.0, 10.0), (40.0, 10.0)])[:, 0]
    assert lon[0] == pytest.approx(180 - 0.018, abs=0.003)
    assert abs(abs(lon[1]) - 180) < 0.002
    assert lon[2] % 360 == pytest.approx(180 + 0.018, abs=0.003)


def test_control_points_stand_for_the_affine_transform(tmp_path: Path) -> None:
    grid = layouts.with_control_points(TILE)
    path = layouts.write_geotiff(tmp_path / "gcp.tif", np.zeros((60, 120), np.uint8), grid=grid)
    with rasterio.open(path) as file:
        points, crs = file.gcps
        assert len(points) == 16
        assert crs.to_epsg() == 32632
        assert (points[-1].col, points[-1].row, points[-1].x, points[-1].y) == (120, 60, 401160, 5399400)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_extras_are_written(tmp_path: Path) -> None:
    layers = np.full((4, 32, 32), 7, np.uint8)
    mask = np.ones((32, 32), np.bool_)
    mask[:5] = False
    extras = Extras(("red", "green", "blue", "alpha"), tags={"TIFFTAG_SOFTWARE": "x"}, alpha=True, overviews=(2,))
    with rasterio.open(layouts.write_geotiff(tmp_path / "a.tif", layers, extras=extras)) as file:
        assert file.colorinterp[3].name == "alpha"
        assert file.descriptions == ("red", "green", "blue", "alpha")
        assert file.overviews(1) == [2]
        assert file.crs is None
    scaled = Extras(scales=(0.1,), offsets=(-5.0,), mask=mask)
    path = layouts.write_geotiff(tmp_path / "m.tif", layers[:1], grid=Grid(32, 32), extras=scaled)
    with rasterio.open(path) as file:
        assert (file.scales, file.offsets) == ((0.1,), (-5.0,))
        assert_array_equal(file.dataset_mask() > 0, mask)
    nan = np.full((8, 8), np.nan, np.float32)
    with rasterio.open(layouts.write_geotiff(tmp_path / "n.tif", nan, nodata=math.nan)) as file:
        assert math.isnan(file.nodata)


def test_a_raster_of_200_000_pixels_a_side_costs_megabytes(tmp_path: Path) -> None:
    grid = layouts.north_up(200_000, 200_000, crs="EPSG:32632", corner=(3e5, 6e6), pixel=0.1)
    patch = np.full((40, 30), 9, np.uint8)
    path = layouts.write_sparse(tmp_path / "sparse.tif", grid=grid, patch=patch, at=(199_000, 150_000))
    assert path.stat().st_size < 5_000_000
    with rasterio.open(path) as file:
        assert file.shape == (200_000, 200_000)
        assert_array_equal(file.read(1, window=((150_000, 150_040), (199_000, 199_030))), patch)
        assert file.read(1, window=((0, 512), (0, 512))).max() == 0
