"""Answers as files."""

from __future__ import annotations

import html.parser
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from PIL import Image

from geoglot.answers import check_outputs, save_all
from geoglot.errors import InputError, PlaceError, WorkError
from geoglot.regions import Box, Grid, Mask, OrientedBox, Point
from geoglot.tasks import TaskName

from . import fabricated as made

SUFFIXES = [".json", ".geojson", ".gpkg", ".png", ".html", ".tif"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_there_whole_and_alone(tmp_path: Path, suffix: str) -> None:
    path = made.answer().save(tmp_path / f"answer{suffix}")
    assert path == tmp_path / f"answer{suffix}"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_size > 100


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_answer_without_regions_can_be_written_too(tmp_path: Path, suffix: str) -> None:
    assert made.answer(()).save(tmp_path / f"answer{suffix}").exists()


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_a_map_of_a_scene_without_a_place_leaves_no_file(tmp_path: Path, suffix: str) -> None:
    about = made.answer(about=made.scene(made.frame(made.NOWHERE)))
    with pytest.raises(PlaceError):
        about.save(tmp_path / f"answer{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_a_map_of_a_scene_without_a_place_is_refused_before_the_work(tmp_path: Path, suffix: str) -> None:
    nowhere = made.scene(made.frame(made.NOWHERE))
    check_outputs([tmp_path / "a.json", tmp_path / "a.tif"], scene=nowhere)
    with pytest.raises(PlaceError):
        check_outputs([tmp_path / "a.json", tmp_path / f"a{suffix}"], scene=nowhere)


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "a.json", tmp_path / "a.gpkg"]
    assert save_all(made.answer(), paths) == [str(path) for path in paths]
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written.keys() == {"a.png", "a.json", "a.gpkg"}
    with pytest.raises(PlaceError):
        save_all(made.answer((), about=made.scene(made.frame(made.NOWHERE))), paths)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_told_and_leaves_no_broken_file(tmp_path: Path, suffix: str) -> None:
    import resource

    specks = np.random.default_rng(0).random((100, 200)) > 0.5
    answer = made.answer((Mask.from_array(specks, label="specks", score=0.5),))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))  # no file longer than that can be written
    try:
        with pytest.raises(WorkError, match=f"answer{suffix}"):
            save_all(answer, [tmp_path / f"answer{suffix}"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["answer.shp", "answer", "answer.tiff.zip"])
def test_another_suffix_is_refused_with_those_that_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"\.gpkg"):
        made.answer().save(tmp_path / name)
    with pytest.raises(InputError, match=r"\.gpkg"):
        check_outputs([tmp_path / "a.json", tmp_path / name])


def test_a_folder_that_is_not_there_is_told_before_the_work(tmp_path: Path) -> None:
    check_outputs([tmp_path / "a.json"])
    with pytest.raises(InputError, match="folder"):
        check_outputs([tmp_path / "missing" / "a.json"])


def test_json_and_geojson_files_hold_their_documents(tmp_path: Path) -> None:
    about = made.answer()
    assert json.loads(about.save(tmp_path / "a.json").read_text()) == json.loads(json.dumps(about.as_json()))
    assert json.loads(about.save(tmp_path / "a.geojson").read_text()) == about.to_geojson()


def test_other_programs_read_the_geojson_at_the_right_place(tmp_path: Path) -> None:
    info = pyogrio.read_info(made.answer().save(tmp_path / "a.geojson"))
    assert info["crs"] == "EPSG:4326"
    west, south, east, north = info["total_bounds"]
    lonlat = made.UTM.footprint_lonlat()
    assert lonlat[:, 0].min() <= west <= east <= lonlat[:, 0].max()
    assert lonlat[:, 1].min() <= south <= north <= lonlat[:, 1].max()


def test_a_geopackage_has_a_layer_of_the_tasks_name_in_the_scenes_crs(tmp_path: Path) -> None:
    info = pyogrio.read_info(made.answer().save(tmp_path / "a.gpkg"), layer="detect")
    assert (info["crs"], info["features"]) == ("EPSG:32633", len(made.REGIONS))
    assert {"label", "score", "area_m2", "azimuth_deg", "model_id", "created"} <= set(info["fields"])


