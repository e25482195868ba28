"""What Prometheus may know: requests, latency, queue, sessions, and the process itself."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .pool import Pool
from .store import Store

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """One server's, in a registry of its own."""

    def __init__(self, pool: Pool, store: Store[Any], films: Store[Any]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("method", "route")
        self.requests = Counter(
            "colorize_requests", "Requests answered.", (*labels, "status"), registry=self.registry
        )  # fmt: skip
        self.seconds = Histogram(
            "colorize_request_seconds", "From request to answer.", labels, buckets=BUCKETS, registry=self.registry
        )
        gauges = {
            "colorize_queue_length": ("Pieces of work waiting for a thread.", lambda: pool.waiting),
            "colorize_jobs_running": ("Pieces of work that a thread is busy with.", lambda: pool.running),
            "colorize_sessions": ("Sessions kept.", lambda: len(store)),
            "colorize_session_bytes": ("Bytes that sessions hold.", lambda: store.bytes),
            "colorize_films": ("Films kept.", lambda: len(films)),
            "colorize_film_bytes": ("Bytes on disk of films that were sent.", lambda: films.bytes),
        }
        for name, (detail, value) in gauges.items():
            Gauge(name, detail, registry=self.registry).set_function(value)


class MetricsMiddleware:
    """Counts and times every request by its route, never by its path: paths hold the ids of sessions."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(method, route).observe(time.perf_counter() - started)
