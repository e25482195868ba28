import io
import multiprocessing
import re

import numpy as np
import pytest

pytest.importorskip("torch")
import pyarrow
import pyarrow.parquet
import pyvips
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from skimage import data
from waiting import PATIENCE

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import PictureError
from colorizing_things.lab.data.photographs import STORED_SIZE, open_photographs
from colorizing_things.lab.data.reading import AUGMENTED_MARK, EncodedPicture, colorless, decode


def encoded(pixels, kind="PNG", **more):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **more)
    return out.getvalue()


def test_a_folder_is_decoded_once_and_split(photographs, tmp_path):
    train, dev, left_out = open_photographs(photographs, tmp_path / "cache")
    assert not any(left_out.values())
    assert len(train) + len(dev) == 24
    assert set(train.sources) | set(dev.sources) == {"astronaut", "coffee", "chelsea"}
    assert train[0].shape == (STORED_SIZE, STORED_SIZE, 3) and train[0].dtype == np.uint8
    written = (tmp_path / "cache" / "pixels.u8").stat().st_mtime_ns
    again, *_ = open_photographs(photographs, tmp_path / "cache")
    assert (tmp_path / "cache" / "pixels.u8").stat().st_mtime_ns == written
    np.testing.assert_array_equal(train[3], again[3])


def test_shards_give_the_same_pixels_and_the_same_split(photographs, tmp_path):
    files = sorted(photographs.rglob("*.png"))
    rows = [{"image": {"bytes": f.read_bytes(), "path": f.name}, "source": f.parent.name} for f in files]
    (tmp_path / "shards").mkdir()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "shards" / "a.parquet")
    shards = open_photographs(tmp_path / "shards", tmp_path / "one")
    folder = open_photographs(photographs, tmp_path / "two")
    for one, two in zip(shards[:2], folder[:2], strict=True):
        assert one.sources == two.sources
        for i in range(len(one)):
            np.testing.assert_array_equal(one[i], two[i])


def test_decoding_turns_upright_shrinks_and_crops():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (600, 200), (200, 10, 10)).save(out, "PNG", exif=exif)
    decoded = decode(EncodedPicture(out.getvalue(), "x"), STORED_SIZE)
    assert decoded.pixels.shape == (round(STORED_SIZE * 1.5), STORED_SIZE, 3)
    assert decode(EncodedPicture(b"no picture", "x"), STORED_SIZE) == "unreadable"
    assert decode(EncodedPicture(b"", "x"), STORED_SIZE) == "unreadable"
    assert decode(EncodedPicture(out.getvalue()[:50], "x"), STORED_SIZE) == "unreadable"
    assert decode(EncodedPicture(encoded(np.zeros((20, 90, 3), np.uint8)), "x"), STORED_SIZE) == "too small"


def test_nothing_to_train_on_is_one_line(tmp_path):
    with pytest.raises(PictureError, match="no such"):
        open_photographs(tmp_path / "missing")
    with pytest.raises(PictureError, match="holds no pictures"):
        open_photographs(tmp_path)


def chroma(pixels):
    return np.hypot(*srgb_to_lab(pixels.reshape(-1, 3) / 255)[:, 1:].T).mean()


def test_a_colour_profile_is_followed(color_photo):
    """Display P3 read as sRGB loses chroma."""
    srgb = pyvips.Image.new_from_array(color_photo).copy(interpretation="srgb")
    wide = srgb.icc_transform("p3", input_profile="srgb")
    unnamed = wide.copy()
    unnamed.remove("icc-profile-data")
    found, ignored, plain = (
        decode(EncodedPicture(image.pngsave_buffer(), "x"), STORED_SIZE).pixels for image in (wide, unnamed, srgb)
    )
    assert chroma(found) == pytest.approx(chroma(plain), rel=0.02)
    assert chroma(ignored) < 0.95 * chroma(plain)


def test_sixteen_bits_are_not_white():
    ramp = np.linspace(0, 65535, 200 * 200).reshape(200, 200).astype(np.uint16)
    found = decode(EncodedPicture(encoded(ramp), "x"), STORED_SIZE)
    assert found.colorless == "grey" and 110 < found.pixels.mean() < 145 and found.pixels.shape == (144, 144, 3)


