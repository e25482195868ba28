import io
import threading
from functools import partial

import numpy as np
import pytest
import pyvips
import tifffile
from measures import SHARED, chroma, lightness
from PIL import Image, ImageCms, PngImagePlugin
from skimage import data

from colorizing_things import Colorizer, ColorizingError, ColorOptions, PictureError, SettingError, colorize
from colorizing_things.imaging.xmp import SOURCE_TYPE
from colorizing_things.options import OutputOptions

DEEP, SHALLOW = 0.3, 1.0  # mean |dL| allowed: lossless, and through our JPEG


def dl(result, original):
    return np.abs(lightness(np.asarray(result)) - lightness(np.asarray(original))).mean()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp", ".avif"])
def test_a_file_comes_back_as_its_own_kind_with_its_lightness(tmp_path, colorizer, gray_photo, suffix):
    source = tmp_path / f"old{suffix}"
    Image.fromarray(gray_photo).convert("RGB" if suffix in (".webp", ".avif") else "L").save(source)
    before = source.read_bytes()
    result = colorizer(source)
    assert result == tmp_path / f"old.color{suffix}"
    assert source.read_bytes() == before
    with Image.open(source) as old, Image.open(result) as new:
        assert new.format == old.format and new.size == old.size
        assert dl(new.convert("RGB"), old.convert("L")) < (DEEP if suffix in (".png", ".tif") else SHALLOW)
        assert chroma(np.asarray(new.convert("RGB"))).mean() > 3
    assert {p.name for p in tmp_path.iterdir()} == {f"old{suffix}", f"old.color{suffix}"}


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_lightness_of_real_photographs_survives(tmp_path, colorizer, name):
    pixels = getattr(data, name)()
    assert dl(colorizer(pixels), pixels) < DEEP
    source = tmp_path / "photo.jpg"
    Image.fromarray(pixels).save(source, quality=95)
    result = colorizer(source)
    assert dl(Image.open(result), Image.open(source)) < SHALLOW


@pytest.mark.skipif(not SHARED.exists(), reason="no shared photographs here")
def test_lightness_survives_on_val(colorizer):
    paths = sorted((SHARED / "data" / "val").glob("*.webp"))[::40]
    errors = [dl(colorizer(pixels), pixels) for pixels in (np.asarray(Image.open(p).convert("RGB")) for p in paths)]
    assert np.mean(errors) < DEEP


def test_sixteen_bits_stay_sixteen(tmp_path, colorizer, gray_photo):
    deep = gray_photo.astype(np.uint16) * 257 + 77
    for path in (tmp_path / "deep.tif", tmp_path / "deep.png"):
        Image.fromarray(deep).save(path)
        result = colorizer(path)
        pixels = pyvips.Image.new_from_file(str(result)).numpy()
        assert pixels.dtype == np.uint16 and pixels.shape == (400, 600, 3)
        assert np.abs(lightness(pixels) - lightness(deep)).max() < 0.3
        assert len(np.unique(pixels % 257)) > 200


def test_alpha_survives(tmp_path, colorizer, color_photo):
    alpha = np.linspace(0, 255, 600 * 400).reshape(400, 600).astype(np.uint8)
    for suffix in (".png", ".tif", ".webp"):
        path = tmp_path / f"alpha{suffix}"
        Image.fromarray(np.dstack([color_photo, alpha])).save(path, **({"lossless": True} if suffix == ".webp" else {}))
        result = np.asarray(Image.open(colorizer(path)))
        assert result.shape == (400, 600, 4)
        np.testing.assert_allclose(result[..., 3], alpha, atol=0 if suffix != ".webp" else 3)
    assert colorizer(np.dstack([color_photo, alpha])).shape == (400, 600, 4)
    opaque = colorizer.colorize_file(tmp_path / "alpha.png", tmp_path / "flat.jpg", output=OutputOptions("jpeg"))
    assert Image.open(opaque).mode == "RGB"


