"""The page without a server, as a folder of files for any static host: its shell, built from ``/web``, and a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from colorizing_things.errors import ColorizingError, PictureError
from colorizing_things.model.card import Card

SHELL = Path(__file__).parent / "site"
WORKER = "sw.js"
MARK = "colorizing-things"  # in the service worker of every site of ours
LAST = ("index.html", WORKER)  # what names the others
REPLACED = ("assets", "runtime", "model")  # folders in which nothing but our files lies


def write_site(folder: Path, card: Card, shell: Path = SHELL) -> list[Path]:
    """Write the site, in place of an older one of ours.

    Args:
        folder: new, empty, or an older site.
        card: of the model that it colours with: one of two graphs, with noise.
        shell: the built page.

    Returns:
        The files, below ``folder``.

    Raises:
        PictureError: the folder holds something else.
        ColorizingError: the page was not built.
        ModelError: the model is not what its card says.
    """
    if not (shell / WORKER).is_file():
        raise ColorizingError("the page was not built: run npm ci and npm run build in web/, or install a wheel")
    _check_folder(folder)
    added = _model_files(card) | _notices(card)
    shell_names = sorted(str(path.relative_to(shell).as_posix()) for path in shell.rglob("*") if path.is_file())
    names = [*(name for name in shell_names if name not in LAST), *added, *LAST]
    kept = [name for name in names if name.endswith((".gz", ".onnx"))]
    precached = [name for name in names if name not in (*kept, WORKER)]
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == WORKER:
            path.write_text(_worker((shell / name).read_text(encoding="utf-8"), precached, kept), encoding="utf-8")
        elif name in added:
            _put(added[name], path)
        else:
            shutil.copyfile(shell / name, path)
    _remove_others(folder, set(names))
    return [folder / name for name in names]


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise PictureError(f"{folder}: is no folder; -o takes one")
    if not folder.exists() or not any(folder.iterdir()):
        return
    worker = folder / WORKER
    if not worker.is_file() or MARK not in worker.read_text(encoding="utf-8", errors="replace"):
        raise PictureError(f"{folder}: holds other files; give a new folder with -o")


def _model_files(card: Card) -> dict[str, Path | str]:
    """The graphs under names that change with what is in them, so that they may be kept for ever; and the card."""
    paths = card.verified_paths()
    content = json.loads((card.folder / "card.json").read_text(encoding="utf-8"))
    files: dict[str, Path | str] = {}
    for graph, path in paths.items():
        said = content["files"][graph]
        said |= {"file": f"{graph}-{said['sha256'][:12]}.onnx", "bytes": path.stat().st_size}
        files[f"model/{said['file']}"] = path
    return {**files, "model/card.json": json.dumps(content, ensure_ascii=False)}


def _notices(card: Card) -> dict[str, Path | str]:
    """Whose work the model and the runtime are: ONNX Runtime's own package for the browser does not say it."""
    runtime = Path(str(find_spec("onnxruntime").origin)).parent  # type: ignore[union-attr]
    found = {f"runtime/{name}": runtime / name for name in ("LICENSE", "ThirdPartyNotices.txt")}
    found["model/NOTICE"] = card.folder / "NOTICE"
    return {name: path for name, path in found.items() if path.is_file()}


def _worker(script: str, precached: Iterable[str], kept: Iterable[str]) -> str:
    for mark, names in (("__SHELL__", precached), ("__KEPT__", kept)):
        script = script.replace(f"['{mark}']", json.dumps(list(names)))
    return script


def _put(content: Path | str, path: Path) -> None:
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        shutil.copyfile(content, path)


def _remove_others(folder: Path, names: set[str]) -> None:
    """What an older site had under names that no file has now."""
    for inner in REPLACED:
        for path in (folder / inner).glob("*"):
            if path.is_file() and f"{inner}/{path.name}" not in names:
                path.unlink()
