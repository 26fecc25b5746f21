"""Stems: the first layer, from pixels to patches; one for each kind of sensor, so that they do not disturb each other.

A frame is sent to the stem that its batch names, never to a mixture of several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError

ANCHORS_UM = (0.490, 0.560, 0.665)
"""Blue, green and red of Sentinel-2, at which the spectral stem begins as the RGB stem."""

Kind = Literal["patch", "pi", "spectral"]


@dataclass(frozen=True, slots=True)
class StemConfig:
    """One stem. name: what batches call it ("rgb", "sar" …). kind: one convolution, RingMo's three, or kernels made
    from wavelengths. bands: channels of its pixels; a spectral stem takes any number.
    """

    name: str
    kind: Kind = "patch"
    bands: int = 3


class PatchStem(nn.Module):
    """One convolution whose kernel is its stride."""

    def __init__(self, width: int, patch: int, bands: int = 3) -> None:
        super().__init__()
        self.project = nn.Conv2d(bands, width, patch, patch)

    def forward(self, pixels: Tensor) -> Tensor:
        """Give patches (F, h, w, d) for pixels (F, C, H, W)."""
        patches: Tensor = self.project(pixels)  # (F, d, h, w)
        return patches.permute(0, 2, 3, 1)  # (F, h, w, d)


class PiStem(nn.Module):
    """Three convolutions with batch norms: what is visible of a partly hidden patch keeps its detail.

    Source: RingMo, `pi_conv` of the released code; kernels and strides are `factors(patch)`.
    """

    def __init__(self, width: int, patch: int, bands: int = 3) -> None:
        super().__init__()
        first, second, third = factors(patch)
        quarter = width // 4
        self.project = nn.Sequential(
            nn.Conv2d(bands, quarter, first, first),
            nn.BatchNorm2d(quarter),
            nn.GELU(),
            nn.Conv2d(quarter, quarter, second, second),
            nn.BatchNorm2d(quarter),
            nn.GELU(),
            nn.Conv2d(quarter, width, third, third),
            nn.BatchNorm2d(width),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Give patches (F, h, w, d) for pixels (F, C, H, W)."""
        patches: Tensor = self.project(pixels)  # (F, d, h, w)
        return patches.permute(0, 2, 3, 1)  # (F, h, w, d)


class SpectralStem(nn.Module):
    """A kernel for any band, made from its wavelength and width: a mixture of `basis` learned kernels.

    The mixture starts as a straight line between the kernels of blue, green and red in the logarithm of the
    wavelength, flat beyond them, and a small network learns what to add. Bands that are missing are simply not
    given. A band without wavelength has no place here: it has a stem of its own.
    """

    def __init__(self, width: int, patch: int, basis: int = 16, hidden: int = 64) -> None:
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(basis, width, patch, patch) * 0.02)
        self.bias = nn.Parameter(torch.zeros(width))
        self.mix = nn.Sequential(nn.Linear(10, hidden), nn.GELU(), nn.Linear(hidden, basis))
        nn.init.zeros_(self.mix[-1].weight)  # type: ignore[arg-type] # begins as the RGB stem, exactly
        nn.init.zeros_(self.mix[-1].bias)  # type: ignore[arg-type]
        self.patch = patch

    def forward(self, pixels: Tensor, bands_um: Tensor) -> Tensor:
        """Give patches (F, h, w, d) for pixels (F, C, H, W) and the bands' (C, 2) centres and widths in µm."""
        weights = self.mixture(bands_um)  # (C, K)
        kernel = torch.einsum("ck,kdij->dcij", weights, self.kernels)  # (d, C, p, p)
        # three bands are as loud as RGB; thirty must not be ten times louder
        kernel = kernel * (len(ANCHORS_UM) / bands_um.shape[0])
        patches = functional.conv2d(pixels, kernel, self.bias, self.patch)  # (F, d, h, w)
        return patches.permute(0, 2, 3, 1)  # (F, h, w, d)

    def mixture(self, bands_um: Tensor) -> Tensor:
        """Give how much of each kernel (C, K) the bands (C, 2) take."""
        start = functional.pad(_between_anchors(bands_um[:, 0]), (0, len(self.kernels) - len(ANCHORS_UM)))  # (C, K)
        learned: Tensor = self.mix(spectrum(bands_um))  # (C, K)
        return start + learned

    @torch.no_grad()
    def start_from(self, stem: PatchStem) -> None:
        """Take over the kernels of an RGB stem: the same patches for red, green and blue from now on."""
        self.kernels[: len(ANCHORS_UM)] = stem.project.weight.flip(1).transpose(0, 1)  # red first -> blue first
        if stem.project.bias is not None:
            self.bias.copy_(stem.project.bias)


