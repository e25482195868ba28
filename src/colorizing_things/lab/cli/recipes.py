"""``colorize recipes``."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe's YAML.")] = None,
    explain: Annotated[str | None, typer.Option(metavar="KEY", help="What a setting is, and its default.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print a JSON schema, with which editors complete.")] = False,
) -> None:
    """List the recipes, a line each; or print one, or say what a recipe may say."""
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.recipes import reference
    from colorizing_things.lab.recipes.load import load_recipe, recipe_names, recipe_text

    if schema:
        typer.echo(json.dumps(reference.schema(), indent=1))
    elif explain is not None:
        typer.echo(reference.explain(explain))
    elif name is not None:
        typer.echo(recipe_text(name), nl=False)
    else:
        for known in recipe_names():
            typer.echo(f"{known:<28}{load_recipe(known).summary}")
