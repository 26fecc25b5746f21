"""The curricula of the family's recipes as data: of every stage what is read, in which shares, and what may change.

`train.recipes.family` says what each stage trains and how fast; this adds the sources that this project can make
itself, the shares that are replayed, and the rates that differ between parts.
"""

from __future__ import annotations

from collections.abc import Mapping

from geoglot.errors import InputError
from geoglot.nets.family import FamilyConfig
from geoglot.nets.masked import MaskedConfig
from geoglot.train.recipes.family.recipe import FamilyRecipe, Part, Stage
from geoglot.train.text import recipe as text
from geoglot.train.text.recipe import LowRank, Portion, TokenRecipe, Trained
from geoglot.train.text.talk_several import KINDS

OPTICAL = Portion("simulated-optical", 1.0)
OTHERS = (Portion("simulated-sar", 0.4), Portion("simulated-thermal", 0.3), Portion("simulated-multispectral", 0.3))
REPLAYED = Portion("simulated-optical", 1.0, replay=True)
"""As many rows of the optical sensor as of all other sensors together, two thirds of the published mixture."""

ALL = (OPTICAL, *OTHERS)

SEVERAL = tuple(Portion(f"simulated-{kind}", 0.1) for kind in KINDS)
"""Dates, camera and radar, clips, drawn marks. Their share is a choice: the papers print none."""

MIXTURES: Mapping[str, Mapping[str, tuple[Portion, ...]]] = {
    "earth-onevision": {"1": (OPTICAL,), "2": (*OTHERS, REPLAYED, *SEVERAL)},
    "ringmo-agent": {"1": ALL, "2": ALL},
    "ringmo": {"1": (OPTICAL,)},
    "superset": {
        "0": ALL,
        "1a": (OPTICAL,),
        "1b": (OPTICAL,),
        "2a": OTHERS,
        "2b": (*OTHERS, REPLAYED, *SEVERAL),
        "3a": ALL,
        "3b": (*ALL, *SEVERAL),
    },
}
"""Stages that are not named are not run by this loop: one benchmark at a time (4)."""

PARTS: Mapping[Part, tuple[str, ...]] = {
    "stems": ("member.stems.*", "member.told.*"),
    "trunk": ("member.trunk.*",),
    "bridge": ("member.bridge.*",),
    "writer": ("member.writer.*",),
}
"""Names of the parameters of a part; those of heads are `_heads`."""

FEWER_BANDS = {"superset": 0.5}
"""Share of the steps in which spectral stems miss some bands: one that never did is lost without them. A choice."""

RATES: Mapping[tuple[str, str, Part], float] = {
    ("ringmo-agent", "1", "stems"): 1e-3,
    ("ringmo-agent", "1", "bridge"): 1e-3,
    ("ringmo-agent", "2", "stems"): 5e-5,
}
"""Peak rates that are not the stage's. Source: flagship systems, section 2.4, a completion of ours."""

LOW_RANK = {
    "ringmo-agent": (
        LowRank(64, ("member.writer.layers.*.attention.*", "member.writer.layers.*.mlp.shared.*")),
        LowRank(16, ("member.trunk.layers.*",)),
    )
}
"""Adapters: attention and shared experts of the writer, rank 64; the trunk, rank 16. Routed experts stay."""


def curriculum(family: FamilyRecipe, *, rows: int, length: int, steps: int | None = None) -> TokenRecipe:
    """Give the stages of a family recipe that this loop can run.

    rows, length: of a step, and tokens of a row. steps: of each stage, where the published number is not wanted.
    Raises InputError for a recipe without such a stage.
    """
    if family.name not in MIXTURES:
        raise InputError("this recipe has no sources", value=family.name, expected=" or ".join(sorted(MIXTURES)))
    mixtures = MIXTURES[family.name]
    stages = tuple(
        _stage(family, stage, mixtures[stage.name], steps) for stage in family.stages if stage.name in mixtures
    )
    return TokenRecipe(
        name=family.name,
        member=family.config.name,
        stages=stages,
        rows=rows,
        length=length,
        low_rank=LOW_RANK.get(family.name, ()),
        weight_decay=family.stages[0].weight_decay,
        betas=(0.9, 0.999) if isinstance(family.config, MaskedConfig) else (0.9, 0.95),
        fewer_bands=FEWER_BANDS.get(family.name, 0.0),
        recomputed=family.size == "published",  # what does not fit a GPU otherwise
    )


def paints(family: FamilyRecipe, stage: Stage) -> bool:
    """Tell whether a stage fills in hidden pixels: no writer is run in it."""
    return isinstance(family.config, MaskedConfig) or "writer" not in stage.runs


def _stage(family: FamilyRecipe, stage: Stage, mixture: tuple[Portion, ...], steps: int | None) -> text.Stage:
    adapted = LOW_RANK.get(family.name, ()) if stage.lora_rank else ()
    trained = []
    for part in stage.trains:
        rate = RATES.get((family.name, stage.name, part), stage.lr)
        names = ("member." + part + ".*.low_*",) if adapted and part in ("writer", "trunk") else _names(family, part)
        trained += [Trained(name, rate) for name in names]
    if paints(family, stage) and isinstance(family.config, FamilyConfig):
        trained.append(Trained("painting.*", stage.lr))
    return text.Stage(stage.name, steps or stage.steps, mixture, tuple(trained), _losses(family, stage),
                      warmup_share=stage.warmup, floor=stage.floor)  # fmt: skip


def _names(family: FamilyRecipe, part: Part) -> tuple[str, ...]:
    """Patterns of the parameters of a part that this recipe's model has."""
    config = family.config
    if isinstance(config, MaskedConfig):
        return ("member.paint.*",) if part == "heads" else (f"member.{part}.*",)
    if part == "heads":
        return tuple(f"member.{module}.*" for name in _heads(config) for module in _MODULES[name])
    return tuple(name for name in PARTS[part] if name != "member.told.*" or config.told)


_MODULES = {"boxes": ("boxes",), "mask": ("mask", "pixels"), "trajectory": ("trajectory",)}


def _heads(config: FamilyConfig) -> tuple[str, ...]:
    """Names of the heads of a member."""
    each = {"boxes": config.boxes, "mask": config.mask, "trajectory": config.trajectory}
    return tuple(name for name, head in each.items() if head is not None)


def _losses(family: FamilyRecipe, stage: Stage) -> tuple[tuple[str, float], ...]:
    """Weights of the losses. Those of heads are weighted by their own configuration."""
    config = family.config
    if isinstance(config, MaskedConfig) or paints(family, stage):
        return (("paint", 1.0),)
    heads = tuple((name, 1.0) for name in _heads(config)) if "heads" in stage.trains else ()
    if stage.trains == ("heads",):
        return heads
    return (("text", 1.0), ("balance", 0.001), *heads)  # of experts, where there are any: arXiv 2401.06066
