"""Picture: any picture that can be read, upright, page by page, as lightness; by libvips without holding it whole."""

from __future__ import annotations

import copy
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyvips

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import PictureError, TooLargeError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MAX_PIXELS as MAX_PIXELS
from colorizing_things.system.processes import OfOneProcess, use_threads
from colorizing_things.types import Codes, Float32

from . import png, tiff
from .decoding import Source
from .libvips import stoppable
from .lightness import lab, lightness_plane
from .vips_errors import as_picture_error

STRIP_PIXELS = 1 << 18

# What a file's name says it holds, as libvips names its loaders, and :mod:`.foreign` its readers.
SUFFIX_KINDS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "jpeg"),
    **dict.fromkeys((".tif", ".tiff"), "tiff"),
    **dict.fromkeys((".heic", ".heif", ".hif", ".avif"), "heif"),
    **dict.fromkeys((".bmp", ".dib"), "bmp"),
    **dict.fromkeys((".jp2", ".j2k", ".j2c", ".jpf", ".jpx"), "jp2"),
    **dict.fromkeys((".pnm", ".pgm", ".ppm", ".pbm", ".pam"), "pnm"),
    **dict.fromkeys((".psd", ".psb"), "psd"),
    ".png": "png",
    ".webp": "webp",
    ".gif": "gif",
    ".jxl": "jxl",
    ".tga": "tga",
}
PICTURE_SUFFIXES = frozenset(SUFFIX_KINDS)

T = TypeVar("T")


@dataclass(frozen=True)
class Strip:
    """Some rows of a page: ``lightness`` [rows,W], sRGB codes or L* (float32), and ``alpha`` [rows,W] or None."""

    top: int
    lightness: Codes | Float32
    alpha: Codes | None