def test_a_palette_becomes_colour(tmp_path, colorizer, color_photo):
    path = tmp_path / "palette.png"
    Image.fromarray(color_photo).convert("P").save(path)
    assert Image.open(colorizer(path)).mode == "RGB"


def test_all_pages_are_coloured(tmp_path, colorizer, gray_photo):
    pages = np.stack([gray_photo, gray_photo[:, ::-1], gray_photo // 2])
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, pages, photometric="minisblack")
    result = pyvips.Image.new_from_file(str(colorizer(path)), n=-1).numpy().reshape(3, 400, 600, 3)
    for page, original in zip(result, pages, strict=True):
        assert dl(page, original) < DEEP and chroma(page).mean() > 3
    alone = colorizer(pages[0])
    np.testing.assert_allclose(result[0], alone, atol=1)


EXIF_TIME, EXIF_MAKE, EXIF_ORIENTATION = 0x9003, 0x010F, 0x0112
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="grandmother"/></rdf:RDF></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)


@pytest.fixture(scope="module")
def exif():
    exif = Image.Exif()
    exif[EXIF_MAKE], exif[EXIF_ORIENTATION] = "Kodak", 6
    exif.get_ifd(0x8769)[EXIF_TIME] = "1949:05:23 12:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def xmp_of(image: Image.Image) -> bytes:
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found if isinstance(found, bytes) else found.encode()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_metadata_survives(tmp_path, colorizer, gray_photo, exif, suffix):
    path = tmp_path / f"old{suffix}"
    image = Image.fromarray(gray_photo).convert("RGB")
    if suffix == ".tif":
        save_tiff_with_exif(path, gray_photo, exif)
    elif suffix == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        image.save(path, exif=exif, dpi=(300, 300), pnginfo=text)
    else:
        image.save(path, exif=exif, dpi=(300, 300), xmp=XMP)
    new = Image.open(colorizer(path))
    assert new.size == (400, 600)  # upright now
    found = new.getexif()
    assert found[EXIF_MAKE] == "Kodak"
    assert found.get(EXIF_ORIENTATION, 1) == 1
    assert found.get_ifd(0x8769)[EXIF_TIME] == "1949:05:23 12:00:00"
    assert found.get_ifd(0x8825)[1] == "N"
    if suffix in (".jpg", ".png", ".tif"):
        assert round(new.info["dpi"][0]) == 300
    profile = ImageCms.ImageCmsProfile(io.BytesIO(new.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert SOURCE_TYPE.encode() in xmp_of(new)
    assert b"grandmother" in xmp_of(new)


def save_tiff_with_exif(path, pixels, exif):
    """As a scanner would: orientation, resolution, XMP and EXIF directories."""
    from colorizing_things.imaging.tiff import join_pages, read_block

    tifffile.imwrite(
        path, pixels, resolution=(300, 300), resolutionunit=2,
        extratags=[(700, 1, len(XMP), XMP, True), (274, 3, 1, 6, True)], metadata=None,
    )  # fmt: skip
    with path.open("r+b") as file:
        join_pages(file, [], [read_block(exif.tobytes())], [frozenset()])


def test_the_mark_can_be_left_out(colorizer, old_jpg):
    result = colorizer.colorize_file(old_jpg, output=OutputOptions(provenance=False))
    assert SOURCE_TYPE.encode() not in result.read_bytes()


def test_the_grey_thumbnail_of_the_original_goes(tmp_path, colorizer, gray_photo, exif):
    """File managers would show it instead of the coloured picture."""
    thumbnail = io.BytesIO()
    Image.fromarray(gray_photo[::8, ::8]).save(thumbnail, "JPEG")
    Image.fromarray(gray_photo).save(tmp_path / "plain.jpg", exif=exif)
    image = pyvips.Image.new_from_file(str(tmp_path / "plain.jpg")).copy()
    image.set_type(pyvips.GValue.blob_type, "jpeg-thumbnail-data", thumbnail.getvalue())
    image.write_to_file(str(tmp_path / "old.jpg"))
    name = "jpeg-thumbnail-data"
    assert name in pyvips.Image.new_from_file(str(tmp_path / "old.jpg")).get_fields()
    colored = pyvips.Image.new_from_file(str(colorizer(tmp_path / "old.jpg")))
    assert name not in colored.get_fields() and "exif-ifd0-Make" in colored.get_fields()


def test_types_come_back_as_they_came(tmp_path, colorizer, old_jpg, gray_photo):
    assert isinstance(colorizer(str(old_jpg)), str)
    colored = colorizer(old_jpg.read_bytes())
    assert isinstance(colored, bytes) and Image.open(io.BytesIO(colored)).format == "JPEG"
    for dtype, top in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1.0), (np.float64, 1.0)):
        pixels = (gray_photo / 255 * top).astype(dtype)
        for shaped in (pixels, pixels[..., None], np.repeat(pixels[..., None], 3, -1)):
            result = colorizer(shaped)
            assert result.dtype == dtype and result.shape == (400, 600, 3) and result.max() <= top
    image = Image.open(old_jpg)
    image.info["dpi"] = (600, 600)
    result = colorizer(image)
    assert isinstance(result, Image.Image) and result.mode == "RGB" and result.info["dpi"] == (600, 600)
    assert colorizer(Image.fromarray(gray_photo).convert("LA")).mode == "RGBA"
    assert colorizer(Image.fromarray(gray_photo).convert("1")).mode == "RGB"
    assert colorizer(Image.fromarray(gray_photo.astype(np.uint16) * 257)).mode == "RGB"
    np.testing.assert_array_equal(colorize(gray_photo), colorizer(gray_photo))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((10, 10), np.int32), np.zeros((10, 10), bool), np.zeros((10, 10), complex), np.zeros(10, np.uint8),
        np.zeros((10, 10, 2), np.uint8), np.zeros((10, 10, 5), np.uint8), np.zeros((0, 10), np.uint8),
        np.full((10, 10), np.nan), np.full((10, 10), np.inf), np.full((10, 10), 255.0), np.full((10, 10), -1.0),
        np.zeros((2, 10, 10, 3), np.uint8),
    ],
)  # fmt: skip
def test_bad_arrays_are_refused(colorizer, pixels):
    with pytest.raises(SettingError) as error:
        colorizer(pixels)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("wrong", [None, 7, [1, 2], object()])
