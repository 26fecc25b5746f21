"""Ways out of a file that an ordinary rasterio takes, each of them closed.

The first test shows that the fabricated files do work against plain rasterio, in a process without the gate:
the refusals below are not refusals of broken files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from geoglot.errors import ReadError, Refused
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.opening import read
from geoglot.scenes.raster import RasterSource

from .fabricate import SECRET, geotiff, ramp, raw_vrt, secret_file, source_vrt, sparse

OTHER = 7  # the value of every pixel of another person's raster


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A raster that no attack may show."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    return geotiff(folder / "private.tif", np.full((1, 20, 30), OTHER, np.uint16))


def overview_tagged(path: Path, target: str) -> Path:
    return geotiff(path, ramp(1, 40, 60), tags={"OVERVIEWS": {"OVERVIEW_FILE": target}})


def _dimap(target: Path) -> str:
    """A DIMAP document whose image lies beside its own folder."""
    link = f"../{target.parent.parent.name}/{target.parent.name}/{target.name}"
    return (
        '<?xml version="1.0"?><Dimap_Document><Metadata_Id><METADATA_FORMAT version="1.1">DIMAP'
        "</METADATA_FORMAT></Metadata_Id><Raster_Dimensions><NCOLS>30</NCOLS><NROWS>20</NROWS><NBANDS>1"
        f'</NBANDS></Raster_Dimensions><Data_Access><Data_File><DATA_FILE_PATH href="{link}"/></Data_File>'
        "</Data_Access></Dimap_Document>"
    )


def test_the_attacks_succeed_without_the_gate(tmp_path: Path, theirs: Path) -> None:
    """Plain GDAL below 3.12 shows the secret file and the other raster through each of these files."""
    secret = secret_file(tmp_path)
    (tmp_path / "raw.tif").write_text(raw_vrt(secret))
    (tmp_path / "simple.tif").write_text(source_vrt(theirs))
    (tmp_path / "dimap.tif").write_text(_dimap(theirs))
    overview_tagged(tmp_path / "tagged.tif", str(theirs))
    geotiff(tmp_path / "beside.tif", ramp(1, 40, 60))
    (tmp_path / "beside.tif.ovr").write_text(source_vrt(theirs))
    script = """
        import sys, rasterio
        shown = []
        for name, shape in (("raw", (4, 8)), ("simple", (20, 30)), ("dimap", (20, 30)), ("tagged", (20, 30)),
        ("beside", (20, 30))):
            with rasterio.open(f"{sys.argv[1]}/{name}.tif") as file:
                data = file.read(1, out_shape=shape)
            if data.tobytes()[:10] == b"the secret" or (data == 7).all():
                shown.append(name)
        print(rasterio.__gdal_version__, *shown)
    """
    plain = {
        name: value for name, value in os.environ.items() if name not in ("GDAL_SKIP", "CPL_VSIL_CURL_ALLOWED_FILENAME")
    }
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(script), str(tmp_path)],
                         capture_output=True, text=True, check=True, env=plain)  # fmt: skip
    version, *shown = ran.stdout.split()
    if tuple(map(int, version.split(".")[:2])) >= (3, 12):
        assert {"simple", "tagged"} <= set(shown)  # newer GDAL closed some of them, not these
    else:
        assert shown == ["raw", "simple", "dimap", "tagged", "beside"]


@pytest.mark.parametrize("profile", [gate.LOCAL, gate.SERVICE], ids=lambda profile: profile.name)
class TestBothProfiles:
    """What neither the user at a desk nor the service opens."""

    def test_1_vrt_raw_band_named_tif_shows_no_bytes(self, tmp_path: Path, profile: gate.Profile) -> None:
        path = tmp_path / "evil.tif"
        path.write_text(raw_vrt(secret_file(tmp_path)))
        with pytest.raises(Refused, match="virtual raster") as caught:
            read(path, profile=profile)
        assert SECRET.decode() not in str(caught.value)

    def test_1_vrt_behind_a_byte_order_mark_and_comments_is_found(self, tmp_path: Path, profile: gate.Profile) -> None:
        path = tmp_path / "evil.tif"
        path.write_text("\ufeff  <?xml version='1.0'?><!-- " + "x" * 2000 + " -->" + raw_vrt(secret_file(tmp_path)))
        with pytest.raises(Refused, match="virtual raster"):
            read(path, profile=profile)

    def test_2_vrt_simple_source_named_tif(self, tmp_path: Path, theirs: Path, profile: gate.Profile) -> None:
        path = tmp_path / "evil.tif"
        path.write_text(source_vrt(theirs))
        with pytest.raises(Refused, match="virtual raster"):
            read(path, profile=profile)

    def test_3_wms_description_named_tif(self, tmp_path: Path, profile: gate.Profile) -> None:
        path = tmp_path / "wms.tif"
        url = "<ServerUrl>http://127.0.0.1:9/</ServerUrl>"
        path.write_text(f'<GDAL_WMS><Service name="TMS">{url}</Service></GDAL_WMS>')
        with pytest.raises(Refused, match="web-service"):
            read(path, profile=profile)

    @pytest.mark.parametrize(
        "prefix",
        [
            "SENTINEL2_L1C:{}:10m:EPSG_32633",
            "vrt://{}",
            "DERIVED_SUBDATASET:AMPLITUDE:{}",
            "/vsizip/{}",
            "STACIT:{}",
            "GTIFF_DIR:1:{}",
            "zip://{}",
            "file://{}",
            "NETCDF:{}:x",
        ],
    )
    def test_4_names_with_a_driver_prefix(self, tmp_path: Path, prefix: str, profile: gate.Profile) -> None:
        path = geotiff(tmp_path / "x.tif", ramp())
        with pytest.raises(Refused, match=r"[Pp]refixes"):
            read(prefix.format(path), profile=profile)

    def test_4_inline_vrt_as_a_name(self, tmp_path: Path, theirs: Path, profile: gate.Profile) -> None:
        with pytest.raises(Refused, match="plain path"):
            read(source_vrt(theirs), profile=profile)

    @pytest.mark.parametrize("kind", ["path", "vrt", "url"])
    def test_11_overview_tag_inside_a_plain_tiff(
        self, tmp_path: Path, theirs: Path, kind: str, profile: gate.Profile
    ) -> None:
        target = {
            "path": str(theirs),
            "vrt": raw_vrt(secret_file(tmp_path)),
            "url": "/vsicurl/http://127.0.0.1:9/x",
        }
        path = overview_tagged(tmp_path / "x.tif", target[kind])
        with pytest.raises(Refused, match="points to another file"):
            read(path, profile=profile)

    def test_13_dimap_named_tif(self, tmp_path: Path, theirs: Path, profile: gate.Profile) -> None:
        path = tmp_path / "x.tif"
        path.write_text(_dimap(theirs))
        with pytest.raises(Refused, match="DIMAP"):
            read(path, profile=profile)

    @pytest.mark.parametrize(
        "name",
        [
            "/vsicurl/http://127.0.0.1:9/x.tif",
            "http://127.0.0.1:9/x.tif",
            "/VSICURL/x",
            "\\vsicurl\\x",
            "/vsis3/b/x.tif",
            "s3://b/x.tif",
        ],
    )
    def test_14_names_on_the_network(self, name: str, profile: gate.Profile) -> None:
        with pytest.raises(Refused, match=r"[Pp]refixes"):
            read(name, profile=profile)


def test_5_overviews_beside_the_image_that_are_a_vrt_are_refused_locally(tmp_path: Path, theirs: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp())
    (tmp_path / "x.tif.ovr").write_text(source_vrt(theirs))
    with pytest.raises(Refused, match="beside the image"):
        read(path)


def test_5_overviews_beside_the_image_are_not_looked_at_by_the_service(tmp_path: Path, theirs: Path) -> None:
    path = geotiff(tmp_path / "x.tif", np.full((1, 40, 60), 99, np.uint16))
    (tmp_path / "x.tif.ovr").write_text(source_vrt(theirs))
    source = RasterSource(path, 60, 40, ("uint16",), (None,), profile=gate.SERVICE)
    values, _ = source.read(0, Box(0, 0, 60, 40), (30, 20), exact=False)
    assert (values == 99).all()


def test_5_overviews_beside_the_image_whose_own_tags_lead_elsewhere(tmp_path: Path, theirs: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp())
    overview_tagged(tmp_path / "evil.tif", str(theirs)).rename(tmp_path / "x.tif.ovr")
    with pytest.raises(Refused, match="points to another file"):
        read(path)


def test_5_overviews_beside_the_image_that_are_a_link_to_elsewhere(tmp_path: Path, theirs: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp())
    (tmp_path / "x.tif.ovr").symlink_to(theirs)
    with pytest.raises(Refused, match="beside the image"):
        read(path)


def test_5_metadata_beside_the_image_that_names_overviews_elsewhere(tmp_path: Path, theirs: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp())
    (tmp_path / "x.tif.aux.xml").write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{theirs}</MDI></Metadata></PAMDataset>'
    )
    with pytest.raises(Refused, match="points to another file"):
        read(path)


def test_6_a_sparse_raster_of_200_000_pixels_a_side_opens_but_is_not_read_whole(tmp_path: Path) -> None:
    path = sparse(tmp_path / "bomb.tif", 200_000, tiled=True, blockxsize=512, blockysize=512)
    assert path.stat().st_size < 3_000_000
    start = time.perf_counter()
    scene = read(path)
    with pytest.raises(Refused, match="too many pixels"):
        scene.bands()
    assert time.perf_counter() - start < 0.5
    assert scene.bands(box=Box(199_000, 199_000, 199_100, 199_100)).shape == (1, 100, 100)


def test_6_one_block_as_large_as_the_bomb_is_refused_at_the_door(tmp_path: Path) -> None:
    path = sparse(tmp_path / "tile.tif", 20_000, tiled=True, blockxsize=20_000, blockysize=20_000)
    with pytest.raises(Refused, match="One block"):
        read(path)


def _external(path: Path, target: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("d", (4, 8), "u1", external=[(str(target), 0, 32)])


def _virtual(path: Path, target: Path) -> None:
    with h5py.File(target, "w") as file:
        file["d"] = np.zeros((4, 8), "u1")
    layout = h5py.VirtualLayout((4, 8), "u1")
    layout[:] = h5py.VirtualSource(target, "d", (4, 8))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("d", layout)


@pytest.mark.parametrize("make", [_external, _virtual])
def test_12_hdf5_whose_data_lie_in_another_file(tmp_path: Path, make: object) -> None:
    path = tmp_path / "x.h5"
    assert callable(make)
    make(path, secret_file(tmp_path))
    with pytest.raises(Refused, match="another file"):
        gate.hdf5(path)


def test_12_the_service_opens_no_hdf5_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["d"] = np.zeros((4, 8), "u1")
    with pytest.raises(Refused, match="HDF5"):
        gate.identify(path, gate.SERVICE)


def test_the_closed_drivers_are_gone_from_the_process_and_the_needed_ones_are_there(tmp_path: Path) -> None:
    script = """
        import sys
        from geoglot.scenes import gate
        rasterio = gate.gdal()
        with rasterio.Env() as env:
            print(*env.drivers())
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    drivers = set(ran.stdout.split())
    assert not drivers & {
        "VRT",
        "GTI",
        "WMS",
        "WCS",
        "WMTS",
        "HTTP",
        "STACIT",
        "STACTA",
        "DERIVED",
        "DIMAP",
        "PDF",
    }
    assert {"GTiff", "JP2OpenJPEG", "PNG", "JPEG", "WEBP", "COG", "NITF", "ENVI"} <= drivers


def test_a_damaged_file_is_told_without_memory_addresses(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "x.tif", ramp(3, 300, 300, "uint8"), compress="deflate")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError) as caught:
        read(path).bands()
    assert "0x" not in str(caught.value)
