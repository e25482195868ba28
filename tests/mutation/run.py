"""Do the tests notice? Small changes to core lines, one at a time, by cosmic-ray, on a seeded sample of all there are.

    pip install cosmic-ray
    python tests/mutation/run.py                     40 changes to each group of modules
    python tests/mutation/run.py color --count 200   more, of one group

All of it happens in a copy of src and tests; the checkout is left alone. Not in CI: a change takes as long as its
group's tests. Left out are changes that mean nothing (to annotations) or too much (bits of floats).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Modules, and the tests that should notice.
GROUPS = {
    "color": (
        ["color/chroma.py", "color/gamut.py", "color/join.py", "color/resampling.py", "color/spaces.py"],
        "tests/color",
    ),
    "model": (
        ["model/hint_field.py", "model/noise.py", "model/sizes.py", "model/seen.py"],
        "tests/model/test_sizes.py tests/model/test_noise.py tests/model/test_hint_field.py tests/model/test_seen.py"
        " tests/guidance/test_reach.py",
    ),
    "guidance": (
        ["guidance/hints.py", "guidance/palette.py", "guidance/reference.py", "guidance/variants.py"],
        "tests/guidance",
    ),
    "imaging": (
        ["imaging/lightness.py", "imaging/jxl.py", "imaging/rows.py", "imaging/confidence_map.py"],
        "tests/imaging/test_picture.py tests/imaging/test_formats.py tests/imaging/test_rows.py tests/test_batch.py",
    ),
}
LEFT_OUT = ("%BitOr%", "%BitXor%", "%BitAnd%", "%LShift%", "%RShift%")  # operators, as SQL has patterns
SLOWEST = 300.0  # s; a change that makes the tests hang is noticed


def write_config(folder: Path, modules: list[str], tests: str) -> Path:
    """cosmic-ray's settings of one group."""
    paths = ", ".join(f'"src/colorizing_things/{module}"' for module in modules)
    config = folder / "group.toml"
    config.write_text(
        f"[cosmic-ray]\nmodule-path = [{paths}]\ntimeout = {SLOWEST}\nexcluded-modules = []\n"
        f'test-command = "{sys.executable} -m pytest -q -x -p no:cacheprovider {tests}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    return config


def keep_sample(session: Path, count: int, seed: int) -> None:
    """Leave ``count`` of the session's changes in it."""
    with sqlite3.connect(session) as database:
        wanted = " AND ".join(["operator_name NOT LIKE ?"] * len(LEFT_OUT))
        rows = database.execute(f"SELECT job_id FROM mutation_specs WHERE {wanted}", LEFT_OUT)
        jobs = sorted(job for (job,) in rows)
        places = database.execute(
            "SELECT job_id, module_path, operator_name, occurrence FROM mutation_specs"
        ).fetchall()
        name = {job: place for job, *place in places}  # job ids differ from run to run
        kept = random.Random(seed).sample(sorted(jobs, key=name.__getitem__), min(count, len(jobs)))
        for table in ("mutation_specs", "work_items"):
            marks = ",".join("?" * len(kept))
            database.execute(f"DELETE FROM {table} WHERE job_id NOT IN ({marks})", kept)
    print(f"{len(kept)} of {len(jobs)} changes", flush=True)


def results(session: Path) -> tuple[int, list[str]]:
    """How many were noticed, and the places of those that were not."""
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT module_path, start_pos_row, operator_name, test_outcome"
            " FROM mutation_specs JOIN work_results USING (job_id)"
        ).fetchall()
    survivors = [f"{path}:{row} {operator}" for path, row, operator, outcome in rows if "SURVIVED" in str(outcome)]
    return len(rows) - len(survivors), survivors


def main() -> int:
    """Run the groups; how many changes went unnoticed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("groups", nargs="*", choices=[*GROUPS, []], metavar="GROUP")
    options.add_argument("--count", type=int, default=40)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    noticed = unnoticed = 0
    for group in asked.groups or GROUPS:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            for part in ("src", "tests", "pyproject.toml"):
                source = ROOT / part
                shutil.copytree(source, copy / part) if source.is_dir() else shutil.copy(source, copy)
            paths = [str(copy / "src"), str(copy / "tests"), os.environ.get("PYTHONPATH", "")]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            config, session = write_config(copy, *GROUPS[group]), copy / "session.sqlite"
            for verb in ("init", "exec"):
                command = [sys.executable, "-m", "cosmic_ray.cli", verb, config.name, session.name]
                subprocess.run(command, cwd=copy, env=environment, check=True)
                if verb == "init":
                    print(group, end=": ")
                    keep_sample(session, asked.count, asked.seed)
            found, survivors = results(session)
        noticed, unnoticed = noticed + found, unnoticed + len(survivors)
        print(f"{group}: {found} noticed, {len(survivors)} not", *survivors, sep="\n  ", flush=True)
    print(f"{noticed} of {noticed + unnoticed} changes noticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
