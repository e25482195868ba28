"""What another program reads of a coloured file's metadata: ExifTool, which knows more of it than any library."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from programs import need

from colorizing_things import Colorizer

SET = (
    "-EXIF:Artist=A. Nonymous",
    "-EXIF:Copyright=nobody",
    "-EXIF:DateTimeOriginal=1949:05:23 12:00:00",
    "-EXIF:GPSLatitude=48.5",
    "-EXIF:GPSLatitudeRef=N",
    "-EXIF:ImageDescription=Großmutter, Düsseldorf",
    "-XMP-dc:Title=Grandmother",
    "-XMP-dc:Subject=family",
    "-XMP-photoshop:City=Düsseldorf",
    "-XResolution=600",
    "-YResolution=600",
)
READ = (
    "EXIF:Artist", "EXIF:Copyright", "EXIF:DateTimeOriginal", "EXIF:GPSLatitude", "EXIF:ImageDescription", "XMP:Title",
    "XMP:Subject", "XMP:City",
)  # fmt: skip


@pytest.fixture(scope="module")
def exiftool() -> str:
    return need("exiftool")


def read(exiftool: str, path: Path) -> dict[str, object]:
    done = subprocess.run([exiftool, "-json", "-G", "-n", str(path)], check=True, capture_output=True)
    tags: dict[str, object] = json.loads(done.stdout)[0]
    return tags


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_what_was_written_is_read_again(exiftool, suffix, tmp_path, old_jpg, colorizer: Colorizer):
    source = tmp_path / f"marked{suffix}"
    Image.open(old_jpg).save(source)
    subprocess.run([exiftool, "-q", "-overwrite_original", *SET, str(source)], check=True)
    before, after = (read(exiftool, path) for path in (source, colorizer.colorize_file(source)))
    assert before["EXIF:Artist"] == "A. Nonymous"  # it was there to be kept
    assert {tag: after.get(tag) for tag in READ} == {tag: before.get(tag) for tag in READ}
    said = str(after.get("ExifTool:Warning", "[minor]"))  # libvips begins WebP's EXIF as JPEG's: minor, and read
    assert "[minor]" in said and "ExifTool:Error" not in after


def test_the_mark_says_that_colours_are_machine_made(exiftool, old_jpg, colorizer: Colorizer):
    tags = read(exiftool, colorizer.colorize_file(old_jpg))
    assert str(tags["XMP:DigitalSourceType"]).endswith("compositeWithTrainedAlgorithmicMedia")


def test_the_colours_are_srgb_whatever_the_profile_was(exiftool, tmp_path, old_jpg, colorizer: Colorizer):
    source = tmp_path / "profiled.jpg"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.open(old_jpg).convert("RGB").save(source, icc_profile=profile)
    tags = read(exiftool, colorizer.colorize_file(source))
    assert tags.get("ICC_Profile:ColorSpaceData", "RGB ") == "RGB "
    assert tags["File:ImageWidth"] == 600 and tags["File:ColorComponents"] == 3
