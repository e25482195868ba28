"""``colorize reel.mp4``: what the command does with films."""

from __future__ import annotations

import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from colorizing_things.errors import ColorizingError, PictureError, SettingError
from colorizing_things.film.need import check_libraries, is_film

from .terminal import bar, shown

if TYPE_CHECKING:
    from colorizing_things.film.coloring import FilmOptions
    from colorizing_things.film.encoding import FilmOutput
    from colorizing_things.film.making import FilmResult
    from colorizing_things.film.reading import Film
    from colorizing_things.model.model import Model
    from colorizing_things.options import ColorOptions


@dataclass(frozen=True)
class FilmArguments:
    """What was said that only a film has."""

    codec: str | None
    crf: int | None
    since: str | None
    until: str | None
    preview: bool
    fps: float | None

    def are_meant(self, inputs: list[str]) -> bool:
        """Whether the inputs are films.

        Raises:
            SettingError: some are and some are not; or none, and something was said that only a film has.
        """
        found = [is_film(name) or (self.fps is not None and Path(name).is_dir()) for name in inputs]
        if all(found):
            return True
        if any(found):
            other = inputs[found.index(False)]
            raise SettingError(f"{other}: is no film, and {inputs[found.index(True)]} is one; colour them one by one")
        if any(said not in (None, False) for said in astuple(self)):
            raise SettingError("--codec, --crf, --from, --to, --preview and --fps are for films; here is none")
        return False


def color(
    said: FilmArguments, inputs: list[str], out: str | None, hint: list[str], format: str | None, provenance: bool,
    overwrite: bool, coloring: ColorOptions, model: str, device: str,
) -> None:  # fmt: skip
    """Colour films, one after the other."""
    check_libraries()
    from colorizing_things.film.coloring import FilmOptions
    from colorizing_things.film.encoding import FilmOutput
    from colorizing_things.film.hints import FilmHint, seconds
    from colorizing_things.model.model import Model

    since = None if said.since is None else seconds(said.since, "from")
    until = None if said.until is None else seconds(said.until, "to")
    if len(inputs) > 1 and hint:
        raise SettingError(f"hints speak of places in one film; here are {len(inputs)}: colour them one by one")
    options = FilmOptions(coloring, tuple(FilmHint.parse(text) for text in hint), since, until)
    output = FilmOutput(said.codec or "h264", said.crf, format, provenance, overwrite)
    network = Model(model, device)
    failed = 0
    for name in inputs:
        try:
            _one(network, name, out, len(inputs) > 1, said, options, output)
        except ColorizingError as error:
            if len(inputs) == 1:
                raise
            failed += 1
            _say(f"failed: {error}")
    if failed:
        raise typer.Exit(1)


def _one(
    model: Model, name: str, out: str | None, several: bool, said: FilmArguments, options: FilmOptions,
    output: FilmOutput,
) -> None:  # fmt: skip
    from colorizing_things.film.making import destination_for, make_film
    from colorizing_things.film.preview import save_preview
    from colorizing_things.film.reading import open_film

    if out == "-" or name == "-":
        raise SettingError("a film cannot go through a pipe: name a file")
    film = open_film(name, said.fps)
    path = _destination(destination_for(film, output), out, several)
    if said.preview:
        if out is None or path.suffix.lower() not in (".jpg", ".jpeg"):
            path = path.with_name(f"{path.stem.removesuffix('.color')}.sheet.jpg")
        shots = save_preview(model, film, options, path, output.overwrite)
        _say(f"{path} ({shots} shots)")
        return
    if path.exists() and not output.overwrite and not _is_original(path, film):
        _say(f"{path} is there already; --overwrite redoes it, -o names another")
        return
    if film.alpha:
        _say(f"{film.name}: its transparency is not kept")
    with _Bar(film, options) as bar:
        made = make_film(model, film, path, options, output, bar)
    _say(_sentence(made))


def _is_original(path: Path, film: Film) -> bool:
    return film.path.exists() and path.samefile(film.path)


def _destination(own: Path, out: str | None, several: bool) -> Path:
    if out is None:
        return own
    path = Path(out)
    if path.is_dir() or out.endswith(("/", "\\")) or several:
        if path.is_file():
            raise PictureError(f"{out}: is a file; several films need a folder")
        return path / own.name
    return path


def _sentence(made: FilmResult) -> str:
    counts = made.counts
    wrong = {
        "damaged, passed through grey": counts.damaged, "lost": counts.lost, "of another size": counts.other_sizes,
    }  # fmt: skip
    notes = [f"{count} {what}" for what, count in wrong.items() if count]
    if made.broken_off:
        notes.append("the file ends in the middle")
    rate = made.frames / max(made.seconds, 1e-3)
    said = f"{made.path} ({counts.frames} frames, {counts.shots} shots, {made.seconds:.1f} s, {rate:.1f} frames/s)"
    return "; ".join([said, *notes])


def _say(text: str) -> None:
    print(shown(text), file=sys.stderr)


class _Bar:
    """Progress: frames done, frames a second, the shot, time left."""

    def __init__(self, film: Film, options: FilmOptions) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

        from colorizing_things.film.making import expected_frames

        columns = (
            BarColumn(), MofNCompleteColumn(), TaskProgressColumn(), TextColumn("shot {task.fields[shot]}"),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        )  # fmt: skip
        self._bar = bar(*columns, console=Console(stderr=True, highlight=False))
        self._task = self._bar.add_task("", total=expected_frames(film, options), shot=1, rate="")

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def __call__(self, progress) -> None:  # type: ignore[no-untyped-def]
        """Show it."""
        self._bar.update(
            self._task, completed=progress.frames, shot=progress.shot + 1, rate=f"{progress.rate:.1f} frames/s"
        )
