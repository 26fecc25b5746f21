"""The names of real files, where they lie beside the checkout, tell the right sensor."""

from pathlib import Path

import pytest

from geoglot.sensors import by_name

EXPECTED = {
    "naip_prairie_potholes/*.tif": "naip",
    "modis_sinop_timeseries/*.jp2": "modis-mod13",
    "landsat5_tm_tucurui_thermal/*.TIF": "landsat-5-l1",
    "landsat8_l1tp_folder_new_york/*/*.TIF": "landsat-8-l1",
    "landsat8_l1tp_folder_new_york/*_T1": "landsat-8-l1",
    "landsat7_stacks_olinda_chiapas/LE7*.tif": "landsat-7-l1",
    "sentinel1_safe_headers/S1B_IW_GRDH*": "sentinel-1-grd",
    "sentinel1_safe_headers/S1?_??_SLC*": "sentinel-1-slc",
    "sentinel2_band_folder_beaufort/*.tiff": "sentinel-2-l1c",
    "sen1floods11_sample/*_S1Hand.tif": "sentinel-1-sigma0-db",
    "sen1floods11_sample/*_S2Hand.tif": "sentinel-2-l1c",
    "dji_radiometric_thermal/*.JPG": "dji-thermal-display",
    "aerial_cars/*/DJI_*.jpg": "uav-rgb",
    "neon_trees_deepforest/*image*.[jt][pi][gf]": "neon-rgb",
}
SILENT = ("rondonia_deforestation_maps/*.tif", "reader_zoo/*", "spacenet_optical_sar/*", "hrsid_sar_ships/*")


@pytest.mark.data
@pytest.mark.parametrize("pattern", EXPECTED)
def test_real_names_tell_the_sensor(pattern: str, shared_data: Path) -> None:
    paths = list((shared_data / "real").glob(pattern))
    assert paths
    for path in paths:
        match = by_name(path.name)
        assert match is not None, path.name
        assert match.sensor.name == EXPECTED[pattern]


@pytest.mark.data
@pytest.mark.parametrize("pattern", SILENT)
def test_names_that_tell_nothing_are_not_taken_for_something(pattern: str, shared_data: Path) -> None:
    paths = list((shared_data / "real").glob(pattern))
    assert paths
    assert [path.name for path in paths if by_name(path.name)] == []
