import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.color.luv_numpy import srgb_to_luv
from colorizing_things.lab.objectives.uv_classification import annealed_uv, uv_centers, uv_cross_entropy, uv_index


@pytest.fixture(scope="module")
def uv():
    luv = srgb_to_luv(np.random.default_rng(0).random((1, 30, 40, 3)))
    return torch.from_numpy(luv[..., 1:].transpose(0, 3, 1, 2).astype(np.float32))


def test_centres_are_evenly_spaced_over_what_srgb_shows():
    centers = uv_centers(50)
    assert centers.shape == (2, 50)
    torch.testing.assert_close(centers.diff(dim=1)[0], torch.full((49,), 5.1618), atol=1e-3, rtol=0)
    torch.testing.assert_close(centers.diff(dim=1)[1], torch.full((49,), 4.83), atol=1e-3, rtol=0)
    assert centers[0, 0] == pytest.approx(-83.08 + 0.5 * 5.1618, abs=1e-3)
    assert centers[1, -1] == pytest.approx(107.40 - 0.5 * 4.83, abs=1e-3)


def test_a_colour_lies_within_half_a_bin_of_its_centre(uv):
    centers = uv_centers(50)
    index = uv_index(uv, 50)
    for i, width in enumerate((5.1618, 4.83)):
        assert (centers[i][index[:, i]] - uv[:, i]).abs().max() <= width / 2 + 1e-3
    torch.testing.assert_close(uv_index(centers[None, :, :, None], 50)[0, :, :, 0], torch.arange(50).expand(2, 50))
    beyond = torch.tensor([-900.0, 900.0]).view(1, 1, 1, 2).expand(1, 2, 1, 2)
    assert uv_index(beyond, 50)[0, :, 0].tolist() == [[0, 49], [0, 49]]


def test_cross_entropy_is_the_sum_of_both_and_each_reads_its_own_logits(uv):
    index = uv_index(uv, 20)
    assert uv_cross_entropy(torch.zeros(1, 40, 30, 40), index) == pytest.approx(2 * math.log(20), abs=1e-4)
    logits = torch.zeros(1, 40, 30, 40)
    logits[:, :20].scatter_(1, index[:, :1], 50.0)
    assert uv_cross_entropy(logits, index) == pytest.approx(math.log(20), abs=1e-4)
    logits[:, 20:].scatter_(1, index[:, 1:], 50.0)
    assert uv_cross_entropy(logits, index) == pytest.approx(0, abs=1e-4)


def test_the_annealed_mean_goes_from_mean_to_mode_of_each():
    centers = uv_centers(20)
    logits = torch.randn(2, 40, 3, 4, generator=torch.Generator().manual_seed(0))  # no two nearly equal
    mean = torch.stack(
        [
            (logits[:, part].softmax(1) * centers[i][:, None, None]).sum(1)
            for i, part in enumerate((slice(20), slice(20, 40)))
        ],
        dim=1,
    )
    torch.testing.assert_close(annealed_uv(logits, centers, 1.0), mean)
    mode = torch.stack([centers[i][part.argmax(1)] for i, part in enumerate(logits.chunk(2, 1))], dim=1)
    torch.testing.assert_close(annealed_uv(logits, centers, 1e-4), mode, atol=0.5, rtol=0)
