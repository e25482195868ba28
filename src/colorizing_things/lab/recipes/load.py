"""Recipes: one short YAML a published experiment, a diff from the defaults in :class:`Stage`.

A recipe is a base and, if it lists ``stages``, several diffs from that base run one after the other. What
``--set`` gives wins over both.
"""

from __future__ import annotations

import dataclasses
import inspect
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.config.validation import check_type
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import NETWORKS, check_network

SCALARS = {field.name for field in dataclasses.fields(Stage) if not field.name.endswith("_settings")}


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = files("colorizing_things.lab.recipes")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_recipe(name: str, overrides: list[str] | None = None) -> Recipe:
    """Load a recipe by name or by the path of a YAML file, and check every key and value.

    Args:
        name: a packaged recipe, or a path that ends in .yaml.
        overrides: ``key=value`` strings; dots reach into settings (``method_settings.regression=0.1``), and a
            setting of the network or the method may be named by itself (``encoder=resnet152``); ``decoding.size``
            and the like are the whole recipe's.

    Raises:
        SettingError: unknown recipe, misspelt key, wrong type or a value that cannot work.
    """
    if name.endswith(".yaml"):
        path = Path(name)
        if not path.exists():
            raise SettingError(f"{name}: no such recipe file")
        text = path.read_text()
    elif name in recipe_names():
        text = (files("colorizing_things.lab.recipes") / f"{name}.yaml").read_text()
    else:
        raise SettingError(f"unknown recipe {name!r}: choose {', '.join(recipe_names())} or a .yaml file")
    return build_recipe(Path(name).stem, _read_yaml(name, text) or {}, [parse_override(o) for o in overrides or []])


def _read_yaml(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingError(f"{name}: cannot be read as YAML: {' '.join(str(error).split())}") from error


def build_recipe(name: str, content: dict[str, Any], overrides: list[tuple[str, Any]]) -> Recipe:
    """Make a recipe of its parsed YAML and parsed overrides."""

    for key, kind in (("stages", list), ("decoding", dict)):
        if not isinstance(content, dict) or not isinstance(content.get(key) or kind(), kind):
            raise SettingError(
                f"{name}: a recipe is a table of settings, its stages a list of tables, its decoding a table"
            )
    base = {key: value for key, value in content.items() if key not in ("summary", "stages", "decoding")}
    decoding = content.get("decoding") or {}
    for key, value in overrides:
        if key.startswith("decoding."):
            decoding = _set_nested(decoding, key.removeprefix("decoding."), value)
    overrides = [(key, value) for key, value in overrides if not key.startswith("decoding.")]
    stages = []
    for diff in content.get("stages") or [{}]:
        if not isinstance(diff, dict):
            raise SettingError(f"{name}: stage {diff!r} is not a table of settings")
        merged = {**base, **diff}
        for key, value in overrides:
            merged = _set_nested(merged, _full_key(merged, key), value)
        stages.append(_check(merged))
    _check_order(stages)
    METHODS[stages[-1].method].decoding_settings(decoding)
    return Recipe(name, content.get("summary", ""), tuple(stages), decoding)


def parse_override(text: str) -> tuple[str, Any]:
    """``key=value`` -> (key, value), the value read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SettingError(f"--set {text}: write it as key=value")
    read = _read_yaml(f"--set {text}", value)
    if isinstance(read, str):
        with suppress(ValueError):  # YAML 1.1 takes 1e-3, without a point, for a word
            read = float(read)
    return key.strip(), read


def _set_nested(settings: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    head, dot, rest = key.partition(".")
    if not dot:
        return {**settings, head: value}
    table = settings.get(head) or {}
    if not isinstance(table, dict) or head in SCALARS:
        raise SettingError(
            f"{key}: {head} is a single value and has no {rest}; for an objective's own settings say objective_settings"
        )
    return {**settings, head: _set_nested(table, rest, value)}


def _own_settings(settings: dict[str, Any]) -> list[str]:
    """What the network and the method of these settings take by name, beside a stage's own."""

    network = NETWORKS.get(settings.get("network", Stage.network))
    method = METHODS.get(settings.get("method", Stage.method))
    takes = [p for p in (network, method and method.prepare) if p is not None]
    return [name for taker in takes for name in inspect.signature(taker).parameters if name not in ("self", "size")]


def _full_key(settings: dict[str, Any], key: str) -> str:
    """``encoder`` -> ``network_settings.encoder`` where no stage but the network, or the method, has such a setting."""

    head = key.partition(".")[0]
    if head in {f.name for f in dataclasses.fields(Stage)}:
        return key
    network = NETWORKS.get(settings.get("network", Stage.network))
    method = METHODS.get(settings.get("method", Stage.method))
    for table, takes in (("network_settings", network), ("method_settings", method and method.prepare)):
        if takes is not None and head in inspect.signature(takes).parameters:
            return f"{table}.{key}"
    return key


def _check(settings: dict[str, Any]) -> Stage:
    """Turn plain settings into a Stage, loudly."""

    fields = {f.name: f for f in dataclasses.fields(Stage)}
    for key, value in settings.items():
        if key not in fields:
            raise SettingError(f"unknown setting {key!r}: choose {', '.join([*fields, *_own_settings(settings)])}")
        default = getattr(Stage(), key)
        check_type(key, value, 0.0 if default is None else default)
    stage = Stage(**settings)
    for key, choices in (("network", NETWORKS), ("method", METHODS)):
        if getattr(stage, key) not in choices:
            raise SettingError(f"unknown {key} {getattr(stage, key)!r}: choose {', '.join(choices)}")
    if stage.size <= 0 or stage.size % 32:
        raise SettingError(f"size {stage.size}: must be a multiple of 32")
    for key in ("steps", "batch_size", "lr", "encoder_lr", "discriminator_lr", "target_stride"):
        if getattr(stage, key) is not None and getattr(stage, key) <= 0:
            raise SettingError(f"{key} {getattr(stage, key)}: must be above 0")
    for key in ("seed", "warmup", "min_side", "weight_decay"):
        if (getattr(stage, key) or 0) < 0:
            raise SettingError(f"{key} {getattr(stage, key)}: must be 0 or more")
    if (
        not 0 < stage.min_crop <= 1
        or not 0 <= stage.degraded <= 1
        or not 0 <= stage.ema < 1
        or not 0 <= stage.final_lr <= 1
    ):
        raise SettingError("min_crop, aged, ema and final_lr are shares between 0 and 1")
    try:
        check_network(stage.network, stage.size, stage.network_settings)
        stride = getattr(NETWORKS[stage.network], "output_stride", stage.target_stride)
        if stage.target_stride != stride:
            raise SettingError(f"target_stride {stage.target_stride}: network {stage.network} needs {stride}")
        METHODS[stage.method].check(stage)
    except TypeError as error:  # a word where a number belongs, say
        raise SettingError(f"network_settings or method_settings: {error}") from error
    return stage


def _check_order(stages: list[Stage]) -> None:
    """A network goes through all stages: they must agree on it, and on its size if it has only one."""

    first = stages[0]
    for stage in stages[1:]:
        if stage.network != first.network:
            raise SettingError(f"stages train networks {first.network} and {stage.network}: must be one")
        one_size = "size" in inspect.signature(NETWORKS[stage.network]).parameters
        if one_size and stage.size != first.size:
            raise SettingError(f"stages of size {first.size} and {stage.size}: network {stage.network} has one size")
