import numpy as np
import pytest

torch = pytest.importorskip("torch")
import kornia.color

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.lab.color import luv_numpy as product
from colorizing_things.lab.color.luv import ab_to_uv, uv_to_ab


@pytest.fixture(scope="module")
def planes():
    """L, ab and uv of random colours as the product computes them, and their sRGB."""
    rgb = np.random.default_rng(0).random((40, 40, 3))
    lab, luv = srgb_to_lab(rgb), product.srgb_to_luv(rgb)

    def tensor(array):
        return torch.from_numpy(np.moveaxis(array, -1, 0)[None].astype(np.float32))

    return tensor(lab[..., :1]), tensor(lab[..., 1:]), tensor(luv[..., 1:]), tensor(rgb)


def test_the_twins_agree_with_the_product_and_with_kornia(planes):
    L, ab, uv, rgb = planes
    torch.testing.assert_close(ab_to_uv(L, ab), uv, atol=0.05, rtol=0)
    torch.testing.assert_close(uv_to_ab(L, uv), ab, atol=0.05, rtol=0)
    torch.testing.assert_close(ab_to_uv(L, ab), kornia.color.rgb_to_luv(rgb)[:, 1:], atol=0.05, rtol=0)


def test_black_and_chroma_that_no_light_has_stay_finite():
    L = torch.tensor([0.0, 0.5, 50, 100]).view(1, 1, 1, 4).expand(1, 1, 5, 4)
    uv = torch.tensor([-500.0, -100, 0, 100, 500]).view(1, 1, 5, 1).expand(1, 2, 5, 4).clone().requires_grad_()
    ab = uv_to_ab(L, uv)
    assert ab.isfinite().all() and (ab[..., 0] == 0).all()
    ab.sum().backward()
    assert uv.grad.isfinite().all()
    assert ab_to_uv(L, torch.full((1, 2, 5, 4), -200.0)).isfinite().all()


def test_grey_stays_grey():
    L = torch.linspace(0, 100, 30).view(1, 1, 5, 6)
    zero = torch.zeros(1, 2, 5, 6)
    assert uv_to_ab(L, zero).abs().max() < 0.01 and ab_to_uv(L, zero).abs().max() < 0.01
