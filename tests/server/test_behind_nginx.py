"""Behind a proxy as docs/server.md has it: nginx, with that very configuration."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from programs import need
from waiting import PATIENCE, until

from colorizing_things.server.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "server.md"
NAME = "photos.example.org"


def configuration(server_port: int, port: int, folder: Path) -> str:
    """The documented ``server`` block, on free ports, in a configuration that needs no rights."""
    block = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.S)[1]  # type: ignore[index]
    for documented, here in (("127.0.0.1:8000", f"127.0.0.1:{server_port}"), ("listen 80", f"listen 127.0.0.1:{port}")):
        assert documented in block
        block = block.replace(documented, here)
    kinds = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"pid {folder}/pid; daemon off; events {{}} http {{ access_log off; {paths} {block} }}"


@pytest.fixture
def behind(tmp_path: Path, serving: Callable) -> Iterator[httpx.Client]:
    """A client of nginx before a real server."""
    nginx = need("nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(Settings(names=(NAME,))) as server:
        (tmp_path / "nginx.conf").write_text(configuration(server.base_url.port, port, tmp_path))
        command = [nginx, "-p", str(tmp_path), "-c", "nginx.conf", "-e", str(tmp_path / "errors")]
        with subprocess.Popen(command) as proxy:
            try:
                address = f"http://127.0.0.1:{port}"
                with httpx.Client(base_url=address, headers={"Host": NAME}, timeout=PATIENCE) as client:
                    wait_for(client)
                    yield client
            finally:
                proxy.terminate()


def wait_for(client: httpx.Client) -> None:
    def answers() -> bool:
        try:
            return client.get("/healthz").is_success
        except httpx.ConnectError:
            return False

    until(answers)


def test_the_page_and_a_picture_come_through(behind, jpg):
    assert "text/html" in behind.get("/").headers["content-type"]
    answer = behind.post("/v1/colorize", files={"file": ("old.jpg", jpg)})
    assert answer.status_code == 200 and answer.content[:2] == b"\xff\xd8"
    made = behind.post("/v1/sessions", files={"file": ("old.jpg", jpg)})
    assert made.status_code == 201 and behind.get(f"/v1/sessions/{made.json()['id']}").status_code == 200


def test_another_name_is_refused_by_the_server_itself(behind):
    assert behind.get("/v1/models", headers={"Host": "elsewhere.example.org"}).status_code in (400, 403)


def test_a_browser_at_the_proxys_address_may_change_things_and_one_elsewhere_may_not(behind, jpg):
    own, other = (
        behind.post("/v1/sessions", files={"file": ("old.jpg", jpg)}, headers={"Origin": f"http://{name}"})
        for name in (NAME, "elsewhere.example.org")
    )
    assert own.status_code == 201 and other.status_code == 403
