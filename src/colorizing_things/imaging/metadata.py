"""What an original says beside its pixels -> what the coloured file says: in any format, as far as that can hold it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pyvips

from . import iptc, png, tiff
from .exif import (
    LONGEST_BLOCK,
    RESOLUTION,
    block_for,
    entries_to_keep,
    with_block,
    without_thumbnail,
)
from .picture import Picture
from .tiff import Directory, Entry
from .xmp import packet_of, set_packet, upright_xmp

UNSTATED = 1.0  # pixels per mm: what libvips says where a file says nothing
FINEST = 1e6  # pixels per mm that libvips can write
NO_UNIT = 1
TEXTS = ("exif-", "png-comment-", "image-description", "resolution-unit")
OLD_THUMBNAIL = "exif-ifd1-"
# What our own directory says instead of libvips': texts, resolution, IPTC.
REPLACED = frozenset({tiff.DESCRIPTION, tiff.IPTC, tiff.PHOTOSHOP})


@dataclass(frozen=True)
class AddedMetadata:
    """What is put into the file after libvips has written it.

    Attributes:
        tags: of a TIFF's page.
        dropped: tags that libvips writes and the original did not have.
        texts: a PNG's text chunks.
        resolution: whether the original states one.
    """

    tags: Directory = field(default_factory=dict)
    dropped: frozenset[int] = REPLACED
    texts: tuple[bytes, ...] = ()
    resolution: bool = True


def copy_metadata(picture: Picture, image: pyvips.Image, format_name: str) -> tuple[pyvips.Image, AddedMetadata]:
    """Give ``image`` the original's resolution, EXIF, XMP, IPTC and texts; not its profile or thumbnail.

    Args:
        picture: the original, one page of it.
        image: the coloured pixels.
        format_name: what they will be written as.
    """
    header, directory = picture.header, picture.directory()
    image = image.copy(xres=min(header.xres, FINEST), yres=min(header.yres, FINEST))
    longest = None if format_name == "tiff" else LONGEST_BLOCK
    stated = _states_resolution(picture)
    if directory:
        said = entries_to_keep(directory, stated and format_name == "tiff")
        if said:
            image = with_block(image, block_for(said, longest))
    else:
        said = {}
        for name in header.get_fields():
            if name == "exif-data":
                block = without_thumbnail(bytes(header.get(name)))
                said = entries_to_keep(tiff.read_block(block), False)
                image.set_type(header.get_typeof(name), name, block)
            elif name.startswith(TEXTS) and not name.startswith(OLD_THUMBNAIL):
                with suppress(UnicodeDecodeError):  # no text: damaged
                    image.set_type(header.get_typeof(name), name, header.get(name))
        if longest is not None and said and len(bytes(header.get("exif-data"))) > longest:
            image = with_block(image, block_for(said, longest))
    texts = picture.png_facts().texts
    if texts:
        image, said = _with_texts(image, said, texts, format_name)
    _set_xmp(picture, image)
    iim, photoshop = _iptc(header, directory)
    if format_name == "jpeg" and (block := iptc.for_jpeg(iim, photoshop)):
        image.set_type(pyvips.GValue.blob_type, "iptc-data", block)
    if not stated:
        image = image.copy(xres=UNSTATED, yres=UNSTATED)
        image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "none")
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)  # the pixels are upright now
    return image, _beside(said, iim, photoshop, texts, stated, format_name)


def _states_resolution(picture: Picture) -> bool:
    """Whether the original says how large it is on paper; where it does not, libvips says 25.4 or 72 dpi."""
    header, directory, fields = picture.header, picture.directory(), picture.header.get_fields()
    if "exif-data" in fields and not directory:
        directory = tiff.read_block(bytes(header.get("exif-data")))
    if tiff.X_RESOLUTION in directory:
        unit = directory.get(tiff.RESOLUTION_UNIT)
        return unit is None or unit.numbers != (NO_UNIT,)
    if picture.kind == "png":
        return picture.png_facts().resolution
    if picture.kind == "jpeg":
        return "resolution-unit" in fields
    return not header.xres == header.yres == UNSTATED


def _with_texts(
    image: pyvips.Image, said: Directory, texts: tuple[bytes, ...], format_name: str
) -> tuple[pyvips.Image, Directory]:
    """A PNG's texts: as they are in a PNG, as EXIF's where it has a tag for them."""
    for name in image.get_fields():
        if name.startswith("png-comment-"):
            image.remove(name)
    if format_name == "png":
        return image, said
    found = {tag: Entry.text(text) for tag, text in png.as_exif_texts(texts).items()}
    if not found:
        return image, said
    merged = {**found, **said}
    return with_block(image, block_for(merged, None if format_name == "tiff" else LONGEST_BLOCK)), merged


def _set_xmp(picture: Picture, image: pyvips.Image) -> None:
    packet = packet_of(picture.header)
    if packet:
        set_packet(image, upright_xmp(packet, picture.orientation))


def _iptc(header: pyvips.Image, directory: Directory) -> tuple[bytes, bytes]:
    """IPTC's IIM, and Photoshop's resources without thumbnails; empty where there are none."""
    if directory:
        iim = iptc.iim_of(directory[tiff.IPTC].data.rstrip(b"\0")) if tiff.IPTC in directory else b""
        photoshop = directory[tiff.PHOTOSHOP].data if tiff.PHOTOSHOP in directory else b""
        if not iim:
            iim = iptc.iim_of(photoshop)
        return iim, iptc.packed(iptc.resources(photoshop))
    fields = header.get_fields()
    data = bytes(header.get("iptc-data")) if "iptc-data" in fields else b""
    photoshop = data if data.startswith((iptc.PREFIX, b"8BIM")) else b""
    return iptc.iim_of(data), iptc.packed(iptc.resources(photoshop))


def _beside(
    said: Directory, iim: bytes, photoshop: bytes, texts: tuple[bytes, ...], stated: bool, format_name: str
) -> AddedMetadata:
    dropped = REPLACED if stated and not set(said) >= RESOLUTION else REPLACED | RESOLUTION
    tags = dict(said)
    if iim:
        tags[tiff.IPTC] = Entry.of_bytes(iim)
    if photoshop:
        tags[tiff.PHOTOSHOP] = Entry.of_bytes(photoshop)
    return AddedMetadata(tags, dropped, texts if format_name == "png" else (), stated)
