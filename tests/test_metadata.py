"""What an original says beside its pixels, as ExifTool reads it from the coloured file: each format into each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from programs import need

from colorizing_things import Colorizer, OutputOptions

NAME = "Großmutter Łódź 祖母"
SET = (
    f"-EXIF:Artist={NAME}", f"-EXIF:Copyright={NAME}", f"-EXIF:ImageDescription={NAME}", "-EXIF:Make=Kodak",
    "-EXIF:DateTimeOriginal=1949:05:23 12:00:00", "-EXIF:GPSLatitude=48.5", "-EXIF:GPSLatitudeRef=N",
    f"-XMP-dc:Title={NAME}", "-XMP-dc:Subject=family",
)  # fmt: skip
KEPT = ("EXIF:Artist", "EXIF:Copyright", "EXIF:ImageDescription", "EXIF:Make", "EXIF:DateTimeOriginal",
        "EXIF:GPSLatitude", "XMP:Title", "XMP:Subject")  # fmt: skip
IPTC = ("-codedcharacterset=utf8", f"-IPTC:By-line={NAME}", "-IPTC:Keywords=family", "-IPTC:Caption-Abstract=at home")
IPTC_KEPT = ("IPTC:By-line", "IPTC:Keywords", "IPTC:Caption-Abstract")
SUFFIXES = (".jpg", ".png", ".tif", ".webp", ".avif")


@pytest.fixture(scope="module")
def exiftool() -> str:
    return need("exiftool")


def read(exiftool: str, path: Path, *words: str) -> dict[str, object]:
    command = [exiftool, "-json", "-G", "-n", "-struct", *words, str(path)]
    tags: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    return tags


def tagged(exiftool: str, path: Path, *words: str) -> Path:
    subprocess.run([exiftool, "-q", "-overwrite_original", *words, str(path)], check=True)
    return path


@pytest.mark.parametrize("into", SUFFIXES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_kept_in_every_format_and_from_each_to_each(exiftool, suffix, into, gray_photo, tmp_path, colorizer: Colorizer):
    source = tmp_path / f"old{suffix}"
    Image.fromarray(gray_photo).convert("RGB").save(source)
    tagged(exiftool, source, *SET, *(IPTC if suffix in (".jpg", ".tif") else ()))
    before = read(exiftool, source)
    after = read(exiftool, colorizer.colorize_file(source, tmp_path / f"new{into}"))
    wanted = KEPT + (IPTC_KEPT if suffix in (".jpg", ".tif") and into in (".jpg", ".tif") else ())
    assert before["EXIF:Artist"] == NAME
    assert {tag: after.get(tag) for tag in wanted} == {tag: before[tag] for tag in wanted}
    assert "ExifTool:Error" not in after


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_resolution_stays_none(exiftool, suffix, gray_photo, tmp_path, colorizer: Colorizer):
    source = tmp_path / f"old{suffix}"
    if suffix == ".tif":
        tifffile.imwrite(source, gray_photo, photometric="minisblack", metadata=None)
        tagged(exiftool, source, "-XResolution=", "-YResolution=", "-ResolutionUnit=")
    else:
        Image.fromarray(gray_photo).convert("RGB").save(source)
    if suffix in (".jpg", ".png"):
        source.write_bytes(source.read_bytes().replace(b"JFIF\0\1\1\1\0\x48\0\x48", b"JFIF\0\1\1\0\0\1\0\1"))
    for into in SUFFIXES:
        after = read(exiftool, colorizer.colorize_file(source, tmp_path / f"{suffix[1:]}{into}"))
        found = {name.partition(":")[2]: value for name, value in after.items()}
        assert found.get("ResolutionUnit", 1) in (0, 1), (into, found)
        assert found.get("PixelUnits", 0) == 0 and found.get("XResolution", 1) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("into", [".jpg", ".png", ".tif"])
def test_a_resolution_is_kept(exiftool, suffix, into, gray_photo, tmp_path, colorizer: Colorizer):
    source = tmp_path / f"old{suffix}"
    Image.fromarray(gray_photo).save(source, dpi=(600, 300))
    found = read(exiftool, colorizer.colorize_file(source, tmp_path / f"new{into}"))
    assert (round(found["EXIF:XResolution"]), round(found["EXIF:YResolution"])) == (600, 300)
    assert found["EXIF:ResolutionUnit"] == 2


def test_each_page_keeps_its_own(exiftool, gray_photo, tmp_path, colorizer: Colorizer):
    source = tmp_path / "pages.tif"
    with tifffile.TiffWriter(source) as writer:
        for number, (rows, dpi) in enumerate(((400, 300), (200, 600), (300, 150))):
            photo = gray_photo[:rows].astype(np.uint16) * 257 if number == 1 else gray_photo[:rows]
            writer.write(photo, photometric="minisblack", description=f"page {number + 1}",
                         resolution=(dpi, dpi), resolutionunit=2, metadata=None)  # fmt: skip
    result = colorizer.colorize_file(source)
    with tifffile.TiffFile(result) as after:
        found = [(page.description, page.shape, page.tags["XResolution"].value[0] / page.tags["XResolution"].value[1])
                 for page in after.pages]  # fmt: skip
        assert found == [("page 1", (400, 600, 3), 300), ("page 2", (200, 600, 3), 600), ("page 3", (300, 600, 3), 150)]
        assert after.pages[1].dtype == np.uint16 and after.pages[2].dtype == np.uint8
        alone = colorizer(gray_photo[:300])
        assert np.abs(after.pages[2].asarray().astype(int) - alone).max() <= 1
    assert "ExifTool:Error" not in read(exiftool, result)


def test_exif_of_any_size(exiftool, old_jpg, gray_photo, tmp_path, colorizer: Colorizer):
    """A maker's notes of 200 KB: TIFF holds them, the others have no room, and the rest is kept there."""
    note = tmp_path / "note"
    note.write_bytes(b"maker " * 35_000)
    source = tmp_path / "large.tif"
    Image.fromarray(gray_photo).save(source)
    tagged(exiftool, source, *SET, f"-EXIF:UserComment<={note}")
    before = read(exiftool, source)
    assert len(str(before["EXIF:UserComment"])) > 200_000
    for into in (".tif", ".png", ".jpg"):
        after = read(exiftool, colorizer.colorize_file(source, tmp_path / f"new{into}"))
        assert {tag: after.get(tag) for tag in KEPT} == {tag: before[tag] for tag in KEPT}
        assert (len(str(after.get("EXIF:UserComment", ""))) > 200_000) == (into == ".tif")


