"""The queue that ends, the time limit, and the client that leaves."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import httpx
import numpy as np
import pytest
from server.conftest import encoded, error_line
from starlette.requests import Request
from waiting import run_apart, until

from colorizing_things import Colorizer
from colorizing_things.server.errors import ApiError
from colorizing_things.server.pool import Pool, Urgency
from colorizing_things.server.settings import Settings

LONG = 60.0  # seconds that no test takes


def request(leaves: bool = False) -> Request:
    async def receive():
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "GET", "headers": []}, receive)


def status_of(pool: Pool, work, leaves: bool = False) -> int:
    try:
        run_apart(pool.run(request(leaves), work))
    except ApiError as refusal:
        return refusal.status
    return 200


def drained(pool: Pool) -> bool:
    until(lambda: pool.pending == 0)
    return True


def test_work_is_done_elsewhere_and_its_errors_come_back():
    pool = Pool(2, 0, 5)
    assert run_apart(pool.run(request(), lambda _: threading.current_thread().name)).startswith("request")
    with pytest.raises(ZeroDivisionError):
        run_apart(pool.run(request(), lambda _: 1 / 0))
    assert drained(pool)


def test_a_full_queue_says_when_to_try_again():
    pool, free = Pool(1, 1, LONG), threading.Event()

    async def three():
        tasks = [asyncio.ensure_future(pool.run(request(), lambda _: free.wait(LONG))) for _ in range(2)]
        while (pool.running, pool.waiting) != (1, 1):
            await asyncio.sleep(0.01)
        with pytest.raises(ApiError) as refused:
            await pool.run(request(), lambda _: None)
        free.set()
        await asyncio.gather(*tasks)
        return refused.value

    refusal = run_apart(three())
    assert refusal.status == 429 and int(refusal.headers["Retry-After"]) >= 1
    assert drained(pool)


def until_cut(deadline):
    while True:
        deadline.check()
        time.sleep(0.005)


def test_work_ends_when_its_time_is_over_or_nobody_waits():
    pool = Pool(1, 1, 0.2)
    assert status_of(pool, until_cut) == 504
    assert drained(pool)
    patient = Pool(1, 1, 10 * LONG)
    assert status_of(patient, until_cut, leaves=True) == 499
    assert drained(patient)  # long before its time is over


def test_the_urgent_passes_what_waits_and_what_nobody_waits_for_is_not_begun():
    pool, free, begun, done = Pool(1, 8, LONG), threading.Event(), threading.Event(), []

    async def crowd():
        def piece(name, urgency):
            return asyncio.ensure_future(pool.run(request(), lambda _: done.append(name), urgency))

        first = asyncio.ensure_future(pool.run(request(), lambda _: begun.set() or free.wait(LONG)))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        later, left = piece("variants", Urgency.LATER), piece("left", Urgency.NOW)
        rest = [piece("opening", Urgency.SOON), piece("hint", Urgency.NOW), piece("palette", Urgency.NOW)]
        while pool.waiting != 5:
            await asyncio.sleep(0.01)
        left.cancel()
        await asyncio.wait((left,))
        free.set()
        await asyncio.gather(first, later, *rest)

    run_apart(crowd())
    assert done == ["hint", "palette", "opening", "variants"]
    assert drained(pool)


def test_variants_that_nobody_waits_for_end_after_the_one_in_hand(serving, jpg):
    with serving(Settings(workers=1, queue=8)) as client:
        state, sent = client.app.state.app_state, {"files": {"file": ("a.jpg", jpg)}}
        session = client.post("/v1/sessions", **sent).json()["id"]
        started = time.monotonic()
        client.post(f"/v1/sessions/{session}/variants", json={"count": 16, "seed": 1})
        one = (time.monotonic() - started) / 16
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"/v1/sessions/{session}/variants", json={"count": 16, "seed": 2}, timeout=2 * one)
        assert drained(state.pool)
        (_, _, _, seed, *_), drawn = state.store.get(session)._drawn
        assert (seed, len(drawn)) == (1, 16)  # the others were not drawn to the end


def test_closing_cuts_short_what_runs():
    pool, begun = Pool(1, 0, LONG), threading.Event()

    async def close_meanwhile():
        task = asyncio.ensure_future(pool.run(request(), lambda deadline: begun.set() or until_cut(deadline)))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        pool.close()
        with pytest.raises(ApiError):
            await task
        with pytest.raises(ApiError) as refused:
            await pool.run(request(), until_cut)
        return refused.value.status

    assert run_apart(close_meanwhile()) == 503


def test_a_server_with_too_much_to_do(serving, jpg):
    free, encode = threading.Event(), Colorizer.encode

    def held(*words, **options):
        free.wait(LONG)
        return encode(*words, **options)

    with (
        serving(Settings(workers=1, queue=1)) as client,
        ThreadPoolExecutor(8) as threads,
        mock.patch.object(Colorizer, "encode", held),
    ):

        def ask(_):
            return httpx.post(f"{client.base_url}/v1/colorize", files={"file": ("a.jpg", jpg)}, timeout=LONG)

        asked = [threads.submit(ask, number) for number in range(8)]
        until(lambda: sum(each.done() for each in asked) == 6)  # refused at once
        free.set()
        answers = [each.result() for each in asked]
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [200] * 2 + [429] * 6, statuses
        refused = answers[statuses.index(429)]
        assert "try again" in error_line(refused, 429) and int(refused.headers["Retry-After"]) >= 1
        assert client.get("/healthz").status_code == 200


def test_a_server_out_of_time(serving, gray_photo):
    large = encoded(np.tile(gray_photo, (6, 6)), "PNG")
    with serving(Settings(workers=1, time_limit=0.05)) as client:
        answer = client.post("/v1/colorize", files={"file": ("a.png", large)})
        assert "0.05 s" in error_line(answer, 504)
        assert drained(client.app.state.app_state.pool)


@pytest.mark.parametrize("ask", ["colorize", "variants"])
def test_a_missed_deadline_frees_its_worker_soon(serving, jpg, ask):
    """A large network, or sixteen variants, take many seconds."""
    limit = 1.0 if ask == "variants" else 0.2  # s: a session is to be made within it
    with serving(Settings(workers=1, time_limit=limit, max_size=800)) as client:
        files = {"file": ("old.jpg", jpg)}
        if ask == "variants":
            made = client.post("/v1/sessions", files=files)
            while made.status_code == 504:  # a busy machine
                made = client.post("/v1/sessions", files=files)
            address, said = f"/v1/sessions/{made.json()['id']}/variants", {"json": {"count": 16}}
            answer = client.post(address, **said)
        else:
            options = {"size": "800", "variants": "16", "variant": "15"}
            answer = client.post("/v1/colorize", files=files, data=options)
        assert answer.status_code == 504 or ask == "variants"
        worked, pool = time.process_time(), client.app.state.app_state.pool  # this process', the server's threads too
        until(lambda: pool.pending == 0)
        assert time.process_time() - worked < 1  # in seconds of a core, however busy the machine is
