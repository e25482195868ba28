import json
from pathlib import Path

import pytest
import yaml

pytest.importorskip("torch")
from typer.testing import CliRunner

from colorizing_things.errors import SettingError
from colorizing_things.lab.recipes.load import recipe_names, recipe_text
from colorizing_things.lab.recipes.reference import explain, schema, settings, with_table

PAGE = Path(__file__).parents[3] / "docs" / "lab.md"


def test_every_setting_has_a_meaning():
    assert [f"{setting.key} of {setting.owner}" for setting in settings() if not setting.meaning] == []


def test_the_table_in_the_docs_is_not_stale():
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "run python -m colorizing_things.lab.recipes.reference docs/lab.md"


def test_a_setting_is_explained_by_its_last_part_or_in_full():
    assert (
        explain("lr")
        == explain("optimizer.lr")
        == ("optimizer.lr: number, above 0 or none; default none; learning rate of new layers")
    )
    assert "(method aae)" in explain("code_width")
    with pytest.raises(SettingError, match=r"unknown setting 'lrr': choose .*lr,"):
        explain("lrr")


def unknown_to(described, value, root, path=""):
    """Keys of a recipe that its schema does not describe, looking through references and alternatives."""
    if "$ref" in described:
        described = root["$defs"][described["$ref"].rsplit("/", 1)[1]]
    if "allOf" in described:  # of a group that has a default, before pydantic 2.9
        return [key for part in described["allOf"] for key in unknown_to(part, value, root, path)]
    if "anyOf" in described:
        return min((unknown_to(part, value, root, path) for part in described["anyOf"]), key=len)
    if isinstance(value, list):
        return [key for item in value for key in unknown_to(described.get("items", {}), item, root, path)]
    if not isinstance(value, dict):
        wrong = ("enum" in described and value not in described["enum"]) or described.get("const", value) != value
        return [path] if wrong or described.get("type") == "object" else []
    properties = described.get("properties", {})
    if described.get("additionalProperties", True):
        return []
    unknown = [f"{path}.{key}" for key in value if key not in properties]
    known = [(key, item) for key, item in value.items() if key in properties]
    return [*unknown, *(k for key, item in known for k in unknown_to(properties[key], item, root, f"{path}.{key}"))]


@pytest.mark.parametrize("name", recipe_names())
def test_the_schema_describes_every_recipe(name):
    content = yaml.safe_load(recipe_text(name))
    assert unknown_to(schema(), content, schema()) == []


def test_the_schema_does_not_describe_what_is_misspelt():
    assert unknown_to(schema(), {"data": {"sise": 64}}, schema()) == [".data.sise"]
    assert unknown_to(schema(), {"network": "zhang2017"}, schema())
    assert json.loads(json.dumps(schema()))["properties"]["steps"]["minimum"] == 1


def test_the_command_lists_prints_and_explains():
    import typer

    from colorizing_things.lab.cli.recipes import recipes

    app = typer.Typer()
    app.command()(recipes)
    run = CliRunner().invoke
    assert "zhang2016-l2" in run(app, []).stdout
    assert run(app, ["zhang2016-l2"]).stdout == recipe_text("zhang2016-l2")
    assert json.loads(run(app, ["--schema"]).stdout) == schema()
    assert run(app, ["--explain", "ema"]).stdout.startswith("optimizer.ema: number, 0 or more, below 1; default 0.999;")
