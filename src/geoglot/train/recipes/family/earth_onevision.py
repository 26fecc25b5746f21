"""Earth-OneVision: one RGB stem for all sensors, four depths, coordinates and masks as words, no heads.

Source: arXiv 2606.10819. Encoder, writer and taps as of Qwen3-VL-2B, which the paper does not name; rank of ACSA
and number of its heads are choices. Positions of the writer count tokens, not rows and columns.
"""

from __future__ import annotations

from dataclasses import replace

from geoglot.nets import tokens
from geoglot.nets.bridge import BridgeConfig
from geoglot.nets.family import FamilyConfig
from geoglot.nets.stems import StemConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from geoglot.train.recipes.family.recipe import FamilyRecipe, Size, Stage, Typical

SHAPES: dict[Size, tuple[TrunkConfig, WriterConfig]] = {
    "nano": (
        TrunkConfig(192, 12, 3, 768, taps=(3, 6, 9), learned=16, final_norm=False),
        WriterConfig(8192, 256, 8, 4, 2, 64, 1024, qk_norm=True),
    ),
    "base": (
        TrunkConfig(768, 12, 12, 3072, taps=(3, 6, 9), learned=32, final_norm=False),
        WriterConfig(151_936, 1024, 28, 16, 8, 128, 3072, rope_theta=1e6, qk_norm=True),
    ),
    "published": (
        TrunkConfig(1024, 24, 16, 4096, taps=(5, 11, 17), learned=48, final_norm=False),
        WriterConfig(151_936, 2048, 28, 16, 8, 128, 6144, rope_theta=5e6, qk_norm=True),
    ),
}

ACSA = {"nano": (16, 3), "base": (32, 12), "published": (64, 16)}  # rank, heads
SIDE_PX = {"nano": 256, "base": 512, "published": 512}

STAGES = (
    Stage(
        "1",
        "LLaVA-OneVision-Data, LLaVA-Instruct-150K, optical remote sensing; 4 epochs",
        ("bridge", "writer"),
        4 * 26_700_000,
        256,
        2e-5,
        note="rate, epochs, frozen encoder: the paper. Samples: 66 % of 34.7 M and 3.8 M natural, an estimate",
    ),
    Stage(
        "2",
        "SAR, infrared, multispectral, temporal, video, fusion; optical replayed in full; 4 epochs",
        ("bridge", "writer"),
        4 * 34_700_000,
        256,
        5e-6,
        note="rate, epochs: the paper. A batch of 32 as printed would be 4.3 M steps; 256 is our choice",
    ),
)


def earth_onevision(size: Size = "nano") -> FamilyRecipe:
    """Give the recipe at one of `SIZES`. No weight of it belongs to one modality."""
    trunk, writer = SHAPES[size]
    words = tokens.earth_onevision(writer.vocab)
    rank, heads = ACSA[size]
    config = FamilyConfig(
        name=f"earth-onevision-{size}",
        stems=(StemConfig("rgb"),),
        trunk=trunk,
        bridge=BridgeConfig(hidden=4 * trunk.width, acsa_rank=rank, acsa_heads=heads, inject=True),
        writer=replace(writer, vocab=words.vocab),
        image=words[tokens.IMAGE],
    )
    return FamilyRecipe("earth-onevision", size, config, Typical(SIDE_PX[size]), STAGES, "arXiv 2606.10819")
