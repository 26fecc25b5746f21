"""Stems: RingMo's three convolutions, kernels from wavelengths, copies that change nothing."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets.stems import PatchStem, PiStem, SpectralStem, StemConfig, Stems, factors  # noqa: E402

RGB_UM = torch.tensor([[0.665, 0.031], [0.560, 0.036], [0.490, 0.066]])


@pytest.mark.parametrize(
    ("patch", "expected"),
    [(4, (2, 2, 1)), (8, (2, 2, 2)), (14, (7, 2, 1)), (16, (4, 2, 2)), (32, (4, 4, 2))],
)
def test_rm_4_kernels_multiply_to_the_patch_and_fall(patch: int, expected: tuple[int, int, int]) -> None:
    x, y, z = factors(patch)
    assert (x, y, z) == expected
    assert x * y * z == patch
    assert x >= y >= z


@pytest.mark.parametrize("patch", [4, 8, 14, 16, 32])
def test_rm_4_the_grid_is_that_of_one_convolution(patch: int) -> None:
    pixels = torch.randn(2, 3, 3 * patch, 5 * patch)
    assert PiStem(32, patch)(pixels).shape == PatchStem(32, patch)(pixels).shape == (2, 3, 5, 32)


def test_rm_4_a_patch_sees_itself_alone() -> None:
    stem = PiStem(32, 16).eval()
    pixels = torch.randn(1, 3, 32, 32)
    other = pixels.clone()
    other[..., 16:, 16:] += 1
    same = torch.isclose(stem(pixels), stem(other)).all(-1)[0]
    assert same.tolist() == [[True, True], [True, False]]


def test_a_patch_of_no_pixels_is_refused() -> None:
    with pytest.raises(InputError):
        factors(0)


def spectral(seed: int = 0) -> tuple[PatchStem, SpectralStem]:
    torch.manual_seed(seed)
    rgb, stem = PatchStem(24, 8), SpectralStem(24, 8)
    stem.start_from(rgb)
    return rgb, stem


@torch.no_grad()
def test_the_spectral_stem_begins_as_the_rgb_stem_at_its_wavelengths() -> None:
    rgb, stem = spectral()
    pixels = torch.randn(2, 3, 16, 24)
    torch.testing.assert_close(stem(pixels, RGB_UM), rgb(pixels), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_order_of_bands_does_not_matter() -> None:
    _, stem = spectral()
    torch.nn.init.normal_(stem.mix[-1].weight)
    pixels = torch.randn(1, 6, 16, 16)
    bands_um = torch.tensor([[0.49, 0.06], [0.56, 0.04], [0.66, 0.03], [0.84, 0.1], [1.61, 0.09], [2.2, 0.2]])
    order = torch.randperm(6)
    torch.testing.assert_close(stem(pixels[:, order], bands_um[order]), stem(pixels, bands_um), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_between_two_anchors_the_kernel_lies_between_theirs() -> None:
    _, stem = spectral()
    middle = math.sqrt(0.490 * 0.560)
    weights = stem.mixture(torch.tensor([[middle, 0.05], [0.40, 0.05], [11.0, 1.0]]))
    torch.testing.assert_close(weights[0, :4], torch.tensor([0.5, 0.5, 0.0, 0.0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(weights[1:, :3], torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))


def test_wavelengths_are_learned_from() -> None:
    _, stem = spectral()
    stem(torch.randn(1, 4, 16, 16), torch.tensor([[0.49, 0.1], [0.84, 0.1], [1.6, 0.1], [2.2, 0.1]])).sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in stem.mix[-1].parameters())


@torch.no_grad()
def test_copies_of_other_band_counts_see_a_grey_image_as_the_first_does() -> None:
    stems = Stems((StemConfig("rgb"), StemConfig("sar", bands=2), StemConfig("thermal", bands=1)), 24, 8)
    stems.copy_first()
    grey = torch.randn(1, 1, 16, 16)
    seen = stems(grey.expand(-1, 3, -1, -1), "rgb")
    torch.testing.assert_close(stems(grey.expand(-1, 2, -1, -1), "sar"), seen, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(stems(grey, "thermal"), seen, atol=1e-5, rtol=1e-5)


def test_a_stem_that_is_not_there_and_bands_without_wavelength_are_refused() -> None:
    stems = Stems((StemConfig("rgb"), StemConfig("spectral", "spectral")), 24, 8)
    with pytest.raises(InputError, match="lidar"):
        stems(torch.zeros(1, 3, 8, 8), "lidar")
    with pytest.raises(InputError, match="wavelength"):
        stems(torch.zeros(1, 4, 8, 8), "spectral", RGB_UM)
