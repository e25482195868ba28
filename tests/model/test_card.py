import json
import shutil

import pytest

from colorizing_things import Model, ModelError, list_models
from colorizing_things.model.card import load_card
from colorizing_things.model.catalog import BUNDLED, find_model


@pytest.fixture
def copied(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED / "default", folder)
    return folder


def test_the_bundled_default_is_listed_first_and_small():
    cards = list_models()
    assert cards[0].name == "default"
    assert sum(card.size_in_bytes for card in cards) < 60e6
    assert cards[0].licence and cards[0].training and cards[0].scores and cards[0].known_failures


def test_a_model_is_found_by_name_folder_and_file(copied):
    assert find_model("default").folder == BUNDLED / "default"
    assert find_model(copied).folder == copied
    assert find_model(str(copied / "decoder.onnx")).folder == copied
    with pytest.raises(ModelError, match="choose default"):
        find_model("../default")


def test_a_card_round_trip(copied):
    card = load_card(copied)
    card.save()
    assert load_card(copied) == card


def test_a_changed_file_does_not_match_its_card(copied):
    path = copied / "decoder.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelError, match="checksum"):
        Model(copied)
    path.unlink()
    with pytest.raises(ModelError, match="missing"):
        Model(copied)


@pytest.mark.parametrize("change", [{"surprise": 1}, {"contract": 99}, {"stride": None}])
def test_a_wrong_card_is_refused(copied, change):
    content = json.loads((copied / "card.json").read_text())
    content.update(change)
    if change.get("stride", 0) is None:
        del content["stride"]
    (copied / "card.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=r"card\.json"):
        load_card(copied)


def test_a_card_that_is_no_json(copied):
    (copied / "card.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read as a card"):
        load_card(copied)
