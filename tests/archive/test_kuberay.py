"""The manifest for Kubernetes says what this package understands. (Its schema: .ci/check_manifest.py.)"""

from pathlib import Path

import yaml

from colorizing_things.cli import app, archive

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_its_command_is_one_of_ours(monkeypatch):
    import typer

    job = yaml.safe_load((EXAMPLES / "archive.yaml").read_text())
    program, *words = job["spec"]["entrypoint"].split()
    said = []
    monkeypatch.setattr(archive, "color", lambda inputs, out, *_, **said_too: said.append((inputs, out, said_too)))
    typer.main.get_command(app).main(words, standalone_mode=False)
    assert program == "colorize" and said[0][:2] == (["s3://archive/scans"], "s3://coloured/scans")
    assert said[0][2]["address"] is None  # RAY_ADDRESS says it, within a job


def test_the_image_has_the_ray_that_it_asks_for():
    cluster = yaml.safe_load((EXAMPLES / "archive.yaml").read_text())["spec"]["rayClusterSpec"]
    image = (EXAMPLES / "archive.Dockerfile").read_text()
    assert f"rayproject/ray:{cluster['rayVersion']}-" in image and f"ray[data]=={cluster['rayVersion']}" in image


def test_no_photograph_is_coloured_on_the_head_and_workers_have_memory_for_each_core():
    cluster = yaml.safe_load((EXAMPLES / "archive.yaml").read_text())["spec"]["rayClusterSpec"]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in cluster["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        limits = container["resources"]["limits"]
        assert limits == container["resources"]["requests"] and int(limits["memory"][:-2]) >= int(limits["cpu"])
