"""``colorize serve``: the page and the HTTP API, on this machine."""

from __future__ import annotations

import socket
import threading
import webbrowser
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from colorizing_things.errors import ColorizingError, SettingError
from colorizing_things.server.settings import MEGABYTE, Settings
from colorizing_things.system.defaults import MODEL as DEFAULT
from colorizing_things.system.termination import Terminated

if TYPE_CHECKING:
    import uvicorn

NEEDED = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")
USUAL = Settings()
LIMITS = "Limits"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 is every one.")] = USUAL.host,
    port: Annotated[int, typer.Option(help="0 takes any that is free.")] = 8000,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    model: Annotated[str, typer.Option(help="A bundled name, or a path.")] = DEFAULT,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = USUAL.device,
    threads: Annotated[int | None, typer.Option(help="Cores to use; all that it may.")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="A further name that it is reached by, as behind a proxy.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Pictures at once.", rich_help_panel=LIMITS)] = USUAL.workers,
    queue: Annotated[int, typer.Option(help="Requests that may wait.", rich_help_panel=LIMITS)] = USUAL.queue,
    max_upload_mb: Annotated[
        int, typer.Option(help="Refuse larger uploads.", rich_help_panel=LIMITS)
    ] = USUAL.max_upload // MEGABYTE,
    max_pixels: Annotated[int, typer.Option(help="Refuse larger pictures.", rich_help_panel=LIMITS)] = USUAL.max_pixels,
    max_size: Annotated[
        int, typer.Option(help="Largest size that a client may ask for.", rich_help_panel=LIMITS)
    ] = USUAL.max_size,
    time_limit: Annotated[float, typer.Option(help="Seconds a request.", rich_help_panel=LIMITS)] = USUAL.time_limit,
    max_film_mb: Annotated[int, typer.Option(help="Refuse larger films.", rich_help_panel=LIMITS)] = USUAL.max_film
    // MEGABYTE,
    max_film_minutes: Annotated[
        float, typer.Option(help="Refuse longer films.", rich_help_panel=LIMITS)
    ] = USUAL.max_film_seconds / 60,
    films: Annotated[int, typer.Option(help="Films kept on disk.", rich_help_panel=LIMITS)] = USUAL.max_films,
    sessions: Annotated[int, typer.Option(help="Pictures kept open.", rich_help_panel=LIMITS)] = USUAL.max_sessions,
    session_minutes: Annotated[
        float, typer.Option(help="How long an unused one is kept.", rich_help_panel=LIMITS)
    ] = USUAL.session_seconds / 60,
) -> None:
    """Serve the page and the HTTP API: open http://127.0.0.1:8000 in a browser."""
    _check_extra()
    if not 0 <= port <= 65535:
        raise SettingError(f"port {port}: must be 0 to 65535")
    max_upload = max_upload_mb * MEGABYTE
    settings = replace(
        USUAL, host=host, names=tuple(name or ()), model=model, device=device, threads=threads, workers=workers,
        queue=queue, max_upload=max_upload, max_pixels=max_pixels, max_size=max_size, time_limit=time_limit,
        max_sessions=sessions, session_seconds=session_minutes * 60, session_bytes=max(USUAL.session_bytes, max_upload),
        max_film=max_film_mb * MEGABYTE, max_film_seconds=max_film_minutes * 60, max_films=films,
    )  # fmt: skip
    _run(settings, port, open_page)


def _run(settings: Settings, port: int, open_page: bool) -> None:
    import uvicorn
    from rich.console import Console

    from colorizing_things.server.app import create_app
    from colorizing_things.server.ending import Server

    app = create_app(settings)
    config = uvicorn.Config(app, settings.host, port, log_level="warning", access_log=False, server_header=False)
    listening = _listen(settings.host, port)
    port = listening.getsockname()[1]
    address = f"http://{_reached_at(settings.host)}:{port}"
    server = Server(config)
    with suppress(Terminated):  # it ends in order, and that is no failure
        Console(stderr=True, highlight=False).print(f"{address}  (Ctrl-C ends it)", soft_wrap=True)
        if open_page:
            threading.Thread(target=_open_when_up, args=(server, address), daemon=True).start()
        server.run(sockets=[listening])


def _reached_at(host: str) -> str:
    """A host that a browser on this machine reaches the server at."""
    if host in ("", "0.0.0.0") or (host == "::" and socket.has_dualstack_ipv6()):
        return "127.0.0.1"
    host = "::1" if host == "::" else host
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=128, dualstack_ipv6=both)
    except OSError as error:
        message = f"{host}:{port} cannot be listened at: {error.strerror}; choose another --host or --port"
        raise SettingError(message) from error


def _check_extra() -> None:
    try:
        for needed in NEEDED:
            import_module(needed)
    except ModuleNotFoundError as error:
        install = "pip install '.[server]' in a checkout"
        raise ColorizingError(f"serve needs the server: {install} (no module {error.name})") from None


def _open_when_up(server: uvicorn.Server, address: str) -> None:
    waiting = threading.Event()
    while not server.started:
        waiting.wait(0.05)
    webbrowser.open(address)
