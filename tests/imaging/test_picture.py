import io

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measures import lightness
from PIL import Image, ImageCms

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import ColorizingError, PictureError
from colorizing_things.imaging.picture import Picture


def full_lightness(picture, page=0):
    strips = list(picture.strips(page))
    assert [s.top for s in strips] == sorted(s.top for s in strips)
    plane = np.concatenate([s.lightness for s in strips])
    return plane if plane.dtype == np.float32 else srgb_to_lightness(plane / np.iinfo(plane.dtype).max)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_grey_is_read_exactly_and_colour_by_its_luminance(tmp_path, colour_photo, grey_photo, suffix):
    for name, pixels in (("grey", grey_photo), ("colour", colour_photo)):
        path = tmp_path / f"{name}{suffix}"
        Image.fromarray(pixels).save(path, **({"lossless": True} if suffix == ".webp" else {}))
        picture = Picture.read(path)
        assert (picture.width, picture.height, picture.pages, picture.deep) == (600, 400, 1, False)
        np.testing.assert_allclose(full_lightness(picture), lightness(pixels), atol=0.15)


def test_jpeg_and_avif(tmp_path, colour_photo):
    for suffix in (".jpg", ".avif"):
        path = tmp_path / f"photo{suffix}"
        Image.fromarray(colour_photo).save(path, quality=90)
        decoded = np.asarray(Image.open(path).convert("RGB"))
        assert np.abs(full_lightness(Picture.read(path)) - lightness(decoded)).mean() < 0.3


