"""From a member's stems, trunk and bridge to `look.onnx`: frames to the tokens that stand for them in a prompt.

Inputs, all float32, for F images of S x S pixels in the units of `models.autoregressive.bands`:

    rgb, sar … (F_i, C, S, S)   those of each stem, by its name; none of them for stems without an image
    bands_um (C, 2)             centre and width of each band of the spectral stem, if there is one; any row if unused
    gsd_m (F,)                  metres a pixel of each image, 0 where unknown: stem after stem, F the sum of all F_i

A member that tiles takes images as wide as its tiles side by side; the graph makes the view of the whole and the tiles.

Outputs: tokens (F, T, D), injected (L, F, T, D) where the writer's first layers are added to, and drawn
(F, P, S/4, S/4), what masks are drawn on, where asked for.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.family import Member
from geoglot.nets.told import scale_facts
from geoglot.nets.trunk import Levels
from geoglot.train.export_graph import Graph, write_compared
from geoglot.train.text.member_layout import TILES

TOLERANCE = 1e-3
"""Of the outputs' size."""

BANDS_UM = ((0.49, 0.07), (0.56, 0.04), (0.66, 0.03), (0.84, 0.11), (1.61, 0.09))
"""Bands of the images that graph and network are compared on."""


class Look(nn.Module):
    """What the graph computes. drawn: also the features that masks are drawn on."""

    def __init__(self, member: Member, *, drawn: bool = False) -> None:
        super().__init__()
        self.tiled = member.config.bridge.layout == "tiles"
        self.drawn = drawn and member.pixels is not None and not self.tiled
        self.member = member.eval()
        self.stems = member.config.stems
        self.spectral = any(stem.kind == "spectral" for stem in self.stems)
        self.eval()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs in their order."""
        return (*(stem.name for stem in self.stems), *(["bands_um"] if self.spectral else []), "gsd_m")

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs in their order."""
        injected = ["injected"] if len(self.member.bridge.injectors) else []
        return ("tokens", *injected, *(["drawn"] if self.drawn else []))

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Give tokens (F, T, D), injected (L, F, T, D) if the member injects, and drawn (F, P, S/4, S/4)."""
        member, gsd_m = self.member, given[-1]
        bands_um = given[len(self.stems)] if self.spectral else None
        patches = torch.cat(
            [
                member.stems(pixels, stem.name, bands_um if stem.kind == "spectral" else None)
                for stem, pixels in zip(self.stems, self._frames(given), strict=True)
            ]
        )  # (F, h, w, d)
        if self.tiled:
            gsd_m = gsd_m.repeat_interleave(1 + TILES[0] * TILES[1])
        facts = scale_facts(gsd_m)
        if member.told is not None:
            patches = patches + member.told(facts)[:, None, None]
        levels = member.trunk(patches, gsd_m)
        if self.tiled:
            return (member.bridge.tiled(levels, *TILES) + 0.0 * given[-1][:, None, None],)
        bridged = member.bridge(levels, facts)
        # An input that a member makes no use of would be missing from its graph.
        tokens = bridged.tokens + 0.0 * gsd_m[:, None, None]
        injected = (torch.stack(bridged.injected),) if bridged.injected else ()
        return (tokens, *injected, *self._drawn(levels, given[0].shape[-1]))

    def _drawn(self, levels: Levels, side: int) -> tuple[Tensor, ...]:
        """What masks are drawn on, for images of `side` pixels."""
        if not self.drawn:
            return ()
        assert self.member.pixels is not None
        return (self.member.pixels(levels, (side, side)),)

    def _frames(self, given: tuple[Tensor, ...]) -> list[Tensor]:
        """The frames of each stem."""
        return [viewed(images) if self.tiled else images for images in given[: len(self.stems)]]


def viewed(images: Tensor) -> Tensor:
    """Give the view of the whole and the tiles of images (F, C, H, W), one after the other, the tiles row by row:
    (F (1 + rows columns), C, H / rows, W / columns).
    """
    rows, columns = TILES
    f, c, h, w = images.shape
    tiles = images.reshape(f, c, rows, h // rows, columns, w // columns).permute(0, 2, 4, 1, 3, 5)
    tiles = tiles.reshape(f, rows * columns, c, h // rows, w // columns)
    whole = functional.avg_pool2d(images, (rows, columns))[:, None]  # (F, 1, C, h, w)
    return torch.cat([whole, tiles], dim=1).reshape(-1, c, h // rows, w // columns)


def write_look(member: Member, path: Path, *, side_px: int, drawn: bool = False) -> None:
    """Write the graph under a temporary name, compare it with torch, then name it.

    side_px: of the images that it takes. drawn: see `Look`. Raises WorkError if outputs differ by more than 1e-3 of
    their size.
    """
    look = Look(member, drawn=drawn)
    axes: dict[str, dict[int, str]] = {name: {0: f"images of {name}"} for name in look.inputs[:-1]}
    axes |= {"gsd_m": {0: "images"}, "tokens": {0: "images"}}
    axes |= {name: {1 if name == "injected" else 0: "images"} for name in look.outputs[1:]}
    for stem in look.stems:
        if stem.kind == "spectral":
            axes |= {stem.name: {0: f"images of {stem.name}", 1: "bands"}, "bands_um": {0: "bands"}}
    graph = Graph("the eye", look.inputs, look.outputs, axes)
    given = examples(look, side_px, (1,) * len(look.stems))
    write_compared(look, graph, path, given, apart=partial(difference, look, side_px=side_px), tolerance=TOLERANCE)


def examples(look: Look, side_px: int, counts: tuple[int, ...], *, bands: int = 5) -> tuple[Tensor, ...]:
    """Give random inputs: so many images of each stem, of `bands` bands for a spectral one, at most 5."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> Tensor:
        return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))

    each = [
        random(count, bands if stem.kind == "spectral" else stem.bands, side_px, side_px)
        for stem, count in zip(look.stems, counts, strict=True)
    ]
    gsd_m = torch.from_numpy(rng.choice([0.0, 0.3, 10.0], sum(counts)).astype(np.float32))
    return (*each, *([torch.tensor(BANDS_UM[:bands])] if look.spectral else []), gsd_m)


def difference(look: Look, path: Path, *, side_px: int) -> float:
    """Give the largest difference between torch and graph over the largest value: stems together, and each alone."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    count = len(look.stems)
    alone = [tuple(2 * int(index == other) for other in range(count)) for index in range(count)]
    worst = 0.0
    for number, counts in enumerate([(2,) * count, *alone]):
        given = examples(look, side_px, counts, bands=3 + number % 3)
        with torch.no_grad():
            expected = look(*given)
        found = session.run(
            list(look.outputs), {name: one.numpy() for name, one in zip(look.inputs, given, strict=True)}
        )
        for one, other in zip(expected, found, strict=True):
            apart = float(np.abs(one.numpy() - other).max())
            worst = max(worst, apart / max(1.0, float(one.abs().max())))
    return worst
