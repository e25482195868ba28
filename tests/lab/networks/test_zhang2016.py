import pytest

torch = pytest.importorskip("torch")
from colorizing_things.errors import SettingError
from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.networks.zhang2016 import Zhang2016
from colorizing_things.lab.objectives.classification import annealed_mean


def published_layout():
    """Keys and shapes of the published checkpoint, written down from the port's listing, not from our code."""
    convolutions = {
        "model1.0": (64, 1), "model1.2": (64, 64), "model2.0": (128, 64), "model2.2": (128, 128),
        "model3.0": (256, 128), "model3.2": (256, 256), "model3.4": (256, 256), "model4.0": (512, 256),
        "model4.2": (512, 512), "model4.4": (512, 512), "model8.2": (256, 256), "model8.4": (256, 256),
    }  # fmt: skip
    convolutions |= {f"model{block}.{layer}": (512, 512) for block in (5, 6, 7) for layer in (0, 2, 4)}
    shapes = {}
    for name, (outside, inside) in convolutions.items():
        shapes |= {f"{name}.weight": (outside, inside, 3, 3), f"{name}.bias": (outside,)}
    shapes |= {"model8.0.weight": (512, 256, 4, 4), "model8.0.bias": (256,)}
    shapes |= {"model8.6.weight": (313, 256, 1, 1), "model8.6.bias": (313,), "model_out.weight": (2, 313, 1, 1)}
    norms = {"model1.4": 64, "model2.4": 128, "model3.6": 256} | {f"model{block}.6": 512 for block in (4, 5, 6, 7)}
    for name, channels in norms.items():
        shapes |= {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
        shapes[f"{name}.num_batches_tracked"] = ()
    return shapes


@pytest.fixture(scope="module")
def tiny():
    return Zhang2016(width=0.05).eval()


def test_the_full_width_is_the_papers_and_takes_the_published_keys():
    with torch.device("meta"):
        network = Zhang2016()
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(32.24, abs=0.005)
    layout = published_layout()
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == layout
    state = {key: torch.empty(shape, device="meta") for key, shape in layout.items()}
    old = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    for published in (state, old):  # checkpoints of before torch 0.4.1 did not count batches
        network.load_state_dict(published, strict=True, assign=True)


def test_dilation_and_strides_follow_the_table():
    with torch.device("meta"):
        network = Zhang2016()
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)]
    assert [m.stride[0] for m in convolutions] == [1, 2, 1, 2, 1, 1, 2] + [1] * 14
    assert [m.dilation[0] for m in convolutions] == [1] * 10 + [2] * 6 + [1] * 5
    assert all(m.padding == m.dilation for m in convolutions)


def test_it_answers_at_a_quarter_of_the_size(tiny):
    L = torch.rand(2, 1, 32, 64) * 100
    assert tiny(L).shape == (2, 313, 8, 16)
    assert tiny.features(L).shape == (2, tiny.feature_channels, 4, 8)
    assert tiny.features(L).min() >= 0
    assert Zhang2016(0.05, head="ab")(L).shape == (2, 2, 8, 16)


def test_model_out_is_the_annealed_mean_over_the_bins(tiny):
    logits = torch.randn(1, 313, 3, 4) * 4
    expected = annealed_mean(logits, torch.from_numpy(ab_bins()), 0.38)
    torch.testing.assert_close(tiny.annealed_mean(logits, 0.38), expected, atol=1e-3, rtol=1e-4)
    assert not tiny.model_out.weight.requires_grad


@pytest.mark.parametrize(("settings", "match"), [({"width": 0}, "width 0"), ({"head": "rgb"}, "choose classes, ab")])
def test_wrong_settings_are_one_line(settings, match):
    with pytest.raises(SettingError, match=match) as error:
        Zhang2016(**settings)
    assert "\n" not in str(error.value)
