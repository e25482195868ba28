"""``colorize models``: what is bundled."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from colorizing_things.model.card import Card


def models(as_json: Annotated[bool, typer.Option("--json", help="The whole cards, as JSON.")] = False) -> None:
    """List the bundled models with their cards."""
    from rich.console import Console

    from colorizing_things.model.catalog import list_models

    cards = list_models()
    if as_json:
        print(json.dumps([_content(card) for card in cards], indent=1, ensure_ascii=False))
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


def _content(card: Card) -> dict[str, object]:
    return {**dataclasses.asdict(card), "folder": str(card.folder)}
