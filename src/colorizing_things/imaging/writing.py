"""A coloured libvips image -> a file or bytes: format, quality, metadata, and a name that appears only when whole."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyvips

from colorizing_things.errors import ColorizingError, PictureError, SettingError

from .exif import add_exif, without_thumbnail
from .picture import SUFFIX_KINDS, as_picture_error
from .xmp import mark_as_machine_colored

BIG_TIFF_BYTES = 3_500_000_000  # a plain TIFF ends at 4 GiB, compressed or not


@dataclass(frozen=True)
class Format:
    """How one format is written."""

    suffix: str
    quality: int | None = None  # None: lossless
    options: dict[str, Any] = field(default_factory=dict)
    alpha: bool = True


# Chroma is what we add, so no format may halve it; JPEG's quality keeps the mean |dL| well under 1.
FORMATS = {
    "jpeg": Format(".jpg", 92, {"subsample_mode": "off"}, alpha=False),
    "png": Format(".png", None, {"compression": 6}),
    "tiff": Format(".tif", None, {"compression": "lzw", "predictor": "horizontal"}),
    "webp": Format(".webp", 90, {"smart_subsample": True}),
    "avif": Format(".avif", 75, {"compression": "av1", "subsample_mode": "off", "effort": 3}),
}
ALIASES = {"jpg": "jpeg", "tif": "tiff"}


def output_format(asked: str | None, kind: str) -> str:
    """Name of the format to write: what was asked for, else the input's own, else PNG.

    Args:
        asked: a name of :data:`FORMATS`, or None.
        kind: the input's (:attr:`.Picture.kind`).

    Raises:
        SettingError: unknown format.
    """
    if asked is None:
        own = {"heif": "avif"}.get(kind, kind)
        return own if own in FORMATS else "png"
    name = ALIASES.get(asked.lower(), asked.lower())
    if name not in FORMATS:
        raise SettingError(f"unknown format {asked!r}: choose {', '.join(FORMATS)}")
    return name


def suffix_for(source: Path, format_name: str) -> str:
    """The source's own suffix where it fits the format (``.JPEG``), else the format's."""
    kind = SUFFIX_KINDS.get(source.suffix.lower())
    own = source.suffix.lower() == ".avif" if format_name == "avif" else kind == format_name
    return source.suffix if own else FORMATS[format_name].suffix


def format_of_name(path: Path) -> str:
    """The format that a name asks for by its suffix.

    Raises:
        SettingError: no format of ours has that suffix.
    """
    suffix = path.suffix.lower()
    kind = "avif" if suffix == ".avif" else SUFFIX_KINDS.get(suffix, "")  # not AVIF under the name of HEIC
    if kind not in FORMATS:
        suffixes = ", ".join(f.suffix for f in FORMATS.values())
        raise SettingError(f"{path}: cannot write {path.suffix or 'a name without suffix'}; choose {suffixes}")
    return kind


def default_destination(source: Path, format_name: str) -> Path:
    """``old.color.jpg`` for ``old.jpg``."""
    return source.with_name(f"{source.stem}.color{suffix_for(source, format_name)}")


def check_destination(path: Path, original: Path, overwrite: bool) -> None:
    """Refuse to write over what is there, unless asked to; and over the original, asked to or not.

    Raises:
        PictureError: ``path`` is there, or is the original.
    """
    if is_same_file(path, original):
        raise PictureError(f"{path}: is the original; give another name with -o")
    if path.exists() and not overwrite:
        raise PictureError(
            f"{path}: exists already; delete it, name another, or overwrite it on purpose (overwrite=True, --overwrite)"
        )


def is_same_file(path: Path, other: Path) -> bool:
    """Whether both are there and are one file, by whatever names."""
    return path.exists() and other.exists() and path.samefile(other)


@dataclass(frozen=True)
class Encoding:
    """What to write and how: a name of :data:`FORMATS`, quality 1..100 or None for the format's own."""

    format: str
    quality: int | None = None
    provenance: bool = True

    def __post_init__(self) -> None:
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise SettingError(f"quality {self.quality}: must be 1 to 100")

    def options(self, image: pyvips.Image) -> dict[str, Any]:
        """Arguments for libvips' saver."""
        chosen = FORMATS[self.format]
        options = {**chosen.options, "profile": "srgb"}
        if chosen.quality is not None:
            options["Q"] = self.quality or chosen.quality
        if self.format == "tiff":
            size = image.width * image.height * image.bands * (2 if image.format == "ushort" else 1)
            options["bigtiff"] = size > BIG_TIFF_BYTES
        return options

    def prepare(self, image: pyvips.Image) -> pyvips.Image:
        """The image as this format can hold it, marked as machine-coloured if asked for."""
        if image.hasalpha() and not FORMATS[self.format].alpha:
            image = image.flatten(background=255 if image.format == "uchar" else 65535)
        if self.format in ("jpeg", "webp") and image.format == "ushort":
            image = image.colourspace("srgb")
        image = image.copy()
        if self.provenance:
            mark_as_machine_colored(image)
        return image


def copy_metadata(header: pyvips.Image, image: pyvips.Image) -> pyvips.Image:
    """Give ``image`` the original's resolution, EXIF, XMP, IPTC and comments; not its profile or thumbnail."""
    image = image.copy(xres=header.xres, yres=header.yres)
    blobs = ("xmp-data", "iptc-data", "photoshop-data")
    texts = ("exif-", "png-comment-", "image-description", "resolution-unit")
    for name in header.get_fields():
        if name == "exif-data":
            image.set_type(header.get_typeof(name), name, without_thumbnail(bytes(header.get(name))))
        elif name in blobs or (name.startswith(texts) and not name.startswith("exif-ifd1-")):
            image.set_type(header.get_typeof(name), name, header.get(name))
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)  # the pixels are upright now
    return image


def to_file(image: pyvips.Image, destination: Path, encoding: Encoding) -> None:
    """Write ``destination`` in one go: it appears whole or not at all.

    Raises:
        PictureError: it cannot be written.
    """

    def write(temporary: Path) -> None:
        target = pyvips.Target.new_to_file(str(temporary))
        image.write_to_target(target, FORMATS[encoding.format].suffix, **encoding.options(image))
        if encoding.format == "tiff":
            add_exif(temporary, image)

    write_atomically(destination, write)


def write_atomically(destination: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``destination``, then rename it."""
    with _failing_as(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        unique = f"{os.getpid()}-{threading.get_ident()}"
        temporary = destination.with_name(f".{destination.stem[:40]}.{unique}.part")
        try:
            temporary.touch(exist_ok=False)
            with as_picture_error(f"{destination}: cannot be written"):
                write(temporary)
            temporary.replace(destination)
        finally:
            temporary.unlink(missing_ok=True)


def to_bytes(image: pyvips.Image, encoding: Encoding, name: str) -> bytes:
    """Encode in memory."""
    with as_picture_error(f"{name}: cannot be encoded as {encoding.format}"):
        data = bytes(image.write_to_buffer(FORMATS[encoding.format].suffix, **encoding.options(image)))
    if encoding.format != "tiff":
        return data
    file = io.BytesIO(data)
    add_exif(file, image)
    return file.getvalue()


@contextmanager
def _failing_as(destination: Path) -> Iterator[None]:
    try:
        yield
    except ColorizingError:
        raise
    except OSError as error:
        advice = "free some space" if error.errno == 28 else "choose another place with -o"
        raise PictureError(f"{destination}: cannot be written: {error.strerror}; {advice}") from error
