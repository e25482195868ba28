import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measures import lightness
from pictures import full_lightness, gray_profile, lightness_of_light
from PIL import Image, ImageCms

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import ColorizingError, PictureError
from colorizing_things.imaging.lightness import lab
from colorizing_things.imaging.picture import Picture


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_grey_is_read_exactly_and_colour_by_its_luminance(tmp_path, color_photo, gray_photo, suffix):
    for name, pixels in (("grey", gray_photo), ("colour", color_photo)):
        path = tmp_path / f"{name}{suffix}"
        Image.fromarray(pixels).save(path, **({"lossless": True} if suffix == ".webp" else {}))
        picture = Picture.read(path)
        assert (picture.width, picture.height, picture.pages, picture.deep) == (600, 400, 1, False)
        np.testing.assert_allclose(full_lightness(picture), lightness(pixels), atol=0.15)


def test_jpeg_and_avif(tmp_path, color_photo):
    for suffix in (".jpg", ".avif"):
        path = tmp_path / f"photo{suffix}"
        Image.fromarray(color_photo).save(path, quality=90)
        decoded = np.asarray(Image.open(path).convert("RGB"))
        assert np.abs(full_lightness(Picture.read(path)) - lightness(decoded)).mean() < 0.3


def test_small_lightness_is_the_average(gray_photo):
    picture = Picture.of_array(gray_photo[..., None])
    small = picture.small_lightness(0, 30, 20)
    assert small.shape == (20, 30) and small.dtype == np.float32
    blocks = lightness(gray_photo).reshape(20, 20, 30, 20).mean((1, 3))
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


