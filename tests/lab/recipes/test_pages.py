from pathlib import Path

import pytest

pytest.importorskip("torch")

from colorizing_things.errors import SettingError
from colorizing_things.lab.recipes.load import recipe_names, recipe_text
from colorizing_things.lab.recipes.pages import Results, pages, write

DOCS = Path(__file__).parents[3] / "docs"
RESULTS = (DOCS / "results.md").read_text(encoding="utf-8")
TABLE = """
## Every method on val

| | AuC |
| --- | ---: |
| grey | 1 |
| aae-hinge | 2 |
| default | 3 |
| real | 4 |

## The adversarial recipes at one equal budget

| | p95 |
| --- | ---: |
| aae-wgan | 5 |
"""


def test_the_pages_in_the_docs_are_not_stale():
    there = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "methods").glob("*.md")}
    fresh = pages(RESULTS)
    assert sorted(set(there) - set(fresh)) == [], "pages of no recipe: delete them"
    stale = [name for name, text in fresh.items() if there.get(name) != text]
    assert stale == [], "run python -m colorizing_things.lab.recipes.pages docs/methods/"


def test_every_recipe_has_its_page_with_its_yaml_and_the_index_links_it():
    made = pages(RESULTS)
    assert set(made) == {"index.md", *(f"{name}.md" for name in recipe_names())}
    for name in recipe_names():
        assert f"```yaml\n{recipe_text(name)}```" in made[f"{name}.md"]
        assert f"colorize train {name} " in made[f"{name}.md"]
        assert f"[{name}]({name}.md)" in made["index.md"]


def test_a_page_tells_the_paper_the_settings_and_the_figures():
    page = pages(RESULTS)["zhang2016.md"]
    assert "Colorful Image Colorization (ECCV 2016)" in page
    assert "| `method.neighbors` |" in page
    assert Results(RESULTS).rows["zhang2016"] in page
    assert r"bins of u\* and v\*" in pages(RESULTS)["index.md"]
    assert "No figures yet" in pages(RESULTS)["distil-vgg16.md"]


def test_a_row_stands_between_grey_and_real():
    assert Results(TABLE).of("aae-hinge")[2:] == ["| grey | 1 |", "| aae-hinge | 2 |", "| real | 4 |"]
    assert Results(TABLE).of("aae-wgan") == []


def test_the_default_of_then_goes_by_its_own_name():
    assert Results(RESULTS).of("mobile-unet") and not Results(RESULTS).of("default")


def test_a_page_without_the_table_is_refused():
    with pytest.raises(SettingError, match="no table under '## Every method on val'"):
        Results("# Results\n")


def test_what_is_written_follows_the_results_beside_it(tmp_path):
    (tmp_path / "results.md").write_text(TABLE, encoding="utf-8")
    write(tmp_path / "methods")
    assert "| aae-hinge | 2 |" in (tmp_path / "methods" / "aae-hinge.md").read_text(encoding="utf-8")
    equally = (tmp_path / "methods" / "aae-wgan.md").read_text(encoding="utf-8")
    assert "| aae-wgan | 5 |" in equally and "No figures" not in equally