def test_other_types_are_refused(colorizer, wrong):
    with pytest.raises(SettingError, match="path, bytes, PIL image or ndarray"):
        colorizer(wrong)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20000), (20000, 1), (3, 5), (33, 31)])
def test_odd_sizes_work(colorizer, shape):
    pixels = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    result = colorizer(pixels)
    assert result.shape == (*shape, 3)
    assert dl(result, pixels) < 0.5


@pytest.mark.parametrize(
    "look", [{"size": 16}, {"size": 5000}, {"saturation": -1}, {"saturation": float("nan")}, {"strength": 2}]
)
def test_options_out_of_range_are_refused(colorizer, gray_photo, look):
    with pytest.raises(SettingError):
        colorizer(gray_photo, **look)


def test_options_do_what_they_say(colorizer, gray_photo):
    plain = chroma(colorizer(gray_photo)).mean()
    assert chroma(colorizer(gray_photo, strength=0)).max() < 1.5
    assert chroma(colorizer(gray_photo, strength=0.5)).mean() == pytest.approx(plain / 2, rel=0.1)
    assert chroma(colorizer(gray_photo, saturation=1.5)).mean() > plain * 1.2
    field = colorizer.predict(gray_photo, ColorOptions(size=96)).ab.shape
    assert field == (2, 48, 72)


