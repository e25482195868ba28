"""From another program, through ``colorize serve``: ``python http_client.py http://127.0.0.1:8000 old.jpg``."""

import sys
from pathlib import Path

import httpx

server, path = sys.argv[1], Path(sys.argv[2])
with httpx.Client(base_url=server, timeout=120) as client:
    answer = client.post("/v1/colorize", files={"file": path.open("rb")}, data={"warmth": "0.2"})
    if answer.is_error:
        raise SystemExit(answer.json()["detail"])  # always one line
    new = path.with_name(f"{path.stem}.warm{path.suffix}")
    new.write_bytes(answer.content)
    print(new)
