"""What a recipe costs before anything is trained: built without memory, counted, printed.

Weights and work are counted exactly on the meta device. Memory and hours are estimates: what they assume is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from geoglot.nets.bridge import frame_tokens, tile_tokens
from geoglot.nets.experts import Experts
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.masked import MaskedImages
from geoglot.nets.states import States
from geoglot.nets.swin import SwinConfig
from geoglot.nets.told import FACTS
from geoglot.nets.trunk import Levels
from geoglot.train.recipes.family.recipe import PARTS, FamilyRecipe, Part, Stage
from geoglot.train.text.processes import layer_groups

H100_FLOPS = 989e12
"""Dense bfloat16 operations a second of one H100 SXM. Source: NVIDIA's data sheet."""

UTILISATION = 0.4
"""Assumed share of the peak that training reaches; 0.35 to 0.5 is usual for models of this size."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one recipe needs.

    weights: number of weights by part. active: weights that one token passes. tokens: of the typical sample, words
    included. forward: floating-point operations of one forward pass of it, by part (a product counts two). groups: of
    FSDP2, as `train.text.processes` makes them: the weights of each layer of a list, by its name.
    """

    recipe: FamilyRecipe
    weights: dict[Part, int]
    active: int
    tokens: int
    forward: dict[Part, int]
    groups: dict[str, list[int]]

    @property
    def total(self) -> int:
        """Give the number of all weights."""
        return sum(self.weights.values())

    def training(self, stage: Stage) -> int:
        """Give the operations of one training step of one sample.

        A part costs one forward pass; where something at or before it learns, as much again for the slope of its
        input; where it learns itself, as much again for the slope of its weights. With adapters (LoRA) the last
        is left out: they are small.
        """
        cost, behind = 0, False
        for part in stage.runs:
            learns = part in stage.trains
            adapted = stage.lora_rank > 0 and part in ("trunk", "writer")
            cost += self.forward[part] * (1 + int(behind or learns) + int(learns and not adapted))
            behind = behind or learns
        return cost

    def gpu_hours(self, stage: Stage) -> float:
        """Give the hours of one H100 that a stage takes, at `UTILISATION`."""
        return stage.samples * self.training(stage) / (H100_FLOPS * UTILISATION) / 3600

    def moving(self, stage: Stage) -> int:
        """Give how many weights a stage moves; adapters of rank r count r (in + out) for each matrix."""
        moved = sum(self.weights[part] for part in stage.trains)
        if not stage.lora_rank:
            return moved
        with torch.device("meta"):
            model = build(self.recipe)
        for part in stage.trains:
            if part in ("trunk", "writer"):
                matrices = [p for module in _parts(model)[part] for p in module.parameters() if p.ndim == 2]
                moved += sum(stage.lora_rank * sum(p.shape) for p in matrices) - self.weights[part]
        return moved

    def memory_gib(self, stage: Stage, *, gpus: int = 8, samples: int = 4) -> float:
        """Give an estimate of the memory of one GPU: bfloat16 weights whole, slopes and Adam's states shared (ZeRO-2).

        Activations: one state a layer and token (checkpointing), one layer unrolled, logits of the words in
        float32 with their slopes; samples a GPU at once.
        """
        moving = self.moving(stage)
        fixed = 2 * sum(self.weights[part] for part in stage.runs) + (2 + 12) * moving / gpus
        return (fixed + samples * _activations(self.recipe, self.tokens)) / 2**30


def build(recipe: FamilyRecipe) -> Member | MaskedImages:
    """Build the network of a recipe on the current default device."""
    return Member(recipe.config) if isinstance(recipe.config, FamilyConfig) else MaskedImages(recipe.config)


def plan(recipe: FamilyRecipe) -> Plan:
    """Count a recipe's weights and work."""
    with torch.device("meta"):
        model = build(recipe)
        runs = _member_runs(model, recipe) if isinstance(model, Member) else _masked_runs(model, recipe)
        forward = {part: _operations(runs[part]) if part in runs else 0 for part in PARTS}
    weights = {part: sum(p.numel() for m in modules for p in m.parameters()) for part, modules in _parts(model).items()}
    idle = sum(
        p.numel() * (len(m.experts) - m.config.active) // len(m.experts)
        for m in model.modules()
        if isinstance(m, Experts)
        for p in m.experts.parameters()
    )
    groups = {
        name: [sum(p.numel() for p in layer.parameters()) for layer in layers]
        for name, layers in layer_groups(model).items()
    }
    return Plan(recipe, weights, sum(weights.values()) - idle, sample_tokens(recipe), forward, groups)


