"""The options of the command line, Python and HTTP alike: how a picture is coloured, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from .color.look import Look
from .errors import SettingError
from .guidance.guide import Guide
from .imaging.picture import SUFFIX_KINDS
from .imaging.writing import Encoding, format_of_name, output_format

SMALLEST, LARGEST = 32, 800  # px: sizes at which a network still says something, and still fits in memory


@dataclass(frozen=True)
class ColorOptions:
    """How a picture is coloured.

    Attributes:
        size: shorter side at which the network sees the picture, 32 to 800 px; None: the card's default. It is less
            where the picture would come to more than 640,000 pixels.
        mood: of a model that draws its colours with noise, 0 (the mean of all colourings, safe and dull) to 1 (one of
            them, lively and sometimes wrong); None: the card's own.
        seed: which colouring, of such a model; which variants, of any that has them.
        guide: hints and a reference.
        look: saturation, strength, warmth.

    Raises:
        SettingError: a value out of range.

    Examples:
        >>> options = ColorOptions(size=160, look=Look(warmth=0.3))
        >>> options.size, options.look.warmth, options.guide.places
        (160, 0.3, False)
    """

    size: int | None = None
    mood: float | None = None
    seed: int = 0
    guide: Guide = field(default_factory=Guide)
    look: Look = field(default_factory=Look)

    def __post_init__(self) -> None:
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise SettingError(f"size {self.size}: must be {SMALLEST} to {LARGEST} pixels")
        if self.seed < 0:
            raise SettingError(f"seed {self.seed}: must be 0 or more")
        if self.mood is not None and not 0 <= self.mood <= 1:
            raise SettingError(f"mood {self.mood}: must be 0 (the mean) to 1 (the full draw)")

    def unguided(self) -> ColorOptions:
        """The same without hints and reference, as for the other pages of a file.

        Examples:
            >>> ColorOptions(size=160, guide=Guide.of(["120,340=#7a4a2b"])).unguided() == ColorOptions(size=160)
            True
        """
        return replace(self, guide=Guide())


@dataclass(frozen=True)
class OutputOptions:
    """How a result is written.

    Attributes:
        format: jpeg, png, tiff, webp or avif; None: what the new file's name says, else the input's own.
        quality: 1 to 100, of lossy formats; None: ours.
        provenance: say in the metadata that the colours are machine-made.
        overwrite: replace a file that is there; the original is never replaced.

    Raises:
        SettingError: an unknown format, or a quality out of range.

    Examples:
        >>> OutputOptions("jpg", quality=95).encoding("png").format
        'jpeg'
    """

    format: str | None = None
    quality: int | None = None
    provenance: bool = True
    overwrite: bool = False

    def __post_init__(self) -> None:
        self.encoding("png")  # an unknown format or quality is an error before any work

    def encoding(self, kind: str) -> Encoding:
        """For an input of that kind (:attr:`.Picture.kind`).

        Examples:
            >>> OutputOptions(quality=95).encoding("webp").format
            'webp'
        """
        return Encoding(output_format(self.format, kind), self.quality, self.provenance)

    def named(self, destination: Path) -> OutputOptions:
        """With the format that a new file's name says, where none was asked for.

        Raises:
            SettingError: it says none of ours, or another than was asked for.

        Examples:
            >>> OutputOptions().named(Path("new.tif")).format
            'tiff'
        """
        if self.format is None:
            return replace(self, format=format_of_name(destination))
        asked = output_format(self.format, "")
        suffix = destination.suffix.lower()
        said = "avif" if suffix == ".avif" else SUFFIX_KINDS.get(suffix)
        if said is not None and said != asked:
            raise SettingError(
                f"{destination}: its name says {said}, and {asked} is asked for; leave out one, or make them agree"
            )
        return self
