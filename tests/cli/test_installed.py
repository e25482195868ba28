"""However it was installed: as a module, without its metadata, without the lab, with a file missing."""

from __future__ import annotations

import shutil
import subprocess
import sys

from commands import ENTRY, colorize, fails
from waiting import PATIENCE

from colorizing_things.model.catalog import BUNDLED

NO_METADATA = """
import importlib.metadata as metadata
def gone(name): raise metadata.PackageNotFoundError(name)
metadata.version, metadata.entry_points = gone, lambda **group: []
"""
NO_LAB = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.startswith('colorizing_things.lab'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Hidden())
"""


def test_as_a_module():
    command = [sys.executable, "-m", "colorizing_things", "--version"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0 and done.stdout.strip()


def test_without_its_metadata(old_jpg):
    said = colorize("--version", code=NO_METADATA + ENTRY)
    assert (said.returncode, said.stdout) == (0, b"unknown\n"), said.stderr
    assert colorize(old_jpg, code=NO_METADATA + ENTRY).returncode == 0
    assert old_jpg.with_name("old.color.jpg").exists()


def test_an_app_with_the_product_alone(old_jpg):
    assert colorize(old_jpg, code=NO_LAB + ENTRY).returncode == 0
    assert "needs the lab: pip install" in fails("train", "flow", "--data", "x", code=1, script=NO_LAB + ENTRY)


def test_a_missing_model_file_says_so(old_jpg, tmp_path):
    shutil.copytree(BUNDLED / "default", tmp_path / "model")
    (tmp_path / "model" / "decoder.onnx").unlink()
    assert "decoder.onnx: missing; the card beside it names it" in fails(old_jpg, "--model", tmp_path / "model")
