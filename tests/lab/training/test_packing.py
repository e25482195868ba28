import json
import zipfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from colorizing_things import __version__
from colorizing_things.errors import TrainingError
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.evaluation.candidates import open_model
from colorizing_things.lab.networks.checkpoints import averaged_weights, load
from colorizing_things.lab.recipes.load import build_recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.packing import data_provenance
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.card import load_card

TINY = {
    "summary": "a test",
    "network": {"name": "zhang2016", "width": 0.05},  # a plain one: its export takes a quarter of mobile-unet's time
    "method": "zhang2016",
    "data": {"size": 32, "batch_size": 4},
    "stages": [{"steps": 2}],
}


@pytest.fixture(scope="module")
def packed(photographs, tmp_path_factory):
    """A run, packed, and moved away from its folder under another name."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    train(build_recipe("tiny", TINY, []), RunSettings(data=photographs, out=out, precision="32-true"))
    return (out / "run.zip").rename(out.parent / "grandmother.zip")


def content(packed, name):
    with zipfile.ZipFile(packed) as archive:
        return json.loads(archive.read(name))


def test_it_says_what_made_it(packed, photographs, tmp_path):
    assert content(packed, "run.json")["recipe"]["name"] == "tiny"
    assert content(packed, "code.json")["colorizing-things"] == __version__
    assert content(packed, "code.json")["torch"] == torch.__version__
    card = content(packed, "card.json")
    assert card["name"] == "tiny" and card["training"]["pictures_seen"] == 8 and "file" not in card
    data = content(packed, "data.json")
    assert data == data_provenance(open_photographs(photographs))
    assert data["pictures"] + data["dev"] == 24 and set(data["sources"]) == {"astronaut", "chelsea", "coffee"}
    with zipfile.ZipFile(packed) as archive:
        events = [name for name in archive.namelist() if name.startswith("events.")]
        archive.extract(events[0], tmp_path)
    log = EventAccumulator(str(tmp_path))
    log.Reload()
    assert [entry.step for entry in log.Scalars("classes")][-1] == 2


def test_it_is_exported_and_measured_and_its_card_is_the_models(packed, tmp_path):
    model = open_model(str(packed), tmp_path)  # what evaluate does first: it exports a run
    card = load_card(Path(model.model))
    assert card.content() == content(packed, "card.json") | {"file": card.file, "sha256": card.sha256}


def test_another_run_begins_from_it(packed, photographs, tmp_path):
    still = build_recipe("tiny", TINY, [("lr", 1e-30), ("encoder_lr", 1e-30), ("weight_decay", 0.0)])
    train(still, RunSettings(photographs, tmp_path / "new", start=packed, max_steps=1, precision="32-true"))
    before, after = averaged_weights(load(packed)), load(tmp_path / "new")["network"]
    for name in (name for name in before if name.endswith("weight")):
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=1e-20)


def test_a_damaged_or_another_zip_is_one_line(packed, tmp_path):
    data = bytearray(packed.read_bytes())
    data[len(data) // 3] ^= 255
    (tmp_path / "damaged.zip").write_bytes(data)
    (tmp_path / "short.zip").write_bytes(data[:-1000])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    for name in ("damaged.zip", "short.zip", "other.zip"):
        with pytest.raises(TrainingError, match=rf"{name}: is no checkpoint of a run, or is broken off") as error:
            load(tmp_path / name)
        assert "\n" not in str(error.value)


def test_its_checksum_is_the_photographs_not_their_order(photographs, tmp_path):
    whole = open_photographs(photographs)
    turned = whole._replace(train=whole.train.subset(range(len(whole.train))[::-1]))
    fewer = whole._replace(train=whole.train.subset(range(1, len(whole.train))))
    assert data_provenance(turned) == data_provenance(whole)
    assert data_provenance(fewer)["sha256"] != data_provenance(whole)["sha256"]
