"""A coloured libvips image -> a file or bytes: format, quality, metadata, and a name that appears only when whole."""

from __future__ import annotations

import glob
import io
import os
import platform
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import pyvips

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.system import faults

from . import png, tiff
from .decoding import is_utf8
from .libvips import stoppable
from .metadata import AddedMetadata
from .picture import SUFFIX_KINDS, Picture
from .vips_errors import UNWRITABLE, as_picture_error, ask_to_write
from .xmp import mark_as_machine_colored

BIG_TIFF_BYTES = 3_500_000_000  # a plain TIFF ends at 4 GiB, compressed or not


@dataclass(frozen=True)
class Format:
    """How one format is written."""

    suffix: str
    quality: int | None = None  # None: lossless
    options: dict[str, Any] = field(default_factory=dict)
    alpha: bool = True
    pages: bool = False
    longest: int | None = None  # px of a side


# Chroma is what we add, so no format may halve it; JPEG's quality keeps the mean |dL| well under 1.
FORMATS = {
    "jpeg": Format(".jpg", 92, {"subsample_mode": "off"}, alpha=False, longest=65_500),
    "png": Format(".png", None, {"compression": 6}),
    "tiff": Format(".tif", None, {"compression": "lzw", "predictor": "horizontal"}, pages=True),
    "webp": Format(".webp", 90, {"smart_subsample": True}, longest=16_383),
    "avif": Format(".avif", 75, {"compression": "av1", "subsample_mode": "off", "effort": 3}, longest=16_384),
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
        own = {"heif": "avif", "psd": "tiff"}.get(kind, kind)
        return own if own in FORMATS else "png"
    name = ALIASES.get(asked.lower(), asked.lower())
    if name not in FORMATS:
        raise SettingError(f"unknown format {asked!r}: choose {', '.join(FORMATS)}")
    return name


def suffix_for(source: PurePath, format_name: str) -> str:
    """The source's own suffix where it fits the format (``.JPEG``), else the format's.

    Examples:
        >>> suffix_for(Path("old.JPEG"), "jpeg"), suffix_for(Path("old.gif"), "png")
        ('.JPEG', '.png')
    """
    kind = SUFFIX_KINDS.get(source.suffix.lower())
    own = source.suffix.lower() == ".avif" if format_name == "avif" else kind == format_name
    return source.suffix if own else FORMATS[format_name].suffix


def format_of_name(path: Path) -> str:
    """The format that a name asks for by its suffix.

    Raises:
        SettingError: no format of ours has that suffix.

    Examples:
        >>> format_of_name(Path("new.tif"))
        'tiff'
    """
    suffix = path.suffix.lower()
    kind = "avif" if suffix == ".avif" else SUFFIX_KINDS.get(suffix, "")  # not AVIF under the name of HEIC
    if kind not in FORMATS:
        suffixes = ", ".join(f.suffix for f in FORMATS.values())
        if not suffix:
            raise SettingError(f"{path}: to mean a folder, write {path}/ ; to mean a file, add {suffixes}")
        raise SettingError(f"{path}: cannot write {path.suffix}; choose {suffixes}")
    return kind


def default_destination(source: Path, format_name: str) -> Path:
    """``old.color.jpg`` for ``old.jpg``; ``old.gif.color.png`` for ``old.gif`` where an ``old.png`` lies beside it.

    Examples:
        >>> default_destination(Path("old.jpg"), "jpeg").name
        'old.color.jpg'
    """
    return source.with_name(f"{distinct_stem(source, format_name)}.color{suffix_for(source, format_name)}")


def distinct_stem(source: Path, format_name: str) -> str:
    """The name without its suffix; with it where the suffix changes and another picture beside has the same stem.

    It depends on what lies beside and not on what is coloured together: so a second run finds the same names.
    """
    if suffix_for(source, format_name) == source.suffix:
        return source.stem
    try:
        beside = [other.name for other in source.parent.glob(f"{glob.escape(source.stem)}.*")]
    except OSError:
        beside = []
    return stem_beside(source, format_name, beside)


def stem_beside(source: PurePath, format_name: str, beside: Iterable[str]) -> str:
    """The same of a file that may be anywhere: ``beside`` has the names in its folder, or those with its stem."""
    if suffix_for(source, format_name) == source.suffix:
        return source.stem
    others = (PurePath(name) for name in beside if name != source.name)
    taken = any(other.stem == source.stem and other.suffix.lower() in SUFFIX_KINDS for other in others)
    return source.name if taken else source.stem


def one_sheet(image: pyvips.Image) -> list[AbstractContextManager[Sheet]]:
    """A picture of ours, without an original's metadata, as the only page."""
    return [nullcontext(Sheet(image, AddedMetadata(dropped=frozenset())))]


def check_destination(path: Path, original: Path, overwrite: bool) -> None:
    """Refuse to write over what is there, unless asked to; and over the original, asked to or not.

    Raises:
        PictureError: ``path`` is there, or is the original.
    """
    if is_same_file(path, original):
        raise PictureError(f"{path}: is the original; give another name with -o")
    if faults.asked(path.exists, path) and not overwrite:
        raise PictureError(
            f"{path}: exists already; delete it, name another, or overwrite it on purpose (overwrite=True, --overwrite)"
        )


def is_same_file(path: Path, other: Path) -> bool:
    """Whether both are there and are one file, by whatever names."""
    try:
        return path.exists() and other.exists() and path.samefile(other)
    except (OSError, ValueError):  # a name that this system cannot have: nothing is there
        return False


@dataclass(frozen=True)
class Encoding:
    """What to write and how: a name of :data:`FORMATS`, quality 1..100 or None for the format's own."""

    format: str
    quality: int | None = None
    provenance: bool = True

    def __post_init__(self) -> None:
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise SettingError(f"quality {self.quality}: must be 1 to 100")

    def check(self, picture: Picture) -> None:
        """Refuse what this format cannot hold.

        Raises:
            SettingError: several pages, or a longer side than it can have.
        """
        chosen = FORMATS[self.format]
        if picture.pages > 1 and not chosen.pages:
            raise SettingError(
                f"{picture.name}: has {picture.pages} pages, and {self.format} holds one; choose TIFF (--format tiff),"
                " or split the file first"
            )
        longest = max(picture.width, picture.height)
        if chosen.longest is not None and longest > chosen.longest:
            raise SettingError(
                f"{picture.name}: a side of {longest:,} pixels, and {self.format} ends at {chosen.longest:,}; choose"
                " PNG or TIFF (--format tiff)"
            )

    def options(self, image: pyvips.Image, pages: int = 1) -> dict[str, Any]:
        """Arguments for libvips' saver."""
        chosen = FORMATS[self.format]
        options = {**chosen.options, "profile": "srgb"}
        if chosen.quality is not None:
            options["Q"] = self.quality or chosen.quality
        if self.format == "tiff":
            size = image.width * image.height * image.bands * (2 if image.format == "ushort" else 1)
            options["bigtiff"] = size * pages > BIG_TIFF_BYTES
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


@dataclass(frozen=True)
class Sheet:
    """A page about to be written: its pixels, prepared, and what is put into the file afterwards."""

    image: pyvips.Image
    beside: AddedMetadata = field(default_factory=AddedMetadata)


def to_file(pages: Iterable[AbstractContextManager[Sheet]], destination: Path, encoding: Encoding, count: int) -> None:
    """Write ``destination`` in one go: it appears whole or not at all.

    Args:
        pages: each is written while its context lasts.
        destination: the file.
        encoding: its format.
        count: how many pages there are.

    Raises:
        PictureError: it cannot be written.
    """

    def write(temporary: Path) -> None:
        others: list[Path] = []
        finish = _Finish(encoding)
        try:
            for number, page in enumerate(pages):
                path = temporary if not number else temporary.with_suffix(f".{number}.part")
                if number:
                    others.append(path)
                    _unfinished.add(path)
                with page as sheet, _target(path) as target:
                    ready = finish.begin(sheet)
                    options = encoding.options(ready, count)
                    with stoppable(ready):
                        ready.write_to_target(target, FORMATS[encoding.format].suffix, **options)
            with ExitStack() as stack:
                files = [stack.enter_context(path.open("r+b")) for path in (temporary, *others)]
                finish(files)
        finally:
            for path in others:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                _unfinished.discard(path)

    write_atomically(destination, write)


@contextmanager
def _target(path: Path) -> Iterator[pyvips.Target]:
    if is_utf8(path):
        yield pyvips.Target.new_to_file(str(path))
        return
    with path.open("wb") as file:
        yield pyvips.Target.new_to_descriptor(file.fileno())


class _Finish:
    """What is done to files that libvips has written, a page each: the first becomes the whole."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding, self.sheets = encoding, list[AddedMetadata]()

    def begin(self, sheet: Sheet) -> pyvips.Image:
        """What libvips is to write of a page."""
        image, beside = sheet.image, sheet.beside
        if self.encoding.format == "png" and "xmp-data" in image.get_fields():
            # libvips would write it as a kind of text in which nobody looks for it.
            chunk = png.xmp_chunk(bytes(image.get("xmp-data")))
            image, beside = image.copy(), replace(beside, texts=(*beside.texts, chunk))
            image.remove("xmp-data")
        self.sheets.append(beside)
        return image

    def __call__(self, files: list[Any]) -> None:
        """Do it."""
        if self.encoding.format == "tiff":
            tags = [beside.tags for beside in self.sheets]
            tiff.join_pages(files[0], files[1:], tags, [beside.dropped for beside in self.sheets])
        elif self.encoding.format == "png":
            png.finish(files[0], self.sheets[0].texts, self.sheets[0].resolution)


_unfinished: set[Path] = set()
NODE = f"{zlib.crc32(platform.node().encode('utf-8', errors='replace')):08x}"
_LEFTOVER = re.compile(r"\.([0-9a-f]{8})-(\d+)-\d+(\.\d+)?\.part$")


def write_atomically(destination: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``destination``, then rename it."""
    with faults.naming(f"{destination}: cannot be written"):
        destination.parent.mkdir(parents=True, exist_ok=True)
        start = f".{destination.stem[:40]}."
        _remove_leftovers(destination.parent, start)
        temporary = destination.with_name(f"{start}{NODE}-{os.getpid()}-{threading.get_ident()}.part")
        try:
            _unfinished.add(temporary)
            temporary.touch(exist_ok=False)
            with as_picture_error(f"{destination}: cannot be written", UNWRITABLE, partial(ask_to_write, temporary)):
                write(temporary)
            temporary.replace(destination)
        finally:
            with suppress(OSError):  # what is raised already says why
                temporary.unlink(missing_ok=True)
            _unfinished.discard(temporary)


def remove_unfinished() -> None:
    """Remove what this process has begun to write: it is about to end."""
    for path in list(_unfinished):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _remove_leftovers(folder: Path, start: str) -> None:
    """Remove what a run of this machine that was killed had begun to write under the same name."""
    with suppress(OSError):
        for path in folder.iterdir():
            found = _LEFTOVER.search(path.name) if path.name.startswith(start) else None
            if found and found[1] == NODE and not is_alive(int(found[2])):
                path.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether a process of this machine has not ended, as far as can be asked."""
    if os.name == "nt":  # where signal 0 is none that asks
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def to_bytes(pages: Iterable[AbstractContextManager[Sheet]], encoding: Encoding, name: str, count: int) -> bytes:
    """Encode in memory; arguments as :func:`to_file`'s."""
    files, finish = [], _Finish(encoding)
    with as_picture_error(f"{name}: cannot be encoded as {encoding.format}", UNWRITABLE):
        for page in pages:
            with page as sheet:
                ready = finish.begin(sheet)
                options = encoding.options(ready, count)
                with stoppable(ready):
                    data = bytes(ready.write_to_buffer(FORMATS[encoding.format].suffix, **options))
            files.append(io.BytesIO(data))
        finish(files)
    return files[0].getvalue()
