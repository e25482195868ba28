"""``colorize recipes``."""

from __future__ import annotations

import typer


def recipes() -> None:
    """List the recipes, a line each."""
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.recipes.load import load_recipe, recipe_names

    for name in recipe_names():
        typer.echo(f"{name:<28}{load_recipe(name).summary}")
