"""nginx and Caddy as people set them up, with real Chromium behind them: the page works, other sites are stopped."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from programs import find, need
from starlette.datastructures import Headers
from waiting import until

from colorizing_things.server.middleware import SameSiteMiddleware
from colorizing_things.server.settings import Settings

NAME, OTHER = "photos.example.org", "elsewhere.example.org"
UPLOAD = """async ([address, mode]) => {
    const bytes = Uint8Array.from(atob(window.picture), (char) => char.charCodeAt(0));
    const body = new FormData();
    body.append("file", new Blob([bytes]), "old.jpg");
    try { return (await fetch(address, {method: "POST", mode, body})).status; } catch (error) { return String(error); }
}"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def nginx_blocks(server: int, ports: dict[str, int], folder: Path) -> str:
    """Its usual configurations, a port each."""
    to = f"proxy_pass http://127.0.0.1:{server}"
    tls = f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;"
    locations = {
        "bare": f"location / {{ {to}; }}",  # Host becomes the server's own address
        "kept": f"location / {{ {to}; proxy_set_header Host $host; }}",  # without the port
        "whole": f"location / {{ {to}; proxy_set_header Host $http_host; }}",
        "forwarded": f"location / {{ {to}; proxy_set_header X-Forwarded-Host $http_host; }}",
        "path": f"location /colour/ {{ {to}/; proxy_set_header Host $host; }}",
        "tls": f"{tls} location / {{ {to}; proxy_set_header Host $host; }}",
        "tls bare": f"{tls} location / {{ {to}; }}",
        "foreign": 'location / { default_type text/html; return 200 "<p>another site</p>"; }',
    }
    return "".join(
        f"server {{ listen 127.0.0.1:{ports[name]}{' ssl' if 'tls' in name else ''}; {said} }}"
        for name, said in locations.items()
    )


@contextmanager
def nginx(server: int, ports: dict[str, int], folder: Path) -> Iterator[None]:
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=photos.example.org", "-keyout"]
    subprocess.run(["openssl", *make, folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    kinds = ("proxy", "client_body", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    said = nginx_blocks(server, ports, folder)
    user = "user root;" if os.geteuid() == 0 else ""  # its workers keep uploads in our folder
    http = f"http {{ access_log off; {paths} {said} }}"
    (folder / "nginx.conf").write_text(f"{user} pid {folder}/pid; daemon off; events {{}} {http}")
    command = [need("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "errors")]
    with subprocess.Popen(command) as proxy:
        try:
            yield
        finally:
            proxy.terminate()


@contextmanager
def caddy(server: int, ports: dict[str, int], folder: Path) -> Iterator[None]:
    (folder / "Caddyfile").write_text(
        "{\n admin off\n auto_https disable_redirects\n}\n"
        f"http://{NAME}:{ports['caddy']} {{\n reverse_proxy 127.0.0.1:{server}\n}}\n"
    )
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [need("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with subprocess.Popen(command, env=home, stderr=subprocess.DEVNULL) as proxy:
        try:
            yield
        finally:
            proxy.terminate()


def wait_for(port: int) -> None:
    def listens() -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    until(listens)


@pytest.mark.skipif(sys.platform == "win32", reason="the proxies are Unix programs here")
def test_a_browser_behind_each_may_and_another_sites_page_may_not(serving, jpg, tmp_path, playwright):
    for program in ("chromium", "nginx", "caddy"):
        need(program)
    names = ("bare", "kept", "whole", "forwarded", "path", "tls", "tls bare", "foreign", "caddy")
    ports = {name: free_port() for name in names}
    flags = ["--no-sandbox", f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP {OTHER} 127.0.0.1"]
    with ExitStack() as stack:
        client = stack.enter_context(serving(Settings(names=(NAME,), workers=1)))
        store = client.app.state.app_state.store
        for proxy in (nginx, caddy):
            stack.enter_context(proxy(client.base_url.port, ports, tmp_path))
        for port in ports.values():
            wait_for(port)
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=flags)
        stack.callback(browser.close)
        context = browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(60_000)
        context.add_init_script(f"window.picture = {base64.b64encode(jpg).decode()!r}")
        page = context.new_page()
        for name in names:
            if name == "foreign":
                continue
            address = f"http{'s' if 'tls' in name else ''}://{NAME}:{ports[name]}/{'colour/' if name == 'path' else ''}"
            page.goto(address)
            page.get_by_role("heading", name="Drop black-and-white photographs here").wait_for()
            before = len(store)
            assert page.evaluate(UPLOAD, ["v1/sessions", "cors"]) == 201, name
            assert len(store) == before + 1
            # Where browsers say more, another port is another site.
            for site in (OTHER, NAME) if "tls" in name else (OTHER,):
                page.goto(f"http://{site}:{ports['foreign']}/")
                page.evaluate(UPLOAD, [f"{address}v1/sessions", "no-cors"])
                assert len(store) == before + 1, f"{name}: {site} was let in"


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"host": "localhost:8000", "origin": "http://localhost:8000"}, False),
        ({"host": "localhost:8000", "origin": "http://localhost:3000"}, True),
        ({"host": "localhost:8000", "origin": "null"}, True),
        ({"host": "localhost:8000", "origin": "http://[::1"}, True),
        ({"host": "127.0.0.1:8000", "origin": f"https://{NAME}"}, False),  # --name
        ({"host": "127.0.0.1:8000", "origin": f"http://{NAME}:8080"}, False),
        ({"host": "127.0.0.1:8000", "origin": f"http://{OTHER}"}, True),
        ({"host": "127.0.0.1:8000", "origin": f"http://{OTHER}", "x-forwarded-host": f"{OTHER}, inner"}, False),
        ({"host": "127.0.0.1:8000", "origin": f"http://{OTHER}", "sec-fetch-site": "same-origin"}, False),
        ({"host": NAME, "origin": f"http://{NAME}", "sec-fetch-site": "same-site"}, True),
        ({"host": NAME, "origin": f"https://{NAME}", "sec-fetch-site": "cross-site"}, True),
        ({"host": NAME, "sec-fetch-site": "none"}, False),
    ],
)
def test_which_requests_come_from_elsewhere(headers, foreign):
    assert SameSiteMiddleware(None, names=(NAME, "")).foreign(Headers(headers)) is foreign
