"""The set, the predictions, and what is said when something is wrong with them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import pyvips
from PIL import Image, ImageCms
from tiny_models import noise_model, plain_model

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import ModelError, PictureError, SettingError
from colorizing_things.lab.evaluation.candidates import (
    GrayFloor,
    Model,
    RealPhotographs,
    at_moods,
    on_plates,
    open_model,
    open_predictions,
    true_hints,
    with_hints,
    with_unique_names,
)
from colorizing_things.lab.evaluation.pictures import (
    choose,
    gray_of,
    on_plate,
    read_rgb,
    set_checksum,
    size_of,
    to_tensor,
)
from colorizing_things.lab.metrics.base import to_lab
from colorizing_things.model.card import load_card


def one_line(error: pytest.ExceptionInfo) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_the_set_is_sorted_and_a_limit_is_drawn_by_the_seed(photo_folder):
    everything = choose(photo_folder)
    assert [p.name for p in everything] == [f"photo{i}" for i in range(6)]
    some = choose(photo_folder, limit=3, seed=1)
    assert [p.name for p in some] == sorted(p.name for p in some) and len(some) == 3
    assert some == choose(photo_folder, limit=3, seed=1) != choose(photo_folder, limit=3, seed=2)
    assert {p.name for p in some} < {p.name for p in choose(photo_folder, limit=4, seed=1)}
    assert choose(photo_folder, limit=99) == everything


def test_the_checksum_is_of_the_pictures_not_of_the_folder(photo_folder, tmp_path):
    before = set_checksum(choose(photo_folder))
    moved = photo_folder.rename(tmp_path / "elsewhere")
    assert set_checksum(choose(moved)) == before
    (moved / "photo0.png").unlink()
    assert set_checksum(choose(moved)) != before


def test_subfolders_count_and_suffixes_do_not(photo_folder):
    (photo_folder / "more").mkdir()
    (photo_folder / "photo0.png").rename(photo_folder / "more" / "photo1.PNG")
    (photo_folder / "notes.txt").write_text("not a picture")
    assert [p.name for p in choose(photo_folder)][:2] == ["more/photo1", "photo1"]


def test_sideways_pictures_are_turned_upright(tmp_path, photos):
    path = tmp_path / "sideways.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photos[0]).save(path, exif=exif)
    assert size_of(path) == (96, 128)  # the pixels are 128 wide
    assert read_rgb(path).shape == (128, 96, 3)


def test_a_colour_profile_is_followed(tmp_path, photos):
    """A photograph kept in Display P3 is the same in sRGB."""
    srgb = pyvips.Image.new_from_array(photos[0]).copy(interpretation="srgb")
    wide = srgb.icc_transform("p3", input_profile="srgb", depth=16)
    path = tmp_path / "wide.png"
    wide.pngsave(str(path))
    off, off_if_ignored = (
        np.abs(found.astype(int) - photos[0]) for found in (read_rgb(path), np.asarray(wide.numpy() >> 8))
    )
    assert off.max() <= 3 and off.mean() < 0.3  # a saturated colour's darkest channel is inexact
    assert off_if_ignored.max() > 10 and off_if_ignored.mean() > 1


def test_sixteen_bits_of_grey_are_not_white(tmp_path):
    ramp = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
    for name in ("grey.png", "grey.tif"):
        Image.fromarray(ramp).save(tmp_path / name)
        found = read_rgb(tmp_path / name)
        assert found.shape == (256, 256, 3) and (np.ptp(found, axis=-1) == 0).all()
        assert np.abs(found[..., 0] - ramp / 257).max() <= 1


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("suffix", "settings"),
    [
        (".png", {}),
        (".png", {"icc_profile": SRGB}),
        (".jpg", {"quality": 90}),
        (".jpg", {"quality": 90, "progressive": True, "icc_profile": SRGB}),
        (".webp", {}),
        (".tif", {}),
        (".bmp", {}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_ordinary_picture_is_read_as_it_ever_was(tmp_path, photos, suffix, settings, mode):
    path = tmp_path / f"ordinary{suffix}"
    if mode == "L":
        settings = {key: value for key, value in settings.items() if key != "icc_profile"}  # it is one of RGB
    for photo in photos[:3]:
        Image.fromarray(photo).convert(mode).save(path, **settings)
        with Image.open(path) as plain:
            np.testing.assert_array_equal(read_rgb(path), np.asarray(plain.convert("RGB")))


def test_transparency_is_left_out(tmp_path, photos):
    alpha = np.full((*photos[0].shape[:2], 1), 90, np.uint8)
    Image.fromarray(np.concatenate([photos[0], alpha], -1)).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(read_rgb(tmp_path / "clear.png"), photos[0])


def test_what_cannot_be_read_is_said_in_one_line(tmp_path):
    (tmp_path / "none.png").write_bytes(b"this is no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    for name in ("none.png", "empty.png", "missing.png"):
        with pytest.raises(PictureError, match="cannot be read") as error:
            read_rgb(tmp_path / name)
        assert one_line(error).startswith(str(tmp_path / name))


def test_the_grey_has_the_photographs_lightness(photos):
    gray = gray_of(photos[0])
    L = srgb_to_lab(photos[0] / 255.0)[..., 0]
    again = srgb_to_lab(np.repeat(gray[..., None], 3, -1) / 255.0)[..., 0]
    assert gray.dtype == np.uint8 and np.abs(again - L).max() < 0.25


def test_what_is_wrong_with_the_set_is_said_in_one_line(tmp_path, photo_folder):
    for folder, words in ((tmp_path / "none", "no such folder"), (tmp_path, None), (tmp_path / "empty", "no pictures")):
        if words is None:
            (tmp_path / "empty").mkdir()
            continue
        with pytest.raises(PictureError, match=words) as error:
            choose(folder)
        assert str(folder) in one_line(error)
    with pytest.raises(SettingError, match="limit 0"):
        choose(photo_folder, limit=0)


def test_an_unreadable_picture_is_named(photo_folder):
    (photo_folder / "photo2.png").write_bytes(b"this is no picture")
    with pytest.raises(PictureError, match="cannot be read") as error:
        choose(photo_folder)
    assert "photo2.png" in one_line(error)


def test_a_picture_cut_short_is_named_when_it_is_read(photo_folder):
    path = photo_folder / "photo2.png"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(PictureError, match="cannot be read") as error:
        read_rgb(path)
    assert "photo2.png" in one_line(error)


def test_tiny_pictures_and_doubles_are_refused(photo_folder):
    Image.new("RGB", (20, 200)).save(photo_folder / "strip.png")
    with pytest.raises(PictureError, match="20 x 200 is too small"):
        choose(photo_folder)
    (photo_folder / "strip.png").unlink()
    Image.new("RGB", (64, 64)).save(photo_folder / "photo0.jpg")
    with pytest.raises(PictureError, match="has the same name"):
        choose(photo_folder)


def test_predictions_are_paired_by_name(photo_folder, prediction_folder, faded):
    Image.new("RGB", (9, 9)).save(prediction_folder / "belongs to nothing.png")
    (prediction_folder / "photo3.webp").rename(prediction_folder / "photo3.color.webp")
    pictures = choose(photo_folder)
    candidate = open_predictions(prediction_folder, pictures)
    assert candidate.name == "faded"
    for picture, expected in zip(pictures, faded, strict=True):
        rgb = candidate.colorize(picture, read_rgb(picture.path)).rgb
        np.testing.assert_array_equal(rgb, expected.permute(1, 2, 0).numpy())
    assert len({candidate.fingerprint(p) for p in pictures}) == 6


def test_a_missing_pair_and_a_wrong_size_are_said_before_anything_is_scored(photo_folder, prediction_folder):
    pictures = choose(photo_folder)
    Image.new("RGB", (128, 95)).save(prediction_folder / "photo0.webp")
    with pytest.raises(PictureError, match="is 128 x 95, the photograph is 128 x 96") as error:
        open_predictions(prediction_folder, pictures)
    assert "photo0.webp" in one_line(error)
    (prediction_folder / "photo0.webp").unlink()
    (prediction_folder / "photo4.webp").unlink()
    with pytest.raises(PictureError, match=r"no prediction for photo0\.png \(and 1 more\)"):
        open_predictions(prediction_folder, pictures)


def test_floor_and_ceiling(photo_folder, photos):
    picture = choose(photo_folder)[0]
    gray = GrayFloor().colorize(picture, photos[0]).rgb
    assert (np.ptp(gray, axis=-1) == 0).all()
    assert RealPhotographs().colorize(picture, photos[0]).rgb is photos[0]


def test_a_model_is_scored_as_the_product_colours(photo_folder, photos, colorizer, tmp_path):
    model = open_model("default", tmp_path)
    picture = choose(photo_folder)[0]
    colored = model.colorize(picture, photos[0])
    np.testing.assert_array_equal(colored.rgb, colorizer(gray_of(photos[0])))
    assert model.checksum == colorizer.card.checksum and model.size == colorizer.card.default_size
    if "confidence" in colorizer.card.outputs:
        assert colored.confidence is not None and colored.confidence.shape == photos[0].shape[:2]
        assert 0 <= colored.confidence.min() <= colored.confidence.max() <= 1


def test_size_and_samples_are_part_of_what_a_model_is(photo_folder, tmp_path):
    picture = choose(photo_folder)[0]
    plain, small = open_model("default", tmp_path), open_model("default", tmp_path, size=64)
    several = open_model("default", tmp_path, sample_count=8)
    assert len({m.fingerprint(picture) for m in (plain, small, several)}) == 3
    assert small.name == f"{plain.name} at 64"


def test_several_colourings_are_scored_where_a_model_gives_them(photo_folder):
    from colorizing_things.lab.evaluation.benchmark import score

    picture = choose(photo_folder)[0]
    record = score(Model("several", "default", "0", 64, sample_count=3), picture)
    assert record["best_of_1"] == pytest.approx(float(record["ab_error"]), abs=0.05)
    assert record["sample_variance"] > 0
    assert "sample_variance" not in score(Model("one", "default", "0", 64), picture)


def test_true_hints_are_the_photographs_own_colours(photos):
    hints = true_hints(photos[0], 8, "a")
    assert hints[:3] == true_hints(photos[0], 3, "a") != true_hints(photos[0], 3, "b")
    height, width = photos[0].shape[:2]
    assert all(0 <= hint.x < width and 0 <= hint.y < height for hint in hints)
    even = np.full((32, 48, 3), (200, 90, 40), np.uint8)
    expected = srgb_to_lab(np.array([[[200, 90, 40]]]) / 255)[0, 0, 1:]
    for hint in true_hints(even, 20, "a"):  # at the borders too
        np.testing.assert_allclose(hint.ab, expected, atol=0.05)


def test_the_more_a_model_is_told_the_less_it_misses(photo_folder, tmp_path):
    from colorizing_things.lab.evaluation.benchmark import score

    pictures = choose(photo_folder)
    models = with_hints([open_model("default", tmp_path)], [1, 10, 50])
    assert [m.name for m in models] == ["default", "default, 1 hint", "default, 10 hints", "default, 50 hints"]
    assert len({m.fingerprint(pictures[0]) for m in models}) == 4
    errors = [np.mean([score(model, picture)["ab_error"] for picture in pictures]) for model in models]
    assert errors[0] > errors[1] > errors[2] > errors[3]


def test_an_old_plate_shows_the_model_another_picture_and_keeps_the_lightness(photo_folder, photos, tmp_path):
    pictures = choose(photo_folder)
    plain, blue, pan = on_plates([open_model("default", tmp_path)], ["blue", "pan"])
    assert blue.name == "default, blue plate" and blue.kind == "plate"
    assert len({model.fingerprint(pictures[0]) for model in (plain, blue, pan)}) == 3
    np.testing.assert_array_equal(on_plate(photos[0], "pan"), gray_of(photos[0]))
    found = {model.name: model.colorize(pictures[0], photos[0]).rgb for model in (plain, blue, pan)}
    np.testing.assert_array_equal(found[plain.name], found[pan.name])
    L, other = (to_lab(to_tensor(found[name]))[0] for name in (plain.name, blue.name))
    assert float((L - other).abs().mean()) < 0.5 and (found[plain.name] != found[blue.name]).mean() > 0.5


def test_a_mood_is_part_of_what_a_model_is(photo_folder, photos, tmp_path):
    drawn = open_model(str(noise_model(tmp_path / "noisy")), tmp_path)
    assert drawn.mood == load_card(tmp_path / "noisy").mood
    assert open_model(str(plain_model(tmp_path / "plain")), tmp_path).mood is None
    calm, lively = at_moods([drawn], [0.0, 1.0])
    assert (calm.name, lively.name) == (f"{drawn.name}, mood 0", f"{drawn.name}, mood 1")
    picture = choose(photo_folder)[0]
    assert len({model.fingerprint(picture) for model in (drawn, calm, lively)}) >= 2
    spread = [float(to_lab(to_tensor(m.colorize(picture, photos[0]).rgb))[1:].std()) for m in (calm, lively)]
    assert spread[1] > 2 * spread[0]  # more noise, more colours


def test_moods_that_cannot_be(tmp_path):
    with pytest.raises(SettingError, match="mood: none of these models has one"):
        at_moods([open_model(str(plain_model(tmp_path / "plain")), tmp_path)], [0.5])
    with pytest.raises(SettingError, match="mood 2: must be 0"):
        at_moods([], [0.5, 2.0])


def test_counts_of_hints_that_cannot_be(tmp_path):
    with pytest.raises(SettingError, match="hints 0: give counts of 1 or more"):
        with_hints([open_model("default", tmp_path)], [1, 0])
    with pytest.raises(SettingError, match="none of these models takes any"):
        with_hints([], [1])


def test_an_unknown_model_is_said_in_one_line(tmp_path):
    with pytest.raises(ModelError) as error:
        open_model("no-such-model", tmp_path)
    one_line(error)


def test_a_training_run_is_exported_once(tmp_path, monkeypatch):
    from colorizing_things.lab.evaluation import candidates

    run = tmp_path / "run"
    run.mkdir()
    (run / "last.ckpt").write_bytes(b"weights")
    made = []

    def export(source, folder):
        folder.mkdir(parents=True)
        (folder / "card.json").write_text("{}")
        made.append(folder)
        return folder

    monkeypatch.setattr("colorizing_things.lab.export.export", export)
    for _ in range(2):
        candidates._exported(run, run / "last.ckpt", tmp_path)
    assert len(made) == 1
    (run / "last.ckpt").write_bytes(b"other weights")
    candidates._exported(run / "last.ckpt", run / "last.ckpt", tmp_path)
    assert len(made) == 2


def test_names_are_made_unique():
    names = [c.name for c in with_unique_names([Model("a", "x", "1", 1), Model("a", "y", "2", 1), GrayFloor()])]
    assert names == ["a", "a (2)", "grey"]
