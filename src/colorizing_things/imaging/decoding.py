"""A file or its bytes -> libvips pixels that mean what they say: damage is an error, odd channels are put right."""

from __future__ import annotations

import logging
import math
import os
import re
import threading
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pyvips

from colorizing_things.errors import PictureError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MAX_PIXELS

from . import foreign, png, tiff
from .libvips import install_log_handler
from .lightness import PROFILE, PixelError
from .vips_errors import DAMAGED, NO_PICTURE, as_picture_error, ask_to_read
from .whole import Decoded

# What a decoder warns of, and goes on to make up the rest of the picture.
DAMAGE = re.compile(
    r"Corrupt JPEG data(?!: \d+ extraneous)|[Pp]remature|Huffman|Discarding|[Nn]ot enough|Terminating|[Bb]ad code"
    r"|[Uu]ncompressed data|[Ll]ine length|[Uu]nexpected"
)
DAMAGE_IN_TIFF = re.compile(DAMAGE.pattern + "|extraneous")  # a camera may fill up a JPEG, a strip is packed whole
REDUCED, MASK = 1, 4  # bits of a page's NewSubfileType: it is another page's thumbnail, or its transparency
ALPHAS = (1, 2)  # kinds of extra samples that are transparency
UNSPECIFIED = 0
MOST_OF_ONE = 1.01  # floats up to here are shares of white
CODES = (255.0, 65535.0)
LIGHT = 2.0  # RGB floats up to here are linear light, as Photoshop and libvips have them


install_log_handler()


