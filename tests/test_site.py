"""``colorize site``: a folder of files, and nothing of anybody else's touched."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from colorizing_things.errors import ColorizingError, PictureError
from colorizing_things.model.catalog import find_model
from colorizing_things.web.static_site import SHELL, write_site

MEGABYTE = 1_000_000


def lists(folder: Path) -> dict[str, list[str]]:
    script = (folder / "sw.js").read_text("utf-8")
    return {name: json.loads(found) for name, found in re.findall(r"const (SHELL|KEPT) = (\[.*?\]);", script, re.S)}


def test_every_file_is_known_to_the_service_worker_and_the_page(tmp_path):
    card = find_model("default")
    files = write_site(tmp_path, card)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path).as_posix() for path in files} == names
    known = lists(tmp_path)
    assert {*known["SHELL"], *known["KEPT"], "sw.js"} == names
    assert {"index.html", "manifest.webmanifest", "model/card.json"} <= set(known["SHELL"])
    said = json.loads((tmp_path / "model/card.json").read_text("utf-8"))["files"]
    for graph, path in card.verified_paths().items():
        copied = tmp_path / "model" / said[graph]["file"]
        assert copied.read_bytes() == path.read_bytes()
        assert said[graph]["bytes"] == path.stat().st_size


def test_a_drop_is_taken_after_8_mb_and_all_is_under_30(tmp_path):
    files = write_site(tmp_path, find_model("default"))
    packed = {path.relative_to(tmp_path).as_posix(): len(gzip.compress(path.read_bytes(), 6)) for path in files}
    kept = set(lists(tmp_path)["KEPT"])
    assert sum(size for name, size in packed.items() if name not in kept) < MEGABYTE  # 8 are allowed
    assert sum(packed.values()) < 30 * MEGABYTE
    assert sum(path.stat().st_size for path in SHELL.rglob("*") if path.is_file()) < 9 * MEGABYTE  # of it in the wheel


def test_written_again_it_replaces_what_was_ours_and_nothing_else(tmp_path):
    card = find_model("default")
    write_site(tmp_path, card)
    (tmp_path / "assets/index-old.js").write_text("old")
    (tmp_path / "CNAME").write_text("photographs.example")
    files = write_site(tmp_path, card)
    assert not (tmp_path / "assets/index-old.js").exists()
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {*files, tmp_path / "CNAME"}


def test_another_folder_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(PictureError, match="holds other files"):
        write_site(tmp_path, find_model("default"))
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(PictureError, match="is no folder"):
        write_site(tmp_path / "letter.txt", find_model("default"))


def test_a_page_that_was_not_built_is_an_error_in_a_line(tmp_path):
    with pytest.raises(ColorizingError, match="npm run build"):
        write_site(tmp_path / "site", find_model("default"), shell=tmp_path)
