"""Recipes of the network family, one file each: the published systems and their superset, in three sizes."""

from __future__ import annotations

from collections.abc import Callable

from geoglot.errors import UnknownName
from geoglot.train.recipes.family.earth_onevision import earth_onevision
from geoglot.train.recipes.family.recipe import FamilyRecipe, Size
from geoglot.train.recipes.family.ringmo import ringmo
from geoglot.train.recipes.family.ringmo_agent import ringmo_agent
from geoglot.train.recipes.family.superset import superset

RECIPES: dict[str, Callable[[Size], FamilyRecipe]] = {
    "superset": superset,
    "earth-onevision": earth_onevision,
    "ringmo-agent": ringmo_agent,
    "ringmo": ringmo,
}


def recipe(name: str, size: Size = "nano") -> FamilyRecipe:
    """Give the recipe of that name and size. Raises UnknownName."""
    if name not in RECIPES:
        raise UnknownName("recipe of the family", name, RECIPES)
    return RECIPES[name](size)