def test_sixteen_bits(tmp_path, gray_photo):
    deep = gray_photo.astype(np.uint16) * 257 + 100
    for path in (tmp_path / "deep.png", tmp_path / "deep.tif"):
        Image.fromarray(deep).save(path)
        picture = Picture.read(path)
        assert picture.deep
        np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(deep / 65535), atol=1e-4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(tmp_path, gray_photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(gray_photo).save(path, exif=exif)
    picture = Picture.read(path)
    turned = {
        1: gray_photo, 2: gray_photo[:, ::-1], 3: gray_photo[::-1, ::-1], 4: gray_photo[::-1],
        5: gray_photo.T, 6: np.rot90(gray_photo, -1), 7: gray_photo[::-1, ::-1].T, 8: np.rot90(gray_photo),
    }[orientation]  # fmt: skip
    assert (picture.height, picture.width) == turned.shape
    np.testing.assert_allclose(full_lightness(picture), srgb_to_lightness(turned / 255), atol=1e-3)
    small = picture.small_lightness(0, picture.width // 20, picture.height // 20)
    mean = lightness(turned).reshape(picture.height // 20, 20, picture.width // 20, 20).mean((1, 3))
    assert np.abs(small - mean).mean() < 2.5


def test_alpha_is_kept_apart(gray_photo):
    alpha = np.linspace(0, 255, gray_photo.size).reshape(gray_photo.shape).astype(np.uint8)
    picture = Picture.of_array(np.dstack([gray_photo, alpha]))
    assert picture.has_alpha
    strips = list(picture.strips(0))
    np.testing.assert_array_equal(np.concatenate([s.alpha for s in strips]), alpha)
    np.testing.assert_array_equal(np.concatenate([s.lightness for s in strips]), gray_photo)


def test_a_wide_gamut_profile_is_honoured(tmp_path, color_photo):
    """The same codes mean more light under a linear profile; an sRGB profile changes nothing."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "profiled.png"
    Image.fromarray(color_photo).save(path, icc_profile=srgb)
    np.testing.assert_allclose(full_lightness(Picture.read(path)), lightness(color_photo), atol=0.15)
    lab = ImageCms.createProfile("LAB")
    lab_pixels = ImageCms.profileToProfile(
        Image.fromarray(color_photo), ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    assert np.abs(full_lightness(Picture.read(path)) - np.asarray(lab_pixels)[..., 0] / 2.55).mean() < 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_a_grey_profile_is_honoured(tmp_path, dtype, gamma):
    """In the shadows too, where the way through Lab was off by up to 2.8."""
    top = np.iinfo(dtype).max
    codes = np.linspace(0, top, 512).astype(dtype).reshape(8, 64)
    path = tmp_path / "linear.tif"
    tifffile.imwrite(path, codes, iccprofile=gray_profile(gamma), photometric="minisblack")
    expected = lightness_of_light((codes / top) ** gamma)
    assert np.abs(full_lightness(Picture.read(path)) - expected).max() < (0.1 if gamma == 1 else 0.5)
    assert np.abs(expected - srgb_to_lightness(codes / top)).mean() > 3


@pytest.mark.parametrize("deep", [False, True])
def test_an_rgb_profile_is_honoured_everywhere(tmp_path, color_photo, deep):
    """As a picture, as a reference, as painted hints: Display P3's codes mean other colours than sRGB's."""
    import pyvips

    image = pyvips.Image.new_from_array(color_photo, interpretation="srgb")
    wide = image.icc_transform("p3", input_profile="srgb", depth=16 if deep else 8)
    path = tmp_path / "wide.tif"
    wide.tiffsave(str(path), profile="p3")
    picture = Picture.read(path)
    assert np.abs(wide.numpy()[..., :3] / (257 if deep else 1) - color_photo).max() > 10
    assert np.abs(full_lightness(picture) - lightness(color_photo)).mean() < 0.4
    other = Picture.of_array(color_photo).small_ab(0, 60, 40)
    assert np.abs(picture.small_ab(0, 60, 40) - other).mean() < 0.6


def test_the_lab_of_a_grey_picture_hears_its_profile():
    codes = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)
    found = lab(Picture.of_array(codes[..., None], gray_profile(1.0)).header).numpy()
    np.testing.assert_allclose(found[..., 0], lightness_of_light(codes / 255), atol=0.1)
    assert not found[..., 1:].any()


def test_lightness_beyond_srgb_is_not_cut_to_it():
    """Display P3's primaries are no colours of sRGB; their luminance is known all the same."""
    import pyvips

    profile = bytes(pyvips.Image.profile_load("p3"))
    primaries = np.repeat(np.eye(3, dtype=np.uint8)[None] * 255, 8, axis=0)
    found = full_lightness(Picture.of_array(primaries, profile))[0]
    np.testing.assert_allclose(found, lightness_of_light(np.array([0.2290, 0.6917, 0.0793])), atol=0.3)


def test_a_profile_whose_curve_is_damaged_counts_as_none(gray_photo):
    """It would make the picture black: a fuzzed TIFF did (curve's numbers zeroed)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = profile.index(b"para") + 12
    damaged = profile[:at] + bytes(24) + profile[at + 24 :]
    for embedded in (profile, damaged):
        picture = Picture.of_array(np.dstack([gray_photo] * 3), embedded)
        np.testing.assert_allclose(full_lightness(picture), lightness(gray_photo), atol=0.15)
    linear = gray_profile(1.0)
    at = linear.index(b"curv") + 12
    picture = Picture.of_array(gray_photo[..., None], linear[:at] + bytes(len(linear) - at))
    assert full_lightness(picture).max() > 90


def test_cmyk_is_read_through_its_profile(tmp_path, color_photo):
    import pyvips

    image = pyvips.Image.new_from_array(color_photo, interpretation="srgb")
    path = tmp_path / "print.jpg"
    image.icc_transform("cmyk", input_profile="srgb").jpegsave(str(path), Q=97, subsample_mode="off")
    picture = Picture.read(path)
    assert picture.header.interpretation == "cmyk"
    expected = Picture.of_array(image.icc_transform("cmyk", input_profile="srgb").icc_transform("srgb").numpy())
    assert np.abs(full_lightness(picture) - full_lightness(expected)).mean() < 1
    assert np.abs(full_lightness(picture) - lightness(color_photo)).mean() < 8


def png_with_gamma(pixels, gamma, path):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    data, chunk = out.getvalue(), b"gAMA" + struct.pack(">I", round(gamma * 100_000))
    path.write_bytes(data[:33] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:])


@pytest.mark.parametrize("bands", ["L", "LA", "RGB", "RGBA"])
def test_a_pngs_gamma_is_honoured_unless_it_is_srgbs(tmp_path, gray_photo, bands):
    pixels = np.asarray(Image.fromarray(gray_photo).convert(bands))
    path = tmp_path / "gamma.png"
    png_with_gamma(pixels, 1.0, path)
    picture = Picture.read(path)
    assert not picture.deep
    np.testing.assert_allclose(full_lightness(picture), lightness_of_light(gray_photo / 255), atol=0.1)
    assert abs(picture.small_lightness(0, 30, 20).mean() - full_lightness(picture).mean()) < 2
    alphas = [strip.alpha for strip in picture.strips(0)]
    assert alphas[0] is None or (alphas[0].dtype == np.uint8 and (alphas[0] == 255).all())
    png_with_gamma(pixels, 0.45455, path)
    np.testing.assert_allclose(full_lightness(Picture.read(path)), lightness(gray_photo), atol=0.15)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floats_are_understood_by_their_range(tmp_path, gray_photo, top):
    codes, path = gray_photo / 255, tmp_path / "floats.tif"
    alpha = np.linspace(0, 1, codes.size).reshape(codes.shape)

    def check(pixels, expected, **options):
        tifffile.imwrite(path, pixels.astype(np.float32), **options)
        picture = Picture.read(path)
        np.testing.assert_allclose(full_lightness(picture), expected, atol=0.05)
        assert picture.deep and abs(picture.small_lightness(0, 30, 20).mean() - expected.mean()) < 2
        return picture

    check(codes * top, srgb_to_lightness(codes), photometric="minisblack")
    with_alpha = {"photometric": "minisblack", "extrasamples": ["unassalpha"], "planarconfig": "contig"}
    picture = check(np.dstack([codes * top, alpha * top]), srgb_to_lightness(codes), **with_alpha)
    found = np.concatenate([strip.alpha for strip in picture.strips(0)])
    np.testing.assert_allclose(found / 65535, alpha, atol=1e-3)
    expected = lightness_of_light(codes) if top == 1 else srgb_to_lightness(codes)
    check(np.dstack([codes * top] * 3), expected, photometric="rgb")


@pytest.mark.parametrize("pixels", [np.full((20, 30), 1.7), np.full((20, 30), -5.0), np.full((20, 30), np.nan),
                                    np.full((20, 30), 1e6), np.full((20, 30), 9, np.int16)])  # fmt: skip
def test_numbers_without_a_meaning_are_refused_by_name(tmp_path, pixels):
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, pixels.astype(np.float32) if pixels.dtype.kind == "f" else pixels)
    with pytest.raises(PictureError, match=r"odd\.tif: cannot be read: .*save it with 8 or 16 bits first"):
        full_lightness(Picture.read(path))
    with pytest.raises(PictureError, match=r"odd\.tif"):
        Picture.read(path).small_lightness(0, 3, 2)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("extra", [["unspecified"], ["unspecified", "unspecified"], ["unspecified", "unassalpha"]])
def test_a_scanners_infrared_channel_is_no_transparency(tmp_path, gray_photo, channels, extra):
    infrared, alpha = gray_photo[::-1], np.full_like(gray_photo, 99)
    bands = [gray_photo] * channels + [alpha if kind == "unassalpha" else infrared for kind in extra]
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.dstack(bands), photometric="rgb" if channels == 3 else "minisblack",
                     extrasamples=extra, planarconfig="contig")  # fmt: skip
    picture = Picture.read(path)
    assert picture.has_alpha == ("unassalpha" in extra)
    np.testing.assert_allclose(full_lightness(picture), lightness(gray_photo), atol=0.15)
    if picture.has_alpha:
        assert all((strip.alpha == 99).all() for strip in picture.strips(0))


def test_a_negative_becomes_a_positive(gray_photo, color_photo):
    negative = Picture.of_array(255 - gray_photo[..., None]).positive()
    np.testing.assert_array_equal(full_lightness(negative, raw=True), gray_photo)
    turned = full_lightness(Picture.of_array(color_photo).positive())
    np.testing.assert_allclose(turned, 100 - full_lightness(Picture.of_array(color_photo)), atol=1e-3)


def test_pages(tmp_path, gray_photo):
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, np.stack([gray_photo, 255 - gray_photo, gray_photo // 2]), photometric="minisblack")
    picture = Picture.read(path)
    assert picture.pages == 3
    np.testing.assert_allclose(full_lightness(picture, 1), srgb_to_lightness((255 - gray_photo) / 255), atol=1e-3)
    assert picture.small_lightness(2, 30, 20).mean() < picture.small_lightness(0, 30, 20).mean()


def test_pages_may_differ_in_size_and_depth(tmp_path, gray_photo):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(gray_photo)
        writer.write(gray_photo[:100].astype(np.uint16) * 257)
    picture = Picture.read(path)
    second = picture.part(1)
    assert (picture.pages, picture.height, second.height, second.deep) == (2, 400, 100, True)
    plane = np.concatenate([strip.lightness for strip in picture.strips(1)])
    np.testing.assert_array_equal(plane, gray_photo[:100].astype(np.uint16) * 257)


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


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
def test_of_an_animation_the_first_frame_is_read_and_that_is_said(tmp_path, gray_photo, suffix):
    frames = [Image.fromarray(gray_photo).convert("RGB"), Image.fromarray(255 - gray_photo).convert("RGB")]
    path = tmp_path / f"moving{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **({"lossless": True} if suffix == ".webp" else {}))
    picture = Picture.read(path)
    assert picture.note == "an animation of 2 frames: the first alone is coloured" and picture.pages == 1
    assert np.abs(full_lightness(picture) - lightness(gray_photo)).mean() < 3


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


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_broken_off_picture_is_refused_at_the_first_look_too(gray_photo, tmp_path):
    path = tmp_path / "half.jpg"
    Image.fromarray(gray_photo).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError, match="broken off"):
        Picture.read(path).small_lightness(0, 30, 20)
