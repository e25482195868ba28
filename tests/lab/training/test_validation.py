import pytest

torch = pytest.importorskip("torch")
from torch import nn

from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.training import validation
from colorizing_things.lab.training.validation import color_errors


class Constant(nn.Module):
    """Answers one colour everywhere, at a quarter of the size."""

    def __init__(self, a):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(float(a)))

    def forward(self, L):
        ab = torch.zeros(len(L), 2, L.shape[2] // 4, L.shape[3] // 4)
        ab[:, 0] += self.a
        return (ab,)


def graph(a, **more):
    return Graph(Constant(a), ("L",), ("ab",), stride=32, output_stride=4, size=128, **more)


@pytest.fixture(scope="module")
def pictures(photographs):
    return open_photographs(photographs, side=128).train


def test_the_error_of_grey_is_the_chroma(pictures):
    chroma = []
    for i in range(len(pictures)):
        rgb = torch.from_numpy(pictures[i].copy()).permute(2, 0, 1)[None]
        chroma.append(to_lab(rgb, 4)[1].square().sum(1).sqrt().flatten())
    chroma = torch.cat(chroma)
    found = color_errors(graph(0), pictures)
    assert found["dev_ab_error"] == pytest.approx(float(chroma.mean()), rel=1e-3)
    assert found["dev_ab_error_p95"] == pytest.approx(float(chroma.quantile(0.95)), rel=1e-2)
    assert color_errors(graph(60), pictures)["dev_ab_error"] > 1.5 * found["dev_ab_error"]


def test_a_network_of_one_size_is_measured_on_the_picture_itself(pictures):
    found = color_errors(graph(0, fixed_size=64), pictures)
    assert found["dev_ab_error"] == pytest.approx(color_errors(graph(0), pictures)["dev_ab_error"], rel=0.1)


def test_faces_without_colour_are_counted(pictures, monkeypatch):
    monkeypatch.setattr(validation, "missing_opencv", lambda: None)
    monkeypatch.setattr(validation, "find_faces", lambda rgb: [(8, 8, 32, 32)])
    assert color_errors(graph(0), pictures)["dev_faces_grey"] == 100
    assert color_errors(graph(25), pictures)["dev_faces_grey"] == 0
    monkeypatch.setattr(validation, "find_faces", lambda rgb: [])
    assert "dev_faces_grey" not in color_errors(graph(0), pictures)
