"""What is shipped, the server's page and the one without, is what the source builds, small, and with all licences."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from page_settings import ROOT
from programs import need

WEB, SHIPPED = ROOT / "web", ROOT / "src/colorizing_things/web"
DIST = SHIPPED / "dist"


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, unpacked: two versions of zlib need not pack alike."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: gzip.decompress(content) if name.endswith(".gz") else content for name, content in found.items()}


@pytest.mark.parametrize(("mode", "name"), [("production", "dist"), ("site", "site")])
def test_the_shipped_page_is_the_built_one(tmp_path: Path, mode: str, name: str) -> None:
    npx = need("npx")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("npm ci was not run in web/")
    out = tmp_path / "dist"
    command = [npx, "vite", "build", "--mode", mode, "--logLevel", "error", "--outDir", str(out)]
    subprocess.run(command, cwd=WEB, check=True)
    built, shipped = files(out), files(SHIPPED / name)
    assert built.keys() == shipped.keys()
    assert [name for name in built if built[name] != shipped[name]] == []


def test_it_is_small_and_names_no_other_host() -> None:
    shipped = {name: content for name, content in files(DIST).items() if not name.startswith("docs/")}  # Swagger UI
    licenses = shipped.pop("licences.md").decode()
    assert sum(map(len, shipped.values())) < 400_000
    both = licenses + (SHIPPED / "site/worker-licences.md").read_text("utf-8")
    for name in json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"]:
        assert f"## {name} - " in both
    assert "## svelte - " in licenses
    script = next(text.decode() for name, text in shipped.items() if name.endswith(".js"))
    # Names of XML, a page about an error, and a name that cannot be: what is loaded is loaded from the server.
    hosts = set(re.findall(r"https?://([\w.-]+)", script))
    assert hosts <= {"www.w3.org", "svelte.dev", "empty.invalid"}


def test_the_lock_file_leaves_the_registry_to_npm() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    resolved = {package["resolved"] for package in lock["packages"].values() if "resolved" in package}
    assert all(address.startswith("https://registry.npmjs.org/") for address in resolved)