class Stems(nn.Module):
    """The stems of a family member, by name."""

    def __init__(self, configs: tuple[StemConfig, ...], width: int, patch: int) -> None:
        super().__init__()
        self.stems = nn.ModuleDict({config.name: _built(config, width, patch) for config in configs})

    def forward(self, pixels: Tensor, name: str, bands_um: Tensor | None = None) -> Tensor:
        """Give patches (F, h, w, d) for pixels (F, C, H, W) by the stem of that name.

        bands_um: (C, 2) centres and widths, for spectral stems. What is left of the sides beyond a multiple of the
        patch is not seen. Raises InputError for an unknown stem and a spectral stem without wavelengths.
        """
        if name not in self.stems:
            raise InputError("the model has no stem of that name", value=name, expected=", ".join(self.stems))
        stem = self.stems[name]
        if isinstance(stem, SpectralStem) and (bands_um is None or len(bands_um) != pixels.shape[1]):
            raise InputError("a spectral stem needs the wavelength of every band", value=bands_um)
        patches: Tensor = stem(pixels, bands_um) if isinstance(stem, SpectralStem) else stem(pixels)
        return patches

    @torch.no_grad()
    def copy_first(self, first: str = "rgb") -> None:
        """Let all stems begin as the first one; stems of other band counts give each band its kernels' sum, shared."""
        source = self.stems[first]
        if not isinstance(source, PatchStem):
            raise InputError("only a stem of one convolution can be copied", value=first)
        for stem in self.stems.values():
            if isinstance(stem, SpectralStem):
                stem.start_from(source)
            elif isinstance(stem, PatchStem) and stem is not source:
                stem.project.weight.copy_(_shared(source.project.weight, stem.project.in_channels))
                if stem.project.bias is not None and source.project.bias is not None:
                    stem.project.bias.copy_(source.project.bias)


def factors(patch: int) -> tuple[int, int, int]:
    """Split a patch's side into x >= y >= z with the smallest x. Source: RingMo, `get_kernel_size`.

    Raises InputError for less than one pixel; every other side splits, a prime into (side, 1, 1).
    """
    for x in range(1, patch + 1):
        for y in range(1, x + 1):
            if patch % (x * y) == 0 and y >= patch // (x * y):
                return x, y, patch // (x * y)
    raise InputError("a patch has at least one pixel", value=patch)


def _built(config: StemConfig, width: int, patch: int) -> nn.Module:
    if config.kind == "spectral":
        return SpectralStem(width, patch)
    return (PiStem if config.kind == "pi" else PatchStem)(width, patch, config.bands)


def _shared(weight: Tensor, bands: int) -> Tensor:
    """Kernels (d, bands, p, p) of the same total as (d, 3, p, p); the same ones where there are as many bands."""
    if weight.shape[1] == bands:
        return weight
    return weight.sum(1, keepdim=True).expand(-1, bands, -1, -1) / bands


def _between_anchors(centres_um: Tensor) -> Tensor:
    """Give the weights (C, 3) of a straight line between blue, green, red in log wavelength, flat outside."""
    anchors = torch.tensor(ANCHORS_UM, device=centres_um.device).log()
    place = centres_um.log()[:, None]  # (C, 1)
    along = ((place - anchors[:-1]) / (anchors[1:] - anchors[:-1])).clamp(0, 1)  # (C, 2) of each stretch, how much
    ends = torch.ones_like(along[:, :1])  # (C, 1)
    passed = torch.cat([ends, along, ends * 0], dim=1)  # (C, 4)
    return passed[:, :-1] - passed[:, 1:]  # (C, 3)


def spectrum(bands_um: Tensor) -> Tensor:
    """Describe bands (C, 2) by ten numbers (C, 10): log width, and waves over log wavelength, 0.3 to 15 µm."""
    place = (bands_um[:, :1].log() - 0.42) / 1.95  # (C, 1), about -0.8 to 1.2
    waves = place * torch.tensor([1.0, 2.0, 4.0, 8.0], device=bands_um.device)  # (C, 4)
    width = bands_um[:, 1:].clamp(min=1e-4).log() / 4  # (C, 1)
    return torch.cat([place, width, waves.sin(), waves.cos()], dim=1)  # (C, 10)
