"""What GET /metrics shows, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from service import logs, memory
from service.answer_cache import AnswerCache
from service.answers import UPSTREAM_FAILURES
from service.engine import Engine
from service.errors import Reason
from service.gate import Gate
from service.guard import Guard
from service.sessions import SessionStore
from service.turn_events import Done

# Each counter and histogram would show a second series with the time it was made.
disable_created_metrics()  # type: ignore[no-untyped-call]

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of the requests; the other figures are read when they are asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "fit512_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "fit512_request_seconds",
            "Time from a request's headers to the end of its response.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._retrieve_seconds = Histogram(
            "fit512_retrieve_seconds",
            "Time to embed a question and search the store, waiting included.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._first_token_seconds = Histogram(
            "fit512_first_token_seconds",
            "Time from the documents to the first piece of the answer.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._answer_seconds = Histogram(
            "fit512_answer_seconds",
            "Time from the documents to the end of the answer: the upstream, where there is one.",
            buckets=SECONDS,
            registry=self._registry,
        )

        self._refused = Counter(
            "fit512_refused",
            "Requests turned away, at once or when it came to be their turn.",
            ("reason",),
            registry=self._registry,
        )
        for reason in filter(None, get_args(Reason)):
            self._refused.labels(reason)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request. `route` is a template of ours, never a client's path."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refuse(self, reason: Reason) -> None:
        """Count one request that was turned away."""
        self._refused.labels(reason).inc()

    def turn(self, done: Done) -> None:
        """Count the times of one whole turn, unless it came from the cache."""
        if done.cached:
            return
        self._retrieve_seconds.observe(done.retrieve_s)
        self._first_token_seconds.observe(done.first_token_s)
        self._answer_seconds.observe(done.answer_s)

    def watch(self, watched: Watched, info: dict[str, str]) -> None:
        """Show the figures of these, too. `info` names versions, model and engine."""
        self._registry.register(_Gauges(watched, info))

    def watch_connections(self, opened: Collection[object], closed: Mapping[int, int]) -> None:
        """Show how many there are, what they hold, and how many were closed with which status."""
        self._registry.register(_Closed(closed))

        def held(what: str) -> int:
            return sum(getattr(one, what, 0) for one in list(opened))

        for name, meaning, read in (
            ("connections", "Open connections.", lambda: len(opened)),
            ("head_bytes", "Heads of requests that they hold.", partial(held, "held_bytes")),
            ("unread_bytes", "Answers that clients have not taken yet.", partial(held, "unread")),
        ):
            Gauge(f"fit512_{name}", meaning, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self._registry)


@dataclass(frozen=True, slots=True)
class Watched:
    """What has figures of its own."""

    engine: Engine
    sessions: SessionStore
    cache: AnswerCache
    guard: Guard
    gate: Gate


class _Closed(Collector):
    def __init__(self, closed: Mapping[int, int]) -> None:
        self._closed = closed

    def collect(self) -> Iterator[Metric]:
        closed = CounterMetricFamily(
            "fit512_connections_closed", "Connections out of their bounds.", labels=("status",)
        )
        for status, count in sorted(self._closed.items()):
            closed.add_metric((str(status),), count)
        yield closed


class _Gauges(Collector):
    def __init__(self, watched: Watched, info: dict[str, str]) -> None:
        self._watched = watched
        self._info = info

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("fit512", "What runs.", self._info)
        in_flight = "Questions worked on or waiting."
        yield GaugeMetricFamily("fit512_in_flight", in_flight, self._watched.engine.in_flight)
        waiting = "Questions that wait to be embedded."
        yield GaugeMetricFamily("fit512_embed_waiting", waiting, self._watched.engine.waiting)
        yield from self._of_sessions()
        yield from self._of_cache()
        yield from self._of_upstream()
        yield from self._of_gate()
        yield from _of_memory()

    def _of_sessions(self) -> Iterator[Metric]:
        self._watched.sessions.sweep()
        usage = self._watched.sessions.usage()
        if usage.count is not None:
            yield GaugeMetricFamily("fit512_sessions", "Conversations kept.", usage.count)
            yield GaugeMetricFamily("fit512_sessions_bytes", "What they take.", usage.bytes)
        dropped = CounterMetricFamily(
            "fit512_sessions_dropped", "Conversations dropped.", labels=("reason",)
        )
        dropped.add_metric(("room",), usage.evicted)
        dropped.add_metric(("age",), usage.expired)
        dropped.add_metric(("memory",), usage.shed)
        dropped.add_metric(("damaged",), usage.damaged)
        yield dropped
        failed = "Times that the conversations could not be reached."
        yield CounterMetricFamily("fit512_sessions_failed", failed, usage.failed)

    def _of_cache(self) -> Iterator[Metric]:
        usage = self._watched.cache.usage()
        yield GaugeMetricFamily("fit512_cache_answers", "Answers kept.", usage.count)
        yield GaugeMetricFamily("fit512_cache_bytes", "What they take.", usage.bytes)
        asked = CounterMetricFamily(
            "fit512_cache_requests", "Questions looked up in the cache.", labels=("result",)
        )
        asked.add_metric(("hit",), usage.hits)
        asked.add_metric(("similar",), usage.similar)
        asked.add_metric(("miss",), usage.misses)
        yield asked

    def _of_upstream(self) -> Iterator[Metric]:
        breaker = self._watched.engine.breaker
        if breaker:
            opened = "Times that the upstream was left alone, for it failed."
            yield CounterMetricFamily("fit512_upstream_breaker_opened", opened, breaker.opened)
            is_open = "Whether it is left alone now."
            yield GaugeMetricFamily("fit512_upstream_breaker_open", is_open, breaker.is_open)
        failures = self._watched.engine.upstream_failures
        if failures is not None:
            failed = CounterMetricFamily(
                "fit512_upstream_failures", "Calls of the upstream that failed.", labels=("reason",)
            )
            for reason in UPSTREAM_FAILURES:
                failed.add_metric((reason,), failures.get(reason, 0))
            yield failed
        held = self._watched.engine.upstream_held
        if held is not None:
            arriving = "Answers of the upstream that are arriving."
            yield GaugeMetricFamily("fit512_upstream_bytes", arriving, held)

    def _of_gate(self) -> Iterator[Metric]:
        gate, guard = self._watched.gate, self._watched.guard
        bodies = "Bodies of the requests that are read or answered."
        yield GaugeMetricFamily("fit512_body_bytes", bodies, gate.body_bytes)
        clients = "Clients whose rate is known here."
        yield GaugeMetricFamily("fit512_rate_limit_clients", clients, gate.rate_limit.clients)
        lines = "Log lines left out, more than there may be in a second."
        yield CounterMetricFamily("fit512_log_lines_dropped", lines, logs.PACE.dropped)
        level = "0 ample, 1 no cache, 2 fewer sessions, 3 no new questions."
        yield GaugeMetricFamily("fit512_memory_guard_level", level, guard.level)
        if guard.room:
            free = "Left below the limit that the guard goes by."
            yield GaugeMetricFamily("fit512_memory_free_bytes", free, guard.room.free)
            yield GaugeMetricFamily("fit512_memory_limit_bytes", "That limit.", guard.room.limit)


def _of_memory() -> Iterator[Metric]:
    for name, (meaning, value) in memory_figures().items():
        yield GaugeMetricFamily(f"fit512_{name}_bytes", meaning, value)


def memory_figures() -> dict[str, tuple[str, int]]:
    """Name -> meaning and bytes of every memory figure that can be read here."""
    process, group = memory.process(), memory.group()
    usage, working_set, limit = (
        (group.usage, group.working_set, group.limit) if group else (None, None, None)
    )
    figures = {
        "rss": ("Resident set of this process.", process.rss),
        "anonymous": ("The part of it that no file backs.", process.anonymous),
        "mapped_files": ("The part of it that files back.", process.file),
        "cgroup_usage": ("Charged to the control group.", usage),
        "cgroup_working_set": (
            "That without the file pages that the kernel can take back.",
            working_set,
        ),
        "cgroup_limit": ("Limit of the control group.", limit),
    }
    return {
        name: (meaning, value) for name, (meaning, value) in figures.items() if value is not None
    }
