"""Pictures of nothing are told from images of the ground before anything the eye says is believed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from geoglot.data.readers import ucm_landuse
from geoglot.models.nano import reason, wording
from geoglot.models.nano.evidence import Guess
from geoglot.models.nano.oddness import APART, FLAT, PROBABILITY, STATIC, likeness, odd, oddness
from geoglot.models.nano.reason.finding import UNSURE_BELOW
from geoglot.models.nano.shown import Shown
from geoglot.regions import Box
from tests.nano.made import EVIDENCE, SCENE, found, read

RGB = ("red", "green", "blue")
Planes = NDArray[np.float32]


def ground(size: int = 256, *, seed: int = 0) -> Planes:
    """Hills of all sizes with a 1 / f spectrum, the same in three bands but for a little noise: (3, H, W), 0..1."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None]
    gain = 1 / np.maximum(np.hypot(fy, fx), 1 / size) ** 1.5
    hills = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) * gain).real
    hills = (hills - hills.min()) / np.ptp(hills)
    return np.stack([hills + 0.01 * rng.standard_normal(hills.shape) for _ in RGB]).astype(np.float32)


def told(planes: Planes, modality: str = "rgb") -> tuple[str, ...]:
    return oddness(dict(zip(RGB, planes, strict=False)), modality)


def static(shape: tuple[int, ...], grain: int = 1, *, seed: int = 0) -> Planes:
    small = (shape[0], shape[1] // grain, shape[2] // grain)
    blocks = np.random.default_rng(seed).random(small, dtype=np.float32)
    return blocks.repeat(grain, axis=1).repeat(grain, axis=2)


class TestOddness:
    def test_ground_is_not_odd(self) -> None:
        for seed in range(5):
            assert told(ground(seed=seed)) == ()

    @pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
    def test_one_grey_is_flat(self, level: float) -> None:
        assert told(np.full((3, 64, 64), level, np.float32)) == (FLAT,)

    @pytest.mark.parametrize("grain", [1, 2, 4, 8])
    def test_static_is_static_however_coarse(self, grain: int) -> None:
        assert told(static((3, 256, 256), grain)) == (STATIC,)

    def test_grey_static_is_static(self) -> None:
        assert told(static((1, 256, 256)).repeat(3, axis=0)) == (STATIC,)

    def test_faint_static_is_static(self) -> None:
        assert told(0.5 + 0.05 * static((3, 256, 256))) == (STATIC,)

    def test_shuffled_pixels_are_static(self) -> None:
        pixels = ground().reshape(3, -1)[:, np.random.default_rng(1).permutation(256 * 256)]
        assert told(pixels.reshape(3, 256, 256)) == (STATIC,)

    def test_bands_of_different_places_do_not_belong_together(self) -> None:
        assert told(np.stack([ground(seed=seed)[0] for seed in range(3)])) == (APART,)

    def test_a_grey_photograph_is_not_odd(self) -> None:
        assert told(ground()[:1].repeat(3, axis=0)) == ()

    def test_infrared_may_look_as_it_likes(self) -> None:
        planes = ground()
        levels = dict(zip(RGB, planes, strict=True)) | {"nir": ground(seed=9)[0]}
        assert oddness(levels, "multispectral") == ()

    def test_a_dead_band_tells_nothing(self) -> None:
        planes = ground()
        planes[2] = 0
        assert told(planes) == ()

    def test_what_has_no_data_is_left_out(self) -> None:
        planes = ground()
        planes[:, 40:120, 60:] = np.nan
        assert told(planes) == ()
        planes[:] = np.nan
        assert told(planes) == (FLAT,)

    def test_speckle_is_no_static(self) -> None:
        speckled = ground()[:1] * np.random.default_rng(2).gamma(4, 1 / 4, (1, 256, 256)).astype(np.float32)
        assert oddness({"co": speckled[0]}, "sar") == ()

    def test_enlarged_static_is_static(self) -> None:
        small = static((3, 64, 64))
        large = [np.asarray(Image.fromarray(band).resize((192, 192), Image.Resampling.BILINEAR)) for band in small]
        assert oddness(dict(zip(RGB, large, strict=True)), "rgb", enlarged=3.0) == (STATIC,)

    def test_rows_of_a_field_are_not_static(self) -> None:
        rows = np.broadcast_to(np.sin(np.arange(256) * 2.2)[:, None], (256, 256)) + 2 * ground()[0]
        assert told(np.stack([rows] * 3).astype(np.float32)) == ()

    def test_a_tiny_picture_is_never_static(self) -> None:
        assert likeness(static((1, 16, 16))[0]) == 1.0

    def test_a_flag_is_raised_with_its_number_and_frame(self) -> None:
        (flag,) = odd(shown(static((3, 64, 64))), frame=2, first=5)
        assert flag == Guess("q5", STATIC, PROBABILITY, 2)


def shown(planes: Planes) -> Shown:
    height, width = planes.shape[1:]
    levels = dict(zip(RGB, planes, strict=True))
    known = np.ones((height, width), np.bool_)
    image, present = np.zeros((9, height, width), np.float32), np.ones(4, np.float32)
    return Shown(image, present, (width, height), Box(0, 0, width, height), "rgb", known, levels)


class TestAnswers:
    ODD = replace(EVIDENCE, quality=(Guess("q4", STATIC, 0.98),))

    @pytest.mark.parametrize(
        "question",
        [
            "Are there cars?",
            "How many ships?",
            "What kind of scene is this?",
            "Describe the image.",
            "Where is the bridge?",
        ],
    )
    def test_nothing_seen_in_an_odd_image_is_believed(self, question: str) -> None:
        finding = found(question, self.ODD)
        assert finding.unsure
        assert finding.confidence <= UNSURE_BELOW
        assert any("nothing to do with each other" in warning for warning in finding.warnings)

    def test_an_odd_image_is_not_described(self) -> None:
        query = read("Describe the image.")
        text = wording.say(query, reason.answer(query, self.ODD, SCENE), self.ODD)
        assert text.startswith("It is static, not an image of the ground.")
        assert "ship" not in text


@pytest.mark.data
def test_photographs_are_not_odd_and_their_ruins_are(shared_data: Path) -> None:
    rng = np.random.default_rng(0)
    images = [image for image in ucm_landuse.read(shared_data / "real/ucm_landuse") if image.split == "val"][::15]
    planes: list[Planes] = [image.pixels.astype(np.float32) / np.float32(255) for image in images]
    assert all(told(one) == () for one in planes)
    for one in planes:
        shuffled = one.reshape(3, -1)[:, rng.permutation(one[0].size)].reshape(one.shape)
        moved = np.stack([np.roll(band, 80 * place, axis=(0, 1)) for place, band in enumerate(one)])
        assert told(shuffled) == (STATIC,)
        assert told(moved) == (APART,)