class Source:
    """An encoded picture, opened again and again; pages are counted without thumbnails.

    Attributes:
        kind: libvips' name of the format, or one of :mod:`.foreign`'s.
        pages: how many.
        directories: a TIFF's, one a page; empty for others.
        png: what a PNG says.
        note: what a user should know of it, or empty.
    """

    def __init__(self, name: str, origin: Path | bytes, max_pixels: int = MAX_PIXELS) -> None:
        self.name, self._origin, self._max_pixels = name, origin, max_pixels
        self.directories: list[tiff.Directory] = []
        self.png = png.PngFacts()
        self._decoded: Decoded | None = None
        self._ranges: dict[int, tuple[float, float]] = {}
        self._numbers, self._verified = [0], set[int]()  # of a HEIF 0 is the primary picture, which libvips sees to
        self.strict, self.note = "error", ""
        self.shallow = False  # 8 bits, which are given as 16
        with faults.naming(f"{name}: cannot be read"):
            self._look()

    def _look(self) -> None:
        if isinstance(self._origin, bytes) and len(self._origin) < 2:
            raise PictureError(f"{self.name}: cannot be read: {NO_PICTURE}")
        self._decoded = foreign.decode_if_needed(self.name, self._origin, self._max_pixels)
        if self._decoded is not None:
            self.kind, self.pages, self.note = self._decoded.kind, 1, self._decoded.note
            self.directories = self._decoded.directories
            return
        with tiff.open_binary(self._origin) as file:
            directories = tiff.read_directories(file)
        with self.reading():
            header = self._load(0, "sequential")
        self.kind = str(header.get("vips-loader")).removesuffix("_source").removesuffix("load")
        if self.kind in ("jpeg", "tiff"):
            self.strict = "warning"
        count = int(header.get("n-pages")) if "n-pages" in header.get_fields() else 1
        if self.kind == "tiff":
            self._numbers = _photographs(directories, count)
            self.directories = [directories[n] if n < len(directories) else {} for n in self._numbers]
        elif self.kind in ("gif", "webp") and count > 1:
            self.note = foreign.ANIMATION.format(count)
        elif self.kind == "png":
            self.png = png.read_facts(self._origin)
            self.shallow = bool(self.png.gamma) and header.format == "uchar"
            if self.png.frames > 1:
                self.note = foreign.ANIMATION.format(self.png.frames)
        self.pages = len(self._numbers)

    def reading(self) -> AbstractContextManager[None]:
        """Meanwhile what goes wrong is said as of this picture."""
        return as_picture_error(f"{self.name}: cannot be read", ask=self._ask)

    def _ask(self) -> None:
        if isinstance(self._origin, Path):
            ask_to_read(self._origin)

    @property
    def decoded_image(self) -> pyvips.Image | None:
        """Its pixels, where they are held in memory."""
        return self._decoded.image if self._decoded else None

    def open(self, page: int, access: str) -> pyvips.Image:
        """A page's pixels, not turned: 8 or 16 bits, sRGB or with a profile, of float only where it says its meaning.

        Raises:
            PixelError: numbers that cannot be understood.
        """
        return self._mended(self._load(page, access), page)

    def shrink(self, page: int, width: int, height: int) -> pyvips.Image:
        """A page, upright, brought to a size, well averaged."""
        self.verify(page)
        number = self._numbers[page]
        if self._decoded is None and not self._is_odd(self._load(page, "sequential"), page):
            option = f"fail_on={self.strict}" + (f",page={number}" if number else "")  # its own is not passed on
            return pyvips.Image.thumbnail_source(
                self._stream(), width, height=height, size="force", option_string=option
            )
        return self.open(page, "sequential").thumbnail_image(width, height=height, size="force")

    def verify(self, page: int) -> None:
        """Check what checksums a page has, once.

        Raises:
            PictureError: it is damaged.
        """
        if self._decoded is not None or page in self._verified or page >= len(self.directories):
            return
        with faults.naming(f"{self.name}: cannot be read"), tiff.open_binary(self._origin) as file:
            if not tiff.checksums_hold(file, self.directories[page]):
                raise PictureError(f"{self.name}: cannot be read: {DAMAGED}")
        self._verified.add(page)

    def accept_warning(self, error: pyvips.Error, page: int) -> bool:
        """Whether that error was a mere warning, of an odd but whole file; from then on such are no errors.

        Raises:
            PictureError: the decoder warned of damage.
            OSError: the file cannot be read.
        """
        if self.strict != "warning":
            return False
        damage = DAMAGE if self.kind == "jpeg" else DAMAGE_IN_TIFF
        heard = [str(error.detail or error.message)]
        self.strict = "error"
        with _Listening() as listening, suppress(pyvips.Error):  # what is more than a warning comes back by itself
            self._load(page, "sequential").avg()
        if any(damage.search(line) for line in (*heard, *listening.lines)):
            self.strict = "warning"
            self._ask()
            raise PictureError(f"{self.name}: cannot be read: {DAMAGED}") from error
        return True

    def _load(self, page: int, access: str) -> pyvips.Image:
        if self._decoded is not None:
            return self._decoded.image
        options = {"page": self._numbers[page]} if self._numbers[page] else {}
        image = pyvips.Image.new_from_source(self._stream(), "", access=access, fail_on=self.strict, **options)
        try:
            image.get_fields()
        except UnicodeDecodeError as error:  # a field's name, made up of damage
            raise PictureError(f"{self.name}: cannot be read: {DAMAGED}") from error
        return image

    def _stream(self) -> pyvips.Source:
        if isinstance(self._origin, bytes):
            return pyvips.Source.new_from_memory(self._origin)
        if is_utf8(self._origin):
            return pyvips.Source.new_from_file(str(self._origin))
        with self._origin.open("rb") as file:
            return pyvips.Source.new_from_descriptor(file.fileno())  # which libvips doubles for itself

    def _is_odd(self, image: pyvips.Image, page: int) -> bool:
        return bool(self.png.gamma or image.format not in ("uchar", "ushort") or self._unspecified(image, page))

    def _unspecified(self, image: pyvips.Image, page: int) -> int:
        """How many bands are neither colour nor transparency: a scanner's infrared channel, say."""
        if not self.directories:
            return 0
        extra = self.directories[page].get(tiff.EXTRA_SAMPLES)
        return sum(number not in ALPHAS for number in extra.numbers) if extra else 0

    def _mended(self, image: pyvips.Image, page: int) -> pyvips.Image:
        extra = self._unspecified(image, page)
        if extra:
            kinds = self.directories[page][tiff.EXTRA_SAMPLES].numbers
            colors = image.bands - len(kinds)
            alpha = next((colors + n for n, kind in enumerate(kinds) if kind in ALPHAS), None)
            bands = image.extract_band(0, n=colors) if 0 < colors <= image.bands else image
            image = bands if alpha is None or alpha >= image.bands else bands.bandjoin(image[alpha])
        if image.format in ("float", "double"):
            image = self._of_floats(image, page)
        elif image.format not in ("uchar", "ushort"):
            raise PixelError(f"pixels of type {image.format} have no agreed range; save it with 8 or 16 bits first")
        if self.png.gamma:
            image = _through_gamma(image, self.png.gamma)
        return image

    def _of_floats(self, image: pyvips.Image, page: int) -> pyvips.Image:
        """Floats as 16-bit codes, or as linear light: by the largest, as nothing in a file says what they mean."""
        if image.interpretation in ("lab", "lch", "xyz", "yxy"):
            return image
        colors = image.bands - bool(image.hasalpha())
        if page not in self._ranges:
            self._ranges[page] = _range(self._load(page, "sequential"), colors)
        top, opaque = self._ranges[page]
        alpha = (image[colors] * (65535 / opaque)).cast("ushort") if image.hasalpha() else None
        color = image.extract_band(0, n=colors)
        if colors >= 3 and top <= LIGHT:
            color = color.copy(interpretation="scrgb").colourspace("rgb16")
        else:
            white = next((white for white in (1.0, *CODES) if top <= white * MOST_OF_ONE), 0.0)
            if not white or (white == CODES[0] and top <= LIGHT):
                raise PixelError(f"numbers up to {top:g} have no agreed range; save it with 8 or 16 bits first")
            color = (color * (65535 / white) + 0.5).cast("ushort")
            color = color.copy(interpretation="rgb16" if colors >= 3 else "grey16")
        return color if alpha is None else color.bandjoin(alpha)


