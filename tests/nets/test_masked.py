"""Masks that hide part of the pixels: counts, chance, seeds; a loss of hidden pixels alone; nothing leaks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
scipy_stats = pytest.importorskip("scipy.stats")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets.masked import MaskedConfig, MaskedFrames, MaskedImages, MaskPolicy, hidden_l1  # noqa: E402
from geoglot.nets.stems import StemConfig  # noqa: E402
from geoglot.nets.swin import SwinConfig  # noqa: E402
from geoglot.nets.trunk import TrunkConfig  # noqa: E402


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("draws", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("side", "patches"), [(192, 22), (224, 30)])
def test_rm_1_masks_have_the_published_counts_and_fall_evenly(side: int, patches: int, draws: int) -> None:
    policy, chance, rows = MaskPolicy(), rng(7), side // 32
    cells, pixels = np.zeros(rows**2), np.zeros((32, 32))
    for _ in range(draws):
        inside = policy.draw((side, side), chance).numpy().reshape(rows, 32, rows, 32)
        counts = inside.sum((1, 3)).ravel()
        assert np.count_nonzero(counts) == patches
        assert counts.sum() == patches * 615 == patches * counts.max()
        cells += counts > 0
        pixels += inside.sum((0, 2))
    # draws without replacement vary less than chance would: the statistic is corrected for that
    assert evenness(cells, 1 - patches / rows**2) > 0.01
    assert evenness(pixels.ravel(), 1 - 615 / 1024) > 0.01


def evenness(counts: np.ndarray, spread: float) -> float:
    """Give the p value of the chi-squared test of even counts of draws without replacement.

    Each draw takes a share of all cells, so a count varies by `spread`, the share left, times that of free draws.
    """
    statistic = scipy_stats.chisquare(counts).statistic / spread * (len(counts) - 1) / len(counts)
    return float(scipy_stats.chi2.sf(statistic, len(counts) - 1))


def test_rm_1_a_seed_gives_the_same_mask_again() -> None:
    one, again, other = (MaskPolicy().draw((192, 192), rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_rm_1_the_share_of_hidden_pixels_is_the_published_one() -> None:
    for side, share in ((192, 0.3670), (224, 0.3677)):
        assert float(MaskPolicy().draw((side, side), rng(0)).float().mean()) == pytest.approx(share, abs=5e-5)


def test_whole_patches_are_hidden_where_all_inside_is() -> None:
    mask = MaskPolicy(inside=1.0).draw((64, 96), rng(0))
    cells = mask.view(2, 32, 3, 32).transpose(1, 2).reshape(6, -1).float().mean(1)
    assert sorted(cells.tolist()) == [0, 0, 1, 1, 1, 1]


def test_a_size_that_patches_do_not_fill_is_refused() -> None:
    with pytest.raises(InputError):
        MaskPolicy().draw((200, 192), rng(0))


def test_rm_2_the_loss_looks_at_hidden_pixels_alone() -> None:
    pixels, painted = torch.randn(2, 2, 3, 64, 64).unbind()
    mask = torch.stack([MaskPolicy().draw((64, 64), rng(seed)) for seed in (0, 1)])
    loss = hidden_l1(painted, pixels, mask)
    visible = painted + torch.randn_like(painted) * ~mask[:, None]
    assert abs(float(hidden_l1(visible, pixels, mask) - loss)) < 1e-7
    assert abs(float(hidden_l1(painted + mask[:, None].float(), pixels, mask) - loss)) > 1e-2


def test_rm_2_the_loss_is_the_mean_distance_of_hidden_values() -> None:
    pixels, painted = torch.randn(2, 2, 3, 64, 64).unbind()
    mask = torch.stack([MaskPolicy().draw((64, 64), rng(seed)) for seed in (0, 1)])
    apart = [
        abs(float(painted[f, c, y, x] - pixels[f, c, y, x])) for f, y, x in mask.nonzero().tolist() for c in range(3)
    ]
    assert float(hidden_l1(painted, pixels, mask)) == pytest.approx(sum(apart) / len(apart), rel=1e-5)


TRUNKS = {
    "swin": SwinConfig(16, (1, 1), (2, 2), window=4),
    "vit": TrunkConfig(32, 2, 2, 48, patch=8),
}


@pytest.mark.parametrize("kind", TRUNKS)
@torch.no_grad()
def test_rm_3_what_is_hidden_does_not_leak(kind: str) -> None:
    torch.manual_seed(0)
    model = MaskedImages(MaskedConfig("test", (StemConfig("rgb", "pi"),), TRUNKS[kind])).eval()
    pixels = torch.randn(2, 3, 64, 64)
    mask = torch.stack([MaskPolicy().draw((64, 64), rng(seed)) for seed in (0, 1)])
    noisy = torch.where(mask[:, None], torch.randn_like(pixels) * 9, pixels)
    painted, again, other = (model(MaskedFrames("rgb", x, mask))[1] for x in (pixels, noisy, pixels + 0.1))
    assert torch.equal(painted, again)
    assert not torch.equal(painted, other)


@pytest.mark.parametrize("kind", TRUNKS)
def test_every_weight_learns_and_the_image_keeps_its_size(kind: str) -> None:
    model = MaskedImages(MaskedConfig("test", (StemConfig("rgb", "pi"),), TRUNKS[kind]))
    mask = MaskPolicy().draw((64, 96), rng(0)).expand(2, -1, -1)
    loss, painted = model(MaskedFrames("rgb", torch.randn(2, 3, 64, 96), mask))
    assert painted.shape == (2, 3, 64, 96)
    loss.backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []


@pytest.mark.parametrize(("stem", "bands"), [("rgb", 3), ("sar", 2), ("spectral", 7)])
def test_every_stem_has_its_own_bands_painted(stem: str, bands: int) -> None:
    stems = (StemConfig("rgb"), StemConfig("sar", bands=2), StemConfig("spectral", "spectral"))
    model = MaskedImages(MaskedConfig("test", stems, TRUNKS["vit"]))
    bands_um = torch.tensor([[0.45 + 0.2 * band, 0.05] for band in range(bands)]) if stem == "spectral" else None
    pixels, mask = torch.randn(2, bands, 64, 64), MaskPolicy().draw((64, 64), rng(0)).expand(2, -1, -1)
    loss, painted = model(MaskedFrames(stem, pixels, mask, bands_um=bands_um))
    assert painted.shape == pixels.shape
    loss.backward()
    painting = {name for name, p in model.paint.named_parameters() if p.grad is not None and bool(p.grad.any())}
    assert painting == {name for name, _ in model.paint.named_parameters() if name.split(".")[1] == stem}
