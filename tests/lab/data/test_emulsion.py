"""What old film saw, in closed form."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from skimage import data

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import SettingError
from colorizing_things.lab.data.emulsion import (
    PLATES,
    draw_weights,
    lightness_on_plate,
    lightness_on_plates,
    plate_weights,
)


@pytest.mark.parametrize("plate", PLATES)
def test_greys_look_alike_on_every_plate(plate):
    grays = np.linspace(0, 1, 33)[:, None].repeat(3, axis=1)
    np.testing.assert_allclose(lightness_on_plate(grays, PLATES[plate]), srgb_to_lab(grays)[:, 0], atol=1e-4)


def test_the_panchromatic_plate_keeps_lightness():
    photo = data.coffee() / 255
    np.testing.assert_allclose(lightness_on_plate(photo, PLATES["pan"]), srgb_to_lab(photo)[..., 0], atol=1e-6)


def test_red_is_black_and_blue_is_white_on_old_plates():
    red, green, blue = np.eye(3)
    L = {name: [float(lightness_on_plate(c, w)) for c in (red, green, blue)] for name, w in PLATES.items()}
    assert L["blue"] == pytest.approx([0, 0, 100], abs=1e-4)
    assert L["ortho"] == pytest.approx([0, 76.069, 76.069], abs=1e-2)  # half of the light
    assert L["pan"] == pytest.approx([53.24, 87.74, 32.30], abs=1e-2)  # luminance: L* of the primaries


def test_skies_pale_and_skin_darkens():
    sky, skin = np.array([0.45, 0.62, 0.85]), np.array([0.80, 0.58, 0.47])
    for color, sign in ((sky, 1), (skin, -1)):
        change = lightness_on_plate(color, PLATES["blue"]) - lightness_on_plate(color, PLATES["pan"])
        assert sign * change > 8


def test_torch_says_what_numpy_says_each_picture_on_its_own_plate():
    photo = data.astronaut()[:64, :80] / 255
    batch = torch.from_numpy(photo).permute(2, 0, 1)[None].expand(3, -1, -1, -1).float()
    found = lightness_on_plates(batch, torch.tensor(list(PLATES.values())))
    assert found.shape == (3, 1, 64, 80)
    for n, weights in enumerate(PLATES.values()):
        np.testing.assert_allclose(found[n, 0].numpy(), lightness_on_plate(photo, weights), atol=2e-3)


@pytest.mark.parametrize("plate", PLATES)
def test_drawn_plates_differ_and_stay_of_their_kind(plate):
    rng = np.random.default_rng(0)
    drawn = np.array([draw_weights(rng, plate) for _ in range(200)])
    np.testing.assert_allclose(drawn.sum(1), 1)
    assert drawn.min() >= 0 and len(np.unique(drawn, axis=0)) == 200
    most_red = {"blue": 0, "ortho": 0.05, "pan": 0.31}[plate]
    assert drawn[:, 0].max() <= most_red


def test_an_unknown_plate_is_named():
    with pytest.raises(SettingError, match="plate 'wet': choose blue, ortho, pan"):
        plate_weights("wet")
