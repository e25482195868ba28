"""A network that the product could not use is refused when it is made."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn

from colorizing_things.errors import SettingError
from colorizing_things.lab import networks
from colorizing_things.lab.decoding.contract import check_graphs
from colorizing_things.lab.decoding.graph import Graph


class Answer(nn.Module):
    """Gives what it is told to."""

    def __init__(self, *shapes):
        super().__init__()
        self.shapes, self.a = shapes, nn.Parameter(torch.zeros(()))

    def forward(self, L, *_):
        height, width = (int(side) for side in L.shape[2:])
        return tuple(torch.zeros(1, channels, height // stride, width // stride) for channels, stride in self.shapes)


def graph(shapes=((2, 4),), outputs=("ab",), inputs=("L",), **more):
    return Graph(Answer(*shapes), inputs, outputs, stride=32, output_stride=4, size=128, **more)


def test_what_fits_passes():
    check_graphs({"model": graph()}, "mine")
    check_graphs({"model": graph(fixed_size=64)}, "mine")
    check_graphs({"model": graph(((2, 4), (3, 8)), ("ab", "logits"), bins=((0, 0), (1, 1), (2, 2)))}, "mine")


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (graph(((2, 8),)), r"model gives ab of shape \(1, 2, 8, 12\); output_stride 4 says\s+\(1, 2, 16, 24\)"),
        (graph(((3, 4),)), "gives ab of shape"),
        (graph(outputs=("colours",)), "gives colours; it must give ab"),
        (graph(outputs=("ab", "confidence")), "gives 1 tensors and names 2"),
        (graph(inputs=("gray",)), "takes gray; a graph takes L, hint_ab"),
        (graph(((2, 4), (3, 8)), ("ab", "logits"), bins=((0, 0),)), "logits over 3 bins and lists 1"),
    ],
)
def test_what_does_not_is_said_by_name(made, match):
    with pytest.raises(SettingError, match=f"network mine: its .*{match}|network mine: .*{match}"):
        check_graphs({"model": made}, "mine")


class Strideless(nn.Module):
    output_stride = 4


class WithoutWeights(nn.Module):
    stride, output_stride = 32, 4

    def __init__(self):
        super().__init__()
        self.encoder = nn.Identity()


@pytest.mark.parametrize(("kind", "match"), [(Strideless, "neither stride nor"), (WithoutWeights, "its encoder must")])
def test_a_network_that_lacks_something_is_refused_when_it_is_built(kind, match, monkeypatch):
    monkeypatch.setitem(networks.NETWORKS, "mine", kind)
    with pytest.raises(SettingError, match=f"network mine: .*{match}"):
        networks.build("mine")
