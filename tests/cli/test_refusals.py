"""The system says no: one picture fails with one true line, the rest goes on, the exit code is 1."""

from __future__ import annotations

import shutil
import sys

import pytest
from commands import colorize
from failing import faults

from colorizing_things.system.faults import MEMORY, NO_MEMORY, explain

READ = "cannot be read: Input/output error"
FULL = "cannot be written: the disk is full; free some space"
BROKEN = "cannot be written: Input/output error"


@pytest.fixture
def scans(old_jpg):
    folder = old_jpg.parent / "scans"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "inner/c.jpg"):
        shutil.copy(old_jpg, folder / name)
    return folder


@pytest.mark.parametrize(
    ("fault", "where", "said"),
    [
        *((f"read:EIO:b.jpg:{skip}", "b.jpg", READ) for skip in (0, 3, 5)),
        ("stat:ESTALE:b.jpg:0", "b.jpg", "Stale file handle; the network drive has lost it; mount it again"),
        ("stat:EACCES:b.jpg:0", "b.jpg", "Permission denied; check its permissions"),
        ("open:EMFILE:b.jpg:0", "b.jpg", "Too many open files; do fewer at once"),
        ("write:ENOSPC:/.b.:0", "out/b.jpg", FULL),
        ("write:ENOSPC:/.b.:1", "out/b.jpg", FULL),
        ("write:EIO:/.b.:0", "out/b.jpg", BROKEN),
        ("stat:EIO:out/b.jpg:0", "out/b.jpg", "cannot be looked at: Input/output error"),
    ],
)
def test_one_picture_fails_and_the_rest_goes_on(scans, tmp_path, fault, where, said):
    done = colorize(scans, "-o", f"{tmp_path}/out/", env=faults(fault))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    failed = [line for line in lines if line.startswith("failed:")]
    assert len(failed) == 1 and f"{where}: " in failed[0] and said in failed[0], lines
    assert lines[-1] == "2 done  0 skipped  1 failed"
    written = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {"a.jpg", "c.jpg"}


@pytest.mark.parametrize(
    ("fault", "where", "said"),
    [
        ("write:ENOSPC:/.a.:1", "out/a.jpg", FULL),
        ("write:EIO:/.a.:0", "out/a.jpg", BROKEN),
        *((f"read:EIO:a.jpg:{skip}", "a.jpg", READ) for skip in (5, 12)),
    ],
)
def test_the_reason_is_asked_for_where_another_thread_took_it(scans, tmp_path, fault, where, said):
    code = (
        "import pyvips\n"
        "def say(self, message, detail=None): self.message, self.detail = message, 'wbuffer_write: write failed'\n"
        "pyvips.Error.__init__ = say\n"
        "from colorizing_things.cli import main; main()"
    )
    done = colorize(scans / "a.jpg", "-o", f"{tmp_path}/out/", env=faults(fault), code=code)
    assert done.returncode == 1 and f"{where}: {said}" in done.stderr.decode()


def test_a_folder_that_may_not_be_entered_is_a_failure(scans, tmp_path):
    done = colorize(scans, "-o", f"{tmp_path}/out/", env=faults("opendir:EACCES:scans/inner:0"))
    said = done.stderr.decode()
    assert done.returncode == 1 and said.splitlines()[-1] == "2 done  0 skipped  1 failed"
    assert f"{scans / 'inner'}: cannot be listed: Permission denied" in said


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_counted_and_named(scans, tmp_path):
    (scans / "link").symlink_to(scans / "inner")
    (scans / "linked.jpg").symlink_to(scans / "a.jpg")
    done = colorize(scans, "-o", f"{tmp_path}/out/")
    said = done.stderr.decode()
    assert done.returncode == 0 and f"left out: {scans / 'link'}: is a link to a folder" in said
    assert said.splitlines()[-1] == "4 done  0 skipped  0 failed  1 left out"


def test_an_overwritten_result_outlives_a_full_disk(scans, tmp_path):
    assert colorize(scans / "a.jpg", "-o", tmp_path / "new.jpg").returncode == 0
    before = (tmp_path / "new.jpg").read_bytes()
    again = ("--overwrite", "--saturation", "0.5")
    done = colorize(scans / "a.jpg", "-o", tmp_path / "new.jpg", *again, env=faults("write:ENOSPC:/.new.:1"))
    assert done.returncode == 1 and FULL in done.stderr.decode()
    assert (tmp_path / "new.jpg").read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
def test_memory_refused_is_one_true_line(scans, tmp_path):
    code = (
        "import resource, sys; from colorizing_things.cli import main; import colorizing_things.batch\n"
        "from colorizing_things.colorizer import Colorizer; made = Colorizer.__init__\n"
        "def limited(*args, **options):\n"
        "    made(*args, **options)\n"
        "    now = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (now + 150 * 2**20,) * 2)\n"
        "Colorizer.__init__ = limited\n"
        "main()"
    )
    words = (scans / "a.jpg", "-o", tmp_path / "new.jpg", "--size", "800", "--threads", "1")
    done = colorize(*words, code=code)
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert lines == [f"failed: {scans / 'a.jpg'}: {lines[0].partition('a.jpg: ')[2]}"]
    assert "not enough memory; close other programs" in lines[0]


@pytest.mark.parametrize(
    "said",
    [
        "glib: Error creating thread: Resource temporarily unavailable",  # of 150 MB, now and then
        "pthread_create failed, error code: 11 error msg: Resource temporarily unavailable",
        "can't start new thread",
        "std::bad_alloc",
    ],
)
def test_a_thread_that_finds_no_memory_is_no_damaged_file(said):
    assert explain(RuntimeError(said)) == (MEMORY, NO_MEMORY)
