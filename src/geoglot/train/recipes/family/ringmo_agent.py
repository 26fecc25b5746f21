"""RingMo-Agent: separate stems for optical, SAR and infrared, tiles, a mixture of experts, paths from a hidden state.

Source: arXiv 2507.20776 for the mechanisms; shapes of its base DeepSeek-VL2-Tiny from that model's configuration.
Depth of the path decoder, rates and steps are choices: the paper's own are not known.
"""

from __future__ import annotations

from dataclasses import replace

from geoglot.nets import tokens
from geoglot.nets.bridge import BridgeConfig
from geoglot.nets.experts import ExpertsConfig
from geoglot.nets.family import FamilyConfig
from geoglot.nets.stems import StemConfig
from geoglot.nets.trajectory_head import TrajectoryHeadConfig
from geoglot.nets.trunk import TrunkConfig
from geoglot.nets.writer import WriterConfig
from geoglot.train.recipes.family.recipe import FamilyRecipe, Size, Stage, Typical

STEMS = (StemConfig("rgb"), StemConfig("sar"), StemConfig("thermal"))
"""One band is repeated to three, so that all can start from the same pretrained weights."""

SHAPES: dict[Size, tuple[TrunkConfig, WriterConfig]] = {
    "nano": (
        TrunkConfig(192, 6, 3, 768, patch=14, learned=9, rotary=False),
        WriterConfig(8192, 256, 6, 4, 4, 64, 1024, tied=False, experts=ExpertsConfig(8, 2, 1, 192)),
    ),
    "base": (
        TrunkConfig(768, 12, 12, 3072, patch=14, learned=27, rotary=False),
        WriterConfig(32_000, 768, 12, 12, 12, 64, 3072, tied=False, experts=ExpertsConfig(32, 4, 2, 512)),
    ),
    "published": (
        TrunkConfig(1152, 27, 16, 4304, patch=14, learned=27, rotary=False),
        WriterConfig(129_280, 1280, 12, 10, 10, 128, 6848, tied=False, experts=ExpertsConfig(64, 6, 2, 896)),
    ),
}

SIDE_PX = {"nano": 128, "base": 384, "published": 384}  # of a tile; 384 px are 27 patches of 14 and a rest

STAGES = (
    Stage(
        "1",
        "image-text pairs of all sensors",
        ("stems", "bridge", "writer"),
        3_000_000,
        256,
        2e-4,
        lora_rank=64,
        note="two stages, rank 64: third-party notes of the paper. All else is our choice; stems and bridge at 1e-3",
    ),
    Stage(
        "2",
        "all eight tasks by the root of their counts, navigation at least 5 %; 2 epochs",
        ("stems", "trunk", "bridge", "writer", "heads"),
        6_000_000,
        256,
        2e-4,
        lora_rank=64,
        note="stems at 5e-5; rank 16 on the trunk",
    ),
)


def ringmo_agent(size: Size = "nano") -> FamilyRecipe:
    """Give the recipe at one of `SIZES`."""
    trunk, writer = SHAPES[size]
    words = tokens.ringmo_agent(writer.vocab)
    config = FamilyConfig(
        name=f"ringmo-agent-{size}",
        stems=STEMS,
        trunk=trunk,
        bridge=BridgeConfig(hidden=writer.width, norm=False, layout="tiles"),
        writer=replace(writer, vocab=words.vocab),
        image=words[tokens.IMAGE],
        trajectory=TrajectoryHeadConfig(words[tokens.TRAJECTORY]),
    )
    typical = Typical(SIDE_PX[size], tiles=(1, 2), words=128)
    return FamilyRecipe("ringmo-agent", size, config, typical, STAGES, "arXiv 2507.20776; DeepSeek-VL2-Tiny")
