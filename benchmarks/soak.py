"""Batches and a server for hours, with clients that come, go, lie and vanish, on a machine whose disk fails at random.

    python benchmarks/soak.py --folder soak --minutes 30        and again, to go on: the folder keeps the sums

System calls of both fail by chance (ENOSPC, EIO, EACCES, a slow disk: tests/data/failing_calls.c, preloaded, so Linux
with a C compiler only); batches are stopped by Ctrl-C, SIGTERM and kill -9, the server by kill -9. What must hold:

- no original changes, and what a batch has written is byte for byte what an undisturbed one writes;
- after the faults one more run finishes every picture, and no unfinished file is left;
- the server answers nothing that its documentation does not list, and a good answer is byte for byte the right one;
- its memory, threads and open files do not grow.

The last lines are the sums; the exit code is 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from skimage import data

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "colorizing_things"]
DOCUMENTED = {200, 201, 204, 400, 403, 404, 408, 413, 415, 422, 429, 503, 504, 507}
FAULTS = (
    "write:28:{0}/out:%100", "write:28:{0}/spool:%300", "write:5:{0}/out:%50", "write:5:{0}/spool:%200",
    "read:5:{0}/pictures:%30", "open:13:{0}/pictures:%50", "open:13:{0}/spool:%300", "write:0:{0}/out:%300",
    "read:0:{0}/pictures:%200", "write:0:{0}/spool:%500", "stat:5:{0}/out:%100", "open:24:{0}/out:%100",
)  # fmt: skip
FAULT_SECONDS = 6  # how long one set of faults lasts
SERVER_MINUTES = (3.0, 9.0)  # between two kills
SAMPLE_SECONDS = 5.0
WARM_SECONDS = 60.0  # of a server, before what it holds counts


class Soak:
    """The folder, what is known to be right, and the counts."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder.resolve(), random.Random(seed)
        self.pictures, self.out, self.spool = (self.folder / name for name in ("pictures", "out", "spool"))
        self.fault_file = self.folder / "faults"
        for path in (self.pictures, self.out, self.spool):
            path.mkdir(parents=True, exist_ok=True)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.samples: list[tuple[float, int, int, int]] = []  # age of the server, MB, threads, files
        self.over = threading.Event()
        self.address = ""
        self.fault_file.write_text("")
        library = self.folder / "calls.so"
        source = ROOT / "tests" / "data" / "failing_calls.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self.faulty = {
            **os.environ, "LD_PRELOAD": str(library), "FAULTS_FILE": str(self.fault_file), "TMPDIR": str(self.spool)
        }  # fmt: skip

    def begin(self) -> None:
        """Make the pictures, and colour them undisturbed."""
        if not (self.folder / "right").exists():
            make_pictures(self.pictures)
            subprocess.run([*COMMAND, self.pictures, "-o", f"{self.folder}/right/"], check=True, capture_output=True)
        self.originals = digests(self.pictures)
        self.right = digests(self.folder / "right")

    def fails(self, what: str) -> None:
        """Note that something did not hold."""
        self.wrong.append(f"{time.strftime('%H:%M:%S')} {what}")
        print(self.wrong[-1], flush=True)

    def disturb(self) -> None:
        """Choose faults, again and again; half of the time none."""
        while not self.over.wait(FAULT_SECONDS):
            chosen = self.random.sample(FAULTS, 3) if self.random.random() < 0.5 else []
            whole = self.fault_file.with_suffix(".new")
            whole.write_text(";".join(fault.format(self.folder) for fault in chosen))
            whole.replace(self.fault_file)
            self.counts["sets of faults"] += bool(chosen)

    def batches(self) -> None:
        """Colour the folder, be stopped, go on; look at what is there each time."""
        while not self.over.is_set():
            with subprocess.Popen(
                [*COMMAND, self.pictures, "-o", f"{self.out}/"],
                env=self.faulty,
                stderr=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job would ignore it
            ) as batch:
                end = self.random.choice([None, None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
                try:
                    batch.wait(self.random.uniform(1, 20) if end else 600)
                except subprocess.TimeoutExpired:
                    batch.send_signal(end or signal.SIGKILL)
                    self.counts[f"batches ended by {end.name if end else 'the clock'}"] += 1
                said = (batch.stderr.read() if batch.stderr else b"").decode()
            self.counts[f"batches with exit code {batch.returncode}"] += 1
            begun = "colorizing_things/" in said  # else Ctrl-C met Python itself, before any line of ours
            if ("Traceback" in said and begun) or batch.returncode not in (0, 1, 130, 143, -2, -9, -15):
                self.fails(f"batch: {batch.returncode}: {said[-300:]}")
            self.compare(complete=False)
            if batch.returncode == 0:
                shutil.rmtree(self.out)
                self.out.mkdir()
                self.counts["folders finished"] += 1

    def compare(self, complete: bool) -> None:
        """Originals as they were, results right, and all of them if that is to be."""
        if digests(self.pictures) != self.originals:
            self.fails("an original has changed")
        there = digests(self.out)
        self.counts["results compared"] += len(there)
        for name, digest in there.items():
            if not name.endswith(".part") and self.right.get(name) != digest:
                self.fails(f"{name}: not what an undisturbed run writes")
        if complete and there != self.right:
            self.fails(f"lost: {sorted(set(self.right) - set(there))}, left: {sorted(set(there) - set(self.right))}")

    def serve(self) -> None:
        """Keep a server up; kill it now and then; sample what it holds."""
        options = ("--port", "0", "--sessions", "8", "--max-upload-mb", "8", "--time-limit", "20", "--queue", "8")
        while not self.over.is_set():
            with subprocess.Popen(
                [*COMMAND, "serve", *options], env=self.faulty, stderr=subprocess.PIPE, text=True
            ) as server:
                assert server.stderr is not None
                found = re.search(r"http://\S+", server.stderr.readline())
                if found is None:  # a fault at the start
                    server.wait()
                    self.counts["servers that did not start, and said why"] += 1
                    continue
                log: list[str] = []
                reading = threading.Thread(target=lambda to=log, f=server.stderr: to.extend(f))
                reading.start()
                begun, life = time.monotonic(), 60 * self.random.uniform(*SERVER_MINUTES)
                self.address = found[0]
                while time.monotonic() - begun < life and not self.over.wait(SAMPLE_SECONDS):
                    if server.poll() is not None:
                        self.fails(f"the server has ended: {server.returncode}: {''.join(log)[-500:]}")
                        break
                    self.samples.append((time.monotonic() - begun, *held(server.pid)))
                self.address = ""
                server.send_signal(signal.SIGTERM if self.over.is_set() else signal.SIGKILL)
                self.counts["servers ended"] += 1
                server.wait(60)
                reading.join()
                if "Traceback" in "".join(log):
                    self.fails("".join(log)[-1500:])

    def client(self, kind: str) -> None:
        """One that comes again and again."""
        names = sorted(self.originals)
        while not self.over.wait(self.random.uniform(0, 2)):
            if not self.address:
                continue
            name = self.random.choice(names)
            sent = (self.folder / "pristine" / name).read_bytes()
            try:
                CLIENTS[kind](self, name, sent)
            except (httpx.TransportError, OSError):
                self.counts[f"{kind}: no answer (killed, or gone)"] += 1

    def note(self, kind: str, answer: httpx.Response) -> bool:
        """Count an answer; whether it is a good one."""
        self.counts[f"{kind}: {answer.status_code}"] += 1
        if answer.status_code not in DOCUMENTED:
            self.fails(f"{kind}: {answer.status_code} {answer.text[:200]}")
        return answer.is_success


def honest(soak: Soak, name: str, sent: bytes) -> None:
    """Sends a picture and compares what comes back."""
    answer = httpx.post(f"{soak.address}/v1/colorize", files={"file": (name, sent)}, timeout=120)
    if soak.note("honest", answer) and digest(answer.content) != soak.right[name]:
        soak.fails(f"{name}: the server's answer is not what the command writes")


def session(soak: Soak, name: str, sent: bytes) -> None:
    """Opens a picture, asks for hints, variants, a palette; forgets to close it half of the time."""
    with httpx.Client(base_url=soak.address, timeout=120) as http:
        made = http.post("/v1/sessions", files={"file": (name, sent)})
        if not soak.note("session", made):
            return
        own = f"/v1/sessions/{made.json()['id']}"
        hints = {"hints": [{"x": 9, "y": 9, "color": "#7a4a2b"}]}
        soak.note("session", http.post(f"{own}/predict", json=hints))
        soak.note("session", http.post(f"{own}/variants", json={"count": 2}))
        soak.note("session", http.get(f"{own}/palette", params={"x": 5, "y": 5}))
        answer = http.post(f"{own}/render", json={})
        if soak.note("session", answer) and digest(answer.content) != soak.right[name]:
            soak.fails(f"{name}: a session's rendering is not what the command writes")
        if soak.random.random() < 0.5:
            soak.note("session", http.delete(own))


def liar(soak: Soak, name: str, sent: bytes) -> None:
    """Sends what is no picture, is broken off, is too large, or asks for what does not exist."""
    files, query, more = {"file": (name, sent)}, "", {}
    lie = soak.random.randrange(6)
    if lie == 0:
        files = {"file": (name, b"not a picture at all")}
    elif lie == 1:
        files = {"file": (name, sent[: len(sent) // 2])}
    elif lie == 2:
        files = {"file": (name, bytes(9 * 2**20))}
    elif lie == 3:
        query = "?saturation=0"
    elif lie == 4:
        more = {"warmth": "hot"}
    else:
        files = {"file": (name, b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")}
    answer = httpx.post(f"{soak.address}/v1/colorize{query}", files=files, data=more, timeout=120)
    if soak.note("liar", answer):
        soak.fails(f"liar {lie}: {name}: was believed")


def vanishing(soak: Soak, name: str, sent: bytes) -> None:
    """Is gone before its upload is there, or before the answer is."""
    host, _, port = soak.address.removeprefix("http://").partition(":")
    frame = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = frame + sent + b"\r\n--b--\r\n"
    head = (
        f"POST /v1/colorize HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + body[: soak.random.randrange(len(body) + 1)])
        time.sleep(soak.random.uniform(0, 0.5))
    soak.counts["vanished"] += 1


CLIENTS = {"honest": honest, "session": session, "liar": liar, "vanishing": vanishing}


def make_pictures(folder: Path) -> None:
    """A dozen grey photographs of several formats; a copy of each in ``pristine`` that nothing disturbs."""
    photographs = [data.coffee(), data.astronaut(), data.rocket(), data.chelsea()]
    kinds = (".jpg", ".png", ".tif", ".webp")
    (folder.parent / "pristine").mkdir(exist_ok=True)
    for number in range(12):
        photograph = Image.fromarray(photographs[number % 4]).convert("L")
        scale = 0.5 + number / 6
        photograph = photograph.resize([round(side * scale) for side in photograph.size])
        path = folder / f"{number:02}{kinds[number % len(kinds)]}"
        if number == 6:  # 16 bits
            Image.fromarray(np.asarray(photograph).astype(np.uint16) * 257).save(path)
        else:
            photograph.save(path)
        shutil.copy(path, folder.parent / "pristine" / path.name)


def digest(content: bytes) -> str:
    """Of a file."""
    return hashlib.sha256(content).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Of all files of a folder, by name."""
    found = {}
    for path in folder.iterdir():
        try:
            found[path.name] = digest(path.read_bytes())
        except FileNotFoundError:  # an unfinished file, removed meanwhile
            continue
    return found


def held(process: int) -> tuple[int, int, int]:
    """Megabytes in memory, threads and open files of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    kilobytes = int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
    threads = int(re.search(r"Threads:\s+(\d+)", status)[1])  # type: ignore[index]
    return kilobytes // 1024, threads, len(list(Path(f"/proc/{process}/fd").iterdir()))


def growth(samples: list[tuple[float, int, int, int]]) -> list[str]:
    """What servers held by their age, as medians: megabytes, threads, files."""
    lines = []
    for low, high in ((WARM_SECONDS, 180), (180, 360), (360, 540)):
        some = [sample[1:] for sample in samples if low <= sample[0] < high]
        if some:
            middle = [int(np.median(column)) for column in zip(*some, strict=True)]
            most = max(sample[0] for sample in some)
            lines.append(
                f"servers {low / 60:.0f} to {high / 60:.0f} minutes old: {middle[0]} MB ({most} at most), "
                f"{middle[1]} threads, {middle[2]} open files; {len(some)} samples"
            )
    return lines


def main() -> int:
    """Run, add to the folder's sums, and print them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=Path("soak"))
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--seed", type=int, default=int(time.time()))
    asked = options.parse_args()
    soak = Soak(asked.folder, asked.seed)
    soak.begin()
    workers = [threading.Thread(target=work) for work in (soak.disturb, soak.batches, soak.serve)]
    workers += [threading.Thread(target=soak.client, args=(kind,)) for kind in (*CLIENTS, "honest")]
    begun = time.monotonic()
    for worker in workers:
        worker.start()
    try:
        time.sleep(60 * asked.minutes)
    except KeyboardInterrupt:
        pass
    finally:
        soak.over.set()
        for worker in workers:
            worker.join()
    soak.fault_file.write_text("")
    last = subprocess.run([*COMMAND, soak.pictures, "-o", f"{soak.out}/"], capture_output=True, text=True)
    if last.returncode:
        soak.fails(f"the last run: {last.stderr[-500:]}")
    soak.compare(complete=True)
    left = [path.name for path in soak.spool.iterdir()]
    if left:
        soak.fails(f"left in the folder for temporary files: {left[:5]}")
    sums_file = soak.folder / "sums.json"
    sums = (
        json.loads(sums_file.read_text())
        if sums_file.exists()
        else {"minutes": 0, "counts": {}, "wrong": [], "samples": []}
    )
    sums["minutes"] += (time.monotonic() - begun) / 60
    sums["counts"] = dict(Counter(sums["counts"]) + soak.counts)
    sums["wrong"] += soak.wrong
    sums["samples"] += soak.samples
    sums_file.write_text(json.dumps(sums))
    for name, count in sorted(sums["counts"].items()):
        print(f"{count:7} {name}")
    print("\n".join(growth(sums["samples"])))
    print(f"{sums['minutes']:.0f} minutes in sum; {len(sums['wrong'])} things that did not hold")
    return bool(sums["wrong"])


if __name__ == "__main__":
    sys.exit(main())
