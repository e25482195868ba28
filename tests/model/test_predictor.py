import numpy as np
import onnxruntime
import pytest

from colorizing_things import Predictor, SettingError


@pytest.fixture(scope="module")
def predictor():
    return Predictor()


def test_one_network_serves_many_pictures(predictor):
    dark = predictor.set_picture(np.full((64, 96), 10, np.float32))
    light = predictor.set_picture(np.full((64, 96), 90, np.float32))
    first = dark.predict().ab
    assert not np.allclose(first, light.predict().ab)
    np.testing.assert_array_equal(first, dark.predict().ab)


@pytest.mark.parametrize("shape", [(4, 4), (4, 512), (36, 100), (128, 128)])
def test_any_size_that_fits_the_output(predictor, shape):
    chroma = predictor.set_picture(np.full(shape, 50, np.float32)).predict()
    assert chroma.ab.shape == (2, shape[0] // 4, shape[1] // 4)
    assert np.isfinite(chroma.ab).all()


def test_wrong_use_is_refused(predictor):
    with pytest.raises(SettingError, match="set_picture"):
        Predictor().predict()
    with pytest.raises(SettingError, match="multiples of 4"):
        predictor.set_picture(np.zeros((33, 64), np.float32))


def test_the_network_sees_the_picture_in_its_own_shape(predictor):
    assert predictor.network_size(4000, 3000, 120) == (160, 120)
    assert predictor.network_size(3000, 4000, 120) == (120, 160)
    assert predictor.network_size(1, 20000, 128) == (4, 512)
    assert predictor.network_size(1, 1, 128) == (128, 128)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_device_that_does_not_start_is_said_and_not_replaced(monkeypatch):
    """ONNX Runtime falls back to the CPU by itself, with a warning."""
    offered = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("needs a machine without CUDA")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    with pytest.raises(SettingError, match="did not start"):
        Predictor(device="cuda")
    Predictor(device="auto")
