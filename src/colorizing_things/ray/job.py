"""What is to be done with an archive: all that a worker has to know, in one object that can be sent to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from colorizing_things.batch import BatchOptions
from colorizing_things.errors import SettingError
from colorizing_things.guidance.guide import Guide
from colorizing_things.options import ColorOptions
from colorizing_things.system.defaults import MAX_PIXELS, MODEL

from .place import Place


@dataclass(frozen=True)
class Job:
    """An archive to colour.

    Attributes:
        archive, out: where the photographs are, and where their results go, in the same tree.
        options: what is made of each.
        reference: a picture file whose palette all of them take over.
        model: a bundled name, or a path that is the same on every machine.
        device: as for :class:`.Colorizer`.
        max_pixels: photographs with larger pages fail.

    Raises:
        SettingError: an option that is for single pictures.
    """

    archive: Place
    out: Place
    options: BatchOptions = field(default_factory=BatchOptions)
    reference: bytes | None = None
    model: str = MODEL
    device: str = "auto"
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        options = self.options
        if options.variants is not None or options.confidence:
            raise SettingError("--engine ray writes one result a photograph, without --variants and --confidence")
        if options.color.guide != Guide():
            raise SettingError("an archive's photographs take no hints; its reference is the job's own")
        if options.output.overwrite:
            raise SettingError("--engine ray never writes over a result; give another folder with -o")
        if self.archive.system == self.out.system and self.archive.root == self.out.root:
            raise SettingError(f"-o {self.out.address}: is the archive itself; give another folder")

    @property
    def color(self) -> ColorOptions:
        """How each is coloured, the reference opened."""
        if self.reference is None:
            return self.options.color
        return replace(self.options.color, guide=Guide.of(reference=self.reference))

    @cached_property
    def out_inside_archive(self) -> str:
        """The results' folder as a path in the archive, or empty: it is not walked."""
        root = self.archive.root.rstrip("/") + "/"
        same = self.archive.system == self.out.system and self.out.root.startswith(root)
        return self.out.root.removeprefix(root).strip("/") if same else ""
