"""A model that the package does not carry, by name: from the repository's history, a folder or a URL, and checked."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from colorizing_things.errors import ModelError

from .places import FOLDER, VARIABLE, File, Published, find_file, published, search_path, users_folder

SECONDS = 60  # that a server may be silent
URLS = ("http://", "https://", "file://")


def fetch_model(name: str, source: str | None = None) -> Path:
    """Bring a published model, or weights, into the folder of models.

    Args:
        name: one of :func:`.published`.
        source: a URL or a folder in which ``NAME/FILE`` or ``FILE`` lies; by default the history of the clone in which
            this runs.

    Returns:
        The model's folder, or the single file.

    Raises:
        ModelError: no such name, it is not there, or what came is something else.
    """
    if name not in published():
        raise ModelError(f"{name}: nothing of that name can be had; choose {', '.join(published())}")
    model = published()[name]
    target = destination() / name
    if target.exists():
        _check_all(model, target)
        return target
    partial = target.with_name(f".{name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        for file in model.files:
            data = _read(model, file, source)
            _check(file, data, name)
            (partial / file.name).write_bytes(data)
        (partial if model.is_model else partial / model.files[0].name).replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def destination() -> Path:
    """Where a fetched model goes: the first of ``COLORIZE_MODELS``, ``models`` in a clone, else the user's data."""
    if os.environ.get(VARIABLE):
        return search_path()[0]
    return Path(FOLDER) if Path(".git").exists() else users_folder()


def how_to_fetch(name: str) -> str:
    """One sentence: where a published model is to be had."""
    model = published()[name]
    return (
        f"in a clone of the repository colorize models --fetch {name} takes it from commit {model.commit[:7]} "
        f"({model.size / 1e6:.0f} MB); elsewhere add --from and a URL or folder that holds it"
    )


def _read(model: Published, file: File, source: str | None) -> bytes:
    if not file.path:
        return _of_models(model, file)
    if source is None:
        return _of_history(model, file)
    if source.startswith(URLS):
        return _of_url(f"{source.rstrip('/')}/{model.name}/{file.name}" if model.is_model else _joined(source, file))
    folder = Path(source)
    for path in (folder / model.name / file.name, folder / file.name):
        if path.is_file():
            return path.read_bytes()
    raise ModelError(f"{folder}: holds neither {model.name}/{file.name} nor {file.name}")


def _of_models(model: Published, file: File) -> bytes:
    """One that its maker publishes, not we."""
    found = find_file(file.name)
    if found is None:
        size = f"{file.size / 1e6:.0f} MB"
        raise ModelError(f"{model.name} needs {file.name} ({size}) in {destination()}: {file.made_by}")
    return found.read_bytes()


def _joined(source: str, file: File) -> str:
    return f"{source.rstrip('/')}/{file.name}"


def _of_history(model: Published, file: File) -> bytes:
    try:
        shown = subprocess.run(["git", "show", f"{model.commit}:{file.path}"], capture_output=True)
    except OSError as error:
        raise ModelError(f"{model.name}: git cannot be run ({error.strerror}); {_elsewhere(model)}") from error
    if shown.returncode:
        reason = shown.stderr.decode(errors="replace").strip().splitlines()
        raise ModelError(
            f"{model.name}: this folder is in no full clone that has commit {model.commit[:7]} "
            f"({reason[-1] if reason else 'git show failed'}); {_elsewhere(model)}"
        )
    return shown.stdout


def _elsewhere(model: Published) -> str:
    return f"give --from a URL or a folder that holds {model.name}"


def _of_url(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ModelError(f"cannot fetch {url}: {getattr(error, 'reason', error)}") from error


def _check_all(model: Published, target: Path) -> None:
    for file in model.files:
        path = target / file.name if model.is_model else target
        if not path.is_file():
            raise ModelError(f"{target}: is there, without {file.name}; remove it and fetch it again")
        _check(file, path.read_bytes(), str(target))


def _check(file: File, data: bytes, where: str) -> None:
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ModelError(
            f"{where}: {file.name} is not the file that was published ({len(data)} bytes, of {file.size}; another "
            "SHA-256)"
        )