class Picture(OfOneProcess):
    """One picture, opened but not decoded. Make one with :meth:`read`, :meth:`decode` or :meth:`of_array`.

    Attributes:
        name: what messages call it.
        width, height: of the first page, upright, in pixels; of the others see :meth:`part`.
        pages: how many there are; more than one only in a TIFF, whose thumbnails do not count.
        deep: 16 bits a channel (8 otherwise).
        kind: libvips' name of the format ("jpeg", "png", "tiff", ...), that of a format it does not read, or "array".
        header: the pixels, upright and not decoded, with the metadata as libvips has it.
        orientation: EXIF's, as it was stored.
        inverted: a negative, to be turned into a positive.
        note: what a user should know of it, or empty.

    Examples:
        >>> picture = Picture.of_array(np.full((48, 64, 1), 128, np.uint8))
        >>> picture.kind, picture.pages, picture.has_alpha
        ('array', 1, False)
    """

    instead = "its path, or its file's bytes"

    def __init__(self, name: str, origin: pyvips.Image | Path | bytes, max_pixels: int = MAX_PIXELS) -> None:
        """``origin``: pixels in memory, or a picture file, or the bytes of one. Of ``max_pixels`` see :meth:`read`."""
        use_threads()
        self.name = name
        self.inverted, self._page = False, 0
        self._source = origin if isinstance(origin, pyvips.Image) else Source(name, origin, max_pixels)
        self.kind, self.pages, self.note = "array", 1, ""
        if isinstance(self._source, Source):
            self.kind, self.pages, self.note = self._source.kind, self._source.pages, self._source.note
        self._look()

    def _look(self) -> None:
        with self._reading():
            header = self._open_raw(self._page, "sequential")
            upright = header.autorot()
        fields = header.get_fields()
        self.orientation = int(header.get("orientation")) if "orientation" in fields else 1
        self.width, self.height = upright.width, upright.height
        self.header: pyvips.Image = upright
        self.deep = header.format not in ("uchar", "char")
        if isinstance(self._source, Source) and self._source.shallow:
            self.deep = False

    def part(self, page: int) -> Self:
        """One page as a picture of its own.

        Raises:
            PictureError: it cannot be read.

        Examples:
            >>> Picture.of_array(np.full((48, 64, 1), 128, np.uint8)).part(0).height
            48
        """
        if self.pages == 1:
            return self
        other = copy.copy(self)
        other._page, other.pages = page, 1
        other._look()
        return other

    @classmethod
    def read(cls, path: str | Path, max_pixels: int = MAX_PIXELS) -> Self:
        """Open a picture file.

        Args:
            path: the file.
            max_pixels: larger ones of the formats that are decoded whole at once (:mod:`.foreign`) are refused before
                that; for all others it is :meth:`check_size` that does so.

        Raises:
            PictureError: too large, missing, no file, empty, not a picture, or not what its name says.

        Examples:
            >>> try:
            ...     Picture.read("missing.jpg")
            ... except PictureError as error:
            ...     print(error)
            missing.jpg: no such file
        """
        name, path = str(path), Path(path)
        if not name:
            raise PictureError("an empty name is no picture (is a variable not set?)")
        try:
            with faults.naming(f"{path}: cannot be read"):
                about = path.stat()
        except ValueError:
            raise PictureError(f"{path}: cannot be read: not a name that this system can have") from None
        except PictureError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise PictureError(f"{path}: no such file") from None
            raise
        if stat.S_ISDIR(about.st_mode):
            raise PictureError(f"{path}: is a folder, not a picture")
        if not stat.S_ISREG(about.st_mode):
            raise PictureError(f"{path}: is a pipe or a device; send a stream in through -, as in: ... | colorize -")
        with faults.naming(f"{path}: cannot be read"), path.open("rb"):
            pass
        if about.st_size == 0:
            raise PictureError(f"{path}: is empty (0 bytes); copy it again from where it came")
        picture = cls(name, path, max_pixels)
        said = SUFFIX_KINDS.get(path.suffix.lower())
        if said and said != picture.kind:
            raise PictureError(f"{path}: is a {picture.kind.upper()} file by its content; rename it to match")
        return picture

    @classmethod
    def decode(cls, data: bytes, name: str = "picture", max_pixels: int = MAX_PIXELS) -> Self:
        """Open an encoded picture (a file's bytes); ``max_pixels`` as for :meth:`read`.

        Raises:
            PictureError: too large, empty, or not a picture.

        Examples:
            >>> Picture.decode(b"P5 3 2 255 " + bytes(6)).width  # a PGM of 3 x 2 black pixels
            3
        """
        if not data:
            raise PictureError(f"{name}: is empty (0 bytes)")
        return cls(name, data, max_pixels)

    @classmethod
    def of_array(cls, pixels: Codes, icc_profile: bytes | None = None, name: str = "array") -> Self:
        """Wrap ``[H,W,C]`` uint8 or uint16 sRGB pixels, C 1 to 4 (grey, grey + alpha, RGB, RGB + alpha).

        Examples:
            >>> import numpy as np
            >>> picture = Picture.of_array(np.full((48, 64, 1), 128, np.uint8))
            >>> picture.width, picture.height, picture.deep
            (64, 48, False)
        """
        height, width, bands = pixels.shape
        deep = pixels.dtype == np.uint16
        data = np.ascontiguousarray(pixels).tobytes()
        image = pyvips.Image.new_from_memory(data, width, height, bands, "ushort" if deep else "uchar")
        gray, color = ("grey16", "rgb16") if deep else ("b-w", "srgb")
        image = image.copy(interpretation=gray if bands < 3 else color)
        if icc_profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc_profile)
        return cls(name, image)

    def positive(self) -> Self:
        """This picture, a negative, as a positive.

        Examples:
            >>> negative = Picture.of_array(np.full((48, 64, 1), 255, np.uint8))
            >>> negative.positive().small_lightness(0, 2, 1).tolist()
            [[0.0, 0.0]]
        """
        other = copy.copy(self)
        other.inverted = not self.inverted
        return other

    def check_size(self, max_pixels: int = MAX_PIXELS) -> None:
        """Refuse a page of more than ``max_pixels`` pixels.

        Raises:
            TooLargeError: it has more.

        Examples:
            >>> import numpy as np
            >>> Picture.of_array(np.zeros((48, 64, 1), np.uint8)).check_size(3072)
        """
        if self.width * self.height > max_pixels:
            raise TooLargeError(self.width, self.height, max_pixels, self.name)

    @property
    def nbytes(self) -> int:
        """Bytes of pixels that it holds; none where its file is decoded anew each time.

        Examples:
            >>> Picture.of_array(np.zeros((48, 64, 1), np.uint8)).nbytes
            3072
        """
        image = self._source.decoded_image if isinstance(self._source, Source) else self._source
        if image is None:
            return 0
        return int(image.width * image.height * image.bands) * {"uchar": 1, "ushort": 2}.get(image.format, 4)

    def directory(self) -> tiff.Directory:
        """What a TIFF says of this page; empty for other kinds.

        Examples:
            >>> Picture.of_array(np.zeros((48, 64, 1), np.uint8)).directory()
            {}
        """
        directories = self._source.directories if isinstance(self._source, Source) else []
        return directories[self._page] if self._page < len(directories) else {}

    def png_facts(self) -> png.PngFacts:
        """What a PNG says beside its pixels; nothing for other kinds.

        Examples:
            >>> Picture.of_array(np.zeros((48, 64, 1), np.uint8)).png_facts() == png.PngFacts()
            True
        """
        return self._source.png if isinstance(self._source, Source) else png.PngFacts()

    def small_lightness(self, page: int, width: int, height: int) -> Float32:
        """The whole page's L* (0..100) as float32 ``[height, width]``, well averaged.

        Examples:
            >>> import numpy as np
            >>> picture = Picture.of_array(np.full((48, 64, 1), 255, np.uint8))
            >>> picture.small_lightness(0, 2, 1).round(2).tolist()
            [[100.0, 100.0]]
        """
        pixels: npt.NDArray[Any] = self.small_plane(page, width, height)
        if pixels.dtype == np.float32:
            return np.asarray(pixels, np.float32)
        return srgb_to_lightness(pixels / np.iinfo(pixels.dtype).max).astype(np.float32)

    def small_plane(self, page: int, width: int, height: int) -> Codes | Float32:
        """The same as a :class:`Strip` has it: neutral sRGB codes where the picture is just that, or L*.

        Examples:
            >>> Picture.of_array(np.full((48, 64, 1), 128, np.uint8)).small_plane(0, 2, 1).tolist()
            [[128, 128]]
        """
        number = self._number(page)
        with self._reading():
            pixels: Codes | Float32 = self._retrying(
                number, lambda: _numpy(self._lightness(self._shrink(number, width, height)))
            )
        return pixels

    def small_ab(self, page: int, width: int, height: int) -> Float32:
        """The whole page's own colours, CIELAB's a and b as float32 ``[2, height, width]``, well averaged.

        Examples:
            >>> red = Picture.of_array(np.full((48, 64, 3), (255, 0, 0), np.uint8))
            >>> red.small_ab(0, 1, 1).round().ravel().tolist()
            [80.0, 67.0]
        """
        number = self._number(page)
        with self._reading():
            pixels = self._retrying(number, lambda: _numpy(lab(self._shrink(number, width, height))))
        return np.ascontiguousarray(pixels[..., 1:3].transpose(2, 0, 1), np.float32)

    def small_rgb(self, page: int, width: int, height: int) -> Codes:
        """The whole page as it is stored, its own colours and all: sRGB codes, uint8 ``[height, width, 3]``.

        Examples:
            >>> red = Picture.of_array(np.full((48, 64, 3), (255, 0, 0), np.uint8))
            >>> red.small_rgb(0, 1, 1).ravel().tolist()
            [255, 0, 0]
        """
        number = self._number(page)
        with self._reading():
            pixels: Codes = self._retrying(
                number, lambda: _numpy(lab(self._shrink(number, width, height)).colourspace("srgb"))
            )
        return pixels

    def small_alpha(self, page: int, width: int, height: int) -> Codes:
        """The whole page's alpha, uint8 or uint16 ``[height, width]``; for pictures that have one.

        Examples:
            >>> Picture.of_array(np.full((48, 64, 2), 128, np.uint8)).small_alpha(0, 2, 1).tolist()
            [[128, 128]]
        """
        number = self._number(page)
        with self._reading():
            pixels: Codes = self._retrying(number, lambda: _numpy(self._shrink(number, width, height)[-1]))
        return pixels

    def page(self, number: int) -> pyvips.Image:
        """A page's pixels, upright, as libvips has them, decoded whole: for pictures of a moderate size.

        Examples:
            >>> Picture.of_array(np.full((48, 64, 1), 128, np.uint8)).page(0).width
            64
        """
        number = self._number(number)
        with self._reading():
            image: pyvips.Image = self._retrying(number, lambda: self._open(number).copy_memory())
        return image

    def strips(self, page: int) -> Iterator[Strip]:
        """The page's full-size lightness and alpha, from top to bottom, a few rows at a time.

        Examples:
            >>> import numpy as np
            >>> picture = Picture.of_array(np.full((48, 64, 1), 128, np.uint8))
            >>> sum(len(strip.lightness) for strip in picture.strips(0))
            48
        """
        number, width, height = self._number(page), self.width, self.height
        if self.pages > 1:
            one = self.part(page)
            width, height = one.width, one.height
        step = max(1, STRIP_PIXELS // width)
        with self._reading():
            rows = _Page(self, number)
            for top in range(0, height, step):
                count = min(step, height - top)
                try:
                    strip = rows.strip(top, count)
                except pyvips.Error as error:
                    if not self._accept_warning(error, number):
                        raise
                    rows = _Page(self, number)
                    strip = rows.strip(top, count)
                yield strip

    @property
    def has_alpha(self) -> bool:
        """Whether there is an alpha channel.

        Examples:
            >>> Picture.of_array(np.full((48, 64, 2), 128, np.uint8)).has_alpha
            True
        """
        return bool(self.header.hasalpha())

    def _reading(self) -> AbstractContextManager[None]:
        if isinstance(self._source, Source):
            return self._source.reading()
        return as_picture_error(f"{self.name}: cannot be read")

    def _number(self, page: int) -> int:
        return self._page if self.pages == 1 else page

    def _lightness(self, image: pyvips.Image) -> pyvips.Image:
        plane = lightness_plane(image)
        if not self.inverted:
            return plane
        return plane * -1 + 100 if plane.format == "float" else plane.invert()

    def _open_raw(self, page: int, access: str) -> pyvips.Image:
        use_threads()
        return self._source.open(page, access) if isinstance(self._source, Source) else self._source

    def _open(self, page: int) -> pyvips.Image:
        """The page, upright; turning one on its side needs it decoded first (libvips spills that to disc)."""
        return self._open_raw(page, "random" if self.orientation > 1 else "sequential").autorot()

    def _shrink(self, page: int, width: int, height: int) -> pyvips.Image:
        use_threads()
        if isinstance(self._source, Source):
            return self._source.shrink(page, width, height)
        return self._source.thumbnail_image(width, height=height, size="force")

    def _accept_warning(self, error: pyvips.Error, page: int) -> bool:
        return isinstance(self._source, Source) and self._source.accept_warning(error, page)

    def _retrying(self, page: int, work: Callable[[], T]) -> T:
        """Do it; once more where only an odd header was complained of."""
        try:
            return work()
        except pyvips.Error as error:
            if not self._accept_warning(error, page):
                raise
        return work()


def _numpy(image: pyvips.Image) -> npt.NDArray[Any]:
    with stoppable(image):
        return np.asarray(image.numpy())


class _Page:
    """A page's rows of lightness and alpha, to be asked for from top to bottom."""

    def __init__(self, picture: Picture, page: int) -> None:
        if isinstance(picture._source, Source):
            picture._source.verify(page)
        image = picture._open(page)
        self._lightness = _Rows(picture._lightness(image))
        self._alpha = None
        if image.hasalpha():
            alpha = image[image.bands - 1]
            if image.format == "ushort" and not picture.deep:
                alpha = alpha >> 8
            self._alpha = _Rows(alpha.cast("ushort" if picture.deep else "uchar"))

    def strip(self, top: int, rows: int) -> Strip:
        """Some of them."""
        return Strip(top, self._lightness(top, rows), self._alpha(top, rows) if self._alpha else None)


class _Rows:
    """Rows of a one-band image, to be asked for from top to bottom."""

    def __init__(self, image: pyvips.Image) -> None:
        self.width, self.region = image.width, pyvips.Region.new(image)
        self.dtype = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}[image.format]

    def __call__(self, top: int, rows: int) -> npt.NDArray[Any]:
        """``[rows, width]`` from ``top`` on."""
        return np.frombuffer(self.region.fetch(0, top, self.width, rows), self.dtype).reshape(rows, self.width)
