"""What a flow learns of old film: which places are skin, and what it means by a bold answer."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")

from skimage import data
from tiny import make_batch, make_method, steps, tiny_stage

from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.decoding.flow import EncoderGraph
from colorizing_things.lab.methods.flow_old_film import pushed, skin_of
from colorizing_things.lab.networks.flow import Seen, draw
from colorizing_things.lab.training.devices import make_fabric


def test_skin_is_found_by_the_face_and_nothing_else_is():
    rgb = torch.from_numpy(data.astronaut()[:256, 96:352].copy()).permute(2, 0, 1)[None].float() / 255
    L, ab = to_lab(rgb, 8)
    skin = skin_of(rgb, L, ab)[0, 0]
    assert skin.shape == (32, 32)
    assert skin[12:18, 14:19].mean() > 0.6  # the face
    assert skin[24:, 2:10].mean() < 0.2 and skin[2:8, 2:8].mean() < 0.35  # the flag, what is behind her
    assert not skin_of(torch.rand(1, 3, 64, 64), torch.full((1, 1, 64, 64), 50.0), torch.rand(1, 2, 8, 8)).any()


def test_a_right_mean_is_answered_bolder_than_it_is():
    mean, average = torch.randn(2, 2, 4, 4), torch.tensor([0.1, 0.3]).view(1, 2, 1, 1)
    torch.testing.assert_close(pushed(mean, 1.5, average), average + 1.5 * (mean - average))
    torch.testing.assert_close(pushed(mean, 1.0, average), mean)


def orange_people(stage):
    """A batch of orange pictures, with limbs in the left halves of the crops as they are kept."""
    crops = make_batch(stage)
    crops.pixels[:] = torch.tensor([200, 140, 100], dtype=torch.uint8).view(1, 3, 1, 1)
    limbs = torch.zeros_like(crops.pixels[:, :1], dtype=torch.float32)
    limbs[..., : limbs.shape[-1] // 2] = 1
    return crops._replace(limbs=limbs, mirrored=torch.zeros_like(crops.mirrored))


def test_skin_is_what_has_its_colour_on_a_limb():
    method = make_method(tiny_stage("old-film"))
    crops = orange_people(method.stage)
    skin = method.lessons(crops).skin
    assert (skin[..., : skin.shape[-1] // 2 - 1] > 0.9).all() and (skin[..., skin.shape[-1] // 2 + 1 :] < 0.1).all()
    crops.pixels[:] = torch.tensor([90, 110, 200], dtype=torch.uint8).view(1, 3, 1, 1)
    assert not method.lessons(crops).skin.any(), "a blue sleeve"


def test_what_is_kept_is_what_it_said_of_all_but_skin():
    method = make_method(tiny_stage("old-film", "method.kept=1", "hinted=0"))
    lessons, network = method.lessons(orange_people(method.stage)), method.tuned
    count = len(lessons.field)
    with torch.no_grad():
        seen = method.see(lessons.L)
        before = draw(network.denoiser, Seen(*(part[:count] for part in seen)), *(
            torch.zeros_like(value) for value in (lessons.known, lessons.known, lessons.mask)
        ), method.times)  # fmt: skip
        wanted = method.wanted(seen, lessons, count)
    half = wanted.shape[-1] // 2
    truth = pushed(lessons.field, method.guidance, method.average)
    torch.testing.assert_close(wanted[..., half + 1 :], before[..., half + 1 :], atol=0.02, rtol=0)
    torch.testing.assert_close(wanted[..., : half - 1], truth[..., : half - 1], atol=0.02, rtol=0)
    assert (before - truth).abs().mean() > 0.2


@pytest.mark.parametrize("recipe", ["finetune", "old-film"])
def test_what_is_tuned_is_shown_pictures_as_the_product_shows_them(recipe):
    method = make_method(tiny_stage(recipe))
    L = 100 * torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        tokens, fine, *_ = EncoderGraph(method.tuned, 1.0).eval()(L)
        seen = method.see(L)
    torch.testing.assert_close(seen.tokens, tokens)
    torch.testing.assert_close(seen.fine, fine)


@pytest.mark.parametrize("recipe", ["finetune", "old-film"])
def test_what_is_asked_without_gradients_takes_none_from_what_learns(recipe):
    """In bf16, of which torch keeps a copy of the weights: in 2.8 one without gradients, if that was wanted first."""
    stage = tiny_stage(recipe, "method.variants=0.5")
    method = make_method(stage, make_fabric(1, "bf16-mixed"))
    steps(method, stage, 1)
    assert method.tuned.denoiser.head[2].weight.grad.any()
