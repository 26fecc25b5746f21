"""Readers: each set in its exact real layout, fabricated; and, where they are, the counts of the real copies."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoglot.data.readers import NAMES, reader
from geoglot.errors import ReadError, UnknownName
from geoglot.sensors import Unit
from geoglot.train.pack import RESEARCH, SHIPPED
from geoglot.train.recipes.nano_eye import nano_eye


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), 90).save(stream, "JPEG")
    return stream.getvalue()


def lines(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def tar(path: Path, **members: bytes) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def test_ucm_gives_scene_and_tags_in_geoglots_words(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images_val.zip", "w") as archive:
        archive.writestr("storagetanks/storagetanks80.jpg", picture())
    lines(tmp_path / "labels.jsonl", {
        "image": "storagetanks/storagetanks80.jpg", "split": "val", "zip": "images_val.zip", "scene": "storagetanks",
        "multilabel": ["tanks", "pavement"],
    })  # fmt: skip
    (image,) = reader("ucm_landuse").read(tmp_path)
    assert (image.scene, image.tags, image.split) == ("storage tank", {"tanks", "pavement"}, "val")
    assert image.pixels.shape == (3, 48, 64)


def test_hit_uav_angles_are_radians_clockwise_and_dont_care_is_not_an_object(tmp_path: Path) -> None:
    tar(tmp_path / "images_train.tar", **{"0_60_90_0_1.jpg": picture(mode="L")})
    lines(tmp_path / "boxes.jsonl", {
        "image": "0_60_90_0_1.jpg", "split": "train", "tar": "images_train.tar",
        "objects_oriented": [
            {"cls": "Car", "rbox": [30, 20, 20, 10, np.pi / 4]},
            {"cls": "DontCare", "rbox": [10, 10, 4, 4, 0]},
        ],
    })  # fmt: skip
    (image,) = reader("hit_uav").read(tmp_path)
    assert image.objects is not None
    (car,) = image.objects
    assert (car.label, car.angle_deg) == ("car", pytest.approx(45))
    assert [(box.x0, box.y1) for box in image.ignore] == [(8, 12)]
    assert image.gsd_m is None


def test_yolo_boxes_are_fractions_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val/a.jpg").write_bytes(picture())
    (tmp_path / "val/a.txt").write_text("3 0.5 0.5 0.25 0.5\n")
    lines(tmp_path / "index.jsonl", {"image": "val/a.jpg", "labels": "val/a.txt", "split": "val", "group": "minsk_x"})
    (image,) = reader("aerial_cars").read(tmp_path)
    assert image.objects is not None
    (bus,) = image.objects
    assert (bus.label, bus.x0, bus.y0, bus.x1, bus.y1) == ("bus", 24, 12, 40, 36)
    assert image.gsd_m is None


def test_footprints_in_degrees_become_pixels_of_their_tile(tmp_path: Path) -> None:
    z, x, y = 19, 300_000, 260_000
    west, east = (column / 2**z * 360 - 180 for column in (x, x + 1))
    north, south = (np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / 2**z)))) for row in (y, y + 1))
    half_lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + 0.5) / 2**z))))
    ring = [[west, north], [(west + east) / 2, north], [(west + east) / 2, half_lat], [west, half_lat], [west, north]]
    assert south < half_lat
    (tmp_path / "tiles").mkdir()
    (tmp_path / f"tiles/OAM-{x}-{y}-{z}.jpg").write_bytes(picture(256, 256))
    feature = {"geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "labels.geojson").write_text(json.dumps({"features": [feature]}))
    (image,) = reader("oam_kampala").read(tmp_path)
    assert image.objects is not None
    (box,) = image.objects
    assert np.allclose((box.x0, box.y0, box.x1, box.y1), (0, 0, 128, 128), atol=1e-3)
    assert image.gsd_m == 0.3


def test_terramesh_gives_each_place_as_optical_and_as_radar(tmp_path: Path) -> None:
    stream = io.BytesIO()
    s2 = np.arange(12, dtype=np.int16)[:, None, None] * 1000 + np.zeros((12, 4, 4), np.int16)
    lulc = np.full((1, 4, 4), 9, np.uint8)
    lulc[0, 0, 0] = 0
    np.savez(stream, s2l2a=s2, s1rtc_db_x100=np.full((2, 4, 4), -1250, np.int16), lulc=lulc)
    tar(tmp_path / "samples_all.tar", **{"a.npz": stream.getvalue()})
    lines(tmp_path / "index.jsonl", {"sample": "a"})
    optical, radar = reader("terramesh").read(tmp_path)
    assert optical.pixels[:, 0, 0] == pytest.approx([0.3, 0.2, 0.1, 0.7, 1.0, 1.1])
    assert radar.pixels[0, 0, 0] == -12.5
    assert radar.unit is Unit.GAMMA0_DB
    assert optical.cover is not None
    assert (optical.cover[0, 0], optical.cover_classes[optical.cover[1, 1]]) == (255, "grass or shrub")


def test_trees_are_split_by_site(tmp_path: Path) -> None:
    box = "<object><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>12</ymax></bndbox></object>"
    for name in ("OSBS_029", "2019_YELL_2"):
        (tmp_path / f"{name}.jpg").write_bytes(picture())
        (tmp_path / f"{name}.xml").write_text(f"<annotation>{box}</annotation>")
    assert {image.split for image in reader("neon_trees").read(tmp_path)} == {"train", "val"}


@pytest.mark.parametrize(
    ("name", "cls", "label"),
    [("airbus_airplanes", "airplane", "airplane"), ("ships_optical", "ship", "ship"), ("simd_vehicles", "van", "car")],
)
def test_boxes_of_tar_sets_are_from_the_upper_left(name: str, cls: str, label: str, tmp_path: Path) -> None:
    tar(tmp_path / "images_val.tar", **{"a.jpg": picture()})
    lines(tmp_path / "boxes.jsonl", {
        "image": "a.jpg", "split": "val", "tar": "images_val.tar", "objects": [{"cls": cls, "bbox": [4, 5, 20, 10]}],
    })  # fmt: skip
    (image,) = reader(name).read(tmp_path)
    assert image.objects is not None
    (box,) = image.objects
    assert (box.label, box.x0, box.y0, box.x1, box.y1) == (label, 4, 5, 24, 15)


@pytest.mark.parametrize(
    ("name", "cls", "scene"),
    [("aid_scenes", "port", "harbor"), ("aid_scenes", "desert", None), ("rsscn7", "field", "agricultural")],
)
def test_foreign_scene_names_are_translated_or_left_unknown(
    name: str, cls: str, scene: str | None, tmp_path: Path
) -> None:
    tar(tmp_path / "images_val.tar", **{"a.jpg": picture()})
    lines(tmp_path / "labels.jsonl", {"image": "a.jpg", "split": "val", "tar": "images_val.tar", "cls": cls})
    (image,) = reader(name).read(tmp_path)
    assert image.scene == scene


@pytest.mark.parametrize(("name", "inside"), [("epfl_roads", "road"), ("flood_areas", "flood water")])
def test_masks_become_a_cover_of_two_classes(name: str, inside: str, tmp_path: Path) -> None:
    mask, stream = np.zeros((48, 64), np.uint8), io.BytesIO()
    mask[:10] = 1
    Image.fromarray(mask).save(stream, "PNG")
    tar(tmp_path / "images_val.tar", **{"a.jpg": picture()})
    tar(tmp_path / "masks_val.tar", **{"a.png": stream.getvalue()})
    lines(tmp_path / "index.jsonl", {
        "image": "a.jpg", "mask": "a.png", "split": "val", "tar": "images_val.tar", "mask_tar": "masks_val.tar",
    })  # fmt: skip
    (image,) = reader(name).read(tmp_path)
    assert image.cover is not None
    assert image.cover_classes[image.cover[0, 0]] == inside
    assert int((image.cover == 1).sum()) == 640


def test_sets_for_research_only_never_teach_the_shipped_eye() -> None:
    assert all(reader(name).card.redistributable for name in SHIPPED)
    assert not any(reader(name).card.redistributable for name in RESEARCH)
    taught = {ingredient.shard for ingredient in nano_eye().mixture}
    assert not taught & set(RESEARCH)


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    zipfile.ZipFile(tmp_path / "images.zip", "w").close()
    lines(tmp_path / "labels.jsonl", {"image": "Forest/Forest_1.jpg", "split": "val", "label": "Forest"})
    with pytest.raises(ReadError, match="Forest_1"):
        list(reader("eurosat_rgb_5class").read(tmp_path))


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez(stream, lulc=np.zeros((1, 4, 4), np.uint8))
    tar(tmp_path / "samples_all.tar", **{"a.npz": stream.getvalue()})
    lines(tmp_path / "index.jsonl", {"sample": "a"})
    with pytest.raises(ReadError, match=r"a\.npz, which has lulc.*s1rtc_db_x100, s2l2a too"):
        list(reader("terramesh").read(tmp_path))


def test_a_broken_line_of_yolo_boxes_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture())
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.25 0.5\n9 0.5 0.5 0.25 0.5\n")
    lines(tmp_path / "index.jsonl", {"image": "a.jpg", "labels": "a.txt", "split": "val", "group": "minsk_x"})
    with pytest.raises(ReadError, match=r"a\.txt:2"):
        list(reader("aerial_cars").read(tmp_path))


def test_an_unknown_reader_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="hit_uav"):
        reader("hit-uav")


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"ucm_landuse"}))
def test_the_real_copy_has_the_counts_of_its_card(name: str, shared_data: Path) -> None:
    source = reader(name)
    if not (shared_data / source.card.folder).is_dir():
        pytest.skip(f"{source.card.folder} is not there")
    found: dict[str, int] = {}
    for image in source.read(shared_data / source.card.folder):
        found[image.split] = found.get(image.split, 0) + 1
    assert found == dict(source.card.counts)
