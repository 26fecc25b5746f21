"""Recipes, one file each: a function that gives a `Recipe`, with a `quick` form."""
