import pytest

pytest.importorskip("torch")
from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.recipes.load import build_recipe, load_recipe, parse_override, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads_and_says_what_it_is(name):
    assert name in recipe_names()
    recipe = load_recipe(name)
    assert recipe.summary and recipe.stages


def test_stages_are_diffs_from_the_base_and_overrides_win():
    content = {"data": {"batch_size": 8}, "stages": [{"data": {"size": 64}}, {"data": {"size": 96, "batch_size": 4}}]}
    recipe = build_recipe("x", content, [])
    assert [(s.data.size, s.data.batch_size) for s in recipe.stages] == [(64, 8), (96, 4)]
    recipe = build_recipe("x", content, [parse_override("batch_size=2"), parse_override("method.regression=1")])
    assert [s.data.batch_size for s in recipe.stages] == [2, 2]
    assert recipe.stages[0].method.settings == {"regression": 1}
    assert build_recipe("x", {}, []).stages == (Stage(),)


@pytest.mark.parametrize(
    ("override", "match"),
    [
        ("bath_size=4", "unknown setting 'bath_size': choose"),
        ("batch_size", "key=value"),
        ("batch_size=0", "data.batch_size 0: must be 1 or more"),
        ("batch_size=four", "not a whole number"),
        ("batch_size=true", "not a whole number"),
        ("size=100", "multiple of 32"),
        ("network=unet", "unknown network"),
        ("method=magic", "unknown method"),
        ("ema=1.5", "optimizer.ema 1.5: must be below 1"),
        ("lr=-1", "above 0"),
        ("decoding.sise=96", "unknown setting 'sise' of decoding: choose classes"),
        ("decoding.classes=2", "decoding.classes 2: must be at most 1"),
        ("aspects=[]", "too few or too many in the list"),
        ("aspects=[1, 0]", "must be above 0"),
        ("decoding.size=0", "decoding.size 0: must be 1 or more"),
    ],
)
def test_a_wrong_setting_is_one_line(override, match):
    with pytest.raises(SettingError, match=match) as error:
        load_recipe("mobile-unet", [override])
    assert "\n" not in str(error.value)


def test_decoding_is_the_whole_recipes():
    recipe = load_recipe("default", ["decoding.size=96"])
    assert recipe.decoding == {**load_recipe("default").decoding, "size": 96}
    with pytest.raises(SettingError, match="unknown setting 'draws' of decoding: choose chroma, size"):
        load_recipe("unet-sagan-hinge", ["decoding.draws=true"])  # it has no latent to draw


def test_an_unknown_recipe_lists_the_known(tmp_path):
    with pytest.raises(SettingError, match=r"choose .*default"):
        load_recipe("defualt")
    with pytest.raises(SettingError, match="no such recipe file"):
        load_recipe(str(tmp_path / "mine.yaml"))
    for text in ("[1, 2]", "stages: 3", "decoding: 5", "stages: [4]", "size: ["):
        (tmp_path / "mine.yaml").write_text(text)
        with pytest.raises(SettingError, match="mine") as error:
            load_recipe(str(tmp_path / "mine.yaml"))
        assert "\n" not in str(error.value)
    (tmp_path / "mine.yaml").write_text("summary: mine\ndata: {size: 64}\n")
    assert load_recipe(str(tmp_path / "mine.yaml")).stages[0].data.size == 64


def test_a_setting_holds_for_the_stages_that_have_it():
    first, second, third = load_recipe("default", ["wilful=0.5", "places=3"]).stages
    assert first.method.settings == second.method.settings == {"wilful": 0.5}
    assert third.method.settings == {"places": 3}
    with pytest.raises(SettingError, match="unknown setting 'plases'"):
        load_recipe("default", ["plases=3"])
