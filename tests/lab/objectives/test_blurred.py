import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.blurred import blurred_squared_error, gaussian_blur, squared_error


@pytest.mark.parametrize("size", [3, 5])
def test_a_blur_keeps_constants_inside_and_mixes_no_channels(size):
    x = torch.ones(1, 2, 9, 9)
    x[:, 1] = 0
    blurred = gaussian_blur(x, size)
    torch.testing.assert_close(blurred[0, 0, 2:-2, 2:-2], torch.ones(5, 5))
    assert (blurred[0, 1] == 0).all()
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 1
    spread = gaussian_blur(point, size)[0, 0]
    assert spread.sum() == pytest.approx(1) and int((spread > 0).sum()) == size**2
    torch.testing.assert_close(spread, spread.T)


def test_errors_in_closed_form():
    zero = torch.zeros(2, 2, 8, 8)
    assert squared_error(zero + 3, zero) == 18
    assert blurred_squared_error(zero, zero) == 0
    flat = torch.full((1, 2, 400, 400), 3.0)  # large, so that the border hardly counts
    assert blurred_squared_error(flat, torch.zeros_like(flat)) == pytest.approx(18, rel=0.02)
    checkered = torch.ones(1, 2, 400, 400)
    checkered[..., ::2, ::2] = checkered[..., 1::2, 1::2] = -1
    # a blur takes a checkerboard away: two thirds of the loss go with it, nearly
    assert blurred_squared_error(checkered, torch.zeros_like(checkered)) == pytest.approx(2 / 3, rel=0.05)