def test_a_raster_has_a_class_for_each_label_in_the_scenes_grid(tmp_path: Path) -> None:
    with rasterio.open(made.answer().save(tmp_path / "a.tif")) as file:
        classes, tags = file.read(1), file.tags()
        assert tuple(file.transform)[:6] == made.UTM.affine
    assert {tags[f"CLASS_{value}"] for value in np.unique(classes)} == {"none", "ship", "field", "road"}
    assert tags[f"CLASS_{classes[20, 30]}"] == "ship"
    assert tags[f"CLASS_{classes[75, 155]}"] == "road"
    assert tags[f"CLASS_{classes[75, 35]}"] == "field"
    assert classes[80, 47] == 0  # the field's hole
    assert classes[5, 5] == 0  # a point has no area


def test_a_raster_holds_the_pixels_of_its_areas_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.random((100, 200)) < 0.3
    with rasterio.open(made.answer((Mask.from_array(pixels),)).save(tmp_path / "a.tif")) as file:
        assert np.array_equal(file.read(1) == 1, pixels)
    box = OrientedBox(100, 50, 60, 20, 30)
    with rasterio.open(made.answer((box,)).save(tmp_path / "b.tif")) as file:
        assert (file.read(1) == 1).sum() == pytest.approx(box.area_px, rel=0.03)


def test_a_raster_higher_than_a_strip_has_no_seams(tmp_path: Path) -> None:
    tall = made.frame(Grid(60, 2500, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000)))
    regions = (
        Mask(50, 2400, (0, 50 * 2400), left=5, top=50, label="water"),
        Box(20, 1000, 30, 1100, label="ship", score=0.9),
    )
    with rasterio.open(made.answer(regions, about=made.scene(tall)).save(tmp_path / "a.tif")) as file:
        found = file.read(1)
    expected = np.zeros((2500, 60), int)
    expected[50:2450, 5:55] = 1
    expected[1000:1100, 20:30] = 2
    assert np.array_equal(found, expected)


def test_where_two_areas_lie_the_better_score_wins(tmp_path: Path) -> None:
    regions = (Box(0, 0, 50, 50, label="sure", score=0.9), Box(25, 0, 75, 50, label="less", score=0.4))
    with rasterio.open(made.answer(regions).save(tmp_path / "a.tif")) as file:
        assert file.tags()[f"CLASS_{file.read(1)[10, 30]}"] == "sure"


def test_a_raster_of_a_view_lies_where_the_view_does(tmp_path: Path) -> None:
    part = made.scene(made.view(made.frame(), Box(50, 20, 150, 80)))
    with rasterio.open(made.answer((Box(60, 30, 70, 40),), about=part).save(tmp_path / "a.tif")) as file:
        assert (file.width, file.height, file.transform.c) == (100, 60, 500_500)
        assert np.argwhere(file.read(1)).min(axis=0).tolist() == [10, 10]


def test_a_raster_of_an_answer_in_words_is_refused(tmp_path: Path) -> None:
    about = replace(made.answer((Point(1, 1),)), task=TaskName.CAPTION)
    with pytest.raises(InputError, match="area"):
        about.save(tmp_path / "a.tif")


def test_a_png_is_the_picture(tmp_path: Path) -> None:
    with Image.open(made.answer().save(tmp_path / "a.png")) as image:
        assert image.size == made.answer().picture().size


class Page(html.parser.HTMLParser):
    """The text of a page, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_holds_everything_and_loads_nothing(tmp_path: Path) -> None:
    text = made.answer().save(tmp_path / "a.html").read_text()
    page = Page(text)
    said = " ".join(page.words)
    for part in ("Two ships, a field and a road.", "ship", "90%", "83 %", "nano-1", "A grey camera", "52.3"):
        assert part in said
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.loads)
    assert "script" not in page.tags
    assert "http" not in text


def test_strange_words_in_a_page_stay_words(tmp_path: Path) -> None:
    about = replace(made.answer((Box(0, 0, 9, 9, label="<script>alert(1)</script>"),)), text="<img src=x onerror=1>")
    page = Page(about.save(tmp_path / "a.html").read_text())
    said = "".join(page.words)
    assert "<script>alert(1)</script>" in said
    assert "<img src=x onerror=1>" in said
    assert "<b>clouds</b>" in said
    assert "script" not in page.tags
    assert page.tags.count("img") == 1


def test_an_unsure_answer_says_so_on_its_page(tmp_path: Path) -> None:
    assert "not sure" in replace(made.answer(), unsure=True).save(tmp_path / "a.html").read_text()
    assert "not sure" not in made.answer().save(tmp_path / "b.html").read_text()


def test_an_answer_about_no_image_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        replace(made.answer(), scene=None).save(tmp_path / "a.html")
