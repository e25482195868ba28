"""What a recipe may say, told from the descriptions of its settings: a JSON schema, a table, one setting explained."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Settings, descriptions
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import NETWORKS
from colorizing_things.lab.objectives.adversarial import ObjectiveSettings

from .load import component_settings, stage_groups

BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


class Setting(NamedTuple):
    """One setting, in words."""

    key: str
    owner: str  # the network or method that has it; empty where every stage does
    kind: str
    default: str
    meaning: str


def settings() -> Iterator[Setting]:
    """Every setting that a recipe can give: of a stage, of each network, each method and each decoding."""
    for key, *rest in descriptions(Stage):
        yield Setting(key, "", *rest)
    for group, model in stage_groups().items():
        yield from _of(group, "", model)
    for name in NETWORKS:
        yield from _of("network", f"network {name}", component_settings("network", name))
    for name in METHODS:
        yield from _of("method", f"method {name}", component_settings("method", name))
    yield from _of("method.objective_settings", "adversarial methods", ObjectiveSettings)
    for model, names in decodings().items():
        yield from _of("decoding", f"decoding of {', '.join(names)}", model)


def decodings() -> dict[type[Settings], list[str]]:
    """What describes the decoding of each method -> the methods' names; those that have none are left out."""
    found: dict[type[Settings], list[str]] = {}
    for name, method in METHODS.items():
        if method.decoding.model_fields:
            found.setdefault(method.decoding, []).append(name)
    return found


def _of(prefix: str, owner: str, model: type[Settings]) -> Iterator[Setting]:
    for key, *rest in descriptions(model):
        yield Setting(f"{prefix}.{key}", owner, *rest)


def explain(key: str) -> str:
    """What is known of a setting, by its full key or its last part: a line for each network or method that has it.

    Raises:
        SettingError: there is none of that name.
    """
    every = list(settings())
    found = [setting for setting in every if key in (setting.key, setting.key.rpartition(".")[2])]
    if not found:
        names = sorted({setting.key.rpartition(".")[2] for setting in every})
        raise SettingError(f"unknown setting {key!r}: choose {', '.join(names)}")
    lines: dict[str, list[str]] = {}  # those that say the same share a line
    for setting in found:
        text = f"{setting.kind}; default {setting.default}; {setting.meaning}"
        lines.setdefault(f"{setting.key}: {text}", []).append(setting.owner)
    return "\n".join(f"{text}{_owners(owners)}" for text, owners in lines.items())


def _owners(owners: list[str]) -> str:
    named = [owner for owner in owners if owner]
    return f" ({', '.join(named)})" if named else ""


def table() -> str:
    """The reference in Markdown: a table of what every stage has, and one of each network, method and decoding."""
    parts: dict[str, list[Setting]] = {}
    for setting in settings():
        parts.setdefault(setting.owner or "every stage", []).append(setting)
    lines = []
    for title, rows in parts.items():
        lines += [f"**{title[0].upper()}{title[1:]}**", "", *table_of(rows), ""]
    return "\n".join(lines).strip()


def table_of(rows: list[Setting]) -> list[str]:
    """Lines of a table of settings in Markdown."""
    head = ["| setting | is | default | meaning |", "| --- | --- | --- | --- |"]
    return head + [f"| `{row.key}` | {row.kind} | {row.default} | {_cell(row.meaning)} |" for row in rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("**", "\\*\\*")


def with_table(page: str) -> str:
    """A page whose part between the two marks is the table as it is now.

    Raises:
        SettingError: the page has no such marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SettingError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def schema() -> dict[str, Any]:
    """A JSON schema of a recipe's YAML, for editors: every key, its type and range, and what it means."""
    stage = Stage.model_json_schema()
    definitions = {name: entry for name, entry in stage.pop("$defs").items() if name != "Component"}
    properties = dict(stage["properties"])
    for kind, registry in (("network", NETWORKS), ("method", METHODS)):
        named = [_component(kind, name, definitions) for name in registry]
        properties[kind] = {
            "description": properties[kind]["description"],
            "anyOf": [{"enum": list(registry)}, *named],
        }
    own = {
        "summary": {"type": "string", "description": "what it is, in one line"},
        "stages": {"type": "array", "items": {"$ref": "#/$defs/Stage"}, "description": "diffs, one after the other"},
        "decoding": {"anyOf": [model.model_json_schema() for model in decodings()]},
    }
    definitions["Stage"] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of the lab",
        "type": "object",
        "properties": {**own, **properties},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _component(kind: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """A network or method as a table; without ``name`` it is a diff from another stage's."""
    entry = component_settings(kind, name).model_json_schema()
    definitions |= entry.pop("$defs", {})
    properties = {"name": {"const": name}, **entry.get("properties", {})}
    return {"type": "object", "properties": properties, "additionalProperties": False}


if __name__ == "__main__":  # python -m colorizing_things.lab.recipes.reference docs/lab.md
    page = Path(sys.argv[1])
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