def test_small_lightness_is_the_average(grey_photo):
    picture = Picture.of_array(grey_photo[..., None])
    small = picture.small_lightness(0, 30, 20)
    assert small.shape == (20, 30) and small.dtype == np.float32
    blocks = lightness(grey_photo).reshape(20, 20, 30, 20).mean((1, 3))
    assert np.abs(small - blocks).mean() < 2.5


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits(tmp_path, bits):
    codes = np.arange(64, dtype=np.uint8).reshape(8, 8) % 2**bits
    path = tmp_path / "few.png"
    if bits == 1:
        Image.fromarray(codes * 255).convert("1").save(path)
    else:
        palette = Image.fromarray(codes, mode="P")
        palette.putpalette([value for step in range(2**bits) for value in [step * 255 // (2**bits - 1)] * 3])
        palette.save(path, bits=bits)
    np.testing.assert_allclose(full_lightness(Picture.read(path)), srgb_to_lightness(codes / (2**bits - 1)), atol=0.2)


def test_sixteen_bits(tmp_path, grey_photo):
    deep = grey_photo.astype(np.uint16) * 257 + 100
    for path in (tmp_path / "deep.png", tmp_path / "deep.tif"):
        Image.fromarray(deep).save(path)
        picture = Picture.read(path)
        assert picture.deep
        np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(deep / 65535), atol=1e-4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(tmp_path, grey_photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(grey_photo).save(path, exif=exif)
    picture = Picture.read(path)
    turned = {
        1: grey_photo, 2: grey_photo[:, ::-1], 3: grey_photo[::-1, ::-1], 4: grey_photo[::-1],
        5: grey_photo.T, 6: np.rot90(grey_photo, -1), 7: grey_photo[::-1, ::-1].T, 8: np.rot90(grey_photo),
    }[orientation]  # fmt: skip
    assert (picture.height, picture.width) == turned.shape
    np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(turned / 255), atol=1e-3)
    small = picture.small_lightness(0, picture.width // 20, picture.height // 20)
    mean = lightness(turned).reshape(picture.height // 20, 20, picture.width // 20, 20).mean((1, 3))
    assert np.abs(small - mean).mean() < 2.5


def test_alpha_is_kept_apart(grey_photo):
    alpha = np.linspace(0, 255, grey_photo.size).reshape(grey_photo.shape).astype(np.uint8)
    picture = Picture.of_array(np.dstack([grey_photo, alpha]))
    assert picture.has_alpha
    strips = list(picture.strips(0))
    np.testing.assert_array_equal(np.concatenate([s.alpha for s in strips]), alpha)
    np.testing.assert_array_equal(np.concatenate([s.lightness for s in strips]), grey_photo)


def test_a_wide_gamut_profile_is_honoured(tmp_path, colour_photo):
    """The same codes mean more light under a linear profile; an sRGB profile changes nothing."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "profiled.png"
    Image.fromarray(colour_photo).save(path, icc_profile=srgb)
    np.testing.assert_allclose(full_lightness(Picture.read(path)), lightness(colour_photo), atol=0.15)
    lab = ImageCms.createProfile("LAB")
    lab_pixels = ImageCms.profileToProfile(
        Image.fromarray(colour_photo), ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    assert np.abs(full_lightness(Picture.read(path)) - np.asarray(lab_pixels)[..., 0] / 2.55).mean() < 1


def test_a_grey_profile_is_honoured(tmp_path, grey_photo):
    path = tmp_path / "linear.tif"
    tifffile.imwrite(path, grey_photo, iccprofile=linear_grey_profile())
    plane = full_lightness(Picture.read(path))
    linear = grey_photo / 255
    expected = np.where(linear > 0.008856, 116 * np.cbrt(linear) - 16, 903.3 * linear)
    assert np.abs(plane - expected).mean() < 0.5
    assert np.abs(plane - srgb_to_lightness(linear)).mean() > 5


def linear_grey_profile() -> bytes:
    """A minimal ICC v2 profile: grey, gamma 1."""
    import struct

    white = b"XYZ \0\0\0\0" + struct.pack(">3i", int(0.9642 * 65536), 65536, int(0.8249 * 65536))
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    text = b"text\0\0\0\0none\0\0\0\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + b"\0" * 79
    tags = [(b"wtpt", white), (b"kTRC", curve), (b"cprt", text), (b"desc", description + b"\0" * 2)]
    offset, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags:
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", offset + len(data), len(content))
        data += content
    size = offset + len(data)
    head = struct.pack(">I", size) + b"lcms" + struct.pack(">I", 0x02400000) + b"mntrGRAYXYZ " + b"\0" * 12
    head += b"acsp" + b"\0" * 28 + struct.pack(">3i", int(0.9642 * 65536), 65536, int(0.8249 * 65536))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def test_pages(tmp_path, grey_photo):
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, np.stack([grey_photo, 255 - grey_photo, grey_photo // 2]), photometric="minisblack")
    picture = Picture.read(path)
    assert picture.pages == 3
    np.testing.assert_allclose(full_lightness(picture, 1), srgb_to_lightness((255 - grey_photo) / 255), atol=1e-3)
    assert picture.small_lightness(2, 30, 20).mean() < picture.small_lightness(0, 30, 20).mean()


def test_pages_of_different_sizes_are_refused(tmp_path, grey_photo):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(grey_photo)
        writer.write(grey_photo[:100])
    with pytest.raises(PictureError, match="page 2 differs from page 1"):
        Picture.read(path)


def as_picture_error(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) > 10
    return text


def test_bad_files(tmp_path, old_jpg):
    def refuse(name, content, match):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(PictureError, match=match) as error:
            full_lightness(Picture.read(path))
        assert str(path) in as_picture_error(error)

    jpg = old_jpg.read_bytes()
    refuse("zero.jpg", b"", "empty")
    refuse("text.jpg", b"dear diary, today I scanned nothing\n" * 20, "no picture")
    refuse("cut.jpg", jpg[: len(jpg) // 2], "broken off")
    refuse("jpg.png", jpg, "is a JPEG file")
    refuse("head.jpg", jpg[:30], "cannot be read")
    png = io.BytesIO()
    Image.open(old_jpg).save(png, "PNG")
    refuse("cut.png", png.getvalue()[:5000], "broken off|damaged")
    with pytest.raises(PictureError, match="no such file"):
        Picture.read(tmp_path / "nowhere.jpg")
    with pytest.raises(PictureError, match="folder"):
        Picture.read(tmp_path)
    with pytest.raises(PictureError, match="empty"):
        Picture.decode(b"")


def test_an_animation_is_refused(tmp_path, grey_photo):
    frames = [Image.fromarray(grey_photo), Image.fromarray(255 - grey_photo)]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(PictureError, match="animation of 2 frames"):
        Picture.read(path)


def test_the_pixel_limit(old_jpg):
    picture = Picture.read(old_jpg)
    picture.check_size(600 * 400)
    with pytest.raises(PictureError, match=r"600 x 400 .*--max-pixels"):
        picture.check_size(600 * 400 - 1)


@pytest.fixture(scope="module")
def seeds():
    """Small valid files of every kind, to be mutated."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (24, 32), dtype=np.uint8)
    files = []
    for kind, options in (("JPEG", {}), ("PNG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {}), ("GIF", {})):
        out = io.BytesIO()
        Image.fromarray(pixels).convert("RGB" if kind == "WEBP" else "L").save(out, kind, **options)
        files.append(out.getvalue())
    return files


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_read_or_refused_in_one_line(seeds, data):
    content = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    try:
        picture = Picture.decode(bytes(content))
        picture.check_size(10_000_000)
        picture.small_lightness(0, 8, 8)
        plane = full_lightness(picture)
    except ColorizingError as error:
        assert "\n" not in str(error)
    else:
        assert plane.shape == (picture.height, picture.width)
        assert np.isfinite(plane).all()


def test_a_broken_off_picture_is_refused_at_the_first_look_too(grey_photo, tmp_path):
    path = tmp_path / "half.jpg"
    Image.fromarray(grey_photo).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError, match="broken off"):
        Picture.read(path).small_lightness(0, 30, 20)
