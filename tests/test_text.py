"""What we write is UTF-8 whatever the locale, what we print survives any terminal, names are the system's bytes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from programs import need
from waiting import PATIENCE

import colorizing_things

PACKAGE = Path(colorizing_things.__file__).parent
TEXT_CALLS = ("read_text", "write_text", "fdopen")


def says_no_encoding(call: ast.Call) -> bool:
    """Whether a call reads or writes text in whatever encoding the locale has."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    keywords = {keyword.arg for keyword in call.keywords}
    if "encoding" in keywords:
        return False
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if name == "open" and isinstance(call.func, ast.Name):
        return not any("b" in mode for mode in modes[-1:])
    of = getattr(getattr(call.func, "value", None), "id", "")
    if name == "open" and of != "av" and modes and set(modes[0]) <= set("rwax+t"):
        return True
    if name in ("run", "Popen", "check_output"):
        return "text" in keywords or "universal_newlines" in keywords
    return name in TEXT_CALLS


def test_every_text_file_has_its_encoding_said():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and says_no_encoding(node):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert found == []


@pytest.fixture(scope="module", params=["C", "CP1252"])
def locale(request, tmp_path_factory) -> dict[str, str]:
    """The environment of a locale that is not UTF-8, with Python's own ways out shut."""
    shut = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    if request.param == "C":
        return {**shut, "LC_ALL": "C"}
    folder = tmp_path_factory.mktemp("locales")
    made = subprocess.run(
        [need("localedef"), "-i", "en_US", "-f", request.param, folder / "en_US"], capture_output=True
    )
    if not (folder / "en_US").exists():
        pytest.skip(f"no charmap {request.param} here: {made.stderr.decode()[:80]}")
    return {**shut, "LOCPATH": str(folder), "LC_ALL": "en_US"}


def run(code: str, *words: str | bytes | Path, locale: dict[str, str]) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, env={**environment, **locale}, timeout=PATIENCE)


COMMAND = "from colorizing_things.__main__ import main; main()"
NAMES = ("Łódź – 日本.jpg".encode(), "Ren\xe9.jpg".encode("latin-1"), "René €.jpg".encode())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="file names are bytes on Linux")
def test_names_are_the_systems_bytes(old_jpg, locale):
    folder = old_jpg.parent / "scans"
    folder.mkdir()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(old_jpg.read_bytes())
    done = run(COMMAND, folder, "--json", locale=locale)
    assert done.returncode == 0, done.stderr
    written = {os.fsencode(path.name) for path in folder.iterdir()} - set(NAMES)
    assert written == {name.replace(b".jpg", b".color.jpg") for name in NAMES}
    assert done.stdout.count(b'"status": "done"') == 3
    failed = run(COMMAND, folder / "Œuvre 日本.jpg", locale=locale)
    assert failed.returncode == 1 and b"no such file" in failed.stderr and b"Traceback" not in failed.stderr


def test_python_reads_and_writes_the_same_names(old_jpg, locale):
    code = "import sys, colorizing_things as c; print(ascii(c.Colorizer(threads=1)(sys.argv[1])))"
    named = old_jpg.rename(old_jpg.with_name("Łódź.jpg"))
    assert run(code, named, locale=locale).returncode == 0
    assert named.with_name("Łódź.color.jpg").exists()


@pytest.mark.parametrize("words", [("--help",), ("color", "--help"), ("models",)])
def test_what_is_printed_survives_the_terminal(locale, words):
    done = run(COMMAND, *words, locale=locale)
    assert done.returncode == 0 and done.stdout and b"Traceback" not in done.stderr
