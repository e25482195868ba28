"""Recipes: one short YAML a published experiment, a diff from the defaults in :class:`.Stage`.

A recipe is a base and, if it lists ``stages``, several diffs from that base run one after the other. What
``--set`` gives wins over both.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.config.settings import Settings, settings_of, validate
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import NETWORKS, check_network

OWN = ("summary", "stages", "decoding")  # keys of the whole recipe; the others are a stage's
COMPONENTS = ("network", "method")


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package.

    Examples:
        >>> "default" in recipe_names()
        True
    """
    folder = files("colorizing_things.lab.recipes")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def recipe_text(name: str) -> str:
    """The YAML of a packaged recipe, or of a path that ends in .yaml.

    Raises:
        SettingError: there is none.
    """
    if name.endswith(".yaml"):
        path = Path(name)
        if not path.exists():
            raise SettingError(f"{name}: no such recipe file")
        return path.read_text(encoding="utf-8")
    if name not in recipe_names():
        raise SettingError(f"unknown recipe {name!r}: choose {', '.join(recipe_names())} or a .yaml file")
    return (files("colorizing_things.lab.recipes") / f"{name}.yaml").read_text(encoding="utf-8")


def load_recipe(name: str, overrides: list[str] | None = None) -> Recipe:
    """Load a recipe by name or by the path of a YAML file, and check every key and value.

    Args:
        name: a packaged recipe, or a path that ends in .yaml.
        overrides: ``key=value`` strings; dots reach into groups (``method.regression=0.1``), and a setting that
            only one group has may be named by itself (``batch_size=4``, ``encoder=resnet152``) and holds for the
            stages that have it;
            ``decoding.size`` and the like are the whole recipe's.

    Raises:
        SettingError: unknown recipe, misspelt key, wrong type or a value that cannot work.
    """
    content = _read_yaml(name, recipe_text(name)) or {}
    recipe = build_recipe(Path(name).stem, content, [parse_override(o) for o in overrides or []])
    return recipe.model_copy(update={"overrides": tuple(overrides or ())})


