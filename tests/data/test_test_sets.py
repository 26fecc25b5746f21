"""Readers of the sets that are only tested on, against small copies in their exact layout."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from rasterio.transform import Affine

from geoglot.data.readers import cloud_masks, hrsid_sar_ships, levir_change, neon_crowns, sen1floods11
from geoglot.regions import Box

S2_NAMES = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")


def save_tif(path: Path, layers: NDArray[np.generic], *names: str) -> None:
    """Write layers, with their names where the real file has them."""
    count, height, width = layers.shape
    place = Affine(9e-5, 0, -0.782, 0, -9e-5, 38.129)
    with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=count, dtype=layers.dtype,
                       crs="EPSG:4326", transform=place) as file:  # fmt: skip
        file.write(layers)
        for index, name in enumerate(names, start=1):
            file.set_band_description(index, name)


def test_every_colour_of_an_hrsid_mask_is_a_ship(tmp_path: Path) -> None:
    stem = tmp_path / "P0001_0_800_0_800"
    Image.fromarray(np.full((40, 40), 9, np.uint8)).save(f"{stem}.jpg")
    mask = np.zeros((40, 40, 3), np.uint8)
    mask[3:6, 10:20] = (255, 0, 0)
    mask[30:34, 1:2] = (255, 0, 1)
    Image.fromarray(mask).save(f"{stem}_instance_id_RGB.png")
    Image.fromarray(mask).save(f"{stem}_instance_color_RGB.png")
    (image,) = hrsid_sar_ships.read(tmp_path)
    assert image.pixels.shape == (1, 40, 40)
    assert image.split == "test"
    assert set(image.objects or ()) == {Box(10, 3, 20, 6, label="ship"), Box(1, 30, 2, 34, label="ship")}


def test_no_site_of_the_crowns_is_in_both_splits(tmp_path: Path) -> None:
    names = [f"{split}/{state}/{site}_012_2018_{number}.jpg" for number, (split, state, site) in enumerate(
        [("train", "alive", "OSBS"), ("test", "dead", "OSBS"), ("train", "dead", "YELL"), ("test", "alive", "HARV"),
         ("train", "dead", "SJER")])]  # fmt: skip
    names.append("train/alive/2019_HARV_3_353000_5180000_image_1.jpg")
    with zipfile.ZipFile(tmp_path / "crops.zip", "w") as archive:
        for name in names:
            store = io.BytesIO()
            Image.new("RGB", (20, 24), (30, 90, 20)).save(store, "JPEG")
            archive.writestr(name, store.getvalue())
    rows = [{"image": name, "split": name.split("/")[0], "label": name.split("/")[1]} for name in names]
    (tmp_path / "labels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    images = list(neon_crowns.read(tmp_path))
    sites = {
        split: {neon_crowns._site(image.id) for image in images if image.split == split} for split in ("train", "test")
    }
    assert not sites["train"] & sites["test"]
    assert [image.scene for image in images] == [row["label"] for row in rows]


def test_a_flood_chip_becomes_tiles_of_both_satellites(tmp_path: Path) -> None:
    label = np.zeros((1, 256, 256), np.int16)
    label[0, :128] = 1
    label[0, 0, 0] = -1
    save_tif(tmp_path / "Place_1_LabelHand.tif", label)
    save_tif(tmp_path / "Place_1_S2Hand.tif", np.full((13, 256, 256), 1500, np.int16), *S2_NAMES)
    save_tif(tmp_path / "Place_1_S1Hand.tif", np.full((2, 256, 256), -12.5, np.float32), "VV", "VH")
    images = {image.id: image for image in sen1floods11.read(tmp_path)}
    assert set(images) == {f"Place_1/r{row}c{column}/s{s}" for row in (0, 128) for column in (0, 128) for s in (1, 2)}
    optical, radar = images["Place_1/r0c0/s2"], images["Place_1/r0c0/s1"]
    assert np.allclose(optical.pixels, 0.15)
    assert np.allclose(radar.pixels, -12.5)
    assert optical.cover is not None
    assert (optical.cover[0, 0], optical.cover[1, 1]) == (255, 1)
    assert (images["Place_1/r128c0/s2"].cover == 0).all()


def test_clouds_and_shadows_are_told_apart(tmp_path: Path) -> None:
    save_tif(
        tmp_path / "sentinel2_toa_x10000.tif",
        np.full((6, 128, 128), 2500, np.uint16),
        "Blue(B2)",
        "Green(B3)",
        "Red(B4)",
        "NIR(B8)",
        "SWIR1(B11)",
        "SWIR2(B12)",
    )
    mask = np.zeros((128, 128), np.uint8)
    mask[:, 64:] = 4
    mask[100:, :64] = 3
    Image.fromarray(mask).save(tmp_path / "sentinel2_mask.png")
    (image,) = cloud_masks.read(tmp_path)
    assert np.allclose(image.pixels, 0.25)
    assert image.cover is not None
    names = [image.cover_classes[image.cover[place]] for place in ((0, 0), (0, 127), (127, 0))]
    assert names == ["cloud shadow", "cloud", "clear"]


def test_a_levir_pair_comes_as_two_images_with_the_change_on_the_second(tmp_path: Path) -> None:
    for folder in ("A", "B", "label"):
        (tmp_path / folder).mkdir()
    for folder, shade in (("A", 40), ("B", 90)):
        Image.new("RGB", (16, 16), (shade,) * 3).save(tmp_path / folder / "test_1_0000_0000.jpg")
    label = np.zeros((16, 16), np.uint8)
    label[2:5] = 255
    Image.fromarray(label).save(tmp_path / "label" / "test_1_0000_0000.png")
    before, after = levir_change.read(tmp_path)
    assert before.cover is None
    assert after.cover is not None
    assert int(after.cover.sum()) == 48
    assert float(before.pixels.mean()) < float(after.pixels.mean())
