"""``colorize models``: what is bundled, and what can be fetched."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from .terminal import json_text

if TYPE_CHECKING:
    from rich.console import Console

    from colorizing_things.model.card import Card


def models(
    as_json: Annotated[bool, typer.Option("--json", help="The whole cards, as JSON.")] = False,
    fetch: Annotated[str | None, typer.Option(metavar="NAME", help="Install a further model, checked.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="WHERE", help="URL or folder to fetch it from; by default this clone."),
    ] = None,
) -> None:
    """List the bundled models with their cards and the further ones by name, or fetch one of those."""
    from rich.console import Console

    if fetch is not None:
        _fetch(fetch, source)
        return
    if source is not None:
        raise typer.BadParameter("--from needs --fetch NAME")

    from colorizing_things.model.catalog import list_models

    cards = list_models()
    if as_json:
        print(json_text([_content(card) for card in cards], indent=1))
        return
    console = Console(highlight=False)
    for card in cards:
        size = card.size_in_bytes / 1e6
        console.print(f"[bold]{card.name}[/]  {card.summary}")
        console.print(f"  {card.parameters / 1e6:.1f} million weights, {size:.1f} MB, {card.licence} licence")
        console.print(f"  takes {', '.join(card.inputs)} at a shorter side of {card.default_size} px")
        for what, text in (("trained on", card.training.get("summary")), ("meant for", card.intended_use)):
            if text:
                console.print(f"  {what} {text}", soft_wrap=True)
        if card.scores:
            scores = ", ".join(f"{key} {value}" for key, value in card.scores.items())
            console.print(f"  scores {scores}", soft_wrap=True)
        for failure in card.known_failures:
            console.print(f"  known to fail: {failure}", soft_wrap=True)

    _print_further(console)


def _fetch(name: str, source: str | None) -> None:
    from colorizing_things.model.fetching import fetch_model
    from colorizing_things.model.places import published

    path = fetch_model(name, source)
    use = f"; colorize old.jpg --model {name} uses it" if published()[name].is_model else ""
    print(f"{path}{use}")


def _print_further(console: Console) -> None:
    from colorizing_things.model.places import find_file, find_installed, published

    console.print("further ones, from colorize models --fetch NAME:")
    for name, model in published().items():
        installed = find_installed(name) if model.is_model else find_file(name)
        state = f"installed in {installed.parent}" if installed else f"{model.size / 1e6:.0f} MB"
        console.print(f"  [bold]{name}[/] ({state})  {model.summary}", soft_wrap=True)


def _content(card: Card) -> dict[str, object]:
    return {**dataclasses.asdict(card), "folder": str(card.folder)}
