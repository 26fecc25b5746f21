"""Sentinel-1 products: fabricated SAFE folders in the real layout, and real ones whose pixels are blank."""

from __future__ import annotations

import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes.gdal import gdal
from geoglot.scenes.products import open_folder
from geoglot.scenes.products.sentinel1_annotation import Calibration
from geoglot.scenes.scene import Frame, HowTold
from geoglot.sensors import Unit

NAME = "S1A_IW_GRDH_1SDV_20200101T054012_20200101T054037_030611_0381E6_1A2B.SAFE"
STEM = "s1a-iw-grd-{}-20200101t054012-20200101t054037-030611-0381e6-00{}"
WIDTH, HEIGHT = 300, 200

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0"
 xmlns:s1="http://www.esa.int/safe/sentinel-1.0/sentinel-1" xmlns:gml="http://www.opengis.net/gml"
 xmlns:s1sarl1="http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1">
<metadataSection>
 <s1sarl1:instrumentMode><s1sarl1:mode>IW</s1sarl1:mode></s1sarl1:instrumentMode>
 <safe:relativeOrbitNumber type="start">168</safe:relativeOrbitNumber>
 <s1:orbitProperties><s1:pass>DESCENDING</s1:pass></s1:orbitProperties>
 <s1sarl1:transmitterReceiverPolarisation>VV</s1sarl1:transmitterReceiverPolarisation>
 <s1sarl1:transmitterReceiverPolarisation>VH</s1sarl1:transmitterReceiverPolarisation>
 <s1sarl1:productType>{product_type}</s1sarl1:productType>
 <safe:acquisitionPeriod><safe:startTime>2020-01-01T05:40:12.500000</safe:startTime></safe:acquisitionPeriod>
 <safe:frameSet><safe:frame><safe:footPrint srsName="http://www.opengis.net/gml/srs/epsg.xml#4326">
 <gml:coordinates>46.0,12.0 46.2,9.0 47.5,9.2 47.3,12.4</gml:coordinates></safe:footPrint></safe:frame></safe:frameSet>
</metadataSection><dataObjectSection>
 <fileLocation locatorType="URL" href="./measurement/{vv}.tiff"/>
 <fileLocation locatorType="URL" href="./measurement/{vh}.tiff"/>
