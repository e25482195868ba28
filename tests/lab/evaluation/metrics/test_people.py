"""What people score: p95, stains, colorless, chroma, faces, edges. Closed forms, and the definitions' limits."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from skimage import data

from colorizing_things.lab.metrics import faces as faces_of
from colorizing_things.lab.metrics.base import Pair, at_shorter_side, chroma_of
from colorizing_things.lab.metrics.bleeding import near_edges
from colorizing_things.lab.metrics.chroma import ChromaRatio
from colorizing_things.lab.metrics.colorless import Colorless, colorless_share, rich_sums
from colorizing_things.lab.metrics.edges import EdgeError, edge_sums
from colorizing_things.lab.metrics.faces import Faces, find_faces, hue, judge_face, middle_color
from colorizing_things.lab.metrics.p95 import P95, p95
from colorizing_things.lab.metrics.stains import Stains, stain_share

SKIN = (16.0, 18.0)


def gray_of(photo: torch.Tensor) -> torch.Tensor:
    return photo.float().mean(0).round().to(torch.uint8).expand(3, -1, -1)


def lab_of(ab: tuple[float, float], height: int = 40, width: int = 40, L: float = 60.0) -> torch.Tensor:
    return torch.tensor([L, *ab])[:, None, None].expand(3, height, width).clone()


@pytest.fixture(scope="module")
def portrait() -> torch.Tensor:
    """Eileen Collins, 512 x 512, from scikit-image (NASA, public domain): one frontal face."""
    return torch.from_numpy(data.astronaut().copy()).permute(2, 0, 1)


def test_p95_is_numpys_percentile_and_leaves_most_of_the_picture_out():
    distance = torch.arange(101.0).reshape(1, 101)
    assert float(p95(distance)) == pytest.approx(95)
    noise = torch.rand(30, 41, generator=torch.Generator().manual_seed(0))
    assert float(p95(noise)) == pytest.approx(np.percentile(noise.numpy(), 95), abs=1e-6)
    patch = torch.zeros(10, 10)
    patch[0, :4] = 80  # four in a hundred: not yet
    assert float(p95(patch)) == 0
    patch[0] = 80
    assert float(p95(patch)) == 80


def test_grey_lies_by_nothing_beside_grey(tensors):
    metric = P95()
    for photo in tensors[:3]:
        metric.update(gray_of(photo)[None], photo[None])
    figures = metric.compute()
    assert figures["p95_beside_grey"] == pytest.approx(0, abs=0.1) and figures["p95"] > figures["ab_error_256"] > 0


def test_p95_beside_grey_compares_means_over_the_set(tensors, faded):
    metric = P95()
    own, gray = [], []
    for prediction, truth in zip(faded, tensors, strict=True):
        metric.update(prediction[None], truth[None])
        common = Pair(prediction, truth).common
        own.append(np.percentile(common.ab_distance.numpy(), 95))
        gray.append(np.percentile(chroma_of(common.truth_lab).numpy(), 95))
    assert metric.compute()["p95_beside_grey"] == pytest.approx(100 * (np.mean(own) / np.mean(gray) - 1), abs=1e-3)


def test_a_stain_is_both_wrong_and_bold():
    distance = torch.tensor([[26.0, 26.0, 24.0, 25.0]])
    chroma = torch.tensor([[26.0, 24.0, 26.0, 40.0]])  # an error of 25 is not over 25
    assert float(stain_share(distance, chroma, 25)) == 25
    assert float(stain_share(distance, chroma, 15)) == 100


def test_grey_and_the_truth_have_no_stains_and_the_opposite_colour_is_all_stain(tensors):
    photo = tensors[1]
    for prediction, expected in ((gray_of(photo), 0), (photo, 0)):
        metric = Stains()
        metric.update(prediction[None], photo[None])
        assert metric.compute() == {"stain_25": expected, "stain_15": expected}
    red, cyan = (
        torch.tensor(c, dtype=torch.uint8)[:, None, None].expand(3, 40, 40) for c in ((255, 0, 0), (0, 255, 255))
    )
    metric = Stains()
    metric.update(red[None], cyan[None])
    assert metric.compute() == {"stain_25": 100, "stain_15": 100}


def test_colorless_is_a_share_of_the_whole_area():
    real = torch.tensor([[30.0, 30.0, 25.0, 5.0]])
    own = torch.tensor([[9.0, 10.0, 0.0, 0.0]])  # 10 is not under 10, 25 is not over 25
    assert float(colorless_share(own, real)) == 25
    np.testing.assert_allclose(rich_sums(own, real).numpy(), [2 / 4, 19 / 4, 60 / 4])


def test_what_is_left_of_rich_colours_is_pooled_over_them(tensors):
    metric = Colorless()
    for photo in tensors:
        metric.update(photo[None], photo[None])
    figures = metric.compute()
    assert figures["colorless"] == 0 and figures["rich_chroma"] == figures["real_rich_chroma"] > 25
    pale = Colorless()
    for photo in tensors:
        pale.update(gray_of(photo)[None], photo[None])
    assert pale.compute()["rich_chroma"] < 0.1 and pale.compute()["colorless"] > 1


def test_the_chroma_ratio_is_of_the_sets_means(tensors):
    metric = ChromaRatio()
    metric.update(torch.stack([tensors[0], tensors[0]]), torch.stack([tensors[0], tensors[0]]))
    assert metric.compute()["chroma_ratio"] == pytest.approx(1)
    metric.update(gray_of(tensors[0])[None].expand(2, -1, -1, -1), tensors[0][None].expand(2, -1, -1, -1))
    assert metric.compute()["chroma_ratio"] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("own", "gray", "odd"),
    [
        (SKIN, 0, 0),
        ((0.0, 6.9), 1, 0),  # chroma under 7
        ((0.0, 7.1), 0, 1),  # yellow: hue 90
        ((-3.0, -3.0), 1, 0),  # a faint blue is grey, not odd
        ((-20.0, 5.0), 0, 1),
        ((20.0, 3.0), 0, 1),  # hue 8.5: pink
        ((20.0, 4.0), 0, 0),  # hue 11
    ],
)
def test_a_face_is_grey_odd_or_neither(own, gray, odd):
    found = judge_face(own, SKIN)
    assert found == (gray, odd, pytest.approx(np.hypot(own[0] - SKIN[0], own[1] - SKIN[1])), 1)


@pytest.mark.parametrize("real", [(4.0, 4.0), (20.0, 5.0), (2.0, 20.0), (-20.0, -20.0)])
def test_faces_whose_own_colour_says_nothing_do_not_count(real):
    assert judge_face(SKIN, real) is None  # too pale, too red, too yellow, lit blue


def test_the_middle_colour_is_the_median_of_the_central_half():
    lab = lab_of((50.0, 50.0))
    lab[1:, 10:30, 10:30] = torch.tensor(SKIN)[:, None, None]
    lab[1:, 12:15, 12:20] = -90.0  # an eye: the median does not see it
    assert middle_color(lab, (0, 0, 40, 40)) == SKIN
    assert hue((0.0, 5.0)) == 90 and hue((-1.0, 0.0)) == 180


def test_a_real_face_is_found_once_and_judged(portrait):
    small = at_shorter_side(portrait, 256)
    boxes = find_faces(small)
    assert len(boxes) == 1 and find_faces(small) is boxes
    x, y, w, h = boxes[0]
    assert 85 < x + w / 2 < 140 and 35 < y + h / 2 < 80  # where she is
    figures = {}
    for name, prediction in (("grey", gray_of(portrait)), ("real", portrait), ("blue", portrait.flip(0))):
        metric = Faces()
        metric.update(prediction[None], portrait[None])
        figures[name] = metric.compute()
    assert figures["grey"]["faces_grey"] == 100 and figures["grey"]["faces_odd"] == 0
    assert figures["real"] == {"faces_grey": 0, "faces_odd": 0, "faces_error": 0}
    assert figures["blue"]["faces_odd"] == 100 and figures["blue"]["faces_error"] > figures["grey"]["faces_error"] > 8


def test_without_faces_there_is_no_figure(tensors):
    metric = Faces()
    metric.update(tensors[2][None], tensors[2][None])  # a cat
    assert all(np.isnan(value) for value in metric.compute().values())


def test_an_opencv_without_cascades_is_named(monkeypatch):
    import cv2

    assert faces_of.missing_opencv() is None
    monkeypatch.delattr(cv2, "CascadeClassifier")
    assert "has no cascades" in str(faces_of.missing_opencv())


def test_the_edge_error_looks_beside_edges_only():
    lab = lab_of((3.0, 4.0), 256, 300, 20.0)
    lab[0, :, 150:] = 80.0
    near = near_edges(lab[0])
    assert edge_sums(torch.where(near, 10.0, 99.0), lab).tolist() == pytest.approx([10 * 2048, 5 * 2048, 2048])


def test_error_at_edges_beside_greys(tensors):
    metric = EdgeError()
    for photo in tensors:
        metric.update(gray_of(photo)[None], photo[None])
    figures = metric.compute()
    assert figures["edge_error_beside_grey"] == pytest.approx(0, abs=0.1) and figures["edge_error"] > 5


def test_sizes_are_brought_together_by_area():
    photo = torch.randint(0, 256, (3, 512, 640), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    small = at_shorter_side(photo, 256)
    assert small.shape == (3, 256, 320)
    expected = torch.nn.functional.avg_pool2d(photo[None].float(), 2)[0].round()
    assert torch.equal(small.float(), expected)
    pair = Pair(small, small)
    assert pair.common is pair and Pair(photo, photo).common.truth.shape == small.shape
