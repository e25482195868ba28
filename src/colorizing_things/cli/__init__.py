"""The ``colorize`` command: one file a verb. A first word that is no verb is a picture to colour."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from colorizing_things.errors import ColorizingError
from colorizing_things.system import faults
from colorizing_things.system.termination import STOPPED, Terminated, exit_if_interrupted

from . import color, demo, doctor, models, serve, site

LAB_VERBS = "colorizing_things.verbs"  # entry points: the lab adds its verbs without the product knowing it
NO_LAB = "needs the lab: pip install torch, then pip install '.[train]' in a checkout"
LIGHT = ("--help", "-h", "--version")  # what needs nothing loaded
DEFAULT_VERB = "color"
ALONE = ("demo", "models", "doctor", "serve", "site", "recipes")  # a folder of that name is not meant


class PicturesFirst(TyperGroup):
    """``colorize old.jpg`` is ```colorize color old.jpg``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default verb in front of a first word that is none."""
        verb = bool(args) and args[0] in self.commands
        if verb and len(args) == 1 and args[0] not in ALONE and faults.asked(Path(args[0]).is_dir, Path(args[0])):
            verb = False  # such a verb needs more words: a folder of that name is meant
        if args and not verb and args[0] not in LIGHT:
            args = [DEFAULT_VERB, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=PicturesFirst,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Colour black-and-white photographs: colorize old.jpg writes old.color.jpg beside it.",
)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    """Colour black-and-white photographs: [bold]colorize old.jpg[/] writes old.color.jpg beside it."""
    if show:
        from colorizing_things import __version__

        print(__version__)
        raise typer.Exit


app.command(DEFAULT_VERB, help="Colour pictures and folders. The verb may be left out: colorize old.jpg")(color.color)
app.command("demo")(demo.demo)
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)
app.command("serve")(serve.serve)
app.command("site")(site.site)


def _add(entry: EntryPoint) -> None:
    """A verb of the lab; in an app that holds the product alone, one that says what to install."""
    verb: Callable[..., None]
    settings: dict[str, Any] | None = None
    try:
        verb = entry.load()
    except ImportError:
        settings = {"ignore_unknown_options": True, "allow_extra_args": True}

        def verb(context: typer.Context) -> None:
            """Not installed here."""
            raise ColorizingError(f"{entry.name} {NO_LAB}")

    app.command(entry.name, context_settings=settings, rich_help_panel="The lab: train and measure networks")(verb)


for entry in sorted(entry_points(group=LAB_VERBS), key=lambda e: e.name):
    _add(entry)


def main() -> None:
    """Run the command; every expected failure is one line on stderr and a non-zero exit."""
    try:
        _escape_what_cannot_be_shown()
        with _settings():
            code = _main()
    except (KeyboardInterrupt, Terminated) as told:
        exit_if_interrupted(told)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        exit_if_interrupted(error)
        if faults.explain(error) is None:
            raise
        fail(faults.line(error, "the system"))
    sys.exit(code)


def _settings() -> AbstractContextManager[None]:
    """What holds while pictures are coloured; nothing where only help is asked for."""
    if set(LIGHT) & set(sys.argv[1:]) or len(sys.argv) < 2:
        return nullcontext()
    from colorizing_things.imaging.libvips import operations_not_cached

    return operations_not_cached()


def _main() -> int:
    command = typer.main.get_command(app)
    usage_error: type[Exception] = typer.BadParameter.__mro__[1]  # Typer may carry its own Click
    try:
        code = command.main(standalone_mode=False)
        if code == STOPPED[1]:  # Typer has turned Ctrl-C into it
            raise KeyboardInterrupt
    except usage_error as error:
        message = " ".join(str(error.format_message()).split())  # type: ignore[attr-defined]
        if not message:  # no arguments: the help has been shown
            return 2
        fail(message + "; see colorize --help", 2)
    except ColorizingError as error:
        fail(" ".join(str(error).split()))
    except typer.Abort:
        raise KeyboardInterrupt from None
    except ModuleNotFoundError as error:
        verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        if (error.name or "").partition(".")[0] == "colorizing_things":
            raise
        fail(f"{verb} {NO_LAB} (no module {error.name})")
    return code if isinstance(code, int) else 0


def _escape_what_cannot_be_shown() -> None:
    """A name that the terminal's encoding lacks is shown with escapes, and is no error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def fail(message: str, code: int = 1) -> NoReturn:
    """Say one line and leave."""
    print(f"colorize: {message}", file=sys.stderr)
    sys.exit(code)
