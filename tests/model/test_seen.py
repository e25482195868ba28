"""A picture is seen once: tiny models of two graphs and of one, and how often each graph runs."""

import json
import threading

import numpy as np
import pytest

pytest.importorskip("onnx")
from tiny_models import NOISE_GAIN, noise_model, plain_model

from colorizing_things import Model, ModelError, SettingError
from colorizing_things.model.card import load_card
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.noise import gaussian_noise
from colorizing_things.model.runtime import Graph

HEIGHT, WIDTH = 36, 100  # padded to 64 x 128


@pytest.fixture
def folder(tmp_path):
    return noise_model(tmp_path / "noise")


@pytest.fixture
def model(folder):
    return Model(folder)


@pytest.fixture
def L():
    return np.random.default_rng(0).uniform(0, 100, (HEIGHT, WIDTH)).astype(np.float32)


@pytest.fixture
def runs(monkeypatch):
    """Outputs that graphs were asked for, run by run."""
    asked, run = [], Graph.run

    def counted(self, wanted, feeds, keep_memory):
        asked.append(tuple(wanted))
        return run(self, wanted, feeds, keep_memory)

    monkeypatch.setattr(Graph, "run", counted)
    return asked


def hint(row, column, ab, trust=1.0):
    return HintField.none(HEIGHT, WIDTH).with_patch(row, column, 5, ab, trust)


def test_the_encoder_runs_once_and_each_answer_is_one_run_of_the_decoder(model, L, runs):
    seen = model.see(L)
    assert runs == [("deep", "places", "keys", "queries")]
    seen.decode(hint(10, 10, (40, 0)))
    seen.decode(hint(20, 50, (0, 40)), seen.noise(3))
    assert runs[1:] == [("ab",), ("ab",)]
    first = seen.decode()
    assert seen.decode() is not first and seen.decode().ab is first.ab  # from memory
    assert len(runs) == 4


def test_beyond_the_picture_lightness_is_mirrored_and_hints_are_none(model, L, monkeypatch):
    """As CONTRIBUTING promises to whoever makes a model: a bright edge must not end in black."""
    given, run = {}, Graph.run
    monkeypatch.setattr(
        Graph, "run", lambda self, wanted, feeds, *keep: given.update(feeds) or run(self, wanted, feeds, *keep)
    )
    model.see(L).decode(hint(35, 99, (40, -30)))
    np.testing.assert_array_equal(given["L"], np.pad(L, [(0, 28), (0, 28)], mode="symmetric")[None])
    for name in ("hint_ab", "hint_mask"):
        assert given[name][..., 35, 99].all()
        assert not given[name][..., 36:, :].any() and not given[name][..., 100:].any()


def test_hints_are_inputs_of_the_graph_and_nothing_is_done_beside_it(model, L):
    """The tiny graph leaves all cells but the hinted ones alone; so must the product."""
    seen = model.see(L)
    change = np.abs(seen.decode(hint(18, 50, (40, -30))).ab - seen.decode().ab).max(0)
    np.testing.assert_allclose(seen.decode(hint(18, 50, (40, -30))).ab[:, 4, 12], (40, -30), atol=1e-4)
    assert (change > 1e-3).sum() <= 4


def test_the_noise_covers_the_padded_field_and_is_shown_at_the_cards_mood(model, L):
    seen = model.see(L)
    assert seen.z.shape == (2, 16, 32)
    np.testing.assert_allclose(seen.z, 0.25 * gaussian_noise(0, 0, 2, 16, 32), atol=1e-6)
    mean = seen.decode(z=np.zeros_like(seen.z)).ab
    assert mean.shape == (2, 9, 25)
    np.testing.assert_allclose(seen.decode().ab - mean, NOISE_GAIN * seen.z[:, :9, :25], atol=1e-4)


def test_the_same_seed_gives_a_place_the_same_noise_in_a_larger_picture(model):
    small, large = (model.see(np.full(shape, 50, np.float32)).noise(2, 7, 1.0) for shape in ((32, 32), (96, 160)))
    np.testing.assert_array_equal(small, large[:, :8, :8])


