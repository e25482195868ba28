import numpy as np
import pytest

torch = pytest.importorskip("torch")
from PIL import Image
from tiny import tiny_stage

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.augmentation import augment, codes_between
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings


def a_run(name, photographs, out):
    recipe = Recipe(name=name, summary="a test", stages=(tiny_stage(name, "steps=2"),))
    train(recipe, RunSettings(data=photographs, out=out, precision="32-true"))
    return out


@pytest.fixture(scope="module")
def run(photographs, tmp_path_factory):
    return a_run("vaegan-hinge", photographs, tmp_path_factory.mktemp("runs") / "vae")


def test_codes_go_from_ones_own_to_the_draw_and_stay_likely():
    torch.manual_seed(0)
    own, drawn = torch.randn(2000), torch.randn(4, 2000)
    codes = codes_between(own, drawn)
    torch.testing.assert_close(codes[-1], drawn[-1], atol=1e-5, rtol=0)
    torch.testing.assert_close(codes.std(1), torch.ones(4), atol=0.06, rtol=0)
    nearness = torch.cosine_similarity(codes, own[None].expand_as(codes))
    assert (nearness.diff() < 0).all() and nearness[0] > 0.9


def test_a_new_set_of_the_same_photographs_in_other_colours(run, photographs, tmp_path):
    train_set, dev, _ = open_photographs(photographs)
    assert augment(run, photographs, tmp_path / "new", variants=2, seed=1) == 2 * len(train_set)
    written = sorted((tmp_path / "new").rglob("*.png"))
    assert len(written) == 2 * len(train_set) and len(dev) + len(train_set) == 24
    assert {path.parent.name for path in written} == set(train_set.sources)
    first = next(path for path in written if path.name == "000000.0.png")
    ours, real = np.asarray(Image.open(first)), train_set[0]
    assert ours.shape == real.shape
    difference = np.abs(srgb_to_lab(ours / 255) - srgb_to_lab(real / 255))
    assert difference[..., 0].mean() < 0.5 < difference[..., 1:].mean()  # lightness stays, colour does not
    assert not np.array_equal(ours, np.asarray(Image.open(first.with_name("000000.1.png"))))
    again, other = tmp_path / "again", tmp_path / "other"
    augment(run, photographs, again, variants=2, seed=1), augment(run, photographs, other, variants=2, seed=2)
    same = first.relative_to(tmp_path / "new")
    np.testing.assert_array_equal(np.asarray(Image.open(again / same)), ours)
    assert not np.array_equal(np.asarray(Image.open(other / same)), ours)
    to_train_on, to_measure_on, _ = open_photographs(tmp_path / "new", keep_colorless=True)
    assert (len(to_train_on), len(to_measure_on)) == (len(written), 0)


def test_what_cannot_be_is_one_line(run, photographs, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(TrainingError, match="not empty"):
        augment(run, photographs, tmp_path / "full")
    with pytest.raises(TrainingError, match="is a file"):
        augment(run, photographs, tmp_path / "full" / "a")
    with pytest.raises(SettingError, match="1 or more"):
        augment(run, photographs, tmp_path / "new", variants=0)
    other = a_run("aae-hinge", photographs, tmp_path / "aae")
    with pytest.raises(TrainingError, match="no latent space of colour"):
        augment(other, photographs, tmp_path / "new")
