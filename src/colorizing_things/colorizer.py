"""Colorizer: Picture -> lightness -> Predictor -> Chroma -> Picture. Made once, used often."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyvips

from . import arrays
from .card import Card
from .chroma import Chroma, Codes, Joiner
from .errors import PictureError, SettingError
from .models import DEFAULT
from .options import Look
from .picture import MAX_PIXELS, Picture, Strip
from .predictor import Predictor
from .rows import RowSource
from .writing import Encoding, copy_metadata, output_format, suffix_for, to_bytes, to_file

AnyPicture = TypeVar("AnyPicture")


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Raised inside work that :meth:`Colorizer.stop` cuts short."""


@dataclass(frozen=True)
class Output:
    """How results are encoded: ``format`` and ``quality`` None keep the input's format at our quality."""

    format: str | None = None
    quality: int | None = None
    provenance: bool = True

    def encoding(self, kind: str) -> Encoding:
        """For an input of that kind (:attr:`.Picture.kind`)."""
        return Encoding(output_format(self.format, kind), self.quality, self.provenance)


class Colorizer:
    """Colours pictures with one network.

    A picture goes in as a path, bytes, PIL image or ndarray, and comes out as the same type: a path as the path
    of the new file, bytes in the same format, arrays with the same dtype. One object may serve many threads.

        >>> colorizer = Colorizer()
        >>> colorizer("old.jpg")  # doctest: +SKIP
        PosixPath('old.color.jpg')
    """

    def __init__(self, model: str | Path | Card = DEFAULT, device: str = "auto", threads: int | None = None) -> None:
        """Load a network once.

        Args:
            model: a bundled name, a model's folder, or an ONNX file with its card beside it.
            device: auto, cpu, cuda, or what else ONNX Runtime offers here.
            threads: cores to use; all by default.

        Raises:
            ModelError: unknown or broken model.
            SettingError: a device or number of threads that cannot be had.
        """
        if threads is not None and threads < 1:
            raise SettingError(f"threads {threads}: must be 1 or more")
        self.predictor = Predictor(model, device, threads)
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="join")
        self._stopping = threading.Event()

    @property
    def card(self) -> Card:
        """The model's card."""
        return self.predictor.card

    def __call__(
        self, picture: AnyPicture, *, size: int | None = None, saturation: float = 1.0, strength: float = 1.0
    ) -> AnyPicture:
        """Colour one picture.

        Args:
            picture: path (str or Path), bytes of a picture file, PIL image, or ndarray ``[H,W]``, ``[H,W,1]``,
                ``[H,W,3]`` or ``[H,W,4]`` of uint8, uint16 or float (0..1), sRGB. Colour is reduced to lightness.
            size: shorter side at which the network sees it; None: the card's default.
            saturation: multiplies chroma.
            strength: 0 (grey) to 1 (full colour).

        Returns:
            The same type. An ndarray has three channels, four if it came with alpha; a path is that of the new
            file beside the old one (``old.color.jpg``).

        Raises:
            PictureError: the picture cannot be read or written, or the new file exists already.
            SettingError: a type, shape, range or option that cannot work.
        """
        look = Look(size, saturation, strength)
        opened = open_picture(picture)
        result: Any
        if isinstance(picture, str | Path):
            result = type(picture)(self.colorize_file(opened, look=look))  # type: ignore[call-arg]
        elif isinstance(picture, np.ndarray):
            result = arrays.like(picture, self._pixels(opened, look))
        elif arrays.is_pil(picture):
            result = arrays.like_pil(picture, self._pixels(opened, look))
        else:
            result = self.encode(opened, look=look)
        return result

    def predict(self, picture: Any, *, size: int | None = None, page: int = 0) -> Chroma:
        """The small ab field of a picture with its confidence, without joining it.

        Args:
            picture: as for calling the object, or an opened :class:`.Picture`.
            size: shorter side at which the network sees it; None: the card's default.
            page: of a TIFF with several.
        """
        opened = open_picture(picture)
        width, height = self.predictor.network_size(opened.width, opened.height, Look(size).size)
        return self.predictor.set_picture(opened.small_lightness(page, width, height)).predict()

    def colorize_file(
        self,
        source: str | Path | Picture,
        destination: str | Path | None = None,
        *,
        look: Look | None = None,
        output: Output | None = None,
        overwrite: bool = False,
        max_pixels: int = MAX_PIXELS,
    ) -> Path:
        """Colour a file into another file, which appears whole or not at all.

        Args:
            source: the picture.
            destination: the new file; beside the source and called ``old.color.jpg`` where None.
            look: size, saturation, strength.
            output: format, quality, provenance.
            overwrite: replace ``destination`` if it is there; the source itself is never replaced.
            max_pixels: refuse larger pages.

        Returns:
            The new file's path.
        """
        picture = source if isinstance(source, Picture) else Picture.read(source)
        picture.check_size(max_pixels)
        output = output or Output()
        encoding = output.encoding(picture.kind)
        path = Path(destination) if destination else beside(Path(picture.name), encoding.format)
        if path.exists() and Path(picture.name).exists() and path.samefile(picture.name):
            raise PictureError(f"{path}: is the original; give another name with -o")
        if path.exists() and not overwrite:
            raise PictureError(f"{path}: exists already; delete it, or ask to overwrite it")
        with self._row_source(picture, look or Look()) as rows:
            to_file(_finish(rows, picture, encoding), path, encoding)
        return path

    def encode(
        self,
        picture: Picture,
        *,
        look: Look | None = None,
        output: Output | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> bytes:
        """Colour a picture into the bytes of a file."""
        picture.check_size(max_pixels)
        encoding = (output or Output()).encoding(picture.kind)
        with self._row_source(picture, look or Look()) as rows:
            return to_bytes(_finish(rows, picture, encoding), encoding, picture.name)

    def stop(self) -> None:
        """Cut short, for good, whatever this object is doing in other threads; what it was writing is removed."""
        self._stopping.set()

    def _row_source(self, picture: Picture, look: Look) -> RowSource:
        bands = 4 if picture.has_alpha else 3
        height = picture.height * picture.pages
        return RowSource(self._rows(picture, look), picture.width, height, bands, picture.deep)

    def _pixels(self, picture: Picture, look: Look) -> Codes:
        return np.concatenate(list(self._rows(picture, look)))

    def _rows(self, picture: Picture, look: Look) -> Iterator[Codes]:
        """Coloured blocks of rows, page after page; a few are joined ahead on the pool."""
        ahead: deque[Future[Codes]] = deque()
        for page in range(picture.pages):
            chroma = self.predict(picture, size=look.size, page=page).scaled(look.factor)
            joiner = Joiner(chroma, picture.height, picture.width, picture.deep)
            for strip in picture.strips(page):
                if self._stopping.is_set():
                    raise Stopped
                ahead.append(self._pool.submit(_join, joiner, strip))
                if len(ahead) > self.threads + 1:
                    yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _finish(rows: pyvips.Image, picture: Picture, encoding: Encoding) -> pyvips.Image:
    """Coloured rows -> what is saved: with the picture's metadata, its pages, and the mark."""
    image = copy_metadata(picture.header, rows)
    if picture.pages > 1:
        image.set_type(pyvips.GValue.gint_type, "page-height", picture.height)
    return encoding.prepare(image)


def _join(joiner: Joiner, strip: Strip) -> Codes:
    rgb = joiner(strip.top, strip.lightness)
    return rgb if strip.alpha is None else np.concatenate([rgb, strip.alpha[..., None]], axis=-1)


def open_picture(picture: Any) -> Picture:
    """Open whatever :class:`Colorizer` takes.

    Raises:
        PictureError: it cannot be read.
        SettingError: a type or shape that is no picture.
    """
    if isinstance(picture, Picture):
        return picture
    if isinstance(picture, str | Path):
        return Picture.read(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return Picture.decode(bytes(picture))
    if isinstance(picture, np.ndarray):
        return arrays.open_array(picture)
    if arrays.is_pil(picture):
        return arrays.open_pil(picture)
    raise SettingError(f"cannot colour a {type(picture).__name__}: give a path, bytes, PIL image or ndarray")


def beside(source: Path, format_name: str) -> Path:
    """``old.color.jpg`` for ``old.jpg``."""
    return source.with_name(f"{source.stem}.color{suffix_for(source, format_name)}")
