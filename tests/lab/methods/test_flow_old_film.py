"""What a flow learns of old film: which places are skin, and which colours are worth their own."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")

from skimage import data

from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.methods.flow_old_film import skin_of, vivid_of


def test_skin_is_found_by_the_face_and_nothing_else_is():
    rgb = torch.from_numpy(data.astronaut()[:256, 96:352].copy()).permute(2, 0, 1)[None].float() / 255
    L, ab = to_lab(rgb, 8)
    skin = skin_of(rgb, L, ab)[0, 0]
    assert skin.shape == (32, 32)
    assert skin[12:18, 14:19].mean() > 0.6  # the face
    assert skin[24:, 2:10].mean() < 0.2 and skin[2:8, 2:8].mean() < 0.35  # the flag, what is behind her
    assert not skin_of(torch.rand(1, 3, 64, 64), torch.full((1, 1, 64, 64), 50.0), torch.rand(1, 2, 8, 8)).any()


@pytest.mark.parametrize(
    ("ab", "share"),
    [((-10, -20), 1), ((0, 0), 0), ((30, 10), 1), ((5, 20), 0), ((20, -12), 0), ((10, 60), 1), ((0, -9), 0.5)],
    ids=["blue", "grey", "red", "tan", "violet", "gold", "bluish"],
)
def test_which_colours_are_vivid(ab, share):
    field = torch.tensor(np.array(ab, np.float32)).view(1, 2, 1, 1)
    assert abs(float(vivid_of(field)) - share) < 0.02
