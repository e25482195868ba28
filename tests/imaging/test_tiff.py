"""Directories written by hand, read again by others: offsets even, orders of bytes, large files, loops."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorizing_things.imaging.exif import block_for
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.tiff import (
    ASCII,
    EXIF,
    SHORT,
    Entry,
    checksums_hold,
    join_pages,
    make_block,
    read_block,
    read_directories,
    read_layout,
)

ODD = Entry.text("even")  # 5 bytes with its end: what follows must begin at an even place
TAGS = {270: ODD, 271: Entry.text("Kodak"), EXIF: Entry(4, 1, b"", {36867: Entry.text("1949:05:23 12:00:00")})}


def written(pixels, **options) -> io.BytesIO:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="minisblack", metadata=None, **options)
    return file


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("odd", [False, True])
def test_pages_are_joined_and_tagged(gray_photo, byteorder, big, odd):
    pages = [gray_photo[:99, :101], gray_photo[:50].astype(np.uint16) * 257, gray_photo[:3, :5]]
    files = [written(page, byteorder=byteorder, bigtiff=big, rowsperstrip=8) for page in pages]
    if odd:  # a file of an odd number of bytes
        for file in files:
            file.seek(0, 2)
            file.write(b"x" * (1 + len(file.getvalue()) % 2))
    join_pages(files[0], files[1:], [TAGS] * 3, [frozenset({305})] * 3)
    with tifffile.TiffFile(io.BytesIO(files[0].getvalue())) as whole:
        assert whole.is_bigtiff == big and len(whole.pages) == 3
        for page, pixels in zip(whole.pages, pages, strict=True):
            np.testing.assert_array_equal(page.asarray(), pixels)
            assert page.tags[270].value == "even" and page.tags[271].value == "Kodak" and 305 not in page.tags
            assert page.tags[EXIF].value["DateTimeOriginal"] == "1949:05:23 12:00:00"
            assert page.offset % 2 == 0 and all(tag.valueoffset % 2 == 0 for tag in page.tags if tag.count > 8)
    assert Picture.decode(files[0].getvalue()).pages == 3


def test_a_block_is_what_pillow_reads():
    exif = Image.Exif()
    exif.load(make_block(TAGS))
    assert exif[271] == "Kodak" and exif.get_ifd(EXIF)[36867] == "1949:05:23 12:00:00"
    assert read_block(b"Exif\0\0" + make_block(TAGS)).keys() == TAGS.keys()
    assert read_block(exif.tobytes())[271] == TAGS[271]
    assert read_block(b"") == read_block(b"II*\0") == read_block(b"no block at all") == {}


def test_what_is_longest_goes_first():
    inner = {37500: Entry(7, 3000, bytes(3000)), 37510: Entry(7, 4000, bytes(4000)), 36867: Entry.text("1949")}
    tags = {270: Entry.text("x" * 2000), EXIF: Entry(4, 1, b"", inner)}
    kept = read_block(block_for(tags, 7000))
    assert 37500 not in kept[EXIF].inner and 37510 in kept[EXIF].inner and 270 in kept
    kept = read_block(block_for(tags, 3000))
    assert set(kept[EXIF].inner) == {36867} and 270 in kept
    assert read_block(block_for(tags, None)).keys() == tags.keys()


def test_directories_that_lead_in_a_circle_or_nowhere(gray_photo):
    file = written(gray_photo)
    layout, at = read_layout(file)
    file.seek(at)
    (count,) = struct.unpack("<H", file.read(2))
    file.seek(at + 2 + 12 * count)
    file.write(struct.pack("<L", at))
    assert len(read_directories(file)) == 1
    file.seek(at + 2 + 12 * count)
    file.write(struct.pack("<L", 1 << 30))
    assert len(read_directories(file)) == 1 and not layout.big
    assert read_directories(io.BytesIO(b"no tiff")) == []


def test_checksums(gray_photo):
    file = written(gray_photo, compression="zlib", rowsperstrip=100)
    (directory,) = read_directories(file)
    assert checksums_hold(file, directory)
    place, size = directory[273].numbers[2], directory[279].numbers[2]
    file.seek(place + size // 2)
    file.write(b"\x55\xaa\x55")
    assert not checksums_hold(file, directory)
    assert checksums_hold(file, {**directory, 259: Entry(SHORT, 1, b"\1\0")})  # not deflated: nothing to check
    assert ASCII == 2
