"""Colorizer: Picture -> lightness -> Model -> Chroma -> Picture. Made once, used often."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .color.chroma import Chroma
from .color.join import Joiner
from .color.look import Look
from .errors import SettingError
from .film.need import check_libraries
from .guidance.guide import Guide
from .guidance.hints import Hint
from .imaging import arrays
from .imaging.metadata import copy_metadata
from .imaging.opening import open_picture
from .imaging.picture import MAX_PIXELS, Picture, Strip
from .imaging.rows import RowSource
from .imaging.writing import Encoding, Sheet, check_destination, default_destination, to_bytes, to_file
from .model.card import Card
from .model.catalog import DEFAULT
from .model.model import Model
from .options import ColorOptions, OutputOptions
from .session import Session
from .system import faults
from .system.processes import cores, use_threads
from .system.stopping import Stop, Stopped, current, interruptible
from .types import Codes

if TYPE_CHECKING:
    from .film.coloring import ColoredFrame
    from .film.encoding import FilmOutput

__all__ = ["Colorizer", "Stopped"]

AnyPicture = TypeVar("AnyPicture")
Result = TypeVar("Result")


class Colorizer:
    """Colours pictures with one network.

    A picture goes in as a path, bytes, PIL image or ndarray, and comes out as the same type: a path as the path
    of the new file, bytes in the same format, arrays with the same dtype. One object may serve many threads, but not
    a forked child of the process that made it: start processes with ``multiprocessing.get_context("spawn")``, to which
    it may be sent (it loads its network anew there).

    Examples:
        >>> import numpy as np
        >>> colorizer = Colorizer(threads=1)
        >>> gray = np.full((48, 64), 128, np.uint8)
        >>> colored = colorizer(gray)
        >>> colored.shape, colored.dtype == gray.dtype
        ((48, 64, 3), True)
        >>> bool((colorizer(gray, strength=0) == 128).all())
        True
        >>> colorizer("old.jpg")  # doctest: +SKIP
        'old.color.jpg'
    """

    def __init__(
        self,
        model: str | Path | Card = DEFAULT,
        device: str = "auto",
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        """Load a network once.

        Args:
            model: a bundled name, a model's folder, or an ONNX file with its card beside it.
            device: auto, cpu, cuda, or what else ONNX Runtime offers here.
            threads: cores to use; all that this process may by default.
            max_pixels: refuse pictures with larger pages.

        Raises:
            ModelError: unknown or broken model.
            SettingError: a device or number of threads that cannot be had.
            ColorizingError: in a forked child of a process that has coloured pictures.
        """
        if threads is not None and threads < 1:
            raise SettingError(f"threads {threads}: must be 1 or more")
        self.model = Model(model, device, threads)
        self.threads = threads or cores()
        self.max_pixels = max_pixels
        self._made_of = (model, device, threads, max_pixels)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="join")
        self.stopping = Stop()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of: unpickling loads the network anew."""
        return Colorizer, self._made_of

    @property
    def card(self) -> Card:
        """The model's card.

        Examples:
            >>> Colorizer(threads=1).card.name
            'default'
        """
        return self.model.card

    def __call__(
        self,
        picture: AnyPicture,
        *,
        size: int | None = None,
        saturation: float = 1.0,
        strength: float = 1.0,
        warmth: float = 0.0,
        mood: float | None = None,
        seed: int = 0,
        hint: Sequence[Hint | str] = (),
        hints: Any = None,
        reference: Any = None,
        overwrite: bool = False,
    ) -> AnyPicture:
        """Colour one picture.

        Args:
            picture: path (str or Path), bytes of a picture file, PIL image, or ndarray ``[H,W]``, ``[H,W,1]``,
                ``[H,W,3]`` or ``[H,W,4]`` of uint8, uint16 or float (0..1), sRGB. Colour is reduced to lightness.
            size: shorter side at which the network sees it; None: the card's default.
            saturation: multiplies chroma.
            strength: 0 (grey) to 1 (full colour).
            warmth: -1 (towards blue) to 1 (towards yellow).
            mood: of a model that draws its colours with noise, 0 (the mean of all colourings) to 1 (one of them);
                None: the card's own.
            seed: which colouring, of such a model.
            hint: colours of places: :class:`.Hint`, or as the command line has them, ``"120,340=#7a4a2b"``.
            hints: painted hints: a picture of the same size, transparent where nothing is said.
            reference: a colour picture whose palette is taken over, region by region.
            overwrite: of a path: write the new file even where there is one already.

        Returns:
            The same type. An ndarray has three channels, four if it came with alpha; a path is that of the new
            file beside the old one (``old.color.jpg``).

        Raises:
            PictureError: the picture cannot be read or written, or the new file exists already.
            SettingError: a type, shape, range or option that cannot work.

        Examples:
            >>> import numpy as np
            >>> colorizer, gray = Colorizer(threads=1), np.full((48, 64), 128, np.uint8)
            >>> colorizer(gray, hint=["32,24=#7a4a2b"], warmth=0.3).shape
            (48, 64, 3)
        """
        look, guide = Look(saturation, strength, warmth), Guide.of(hint, hints, reference, self.max_pixels)
        options = ColorOptions(size, mood, seed, guide, look)
        opened = open_picture(picture, self.max_pixels)
        if opened.note:
            warnings.warn(f"{opened.name}: {opened.note}", stacklevel=2)
        result: Any
        if isinstance(picture, str | Path):
            output = OutputOptions(overwrite=overwrite)
            result = type(picture)(self.colorize_file(opened, options=options, output=output))
        elif isinstance(picture, np.ndarray):
            result = arrays.match_array(picture, self.pixels(opened, options=options))
        elif arrays.is_pil(picture):
            result = arrays.match_pil(picture, self.pixels(opened, options=options))
        else:
            result = self.encode(opened, options=options)
        return result  # type: ignore[no-any-return] # of the picture's own type, by what was asked above

    def session(self, picture: Any, options: ColorOptions | None = None, *, page: int = 0) -> Session:
        """A picture before the network, to be asked again and again with other hints.

        Args:
            picture: as for calling the object, or an opened :class:`.Picture`.
            options: its guide holds throughout.
            page: of a TIFF with several.

        Examples:
            >>> import numpy as np
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> session.picture.width, session.predict().ab.shape[0]
            (64, 2)
        """
        return Session(self.model, open_picture(picture, self.max_pixels), options, page)

    def predict(self, picture: Any, options: ColorOptions | None = None, *, page: int = 0) -> Chroma:
        """The small ab field of a picture with its confidence, without joining it; arguments as :meth:`session`'s.

        Examples:
            >>> import numpy as np
            >>> field = Colorizer(threads=1).predict(np.full((48, 64), 128, np.uint8))
            >>> field.ab.shape[0], field.confidence.shape == field.ab.shape[1:]
            (2, True)
        """
        return self.session(picture, options, page=page).predict()

    def variants(self, picture: Any, count: int, options: ColorOptions | None = None, *, page: int = 0) -> list[Chroma]:
        """``count`` plausible colourings of a picture, likeliest first; the same seed gives the same ones.

        Raises:
            SettingError: this model knows one answer only.

        Examples:
            >>> import numpy as np
            >>> len(Colorizer(threads=1).variants(np.full((48, 64), 128, np.uint8), 3, ColorOptions(seed=1)))
            3
        """
        return self.session(picture, options, page=page).variants(count)

    def film(
        self,
        path: str | Path,
        options: ColorOptions | None = None,
        *,
        hint: Sequence[str] = (),
        since: float | None = None,
        until: float | None = None,
        fps: float | None = None,
    ) -> Iterator[ColoredFrame]:
        """The coloured frames of a film, one after the other: no more than a few are in memory.

        Args:
            path: a film; numbered pictures as ``frames/%05d.png``; or a folder of them.
            options: size, mood, seed, look and a reference; no hints.
            hint: colours of places at moments, each for its shot: ``"12.4s:120,340=#7a4a2b"``.
            since, until: seconds from the film's start.
            fps: frames a second, of numbered pictures.

        Returns:
            Frames with ``time`` in seconds, ``shot``, ``rgb`` (sRGB ``[H,W,3]``, uint8, upright) and ``ab``.

        Raises:
            PictureError: it cannot be read.
            SettingError: an option that cannot work, or the extra ``video`` is not installed.

        Examples:
            >>> for frame in Colorizer().film("reel.mp4"):  # doctest: +SKIP
            ...     print(frame.time, frame.rgb.mean())
        """
        check_libraries()
        from .film.coloring import FilmOptions, color_frames
        from .film.hints import FilmHint
        from .film.reading import open_film

        said = FilmOptions(options or ColorOptions(), tuple(FilmHint.parse(text) for text in hint), since, until)
        return color_frames(self.model, open_film(path, fps), said)

    def colorize_film(
        self,
        path: str | Path,
        destination: str | Path | None = None,
        options: ColorOptions | None = None,
        *,
        output: FilmOutput | None = None,
        hint: Sequence[str] = (),
        since: float | None = None,
        until: float | None = None,
        fps: float | None = None,
    ) -> Path:
        """Colour a film into another file, which appears whole; called again after a break, it goes on.

        Args:
            path: as for :meth:`film`, as are ``options``, ``hint``, ``since``, ``until`` and ``fps``.
            destination: the new file; beside the film and called ``reel.color.mp4`` where None.
            output: :class:`.FilmOutput`: codec, quality, container.

        Returns:
            The new file's path.

        Raises:
            PictureError: it cannot be read or written, or the new file exists already.
            SettingError: an option that cannot work, or the extra ``video`` is not installed.

        Examples:
            >>> Colorizer().colorize_film("reel.mp4", "reel.webm")  # doctest: +SKIP
            PosixPath('reel.webm')
        """
        check_libraries()
        from .film.coloring import FilmOptions
        from .film.hints import FilmHint
        from .film.making import make_film
        from .film.reading import open_film

        said = FilmOptions(options or ColorOptions(), tuple(FilmHint.parse(text) for text in hint), since, until)
        to = Path(destination) if destination else None
        return make_film(self.model, open_film(path, fps), to, said, output).path

    def colorize_file(
        self,
        source: Any,
        destination: str | Path | None = None,
        *,
        options: ColorOptions | None = None,
        output: OutputOptions | None = None,
        chroma: Chroma | Sequence[Chroma] | None = None,
    ) -> Path:
        """Colour a file into another file, which appears whole or not at all.

        Args:
            source: the picture.
            destination: the new file; beside the source and called ``old.color.jpg`` where None.
            options: how it is coloured.
            output: how it is written.
            chroma: colours to use instead of predicting them (a variant, say), one a page.

        Returns:
            The new file's path.

        Raises:
            PictureError: the picture cannot be read or written, or the new file exists already.
            SettingError: an option that cannot work.

        Examples:
            >>> import numpy as np
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     new = Colorizer(threads=1).colorize_file(np.full((48, 64), 128, np.uint8), Path(folder, "new.png"))
            ...     new.name, new.exists()
            ('new.png', True)
        """

        def work(picture: Picture) -> Path:
            writing = output or OutputOptions()
            if destination:
                writing = writing.named(Path(destination))
            encoding = writing.encoding(picture.kind)
            path = Path(destination) if destination else default_destination(Path(picture.name), encoding.format)
            check_destination(path, Path(picture.name), writing.overwrite)
            encoding.check(picture)
            to_file(self._sheets(picture, options, chroma, encoding), path, encoding, picture.pages)
            return path

        return self._with(source, work)

    def encode(
        self,
        source: Any,
        *,
        options: ColorOptions | None = None,
        output: OutputOptions | None = None,
        chroma: Chroma | Sequence[Chroma] | None = None,
    ) -> bytes:
        """Colour a picture into the bytes of a file; arguments as :meth:`colorize_file`'s.

        Examples:
            >>> import numpy as np
            >>> gray = np.full((48, 64), 128, np.uint8)
            >>> Colorizer(threads=1).encode(gray, output=OutputOptions("png"))[1:4]
            b'PNG'
        """

        def work(picture: Picture) -> bytes:
            encoding = (output or OutputOptions()).encoding(picture.kind)
            encoding.check(picture)
            return to_bytes(self._sheets(picture, options, chroma, encoding), encoding, picture.name, picture.pages)

        return self._with(source, work)

    def pixels(
        self, source: Any, *, options: ColorOptions | None = None, chroma: Chroma | Sequence[Chroma] | None = None
    ) -> Codes:
        """Colour a picture into memory: sRGB ``[H,W,3]``, ``[H,W,4]`` with alpha, uint8 or uint16.

        Examples:
            >>> import numpy as np
            >>> colored = Colorizer(threads=1).pixels(np.full((48, 64), 128, np.uint16))
            >>> colored.shape, colored.dtype
            ((48, 64, 3), dtype('uint16'))
        """

        def work(picture: Picture) -> Codes:
            if picture.pages > 1:
                raise SettingError(f"{picture.name}: has {picture.pages} pages; an array holds one, colorize_file all")
            return np.concatenate(list(self._rows(picture, self._field(picture, options, chroma, 0), 0, current())))

        return self._with(source, work)

    def stop(self) -> None:
        """Cut short, for good, whatever this object is doing in other threads; what it was writing is removed.

        Examples:
            >>> import numpy as np
            >>> colorizer = Colorizer(threads=1)
            >>> colorizer.stop()
            >>> try:
            ...     colorizer(np.full((48, 64), 128, np.uint8))
            ... except Stopped:
            ...     print("stopped")
            stopped
        """
        self.stopping.ask()

    def _with(self, source: Any, work: Callable[[Picture], Result]) -> Result:
        """Open a picture and work on it, until Ctrl-C, :meth:`stop` or the thread's own stop."""
        use_threads()
        return interruptible(lambda: work(open_picture(source, self.max_pixels)), self.stopping)

    def _sheets(
        self,
        picture: Picture,
        options: ColorOptions | None,
        chroma: Chroma | Sequence[Chroma] | None,
        encoding: Encoding,
    ) -> Iterator[AbstractContextManager[Sheet]]:
        """The coloured pages, one after the other."""
        for page in range(picture.pages):
            yield self._sheet(picture, options, chroma, encoding, page)

    @contextmanager
    def _sheet(
        self,
        picture: Picture,
        options: ColorOptions | None,
        chroma: Chroma | Sequence[Chroma] | None,
        encoding: Encoding,
        page: int,
    ) -> Iterator[Sheet]:
        one = picture.part(page)
        one.check_size(self.max_pixels)
        rows = self._rows(picture, self._field(picture, options, chroma, page), page, current())
        with RowSource(rows, one.width, one.height, 4 if one.has_alpha else 3, one.deep) as image:
            image, beside = copy_metadata(one, image, encoding.format)
            yield Sheet(encoding.prepare(image), beside)

    def _field(
        self, picture: Picture, options: ColorOptions | None, chroma: Chroma | Sequence[Chroma] | None, page: int
    ) -> Chroma:
        """A page's small field as it shall look."""
        current().check()
        options = options or ColorOptions()
        given = [chroma] if isinstance(chroma, Chroma) else chroma
        with faults.naming(f"{picture.name}: cannot be coloured"):
            field = given[page] if given else self.predict(picture, options, page=page)
        return field.with_look(options.look)

    def _rows(self, picture: Picture, field: Chroma, page: int, stop: Stop) -> Iterator[Codes]:
        """A page's coloured blocks of rows, asked for from any thread; a few are joined ahead on the pool."""
        ahead: deque[Future[Codes]] = deque()
        one = picture.part(page)
        joiner = Joiner(field, one.height, one.width, one.deep)
        try:
            for strip in one.strips(0):
                stop.check()
                ahead.append(self._pool.submit(_join, joiner, strip))
                if len(ahead) > self.threads + 1:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:  # cut short: what nobody will ask for keeps no core from the next picture
            for block in ahead:
                block.cancel()


def _join(joiner: Joiner, strip: Strip) -> Codes:
    rgb = joiner(strip.top, strip.lightness)
    return rgb if strip.alpha is None else np.concatenate([rgb, strip.alpha[..., None]], axis=-1)