def sample_tokens(recipe: FamilyRecipe) -> int:
    """Give how many tokens the typical sample has."""
    config, typical = recipe.config, recipe.typical
    side = typical.side_px // config.trunk.patch
    if not isinstance(config, FamilyConfig):
        return side * side
    if typical.tiles:
        return typical.frames * tile_tokens(side, *typical.tiles) + typical.words
    return typical.frames * frame_tokens(config.bridge, side, side) + typical.words


def _parts(model: Member | MaskedImages) -> dict[Part, tuple[nn.Module, ...]]:
    if isinstance(model, MaskedImages):
        return {"stems": (model.stems,), "trunk": (model.trunk,), "bridge": (), "writer": (), "heads": (model.paint,)}
    heads = (model.boxes, model.mask, model.pixels, model.trajectory)
    stems = (model.stems,) if model.told is None else (model.stems, model.told)
    return {
        "stems": stems,
        "trunk": (model.trunk,),
        "bridge": (model.bridge,),
        "writer": (model.writer,),
        "heads": tuple(head for head in heads if head is not None),
    }


def _member_runs(model: Member, recipe: FamilyRecipe) -> dict[Part, Callable[[], object]]:
    """Give one forward pass of each part on the typical sample."""
    config, typical = model.config, recipe.typical
    views = typical.frames * (1 if typical.tiles is None else 1 + typical.tiles[0] * typical.tiles[1])
    side, width = typical.side_px // config.trunk.patch, config.writer.width
    pixels = torch.zeros(views, config.stems[0].bands, typical.side_px, typical.side_px)
    level = torch.zeros(views, side, side, config.trunk.width)
    levels = Levels((level,) * len(config.trunk.taps), level)
    tokens = sample_tokens(recipe)
    positions = torch.zeros(1, tokens, dtype=torch.long)

    def bridge() -> object:
        if typical.tiles is not None:
            return model.bridge.tiled(levels, *typical.tiles)
        return model.bridge(levels, torch.zeros(views, FACTS))

    def writer() -> Tensor:
        hidden, _ = model.writer(torch.zeros(1, tokens, width), positions=positions)
        return model.writer.logits(hidden[:, :: max(1, tokens // max(1, typical.words))])

    def heads() -> None:
        there = torch.ones(1, tokens, dtype=torch.bool)
        states = States(torch.zeros(1, width), torch.zeros(1, tokens, width), there, places=torch.ones(1, tokens, 4))
        for head in (model.boxes, model.trajectory):
            if head is not None:
                head(states)
        if model.pixels is not None:
            model.pixels(levels, (typical.side_px, typical.side_px))

    return {
        "stems": lambda: model.stems(pixels, config.stems[0].name),
        "trunk": lambda: model.trunk(level, torch.zeros(views)),
        "bridge": bridge,
        "writer": writer,
        "heads": heads,
    }


def _masked_runs(model: MaskedImages, recipe: FamilyRecipe) -> dict[Part, Callable[[], object]]:
    trunk, side = model.config.trunk, recipe.typical.side_px
    stem = model.config.stems[0]
    pixels = torch.zeros(1, stem.bands, side, side)
    patches = torch.zeros(1, side // trunk.patch, side // trunk.patch, trunk.width)
    cells = side // model.paint.stride
    last = torch.zeros(1, cells, cells, trunk.widths[-1] if isinstance(trunk, SwinConfig) else trunk.width)
    return {
        "stems": lambda: model.stems(pixels, stem.name),
        "trunk": lambda: model.trunk(patches),
        "heads": lambda: model.paint(last, stem.name),
    }


def _operations(run: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return int(counter.get_total_flops())


def _activations(recipe: FamilyRecipe, tokens: int) -> float:
    """Give bytes of activations of one sample, in bfloat16 with checkpointing."""
    config, side = recipe.config, recipe.typical.side_px
    if not isinstance(config, FamilyConfig):
        return 34.0 * 2 * tokens * config.trunk.width  # no checkpointing: about 34 values a token of the first stage
    trunk, writer, typical = config.trunk, config.writer, recipe.typical
    views = typical.frames * (1 if typical.tiles is None else 1 + typical.tiles[0] * typical.tiles[1])
    patches = views * (side // trunk.patch) ** 2
    kept = trunk.layers * patches * trunk.width + writer.layers * tokens * writer.width
    layer = max(patches * (6 * trunk.width + 2 * trunk.mlp), tokens * (6 * writer.width + 3 * writer.mlp))
    return 2.0 * (kept + layer) + 3 * 4.0 * typical.words * writer.vocab