def test_the_same_picture_gets_the_same_colours_from_any_thread(colorizer, gray_photo):
    expected, results = colorizer(gray_photo), []
    threads = [threading.Thread(target=lambda: results.append(colorizer(gray_photo))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_predict_gives_a_small_field_with_confidence(colorizer, gray_photo):
    chroma_field = colorizer.predict(gray_photo)
    height, width = chroma_field.ab.shape[1:]
    size = colorizer.card.default_size // colorizer.card.output_stride
    assert min(height, width) == size and abs(width / height - 1.5) < 0.1
    assert chroma_field.confidence.shape == (height, width)
    assert 0 <= chroma_field.confidence.min() <= chroma_field.confidence.max() <= 1


def test_originals_and_earlier_results_are_never_overwritten(tmp_path, colorizer, old_jpg):
    before = old_jpg.read_bytes()
    with pytest.raises(PictureError, match="is the original"):
        colorizer.colorize_file(old_jpg, old_jpg, output=OutputOptions(overwrite=True))
    link = tmp_path / "link.jpg"
    link.symlink_to(old_jpg)
    with pytest.raises(PictureError, match="is the original"):
        colorizer.colorize_file(old_jpg, link, output=OutputOptions(overwrite=True))
    assert old_jpg.read_bytes() == before
    result = colorizer(old_jpg)
    mine = result.read_bytes()
    with pytest.raises(PictureError, match="exists already"):
        colorizer(old_jpg)
    assert result.read_bytes() == mine
    assert colorizer(old_jpg, warmth=1, overwrite=True) == result and result.read_bytes() != mine


def test_a_name_says_the_format(tmp_path, colorizer, old_jpg):
    assert Image.open(colorizer.colorize_file(old_jpg, tmp_path / "new.tif")).format == "TIFF"
    assert Image.open(colorizer.colorize_file(old_jpg, tmp_path / "x", output=OutputOptions("png"))).format == "PNG"
    with pytest.raises(SettingError, match="cannot write"):
        colorizer.colorize_file(old_jpg, tmp_path / "new.xyz")
    assert not (tmp_path / "new.xyz").exists()


def test_a_file_broken_off_halfway_leaves_nothing_behind(tmp_path, colorizer, old_jpg):
    broken = tmp_path / "in" / "broken.png"
    broken.parent.mkdir()
    Image.open(old_jpg).save(broken)
    broken.write_bytes(broken.read_bytes()[:-9000])
    with pytest.raises(PictureError, match="broken off"):
        colorizer(broken)
    assert [p.name for p in broken.parent.iterdir()] == ["broken.png"]


def test_an_unwritable_place_is_one_line(tmp_path, colorizer, old_jpg):
    (tmp_path / "file").write_text("")
    with pytest.raises(ColorizingError, match="cannot be written"):
        colorizer.colorize_file(old_jpg, tmp_path / "file" / "out.jpg")


def test_a_full_disk_is_one_line(colorizer, old_jpg, monkeypatch, tmp_path):
    from colorizing_things.imaging import writing

    with pytest.raises(PictureError, match="disk is full"), writing.as_picture_error("/dev/full: cannot be written"):
        pyvips.Image.black(2000, 2000).write_to_target(pyvips.Target.new_to_file("/dev/full"), ".png", compression=0)


def test_a_write_that_nobody_gives_a_reason_for_is_one_true_line(tmp_path):
    from colorizing_things.imaging import vips_errors

    ask = partial(vips_errors.ask_to_write, tmp_path / "new.part")
    said = "wbuffer_write: write failed\nsystem error: Unknown error -1"
    unexplained = r"^new: a part of it was refused, and nothing says why; try another place"
    with (
        pytest.raises(PictureError, match=unexplained),
        vips_errors.as_picture_error("new", vips_errors.UNWRITABLE, ask),
    ):
        raise pyvips.Error("unable to call VipsSave", said)


def test_threads_and_unknown_models_and_devices_are_checked(tmp_path):
    with pytest.raises(SettingError, match="threads 0"):
        Colorizer(threads=0)
    with pytest.raises(SettingError, match="choose auto, cpu"):
        Colorizer(device="abacus")
    with pytest.raises(ColorizingError, match="choose default"):
        Colorizer("nothing")