def test_exif_of_a_picture_over_178_megapixels(exiftool, tmp_path, colorizer: Colorizer):
    import pyvips

    source = tmp_path / "wide.tif"
    pyvips.Image.black(20_000, 9_000).tiffsave(str(source), compression="deflate")
    tagged(exiftool, source, "-EXIF:Artist=A. Nonymous")
    from colorizing_things.imaging.picture import Picture

    assert Picture.read(source).directory()[315].data == b"A. Nonymous\0"


def test_a_pngs_texts(exiftool, gray_photo, tmp_path, colorizer: Colorizer):
    from PIL import PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Creation Time", "1923-05-01")
    texts.add_text("Title", "Großmutter")  # Latin-1
    texts.add_itxt("Description", NAME, lang="de")
    texts.add_text("Comment", "long " * 500, zip=True)
    source = tmp_path / "old.png"
    Image.fromarray(gray_photo).save(source, pnginfo=texts)
    before, after = (Image.open(path).text for path in (source, colorizer.colorize_file(source)))
    assert {key: after[key] for key in before} == before
    said = read(exiftool, tmp_path / "old.color.png")
    assert said["PNG:Description-de"] == NAME and "ExifTool:Warning" not in said
    for into in (".jpg", ".tif", ".webp"):
        assert read(exiftool, colorizer.colorize_file(source, tmp_path / f"new{into}"))["EXIF:ImageDescription"] == NAME


@pytest.mark.parametrize("orientation", range(1, 9))
def test_xmp_is_set_upright_with_the_pixels(exiftool, orientation, gray_photo, tmp_path, colorizer: Colorizer):
    """A face's region lies where the face is: a white square in the picture says where."""
    photo = (gray_photo // 4).astype(np.uint8)
    photo[100:140, 480:540] = 255  # a face, its centre at .85, .3 of the stored picture
    source = tmp_path / "old.jpg"
    Image.fromarray(photo).save(source, quality=95)
    region = ("{AppliedToDimensions={W=600,H=400,Unit=pixel},RegionList=[{Area={X=0.85,Y=0.3,W=0.1,H=0.1,"
              "Unit=normalized},Name=Anna,Type=Face}]}")  # fmt: skip
    microsoft = "{Regions=[{PersonDisplayName=Anna,Rectangle=0.8|, 0.25|, 0.1|, 0.1}]}"
    tagged(exiftool, source, "-n", f"-IFD0:Orientation={orientation}", f"-XMP-tiff:Orientation={orientation}",
           f"-XMP:RegionInfo={region}", f"-XMP:RegionInfoMP={microsoft}")  # fmt: skip
    result = colorizer.colorize_file(source, tmp_path / "new.png")
    after = read(exiftool, result)
    assert after["XMP:Orientation"] == 1 and after.get("EXIF:Orientation", 1) == 1
    with Image.open(result) as colored:
        rows, columns = np.nonzero(np.asarray(colored.convert("L")) > 200)
        size = colored.size
    info = after["XMP:RegionInfo"]
    area = info["RegionList"][0]["Area"]
    assert (info["AppliedToDimensions"]["W"], info["AppliedToDimensions"]["H"]) == size
    assert area["X"] == pytest.approx((columns.min() + columns.max() + 1) / 2 / size[0], abs=0.01)
    assert area["Y"] == pytest.approx((rows.min() + rows.max() + 1) / 2 / size[1], abs=0.01)
    assert area["W"] * size[0] == pytest.approx(columns.max() - columns.min() + 1, abs=4)
    x, y, w, h = (float(part) for part in after["XMP:RegionInfoMP"]["Regions"][0]["Rectangle"].split(","))
    assert (x + w / 2, y + h / 2) == pytest.approx((area["X"], area["Y"]), abs=1e-3)
    assert (w, h) == pytest.approx((area["W"], area["H"]), abs=1e-3)


def test_bytes_and_the_format_asked_for_keep_the_same(exiftool, gray_photo, tmp_path, colorizer: Colorizer):
    source = tmp_path / "old.tif"
    Image.fromarray(gray_photo).save(source)
    tagged(exiftool, source, *SET, *IPTC)
    for name in ("tiff", "jpeg", "png"):
        result = tmp_path / f"new.{name}"
        result.write_bytes(colorizer.encode(source.read_bytes(), output=OutputOptions(name)))
        after = read(exiftool, result)
        assert after["EXIF:Artist"] == NAME and after["XMP:Title"] == NAME
        assert name == "png" or after["IPTC:By-line"] == NAME
