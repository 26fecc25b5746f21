"""Train nano's eye on the real sets whose weights may be shipped, and on simulated scenes.

    python -m geoglot.train pack --data DATA --shards runs/shards
    python -m geoglot.train nano-eye --shards runs/shards --out runs/nano-eye --processes 2
    python -m geoglot.train package --out runs/nano-eye --folder runs/nano --name NAME

Cost: about eight hours on two quiet cores. Scores: docs/nano.md.
"""

from __future__ import annotations

from geoglot.train.recipe import Ingredient, Recipe

REAL = (
    Ingredient("ucm_landuse", 0.26, (0.5, 1.05), turn=True, skip_every=16),
    Ingredient("ucm_landuse", 0.03, (1.1, 2.2), turn=True, skip_every=16, absent_only=True),
    Ingredient("eurosat_rgb5", 0.04, (1.0, 1.6), turn=True, skip_every=16),
    Ingredient("eurosat_rgb_5class", 0.02, (1.0, 1.6), turn=True),
    Ingredient("hit_uav", 0.26, (0.6, 2.4), skip_every=12),
    Ingredient("hit_uav_thermal", 0.02, (0.6, 2.4)),
    Ingredient("aerial_cars", 0.10, (0.4, 1.4), skip_every=7),
    Ingredient("neon_trees", 0.03, (0.5, 1.8)),
    Ingredient("oam_kampala", 0.06, (0.6, 1.8), skip_every=8),
    Ingredient("terramesh-s2", 0.04, (0.6, 1.4)),
    Ingredient("terramesh-s1", 0.05, (0.6, 1.4)),
)
"""Scales bring the pixels of a set to what the runtime shows: whole images of 192 to 768 px, coarse
pixels enlarged."""

SIMULATED = (
    Ingredient("simulated-optical", 0.32, (0.7, 2.2), by_class=True),
    Ingredient("simulated-multispectral", 0.10, (0.7, 1.8), by_class=True),
    Ingredient("simulated-sar", 0.13, (0.7, 1.8), by_class=True),
    Ingredient("simulated-thermal", 0.08, (0.7, 2.2), by_class=True),
    Ingredient("simulated-ships-radar", 0.06, (0.7, 1.8)),
    Ingredient("simulated-ships-airplanes", 0.06, (0.7, 2.2), by_class=True),
    Ingredient("simulated-cars-thermal", 0.05, (0.6, 2.0)),
    Ingredient("simulated-homes", 0.04, (0.6, 1.8)),
    Ingredient("simulated-floods-radar", 0.06, (0.7, 1.5)),
    Ingredient("simulated-floods", 0.03, (0.7, 1.5)),
)


RESEARCH = (
    Ingredient("aid_scenes", 0.10, (0.85, 1.6), turn=True),
    Ingredient("rsscn7", 0.03, (0.5, 1.05), turn=True),
    Ingredient("airbus_airplanes", 0.06, (0.5, 1.3)),
    Ingredient("ships_optical", 0.06, (0.5, 1.3)),
    Ingredient("simd_vehicles", 0.04, (0.5, 1.3)),
)
"""Weights that saw any of these must not be shipped: they are another model, for research only."""


def nano_eye(*, quick: bool = False, simulated: bool = True, research: bool = False, steps: int = 4000) -> Recipe:
    """Give the recipe. quick: a few steps on the smallest sets, to see that everything fits together."""
    mixture = REAL + (SIMULATED if simulated else ()) + (RESEARCH if research else ())
    name = "nano-eye-research" if research else "nano-eye"
    if quick:
        return Recipe(name, mixture, steps=4, width=16, size_px=64, small_px=32, views=4, warmup=2)
    return Recipe(name, mixture, steps=steps)
