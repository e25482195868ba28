import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.principal_components import PrincipalComponents


@pytest.fixture(scope="module")
def vectors():
    """300 vectors of length 60 with a falling spectrum and a mean that is not zero."""
    generator = torch.Generator().manual_seed(0)
    directions, _ = torch.linalg.qr(torch.randn(60, 60, generator=generator))
    scale = 0.8 ** torch.arange(60)
    return torch.randn(300, 60, generator=generator) * scale @ directions.T + 0.7


def test_batches_give_what_all_at_once_gives(vectors):
    found = PrincipalComponents(5, 60)
    for batch in vectors.split(32):
        found.update(batch)
    basis, variance = found.basis()
    centered = vectors - vectors.mean(0)
    _, singular, exact = torch.linalg.svd(centered, full_matrices=False)
    torch.testing.assert_close(variance, singular[:5].square() / 299, rtol=0.02, atol=0)
    torch.testing.assert_close((basis * exact[:5]).sum(1).abs(), torch.ones(5), atol=0.02, rtol=0)
    torch.testing.assert_close(basis @ basis.T, torch.eye(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.mean, vectors.mean(0), atol=1e-5, rtol=0)
    assert int(found.count) == 300


def test_what_was_seen_is_saved(vectors):
    one, two = PrincipalComponents(5, 60), PrincipalComponents(5, 60)
    one.update(vectors[:100])
    two.load_state_dict(one.state_dict())
    one.update(vectors[100:150])
    two.update(vectors[100:150])
    for a, b in zip(one.basis(), two.basis(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_the_first_vectors_are_fewer_than_the_components(vectors):
    found = PrincipalComponents(20, 60)
    found.update(vectors[:2])
    basis, variance = found.basis()
    assert basis.isfinite().all() and (variance > 0).all() and (variance[2:] < 1e-6).all()
