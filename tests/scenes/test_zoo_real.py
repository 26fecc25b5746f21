"""Real files: every set beside the checkout is read, its sensor told right or asked for, in the right place.

Places, dates and units are those of the sets' own descriptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import BandError, GeoglotError, ReadError, SensorUnknown
from geoglot.scenes.opening import read
from geoglot.scenes.scene import Scene, SceneKind

pytestmark = pytest.mark.data

Place = tuple[float, float, float, float]
"""West, east, south, north in degrees."""

TUCURUI: Place = (-49.925, -49.847, -3.795, -3.710)
CHIAPAS: Place = (-93.4, -93.2, 15.6, 15.8)
PUCALLPA: Place = (-74.601, -74.278, -8.573, -8.298)
ALEXANDRIA: Place = (-77.056, -77.049, 38.808, 38.813)
SINOP: Place = (-55.803, -55.199, -11.802, -11.496)
POTHOLES: Place = (-99.166, -99.139, 47.010, 47.028)
RONDONIA: Place = (-62.68, -62.40, -8.96, -8.68)
SLOVENIA: Place = (14.551, 14.564, 45.866, 45.875)
SPAIN: Place = (-0.782, -0.736, 38.083, 38.129)
KAMPALA: Place = (32.55, 32.63, 0.27, 0.40)

_SLACK = 0.02  # degrees; the descriptions give three decimals and sometimes the box of all files of a set


@dataclass(frozen=True)
class Real:
    """Files by pattern, and what they must be. sensor: asked for; else told without help."""

    files: str
    told: str
    unit: str
    place: Place | None = None
    time: str = ""
    sensor: str | None = None
    kind: SceneKind = SceneKind.IMAGE


REAL = (
    Real("cloud_masks_s2_landsat/*x10000.tif", "multispectral", "dn"),
    Real("cloud_masks_s2_landsat/sentinel2_toa*", "sentinel-2-l1c", "reflectance", sensor="sentinel-2-l1c"),
    Real("landsat5_tm_tucurui_thermal", "landsat-5-l1", "reflectance", TUCURUI, "1988-08-14"),
    Real("landsat5_tm_tucurui_thermal/*_B4.TIF", "landsat-5-l1", "dn", TUCURUI, "1988-08-14"),
    Real("landsat7_stacks_olinda_chiapas/LE7*", "landsat-7-sr-c1", "reflectance", CHIAPAS, "1999-11-18",
         sensor="landsat-7-sr-c1"),
    Real("landsat7_stacks_olinda_chiapas/LE7*", "landsat-7-l1", "dn", CHIAPAS, "1999-11-18"),
    Real("landsat8_l1tp_folder_new_york/*20180405*", "landsat-8-l1", "dn", (-75.0, -71.7, 39.1, 41.5), "2018-04-05"),
    Real("landsat8_l1tp_folder_new_york/*20180903*/*BQA.TIF", "classes", "class", (-76.5, -73.0, 39.1, 41.5),
         "2018-09-03"),
    Real("landsat_pucallpa_1985_2020/1985.tif", "multispectral", "dn", PUCALLPA, "1985"),
    Real("landsat_pucallpa_1985_2020", "multispectral", "dn", PUCALLPA, "1985", kind=SceneKind.SERIES),
    Real("lidar_dsm_dtm_buildings/*.tif", "elevation", "metre", ALEXANDRIA),
    Real("modis_sinop_timeseries/*2014-01-17.jp2", "modis-mod13", "index", SINOP, "2014-01-17"),
    Real("modis_sinop_timeseries", "modis-mod13", "index", SINOP, "2013-09-14", kind=SceneKind.SERIES),
    Real("naip_prairie_potholes/*2020*.tif", "naip", "display", POTHOLES, "2020-08-31"),
    Real("naip_prairie_potholes", "naip", "display", POTHOLES, "2009-08-18", kind=SceneKind.SERIES),
    Real("neon_hyperspectral_harv_osbs/2019_HARV_rgb.tif", "aerial-rgb", "display", (-72.3, -72.1, 42.3, 42.6)),
    Real("neon_trees_deepforest/OSBS_029.tif", "aerial-rgb", "display", (-82.1, -81.9, 29.6, 29.8)),
    Real("neon_trees_deepforest/2018_SJER*.tif", "neon-rgb", "display", (-119.9, -119.6, 37.0, 37.2), "2018"),
    Real("oam_kampala_buildings/tiles/OAM-12384*-21.jpg", "rgb", "display", KAMPALA),
    Real("reader_zoo/cog_webmercator_jpeg.tif", "aerial-rgb", "display", (128.6, 128.7, 37.6, 37.7)),
    Real("reader_zoo/landsat7_rgb_quadrant.tif", "rgb", "display", (-78.6, -76.4, 23.4, 25.6)),
    Real("reader_zoo/scale_offset_tags.tif", "multispectral", "dn"),
    Real("reader_zoo/cog_dateline.tif", "grey", "dn", sensor="grey"),
    Real("reader_zoo/sentinel2_cloudmask_15bit.jp2", "classes", "class", (0.7, 2.1, 35.9, 37.1)),
    Real("reader_zoo/N10W110.hgt.zip", "elevation", "metre", (-110.01, -108.99, 9.99, 11.01)),
    Real("reader_zoo/avhrr_sst_daily.nc", "gridded-variables", "celsius", time="1981-12-31"),
    Real("reader_zoo/3B42*.nc", "gridded-variables", "dn", (-84.75, -83.75, -50.0, -48.75)),
    Real("reader_zoo/sic*.zip", "gridded-variables", "dn", (-180.05, 179.96, -80.05, 0.05), "2021-01-09"),
    Real("reader_zoo/two-subs.h5", "gridded-variables", "dn"),
    Real("rondonia_deforestation_maps/*.tif", "classes", "class", RONDONIA),
    Real("s2_timeseries_slovenia/reference_scene_?.tif", "sentinel-2-l1c", "dn", SLOVENIA),
    Real("s2_timeseries_slovenia/reference_scene_?.tif", "sentinel-2-l1c", "reflectance", SLOVENIA,
         sensor="sentinel-2-l1c"),
    Real("s2_timeseries_slovenia/dem.tif", "elevation", "metre", SLOVENIA),
    Real("s2_timeseries_slovenia/lulc.tif", "classes", "class", SLOVENIA),
    Real("sen1floods11_sample/*S1Hand.tif", "sentinel-1-sigma0-db", "sigma0_db", SPAIN),
    Real("sen1floods11_sample/*S2Hand.tif", "sentinel-2-l1c", "reflectance", SPAIN),
    Real("sen1floods11_sample/*LabelHand.tif", "classes", "class", SPAIN),
    Real("sentinel1_safe_headers/*GRDH*.zip", "sentinel-1-grd", "amplitude", (7.0, 12.5, 43.0, 48.0), "2021-04-01"),
    Real("sentinel1_safe_headers/*overview_with*.tif", "sentinel-1-grd", "amplitude", (75.6, 78.3, 9.2, 11.2)),
    Real("sentinel1_safe_headers/Rome*.tif", "elevation", "metre", (12.4, 12.6, 41.9, 42.1)),
    Real("sentinel2_band_folder_beaufort", "sentinel-2-l1c", "display", (-76.69, -76.59, 34.67, 34.72), "2018-10-13"),
    Real("spacenet_optical_sar/rgb_unmasked.tif", "rgb", "display", (4.3, 4.4, 51.8, 52.0)),
    Real("spacenet_optical_sar/sar_??_complex.tif", "sar-amplitude", "amplitude", (4.3, 4.4, 51.8, 52.0)),
    Real("spacenet_optical_sar/sar_hv_complex.tif", "capella", "amplitude", (4.3, 4.4, 51.8, 52.0), sensor="capella"),
    Real("spacenet_optical_sar/atlanta_pan.tif", "worldview-2", "dn", (-84.6, -84.4, 33.6, 33.7), sensor="worldview-2"),
    Real("spacenet_optical_sar/roads_mask.tif", "classes", "class", (-115.3, -115.2, 36.1, 36.2)),
    Real("aerial_cars/*/DJI*.jpg", "uav-rgb", "display"),
    Real("aerial_video/*.mp4", "rgb", "display", kind=SceneKind.VIDEO),
    Real("dji_radiometric_thermal/*.JPG", "dji-thermal-display", "dn"),
    Real("hit_uav_thermal/val/*.jpg", "grey", "display"),
    Real("hrsid_sar_ships/*00.jpg", "grey", "display"),
    Real("nc_levir_change_dota/dota/*.jpg", "rgb", "display"),
)  # fmt: skip

ASKED = (
    ("landsat7_stacks_olinda_chiapas/L7_ETMs.tif", SensorUnknown),
    ("neon_hyperspectral_harv_osbs/2019_HARV_hyperspectral_369b.tif", SensorUnknown),
    ("neon_hyperspectral_harv_osbs/crowns/*.tif", SensorUnknown),
    ("reader_zoo/cog_dateline.tif", SensorUnknown),
    ("spacenet_optical_sar/ms1.tif", SensorUnknown),
    ("spacenet_optical_sar/*pan*.tif", SensorUnknown),
    ("spacenet_optical_sar/sar_masked.tif", SensorUnknown),
    ("spacenet_optical_sar/nebraska_landsat_albers.tif", SensorUnknown),
    ("reader_zoo/corrupt_truncated_on_purpose.tif", ReadError),
    ("eurosat_rgb_5class/images.zip", ReadError),
    ("neon_dead_alive_crowns/crops.zip", ReadError),
    ("ucm_landuse/images_val.zip", ReadError),
)


def files(shared_data: Path, pattern: str) -> list[Path]:
    found = sorted((shared_data / "real").glob(pattern))
    assert found, f"no file {pattern}"
    return found


def check_place(scene: Scene, place: Place) -> None:
    """The footprint lies inside the described box, and is not a speck in it."""
    west, east, south, north = place
    outline = scene.grid.footprint_lonlat()
    assert (outline[:, 0] > west - _SLACK).all()
    assert (outline[:, 0] < east + _SLACK).all()
    assert (outline[:, 1] > south - _SLACK).all()
    assert (outline[:, 1] < north + _SLACK).all()


@pytest.mark.parametrize("real", REAL, ids=lambda real: f"{real.files} {real.sensor or ''}".strip())
def test_real_files(shared_data: Path, real: Real) -> None:
    for path in files(shared_data, real.files):
        scene = read(path, sensor=real.sensor)
        assert (scene.kind, scene.sensor.name) == (real.kind, real.told)
        assert scene.frame.channels[0].band.unit == real.unit
        assert (scene.time.isoformat() if scene.time else "").startswith(real.time)
        assert bool(scene.time) == bool(real.time)
        if real.place is None:
            continue
        check_place(scene, real.place)


@pytest.mark.parametrize(("pattern", "error"), ASKED)
def test_what_cannot_be_told_is_asked_for(shared_data: Path, pattern: str, error: type[GeoglotError]) -> None:
    for path in files(shared_data, pattern):
        with pytest.raises(error) as caught:
            read(path).frame.bands()
        assert str(caught.value)


def test_the_pixels_of_every_set_can_be_read_and_seen(shared_data: Path) -> None:
    for real in REAL:
        path = files(shared_data, real.files)[0]
        frame = read(path, sensor=real.sensor).frame
        first = frame.bands(frame.band_names[0], size=(16, 16))
        assert np.isfinite(first).any() or frame.valid_fraction() == 0, path
        assert frame.picture(size=(24, 24)).size == (24, 24)


def test_scale_and_offset_of_the_file_reach_the_values(shared_data: Path) -> None:
    """rasterio's fixture says scale 0.0001, offset 1000."""
    scene = read(shared_data / "real" / "reader_zoo" / "scale_offset_tags.tif")
    values = scene.bands("green")
    assert np.nanmax(values) == pytest.approx(1000 + 13413 * 1e-4, abs=0.01)
    assert np.isnan(values).sum() == np.isnan(values[0]).sum() > 0


