"""What a frozen encoder makes of fixed views is computed once, kept on disk, and the same as computed anew."""

import pytest

torch = pytest.importorskip("torch")
from tiny import tiny_stage

from colorizing_things.errors import SettingError
from colorizing_things.lab.data.batches import Batches
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.methods.kept_features import KeptFeatures
from colorizing_things.lab.networks import build


@pytest.fixture
def stage():
    return tiny_stage("aae-hinge", "batch_size=6")


@pytest.fixture
def network(stage):
    torch.manual_seed(0)
    return build(stage.network.name, size=stage.data.size, **stage.network.settings).requires_grad_(False)


def test_computed_once_and_found_again_by_another_run(stage, network, photographs, tmp_path):
    kept, asked = KeptFeatures(network, 32, tmp_path / "kept"), []
    own = network.maps
    network.maps = lambda L: asked.append(len(L)) or own(L)
    with Batches(open_photographs(photographs).train, stage.data) as batches:
        first, other = batches.make(0), batches.make(1)
    (found,) = kept(first.L, first.keys)
    (expected,) = own(first.L)
    torch.testing.assert_close(found, expected, atol=2e-3 * float(expected.abs().max()), rtol=2e-3)
    done = len(asked)
    kept(first.L, first.keys)
    assert len(asked) == done
    later = KeptFeatures(network, 32, tmp_path / "kept")
    assert torch.equal(later(first.L, first.keys)[0], found)
    later(other.L, other.keys)
    assert sum(asked[done:]) - 1 == len(set(other.keys.tolist()) - set(first.keys.tolist())) or asked[-1] <= len(
        other.L
    )


def test_a_view_is_the_same_wherever_it_comes_up(stage, photographs):
    pictures = open_photographs(photographs).train
    with Batches(pictures, stage.data) as batches:
        batch = batches.make(3)
        by_key = {}
        for step in range(6):
            for key, L in zip(batches.make(step).keys.tolist(), batches.make(step).L, strict=True):
                assert torch.equal(by_key.setdefault(key, L), L)
    assert len(by_key) <= stage.data.views * len(pictures)
    assert torch.equal(batch.L, batch.clean_L)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (["freeze=[]"], "the encoder learns; freeze it"),
        (["degraded=0.3"], "set degraded=0"),
    ],
)
def test_what_cannot_be_kept_is_said(changes, match):
    with pytest.raises(SettingError, match=match):
        tiny_stage("aae-hinge", *changes)
    with pytest.raises(SettingError, match="keeps nothing; leave it out"):
        tiny_stage("unet-sagan-hinge", "views=2")
