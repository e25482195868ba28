import pytest

torch = pytest.importorskip("torch")
from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.hwang2016 import Hwang2016


@pytest.fixture(scope="module")
def full():
    with torch.device("meta"):
        return Hwang2016(weights="none")


def test_the_decoder_is_dahls(full):
    """Sizes of METHODS' table: convolutions and both parameters of each batch norm."""
    encoder = sum(p.numel() for p in full.encoder.parameters())
    # VGG16 to conv4_3 is 7,635,264 with three input channels, 64 x 9 x 2 fewer with one
    assert encoder == 7_635_264 - 1152
    convolutions = 512 * 256 + 256 + 9 * (256 * 128 + 128 * 64 + 64 * 3 + 3 * 3 + 3 * 2) + 2
    norms = 2 * (512 + 256 + 128 + 64 + 3) + 2 * (128 + 64 + 3 + 3)
    assert sum(p.numel() for p in full.parameters()) - encoder == convolutions + norms


def test_vgg_keys_are_torchvisions(full):
    keys = {key.removeprefix("encoder.") for key in full.state_dict() if key.startswith("encoder.")}
    assert keys == {f"features.{i}.{p}" for i in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21) for p in ("weight", "bias")}


def test_it_answers_at_full_size():
    L = torch.rand(2, 1, 16, 24) * 100
    assert Hwang2016(0.1, weights="none")(L).shape == (2, 2, 16, 24)
    network = Hwang2016(0.1, head="bins", bins=20, weights="none")
    answer = network(L)
    assert answer.shape == (2, 40, 16, 24) and network.uv(answer, 0.38).shape == (2, 2, 16, 24)


def test_skips_are_added():
    """With everything below them silenced, each skip still reaches the output."""
    network = Hwang2016(0.1, weights="none").eval()
    L = torch.rand(1, 1, 16, 16) * 100
    with torch.no_grad():
        before = network(L)
        for norm in network.skips[:4]:
            norm.bias.add_(1)
            after = network(L)
            assert not torch.allclose(before, after)
            before = after


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"head": "ab"}, "choose uv, bins"), ({"bins": 1}, "2 or more"), ({"weights": "missing.pth"}, "missing.pth")],
)
def test_wrong_settings_are_one_line(settings, match):
    with pytest.raises(SettingError, match=match) as error:
        Hwang2016(**{"weights": "none", **settings})
    assert "\n" not in str(error.value)
