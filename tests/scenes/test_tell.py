"""How the sensor and the bands of a file are told, from the surest sign to the least."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoglot.errors import BandError, SensorUnknown
from geoglot.scenes.gdal import gdal
from geoglot.scenes.opening import read
from geoglot.scenes.scene import Frame, HowTold
from geoglot.sensors import Unit

from .fabricate import geotiff, ramp

L2A_NAME = "S2A_MSIL2A_20220125T105311_N0400_R051_T31UFS_20220125T141500.tif"
OLD_NAME = "S2A_MSIL2A_20180125T105311_N0206_R051_T31UFS_20180125T141500.tif"
NAMED = ("B02", "B03", "B04", "B08")


def frame(path: Path, data: Any, **profile: Any) -> Frame:
    return read(geotiff(path, data, **profile)).frame


def counts(bands: int, value: int = 2000) -> Any:
    return np.full((bands, 6, 6), value, np.uint16)


def test_the_product_name_tells_sensor_time_and_the_offset_of_its_baseline(tmp_path: Path) -> None:
    new = frame(tmp_path / L2A_NAME, counts(4), descriptions=NAMED)
    assert (new.sensor.name, new.told_by) == ("sentinel-2-l2a", HowTold.NAME)
    assert new.time == datetime(2022, 1, 25, 10, 53, 11, tzinfo=UTC)
    assert new.bands("red").max() == pytest.approx(0.1)
    assert frame(tmp_path / OLD_NAME, counts(4), descriptions=NAMED).bands("red").max() == pytest.approx(0.2)


def test_the_caller_wins_over_the_name_but_the_name_still_tells_the_baseline(tmp_path: Path) -> None:
    path = geotiff(tmp_path / L2A_NAME, counts(4), descriptions=NAMED)
    same = read(path, sensor="sentinel-2-l2a").frame
    assert (same.told_by, same.bands("red").max()) == (HowTold.USER, pytest.approx(0.1))
    other = read(path, sensor="sentinel-2-l1c").frame
    assert (other.told_by, other.bands("red").max()) == (HowTold.USER, pytest.approx(0.2))


def test_layers_without_names_are_in_the_vendors_order_where_the_sensor_is_sure(tmp_path: Path) -> None:
    data = np.stack([counts(1, 1000 + 100 * place)[0] for place in range(12)])
    told = frame(tmp_path / OLD_NAME, data)
    assert told.bands("B08").max() == pytest.approx(0.17)
    with pytest.raises(SensorUnknown):
        frame(tmp_path / "x.tif", data)


def test_a_band_file_is_told_by_its_name(tmp_path: Path) -> None:
    told = frame(tmp_path / "LC08_L2SP_013032_20180405_20200901_02_T1_SR_B5.TIF", counts(1, 20000))
    assert told.band_names == ("B5",)
    assert told.bands("nir").max() == pytest.approx(20000 * 2.75e-5 - 0.2, rel=1e-4)


def test_a_tag_tells_the_sensor(tmp_path: Path) -> None:
    tags = {"": {"TIFFTAG_IMAGEDESCRIPTION": "Sentinel-1B IW GRD HR L1"}}
    told = frame(tmp_path / "x.tif", ramp(2, 6, 6) + 1, tags=tags, descriptions=("VV", "VH"))
    assert (told.sensor.name, told.told_by, told.band_names) == ("sentinel-1-grd", HowTold.TAGS, ("VV", "VH"))


def test_metres_in_the_units_tag_are_heights(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp(1, 6, 6).astype(np.int16))
    with gdal().open(path, "r+") as file:
        file.units = ("metre",)
    told = read(path).frame
    assert (told.sensor.name, told.told_by) == ("elevation", HowTold.TAGS)


def test_colour_names_tell_bands_but_no_instrument_and_no_unit(tmp_path: Path) -> None:
    told = frame(tmp_path / "x.tif", counts(3), descriptions=("SWIR1", "NIR", "Green"))
    assert (told.sensor.name, told.told_by) == ("multispectral", HowTold.TAGS)
    assert told.has("nir", "green")
    assert told.channels[0].band.unit is Unit.DN


def test_a_guess_says_so_and_converts_nothing(tmp_path: Path) -> None:
    names = ("B01", *NAMED[:3], "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
    told = frame(tmp_path / "x.tif", counts(12), descriptions=names)
    assert (told.sensor.name, told.told_by) == ("sentinel-2-l2a", HowTold.GUESS)
    assert told.bands("red").max() == 2000
    assert any("guess" in warning and "counts" in warning for warning in told.warnings)


def test_floats_of_a_sensor_of_counts_are_values_where_they_look_like_it(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", np.full((4, 6, 6), 0.2, np.float32), descriptions=NAMED)
    told = read(path, sensor="sentinel-2-l2a").frame
    assert told.bands("red").max() == pytest.approx(0.2)
    assert any("already scaled" in warning for warning in told.warnings)


def test_a_single_layer_can_be_told_by_a_band_word_in_the_files_name_if_the_sensor_is_named(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "city_pan.tif", counts(1))
    assert read(path, sensor="worldview-2").frame.channel("pan").band.name == "P"
    with pytest.raises(BandError):
        read(geotiff(tmp_path / "city.tif", counts(1)), sensor="worldview-2")


def test_a_polarisation_in_the_files_name_is_the_band(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "scene_vh.tif", ramp(1, 6, 6) + 1)
    assert read(path, sensor="sentinel-1-grd").frame.band_names == ("VH",)


def test_layers_that_are_no_band_are_left_out_and_told(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", counts(3), descriptions=("B04", "cloud probability", ""))
    told = read(path, sensor="sentinel-2-l2a").frame
    assert told.band_names == ("B04",)
    assert any("cloud probability, layer 3" in warning for warning in told.warnings)


@pytest.mark.parametrize(("count", "told"), [(1, "1 layer"), (2, "2 layers")])
def test_an_unsupported_combination_asks_for_the_sensor_with_what_it_saw(tmp_path: Path, count: int, told: str) -> None:
    with pytest.raises(SensorUnknown) as caught:
        frame(tmp_path / "x.tif", counts(count))
    assert re.search(rf"{told} of uint16 without names, \d+ x \d+ px, [\d.]+ m a pixel", str(caught.value))
    assert "--sensor" in str(caught.value)
