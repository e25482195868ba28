from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from server.conftest import error_line
from waiting import PATIENCE, run_apart

from colorizing_things.server.page import NOT_BUILT, PAGE, serve_page

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def test_health_models_and_metrics(client, jpg):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/v1/models").json()["models"][0]["licence"]
    client.post("/v1/colorize", files={"file": ("old.jpg", jpg)})
    text = client.get("/metrics").text
    assert re.search(r'colorize_requests_total\{method="POST",route="/v1/colorize",status="200"\} [1-9]', text)
    assert 'colorize_request_seconds_bucket{le="0.01",method="GET",route="/healthz"}' in text
    for name in ("colorize_queue_length", "colorize_jobs_running", "colorize_sessions", "colorize_session_bytes"):
        assert re.search(rf"^{name} \d", text, re.M), name
    client.get("/v1/sessions/a-secret-id")
    assert "a-secret-id" not in client.get("/metrics").text


@pytest.mark.parametrize("there", [True, False])
def test_a_containers_health_check_heeds_no_proxy(client, there):
    """The Dockerfile's, with this server's port, where programs are told of a proxy that is not there."""
    words = json.loads(re.search(r"^HEALTHCHECK.*?CMD (\[.*?\])$", DOCKERFILE.read_text(), re.S | re.M)[1])
    assert words[0] == "python" and "8000" in words[-1]
    words = [sys.executable, *words[1:-1], words[-1].replace("8000", str(client.base_url.port if there else 9))]
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(words, env={**os.environ, **nowhere}, capture_output=True, timeout=PATIENCE)
    assert (done.returncode == 0) == there


def test_the_apis_page_needs_no_other_host(client):
    page = client.get("/docs")
    assert page.status_code == 200
    for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        assert link == "data:," or client.get("/" + link).status_code == 200, link
    assert "http" not in page.text and "http" not in page.headers["content-security-policy"]
    assert client.get("/openapi.json").json()["info"]["title"] == "Colorizing Things"


def get(app: FastAPI, path: str) -> httpx.Response:
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get(path)

    return run_apart(ask())


def test_the_page_is_served_as_it_was_built(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>the page")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "a1.js").write_text("1")
    app = FastAPI()
    serve_page(app, tmp_path)
    assert get(app, "/").text == "<p>the page" and get(app, "/").headers["cache-control"] == "no-cache"
    assert get(app, "/assets/a1.js").text == "1" and get(app, "/icon.svg").status_code == 200
    assert get(app, "/index2.html").status_code == 404


def test_a_page_that_was_not_built(client, tmp_path):
    app = FastAPI()
    serve_page(app, tmp_path)
    assert get(app, "/").text == NOT_BUILT
    built = (PAGE / "index.html").is_file()
    assert client.get("/").headers["content-type"].startswith("text/html" if built else "text/plain")


def test_what_is_not_there_is_one_line(client):
    error_line(client.get("/nothing"), 404)
    error_line(client.get("/v1/colorize"), 405)
