"""The ``colorize`` command: one file a verb. A first word that is no verb is a picture to colour."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from colorizing_things.errors import ColorizingError
from colorizing_things.imaging.libvips import operations_not_cached

from . import color, demo, doctor, models, serve

LAB_VERBS = "colorizing_things.verbs"  # entry points: the lab adds its verbs without the product knowing it
NO_LAB = "needs the lab: pip install torch, then pip install 'colorizing-things[train]', or '.[train]' in a checkout"
INTERRUPTED = 130
DEFAULT_VERB = "color"


class PicturesFirst(TyperGroup):
    """``colorize old.jpg`` is ```colorize color old.jpg``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default verb in front of a first word that is none."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
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
for entry in sorted(entry_points(group=LAB_VERBS), key=lambda e: e.name):
    app.command(entry.name, rich_help_panel="The lab: train and measure networks")(entry.load())


def main() -> None:
    """Run the command; every expected failure is one line on stderr and a non-zero exit."""
    with operations_not_cached():
        _main()


def _main() -> None:
    command = typer.main.get_command(app)
    usage_error: type[Exception] = typer.BadParameter.__mro__[1]  # Typer may carry its own Click
    try:
        code = command.main(standalone_mode=False)
        if code == INTERRUPTED:  # Typer has turned Ctrl-C into it
            raise KeyboardInterrupt
    except usage_error as error:
        message = str(error.format_message())  # type: ignore[attr-defined]
        fail(" ".join(message.split()) + "; see colorize --help", 2)
    except ColorizingError as error:
        fail(" ".join(str(error).split()))
    except (KeyboardInterrupt, typer.Abort):
        fail("stopped; run the same command again to go on", INTERRUPTED)
    except ModuleNotFoundError as error:
        verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        if (error.name or "").partition(".")[0] == "colorizing_things":
            raise
        fail(f"{verb} {NO_LAB} (no module {error.name})")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int = 1) -> None:
    """Say one line and leave."""
    print(f"colorize: {message}", file=sys.stderr)
    sys.exit(code)
