"""What a flow learns of old film: which places are skin, and what it means by a bold answer."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")

from skimage import data
from tiny import make_method, tiny_stage

from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.decoding.flow import EncoderGraph
from colorizing_things.lab.methods.flow_old_film import implied_mean, skin_of


def test_skin_is_found_by_the_face_and_nothing_else_is():
    rgb = torch.from_numpy(data.astronaut()[:256, 96:352].copy()).permute(2, 0, 1)[None].float() / 255
    L, ab = to_lab(rgb, 8)
    skin = skin_of(rgb, L, ab)[0, 0]
    assert skin.shape == (32, 32)
    assert skin[12:18, 14:19].mean() > 0.6  # the face
    assert skin[24:, 2:10].mean() < 0.2 and skin[2:8, 2:8].mean() < 0.35  # the flag, what is behind her
    assert not skin_of(torch.rand(1, 3, 64, 64), torch.full((1, 1, 64, 64), 50.0), torch.rand(1, 2, 8, 8)).any()


def test_an_answer_implies_the_mean_that_guidance_pushed_away_from_the_average():
    mean, average = torch.randn(2, 2, 4, 4), torch.tensor([0.1, 0.3]).view(1, 2, 1, 1)
    pushed = average + 1.5 * (mean - average)
    torch.testing.assert_close(implied_mean(pushed, 1.5, average), mean)
    assert (pushed - average).norm() > 1.4 * (mean - average).norm(), "so a right mean is shown bolder than it is"
    torch.testing.assert_close(implied_mean(mean, 1.0, average), mean)


@pytest.mark.parametrize("recipe", ["finetune", "old-film"])
def test_what_is_tuned_is_shown_pictures_as_the_product_shows_them(recipe):
    method = make_method(tiny_stage(recipe))
    L = 100 * torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        tokens, fine, *_ = EncoderGraph(method.tuned, 1.0).eval()(L)
        seen = method.see(L)
    torch.testing.assert_close(seen.tokens, tokens)
    torch.testing.assert_close(seen.fine, fine)
