"""RingMo: a Swin trunk pre-trained on images alone, by painting the hidden part of partly hidden patches.

Source: IEEE TGRS 2022, doi 10.1109/TGRS.2022.3194732, and its released configuration.
"""

from __future__ import annotations

from geoglot.nets.masked import MaskedConfig
from geoglot.nets.stems import StemConfig
from geoglot.nets.swin import SwinConfig
from geoglot.train.recipes.family.recipe import FamilyRecipe, Size, Stage, Typical

SHAPES: dict[Size, SwinConfig] = {
    "nano": SwinConfig(32, (1, 1, 2, 1), (1, 2, 4, 8), window=6),
    "base": SwinConfig(96, (2, 2, 6, 2), (3, 6, 12, 24), window=6),
    "published": SwinConfig(128, (2, 2, 18, 2), (4, 8, 16, 32), window=6),
}

STAGES = (
    Stage(
        "1",
        "2 M satellite and aerial images, crops of 0.67 to 1, flipped; 200 epochs",
        ("stems", "trunk", "heads"),
        200 * 2_000_000,
        1024,
        2e-4,
        warmup=0.1,
        floor=0.005,
        note="base rate 1e-4 x batch / 512; 20 of 200 epochs rise from 5e-7, then a cosine back to it",
    ),
)


def ringmo(size: Size = "nano") -> FamilyRecipe:
    """Give the recipe at one of `SIZES`; images of 192 px, masks as in `MaskPolicy()`."""
    config = MaskedConfig(f"ringmo-{size}", (StemConfig("rgb", "pi"),), SHAPES[size])
    return FamilyRecipe("ringmo", size, config, Typical(192, words=0), STAGES, "doi 10.1109/TGRS.2022.3194732")
