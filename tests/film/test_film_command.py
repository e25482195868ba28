"""``colorize reel.mp4`` as a user runs it, and what goes wrong with films."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from commands import colorize, fails, start
from failing import faults
from films import frame_of, is_colored, panned, read_film, write_film
from PIL import Image
from programs import need
from waiting import PATIENCE, until

av = pytest.importorskip("av")


@pytest.fixture(scope="module")
def reel(tmp_path_factory):
    return write_film(
        tmp_path_factory.mktemp("reel") / "reel.mp4", panned(30), codec="libx264", sound="aac", options={"g": "10"}
    )


@pytest.fixture
def own(reel, tmp_path):
    return shutil.copy(reel, tmp_path / "reel.mp4")


def test_a_film_is_written_beside_it_and_then_left_alone(own, tmp_path):
    said = colorize(own).stderr.decode()
    assert "30 frames, 1 shots" in said and "frames/s" in said
    new = read_film(tmp_path / "reel.color.mp4")
    assert is_colored(new) and len(new.lumas) == 30
    assert "is there already" in colorize(own).stderr.decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reel.color.mp4", "reel.mp4"]


def test_ffprobe_reads_what_was_written(own, tmp_path):
    ffprobe = need("ffprobe")
    assert colorize(own, "--from", "0.25s", "--to", "1", "-o", tmp_path / "part.mkv", "--crf", "30").returncode == 0
    entries = "stream=codec_name,width,height,color_space,color_range,color_transfer,color_primaries"
    command = [ffprobe, "-v", "error", "-count_frames", "-show_entries", f"{entries},nb_read_frames", "-of", "default"]
    said = subprocess.run([*command, tmp_path / "part.mkv"], capture_output=True, text=True, check=True)
    assert not said.stderr
    for line in ("codec_name=h264", "width=160", "height=120", "color_space=bt709", "color_range=tv",
                 "color_transfer=bt709", "color_primaries=bt709", "nb_read_frames=18", "codec_name=aac"):  # fmt: skip
        assert line in said.stdout.splitlines()


def test_preview_is_a_sheet_of_a_frame_a_shot(tmp_path):
    frames = panned(15) + panned(15, name="astronaut") + panned(15, name="rocket")
    source = write_film(tmp_path / "three.mkv", frames)
    assert "3 shots" in colorize(source, "--preview").stderr.decode()
    sheet = np.asarray(Image.open(tmp_path / "three.sheet.jpg")).astype(int)
    assert sheet.shape[0] > 240 and np.ptp(sheet, axis=2).max() > 30
    assert not (tmp_path / "three.color.mkv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--codec", "divx"], "choose h264"), (["--crf", "99"], "0 (best) to 51"),
     (["--codec", "ffv1", "--crf", "1"], "no such setting"),
     (["--from", "2", "--to", "1"], "is not after"), (["--from", "later"], "12.4s"), (["--from", "60"], "no frame"),
     (["--hint", "1,2=#fff"], "12.4s:"), (["-o", "x.gif"], "end its name"), (["--format", "png"], "mp4"),
     (["--variants", "2"], "--variants"), (["--fps", "12"], "no image sequence"), (["-o", "-"], "pipe"),
     (["-o", "a.mkv", "--format", "mp4"], "asked for"), (["-o", "a.webm"], "webm does not hold")],
)  # fmt: skip
def test_what_cannot_work_is_one_line(own, tmp_path, words, said):
    assert said in fails(own, *words, cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "reel.mp4"] == []


def test_options_of_films_without_a_film(tmp_path, old_jpg):
    assert "for films" in fails(old_jpg, "--codec", "h264")
    assert "one by one" in fails(old_jpg, tmp_path / "reel.mp4")


def bad(kind, folder):
    path = folder / "bad.mp4"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is no film\n" * 100)
    elif kind == "truncated":
        whole = write_film(folder / "whole.mp4", panned(20), codec="libx264").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "sound only":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=16000, layout="mono")
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
            sound.sample_rate = 16000
            container.mux(stream.encode(sound))
            container.mux(stream.encode(None))
    elif kind == "HDR":
        pq = {"color_trc": 16, "color_primaries": 9, "colorspace": 9}

        def prepare(stream):
            stream.codec_context.color_trc = 16

        path = path.with_suffix(".mkv")
        write_film(path, panned(2), pixels="yuv420p10le", color=pq, prepare=prepare)
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [("missing", "no such file"), ("empty", "no film"), ("text", "no film"), ("truncated", "no film"),
     ("sound only", "no moving pictures, only audio"), ("HDR", "is HDR (PQ)")],
)  # fmt: skip
def test_bad_films_are_one_line(tmp_path, kind, said):
    assert said in fails(bad(kind, tmp_path), env={"AV_LOG_FORCE_NOCOLOR": "1"})
    assert not list(tmp_path.glob("*color*"))


def test_a_film_cut_off_is_coloured_up_to_there(tmp_path):
    whole = write_film(tmp_path / "whole.mkv", panned(20), codec="libx264", options={"g": "4"}).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: int(len(whole) * 0.6)])
    result = colorize(path)
    assert result.returncode == 0 and b"Traceback" not in result.stderr
    assert 5 < len(read_film(tmp_path / "cut.color.mkv").lumas) < 20


def test_damaged_packets_are_counted_and_the_rest_is_coloured(tmp_path):
    source = write_film(tmp_path / "a.avi", panned(12), codec="mjpeg", pixels="yuvj420p")
    data = bytearray(source.read_bytes())
    starts = [at for at in range(len(data) - 2) if data[at : at + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 12
    data[starts[5] : starts[5] + 300] = bytes(300)
    source.write_bytes(data)
    said = colorize(source, "-o", tmp_path / "new.mkv").stderr.decode()
    new = read_film(tmp_path / "new.mkv")
    assert ("lost" in said or "damaged" in said) and len(new.lumas) >= 11 and is_colored(new)


def test_frames_of_another_size_are_brought_to_the_first(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, gray in enumerate([*panned(2), *panned(2, 96, 80)]):
        Image.fromarray(gray).save(folder / f"{number}.png")
    said = colorize(folder / "%d.png", "--fps", "12").stderr.decode()
    assert "2 of another size" in said
    assert [luma.shape for luma in read_film(tmp_path / "pictures.color.mp4").lumas] == [(120, 160)] * 4


def test_the_original_is_never_written_over(own, tmp_path):
    before = own.read_bytes()
    assert "is the original" in fails(own, "-o", own, "--overwrite")
    (tmp_path / "link.mp4").symlink_to(own)
    assert "is the original" in fails(own, "-o", tmp_path / "link.mp4", "--overwrite")
    assert own.read_bytes() == before


def test_several_films_go_on_behind_a_bad_one(own, tmp_path):
    (tmp_path / "bad.mp4").write_text("no film")
    result = colorize(tmp_path / "bad.mp4", own, "-o", f"{tmp_path}/out/")
    assert result.returncode == 1 and b"failed: " in result.stderr
    assert (tmp_path / "out" / "reel.color.mp4").exists()


def test_ctrl_c_says_that_it_can_go_on(tmp_path):
    source = write_film(tmp_path / "long.mkv", panned(120, step=0.5), pixels="gray")
    slowly = """
