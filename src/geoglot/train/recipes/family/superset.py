"""Everything the published systems have, in one member: four stems, all depths, tokens and heads.

    python -m geoglot.train.recipes.family superset --size published

Costs and what they buy: docs/flagship-2b.md.
"""

from __future__ import annotations

from dataclasses import replace

from geoglot.nets import tokens
from geoglot.nets.box_head import BoxHeadConfig
from geoglot.nets.bridge import BridgeConfig
from geoglot.nets.family import FamilyConfig
from geoglot.nets.mask_head import MaskHeadConfig
from geoglot.nets.stems import StemConfig
from geoglot.nets.trajectory_head import TrajectoryHeadConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from geoglot.train.recipes.family.recipe import PARTS, FamilyRecipe, Size, Stage, Typical

STEMS = (
    StemConfig("rgb"),
    StemConfig("sar", bands=2),  # VV and VH in dB; a missing one is 0, the mean
    StemConfig("thermal", bands=1),
    StemConfig("spectral", "spectral"),
)

SHAPES: dict[Size, tuple[TrunkConfig, WriterConfig]] = {
    "nano": (
        TrunkConfig(192, 12, 3, 768, taps=(3, 6, 9), learned=16, ground=True),
        WriterConfig(8192, 256, 8, 4, 2, 64, 1024, qk_norm=True),
    ),
    "base": (
        TrunkConfig(768, 12, 12, 3072, taps=(3, 6, 9), learned=32, ground=True),
        WriterConfig(151_936, 1024, 28, 16, 8, 128, 3072, rope_theta=1e6, qk_norm=True),  # Qwen3-0.6B
    ),
    "published": (
        TrunkConfig(1024, 24, 16, 4096, taps=(5, 11, 17), learned=48, ground=True, final_norm=False),
        WriterConfig(151_936, 2048, 28, 16, 8, 128, 6144, rope_theta=5e6, qk_norm=True),  # of Qwen3-VL-2B
    ),
}

ACSA = {"nano": (16, 3), "base": (32, 12), "published": (64, 16)}  # rank, heads
QUERIES = {"nano": 64, "base": 300, "published": 300}
SIDE_PX = {"nano": 256, "base": 512, "published": 512}

STAGES = (
    Stage("0", "images of all sensors, masked by PIMask", PARTS[:2], 60_000_000, 2048, 4e-4, runs=PARTS[:2]),
    Stage("1a", "natural and optical captions", ("bridge",), 2_000_000, 256, 1e-3),
    Stage("1b", "natural and optical instructions", ("bridge", "writer"), 20_000_000, 256, 2e-5),
    Stage("2a", "other sensors alone", ("stems", "bridge"), 2_000_000, 256, 2e-4),
    Stage("2b", "all sensors, optical replayed in full", PARTS[1:4], 34_700_000, 256, 5e-6),
    Stage("3a", "dense scenes, masks, paths", ("heads",), 4_000_000, 256, 1e-4),
    Stage("3b", "the same", PARTS, 4_000_000, 256, 2e-6),
    Stage("4", "one benchmark's training split at a time, reported apart", PARTS, 200_000, 64, 1e-6),
)
"""Order and the factor of 4 between stages 1 and 2b: union of the published curricula. Samples and rates: choices."""


def superset(size: Size = "nano") -> FamilyRecipe:
    """Give the recipe at one of `SIZES`; "published" has the size of Earth-OneVision's parts."""
    trunk, writer = SHAPES[size]
    words = tokens.superset(writer.vocab)
    rank, heads = ACSA[size]
    config = FamilyConfig(
        name=f"superset-{size}",
        stems=STEMS,
        trunk=trunk,
        bridge=BridgeConfig(hidden=4 * trunk.width, acsa_rank=rank, acsa_heads=heads, inject=True, tags=True),
        writer=replace(writer, vocab=words.vocab),
        image=words[tokens.IMAGE],
        told=True,
        boxes=BoxHeadConfig(words[tokens.BOXES], QUERIES[size]),
        mask=MaskHeadConfig(words[tokens.MASK]),
        trajectory=TrajectoryHeadConfig(words[tokens.TRAJECTORY]),
    )
    return FamilyRecipe("superset", size, config, Typical(SIDE_PX[size]), STAGES, "docs/flagship-2b.md")
