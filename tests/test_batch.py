import threading
import time

import numpy as np
import pytest
from PIL import Image

from colorizing_things import ColorOptions, OutputOptions, SettingError
from colorizing_things.batch import BatchOptions, Task, plan, run
from colorizing_things.imaging.writing import format_of_name


@pytest.fixture
def tree(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8)
    for name in ("scans/a.jpg", "scans/deep/b.png", "scans/deep/a.jpg", "scans/.hidden/c.jpg", "scans/a.color.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    (tmp_path / "scans" / "notes.txt").write_text("no picture")
    return tmp_path / "scans"


def names(tasks, root):
    return {str(t.source.relative_to(root)): str(t.destination.relative_to(root.parent)) for t in tasks}


def test_a_folder_keeps_its_tree(tree, tmp_path):
    tasks = plan([tree], tmp_path / "out", False, OutputOptions())
    assert names(tasks, tree) == {"a.jpg": "out/a.jpg", "deep/b.png": "out/deep/b.png", "deep/a.jpg": "out/deep/a.jpg"}


def test_without_out_results_lie_beside(tree):
    tasks = plan([tree], None, False, OutputOptions())
    assert names(tasks, tree)["deep/b.png"] == "scans/deep/b.color.png"


def test_results_named_beside_their_originals_are_left_out(tree):
    for name in ("a.color.2.jpg", "a.sheet.jpg", "alone.color.jpg"):
        Image.new("L", (20, 20)).save(tree / name)
    tasks = plan(sorted(tree.glob("*.jpg")), None, False, OutputOptions())
    assert [task.source.name for task in tasks] == ["a.jpg", "alone.color.jpg"]
    assert [task.source.name for task in plan([tree / "a.color.jpg"], None, False, OutputOptions())] == ["a.color.jpg"]


def test_an_output_folder_inside_the_input_is_not_coloured_again(tree):
    out = tree / "done"
    out.mkdir()
    Image.new("L", (20, 20)).save(out / "x.jpg")
    assert len(plan([tree], out, False, OutputOptions())) == 3


def test_another_format_changes_the_suffix(tree, tmp_path):
    tasks = plan([tree], tmp_path / "out", False, OutputOptions("png"))
    assert names(tasks, tree)["a.jpg"] == "out/a.png"


def test_one_file_goes_where_out_says(tree, tmp_path):
    one = [tree / "a.jpg"]
    assert plan(one, tmp_path / "new.jpg", False, OutputOptions())[0].destination == tmp_path / "new.jpg"
    assert plan(one, tmp_path / "new", True, OutputOptions())[0].destination == tmp_path / "new" / "a.jpg"
    assert plan(one, tmp_path, False, OutputOptions())[0].destination == tmp_path / "a.jpg"


def test_what_cannot_be_planned(tree, tmp_path):
    with pytest.raises(SettingError, match="two folders"):
        plan([tree / "a.jpg", tree / "deep" / "a.jpg"], tmp_path / "out", False, OutputOptions())
    with pytest.raises(SettingError, match=r"choose \.jpg"):
        format_of_name(tmp_path / "x.xyz")
    assert format_of_name(tmp_path / "x.AVIF") == "avif"
    with pytest.raises(SettingError, match=r"cannot write \.heic"):
        format_of_name(tmp_path / "x.heic")


def run_all(colorizer, tasks, **options):
    results = []
    jobs = options.pop("jobs", 1)
    run(colorizer, tasks, BatchOptions(**options), jobs=jobs, report=results.append)
    return results


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_bad_file_does_not_stop_the_others(colorizer, tree, tmp_path, jobs):
    (tree / "bad.jpg").write_bytes(b"not a picture")
    tasks = plan([tree], tmp_path / "out", False, OutputOptions())
    results = run_all(colorizer, tasks, jobs=jobs)
    assert sorted(r.status for r in results) == ["done", "done", "done", "failed"]
    again = run_all(colorizer, tasks, jobs=jobs)
    assert sorted(r.status for r in again) == ["failed", "skipped", "skipped", "skipped"]
    redone = run_all(colorizer, tasks, jobs=jobs, output=OutputOptions(overwrite=True))
    assert sorted(r.status for r in redone) == ["done", "done", "done", "failed"]


def test_an_interrupt_stops_cleanly_and_the_next_run_goes_on(tree, tmp_path):
    from colorizing_things import Colorizer

    big = tmp_path / "big"
    big.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (3000, 4000), dtype=np.uint8)
    for number in range(4):
        Image.fromarray(pixels).save(big / f"{number}.jpg")
    tasks = plan([big], tmp_path / "out", False, OutputOptions())
    seen = []

    def interrupt(result):
        seen.append(result)
        raise KeyboardInterrupt

    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        run(Colorizer(), tasks, BatchOptions(), jobs=2, report=interrupt)
    assert time.perf_counter() - started < 30
    assert len(seen) == 1
    whole = [p for p in (tmp_path / "out").iterdir()]
    assert all(p.suffix == ".jpg" and Image.open(p).size == (4000, 3000) for p in whole)
    assert len(whole) < 4
    results = []
    run(Colorizer(), tasks, BatchOptions(), jobs=2, report=results.append)
    assert sum(r.status == "done" for r in results) == 4 - len(whole)


def test_many_threads_share_one_colorizer(colorizer, tree, tmp_path):
    tasks = [Task(tree / "a.jpg", tmp_path / "many" / f"{n}.jpg") for n in range(12)]
    before = threading.active_count()
    assert {r.status for r in run_all(colorizer, tasks, jobs=4)} == {"done"}
    assert len({p.read_bytes() for p in (tmp_path / "many").iterdir()}) == 1
    assert threading.active_count() <= before + colorizer.threads  # its own pool, and none left of the batch


def test_variants_come_numbered_with_a_sheet_and_are_not_taken_for_originals(colorizer, tree):
    options = BatchOptions(ColorOptions(seed=1), variants=3, confidence=True)
    tasks = plan([tree], None, False, OutputOptions())
    results = []
    run(colorizer, tasks[:1], options, report=results.append)
    source = tasks[0].source
    names = {path.name for path in results[0].outputs}
    suffix = source.suffix
    assert names == {*(f"{source.stem}.color.{n}{suffix}" for n in (1, 2, 3)), f"{source.stem}.sheet.jpg",
                     f"{source.stem}.confidence.png"}  # fmt: skip
    assert all((source.parent / name).exists() for name in names)
    assert [task.source for task in plan([tree], None, False, OutputOptions())] == [task.source for task in tasks]
    with Image.open(source) as original, Image.open(source.parent / f"{source.stem}.confidence.png") as sure:
        assert sure.size == original.size and sure.mode == "L"
    run(colorizer, tasks[:1], options, report=results.append)
    assert results[1].status == "skipped"
    (source.parent / f"{source.stem}.color.2{suffix}").unlink()
    run(colorizer, tasks[:1], options, report=results.append)
    assert results[2].status == "done" and (source.parent / f"{source.stem}.color.2{suffix}").exists()
