"""A file that is damaged, or that no decoder here knows, is refused in one line, however its picture is asked for."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from pictures import full_lightness
from PIL import Image

from colorizing_things import Colorizer, ColorOptions, Guide, PictureError
from colorizing_things.imaging.picture import Picture


def tiff(photo, compression="tiff_lzw", **options) -> bytearray:
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "TIFF", compression=compression, **options)
    return bytearray(out.getvalue())


def refused(data: bytes | bytearray) -> str:
    with pytest.raises(PictureError) as error:
        full_lightness(Picture.decode(bytes(data)))
    with pytest.raises(PictureError):
        Picture.decode(bytes(data)).small_lightness(0, 30, 20)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_tiff_that_is_broken_off(gray_photo, compression):
    out = io.BytesIO()
    tifffile.imwrite(out, gray_photo, photometric="minisblack")  # its directory comes first
    if compression:
        whole = tiff(gray_photo, compression)
        at = struct.unpack("<I", whole[4:8])[0]
        if at > len(whole) // 2:  # the directory would be broken off as well: nothing to be read at all
            whole[len(whole) // 3 : len(whole) // 2] = bytes(len(whole) // 2 - len(whole) // 3)
            assert "damaged" in refused(whole)
            return
    assert "damaged" in refused(out.getvalue()[: len(out.getvalue()) * 2 // 3])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"])
def test_a_tiff_with_some_bytes_wrong(gray_photo, compression):
    photo = gray_photo > 120 if compression == "group4" else gray_photo
    whole = tiff(photo, compression)
    rng = np.random.default_rng(3)
    at = len(whole) // 2
    whole[at : at + 300] = bytes(rng.integers(0, 256, 300, dtype=np.uint8))
    assert "damaged" in refused(whole)


def test_a_jpeg_that_ends_in_its_middle(old_jpg):
    whole = bytearray(old_jpg.read_bytes())
    at = len(whole) // 2
    whole[at : at + 2] = b"\xff\xd9"
    assert "damaged" in refused(whole)


def test_odd_but_whole_files_are_read(gray_photo, old_jpg):
    """Tags out of order, and bytes that a camera fills up with: the decoder warns, nothing is missing."""
    out = io.BytesIO()
    tifffile.imwrite(out, gray_photo, photometric="minisblack")
    odd = bytearray(out.getvalue())
    at = struct.unpack("<I", odd[4:8])[0] + 2
    odd[at : at + 12], odd[at + 12 : at + 24] = odd[at + 12 : at + 24], odd[at : at + 12]
    for data, slack in ((bytes(odd), 0.01), (old_jpg.read_bytes()[:-2] + bytes(64) + b"\xff\xd9", 2)):
        for picture in (Picture.decode(data), Picture.decode(data)):
            plane = full_lightness(picture)
            assert np.abs(plane - full_lightness(Picture.of_array(gray_photo[..., None]))).mean() < slack
        assert Picture.decode(data).small_lightness(0, 30, 20).shape == (20, 30)


def test_a_damaged_reference_or_painted_layer_is_refused(gray_photo, tmp_path, colorizer: Colorizer):
    whole = tiff(np.dstack([gray_photo] * 4))
    whole[len(whole) // 2 : len(whole) // 2 + 3000] = bytes(3000)
    path = tmp_path / "damaged.tif"
    path.write_bytes(whole)
    for guide in ({"reference": path}, {"hints": path}):
        with pytest.raises(PictureError, match=r"damaged\.tif: cannot be read: .*damaged"):
            colorizer.predict(gray_photo, ColorOptions(guide=Guide.of(**guide)))


def test_rare_compressions_are_read_or_refused(gray_photo, monkeypatch):
    pytest.importorskip("imagecodecs")
    for compression in ("zstd", "lzma"):
        out = io.BytesIO()
        tifffile.imwrite(out, gray_photo, compression=compression, photometric="minisblack")
        np.testing.assert_array_equal(full_lightness(Picture.decode(out.getvalue()), raw=True), gray_photo)
        monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
        with pytest.raises(PictureError, match=r"install the extra formats: pip install '"):
            Picture.decode(out.getvalue())
        monkeypatch.undo()


def test_a_raw_file_is_not_its_thumbnail(gray_photo, tmp_path):
    path = tmp_path / "raw.dng"
    tags = [(50706, 1, 4, b"\1\4\0\0", True)]
    with tifffile.TiffWriter(path) as writer:
        writer.write(gray_photo[::4, ::4].copy(), subfiletype=1, extratags=tags, subifds=1, photometric="minisblack")
        writer.write(gray_photo.astype(np.uint16), photometric=32803)
    for name in ("raw.dng", "raw.tif"):
        with pytest.raises(PictureError, match=r"raw file.*develop it first"):
            Picture.read(path.rename(tmp_path / name))
        path = tmp_path / name
    with pytest.raises(PictureError, match="raw file"):
        Picture.decode(path.read_bytes())


def test_a_thumbnail_is_no_page(gray_photo, tmp_path):
    path = tmp_path / "thumb.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(gray_photo[::4, ::4].copy(), subfiletype=1, photometric="minisblack")
        writer.write(gray_photo, photometric="minisblack")
        writer.write(gray_photo[::2, ::2].copy(), subfiletype=1, photometric="minisblack")
    picture = Picture.read(path)
    assert picture.pages == 1
    np.testing.assert_array_equal(full_lightness(picture, raw=True), gray_photo)
    assert abs(picture.small_lightness(0, 30, 20).mean() - full_lightness(picture).mean()) < 2


def test_a_warning_that_quotes_a_damaged_file_is_heard():
    """pyvips' own function fails where the message is no UTF-8."""
    import pyvips

    from colorizing_things.imaging.libvips import _text

    assert _text(pyvips.ffi.new("char[]", b"bad \xff")) == "bad \ufffd" and _text(pyvips.ffi.NULL) == ""
