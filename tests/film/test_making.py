"""A film in, a film out: what is kept, what is said of the colours, and work that is broken off and gone on with."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import RATE, is_colored, panned, read_film, write_film
from PIL import Image

av = pytest.importorskip("av")
from colorizing_things.errors import ColorizingError, PictureError, SettingError  # noqa: E402
from colorizing_things.film import making  # noqa: E402
from colorizing_things.film.chunks import Chunk  # noqa: E402
from colorizing_things.film.coloring import FilmOptions  # noqa: E402
from colorizing_things.film.encoding import CODECS, MUXERS, Encoder, FilmOutput  # noqa: E402
from colorizing_things.film.making import make_film  # noqa: E402
from colorizing_things.film.reading import open_film  # noqa: E402
from colorizing_things.system import stopping  # noqa: E402
from colorizing_things.system.stopping import Stop, Stopped  # noqa: E402

LOSSLESS = FilmOutput("ffv1")
REFUSED = {  # codecs that a container does not hold
    *(("prores", suffix) for suffix in (".mp4", ".m4v", ".avi", ".webm")),
    *((codec, ".mov") for codec in ("av1", "vp9", "ffv1")), ("hevc", ".avi"),
    *((codec, ".webm") for codec in ("h264", "hevc", "ffv1")),
}  # fmt: skip


def made(colorizer, source, destination=None, output=LOSSLESS, fps=None, **options):
    return make_film(colorizer.model, open_film(source, fps), destination, FilmOptions(**options), output)


@pytest.mark.parametrize(
    ("pixels", "codec", "suffix"),
    [("yuv420p", "ffv1", ".mkv"), ("yuv422p10le", "ffv1", ".mkv"), ("gray", "ffv1", ".mkv"),
     ("gray16le", "ffv1", ".mkv"), ("yuvj420p", "mjpeg", ".avi"), ("yuv422p10le", "prores_ks", ".mov"),
     ("yuyv422", "rawvideo", ".avi"), ("yuv410p", "ffv1", ".mkv"), ("yuva420p", "ffv1", ".mkv")],
)  # fmt: skip
def test_ffv1_keeps_every_luma_code(colorizer, tmp_path, pixels, codec, suffix):
    source = write_film(tmp_path / f"old{suffix}", panned(4), codec=codec, pixels=pixels)
    result = made(colorizer, source, tmp_path / "new.mkv")
    old, new = read_film(source), read_film(result.path)
    assert is_colored(new) and len(new.lumas) == 4
    for one, other in zip(old.lumas, new.lumas, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [(161, 121), (160, 121), (33, 50)])
def test_odd_sizes_stay_what_they_are(colorizer, tmp_path, size):
    width, height = size
    source = write_film(tmp_path / "odd.mkv", panned(3, width, height), pixels="gray")
    for output in (LOSSLESS, FilmOutput("h264")):
        result = made(colorizer, source, tmp_path / f"{output.codec}.mkv", output)
        new = read_film(result.path)
        assert new.stream["size"] == size
        assert new.lumas[0].shape == (height, width)


def test_rgb_pictures_keep_their_luma_within_a_code(colorizer, tmp_path):
    source = write_film(tmp_path / "rgb.mkv", panned(3), pixels="bgr0")
    for one, other in zip(panned(3), read_film(made(colorizer, source, tmp_path / "new.mkv").path).lumas, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1


def test_full_range_becomes_limited_within_a_code_in_h264(colorizer, tmp_path):
    source = write_film(tmp_path / "old.avi", panned(3), codec="mjpeg", pixels="yuvj420p")
    new = read_film(made(colorizer, source, tmp_path / "new.mp4", FilmOutput("h264", crf=0)).path)  # 0 loses nothing
    assert (new.stream["range"], new.stream["pixels"]) == (1, "yuv420p")
    for one, other in zip(read_film(source).lumas, new.lumas, strict=True):
        assert np.abs(one / 255 * 219 + 16 - other).max() <= 1


def test_h264_says_bt709_limited(colorizer, tmp_path):
    new = read_film(
        made(colorizer, write_film(tmp_path / "a.mp4", panned(3), codec="libx264"), None, FilmOutput()).path
    )
    assert [new.stream[name] for name in ("range", "matrix", "primaries", "transfer")] == [1, 1, 1, 1]
    assert new.stream["pixels"] == "yuv420p"
    assert "machine-made" in new.metadata["comment"]


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "libx264"), (".mkv", "libx264"), (".mov", "libx264")])
def test_uneven_times_and_the_last_frames_duration_are_kept(colorizer, tmp_path, suffix, codec):
    times = [0, 1, 2, 5, 6, 9, 10, 11, 15, 16, 17, 20]
    source = write_film(tmp_path / f"uneven{suffix}", panned(12), codec=codec, times=times)
    result = made(colorizer, source, None, FilmOutput())
    old, new = read_film(source), read_film(result.path)
    assert result.path.name == f"uneven.color{suffix}"
    assert np.allclose([float(t) for t in new.times], np.array(times) / RATE, atol=0.0011 if suffix == ".mkv" else 1e-9)
    assert abs(float(new.duration - old.duration)) < (0.002 if suffix == ".mkv" else 1e-9)


def test_sound_subtitles_and_chapters_are_copied_bit_for_bit(colorizer, tmp_path):
    source = write_film(
        tmp_path / "full.mkv", panned(24), codec="libx264", sound="mp3", subtitles=True, chapters=True
    )  # fmt: skip
    old, new = read_film(source), read_film(made(colorizer, source, None, FilmOutput()).path)
    assert old.beside == new.beside
    assert set(new.beside) == {"audio", "subtitle"} and len(new.beside["audio"]) > 10
    assert [(c["start"], c["metadata"]) for c in new.chapters] == [(c["start"], c["metadata"]) for c in old.chapters]
    assert len(new.chapters) == 2


def test_a_part_of_a_film_begins_at_0_with_its_own_sound(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(48), sound="pcm_s16le")
    result = made(colorizer, source, tmp_path / "part.mkv", since=0.5, until=1.0)
    old, new = read_film(source), read_film(result.path)
    assert len(new.lumas) == 12 and new.times[0] == 0
    np.testing.assert_array_equal(new.lumas[0], old.lumas[12])
    wanted = [packet for time, packet in old.beside["audio"] if 0.5 <= time < 1.0]
    assert [packet for _, packet in new.beside["audio"]] == wanted


def test_rotation_and_pixel_aspect_are_kept(colorizer, tmp_path):
    def prepare(stream):
        stream.set_display_rotation(90)
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    source = write_film(tmp_path / "turned.mp4", panned(3), codec="libx264", prepare=prepare)
    film = open_film(source)
    assert (film.turn, film.upright) == (1, (120, 160))
    new = read_film(made(colorizer, source, None, FilmOutput()).path)
    assert new.frames[0].rotation == 90
    assert new.stream["aspect"] == film.pixel_aspect == Fraction(4, 3)


def test_a_turned_film_is_seen_upright(colorizer, tmp_path):
    upright = write_film(tmp_path / "upright.mkv", panned(2), pixels="yuv444p")
    turned = write_film(
        tmp_path / "turned.mp4", [np.rot90(frame, -1) for frame in panned(2)], codec="libx264", pixels="yuv444p",
        options={"crf": "0", "preset": "ultrafast"}, prepare=lambda stream: stream.set_display_rotation(90),
    )  # fmt: skip
    one, other = (next(colorizer.film(path)) for path in (upright, turned))
    assert other.rgb.shape == one.rgb.shape
    ab = np.rot90(other.ab, 1, axes=(1, 2))
    assert np.abs(ab - one.ab).mean() < 0.1 * np.abs(one.ab).mean()


def test_interlaced_film_stays_interlaced(colorizer, tmp_path):
    def prepare(stream):
        stream.codec_context.flags |= 1 << 18 | 1 << 29  # ildct, ilme

    source = write_film(tmp_path / "fields.mpg", panned(6), codec="mpeg2video", prepare=prepare)
    assert open_film(source).interlaced
    new = read_film(made(colorizer, source, tmp_path / "new.mkv", FilmOutput()).path)
    assert all(frame.interlaced_frame for frame in new.frames)


def test_numbered_pictures_and_a_folder_of_them(colorizer, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, gray in enumerate(panned(4)):
        Image.fromarray(gray).save(folder / f"{number:05d}.png")
    for source in (folder / "%05d.png", folder):
        result = made(colorizer, source, fps=12)
        new = read_film(result.path)
        assert result.path == tmp_path / "frames.color.mp4"
        assert new.times[1] * 12 == 1 and len(new.times) == 4
        result.path.unlink()
    with pytest.raises(SettingError, match="--fps"):
        open_film(folder)


def test_broken_off_it_leaves_a_playable_part_and_goes_on(colorizer, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "CHUNK", 10)
    frames = panned(24) + panned(24, name="astronaut")
    source = write_film(tmp_path / "long.mkv", frames, sound="pcm_s16le")
    whole = read_film(made(colorizer, source, tmp_path / "whole.mkv").path)

    def stop(progress):
        if progress.frames == 30:
            raise KeyboardInterrupt

    film = open_film(source)
    with pytest.raises(KeyboardInterrupt):
        make_film(colorizer.model, film, None, None, LOSSLESS, stop)
    target = tmp_path / "long.color.mkv"
    assert not target.exists()
    part = read_film(tmp_path / "long.color.part.mkv")
    assert 10 <= len(part.lumas) < 30 and is_colored(part)
    assert part.beside["audio"][-1][0] < part.duration
    result = make_film(colorizer.model, film, None, None, LOSSLESS)
    assert result.frames == 48 - len(part.lumas) and result.counts.frames == 48 and result.counts.shots == 2
    again = read_film(result.path)
    assert again.times == whole.times
    for one, other in zip(whole.chromas, again.chromas, strict=True):
        np.testing.assert_array_equal(one, other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.color.mkv", "long.mkv", "whole.mkv"]


def test_a_second_run_to_the_same_file_leaves_the_first_alone(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(12))
    refused = []

    def again(progress):
        if progress.frames == 6:
            with pytest.raises(
                PictureError, match=r"a\.color\.mkv: another run is colouring into it just now"
            ) as error:
                made(colorizer, source)
            refused.append(str(error.value))
            made(colorizer, source, tmp_path / "other.mkv")  # another file is nobody's

    result = make_film(colorizer.model, open_film(source), None, None, LOSSLESS, again)
    assert len(refused) == 1 and "\n" not in refused[0]
    assert len(read_film(result.path).lumas) == len(read_film(tmp_path / "other.mkv").lumas) == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.color.mkv", "a.mkv", "other.mkv"]


def test_a_full_disk_leaves_the_film_and_a_playable_part(colorizer, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "CHUNK", 8)
    source = write_film(tmp_path / "a.mkv", panned(30))
    before, add, written = source.read_bytes(), Chunk.add, []

    def full(chunk, packets):
        written.extend(packets)
        if len(written) > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        add(chunk, packets)

    with monkeypatch.context() as patched:
        patched.setattr(Chunk, "add", full)
        with pytest.raises(PictureError, match=r"a\.color\.mkv: no space left; make some, and run") as error:
            made(colorizer, source)
    assert error.value.refused == "space"
    assert source.read_bytes() == before
    part = read_film(tmp_path / "a.color.part.mkv")
    assert 8 <= len(part.lumas) < 30 and is_colored(part)
    work = tmp_path / ".a.color.mkv.unfinished"
    assert len(list(work.glob("*.packets"))) == len(
        list(work.glob("0*.json"))
    )  # what is not whole gives its space back
    assert made(colorizer, source).frames == 30 - len(part.lumas)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.color.mkv", "a.mkv"]


def test_work_that_nobody_waits_for_ends_without_a_part(colorizer, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "CHUNK", 8)
    source, stop = write_film(tmp_path / "a.mkv", panned(40)), Stop()
    with pytest.raises(Stopped), stopping.stoppable_by(stop):
        make_film(colorizer.model, open_film(source), None, None, LOSSLESS, lambda now: now.frames > 17 and stop.ask())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.color.mkv.unfinished", "a.mkv"]
    assert made(colorizer, source).frames < 40


@pytest.mark.parametrize("codec", list(CODECS))
@pytest.mark.parametrize("suffix", list(MUXERS))
def test_every_codec_in_every_container_is_a_readable_film_or_one_line(colorizer, tmp_path, codec, suffix):
    source = write_film(tmp_path / "a.mkv", panned(3))
    try:
        result = made(colorizer, source, tmp_path / f"new{suffix}", FilmOutput(codec))
    except ColorizingError as error:
        assert "\n" not in str(error) and f"new{suffix}" in str(error)
        assert (codec, suffix) in REFUSED
        assert not (tmp_path / f"new{suffix}").exists()
        return
    new = read_film(result.path)
    assert (codec, suffix) not in REFUSED
    assert is_colored(new) and len(new.lumas) == 3
    late = 1 / RATE if (codec, suffix) == ("h264", ".avi") else 0  # where FFmpeg's reader has to guess
    assert np.abs(np.array(new.times, float) - np.arange(3) / RATE).max() < 0.002 + late
    assert np.abs(new.lumas[0].astype(float) / (4 if codec == "prores" else 1) - panned(1)[0]).mean() < 5


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="real-time priorities as Linux gives them")
@pytest.mark.parametrize("codec", list(CODECS))
def test_no_codec_goes_before_the_rest_of_the_machine(colorizer, tmp_path, monkeypatch, codec):
    """SVT-AV1, run by root, made this process and all that it started later real-time: what came after them hung."""
    seen = []

    def policies(*_):
        seen.extend(os.sched_getscheduler(int(thread.name)) for thread in Path("/proc/self/task").iterdir())

    before = os.sched_getscheduler(0)
    for place in ("encode", "flush"):
        monkeypatch.setattr(Encoder, place, _first(policies, getattr(Encoder, place)))
    source = write_film(tmp_path / "a.mkv", panned(3))
    made(colorizer, source, tmp_path / "new.mkv" if codec != "prores" else tmp_path / "new.mov", FilmOutput(codec))
    policies()
    assert set(seen) == {before}


def _first(call, then):
    return lambda *words: (call(), then(*words))[1]


def test_other_settings_do_not_go_on_with_old_work(colorizer, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "CHUNK", 4)
    source = write_film(tmp_path / "a.mkv", panned(12))

    def stop(progress):
        if progress.frames == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_film(colorizer.model, open_film(source), None, None, LOSSLESS, stop)
    result = make_film(colorizer.model, open_film(source), None, FilmOptions(until=0.4), LOSSLESS)
    assert result.frames == result.counts.frames == 10


def test_chunks_are_joined_without_a_seam_in_h264(colorizer, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "CHUNK", 7)
    source = write_film(tmp_path / "a.mp4", panned(36), codec="libx264")
    new = read_film(made(colorizer, source, None, FilmOutput()).path)
    assert new.times == read_film(source).times
