"""Formats that libvips' wheel does not read: each comes out with its lightness, its depth and its metadata."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
import tifffile
from measures import lightness
from pictures import full_lightness, gray_profile, lightness_of_light
from PIL import Image

from colorizing_things import Colorizer, PictureError
from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import TooLargeError
from colorizing_things.guidance.guide import Guide
from colorizing_things.imaging import jxl
from colorizing_things.imaging.picture import Picture


def saved(photo, kind, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(photo).save(out, kind, **options)
    return out.getvalue()


def psd(photo, packed=False, icc=b"", mode=None, layers=b"") -> bytes:
    planes = photo[None] if photo.ndim == 2 else photo.transpose(2, 0, 1)
    bits = 16 if photo.dtype == np.uint16 else 8
    channels, rows, columns = planes.shape
    mode = mode or (1 if channels == 1 else 3)
    block = b"8BIM" + struct.pack(">HHI", 1039, 0, len(icc)) + icc + b"\0" * (len(icc) % 2) if icc else b""
    resolution = b"8BIM" + struct.pack(">HHI", 1005, 0, 16) + struct.pack(">iHHiHH", 300 << 16, 1, 1, 300 << 16, 1, 1)
    block += resolution
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, rows, columns, bits, mode) + struct.pack(">I", 0)
    head += struct.pack(">I", len(block)) + block + struct.pack(">I", len(layers)) + layers
    data = planes.astype(">u2" if bits == 16 else np.uint8)
    if not packed:
        return head + b"\0\0" + data.tobytes()
    lines = [packbits(line.tobytes()) for plane in data for line in plane]
    return head + b"\0\1" + struct.pack(f">{len(lines)}H", *map(len, lines)) + b"".join(lines)


def packbits(line: bytes) -> bytes:
    out = b""
    for at in range(0, len(line), 100):
        part = line[at : at + 100]
        one = len(part) > 1 and len(set(part)) == 1
        out += bytes([257 - len(part), part[0]]) if one else bytes([len(part) - 1]) + part
    return out


@pytest.mark.parametrize("kind", ["BMP", "PPM", "TGA"])
def test_with_pillow(kind, color_photo, gray_photo, tmp_path, colorizer: Colorizer):
    for photo in (gray_photo, color_photo):
        path = tmp_path / f"old.{kind.lower()}"
        path.write_bytes(saved(photo, kind))
        np.testing.assert_allclose(full_lightness(Picture.read(path)), lightness(photo), atol=0.15)
    result = colorizer.colorize_file(path)
    assert result == tmp_path / "old.color.png" and Image.open(result).format == "PNG"


def test_a_deep_pgm(gray_photo, tmp_path):
    deep = gray_photo.astype(np.uint16) * 257 + 7
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 600 400 65535\n" + deep.astype(">u2").tobytes())
    picture = Picture.read(path)
    assert picture.deep
    np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(deep / 65535), atol=0.01)


def test_jpeg_2000(gray_photo):
    picture = Picture.decode(saved(gray_photo, "JPEG2000", irreversible=False))
    assert picture.kind == "jp2"
    np.testing.assert_array_equal(full_lightness(picture, raw=True), gray_photo)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_psd_as_it_is_flattened(gray_photo, color_photo, packed, deep, tmp_path, colorizer: Colorizer):
    for photo in (gray_photo, color_photo):
        codes = photo.astype(np.uint16) * 257 if deep else photo
        path = tmp_path / "old.psd"
        path.write_bytes(psd(codes, packed))
        picture = Picture.read(path)
        assert picture.deep == deep and round(picture.header.xres * 25.4) == 300
        np.testing.assert_allclose(full_lightness(picture), lightness(photo), atol=0.15)
    linear = Picture.decode(psd(gray_photo, packed, icc=gray_profile(1)))
    np.testing.assert_allclose(full_lightness(linear), lightness_of_light(gray_photo / 255), atol=0.15)
    with tifffile.TiffFile(colorizer.colorize_file(path)) as result:
        assert result.pages[0].dtype == (np.uint16 if deep else np.uint8)


def test_a_psd_that_is_broken_off():
    whole = psd(np.zeros((40, 60), np.uint8), packed=True)
    for end in (20, 40, len(whole) // 2, len(whole) - 3):
        with pytest.raises(PictureError, match="cannot be read"):
            Picture.decode(whole[:end])


def test_twelve_bits(gray_photo):
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = gray_photo.astype(np.uint16) * 16 + 3
    out = io.BytesIO()
    first, second = codes[:, ::2], codes[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], -1).astype(np.uint8)
    options = {"shape": codes.shape, "dtype": codes.dtype, "bitspersample": 12, "rowsperstrip": len(codes)}
    tifffile.imwrite(out, iter([packed.tobytes()]), photometric="minisblack", **options)
    picture = Picture.decode(out.getvalue())
    assert picture.deep
    np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(codes / 4095), atol=0.01)
    jpeg = Picture.decode(imagecodecs.jpeg_encode(codes, bitspersample=12, level=98))
    assert jpeg.deep and jpeg.note.startswith("12 bits")
    assert np.abs(full_lightness(jpeg) - srgb_to_lightness(codes / 4095)).mean() < 0.5


@pytest.mark.parametrize("photometric", [8, 9])
def test_a_tiff_in_lab(color_photo, photometric):
    pytest.importorskip("imagecodecs")
    from colorizing_things.color.spaces import srgb_to_lab

    lab = srgb_to_lab(color_photo / 255)
    offset = 0 if photometric == 8 else 128
    codes = np.dstack([lab[..., 0] * 2.55, lab[..., 1] + offset, lab[..., 2] + offset]).round().astype(np.int16)
    out = io.BytesIO()
    tifffile.imwrite(out, codes.astype(np.uint8), photometric=photometric, planarconfig="contig")
    picture = Picture.decode(out.getvalue())
    assert np.abs(full_lightness(picture) - lab[..., 0]).mean() < 0.3
    other = Picture.of_array(color_photo).small_ab(0, 60, 40)
    assert np.abs(picture.small_ab(0, 60, 40) - other).mean() < 1


def test_heic_and_jpeg_xl(color_photo, tmp_path, colorizer: Colorizer):
    heif = pytest.importorskip("pillow_heif")
    pytest.importorskip("pillow_jxl")
    imagecodecs = pytest.importorskip("imagecodecs")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Kodak"
    heic = tmp_path / "old.heic"
    heif.from_pillow(Image.fromarray(np.rot90(color_photo).copy())).save(heic, quality=95, exif=exif.tobytes())
    picture = Picture.read(
        heic
    )  # HEIF turns by itself: EXIF's orientation, which telephones write too, is of no effect
    assert (picture.width, picture.height) == (600, 400)
    assert np.abs(full_lightness(picture) - lightness(color_photo)).mean() < 1.5
    result = colorizer.colorize_file(heic)
    assert result.name == "old.color.avif" and Image.open(result).size == (600, 400)
    assert Image.open(result).getexif()[0x010F] == "Kodak"
    jxl = tmp_path / "old.jxl"
    jxl.write_bytes(imagecodecs.jpegxl_encode(color_photo.astype(np.uint16) * 257, lossless=True))
    assert Picture.read(jxl).deep
    jxl.write_bytes(imagecodecs.jpegxl_encode(color_photo, lossless=True))
    picture = Picture.read(jxl)
    np.testing.assert_allclose(full_lightness(picture), lightness(color_photo), atol=0.15)


def decoded_whole(photo) -> dict[str, bytes]:
    """A file of each kind that is decoded whole when it is opened, by the name of its reader."""
    heif, imagecodecs = pytest.importorskip("pillow_heif"), pytest.importorskip("imagecodecs")
    files = {kind: saved(photo, kind) for kind in ("BMP", "PPM", "TGA", "JPEG2000")}
    files |= {"PSD": psd(photo), "packed PSD": psd(photo, packed=True)}
    files["JXL"] = imagecodecs.jpegxl_encode(photo, lossless=True)
    files["12-bit JPEG"] = imagecodecs.jpeg_encode(photo.astype(np.uint16) * 16, bitspersample=12)
    for compression in ("zstd", "lzma"):
        out = io.BytesIO()
        tifffile.imwrite(out, photo, photometric="rgb", compression=compression)
        files[f"TIFF in {compression}"] = out.getvalue()
    out = io.BytesIO()
    heif.from_pillow(Image.fromarray(photo)).save(out, quality=90)
    files["HEIC"] = out.getvalue()
    out = io.BytesIO()
    pages = [Image.fromarray(photo), Image.fromarray(255 - photo)]
    pages[0].save(out, "AVIF", save_all=True, append_images=pages[1:])
    files["AVIF sequence"] = out.getvalue()
    return files


def test_the_limit_of_pixels_is_looked_at_before_anything_is_decoded(color_photo, tmp_path):
    """So the pixels of these files may be missing: their end is zeroed, and the size is complained of all the same."""
    for kind, data in decoded_whole(color_photo).items():
        name = "old.tga" if kind == "TGA" else "old"
        assert Picture.decode(data, name, max_pixels=240_000).width == 600, kind
        for given in (data, data[: len(data) // 2] + bytes(len(data) - len(data) // 2)):
            with pytest.raises(
                TooLargeError, match=rf"^{name}: 600 x 400 pixels are over the limit of 239,999"
            ) as error:
                Picture.decode(given, name, max_pixels=239_999)
            assert "\n" not in str(error.value)
    path = tmp_path / "old.bmp"
    path.write_bytes(decoded_whole(color_photo)["BMP"][:300])
    small = Colorizer(max_pixels=1000)
    for call in (
        small.session,
        small,
        lambda p: small(color_photo[:9, :9], reference=p),
        lambda p: Guide.of(hints=p, max_pixels=1000),
    ):
        with pytest.raises(TooLargeError, match="600 x 400 pixels are over the limit of 1,000"):
            call(str(path))


def test_jpeg_xl_says_its_size_whatever_it_is_and_brings_its_xmp(color_photo):
    pytest.importorskip("pillow_jxl")
    imagecodecs = pytest.importorskip("imagecodecs")
    for width, height in ((1, 1), (8, 8), (60, 50), (400, 300), (160, 90), (300, 200), (7, 600), (9000, 2), (2, 70000)):
        data = imagecodecs.jpegxl_encode(np.zeros((height, width), np.uint8), lossless=True)
        assert jxl.read_header(data) == jxl.Header(width, height, False)
    data = saved(color_photo, "JXL", use_container=True, xmp=b"<x:xmpmeta/>", exif=b"II*\0\x08\0\0\0\0\0")
    assert jxl.read_header(data) == jxl.Header(600, 400, False)
    assert bytes(Picture.decode(data).header.get("xmp-data")) == b"<x:xmpmeta/>"
    frames = np.stack([color_photo, 255 - color_photo])
    moving = Picture.decode(imagecodecs.jpegxl_encode(frames, lossless=True, photometric="rgb", planar=False))
    assert moving.note == "an animation: its first frame alone is coloured"
    np.testing.assert_allclose(full_lightness(moving), lightness(color_photo), atol=0.15)
    for broken in (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n", data[:30]):
        with pytest.raises(PictureError, match="cannot be read as JPEG XL"):
            Picture.decode(broken)


def test_of_a_heif_with_several_pictures_the_primary_one_is_read(gray_photo):
    heif = pytest.importorskip("pillow_heif")
    pictures = [Image.fromarray(np.dstack([photo] * 3)) for photo in (gray_photo, 255 - gray_photo)]
    file = heif.from_pillow(pictures[0])
    file.add_from_pillow(pictures[1])
    out = io.BytesIO()
    file.save(out, quality=95, primary_index=1)
    picture = Picture.decode(out.getvalue())
    assert picture.pages == 1
    assert np.abs(full_lightness(picture) - lightness(255 - gray_photo)).mean() < 1.5


def test_of_an_avif_with_several_pictures_the_primary_one_is_read(gray_photo):
    """Which libvips reads."""
    import pyvips

    stack = pyvips.Image.new_from_array(np.vstack([gray_photo, 255 - gray_photo])).copy(interpretation="b-w")
    stack.set_type(pyvips.GValue.gint_type, "page-height", len(gray_photo))
    data = bytearray(stack.heifsave_buffer(compression="av1", Q=95, effort=0))
    at = data.index(b"pitm") + 8  # the primary item's number, which the second picture's takes the place of
    for number in range(2, 6):
        data[at : at + 2] = struct.pack(">H", number)
        with suppress(pyvips.Error):
            if pyvips.Image.heifload_buffer(bytes(data)).get("heif-primary") == 1:
                break
    picture = Picture.decode(bytes(data))
    assert picture.pages == 1
    assert np.abs(full_lightness(picture) - lightness(255 - gray_photo)).mean() < 1.5


def test_what_is_missing_is_named(color_photo, monkeypatch):
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    heif.from_pillow(Image.fromarray(color_photo)).save(out)
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(
        PictureError, match=r"to read HEIC, install the extra formats: pip install '\.\[formats\]' in a checkout"
    ):
        Picture.decode(out.getvalue())
