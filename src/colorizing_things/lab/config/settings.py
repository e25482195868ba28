"""Descriptions of settings: type, range, default and meaning, each in one place.

From a description come the check of what a recipe gives, the JSON schema, what ``colorize recipes --explain`` says,
and the table in docs/lab.md. A group of settings is a pydantic model; the settings of a network or a method are read
from the signature and the docstring of what takes them (:func:`settings_of`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from colorizing_things.errors import SettingError

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """A group of settings: unknown names, other types and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=Settings)


def validate(model: type[S], given: Mapping[str, Any], where: str = "", owner: str = "") -> S:
    """The settings of a group, checked.

    Args:
        model: describes the group.
        given: as read from YAML; lists become tuples.
        where: what stands before the keys in messages: ``decoding``.
        owner: whose settings they are, for the message about an unknown one: ``network bottleneck``.

    Raises:
        SettingError: an unknown key, or a value that cannot be; one line about the first of them.
    """
    try:
        return model.model_validate(_with_tuples(given))
    except ValidationError as error:
        raise SettingError(_one_line(error.errors()[0], model, where, owner)) from error


def _with_tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_tuples(item) for key, item in value.items()}
    return tuple(_with_tuples(item) for item in value) if isinstance(value, list) else value


TYPES = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "string": "a word",
    "dict": "a table of settings", "model": "a table of settings", "tuple": "a list",
}  # fmt: skip
LIMITS = {
    "greater_than": ("gt", "above {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "below {}"),
    "less_than_equal": ("le", "at most {}"),
    "multiple_of": ("multiple_of", "a multiple of {}"),
}


def _one_line(error: Any, model: type[Settings], where: str, owner: str) -> str:
    """Pydantic's error in our words."""
    path = [str(part) for part in error["loc"] if isinstance(part, str) and not part.startswith("tuple[")]
    key, value, kind = ".".join([where, *path] if where else path), error["input"], error["type"]
    if kind == "extra_forbidden":
        group = _group(model, path[:-1])
        of = owner or ".".join(path[:-1]) or where
        return f"unknown setting {path[-1]!r}{of and f' of {of}'}: choose {', '.join(group) or 'none, it takes none'}"
    if kind in ("too_long", "too_short") or (kind == "missing" and isinstance(error["loc"][-1], int)):
        return f"{key}: too few or too many in the list"
    if kind == "missing":
        return f"{key}: is missing"
    if kind in LIMITS:
        name, text = LIMITS[kind]
        limit = error["ctx"][name]
        return f"{key} {value}: must be {text.format(f'{limit:g}')}"
    if kind == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"unknown {path[-1]} {value!r}: choose {choices}"
    if kind == "finite_number":
        return f"{key}: {value} is not finite"
    expected = next((text for name, text in TYPES.items() if kind.startswith(f"{name}_")), None)
    return f"{key}: {value!r} is not {expected}" if expected else f"{key}: {value!r}: {error['msg']}"


def _group(model: type[Settings], path: list[str]) -> list[str]:
    """Names of the settings of the group at a path inside a model."""
    for part in path:
        annotation = model.model_fields[part].annotation
        if not (inspect.isclass(annotation) and issubclass(annotation, Settings)):
            return []
        model = annotation
    return list(model.model_fields)


@cache
def settings_of(takes: Callable[..., Any]) -> type[Settings]:
    """A model of what a class or function takes by name, from its signature and the ``Args:`` of its docstring.

    ``size`` is left out: the side of the squares that a network sees is the data's.
    """
    init = takes.__init__ if inspect.isclass(takes) else takes
    hints = get_type_hints(init, include_extras=True)
    meanings = arguments_of(takes.__doc__ or "")
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(takes).parameters.items():
        if name in ("self", "size") or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (hints.get(name, Any), Field(default, description=meanings.get(name)))
    return create_model(takes.__qualname__, __base__=Settings, **fields)


def arguments_of(docstring: str) -> dict[str, str]:
    """What a Google-style docstring says of each argument, in plain words."""
    section = re.search(r"^ *Args:\n(.*?)(?:\n *(?:Returns|Raises|Attributes|Example):|\Z)", docstring, re.S | re.M)
    if section is None:
        return {}
    lines = inspect.cleandoc(" \n" + section[1]).splitlines()
    entries: list[list[str]] = []
    for line in lines:
        if line and not line.startswith(" "):
            entries.append([line])
        elif entries and line.strip():
            entries[-1].append(line.strip())
    found: dict[str, str] = {}
    for names, _, text in (" ".join(entry).partition(": ") for entry in entries):
        plain = re.sub(r":\w+:`[.~]?([^`]*)`", r"\1", text).replace("``", "").removesuffix(".")
        found |= {name.strip(): plain for name in names.split(",")}
    return found


def descriptions(model: type[Settings]) -> Iterator[tuple[str, str, str, str]]:
    """Of each setting its name, what it can be, its default, and what it means."""
    schema = model.model_json_schema()
    for name, entry in schema.get("properties", {}).items():
        if "$ref" in entry or "allOf" in entry:
            continue  # a group: its settings are described by themselves
        default = entry.get("default")
        yield name, _kind(entry), "none" if default is None else _plain(default), entry.get("description") or ""


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or "''"


def _kind(entry: dict[str, Any]) -> str:
    """What a JSON schema's entry can be, in words."""
    if "anyOf" in entry:
        return " or ".join("none" if part.get("type") == "null" else _kind(part) for part in entry["anyOf"])
    if "enum" in entry or "const" in entry:
        return ", ".join(map(str, entry.get("enum", [entry.get("const")])))
    words = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "word"}
    if entry.get("type") == "array":
        members = entry.get("prefixItems")
        return f"list of {len(members)}" if members else "list"
    text = words.get(entry.get("type", ""), "table of settings")
    low, high = entry.get("minimum"), entry.get("maximum")
    if low is not None and high is not None:
        text += f", {low:g} to {high:g}"
    elif low is not None:
        text += f", {low:g} or more"
    elif high is not None:
        text += f", at most {high:g}"
    if "exclusiveMinimum" in entry:
        text += f", above {entry['exclusiveMinimum']:g}"
    if "exclusiveMaximum" in entry:
        text += f", below {entry['exclusiveMaximum']:g}"
    if "multipleOf" in entry:
        text += f", a multiple of {entry['multipleOf']:g}"
    return text
