from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow.fs import FileInfo, FileType

from colorizing_things import OutputOptions, SettingError
from colorizing_things.batch import BatchOptions, plan
from colorizing_things.ray import names
from colorizing_things.ray.job import Job
from colorizing_things.ray.manifest import SCHEMA, Manifest
from colorizing_things.ray.place import Place

FILES = (
    "a.jpg", "b.PNG", "deep/a.jpg", "deep/deeper/c.tif", "deep/old.gif", "deep/old.bmp", "new.nef", "notes.txt",
    ".hidden.jpg", ".folder/x.jpg", "a.color.jpg", "a.sheet.jpg", "other.sheet.jpg", "out/a.jpg",
)  # fmt: skip


@pytest.fixture
def tree(tmp_path):
    for name in FILES:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    return Job(Place.of(str(tmp_path / "in")), Place.of(str(tmp_path / "in" / "out")))


def test_it_finds_what_a_local_run_finds_under_the_same_names(tree):
    archive, out = Path(tree.archive.root), Path(tree.out.root)
    tasks = [task for task in plan([archive], out, False, OutputOptions()) if not task.problem]
    local = {str(task.source.relative_to(archive)): str(task.destination.relative_to(out)) for task in tasks}
    assert local == {name.source: name.destination for name in names.walk(tree) if not name.problem}
    assert len(local) == 7


def test_what_is_not_read_is_named(tree):
    assert [(n.source, n.problem) for n in names.walk(tree) if n.problem] == [
        ("new.nef", "a raw file, to be developed first")
    ]


def test_no_two_get_one_destination(tmp_path):
    for name in ("x.jpg", "x.png", "x.jpg.gif"):
        (tmp_path / name).write_bytes(b"x")
    job = Job(Place.of(str(tmp_path)), Place.of(str(tmp_path / "out")), BatchOptions(output=OutputOptions("png")))
    found = list(names.walk(job))
    destinations = [name.destination for name in found if not name.problem]
    assert len(set(destinations)) == len(destinations) == 2
    assert [name.problem for name in found if name.problem] == ["would become x.jpg.png, as x.jpg does; rename one"]


def test_a_bucket_is_walked_alike(store, tmp_path):
    place = Place.of(f"s3://archive/names{store}")
    for name in ("a.jpg", "deep/b.jpg"):
        place.write(name, b"x")
    found = names.walk(Job(place, Place.of(str(tmp_path))))
    assert [name.destination for name in found] == ["a.jpg", "deep/b.jpg"]


def test_odd_keys_of_a_bucket_lead_out_of_nowhere(tree, monkeypatch):
    listed = [FileInfo(tree.archive.path(name), FileType.File) for name in ("../x.jpg", "a/../../y.jpg", "z.jpg")]
    monkeypatch.setattr(Place, "listing", lambda *_: listed)
    assert [name.source for name in names.walk(tree)] == ["z.jpg"]


def test_a_link_to_a_folder_is_named_and_not_followed(tree):
    (Path(tree.archive.root) / "deep" / "loop").symlink_to(tree.archive.root)
    assert [(n.source, n.problem.partition(",")[0]) for n in names.walk(tree) if n.problem] == [
        ("new.nef", "a raw file"), ("deep/loop", "is a link to a folder")
    ]  # fmt: skip


def test_what_is_settled_is_due_no_more_and_what_failed_is(tree):
    manifest = Manifest(tree.out)
    for source, status in (("a.jpg", "done"), ("b.PNG", "failed"), ("new.nef", "left out")):
        manifest.add(SCHEMA.empty_table().from_pylist([{"source": source, "status": status}], SCHEMA))
    manifest.flush()
    due = [name.source for name in names.due(tree)]
    assert "a.jpg" not in due and "new.nef" not in due and "b.PNG" in due and len(due) == 6
    assert names.count(tree) == (6, 2)


def test_what_lies_among_the_results_already_is_marked(tree):
    for name in ("deep/a.jpg", "a.jpg"):
        tree.out.write(name, b"x")
    found = [row for table in names.blocks(tree) for row in table.to_pylist()]
    assert sorted(row["destination"] for row in found if row["there"]) == ["a.jpg", "deep/a.jpg"]
    assert len(found) == 8


def test_blocks_begin_small_and_hold_every_name_once(tree, monkeypatch):
    monkeypatch.setattr(names, "walk", lambda _: (names.Name(str(n), f"{n}.jpg") for n in range(3000)))
    blocks = list(names.blocks(tree))
    assert [len(block) for block in blocks[:3]] == [1, 1, 1] and max(map(len, blocks)) == names.MOST
    assert [source for block in blocks for source in block["source"].to_pylist()] == [str(n) for n in range(3000)]


def test_nothing_to_do_is_one_empty_block(tree, monkeypatch):
    monkeypatch.setattr(names, "walk", lambda _: iter(()))
    assert [len(block) for block in names.blocks(tree)] == [0]


def test_a_job_refuses_what_is_for_single_pictures(tree):
    with pytest.raises(SettingError, match="--variants"):
        replace(tree, options=BatchOptions(variants=3))
    with pytest.raises(SettingError, match="another folder"):
        replace(tree, options=BatchOptions(output=OutputOptions(overwrite=True)))
    with pytest.raises(SettingError, match="the archive itself"):
        replace(tree, out=tree.archive)
