import io

import numpy as np
import pytest

pytest.importorskip("torch")
import pyarrow
import pyarrow.parquet
from PIL import Image

from colorizing_things.errors import PictureError
from colorizing_things.lab.data.photographs import STORED_SIZE, EncodedPicture, decode, open_photographs


def test_a_folder_is_decoded_once_and_split(photographs, tmp_path):
    train, dev = open_photographs(photographs, tmp_path / "cache")
    assert len(train) + len(dev) == 24
    assert set(train.sources) | set(dev.sources) == {"astronaut", "coffee", "chelsea"}
    assert train[0].shape == (STORED_SIZE, STORED_SIZE, 3) and train[0].dtype == np.uint8
    written = (tmp_path / "cache" / "pixels.u8").stat().st_mtime_ns
    again, _ = open_photographs(photographs, tmp_path / "cache")
    assert (tmp_path / "cache" / "pixels.u8").stat().st_mtime_ns == written
    np.testing.assert_array_equal(train[3], again[3])


def test_shards_give_the_same_pixels_and_the_same_split(photographs, tmp_path):
    files = sorted(photographs.rglob("*.png"))
    rows = [{"image": {"bytes": f.read_bytes(), "path": f.name}, "source": f.parent.name} for f in files]
    (tmp_path / "shards").mkdir()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "shards" / "a.parquet")
    shards = open_photographs(tmp_path / "shards", tmp_path / "one")
    folder = open_photographs(photographs, tmp_path / "two")
    for one, two in zip(shards, folder, strict=True):
        assert one.sources == two.sources
        for i in range(len(one)):
            np.testing.assert_array_equal(one[i], two[i])


def test_decoding_turns_upright_shrinks_and_crops():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (600, 200), (200, 10, 10)).save(out, "PNG", exif=exif)
    decoded = decode(EncodedPicture(out.getvalue(), "x"))
    assert decoded.pixels.shape == (round(STORED_SIZE * 1.5), STORED_SIZE, 3)
    assert decode(EncodedPicture(b"no picture", "x")) is None
    assert decode(EncodedPicture(out.getvalue()[:50], "x")) is None


def test_nothing_to_train_on_is_one_line(tmp_path):
    with pytest.raises(PictureError, match="no such"):
        open_photographs(tmp_path / "missing")
    with pytest.raises(PictureError, match="holds no pictures"):
        open_photographs(tmp_path)
