"""A store as S3 is, and a cluster of two nodes with a core each, for as long as a module's tests run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from colorizing_things.ray.job import Job

collect_ignore_glob = [] if find_spec("ray") and find_spec("pyarrow") and find_spec("yaml") else ["test_*.py"]

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "no_proxy": "*",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # else beside anything else that runs here they would wait
}


@pytest.fixture(scope="module")
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def store(environment: None) -> Iterator[str]:
    """The query of its URIs."""
    from moto.server import ThreadedMotoServer

    from colorizing_things.ray.place import Place

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    query = f"?endpoint_override=127.0.0.1:{port}&scheme=http"
    maker = Place.of(f"s3://any{query}&allow_bucket_creation=true").system
    for name in ("archive", "coloured"):
        maker.create_dir(name)
    yield query
    server.stop()


@pytest.fixture
def requests(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """What the store was asked for paths that begin so, as methods of HTTP."""
    caplog.set_level("INFO", "werkzeug")

    def asked(path: str) -> list[str]:
        return re.findall(rf"([A-Z]+) /{re.escape(path)}", caplog.text)

    return asked


@pytest.fixture(scope="module")
def cluster(environment: None) -> Iterator[str]:
    """Its address. Nothing is coloured on the head."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "include_log_monitor": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    yield cluster.address
    cluster.shutdown()


@pytest.fixture
def archive(tmp_path, gray_photo):
    """Eight photographs in two folders, no two alike; one damaged, one raw."""
    for number in range(8):
        path = tmp_path / "archive" / ("1901" if number % 2 else "") / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(gray_photo, 40 * number, axis=1)).save(path)
    whole = (tmp_path / "archive" / "0.jpg").read_bytes()
    (tmp_path / "archive" / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "archive" / "new.nef").write_bytes(b"raw")
    return tmp_path / "archive"


@pytest.fixture
def job(archive: Path, tmp_path: Path) -> Job:
    from colorizing_things.ray.job import Job
    from colorizing_things.ray.place import Place

    return Job(Place.of(str(archive)), Place.of(str(tmp_path / "out")))