</dataObjectSection></xfdu:XFDU>"""

ANNOTATION = """<?xml version="1.0" encoding="UTF-8"?>
<product><adsHeader><missionId>S1A</missionId><productType>GRD</productType><polarisation>{pol}</polarisation>
<mode>IW</mode><swath>IW</swath><startTime>2020-01-01T05:40:12.500000</startTime></adsHeader>
<generalAnnotation><productInformation><pass>Descending</pass></productInformation></generalAnnotation>
<imageAnnotation><imageInformation><rangePixelSpacing>1.0e+01</rangePixelSpacing>
<azimuthPixelSpacing>1.0e+01</azimuthPixelSpacing><numberOfSamples>{width}</numberOfSamples>
<numberOfLines>{height}</numberOfLines></imageInformation></imageAnnotation>
<geolocationGrid><geolocationGridPointList count="4">{points}</geolocationGridPointList></geolocationGrid></product>"""

POINT = """<geolocationGridPoint><line>{line}</line><pixel>{pixel}</pixel><latitude>{lat}</latitude>
<longitude>{lon}</longitude><height>100</height><incidenceAngle>{angle}</incidenceAngle></geolocationGridPoint>"""

CALIBRATION = """<?xml version="1.0" encoding="UTF-8"?>
<calibration><calibrationVectorList count="2">
<calibrationVector><line>0</line><pixel count="2">0 {right}</pixel>
<sigmaNought count="2">500 600</sigmaNought></calibrationVector>
<calibrationVector><line>{bottom}</line><pixel count="2">0 {right}</pixel>
<sigmaNought count="2">520 620</sigmaNought></calibrationVector>
</calibrationVectorList></calibration>"""


def write_tiff(path: Path, counts: NDArray[np.generic], nodata: float | None = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "width": counts.shape[1], "height": counts.shape[0], "count": 1}
    dtype = "complex_int16" if counts.dtype.kind == "c" else counts.dtype
    rasterio = gdal()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile, dtype=dtype, nodata=nodata) as file:
            file.write(counts, 1)


def counts_of(polarisation: str) -> NDArray[np.uint16]:
    rng = np.random.default_rng(len(polarisation) + ord(polarisation[1]))
    counts = rng.integers(1, 400, (HEIGHT, WIDTH)).astype(np.uint16)
    counts[:, :20] = 0  # the border of a real product holds no measurement
    return counts


def fabricate(folder: Path, *, calibrated: bool = True, product_type: str = "GRD") -> Path:
    product = folder / NAME
    (product / "annotation" / "calibration").mkdir(parents=True)
    stems = {pol: STEM.format(pol, number) for number, pol in enumerate(("vv", "vh"), start=1)}
    (product / "manifest.safe").write_text(MANIFEST.format(product_type=product_type, **stems))
    places = [(0, 0, 47.3, 12.4), (0, WIDTH - 1, 47.5, 9.2), (HEIGHT - 1, 0, 46.0, 12.0)]
    places.append((HEIGHT - 1, WIDTH - 1, 46.2, 9.0))
    points = "".join(
        POINT.format(line=line, pixel=pixel, lat=lat, lon=lon, angle=30 + 15 * pixel / WIDTH)
        for line, pixel, lat, lon in places
    )
    for pol, stem in stems.items():
        text = ANNOTATION.format(pol=pol.upper(), width=WIDTH, height=HEIGHT, points=points)
        (product / "annotation" / f"{stem}.xml").write_text(text)
        if calibrated:
            table = CALIBRATION.format(right=WIDTH - 1, bottom=HEIGHT - 1)
            (product / "annotation" / "calibration" / f"calibration-{stem}.xml").write_text(table)
        write_tiff(product / "measurement" / f"{stem}.tiff", counts_of(pol))
    return product


def frames_of(path: Path) -> tuple[Frame, ...]:
    frames = open_folder(path)
    assert frames is not None
    return frames


def table_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """A of the fabricated calibration at whole pixels: 500 at the corner, +100 across, +20 down."""
    return 500 + 100 * x / (WIDTH - 1) + 20 * y[:, None] / (HEIGHT - 1)


def test_a_grd_tells_its_sensor_time_place_and_polarisations(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path))
    assert frame.sensor.name == "sentinel-1-grd"
    assert frame.told_by is HowTold.NAME
    assert frame.band_names == ("VV", "VH")
    assert frame.time == datetime(2020, 1, 1, 5, 40, 12, 500000, UTC)
    assert frame.size == (WIDTH, HEIGHT)
    assert frame.crs == "EPSG:4326"
    assert dict(frame.notes)["orbit pass"] == "descending"
    assert dict(frame.notes)["incidence"] == "30.0 to 45.0 degrees"


def test_the_centre_of_the_first_pixel_lies_at_the_first_point_of_the_grid(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path))
    assert frame.grid.to_lonlat([(0.5, 0.5)])[0] == pytest.approx([12.4, 47.3], abs=1e-6)
    assert frame.grid.to_lonlat([(WIDTH - 0.5, HEIGHT - 0.5)])[0] == pytest.approx([9.0, 46.2], abs=1e-6)


def test_calibrated_bands_are_squared_counts_over_the_squared_table(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path))
    assert frame.channel("VH").band.unit is Unit.SIGMA0
    assert frame.sensor.band("VH") == frame.channel("VH").band
    box = Box(15, 30, 75, 90)
    sigma0 = frame.bands("VH", box=box)[0]
    counts = counts_of("vh")[30:90, 15:75].astype(float)
    expected = (counts / table_of(np.arange(15.0, 75), np.arange(30.0, 90))) ** 2
    assert np.isnan(sigma0[:, :5]).all()
    assert sigma0[:, 5:] == pytest.approx(expected[:, 5:], rel=1e-5)


def test_without_calibration_the_bands_are_amplitude_and_it_says_so(tmp_path: Path) -> None:
    (frame,) = frames_of(fabricate(tmp_path, calibrated=False))
    assert frame.channel("VV").band.unit is Unit.AMPLITUDE
    assert any("not backscatter" in warning for warning in frame.warnings)
    assert frame.bands("VV", box=Box(100, 0, 103, 1))[0, 0] == pytest.approx(counts_of("vv")[0, 100:103])


def test_a_sensor_named_by_the_caller_does_not_change_what_the_files_hold(tmp_path: Path) -> None:
    frames = open_folder(fabricate(tmp_path, calibrated=False), sensors.get("sentinel-1-sigma0"))
    assert frames is not None
    assert frames[0].told_by is HowTold.USER
    assert frames[0].channel("VV").band.unit is Unit.AMPLITUDE


@pytest.mark.parametrize("declared", [0, None])
@pytest.mark.parametrize("size", [(150, 100), (30, 20), (3, 2)])
def test_overviews_are_means_of_power(tmp_path: Path, size: tuple[int, int], declared: float | None) -> None:
    product = fabricate(tmp_path)
    write_tiff(product / "measurement" / f"{STEM.format('vv', 1)}.tiff", counts_of("vv"), declared)
    (frame,) = frames_of(product)
    power = (counts_of("vv") / table_of(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))) ** 2
    power[counts_of("vv") == 0] = np.nan
    across, down = WIDTH // size[0], HEIGHT // size[1]
    expected = _nanmean(power, down, across)
    sigma0 = frame.bands("VV", size=size)[0]
    assert np.array_equal(np.isnan(sigma0), np.isnan(expected))
    assert np.nanmax(np.abs(sigma0 / expected - 1)) < (0.02 if declared == 0 else 1e-4)


def _nanmean(power: NDArray[np.float64], down: int, across: int) -> NDArray[np.float64]:
    blocks = power.reshape(power.shape[0] // down, down, power.shape[1] // across, across)
    total, known = np.nansum(blocks, axis=(1, 3)), np.isfinite(blocks).sum(axis=(1, 3))
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def test_complex_values_become_power_and_never_cancel(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    counts = np.full((HEIGHT, WIDTH), 30 + 40j, np.complex64)
    counts[::2] *= -1
    write_tiff(product / "measurement" / f"{STEM.format('vv', 1)}.tiff", counts, None)
    (frame,) = frames_of(product)
    sigma0 = frame.bands("VV", size=(3, 2))[0]
    assert sigma0[0, 0] == pytest.approx((50 / 521) ** 2, rel=0.05)


def test_a_zip_reads_like_the_folder(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, NAME)
    (from_folder,), (from_zip,) = frames_of(product), frames_of(tmp_path / "zipped.zip")
    assert np.array_equal(from_folder.bands(), from_zip.bands(), equal_nan=True)


def test_a_missing_polarisation_is_left_out_and_told(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    (product / "measurement" / f"{STEM.format('vh', 2)}.tiff").unlink()
    (frame,) = frames_of(product)
    assert frame.band_names == ("VV",)
    assert "no measurement of VH in the product" in frame.warnings


def test_without_any_measurement_it_still_tells_what_it_is(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    shutil.rmtree(product / "measurement")
    (frame,) = frames_of(product)
    assert frame.band_names == ("VV", "VH")
    assert frame.size == (WIDTH, HEIGHT)
    with pytest.raises(ReadError, match="does not hold this measurement"):
        frame.bands("VV", size=(10, 10))


def test_with_only_the_manifest_the_outline_is_known(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    shutil.rmtree(product / "annotation")
    shutil.rmtree(product / "measurement")
    (frame,) = frames_of(product)
    assert frame.bounds == pytest.approx((9.0, 46.0, 12.4, 47.5))
    assert frame.grid.to_lonlat([(0, 0)])[0] == pytest.approx([12.4, 47.3])


def test_a_product_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no image"):
        frames_of(fabricate(tmp_path, product_type="OCN"))


@pytest.mark.parametrize("cut", ["<numberOfLines>", "<polarisation>", "<geolocationGridPoint>", "<startTime>"])
def test_a_damaged_annotation_is_a_read_error(tmp_path: Path, cut: str) -> None:
    product = fabricate(tmp_path)
    file = product / "annotation" / f"{STEM.format('vv', 1)}.xml"
    end = cut.replace("<", "</")
    file.write_text(file.read_text().replace(cut, "<x>").replace(end, "</x>"))
    with pytest.raises(ReadError, match="vv"):
        frames_of(product)


def test_a_measurement_of_another_size_is_a_read_error(tmp_path: Path) -> None:
    product = fabricate(tmp_path)
    write_tiff(product / "measurement" / f"{STEM.format('vv', 1)}.tiff", np.ones((5, 5), np.uint16))
    with pytest.raises(ReadError, match="its annotation describes"):
        frames_of(product)


@given(x=st.floats(0, 90), y=st.floats(0, 60))
def test_calibration_is_bilinear_between_its_knots(x: float, y: float) -> None:
    lines, pixels = np.array([0.0, 20, 60]), np.array([0.0, 30, 60, 90])
    plane = 300 + 2 * pixels + 0.5 * lines[:, None]
    at = Calibration(lines, pixels, plane).at(np.array([x + 0.5]), np.array([y + 0.5]))
    assert at[0, 0] == pytest.approx(300 + 2 * x + 0.5 * y, rel=1e-5)


@pytest.mark.data
def test_real_grd(shared_data: Path) -> None:
    folder = shared_data / "real" / "sentinel1_safe_headers"
    (frame,) = frames_of(next(folder.glob("S1B_IW_GRDH*.zip")))
    assert (frame.sensor.name, frame.told_by) == ("sentinel-1-grd", HowTold.NAME)
    assert frame.size == (25788, 16685)
    assert frame.band_names == ("VV",)
    assert frame.time == datetime(2021, 4, 1, 5, 26, 23, 794457, UTC)
    assert frame.bounds == pytest.approx((8.772268, 45.614502, 12.446052, 47.512238), abs=0.02)
    assert frame.gsd_m == pytest.approx(10, rel=0.02)
    assert (frame.bands("VV", box=Box(5000, 5000, 5008, 5008)) == 1).all()  # the pixels are blank, as told


@pytest.mark.data
def test_real_slc(shared_data: Path) -> None:
    folder = shared_data / "real" / "sentinel1_safe_headers"
    (frame,) = frames_of(next(folder.glob("S1A_IW_SLC*.zip")))
    assert frame.sensor.name == "sentinel-1-slc"
    assert frame.band_names == ("HH",)
    assert frame.size == (21169, 13500)
    assert dict(frame.notes)["swath"] == "IW1"
    assert dict(frame.notes)["measurements"] == "1 of 6 in the product"
    assert frame.bands("HH", box=Box(9000, 5000, 9004, 5004)).shape == (1, 4, 4)


@pytest.mark.data
def test_real_wave_mode_with_nothing_but_a_manifest(shared_data: Path) -> None:
    folder = shared_data / "real" / "sentinel1_safe_headers"
    frames = frames_of(next(folder.glob("S1B_WV*.zip")))
    assert len(frames) == 60
    assert frames[0].time == datetime(2021, 4, 3, 8, 30, 25, tzinfo=UTC)
    assert frames[-1].time == datetime(2021, 4, 3, 8, 44, 49, tzinfo=UTC)
    assert frames[0].bounds == pytest.approx((-34.804562, 35.943001, -34.533089, 36.159458))
    latitudes = [(frame.bounds or (0, 0, 0, 0))[1] for frame in frames[::2]]
    assert latitudes == sorted(latitudes, reverse=True)  # descending, so times and outlines belong together
    with pytest.raises(ReadError, match="does not hold"):
        frames[0].bands()
