"""Sentinel-2 products: fabricated SAFE folders in the real layout, at three resolutions and both kinds of offset."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes.gdal import gdal
from geoglot.scenes.products import open_folder
from geoglot.scenes.scene import Frame, HowTold
from geoglot.sensors import Unit

from .fabricate import geotiff

NEW = "S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.SAFE"
OLD = "S2A_MSIL1C_20210403T101021_N0300_R022_T33TUM_20210403T110551.SAFE"
SIDE = 60  # pixels of the 10 m bands

GRANULE = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Tile_Metadata.xsd">
<n1:General_Info><SENSING_TIME metadataLevel="Standard">2022-01-25T10:53:45.678Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief"><HORIZONTAL_CS_CODE>EPSG:32633</HORIZONTAL_CS_CODE>
<Size resolution="10"><NROWS>{side}</NROWS><NCOLS>{side}</NCOLS></Size>
<Size resolution="20"><NROWS>30</NROWS><NCOLS>30</NCOLS></Size>
<Geoposition resolution="10"><ULX>500000</ULX><ULY>5000000</ULY><XDIM>10</XDIM><YDIM>-10</YDIM></Geoposition>
</Tile_Geocoding></n1:Geometric_Info></n1:Level_Tile_ID>"""

PRODUCT = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product.xsd"><n1:General_Info>
<Product_Info><PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
<Datatake><SENSING_ORBIT_NUMBER>51</SENSING_ORBIT_NUMBER>
<SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION></Datatake></Product_Info>
<Product_Image_Characteristics>{scaling}</Product_Image_Characteristics></n1:General_Info>
<n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.345</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level_User_Product>"""

L2A_SCALING = """<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
<AOT_QUANTIFICATION_VALUE>1000.0</AOT_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST><BOA_ADD_OFFSET_VALUES_LIST>
<BOA_ADD_OFFSET band_id="1">-1000</BOA_ADD_OFFSET><BOA_ADD_OFFSET band_id="8">-1200</BOA_ADD_OFFSET>
</BOA_ADD_OFFSET_VALUES_LIST>"""


def counts(side: int, value: int) -> np.ndarray:
    """A plane that rises to the right, with one pixel of no data in the corner."""
    data = np.broadcast_to(value + np.arange(side) * (600 // side), (1, side, side)).astype(np.uint16).copy()
    data[0, 0, 0] = 0
    return data


def write_image(path: Path, data: np.ndarray, gsd_m: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    transform = gdal().Affine(gsd_m, 0, 500_000, 0, -gsd_m, 5_000_000)
    geotiff(path, data, driver="JP2OpenJPEG", transform=transform, QUALITY="100", REVERSIBLE="YES")


def fabricate_l2a(folder: Path, *, metadata: bool = True) -> Path:
    product = folder / NEW
    granule = product / "GRANULE" / "L2A_T31UFS_A034443_20220125T105311"
    for band, gsd_m, value in (("B02", 10, 2000), ("B02", 20, 9000), ("B8A", 20, 3000), ("B01", 60, 1500)):
        name = f"T31UFS_20220125T105311_{band}_{gsd_m}m.jp2"
        write_image(granule / "IMG_DATA" / f"R{gsd_m}m" / name, counts(SIDE * 10 // gsd_m, value), gsd_m)
    classes = np.full((1, SIDE // 2, SIDE // 2), 4, np.uint8)
    write_image(granule / "IMG_DATA" / "R20m" / "T31UFS_20220125T105311_SCL_20m.jp2", classes, 20)
    (granule / "MTD_TL.xml").write_text(GRANULE.format(side=SIDE))
    if metadata:
        (product / "MTD_MSIL2A.xml").write_text(PRODUCT.format(baseline="04.00", scaling=L2A_SCALING))
    return product


def fabricate_l1c(folder: Path) -> Path:
    product = folder / OLD
    images = product / "GRANULE" / "L1C_T33TUM_A030198_20210403T101507" / "IMG_DATA"
    for band, gsd_m in (("B04", 10), ("B10", 60)):
        write_image(images / f"T33TUM_20210403T101021_{band}.jp2", counts(SIDE * 10 // gsd_m, 2000), gsd_m)
    scaling = '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
    (product / "MTD_MSIL1C.xml").write_text(PRODUCT.format(baseline="03.00", scaling=scaling))
    return product


def frames_of(path: Path) -> tuple[Frame, ...]:
    frames = open_folder(path)
    assert frames is not None
    return frames


def test_a_level_2a_product_tells_its_sensor_time_and_place(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l2a(tmp_path))
    assert (frame.sensor.name, frame.told_by) == ("sentinel-2-l2a", HowTold.NAME)
    assert frame.time == datetime(2022, 1, 25, 10, 53, 45, 678000, UTC)
    assert frame.band_names == ("B01", "B02", "B8A", "SCL")
    assert frame.size == (SIDE, SIDE)
    assert frame.bounds == (500_000, 4_999_400, 500_600, 5_000_000)
    assert dict(frame.notes)["cloud cover"] == "12.3 %"
    assert dict(frame.notes)["orbit pass"] == "descending"


def test_each_band_has_its_own_offset_and_its_finest_file(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l2a(tmp_path))
    here = Box(30, 30, 31, 31)
    assert frame.bands("B02", box=here)[0, 0, 0] == pytest.approx((2000 + 300 - 1000) / 10_000)
    assert frame.bands("B8A", box=Box(30, 30, 32, 32), size=(1, 1))[0, 0, 0] == pytest.approx(
        (3000 + 15 * 20 - 1200) / 10_000
    )
    assert frame.channel("B01").band.offset == pytest.approx(-0.1)  # not in the list: that of the baseline


def test_no_data_is_cut_out_before_the_offset(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l2a(tmp_path))
    blue = frame.bands("blue")[0]
    assert np.isnan(blue[0, 0])
    assert np.isfinite(blue).sum() == SIDE * SIDE - 1


def test_scene_classes_are_classes(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l2a(tmp_path))
    assert frame.channel("SCL").band.unit is Unit.CLASS
    assert (frame.bands("SCL") == 4).all()


def test_without_metadata_the_baseline_in_the_name_decides(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l2a(tmp_path, metadata=False))
    assert {channel.band.offset for channel in frame.channels if channel.band.unit is Unit.REFLECTANCE} == {-0.1}


def test_before_baseline_4_there_is_no_offset(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate_l1c(tmp_path))
    assert frame.sensor.name == "sentinel-2-l1c"
    assert frame.bands("B04", box=Box(30, 30, 31, 31))[0, 0, 0] == pytest.approx(2300 / 10_000)
    assert frame.time == datetime(2021, 4, 3, 10, 10, 21, tzinfo=UTC)  # no granule metadata: that of the name
    assert "B02" in frame.warnings[0]


def test_a_renamed_product_is_told_by_its_metadata(tmp_path: Path) -> None:
    renamed = fabricate_l2a(tmp_path).rename(tmp_path / "my download")
    (frame,) = frames_of(renamed)
    assert (frame.sensor.name, frame.told_by) == ("sentinel-2-l2a", HowTold.METADATA)


def test_a_zip_reads_like_the_folder(tmp_path: Path) -> None:
    product = fabricate_l2a(tmp_path)
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, NEW)
    (from_folder,), (from_zip,) = frames_of(product), frames_of(tmp_path / "zipped.zip")
    assert np.array_equal(from_folder.bands(), from_zip.bands(), equal_nan=True)


def test_without_images_it_still_tells_what_it_is(tmp_path: Path) -> None:
    product = fabricate_l2a(tmp_path)
    shutil.rmtree(product / "GRANULE" / "L2A_T31UFS_A034443_20220125T105311" / "IMG_DATA")
    (frame,) = frames_of(product)
    assert frame.bounds == (500_000, 4_999_400, 500_600, 5_000_000)
    assert len(frame.channels) == 12
    with pytest.raises(ReadError, match="does not hold"):
        frame.bands("B02")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">10000<", "><"),
        (">10000<", ">0<"),
        (">10000<", ">nan<"),
        (">-1000<", ">many<"),
        ('band_id="8"', 'band_id="88"'),
        ("</n1:General_Info>", ""),
        ("<?xml", '<!DOCTYPE a [<!ENTITY e SYSTEM "/etc/passwd">]><?xml'),
    ],
)
def test_damaged_metadata_is_a_read_error(tmp_path: Path, old: str, new: str) -> None:
    product = fabricate_l2a(tmp_path)
    file = product / "MTD_MSIL2A.xml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ReadError):
        frames_of(product)


@pytest.mark.parametrize("old", ["<ULX>500000</ULX>", "<SENSING_TIME metadataLevel", 'Size resolution="10"'])
def test_damaged_granule_metadata_is_a_read_error(tmp_path: Path, old: str) -> None:
    product = fabricate_l2a(tmp_path)
    file = next(product.glob("GRANULE/*/MTD_TL.xml"))
    file.write_text(file.read_text().replace(old, old.replace("ULX", "X").replace("SENSING", "S").replace("10", "1")))
    with pytest.raises(ReadError):
        frames_of(product)


def test_metadata_without_any_granule_is_a_read_error(tmp_path: Path) -> None:
    product = fabricate_l2a(tmp_path)
    shutil.rmtree(product / "GRANULE")
    with pytest.raises(ReadError, match="no image"):
        frames_of(product)
