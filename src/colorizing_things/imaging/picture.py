"""Picture: any picture libvips reads, upright, page by page, as lightness; never whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyvips

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import PictureError
from colorizing_things.types import Codes, Float32

from .exif import with_exif_of
from .lightness import lightness_plane

MAX_PIXELS = 2_000_000_000  # generous: a 40,000 x 50,000 scan
STRIP_PIXELS = 1 << 18

# What a file's name says it holds, as libvips names its loaders.
SUFFIX_KINDS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "jpeg"),
    **dict.fromkeys((".tif", ".tiff"), "tiff"),
    **dict.fromkeys((".heic", ".heif", ".avif"), "heif"),
    ".png": "png",
    ".webp": "webp",
    ".gif": "gif",
}
PICTURE_SUFFIXES = frozenset(SUFFIX_KINDS)


@dataclass(frozen=True)
class Strip:
    """Some rows of a page: ``lightness`` [rows,W], sRGB codes or L* (float32), and ``alpha`` [rows,W] or None."""

    top: int
    lightness: Codes | Float32
    alpha: Codes | None


class Picture:
    """One picture, opened but not decoded. Make one with :meth:`read`, :meth:`decode` or :meth:`of_array`.

    Attributes:
        name: what messages call it.
        width, height: of a page, upright, in pixels.
        pages: how many there are; more than one only in a TIFF.
        deep: 16 bits a channel (8 otherwise).
        kind: libvips' name of the format ("jpeg", "png", "tiff", ...), or "array".
    """

    def __init__(self, name: str, origin: pyvips.Image | Path | bytes) -> None:
        """``origin``: pixels in memory, or a picture file, or the bytes of one."""
        self.name, self._origin = name, origin
        with as_picture_error(f"{name}: cannot be read"):
            header = self._open_raw(0, "sequential")
        fields = header.get_fields()
        self.kind = _kind(header)
        self.pages = int(header.get("n-pages")) if "n-pages" in fields else 1
        if self.pages > 1 and self.kind in ("gif", "webp"):
            raise PictureError(f"{name}: an animation of {self.pages} frames; only still pictures can be coloured")
        if self.kind == "heif":
            self.pages = 1  # the primary picture; the others are its thumbnails and bursts
        self._turned = "orientation" in fields and header.get("orientation") > 1
        upright = header.autorot()
        self.width, self.height = upright.width, upright.height
        self.header: pyvips.Image = upright
        self.deep = header.format not in ("uchar", "char")
        if self.kind == "tiff":
            self.header = with_exif_of(self._origin, upright)
        if self.pages > 1:
            self._check_pages()

    @classmethod
    def read(cls, path: str | Path) -> Picture:
        """Open a picture file.

        Raises:
            PictureError: missing, a folder, empty, not a picture, or not what its name says.
        """
        path = Path(path)
        if not path.exists():
            raise PictureError(f"{path}: no such file")
        if path.is_dir():
            raise PictureError(f"{path}: is a folder, not a picture")
        try:
            size = path.stat().st_size
            with path.open("rb"):
                pass
        except OSError as error:
            raise PictureError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error
        if size == 0:
            raise PictureError(f"{path}: is empty (0 bytes); copy it again from where it came")
        picture = cls(str(path), path)
        said = SUFFIX_KINDS.get(path.suffix.lower())
        if said and said != picture.kind:
            raise PictureError(f"{path}: is a {picture.kind.upper()} file by its content; rename it to match")
        return picture

    @classmethod
    def decode(cls, data: bytes, name: str = "picture") -> Picture:
        """Open an encoded picture (a file's bytes).

        Raises:
            PictureError: empty, or not a picture.
        """
        if not data:
            raise PictureError(f"{name}: is empty (0 bytes)")
        return cls(name, data)

    @classmethod
    def of_array(cls, pixels: Codes, icc_profile: bytes | None = None, name: str = "array") -> Picture:
        """Wrap ``[H,W,C]`` uint8 or uint16 sRGB pixels, C 1 to 4 (grey, grey + alpha, RGB, RGB + alpha)."""
        height, width, bands = pixels.shape
        deep = pixels.dtype == np.uint16
        data = np.ascontiguousarray(pixels).tobytes()
        image = pyvips.Image.new_from_memory(data, width, height, bands, "ushort" if deep else "uchar")
        gray, color = ("grey16", "rgb16") if deep else ("b-w", "srgb")
        image = image.copy(interpretation=gray if bands < 3 else color)
        if icc_profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc_profile)
        return cls(name, image)

    def check_size(self, max_pixels: int = MAX_PIXELS) -> None:
        """Refuse a page of more than ``max_pixels`` pixels.

        Raises:
            PictureError: it has more.
        """
        if self.width * self.height > max_pixels:
            raise PictureError(
                f"{self.name}: {self.width} x {self.height} pixels are over the limit of {max_pixels:,};"
                " raise it with --max-pixels"
            )

    def small_lightness(self, page: int, width: int, height: int) -> Float32:
        """The whole page's L* (0..100) as float32 ``[height, width]``, well averaged."""
        with as_picture_error(f"{self.name}: cannot be read"):
            plane = lightness_plane(self._shrink(page, width, height))
            pixels = plane.numpy()
        if pixels.dtype == np.float32:
            return np.asarray(pixels, np.float32)
        return srgb_to_lightness(pixels / np.iinfo(pixels.dtype).max).astype(np.float32)

    def small_ab(self, page: int, width: int, height: int) -> Float32:
        """The whole page's own colours, CIELAB's a and b as float32 ``[2, height, width]``, well averaged."""
        with as_picture_error(f"{self.name}: cannot be read"):
            image = self._shrink(page, width, height)
            color = image.extract_band(0, n=image.bands - 1) if image.hasalpha() else image
            pixels = color.colourspace("lab").numpy()
        return np.ascontiguousarray(pixels[..., 1:3].transpose(2, 0, 1), np.float32)

    def page(self, number: int) -> pyvips.Image:
        """A page's pixels, upright, as libvips has them, decoded whole: for pictures of a moderate size."""
        return self._open(number).copy_memory()

    def strips(self, page: int) -> Iterator[Strip]:
        """The page's full-size lightness and alpha, from top to bottom, a few rows at a time."""
        with as_picture_error(f"{self.name}: cannot be read"):
            image = self._open(page)
            lightness = _Rows(lightness_plane(image))
            alpha = _Rows(self._alpha(image)) if image.hasalpha() else None
            step = max(1, STRIP_PIXELS // self.width)
            for top in range(0, self.height, step):
                rows = min(step, self.height - top)
                yield Strip(top, lightness(top, rows), alpha(top, rows) if alpha else None)

    @property
    def has_alpha(self) -> bool:
        """Whether there is an alpha channel."""
        return bool(self.header.hasalpha())

    def _alpha(self, image: pyvips.Image) -> pyvips.Image:
        alpha = image[image.bands - 1]
        return alpha.cast("ushort" if self.deep else "uchar")

    def _open_raw(self, page: int, access: str) -> pyvips.Image:
        if isinstance(self._origin, pyvips.Image):
            return self._origin
        options = {"page": page} if page else {}
        return pyvips.Image.new_from_source(_source(self._origin), "", access=access, fail_on="truncated", **options)

    def _open(self, page: int) -> pyvips.Image:
        """The page, upright; turning one on its side needs it decoded first (libvips spills that to disc)."""
        return self._open_raw(page, "random" if self._turned else "sequential").autorot()

    def _shrink(self, page: int, width: int, height: int) -> pyvips.Image:
        if isinstance(self._origin, pyvips.Image):
            return self._origin.thumbnail_image(width, height=height, size="force")
        option = "fail_on=truncated" + (f",page={page}" if page else "")  # thumbnail's own argument is not passed on
        return pyvips.Image.thumbnail_source(
            _source(self._origin), width, height=height, size="force", option_string=option
        )

    def _check_pages(self) -> None:
        with as_picture_error(f"{self.name}: cannot be read"):
            for number in range(1, self.pages):
                page = self._open_raw(number, "sequential")
                like_first = (page.bands, page.format) == (self.header.bands, self.header.format)
                if not like_first or (page.autorot().width, page.autorot().height) != (self.width, self.height):
                    raise PictureError(
                        f"{self.name}: page {number + 1} differs from page 1 in size or depth; split the file first"
                        " (tiffsplit does it)"
                    )


def _source(origin: Path | bytes) -> pyvips.Source:
    if isinstance(origin, bytes):
        return pyvips.Source.new_from_memory(origin)
    return pyvips.Source.new_from_file(str(origin))


class _Rows:
    """Rows of a one-band image, to be asked for from top to bottom."""

    def __init__(self, image: pyvips.Image) -> None:
        self.width, self.region = image.width, pyvips.Region.new(image)
        self.dtype = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}[image.format]

    def __call__(self, top: int, rows: int) -> npt.NDArray:
        """``[rows, width]`` from ``top`` on."""
        return np.frombuffer(self.region.fetch(0, top, self.width, rows), self.dtype).reshape(rows, self.width)


def _kind(header: pyvips.Image) -> str:
    if "vips-loader" not in header.get_fields():
        return "array"
    return str(header.get("vips-loader")).removesuffix("_source").removesuffix("load")


@contextmanager
def as_picture_error(what: str) -> Iterator[None]:
    """Turn libvips' many-lined complaint into one line that starts with ``what``."""
    try:
        yield
    except pyvips.Error as error:
        said = [line.strip() for line in str(error.detail or error.message).splitlines() if line.strip()]
        raise PictureError(f"{what}: {explain(said)}") from error


def explain(said: list[str]) -> str:
    """What libvips said, as a person would."""
    text = " ".join(said)
    if "not in a known format" in text or "not a known" in text:
        return "this is no picture in a format that libvips knows (JPEG, PNG, TIFF, WebP, AVIF, HEIF, GIF, SVG)"
    if "No space left" in text:
        return "the disk is full; free some space and run again"
    truncated = ("premature", "Premature", "truncated", "end of file", "End of file", "out of bounds", "read error")
    if any(word in text for word in truncated):
        return "the file is broken off or damaged; copy it again from where it came"
    return f"{said[0] if said else 'unknown libvips error'}; the file may be damaged"
