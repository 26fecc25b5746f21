"""A perceptual hash knows an image again after what does not make it another one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from geoglot.data.duplicates import NEAR_BITS, NearPair, difference_hash, near_pairs
from geoglot.errors import InputError


def scene(seed: int, side: int = 96) -> NDArray[np.uint8]:
    """Patches of random grey with soft borders: (3, side, side)."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 9), np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    return np.repeat(np.asarray(coarse)[None], 3, axis=0)


def distance(first: NDArray[np.generic], second: NDArray[np.generic]) -> int:
    pairs = near_pairs({"a": difference_hash(first)}, {"b": difference_hash(second)}, within_bits=256)
    return pairs[0].bits


def test_other_images_are_far_and_an_image_is_not_far_from_itself() -> None:
    assert distance(scene(1), scene(1)) == 0
    assert min(distance(scene(1), scene(seed)) for seed in range(2, 12)) > 2 * NEAR_BITS


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("flip", [False, True])
def test_turns_and_flips_are_the_same_image(turn: int, flip: bool) -> None:
    changed = np.rot90(scene(5), turn, axes=(1, 2))
    assert distance(scene(5), changed[:, :, ::-1] if flip else changed) <= 2


def test_recompression_and_another_size_are_the_same_image() -> None:
    store = io.BytesIO()
    picture = Image.fromarray(scene(7).transpose(1, 2, 0))
    picture.resize((60, 60)).save(store, "JPEG", quality=40)
    again = np.asarray(Image.open(store)).transpose(2, 0, 1)
    assert distance(scene(7), again) <= NEAR_BITS


def test_brightness_contrast_and_dtype_do_not_matter() -> None:
    assert distance(scene(9), scene(9).astype(np.float32) * 0.4 + 12) == 0


def test_missing_pixels_count_as_the_mean() -> None:
    holed = scene(3).astype(np.float32)
    holed[:, :4, :4] = np.nan
    assert distance(scene(3), holed) <= NEAR_BITS


def test_pairs_come_nearest_first_and_once() -> None:
    hashes = {f"{seed}": difference_hash(scene(seed)) for seed in range(5)}
    hashes["copy"] = difference_hash(scene(2))
    assert near_pairs(hashes, hashes) == (NearPair(0, "2", "copy"),)


def test_no_image_has_no_hash() -> None:
    with pytest.raises(InputError):
        difference_hash(np.zeros((16, 16)))
