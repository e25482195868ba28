"""``colorize old.jpg``: colour pictures and folders."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MAX_PIXELS, MODEL
from colorizing_things.system.defaults import jobs as default_jobs

from . import films
from .films import FilmArguments
from .terminal import bar, json_text, shown

if TYPE_CHECKING:
    from colorizing_things.batch import BatchOptions, Result, Task
    from colorizing_things.colorizer import Colorizer
    from colorizing_things.options import OutputOptions

STANDARD = "-"
LOOK = "How it looks"
FILES = "Files"
FILM = "Films"
MACHINE = "Machine"
ARCHIVE = "Archives"
MOST_NAMED = 20  # files left out, each in a line


def color(
    inputs: Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files and folders; - is stdin.")],
    out: Annotated[
        str | None, typer.Option("-o", "--out", help="File or folder to write; - is stdout.", rich_help_panel=FILES)
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Redo what is already done.", rich_help_panel=FILES)] = False,
    format: Annotated[
        str | None, typer.Option(help="jpeg, png, tiff, webp or avif; the input's own.", rich_help_panel=FILES)
    ] = None,
    quality: Annotated[int | None, typer.Option(help="1 to 100, of lossy formats.", rich_help_panel=FILES)] = None,
    provenance: Annotated[
        bool, typer.Option(help="Say in the metadata that the colours are machine-made.", rich_help_panel=FILES)
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a picture.", rich_help_panel=FILES)] = False,
    saturation: Annotated[float, typer.Option(help="Multiplies chroma.", rich_help_panel=LOOK)] = 1.0,
    strength: Annotated[float, typer.Option(help="0 (grey) to 1 (full colour).", rich_help_panel=LOOK)] = 1.0,
    warmth: Annotated[float, typer.Option(help="-1 (blue) to 1 (yellow).", rich_help_panel=LOOK)] = 0.0,
    hint: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y=#RRGGBB", help="The colour of a place; may be repeated.", rich_help_panel=LOOK),
    ] = None,
    hints: Annotated[
        str | None, typer.Option(help="Painted hints: a transparent layer of its size.", rich_help_panel=LOOK)
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="A colour picture to take the palette from.", rich_help_panel=LOOK)
    ] = None,
    variants: Annotated[
        int | None, typer.Option(help="So many different colourings, and a contact sheet.", rich_help_panel=LOOK)
    ] = None,
    seed: Annotated[int, typer.Option(help="Which colouring, and which variants.", rich_help_panel=LOOK)] = 0,
    mood: Annotated[
        float | None,
        typer.Option(help="0 (safe) to 1 (lively), of a model with noise; its own.", rich_help_panel=LOOK),
    ] = None,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="A map of where it is sure (white).", rich_help_panel=FILES)
    ] = False,
    size: Annotated[
        int | None, typer.Option(help="Shorter side at which the network sees it.", rich_help_panel=LOOK)
    ] = None,
    model: Annotated[str, typer.Option(help="A bundled name, or a path.", rich_help_panel=LOOK)] = MODEL,
    codec: Annotated[
        str | None, typer.Option(help="h264 (as it is), hevc, av1, vp9, prores, ffv1 (lossless).", rich_help_panel=FILM)
    ] = None,
    crf: Annotated[int | None, typer.Option(help="0 (best) to 51 (63 of av1, vp9).", rich_help_panel=FILM)] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="As 12.4s or 1:02.5.", rich_help_panel=FILM)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Up to there.", rich_help_panel=FILM)
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="A frame of every shot on a sheet, and no more.", rich_help_panel=FILM)
    ] = False,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second of frames/%05d.png or a folder.", rich_help_panel=FILM)
    ] = None,
    invert: Annotated[bool, typer.Option("--invert", help="They are negatives.", rich_help_panel=LOOK)] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...", rich_help_panel=MACHINE)] = "auto",
    jobs: Annotated[int | None, typer.Option(help="Pictures at once.", rich_help_panel=MACHINE)] = None,
    threads: Annotated[int | None, typer.Option(help="Cores to use; all that it may.", rich_help_panel=MACHINE)] = None,
    max_pixels: Annotated[int, typer.Option(help="Refuse larger pictures.", rich_help_panel=MACHINE)] = MAX_PIXELS,
    engine: Annotated[
        str | None, typer.Option(help="ray: an archive, a folder or a bucket.", rich_help_panel=ARCHIVE)
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster; this machine alone.", rich_help_panel=ARCHIVE)
    ] = None,
    gpus: Annotated[int, typer.Option(help="GPUs that the workers share.", rich_help_panel=ARCHIVE)] = 0,
) -> None:
    """Colour pictures: old.jpg becomes old.color.jpg beside it, or goes where -o says."""
    for what, given in (("", inputs), ("-o: ", [out]), ("--hints: ", [hints]), ("--reference: ", [reference])):
        if "" in given:
            raise SettingError(f"{what}an empty name is no file (is a variable not set?)")
    from colorizing_things.batch import BatchOptions
    from colorizing_things.color.look import Look
    from colorizing_things.colorizer import Colorizer
    from colorizing_things.guidance.guide import Guide
    from colorizing_things.options import ColorOptions, OutputOptions

    film = FilmArguments(codec, crf, since, until, preview, fps)
    if film.are_meant(inputs):
        if hints or variants is not None or confidence or invert or as_json or quality is not None:
            raise SettingError("a film has no --hints, --variants, --confidence, --invert, --json or --quality")
        coloring = ColorOptions(size, mood, seed, Guide.of((), None, reference), Look(saturation, strength, warmth))
        films.color(film, inputs, out, hint or [], format, provenance, overwrite, coloring, model, device)
        return
    if jobs is not None and jobs < 1:
        raise SettingError(f"jobs {jobs}: must be 1 or more")
    guide, look = Guide.of(hint or (), hints, reference, max_pixels), Look(saturation, strength, warmth)
    coloring, output = (
        ColorOptions(size, mood, seed, guide, look),
        OutputOptions(format, quality, provenance, overwrite),
    )
    options = BatchOptions(coloring, output, variants, confidence, invert)
    if engine not in (None, "ray"):
        raise SettingError(f"engine {engine!r}: there is ray; leave it out for this machine without Ray")
    if engine == "ray":
        if threads is not None:
            raise SettingError("--engine ray gives each worker one core; --jobs says how many")
        from . import archive

        archive.color(
            inputs, out, options, reference, model=model, device=device, max_pixels=max_pixels, jobs=jobs,
            address=address, gpus=gpus, as_json=as_json,
        )  # fmt: skip
        return
    if address is not None or gpus:
        raise SettingError("--address and --gpus are for --engine ray")
    if STANDARD in inputs or out == STANDARD:
        if as_json or len(inputs) > 1 or variants is not None or confidence:
            raise SettingError("- stands for one picture, without --json, --variants or --confidence")
        _through_pipe(inputs[0], out, options, Colorizer(model, device, threads, max_pixels))
        return
    tasks = _plan(inputs, out, output, max_pixels)
    whole = sum(not task.problem for task in tasks)
    if guide.places and whole > 1:
        raise SettingError(f"hints speak of places in one picture; here are {whole}: colour them one by one")
    jobs = jobs or (default_jobs() if whole > 1 else 1)
    _color_all(Colorizer(model, device, threads, max_pixels), tasks, options, jobs, as_json)


def _plan(inputs: list[str], out: str | None, output: OutputOptions, max_pixels: int) -> list[Task]:
    from colorizing_things import batch

    is_folder = out is not None and out.endswith(("/", "\\"))
    return batch.plan([Path(name) for name in inputs], Path(out) if out else None, is_folder, output, max_pixels)


def _through_pipe(source: str, out: str | None, options: BatchOptions, colorizer: Colorizer) -> None:
    from colorizing_things.imaging.picture import Picture

    most = colorizer.max_pixels
    if source == STANDARD:
        picture = Picture.decode(sys.stdin.buffer.read(), "stdin", most)
    else:
        picture = Picture.read(source, most)
    if options.negative:
        picture = picture.positive()
    if picture.note:
        print(f"{picture.name}: {picture.note}", file=sys.stderr)
    if out is None or out == STANDARD:
        if sys.stdout.isatty():
            raise SettingError("a picture cannot be shown here: send it on with > or | , or name a file with -o")
        data = colorizer.encode(picture, options=options.color, output=options.output)
        with faults.naming("stdout: cannot be written"):
            _send(data)
        return
    path = Path(out)
    if faults.asked(path.is_dir, path) or out.endswith(("/", "\\")):
        raise PictureError(f"{out}: is a folder; a picture from stdin needs a file's name")
    colorizer.colorize_file(picture, path, options=options.color, output=options.output)


def _send(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _color_all(colorizer: Colorizer, tasks: list[Task], options: BatchOptions, jobs: int, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from colorizing_things import batch

    console = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    left_out: list[Result] = []
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with bar(*columns, console=console, wanted=len(tasks) > 1) as progress:
        all_of_them = progress.add_task("", total=len(tasks), rate="")
        clock = progress.get_time()

        def report(result: Result) -> None:
            counts[result.status] += 1
            rate = counts.total() / max(progress.get_time() - clock, 1e-3)
            progress.update(all_of_them, advance=1, rate=f"{rate:.1f}/s")
            if as_json:
                print(_line(result), flush=True)
            elif result.status == "failed":
                progress.print(f"failed: {shown(result.error)}", soft_wrap=True, markup=False)
            elif result.status == "left out":
                left_out.append(result)
            else:
                if len(tasks) == 1:
                    progress.print(shown(_sentence(result)), soft_wrap=True, markup=False)
                if result.note:
                    progress.print(shown(f"{result.task.source}: {result.note}"), soft_wrap=True, markup=False)

        batch.run(colorizer, tasks, options, jobs=jobs, report=report)
    if left_out:
        said = [f"left out: {result.error}" for result in left_out[:MOST_NAMED]]
        rest = len(left_out) - len(said)
        console.print(shown("\n".join([*said, *([f"... and {rest} more; --json names all"] if rest else [])])),
                      soft_wrap=True, markup=False)  # fmt: skip
    if len(tasks) > 1:
        console.print(batch.counted(counts))
    if counts["failed"]:
        raise typer.Exit(1)


def _sentence(result: Result) -> str:
    if result.status == "skipped":
        return f"{', '.join(map(str, result.outputs))} is there already; --overwrite redoes it, -o names another"
    written = ", ".join(map(str, result.written))
    old = [str(path) for path in result.outputs if path not in result.written]
    kept = f"; {', '.join(old)} was there already" if old else ""
    return f"{written} ({result.width} x {result.height}, {result.seconds:.1f} s){kept}"


def _line(result: Result) -> str:
    content = {
        "input": str(result.task.source), "output": str(next(iter(result.outputs), result.task.destination)),
        "outputs": [str(path) for path in result.outputs], "status": result.status,
        "seconds": round(result.seconds, 3), "width": result.width, "height": result.height, "pages": result.pages,
        "error": result.error or None, "note": result.note or None,
    }  # fmt: skip
    return json_text(content)
