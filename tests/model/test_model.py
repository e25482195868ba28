import numpy as np
import onnxruntime
import pytest

from colorizing_things import Model, SettingError


@pytest.fixture(scope="module")
def model():
    return Model()


def test_one_network_serves_many_pictures(model):
    dark = model.see(np.full((64, 96), 10, np.float32))
    light = model.see(np.full((64, 96), 90, np.float32))
    first = dark.decode().ab
    assert not np.allclose(first, light.decode().ab)
    np.testing.assert_array_equal(first, dark.decode().ab)


@pytest.mark.parametrize("shape", [(2, 2), (4, 512), (36, 100), (128, 128)])
def test_any_size_that_fits_the_output(model, shape):
    chroma = model.see(np.full(shape, 50, np.float32)).decode()
    assert chroma.ab.shape == (2, shape[0] // 2, shape[1] // 2)
    assert np.isfinite(chroma.ab).all()


def test_wrong_use_is_refused(model):
    with pytest.raises(SettingError, match="multiples of 2"):
        model.see(np.zeros((33, 64), np.float32))


def test_the_network_sees_the_picture_in_its_own_shape(model):
    assert model.network_size(4000, 3000, 120) == (160, 120)
    assert model.network_size(3000, 4000, 120) == (120, 160)
    assert model.network_size(1, 20000, 128) == (2, 512)
    assert model.network_size(1, 1, 128) == (128, 128)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_device_that_does_not_start_is_said_and_not_replaced(monkeypatch):
    """ONNX Runtime falls back to the CPU by itself, with a warning."""
    offered = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("needs a machine without CUDA")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    with pytest.raises(SettingError, match="did not start"):
        Model(device="cuda")
    Model(device="auto")
