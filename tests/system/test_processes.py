"""Cores within the limits of this process; forks, pickles and Ctrl-C in programs of others."""

from __future__ import annotations

import copy
import math
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from waiting import PATIENCE

from colorizing_things import Colorizer, Model, Picture, PictureError, SettingError
from colorizing_things.errors import TooLargeError
from colorizing_things.system.processes import cores, quota

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux does it")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def run(code: str, *words: str, timeout: float = PATIENCE) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=timeout)


@pytest.mark.parametrize(
    ("group", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000"}, math.inf),
        ("0::/a/b\n", {"a/cpu.max": "50000 100000", "a/b/cpu.max": "max 100000"}, 0.5),
        ("3:cpu,cpuacct:/a\n0::/\n", {"cpu/a/cpu.cfs_quota_us": "200000", "cpu/a/cpu.cfs_period_us": "100000"}, 2.0),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, math.inf),
        ("nonsense", {"cpu.max": "1 1"}, math.inf),
        (None, {}, math.inf),
    ],
)
def test_quotas_of_control_groups(tmp_path, group, files, expected):
    if group is not None:
        (tmp_path / "groups").write_text(group)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert quota(tmp_path / "groups", tmp_path) == expected


def test_a_part_of_a_core_is_one(monkeypatch):
    monkeypatch.setattr("colorizing_things.system.processes.quota", lambda: 0.3)
    assert cores() == 1


@LINUX
def test_an_affinity_is_respected_without_a_word(old_jpg):
    code = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from colorizing_things import Colorizer; from colorizing_things.system.processes import cores\n"
        "made = Colorizer(); made(sys.argv[1]); print(cores(), made.threads)"
    )
    done = run(code, str(old_jpg))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 1\n", "")


@FORKS
def test_a_forked_child_is_told_and_does_not_hang(old_jpg):
    code = """
import os, sys
from colorizing_things import Colorizer, ColorizingError, Picture
made = Colorizer(threads=1)
made(sys.argv[1], overwrite=True)
picture = Picture.read(sys.argv[1])
tries = (lambda: made(sys.argv[1], overwrite=True), lambda: Colorizer(), lambda: Picture.read(sys.argv[1]),
         lambda: made.session(picture))
for number, one in enumerate(tries):
    if not os.fork():
        try:
            one()
        except ColorizingError as error:
            os._exit(3 if "spawn" in str(error) else 4)
        os._exit(5)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    done = run(code, str(old_jpg))
    assert done.stdout.split() == ["3"] * 4, done.stderr


@FORKS
def test_a_child_that_forks_before_may_colour(old_jpg):
    code = """
import os, sys
import colorizing_things.colorizer
if not os.fork():
    from colorizing_things import Colorizer
    Colorizer(threads=1)(sys.argv[1])
    os._exit(3)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    assert run(code, str(old_jpg)).stdout.split() == ["3"]


def test_a_colorizer_goes_to_other_processes(colorizer, gray_photo):
    small = gray_photo[::4, ::4]
    again = pickle.loads(pickle.dumps(Colorizer(threads=1, max_pixels=10**6)))
    assert (again.threads, again.max_pixels) == (1, 10**6)
    np.testing.assert_array_equal(again(small), colorizer(small))
    model = pickle.loads(pickle.dumps(Model(threads=1)))
    assert model.card == colorizer.card


def test_what_stays_in_its_process_says_what_to_send(colorizer, gray_photo):
    picture = Picture.of_array(gray_photo[::4, ::4, None])
    session = colorizer.session(picture)
    for one, instead in ((picture, "its path"), (session, "the Colorizer and"), (session.seen, "the Model and L")):
        with pytest.raises(TypeError, match=f"a {type(one).__name__} stays in its process: send {instead}"):
            pickle.dumps(one)
        assert copy.copy(one).__dict__ == one.__dict__
    chroma = pickle.loads(pickle.dumps(session.predict()))
    np.testing.assert_array_equal(chroma.ab, session.predict().ab)


@pytest.mark.parametrize("error", [TooLargeError(9, 8, 7, "a.jpg"), SettingError("no"), PictureError("no")])
def test_errors_go_through_a_process_pool(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


# Each makes a part of the work last, whatever the machine, and says when that part is reached.
PARTS = {
    "reading": "Picture.small_plane = again_and_again(Picture.small_plane)",
    "the network": "Graph.run = again_and_again(Graph.run)",
    "writing": "colorizer._join = slowly(colorizer._join)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("part", PARTS)
def test_ctrl_c_reaches_who_called(tmp_path, part):
    noise = np.random.default_rng(0).integers(0, 255, (4000, 6000), np.uint8)
    Image.fromarray(noise).save(tmp_path / "big.png", compress_level=1)
    code = f"""
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from colorizing_things import Colorizer, colorizer
from colorizing_things.imaging.picture import Picture
from colorizing_things.model.runtime import Graph
made = Colorizer()
def again_and_again(once):
    def endless(*words):
        print("reached", flush=True)
        end = time.monotonic() + 100
        while time.monotonic() < end:
            once(*words)
    return endless
def slowly(once):
    def slow(*words):
        print("reached", flush=True)
        time.sleep(1)
        return once(*words)
    return slow
{PARTS[part]}
try:
    made(sys.argv[1])
except KeyboardInterrupt:
    print("heard")
"""
    command = [sys.executable, "-c", code, str(tmp_path / "big.png")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "reached\n"
        process.send_signal(signal.SIGINT)
        # A thread of the pool may begin one more block of rows beside it, and say so later.
        assert "heard" in process.stdout.read().splitlines()
    assert [path.name for path in tmp_path.iterdir()] == ["big.png"]
