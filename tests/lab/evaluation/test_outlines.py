"""Wilful hints on outlined objects: the definitions in closed form, the set read, the product asked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

import numpy as np
from PIL import Image
from rich.console import Console
from skimage import data

from colorizing_things.color.gamut import max_chroma_at
from colorizing_things.color.spaces import lab_to_srgb
from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.evaluation import wilful
from colorizing_things.lab.evaluation.candidates import Model, open_model
from colorizing_things.lab.evaluation.journal import Journal
from colorizing_things.lab.evaluation.outlines import OutlinedPicture, mask_of, read_outlines
from colorizing_things.lab.evaluation.wilful import draw_request, score_outlines
from colorizing_things.lab.metrics.wilful_hints import FIGURES, containment, coverage

CUP = [[170, 110, 400, 110, 400, 330, 170, 330]]  # of scikit-image's coffee, about


def half(height: int = 10, width: int = 20) -> np.ndarray:
    """The left half."""
    return np.arange(width) < np.full((height, 1), width // 2)


@pytest.fixture
def coco(tmp_path: Path) -> tuple[Path, Path]:
    """One photograph with a cup, too small a thing, too large a thing, and a crowd."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(data.coffee()).save(folder / "000000000007.jpg", quality=95)
    outlines = [CUP, [[0, 0, 30, 0, 30, 30]], [[0, 0, 599, 0, 599, 399, 0, 399]], CUP]
    content = {
        "images": [
            {"id": 7, "file_name": "000000000007.jpg", "width": 600, "height": 400},
            {"id": 8, "file_name": "not-there.jpg", "width": 600, "height": 400},
        ],
        "annotations": [
            {"image_id": 7, "segmentation": outline, "iscrowd": int(n == 3)} for n, outline in enumerate(outlines)
        ]
        + [{"image_id": 8, "segmentation": CUP, "iscrowd": 0}],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    return path, folder


def test_containment_is_the_share_of_the_change_inside():
    change = np.zeros((2, 10, 20))
    change[:, :, :10], change[:, :, 10:] = 3.0, -1.0  # lengths 3 and 1, times the root of two
    everything = np.ones((10, 20), bool)
    assert containment(change, half(), everything) == pytest.approx(0.75)
    assert containment(change, half(), half()) == 1
    assert containment(np.zeros_like(change), half(), everything) == 0


def test_what_is_not_counted_does_not_count():
    change = np.zeros((2, 10, 20))
    change[0] = 1.0
    counted = np.ones((10, 20), bool)
    counted[:, 8:12] = False
    change[0, :, 8:12] = 1000.0
    assert containment(change, half(), counted) == 0.5
    assert coverage(change, half(), counted, np.array([2.0, 0.0])) == 1


def test_coverage_asks_for_half_of_what_was_asked_and_in_that_direction():
    change, everything = np.zeros((2, 10, 20)), np.ones((10, 20), bool)
    change[0, :5, :10] = 20.0  # half of the way, in half of the object
    change[1, 5:, :10] = 99.0  # across
    change[0, :, 10:] = 40.0  # elsewhere
    assert coverage(change, half(), everything, np.array([40.0, 0.0])) == 0.5
    assert coverage(change, half(), everything, np.array([40.2, 0.0])) == 0
    assert coverage(change, half(), everything, np.array([-40.0, 0.0])) == 0


def test_polygons_and_run_lengths_say_the_same():
    polygon = mask_of([[2, 1, 5, 1, 5, 3, 2, 3]], 6, 8)
    assert polygon.sum() == 4 * 3 and polygon[1, 2] and polygon[3, 5] and not polygon[4, 5]
    runs = [2 * 6 + 1, 3, 3, 3, 3, 3, 3, 3, 2 * 6 + 2]  # down the columns
    np.testing.assert_array_equal(mask_of({"counts": runs, "size": [6, 8]}, 6, 8), polygon)
    with pytest.raises(SettingError, match="packed run lengths"):
        mask_of({"counts": "abc", "size": [6, 8]}, 6, 8)


def test_only_objects_of_a_fitting_size_are_looked_at_without_their_margin(coco):
    (picture,) = read_outlines(*coco)
    rgb = picture.pixels()
    assert rgb.shape == (256, 384, 3)
    ((inside, counted),) = picture.objects(256, 384)
    assert inside.mean() == pytest.approx(230 * 220 / 240000, rel=0.03)
    rows, columns = np.nonzero(~counted)
    assert len(rows) and (columns.min(), rows.min()) == (105, 66)  # 4 px before 170 x .64 = 108.8, 110 x .64 = 70.4
    assert not inside[:, 104].any() and counted[140, 160] and inside[140, 160]


def test_what_is_no_set_of_outlines_is_said_in_one_line(coco, tmp_path):
    instances, folder = coco
    with pytest.raises(PictureError, match=r"nowhere\.json: cannot be read"):
        read_outlines(tmp_path / "nowhere.json", folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PictureError, match="holds none of the pictures"):
        read_outlines(instances, tmp_path / "empty")
    instances.write_text('{"images": []}')
    with pytest.raises(SettingError, match="not a COCO-like set"):
        read_outlines(instances, folder)


def test_requested_colours_are_far_from_what_is_shown_and_exist():
    shown = np.zeros((3, 40, 60))
    shown[0], shown[1] = np.linspace(30, 80, 60), 12.0
    inside = np.zeros((40, 60), bool)
    inside[5:20, 10:50] = True
    for seed in range(30):
        request = draw_request(shown, inside, np.random.default_rng(seed))
        assert request is not None and request.places.shape == (3, 2)
        assert inside[tuple(request.places.T)].all()
        assert np.hypot(request.ab[0] - 12, request.ab[1]) >= 35
        L = shown[0][tuple(request.places.T)]
        assert (np.hypot(*request.ab) <= max_chroma_at(L, np.arctan2(request.ab[1], request.ab[0])) + 1e-3).all()
    again = draw_request(shown, inside, np.random.default_rng(29))
    assert again is not None and request is not None
    np.testing.assert_array_equal(again.ab, request.ab)


def test_nothing_can_be_asked_of_white():
    shown = np.zeros((3, 8, 8))
    shown[0] = 100.0
    assert draw_request(shown, np.ones((8, 8), bool), np.random.default_rng(0)) is None


def test_the_product_is_asked_and_its_answer_kept(coco, tmp_path):
    model = open_model("default", tmp_path)
    console = Console(file=io.StringIO())
    with Journal(tmp_path / "journal.jsonl") as journal:
        results = score_outlines([model], *coco, journal, 0, console)
    (described,) = results["candidates"]
    assert results["pictures"] == described["objects"] == 1 and results["set"] == "instances.json"
    values = {key: estimate["value"] for key, estimate in described["figures"].items()}
    assert list(values) == [figure.key for figure in FIGURES]
    assert all(0 < value <= 100 for value in values.values())
    kept = (tmp_path / "journal.jsonl").read_text()
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert score_outlines([model], *coco, journal, 0, console) == results
    assert (tmp_path / "journal.jsonl").read_text() == kept


class Painter:
    """A colorizer that gives the cup, or all of the picture, the hint's colour: as good, and as bad, as may be."""

    def __init__(self, cup_only: bool) -> None:
        self.cup_only, self.picture, self.hints = cup_only, None, 0

    def session(self, gray: np.ndarray) -> Painter:
        self.picture = gray
        return self

    def predict(self, hints=()) -> np.ndarray:
        self.hints += len(hints)
        ab = np.zeros((*self.picture.shape, 2))
        where = np.s_[70:212, 108:257] if self.cup_only else np.s_[:]
        ab[where] = hints[0].ab if hints else 0
        return ab

    def pixels(self, picture: np.ndarray, chroma: np.ndarray) -> np.ndarray:
        L = np.full(picture.shape, 60.0)  # where most colours exist
        rgb = lab_to_srgb(np.concatenate([L[..., None], chroma], axis=-1))
        return (rgb.clip(0, 1) * 255).round().astype(np.uint8)


@pytest.mark.parametrize("cup_only", [True, False])
def test_a_painter_of_objects_and_a_painter_of_pictures(coco, monkeypatch, cup_only):
    painter = Painter(cup_only)
    monkeypatch.setattr(wilful, "open_session", lambda _, gray: (painter, painter.session(gray)))
    (picture,) = read_outlines(*coco)
    record = wilful.score_picture(Model("painter", "", "", 256), picture, seed=3)
    contained, covered, contained_by_3, covered_by_3, objects = record["wilful_sums"]
    assert covered == covered_by_3 == objects == 1 and painter.hints == 1 + 3
    share = 1 if cup_only else 0.2  # of the picture's area, its margin left out
    assert contained == contained_by_3 == pytest.approx(share, abs=0.03)


def test_a_thing_without_a_middle_is_left_out(coco):
    path = coco[1] / "000000000007.jpg"
    stripe = [[0, 0, 599, 0, 599, 17, 0, 17]]  # 4% of the picture, 11 px high at 256: nothing is left but its heart
    thin = OutlinedPicture(path, "0" * 64, 600, 400, ([[0, 0, 599, 0, 599, 10, 0, 10]],))
    assert not list(thin.objects(256, 384))
    assert len(list(OutlinedPicture(path, "0" * 64, 600, 400, (stripe,)).objects(256, 384))) == 1
