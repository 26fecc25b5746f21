"""The demo: packaged scenes in real layouts, a folder of one's own, one page with everything inside."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import geoglot
from geoglot.demo import run, write_report
from geoglot.demo.cases import Case, found_in, packaged
from geoglot.errors import ReadError
from geoglot.models.nano import Nano
from geoglot.simulate.layouts.geotiff import north_up, write_geotiff


@pytest.fixture(scope="module")
def nano() -> Nano:
    return Nano()


@pytest.mark.parametrize("case", list(packaged()), ids=lambda case: case.title)
def test_every_packaged_scene_is_read_with_its_sensor_told_or_named(case: Case) -> None:
    scene = geoglot.read(list(case.paths) if len(case.paths) > 1 else case.paths[0], sensor=case.sensor)
    assert scene.frame.valid_fraction() > 0.9
    assert case.questions


def test_the_packaged_scenes_are_of_every_kind() -> None:
    scenes = [geoglot.read(list(c.paths) if len(c.paths) > 1 else c.paths[0], sensor=c.sensor) for c in packaged()]
    assert {str(scene.kind) for scene in scenes} == {"image", "pair", "series", "video"}
    assert {"rgb", "optical", "sar", "thermal"} <= {str(scene.sensor.kind) for scene in scenes}


def test_the_report_is_one_page_with_every_section_filled(nano: Nano, tmp_path: Path) -> None:
    cases = list(packaged())
    page = write_report(run(cases, nano), tmp_path / "report.html", model=nano.name).read_text()
    assert page.count("<section") == len(cases)
    assert page.count('class="a"') == sum(len(case.questions) for case in cases)
    assert "Not read" not in page
    assert page.count("data-map") >= 6  # those with a place, and the script that moves them
    assert not re.search(r'(?:src|href)="https?://', page)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_broken_file_is_told_in_the_report_and_does_not_end_it(nano: Nano, tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"II*\0 not a raster")
    image = np.full((3, 64, 64), 90, np.uint8)
    grid = north_up(64, 64, crs="EPSG:32632", corner=(690_000.0, 5_334_000.0), pixel=0.5)
    write_geotiff(tmp_path / "field.tif", image, grid=grid)
    sections = run(found_in(tmp_path), nano)
    assert [section.scene is None for section in sections] == [True, False]
    page = write_report(sections, tmp_path / "report.html", model=nano.name).read_text()
    assert "Not read" in page


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No image"):
        list(found_in(tmp_path))


def test_a_title_cannot_smuggle_markup_into_the_page(nano: Nano, tmp_path: Path) -> None:
    case = Case("<img onerror=alert(1)>", (tmp_path / "absent.tif",))
    page = write_report(run([case], nano), tmp_path / "report.html", model="<b>nano</b>").read_text()
    assert "<img onerror" not in page
    assert "<b>nano</b>" not in page.replace("<b>&lt;b&gt;nano&lt;/b&gt;</b>", "")
