"""What is shipped is what the source builds, small, and with the licence of everything in it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from page_settings import ROOT
from programs import need

WEB, DIST = ROOT / "web", ROOT / "src/colorizing_things/web/dist"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_shipped_page_is_the_built_one(tmp_path: Path) -> None:
    npx = need("npx")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("npm ci was not run in web/")
    out = tmp_path / "dist"
    command = [npx, "vite", "build", "--logLevel", "error", "--outDir", str(out)]
    subprocess.run(command, cwd=WEB, check=True)
    built, shipped = files(out), files(DIST)
    assert built.keys() == shipped.keys()
    assert [name for name in built if built[name] != shipped[name]] == []


def test_it_is_small_and_names_no_other_host() -> None:
    shipped = files(DIST)
    licences = shipped.pop("licences.md").decode()
    assert sum(map(len, shipped.values())) < 400_000
    for name in json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"]:
        assert f"## {name} - " in licences
    assert "## svelte - " in licences
    script = next(text.decode() for name, text in shipped.items() if name.endswith(".js"))
    # Names of XML, a page about an error, and a name that cannot be: what is loaded is loaded from the server.
    hosts = set(re.findall(r"https?://([\w.-]+)", script))
    assert hosts <= {"www.w3.org", "svelte.dev", "empty.invalid"}


def test_the_lock_file_leaves_the_registry_to_npm() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    resolved = {package["resolved"] for package in lock["packages"].values() if "resolved" in package}
    assert all(address.startswith("https://registry.npmjs.org/") for address in resolved)
