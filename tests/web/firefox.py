"""The system's Firefox, driven by WebDriver BiDi, which it speaks itself: Playwright drives its own build alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from page_settings import WAIT
from programs import need
from websockets.sync.client import ClientConnection, connect

PREFERENCES = {"webgl.force-enabled": True, "browser.shell.checkDefaultBrowser": False}
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """One page in it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._asked = socket, 0
        self.ask("session.new", capabilities={})
        self._page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; what happens meanwhile is not listened to."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=WAIT / 1000))
            if answer.get("id") == self._asked:
                assert answer["type"] == "success", answer
                return answer["result"]  # type: ignore[no-any-return]

    def goto(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, script: str) -> Any:
        """What a script gives, or its promise: a text, a number, true or false."""
        result = self.ask(
            "script.evaluate", expression=script, target={"context": self._page}, awaitPromise=True
        )  # fmt: skip
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return result["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait for it, by a busy machine's patience."""
        until = time.monotonic() + 2 * WAIT / 1000
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < until, condition
            time.sleep(0.2)

    def click(self, x: float, y: float) -> None:
        """With a mouse, at a place of the window."""
        at = {"type": "pointerMove", "x": round(x), "y": round(y)}
        actions = [at, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self.ask("input.performActions", context=self._page, actions=[source])


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """It is shown on a screen that nobody sees: without any it has no WebGL."""
    command = [need("xvfb"), "-a", need("firefox"), "--no-remote", "--remote-debugging-port", "0"]
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    process = subprocess.Popen(
        [*command, "--profile", str(profile)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=os.environ | {"LIBGL_ALWAYS_SOFTWARE": "1"}, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        found = next(filter(None, map(LISTENING.search, process.stderr)))
        with connect(f"{found[1]}/session", max_size=None) as socket:
            yield Firefox(socket)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
