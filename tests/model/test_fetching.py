"""Models by name: where they are looked for, where they come from, and what is refused."""

import hashlib
import os
import subprocess

import pytest
import tiny_models

from colorizing_things.errors import ModelError
from colorizing_things.model import fetching, places
from colorizing_things.model.catalog import find_model
from colorizing_things.model.fetching import fetch_model


@pytest.fixture
def to_be_had(tmp_path, monkeypatch):
    """A clone whose history holds a model and a file of weights, removed since; both are published."""
    clone = tmp_path / "clone"
    clone.mkdir()
    run = lambda *words: subprocess.run(["git", *words], cwd=clone, check=True, capture_output=True, text=True)  # noqa: E731
    run("init", "-q"), run("config", "user.email", "a@b.invalid"), run("config", "user.name", "a")
    run("config", "core.autocrlf", "false")
    tiny_models.plain_model(clone / "weights" / "little")
    (clone / "weights" / "start.safetensors").write_bytes(b"weights")
    run("add", "."), run("commit", "-qm", "with weights")
    commit = run("rev-parse", "HEAD").stdout.strip()

    def file(path):
        data = path.read_bytes()
        return places.File(path.name, path.relative_to(clone).as_posix(), len(data), hashlib.sha256(data).hexdigest())

    model = [file(path) for path in sorted((clone / "weights" / "little").iterdir())]
    known = {
        "little": places.Published("little", "Of a test.", commit, tuple(model)),
        "start.safetensors": places.Published(
            "start.safetensors", "Of a test.", commit, (file(clone / "weights" / "start.safetensors"),)
        ),
    }
    for module in (places, fetching):
        monkeypatch.setattr(module, "published", lambda: known)
    monkeypatch.setattr("colorizing_things.model.catalog.published", lambda: known)
    monkeypatch.setattr(places.platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.delenv("COLORIZE_MODELS", raising=False)
    (tmp_path / "copy").mkdir()
    (clone / "weights").rename(tmp_path / "copy" / "weights")
    run("add", "."), run("commit", "-qm", "without")
    return clone


def test_out_of_the_history_into_models_of_the_clone(to_be_had, monkeypatch):
    monkeypatch.chdir(to_be_had)
    assert fetch_model("little").as_posix() == "models/little"
    assert find_model("little").name == "tiny-plain"
    assert fetch_model("start.safetensors").read_bytes() == b"weights"
    assert places.find_file("start.safetensors") is not None
    assert sorted(entry.name for entry in (to_be_had / "models").iterdir()) == ["little", "start.safetensors"]


def test_out_of_a_folder_or_a_url_and_then_known_everywhere(to_be_had, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(ModelError, match=r"model little is not installed: in a clone .*--fetch little .*--from"):
        find_model("little")
    with pytest.raises(ModelError, match=r"no full clone that has commit .*give --from"):
        fetch_model("little")
    copy = tmp_path / "copy" / "weights"
    assert fetch_model("little", str(copy)) == tmp_path / "data" / "models" / "little"
    assert fetch_model("start.safetensors", copy.as_uri()).read_bytes() == b"weights"
    monkeypatch.chdir(tmp_path)
    assert find_model("little").name == "tiny-plain"
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_others_publish_comes_out_of_the_folders_of_models(to_be_had, monkeypatch):
    monkeypatch.chdir(to_be_had)
    data = b"an encoder"
    encoder = places.File("encoder.safetensors", "", len(data), hashlib.sha256(data).hexdigest(), "say the word")
    little = fetching.published()["little"]
    known = {"little": places.Published("little", "Of a test.", little.commit, (*little.files, encoder))}
    monkeypatch.setattr(fetching, "published", lambda: known)
    with pytest.raises(ModelError, match=r"little needs encoder\.safetensors \(0 MB\) in models: say the word$"):
        fetch_model("little")
    (to_be_had / "models" / "encoder.safetensors").write_bytes(b"another")
    with pytest.raises(ModelError, match=r"encoder\.safetensors is not the file that was published"):
        fetch_model("little")
    (to_be_had / "models" / "encoder.safetensors").write_bytes(data)
    assert (fetch_model("little") / "encoder.safetensors").read_bytes() == data
    assert find_model("little").name == "tiny-plain"


def test_the_variable_says_where(to_be_had, tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZE_MODELS", os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")]))
    monkeypatch.chdir(to_be_had)
    fetch_model("little").rename(tmp_path / "little")
    (tmp_path / "b").mkdir()
    (tmp_path / "little").rename(tmp_path / "b" / "little")
    assert find_model("little").folder == tmp_path / "b" / "little"


def test_another_file_than_was_published_is_refused_and_leaves_nothing(to_be_had, tmp_path, monkeypatch):
    monkeypatch.chdir(to_be_had)
    copy = tmp_path / "copy" / "weights"
    graph = next((copy / "little").glob("*.onnx"))
    graph.write_bytes(graph.read_bytes() + b" ")
    with pytest.raises(ModelError, match="is not the file that was published"):
        fetch_model("little", str(copy))
    assert not any((to_be_had / "models").iterdir())
    with pytest.raises(ModelError, match=r"holds neither little.card.json nor card.json"):
        fetch_model("little", str(tmp_path))
    with pytest.raises(ModelError, match="cannot fetch file:"):
        fetch_model("little", (tmp_path / "nowhere").as_uri())
    with pytest.raises(ModelError, match=r"choose little, start\.safetensors"):
        fetch_model("unknown")


def test_one_that_is_there_is_checked_again(to_be_had, monkeypatch):
    monkeypatch.chdir(to_be_had)
    folder = fetch_model("little")
    assert fetch_model("little") == folder
    next(folder.glob("*.onnx")).write_bytes(b"spoilt")
    with pytest.raises(ModelError, match="is not the file that was published"):
        fetch_model("little")