def _photographs(directories: list[tiff.Directory], count: int) -> list[int]:
    """Pages that are no thumbnail or mask of another."""

    def said(number: int) -> int:
        entry = directories[number].get(tiff.SUBFILE_TYPE) if number < len(directories) else None
        return entry.numbers[0] if entry and entry.numbers else 0

    return [number for number in range(count) if not said(number) & (REDUCED | MASK)] or [0]


def _range(image: pyvips.Image, colors: int) -> tuple[float, float]:
    """The largest colour and what full opacity is; all are checked for sense."""
    found = image.stats().numpy()
    lowest, highest = found[1 : 1 + colors, 0].min(), found[1 : 1 + colors, 1].max()
    if not (math.isfinite(lowest) and math.isfinite(highest) and math.isfinite(found[0, 2])):
        raise PixelError("holds NaN or infinity; save it with 8 or 16 bits first")
    if lowest < -0.01 * max(1.0, highest):
        raise PixelError(f"holds numbers from {lowest:g} to {highest:g}; save it with 8 or 16 bits first")
    alpha = found[1 + colors, 1] if len(found) > 1 + colors else 1.0
    return float(highest), next((white for white in (1.0, *CODES) if alpha <= white * MOST_OF_ONE), float(alpha))


def _through_gamma(image: pyvips.Image, gamma: float) -> pyvips.Image:
    """Codes that are light to the power of ``gamma`` as sRGB codes of 16 bits; transparency stays."""
    colors = image.bands - bool(image.hasalpha())
    size, deep = (65536, True) if image.format == "ushort" else (256, False)
    light = (pyvips.Image.identity(ushort=deep) / (size - 1)) ** (1 / gamma)
    low, high = light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055
    table = ((light <= 0.0031308).ifthenelse(low, high) * 65535 + 0.5).cast("ushort")
    color = image.extract_band(0, n=colors).maplut(table)
    color = color.copy(interpretation="rgb16" if colors >= 3 else "grey16")
    if PROFILE in color.get_fields():
        color.remove(PROFILE)
    if not image.hasalpha():
        return color
    return color.bandjoin(image[colors] if deep else (image[colors] * 257).cast("ushort"))


def is_utf8(path: Path) -> bool:
    """Whether libvips can be told that name, which it takes in UTF-8: file systems and locales may have others."""
    try:
        return os.name == "nt" or os.fsencode(path) == str(path).encode()
    except UnicodeEncodeError:
        return False


class _Listening(logging.Filter):
    """Meanwhile what libvips warns of is kept in ``lines``, and goes nowhere else."""

    _one_at_a_time = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._logger = logging.getLogger("pyvips")

    def __enter__(self) -> _Listening:
        self._one_at_a_time.acquire()
        self._level = self._logger.level
        self._logger.setLevel(logging.WARNING)
        self._logger.addFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeFilter(self)
        self._logger.setLevel(self._level)
        self._one_at_a_time.release()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep it, and pass nothing on."""
        self.lines.append(record.getMessage())
        return False