def test_grey_and_tinted_photographs_are_known(color_photo):
    gray = np.asarray(Image.fromarray(color_photo).convert("L"))
    sepia = np.clip(gray[..., None] * [1.0, 0.85, 0.65] + [18, 8, 0], 0, 255).astype(np.uint8)
    faded = (color_photo * 0.5 + 0.5 * gray[..., None]).astype(np.uint8)
    noisy = np.clip(gray[..., None] + np.random.default_rng(0).normal(0, 1, (*gray.shape, 3)), 0, 255).astype(np.uint8)
    assert colorless(np.repeat(gray[..., None], 3, 2)) == colorless(noisy) == "grey"
    assert colorless(sepia) == "tinted"
    for photo in (color_photo, faded, data.astronaut(), data.chelsea()):
        assert colorless(photo) == ""


def test_what_is_left_out_is_counted_and_can_be_kept(photographs, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    gray = np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)
    (folder / "grey.png").write_bytes(encoded(gray))
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "tiny.png").write_bytes(encoded(data.coffee()[:20, :20]))
    (folder / "good.png").write_bytes(encoded(data.coffee()))
    found = open_photographs(folder, tmp_path / "cache")
    assert len(found.train) + len(found.dev) == 1
    assert {reason: len(names) for reason, names in found.left_out.items() if names} == {
        "grey": 1, "unreadable": 1, "too small": 1,
    }  # fmt: skip
    assert found.left_out["unreadable"] == ["mixed/broken.jpg"]
    assert "left out: 1 unreadable, 1 too small, 1 grey" in found.summary()
    kept = open_photographs(folder, tmp_path / "cache", keep_colorless=True)
    assert len(kept.train) + len(kept.dev) == 2


def test_shards_and_pictures_of_one_folder_are_both_taken(tmp_path):
    rows = [{"image": encoded(data.chelsea())}]  # plain bytes
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "b.png").write_bytes(encoded(data.coffee()))
    found = open_photographs(tmp_path, tmp_path / "cache")
    assert sorted([*found.train.sources, *found.dev.sources]) == ["a", tmp_path.name]


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ({"img": b"x"}, "has no column image .it has img.; rename"),
        ({"image": "a.png"}, "column image holds string, not the bytes"),
        ({"image": {"path": "a.png"}}, "not the bytes of pictures"),
    ],
)
def test_a_shard_of_another_kind_is_one_line(row, match, tmp_path):
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "a.parquet")
    with pytest.raises(PictureError, match=match) as error:
        open_photographs(tmp_path, tmp_path / "cache")
    assert "\n" not in str(error.value)
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(PictureError, match="cannot be read as parquet"):
        open_photographs(tmp_path, tmp_path / "cache")


def test_what_a_network_drew_is_never_dev(tmp_path, monkeypatch):
    monkeypatch.setattr("colorizing_things.lab.data.reading.DEV_PREFIXES", 256)  # all that may be
    source = tmp_path / "augmented" / "source"
    source.mkdir(parents=True)
    (source / "a.png").write_bytes(encoded(data.coffee()))
    assert len(open_photographs(source, tmp_path / "one").dev) == 1
    (tmp_path / "augmented" / "augmented.json").write_text("{}")
    assert len(open_photographs(source, tmp_path / "two").dev) == 0  # though the marker lies above
    mark = PngInfo()
    mark.add_text("Comment", AUGMENTED_MARK.decode())
    assert not decode(EncodedPicture(encoded(data.coffee(), pnginfo=mark), "moved away"), STORED_SIZE).dev


def open_in_a_process(folder, cache, out):
    found = open_photographs(folder, cache)
    out.put(sum(int(found.train[i].sum()) for i in range(len(found.train))))


def test_processes_that_decode_at_once_find_the_same(photographs, tmp_path):
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    started = [context.Process(target=open_in_a_process, args=(photographs, tmp_path / "c", out)) for _ in range(3)]
    for process in started:
        process.start()
    sums = [out.get(timeout=PATIENCE) for _ in started]
    for process in started:
        process.join()
    assert len(set(sums)) == 1 and sums[0] > 0
    assert [path.name for path in tmp_path.glob("c.*partial")] == []


def test_a_damaged_cache_does_not_pass(photographs, tmp_path):
    train, *_ = open_photographs(photographs, tmp_path / "cache")
    with (tmp_path / "cache" / "pixels.u8").open("r+b") as file:
        file.seek(1000)
        file.write(bytes(300_000))
    train, *_ = open_photographs(photographs, tmp_path / "cache")
    with pytest.raises(PictureError, match="are damaged; delete the folder"):
        [train[i] for i in range(len(train))]
    table = tmp_path / "cache" / "table.npy"
    table.write_bytes(table.read_bytes()[:-8] + bytes(8))
    with pytest.raises(PictureError, match=re.escape(f"{tmp_path / 'cache'}: decoded photographs are damaged")):
        open_photographs(photographs, tmp_path / "cache")