def _read_yaml(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingError(f"{name}: cannot be read as YAML: {' '.join(str(error).split())}") from error


def build_recipe(name: str, content: dict[str, Any], overrides: list[tuple[str, Any]]) -> Recipe:
    """Make a recipe of its parsed YAML and parsed overrides."""
    _check_shape(name, content)
    base = {key: value for key, value in content.items() if key not in OWN}
    decoding = content.get("decoding") or {}
    for key, value in overrides:
        if key.startswith("decoding."):
            decoding = _set_nested(decoding, key.removeprefix("decoding."), value)
    merged = [_merge(base, diff) for diff in content.get("stages") or [{}]]
    for key, value in overrides:
        if not key.startswith("decoding."):
            merged = _override(merged, key, value)
    stages = [check_stage(settings) for settings in merged]
    _check_order(stages)
    METHODS[stages[-1].method.name].decoding_settings(decoding)
    return Recipe(name=name, summary=content.get("summary", ""), stages=tuple(stages), decoding=decoding)


def _override(stages: list[dict[str, Any]], key: str, value: Any) -> list[dict[str, Any]]:
    """A setting in every stage that has it; in all, to be refused, where none has."""
    keys = [full_key(settings, key) for settings in stages]
    knows = [full.partition(".")[0] in Stage.model_fields for full in keys]
    return [
        _set_nested(settings, full, value) if known or not any(knows) else settings
        for settings, full, known in zip(stages, keys, knows, strict=True)
    ]


def _check_shape(name: str, content: Any) -> None:
    lists = content.get("stages") or [] if isinstance(content, dict) else None
    tables = [content.get("decoding") or {}, *lists] if isinstance(lists, list) else [None]
    if not all(isinstance(table, dict) for table in tables):
        raise SettingError(
            f"{name}: a recipe is a table of settings, its stages a list of tables, its decoding a table"
        )


def parse_override(text: str) -> tuple[str, Any]:
    """``key=value`` -> (key, value), the value read as YAML.

    Examples:
        >>> parse_override("lr=1e-4"), parse_override("aspects=[1, 1.5]")
        (('lr', 0.0001), ('aspects', [1, 1.5]))
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SettingError(f"--set {text}: write it as key=value")
    read = _read_yaml(f"--set {text}", value)
    if isinstance(read, str):
        with suppress(ValueError):  # YAML 1.1 takes 1e-3, without a point, for a word
            read = float(read)
    return key.strip(), read


def _merge(base: dict[str, Any], diff: dict[str, Any]) -> dict[str, Any]:
    """A stage's settings over the base's, group by group; another network or method begins with none of its own."""
    merged = {key: _as_component(key, value) for key, value in base.items()}
    for key, value in diff.items():
        old = merged.get(key)
        new = _as_component(key, value, old["name"] if isinstance(old, dict) and key in COMPONENTS else None)
        if isinstance(new, dict) and isinstance(old, dict) and new.get("name") == old.get("name"):
            new = {**old, **new}
        merged[key] = new
    return merged


def _as_component(key: str, value: Any, name: str | None = None) -> Any:
    """``network: zhang2016`` is short for ``network: {name: zhang2016}``; without a name it is ``name``."""
    if key not in COMPONENTS or not isinstance(value, str | dict):
        return value
    return {"name": value} if isinstance(value, str) else {"name": name or _default_name(key), **value}


def _default_name(key: str) -> str:
    return str(getattr(Stage(), key).name)


def _set_nested(settings: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    head, dot, rest = key.partition(".")
    if not dot:
        # ``network=unet-sagan`` names another and keeps the settings: whoever asks for that sees which do not fit.
        if head in COMPONENTS and isinstance(value, str):
            return {**settings, head: {**(settings.get(head) or {}), "name": value}}
        return {**settings, head: value}
    table = settings.get(head)
    if not isinstance(table, dict | None):
        raise SettingError(
            f"{key}: {head} is a single value and has no {rest}; for an objective's own settings say objective_settings"
        )
    if table is None and head in COMPONENTS:
        table = {"name": _default_name(head)}
    return {**settings, head: _set_nested(table or {}, rest, value)}


def groups(settings: dict[str, Any]) -> dict[str, list[str]]:
    """Settings by their groups: the stage's, and those of the network and the method that are named."""
    found = {name: list(model.model_fields) for name, model in stage_groups().items()}
    for key in COMPONENTS:
        given = _as_component(key, settings.get(key) or {})
        name = given.get("name") if isinstance(given, dict) else None
        known = name in (NETWORKS if key == "network" else METHODS)
        found[key] = list(component_settings(key, str(name)).model_fields) if known else []
    return found


def stage_groups() -> dict[str, type[Settings]]:
    """The groups of a stage that every stage has, by name."""
    fields = Stage.model_fields
    return {name: fields[name].annotation for name in ("data", "optimizer", "log")}  # type: ignore[misc]


def component_settings(kind: str, name: str) -> type[Settings]:
    """What describes the settings of a network or a method.

    Args:
        kind: ``network`` or ``method``.
        name: in its registry.
    """
    return settings_of(NETWORKS[name] if kind == "network" else METHODS[name].prepare)


def full_key(settings: dict[str, Any], key: str) -> str:
    """``encoder`` -> ``network.encoder``, ``lr`` -> ``optimizer.lr``; as it is where no group has it.

    Raises:
        SettingError: both the network and the method have it.
    """
    head = key.partition(".")[0]
    if head in Stage.model_fields:
        return key
    homes = [group for group, names in groups(settings).items() if head in names]
    if len(homes) > 1:
        raise SettingError(f"{head}: say {' or '.join(f'{home}.{head}' for home in homes)}")
    return f"{homes[0]}.{key}" if homes else key


def check_stage(settings: dict[str, Any]) -> Stage:
    """Turn plain settings into a Stage.

    Raises:
        SettingError: an unknown key, or a value that cannot work; one line.
    """
    settings = {key: _as_component(key, value) for key, value in settings.items()}
    for key in settings:
        if key not in Stage.model_fields:
            raise SettingError(_unknown(settings, key))
    stage = validate(Stage, settings)
    for key, choices in (("network", NETWORKS), ("method", METHODS)):
        name = getattr(stage, key).name
        if name not in choices:
            raise SettingError(f"unknown {key} {name!r}: choose {', '.join(choices)}")
    name = stage.network.name
    check_network(name, stage.data.size, stage.network.settings)
    stride = getattr(NETWORKS[name], "output_stride", stage.data.target_stride)
    if stage.data.target_stride != stride:
        raise SettingError(f"target_stride {stage.data.target_stride}: network {name} needs {stride}")
    METHODS[stage.method.name].check(stage)
    return stage


def _unknown(settings: dict[str, Any], key: str) -> str:
    own = [name for name in Stage.model_fields if name not in stage_groups()]
    known = groups(settings)
    for group, names in known.items():
        if key in names:
            return f"{key} belongs to {group}: write {group}: {{{key}: ...}}"
    choices = [*own, *(name for names in known.values() for name in names)]
    return f"unknown setting {key!r}: choose {', '.join(choices)}"


def _check_order(stages: list[Stage]) -> None:
    """A network goes through all stages: they must agree on it, and on its size if it has only one."""
    first = stages[0]
    for stage in stages[1:]:
        name, size = stage.network.name, stage.data.size
        if name != first.network.name:
            raise SettingError(f"stages train networks {first.network.name} and {name}: must be one")
        one_size = "size" in inspect.signature(NETWORKS[name]).parameters
        if one_size and size != first.data.size:
            raise SettingError(f"stages of size {first.data.size} and {size}: network {name} has one size")