import time
from colorizing_things.model.runtime import Graph
run = Graph.run
Graph.run = lambda *words: time.sleep(0.3) or run(*words)
"""
    with start(source, cwd=tmp_path, before=slowly, stdout=subprocess.DEVNULL) as process:
        until((tmp_path / ".long.color.mkv.unfinished" / "00000.packets").exists)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said.decode().strip().splitlines()[-1] == "colorize: stopped; run the same command again to go on"
    assert b"Traceback" not in said
    assert not (tmp_path / "long.color.mkv").exists()


def test_a_disk_that_is_full_from_the_start_is_one_line(own, tmp_path):
    before = own.read_bytes()
    line = fails(own, env=faults("write:ENOSPC:.unfinished:0"))
    assert "reel.color.mp4: no space left; make some, and run the same again to go on" in line
    assert own.read_bytes() == before and sorted(path.name for path in tmp_path.iterdir()) == ["reel.mp4"]
    line = fails(own, env=faults("write:ENOSPC:.reel.color.:0"))  # as it is joined
    assert "reel.color.mp4: no space left" in line
    assert own.read_bytes() == before and not (tmp_path / "reel.color.mp4").exists()
    assert "30 frames" in colorize(own).stderr.decode()  # it goes on from what was done


def test_without_the_extra_it_says_what_to_install(own):
    code = (
        "import sys; sys.modules['av'] = None; sys.modules['cv2'] = None\n"
        "from colorizing_things.film import need; need.find_spec = lambda name: None\n"
        "from colorizing_things.__main__ import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code, str(own)], capture_output=True, timeout=PATIENCE)
    assert result.returncode == 1
    assert ".[video]" in result.stderr.decode() and len(result.stderr.decode().splitlines()) == 1


def test_ten_bits_become_eight_in_h264_within_a_code(tmp_path):
    source = write_film(tmp_path / "deep.mov", panned(2), codec="prores_ks", pixels="yuv422p10le")
    assert colorize(source, "--crf", "0").returncode == 0
    for one, other in zip(read_film(source).lumas, read_film(tmp_path / "deep.color.mov").lumas, strict=True):
        assert np.abs(one / 4 - other).max() <= 1


def test_transparency_is_said_to_be_lost(tmp_path):
    source = write_film(tmp_path / "alpha.mkv", panned(2), pixels="yuva420p")
    assert "transparency is not kept" in colorize(source).stderr.decode()
    assert frame_of(panned(1)[0], "yuva420p").format.name == "yuva420p"