def test_what_the_encoder_answers_by_itself_costs_no_run_of_the_decoder(tmp_path, L, runs):
    """Such as the logits of a network that gives them there; ``places`` stand for them."""
    seen = Model(noise_model(tmp_path / "noise", outputs=["ab", "places"])).see(L)
    runs.clear()
    places = seen.run(("places",))["places"]
    assert runs == [] and places.shape == (2, 5, 13)  # of the picture, not of what is padded
    assert list(seen.run(("ab", "places"))) == ["places", "ab"] and runs == [("ab",)]


def test_another_z_is_shown_without_seeing_again(model, L, runs):
    seen = model.see(L)
    other = seen.with_z(seen.noise(1, mood=1))
    assert len(runs) == 1 and not np.array_equal(other.decode().ab, seen.decode().ab)
    np.testing.assert_array_equal(other.decode().ab, seen.decode(z=other.z).ab)
    with pytest.raises(SettingError, match=r"takes \(2, 16, 32\) here"):
        seen.with_z(np.zeros((2, 9, 25), np.float32))


def test_what_is_remembered_cannot_be_changed(model, L):
    ab = model.see(L).decode().ab
    with pytest.raises(ValueError, match="read-only"):
        ab += 1


def test_threads_that_ask_at_once_cost_one_run(model, L, runs):
    seen = model.see(L)
    threads = [threading.Thread(target=lambda: seen.unhinted) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 2


def test_a_hint_costs_the_default_one_run_of_its_decoder(runs):
    seen = Model().see(np.random.default_rng(0).uniform(0, 100, (64, 64)).astype(np.float32))
    seen.decode()
    seen.decode(HintField.none(64, 64).with_patch(10, 10, 5, (40, 0)))
    assert len(runs) == 3  # the encoder's, and two of the decoder's


def test_a_model_of_one_graph_that_takes_lightness_alone(tmp_path, L):
    model = Model(plain_model(tmp_path / "plain"))
    assert model.card.abilities == ()
    seen = model.see(L)
    assert seen.z is None and seen.decode().ab.shape == (2, 9, 25)
    with pytest.raises(SettingError, match="model tiny-plain takes no hints"):
        seen.decode(hint(1, 1, (1, 1)))
    with pytest.raises(SettingError, match="has no mood"):
        seen.noise()
    with pytest.raises(SettingError, match="takes none here"):
        seen.decode(z=np.zeros(3, np.float32))


def test_what_the_model_with_noise_can(model):
    assert model.card.abilities == ("hints", "variants", "reference", "palette", "mood")


def test_a_card_of_two_graphs_round_trip(folder):
    card = load_card(folder)
    assert set(card.graphs) == {"encoder", "decoder"} and len(card.checksum) == 64
    card.save()
    assert load_card(folder) == card
    assert "file" not in json.loads((folder / "card.json").read_text())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"files": {"decoder": {"file": "decoder.onnx", "sha256": ""}}}, "encoder and decoder"),
        ({"files": {"encoder": {"file": "encoder.onnx"}}}, "each of files needs"),
        ({"file": "model.onnx", "sha256": "0"}, "encoder and decoder"),
        ({"files": {}}, "names no ONNX file"),
        ({"inputs": ["L"]}, "z is not among its inputs"),
        ({"mood": 2}, "mood 2 must be 0"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(folder, change, said):
    content = json.loads((folder / "card.json").read_text()) | change
    (folder / "card.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=said):
        load_card(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inputs": ["L", "z"]}, "does not take what the card says"),
        ({"outputs": ["ab", "logits"]}, "does not give logits"),
        ({"reference_features": "nowhere"}, "no output of the encoder is called nowhere"),
        ({"noise_stride": None}, "needs noise_stride"),
    ],
)
def test_graphs_that_are_not_what_the_card_says_are_refused(tmp_path, change, said):
    with pytest.raises(ModelError, match=said):
        Model(noise_model(tmp_path / "other", **change))


def test_a_changed_graph_does_not_match_its_card(folder):
    (folder / "encoder.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"encoder\.onnx: does not match"):
        Model(folder)


def test_colours_that_are_not_finite_are_refused(tmp_path, L):
    for number, slope in enumerate((float("nan"), float("inf"))):
        seen = Model(plain_model(tmp_path / str(number), slope)).see(L)
        with pytest.raises(ModelError, match=r"^model tiny-plain: its colours are not finite") as error:
            seen.decode()
        assert "\n" not in str(error.value)
