"""A page a recipe, told from what is there: its YAML, its methods' docstrings and settings, its row of results."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from colorizing_things.errors import SettingError
from colorizing_things.lab.methods import METHODS

from .load import load_recipe, recipe_names, recipe_text
from .reference import settings, table_of

SECTION = "## Every method on val"
EQUAL = "## The adversarial recipes at one equal budget"
MADE = "<!-- made by python -m colorizing_things.lab.recipes.pages docs/methods/ -->"
BESIDE = ("grey", "real")  # rows that say what a row of figures is worth


class Results:
    """The tables of a section of docs/results.md, by default of every method on val."""

    def __init__(self, page: str, title: str = SECTION) -> None:
        """Read the page.

        Raises:
            SettingError: it has no such section, or no table in it.
        """
        section = page.partition(f"{title}\n")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        if len(lines) < 3:
            raise SettingError(f"the page of results has no table under {title!r}")
        self.head = lines[:2]
        self.rows = {line.split("|")[1].strip(): line for line in lines[2:]}

    def of(self, recipe: str) -> list[str]:
        """Lines of the table with a recipe's row between grey's and the real pictures'; none where it has no row."""
        if recipe not in self.rows:
            return []
        first, last = (self.rows.get(name) for name in BESIDE)
        return [*self.head, *(row for row in (first, self.rows[recipe], last) if row)]


def pages(results: str) -> dict[str, str]:
    """Every page by its file's name.

    Args:
        results: the text of docs/results.md.

    Raises:
        SettingError: it has no table of every method, or none of those that had one equal budget.
    """
    known, equal = Results(results), Results(results, EQUAL)
    return {"index.md": _index(known, equal), **{f"{name}.md": _page(name, known, equal) for name in recipe_names()}}


def write(folder: Path) -> None:
    """Write all pages into a folder beside results.md."""
    results = (folder.parent / "results.md").read_text(encoding="utf-8")
    folder.mkdir(exist_ok=True)
    for name, text in pages(results).items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(results: Results, equal: Results) -> str:
    lines = [
        "# Methods",
        "",
        MADE,
        "",
        "A page a recipe: what it is, its YAML, its settings, how to train it and what was measured of it.",
        "",
        "| recipe | | figures |",
        "| --- | --- | --- |",
    ]
    for name in recipe_names():
        figures = "yes" if results.of(name) or equal.of(name) else "not yet"
        lines.append(f"| [{name}]({name}.md) | {_markdown(load_recipe(name).summary)} | {figures} |")
    return "\n".join(lines) + "\n"


def _page(name: str, results: Results, equal: Results) -> str:
    recipe = load_recipe(name)
    methods = list(dict.fromkeys(stage.method.name for stage in recipe.stages))
    parts = [f"# {name}", MADE, _markdown(recipe.summary), *_recipe(name)]
    for method in methods:
        parts += _method(method)
    parts += ["What every stage, the networks and decodings can be told: [settings](../lab.md#settings)."]
    return "\n\n".join([*parts, *_figures(name, results, equal)]) + "\n"


def _recipe(name: str) -> list[str]:
    source = f"../../src/colorizing_things/lab/recipes/{name}.yaml"
    needs_start = METHODS[load_recipe(name).stages[0].method.name].needs_start
    command = f"colorize train {name}{' --start default' if needs_start else ''}"
    return [
        "## Train it",
        f"```console\n$ {command} --data photographs/ --out runs/{name}\n```",
        f"As shipped, [`{name}.yaml`]({source}):",
        f"```yaml\n{recipe_text(name).strip()}\n```",
    ]


def _method(name: str) -> list[str]:
    """What a method is and where it is from, by its module and its class, and its settings."""
    method = METHODS[name]
    module = sys.modules[method.__module__]
    own = [setting for setting in settings() if setting.owner == f"method {name}"]
    if any(setting.key == "method.objective_settings" for setting in own):
        own += [setting for setting in settings() if setting.owner == "adversarial methods"]
    told = "\n".join(table_of(own)) if own else "It has no settings."
    return [f"## Method `{name}`", _markdown(module.__doc__), _markdown(method.__doc__), told]


def _markdown(docstring: str | None) -> str:
    """A docstring or summary as Markdown: roles are names, and a star is a star."""
    plain = re.sub(r":\w+:`[.~]?([^`]*)`", r"`\1`", inspect.cleandoc(docstring or ""))
    return re.sub(r"(`+[^`]*`+)|\*", lambda found: found[1] or r"\*", plain).strip()


def _figures(name: str, results: Results, equal: Results) -> list[str]:
    parts = ["## Results"]
    if table := equal.of(name):
        link = "[results](../results.md#the-adversarial-recipes-at-one-equal-budget)"
        parts += [f"Of this recipe, briefly trained, on a part of val ({link} says how):", "\n".join(table)]
    link = "[results](../results.md#every-method-on-val)"
    if table := results.of(name):
        told = f"On val, as {link} says: most weights had a small fraction of the training that their recipe asks for."
        return [*parts, told, "\n".join(table)]
    return parts if len(parts) > 1 else [*parts, f"No figures yet in the table of every method: {link}."]


if __name__ == "__main__":  # python -m colorizing_things.lab.recipes.pages docs/methods/
    write(Path(sys.argv[1]))
