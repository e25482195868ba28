import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.decoding import coherence
from colorizing_things.lab.decoding.coherence import coherent
from colorizing_things.lab.decoding.decoder import Decoder, Decoding
from colorizing_things.lab.networks.mobile_unet import MobileUNet


def halves(left: float, right: float, size: int = 8) -> torch.Tensor:
    """A field of one channel, ``left`` in its left half."""
    field = torch.full((1, 1, size, size), float(left))
    field[..., size // 2 :] = right
    return field


def two_things(size: int = 4) -> torch.Tensor:
    """Features that tell the left half from the right, and nothing else."""
    return torch.cat([halves(1, 0, size), halves(0, 1, size)], dim=1)


def lightness(field: torch.Tensor, dark: float = 50, light: float = 50) -> torch.Tensor:
    """As large as the picture that the field belongs to: a left and a right half."""
    return halves(dark, light, 4 * field.shape[-1])


def test_one_colour_stays():
    field = torch.full((1, 3, 8, 8), 7.0)
    torch.testing.assert_close(coherent(field, torch.randn(1, 5, 4, 4), torch.rand(1, 1, 32, 32) * 100), field)


@pytest.mark.parametrize("known_by", ["features", "lightness"])
def test_a_patch_goes_and_the_other_thing_stays(known_by):
    field = halves(10, -20, 16)
    field[0, 0, 6:10, 2:6] = 50
    features = 5 * two_things(8) if known_by == "features" else torch.ones(1, 2, 8, 8)
    L = lightness(field) if known_by == "features" else lightness(field, 20, 80)
    found = coherent(field, features, L)
    left, right = found[..., :7], found[..., 9:]  # the middle columns are between the two
    assert left.std() < field[..., :7].std() / 2  # the halo that is left is the interpolation's
    assert (right + 20).abs().max() < 1


def test_finer_detail_than_the_features_is_kept():
    generator = torch.Generator().manual_seed(0)
    detail = torch.randn(1, 1, 8, 8, generator=generator)
    detail = detail - torch.nn.functional.avg_pool2d(detail, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    field, features = halves(3, 9), two_things()
    found = coherent(field + detail, features, lightness(field))
    torch.testing.assert_close(found, coherent(field, features, lightness(field)) + detail)


def test_what_is_far_away_says_nothing():
    """A red thing here says nothing about its like twenty cells away: it may be another one."""
    field = halves(50, -20, 80)
    found = coherent(field, torch.ones(1, 2, 40, 40), lightness(field))
    torch.testing.assert_close(found[..., 0], field[..., 0], atol=2, rtol=0)


def test_each_picture_for_itself():
    generator = torch.Generator().manual_seed(1)
    fields, features = torch.randn(2, 2, 8, 12, generator=generator), torch.randn(2, 5, 4, 6, generator=generator)
    L = torch.rand(2, 1, 32, 48, generator=generator) * 100
    torch.testing.assert_close(coherent(fields, features, L)[1:], coherent(fields[1:], features[1:], L[1:]))


def test_the_decoder_makes_both_heads_coherent():
    network = MobileUNet(widths=(8, 8, 8), queries=2, query_layers=3, query_width=8, weights="none").eval()
    weight = torch.ones(313)
    L = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(2)) * 100
    with torch.no_grad():
        answer = network(L)
        ab, logits, *_ = Decoder(network, Decoding(classes=0.0, coherent=True), weight)(L)
    torch.testing.assert_close(ab, coherent(answer.ab, answer.features, L))
    torch.testing.assert_close(logits, coherent(answer.logits, answer.features, L))


def test_a_large_grid_is_compared_on_a_smaller_one(monkeypatch):
    """Memory: the field keeps its own size, and the thing its colour."""
    compared = []
    alike = coherence._affinity
    monkeypatch.setattr(coherence, "MAX_SIDE", 8)
    monkeypatch.setattr(coherence, "_affinity", lambda *maps: compared.append(maps[0].shape[-2:]) or alike(*maps))
    field = halves(10, -20, 64)
    found = coherent(field, two_things(32), lightness(field))
    assert compared == [(8, 8)]
    torch.testing.assert_close(found[..., :24], field[..., :24], atol=0.5, rtol=0)
    torch.testing.assert_close(found[..., 40:], field[..., 40:], atol=0.5, rtol=0)