def test_reflectance_and_backscatter_are_in_their_usual_range(shared_data: Path) -> None:
    floods = shared_data / "real" / "sen1floods11_sample"
    red = read(floods / "Spain_7370579_S2Hand.tif").bands("red")
    assert 0.02 < np.nanmedian(red) < 0.4
    vv, vh = read(floods / "Spain_7370579_S1Hand.tif").bands("VV", "VH")
    assert -25 < np.nanmedian(vh) < np.nanmedian(vv) < 0


def test_the_footprint_across_the_antimeridian_is_on_both_sides(shared_data: Path) -> None:
    scene = read(shared_data / "real" / "reader_zoo" / "cog_dateline.tif", sensor="grey")
    longitudes = scene.grid.footprint_lonlat()[:, 0]
    assert longitudes.min() < -179
    assert longitudes.max() > 178


def test_rotated_complex_radar_lies_where_its_corners_are(shared_data: Path) -> None:
    grid = read(shared_data / "real" / "spacenet_optical_sar" / "sar_hh_complex.tif").grid
    np.testing.assert_allclose(grid.to_crs([(0, 0)]), [(593124.119663, 5749208.249577)], atol=1e-3)
    np.testing.assert_allclose(grid.to_crs([(200, 0)]) - grid.to_crs([(0, 0)]), [(-5.714, 499.967)], atol=1e-2)


def test_a_change_pair_without_a_place_is_made_on_demand(shared_data: Path) -> None:
    folder = shared_data / "real" / "nc_levir_change_dota"
    paths = [folder / side / "test_2_0000_0000.jpg" for side in "AB"]
    assert read(paths).kind is SceneKind.SET
    assert read(paths, kind="pair").kind is SceneKind.PAIR


def test_a_list_of_bands_that_nobody_names_is_a_typed_error(shared_data: Path) -> None:
    with pytest.raises(BandError, match="which layer"):
        read(shared_data / "real" / "spacenet_optical_sar" / "ms1.tif", sensor="worldview-2")
