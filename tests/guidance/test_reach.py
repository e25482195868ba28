"""How far a hint goes: a spot, its thing, all that is like it."""

import numpy as np
import pytest
from tiny_models import noise_model, plain_model

from colorizing_things import Colorizer, ColorOptions, Guide, Hint, SettingError
from colorizing_things.color.chroma import Chroma
from colorizing_things.guidance.reach import PlacedHint, within_reach
from colorizing_things.model.model import Model

RED = (60.0, 40.0)
AFFINITY = ["keys", "queries"]


@pytest.fixture(scope="module")
def scene():
    """Two things of the same lightness on a dark ground, and a third that is lighter: 128 x 192 px."""
    gray = np.full((128, 192), 60, np.uint8)
    gray[32:96, 16:64] = gray[32:96, 128:176] = 160
    gray[32:64, 80:112] = 230
    return gray


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return noise_model(tmp_path_factory.mktemp("models") / "noise", default_size=128, mood=0.0, affinity=AFFINITY)


@pytest.fixture
def session(model, scene):
    return Colorizer(model, threads=1).session(scene)


def changed(session, *hints):
    """Which cells of 4 px are recolored, and by how much."""
    return np.hypot(*(session.predict(hints).ab - session.predict().ab))


def test_belonging_is_what_the_keys_and_queries_say(model):
    L = np.full((64, 64), 20, np.float32)
    L[:, 32:] = 40
    chance = Model(model, threads=1).see(L).belonging(10, 10)
    assert chance.shape == (8, 8)
    np.testing.assert_allclose(chance[:, :4], 1 / (1 + np.exp(-2)), rtol=1e-4)
    np.testing.assert_allclose(chance[:, 4:], 1 / (1 + np.exp(2)), rtol=1e-3)


def test_distance_counts_where_the_query_says_so(model):
    seen = Model(model, threads=1).see(np.full((64, 64), 50, np.float32))
    seen._feeds["queries"] = seen._feeds["queries"].copy()
    seen._feeds["queries"][-1] = 0.5
    chance = seen.belonging(36, 36)
    assert chance[4, 4] > chance[4, 5] > chance[4, 7] and chance[4, 5] == pytest.approx(
        1 / (1 + np.exp(-1.5)), rel=1e-4
    )


def test_an_object_is_coloured_wholly_and_nothing_else(session):
    found = changed(session, Hint(40, 64, RED))
    assert found[9:23, 5:15].min() > 50  # the thing, but for its edge
    assert found[9:23, 33:43].min() > 50  # the network of a few nodes takes what is as light for the same thing
    assert found[:7].max() < 1e-3 and found[25:].max() < 1e-3 and found[9:15, 21:27].max() < 1e-3


def test_a_spot_stays_near_its_place(session):
    found = changed(session, Hint(40, 64, RED, "spot"))
    assert found[16, 10] > 50
    rows, columns = np.nonzero(found > 1)
    assert np.hypot(rows * 4 + 2 - 64, columns * 4 + 2 - 40).max() < 128 / 12 + 12


def test_alike_is_left_to_the_network(session):
    found = changed(session, Hint(40, 64, RED, "alike"))
    assert 0 < (found > 1).sum() <= 9  # this one colours the cells that are given, and no other


def test_of_two_hints_the_surer_one_has_the_place(session):
    ab = session.predict([Hint(40, 64, RED), Hint(96, 48, (-40.0, 30.0))]).ab
    assert ab[0, 16, 10] == pytest.approx(60, abs=1) and ab[0, 12, 24] == pytest.approx(-40, abs=1)


def test_where_no_hint_reaches_the_colours_stay_even_beside_a_reference(model, scene):
    color = np.stack([scene, scene // 2, scene // 3], -1)
    session = Colorizer(model, threads=1).session(scene, ColorOptions(guide=Guide.of(reference=color)))
    found = changed(session, Hint(40, 64, RED))
    assert found[9:23, 5:15].min() > 30 and found[:7].max() < 0.01


def test_each_variant_keeps_its_own_colours_where_a_hint_does_not_reach(session):
    plain, told = session.variants(3), session.variants(3, hints=[Hint(40, 64, RED)])
    for before, after in zip(plain, told, strict=True):
        assert np.abs(after.ab - before.ab)[:, :7].max() < 0.01
        assert after.ab[0, 16, 10] == pytest.approx(60, abs=1)
    assert np.abs(told[1].ab - told[2].ab)[:, :7].max() > 5


def test_a_palette_is_not_told_that_the_rest_stays_as_it_is(session):
    far = session.palette(10, 10, [Hint(40, 64, RED)])
    assert len(far) > 1


def test_cells_that_the_picture_does_not_fill(model):
    seen = Model(model, threads=1).see(np.full((36, 44), 50, np.float32))
    shown = Chroma(np.full((2, 9, 11), 7, np.float32))
    field = within_reach(seen, shown, [PlacedHint(20, 20, RED, "spot")])
    assert field.ab.shape == (2, 36, 44) and field.ab[0, 35, 43] == 7 and field.ab[0, 20, 20] == 60


def test_a_model_that_cannot_tell_things_apart_takes_hints_as_it_pleases(tmp_path, scene):
    blind = noise_model(tmp_path / "blind", default_size=128, mood=0.0)
    session = Colorizer(blind, threads=1).session(scene)
    assert "reach" not in session.seen.card.abilities
    np.testing.assert_array_equal(changed(session, Hint(40, 64, RED)), changed(session, Hint(40, 64, RED, "alike")))
    with pytest.raises(SettingError, match="cannot tell things apart"):
        session.seen.belonging(0, 0)


def test_outputs_that_are_not_there_are_refused(tmp_path):
    from colorizing_things import ModelError

    with pytest.raises(ModelError, match="no output of the encoder is called halves"):
        Model(noise_model(tmp_path / "strange", affinity=["keys", "halves"]))
    assert Model(plain_model(tmp_path / "plain")).card.affinity == []
