"""Film, recoloring, known places and grey cards: pure functions on tensors."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
import numpy as np
from skimage import data

from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.emulsion import PLATES, draw_plates, exposed, lightness_on_plates
from colorizing_things.lab.data.film import on_film
from colorizing_things.lab.data.gray_cards import gray_cards
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.data.recoloring import flood_fill, recolor
from colorizing_things.lab.data.simulated_hints import MAX_NOISE, simulate_known_places

COUNT = 24


@pytest.fixture(scope="module")
def rgb():
    picture = torch.from_numpy(data.astronaut()[:256, :384].copy()).permute(2, 0, 1)[None].float() / 255
    return torch.nn.functional.avg_pool2d(picture, 2)[..., :160].expand(COUNT, -1, -1, -1).contiguous()


def plates(count=COUNT):
    return torch.from_numpy(draw_plates(np.random.default_rng(0), count, 0.7)).float()


def test_an_old_plate_is_exposed_for_its_picture(rgb):
    weights = torch.tensor([PLATES["blue"]] * COUNT)
    made_up = exposed(rgb, weights, torch.ones(COUNT))
    light = [float(lightness_on_plates(rgb, w).mean()) for w in (weights, made_up, torch.tensor([PLATES["pan"]]))]
    assert abs(light[1] - light[2]) < abs(light[0] - light[2])
    torch.testing.assert_close(exposed(rgb, weights, torch.zeros(COUNT)), weights)
    today = torch.tensor([PLATES["pan"]] * COUNT)
    torch.testing.assert_close(exposed(rgb, today, torch.ones(COUNT)), today)


def test_about_the_asked_share_of_plates_is_old():
    drawn = draw_plates(np.random.default_rng(1), 2000, 0.3)
    assert (drawn != PLATES["pan"]).any(1).mean() == pytest.approx(0.3, abs=0.04)
    assert (drawn[:, 0] == 0).mean() == pytest.approx(0.3 * 0.26, abs=0.02)  # blue-sensitive: no red at all


def test_film_without_age_is_the_plate_and_todays_plate_is_lightness(rgb):
    today = torch.tensor([PLATES["pan"]] * COUNT)
    torch.testing.assert_close(on_film(rgb, today, 0.0, Chance.seeded(COUNT, 0)), to_lab(rgb)[0], atol=0.05, rtol=0)


def test_film_keeps_colours_and_gives_lightness(rgb):
    before = rgb.clone()
    seen = on_film(rgb, plates(), 1.0, Chance.seeded(COUNT, 0))
    assert torch.equal(rgb, before)  # and so the ab that is learnt
    assert seen.shape == (COUNT, 1, *rgb.shape[2:]) and seen.min() >= 0 and seen.max() <= 100
    assert seen.flatten(1).unique(dim=0).shape[0] == COUNT


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_function_is_finite(rgb, dtype):
    chance, pictures = Chance.seeded(COUNT, 1), rgb.to(dtype)
    L, ab = to_lab(pictures, 2)
    found = recolor(ab.to(dtype), torch.nn.functional.avg_pool2d(L, 2).to(dtype), chance)
    known = simulate_known_places(torch.nn.functional.avg_pool2d(found.ab, 4), found.segment, 1.0, chance)
    made = [on_film(pictures, plates(), 1.0, chance), *found, *known, gray_cards(32, 48, chance)]
    assert all(field.isfinite().all() for field in made)


@pytest.fixture(scope="module")
def scene():
    """A red disc of 40 cells across and a green square, on blue; lightness alike."""
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(112.0), indexing="ij")
    ab = torch.tensor([0.0, -40.0])[:, None, None].expand(2, 96, 112).clone()
    disc, square = (y - 30) ** 2 + (x - 30) ** 2 < 20**2, (y > 60) & (y < 90) & (x > 70) & (x < 100)
    ab[:, disc] = torch.tensor([50.0, 30.0])[:, None]
    ab[:, square] = torch.tensor([-50.0, 40.0])[:, None]
    return ab.expand(64, -1, -1, -1).contiguous(), torch.full((64, 1, 96, 112), 50.0), disc, square


def test_a_segment_changes_wholly_and_the_rest_stays(scene):
    ab, L, disc, square = scene
    found = recolor(ab, L, Chance.seeded(64, 0))
    changed = (found.ab - ab).norm(dim=1) > 0.5
    some = changed.flatten(1).any(1)
    assert 5 < int(some.sum()) < 50  # the ground is too large to be recolored
    inner = torch.nn.functional.avg_pool2d(torch.stack([disc, square])[:, None].float(), 5, 1, 2)[:, 0]
    for each in changed[some]:
        shares = [float((each & (thing == 1)).sum() / (thing == 1).sum()) for thing in inner]
        assert sorted(round(share) for share in shares) == [0, 1] and max(shares) > 0.99
        away = torch.nn.functional.max_pool2d((disc | square)[None, None].float(), 9, 1, 4)[0, 0] == 0
        assert not each[away].any()
    assert torch.equal(found.segment.flatten(1).any(1), some)


def test_a_flood_stays_with_what_hangs_together(scene):
    ab, L, *_ = scene
    chance = Chance.seeded(64, 3)
    reached = flood_fill(ab, L, chance.place(*ab.shape[-2:]), chance)[:, 0] > 0
    assert not (reached[:, 25, 25] & reached[:, 75, 85]).any()  # disc and square are never one thing
    assert reached.flatten(1).any(1).float().mean() > 0.8  # what begins on an edge is like neither side


def test_known_places_are_true_or_as_wrong_as_they_say():
    ab = torch.randn(400, 2, 12, 16, generator=torch.Generator().manual_seed(0)) * 20
    known, mask = simulate_known_places(ab, torch.zeros(400, 1, 12, 16), 0.5, Chance.seeded(400, 0))
    share = (mask > 0).flatten(1).any(1).float().mean()
    assert 0.3 < share < 0.55  # of some pictures no place at all is drawn
    sure = (mask == 1).expand_as(ab)
    assert torch.equal(known[sure], ab[sure]) and not known[(mask == 0).expand_as(ab)].any()
    doubtful = ((mask > 0) & (mask < 1)).expand_as(ab)
    error = (known / mask.clamp_min(0.1) - ab)[doubtful]
    assert 1 < error.std() < MAX_NOISE


def test_known_places_of_a_recolored_picture_are_in_its_segment():
    segment = torch.zeros(300, 1, 12, 16)
    segment[:, :, 2:6, 3:9] = 1
    _, mask = simulate_known_places(torch.zeros(300, 2, 12, 16), segment, 1.0, Chance.seeded(300, 0))
    inside = (mask * segment > 0).flatten(1).sum(1)
    assert inside.min() == 1 and inside.max() == 3
    assert ((mask * (1 - segment)) > 0).flatten(1).any(1).float().mean() < 0.4


def test_gray_cards_are_gray_and_differ():
    cards = gray_cards(32, 64, Chance.seeded(50, 0))
    assert cards.shape == (50, 3, 32, 64) and cards.min() >= 0 and cards.max() <= 1
    assert to_lab(cards, 2)[1].abs().max() < 0.02
    flat = cards.flatten(1).std(1) < 1e-6
    assert 10 < int(flat.sum()) < 40 and cards[:, 0, 0, 32].unique().numel() > 30
