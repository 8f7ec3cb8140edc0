"""Run inside the cut-off network: start the app in its limit, ask it through its own routes, write figures.

`python -m tools.migrate.verify.runner SPEC.json RESULT.json`; a process of its own, so that it can
be put into a network namespace together with the app and the local upstream.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tools import limits
from tools.migrate.verify.launch import Probe

UPSTREAM_LATENCY_MS = 50
READY_TIMEOUT_S = 180
ANSWER_TIMEOUT_S = 60
AT_A_TIME = 8
TORCH_MISSED = re.compile(r"No module named '(torch|sentence_transformers|transformers)[\w.]*'")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Spec:
    """What to run. Paths are absolute; `cold` are the trees evicted from the page cache first."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    port: int
    limit_mib: float
    cold: list[str]
    probe: dict[str, str]
    health_path: str
    questions: list[str]
    log: str


@dataclass
class Result:
    """What was seen. `error` says what went wrong, in a sentence; figures that were not reached stay None."""

    enforcement: str = ""
    warning: str | None = None
    network: str = "cut off"
    ready_s: float | None = None
    memory: dict[str, dict[str, float | None]] = field(default_factory=dict)
    latency_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: int = 0
    answered: int = 0
    questions: int = 0  # different ones
    upstream_requests: int = 0
    torch_missed: str | None = None  # the app's own words, where it caught the ImportError
    hosts: list[str] = field(default_factory=list)
    sessions: str | None = None  # "apart" | "mixed" | None: no history was ever sent
    oom_killed: bool = False
    error: str | None = None


class Failure(Exception):
    """The run cannot go on; the message is the reason."""


def main(argv: list[str]) -> int:
    if sys.platform == "linux":  # nothing is left behind when the verification itself is killed
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    spec = Spec(**json.loads(Path(argv[0]).read_text("utf-8")))
    result = Result()
    try:
        run(spec, result)
    except Failure as failure:
        result.error = str(failure)
    Path(argv[1]).write_text(json.dumps(asdict(result)), "utf-8")
    return 0


def run(spec: Spec, result: Result) -> None:
    """Fill `result` from a run of the app as `spec` says; raise Failure where it ends early."""
    with ExitStack() as stack:
        upstream = stack.enter_context(limits.upstream(latency_ms=UPSTREAM_LATENCY_MS))
        redirect = stack.enter_context(limits.redirect(upstream.base_url))
        log = stack.enter_context(open(spec.log, "wb"))
        app = stack.enter_context(
            limits.start(
                spec.command,
                limit_mib=spec.limit_mib,
                cwd=Path(spec.folder),
                env={**spec.environment, **redirect.env},
                cold=[Path(path) for path in spec.cold],
                stdout=log,
                stderr=log,
            )
        )
        result.enforcement, result.warning = str(app.enforcement), app.warning
        visitor = Visitors(spec, app)
        try:
            visitor.wait_until_ready()
            result.ready_s = round(time.monotonic() - app.started_s, 2)
            result.memory["at rest"] = _memory(app)
            _load(visitor, spec.questions, app, result)
            result.upstream_requests = upstream.count()
            result.hosts = sorted(redirect.hosts())
            result.sessions = _sessions(visitor, upstream)
        finally:
            result.memory["peak"] = _memory(app, peak=True)
            result.oom_killed = app.oom_killed
            result.asked, result.answered = visitor.asked, visitor.answered
            result.questions = len(set(spec.questions))
            missed = TORCH_MISSED.search(Path(spec.log).read_text("utf-8", errors="replace"))
            result.torch_missed = missed.group() if missed else None


def _load(visitors: Visitors, questions: list[str], app: Any, result: Result) -> None:
    one = visitors.ask_all(questions[:1], at_a_time=1)
    result.memory["after 1 question"] = _memory(app)
    rest = visitors.ask_all(questions, at_a_time=1)
    result.memory[f"after {len(questions)} questions"] = _memory(app)
    result.latency_ms["one at a time"] = _spread(one + rest)
    together = visitors.ask_all(questions, at_a_time=AT_A_TIME)
    result.memory[f"{AT_A_TIME} at a time"] = _memory(app)
    result.latency_ms[f"{AT_A_TIME} at a time"] = _spread(together)


class Visitors:
    """People at the app's own route: each thread is one visitor who keeps his cookies."""

    def __init__(self, spec: Spec, app: Any) -> None:
        self.base_url = f"http://127.0.0.1:{spec.port}"
        self.probe = Probe(**spec.probe)
        self.health_path = spec.health_path
        self.app = app
        self.log = Path(spec.log)
        self.asked = self.answered = 0
        self._counting = threading.Lock()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base_url, timeout=ANSWER_TIMEOUT_S, trust_env=False)

    def wait_until_ready(self) -> None:
        """Until the health path answers anything below 500, or the app ends."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        with self.client() as client:
            while time.monotonic() < deadline:
                if self.app.poll() is not None:
                    raise Failure(self._death("ended before it was ready"))
                try:
                    if client.get(self.health_path, timeout=5).status_code < 500:
                        return
                except httpx.TransportError:
                    time.sleep(0.02)
        raise Failure(f"not ready after {READY_TIMEOUT_S} s")

    def ask(self, client: httpx.Client, question: str) -> tuple[float, str]:
        """The answer's time in ms and its text. Raises Failure when there is no answer."""
        with self._counting:
            self.asked += 1
        started = time.perf_counter()
        try:
            answer = client.request(
                self.probe.method,
                self.probe.path,
                content=self.probe.fill(question),
                headers={"Content-Type": "application/json"},
            )
        except httpx.TransportError as error:
            raise Failure(self._death(f"{self.probe} was not answered ({error!r})")) from error
        if answer.status_code != 200:
            text = answer.text.strip()[:300]
            raise Failure(
                self._death(f"{self.probe} was answered with {answer.status_code}: {text}")
            )
        with self._counting:
            self.answered += 1
        return (time.perf_counter() - started) * 1000, answer.text

    def ask_all(self, questions: list[str], at_a_time: int) -> list[float]:
        """Ask all, shared among `at_a_time` visitors; the times in ms."""

        def visit(share: list[str]) -> list[float]:
            with self.client() as client:
                return [self.ask(client, question)[0] for question in share]

        with ThreadPoolExecutor(at_a_time) as pool:
            shares = [questions[n::at_a_time] for n in range(at_a_time)]
            return [ms for times in pool.map(visit, shares) for ms in times]

    def _death(self, what: str) -> str:
        code = self.app.poll()
        if code is None:
            return f"{what}; the app's last lines: {self._last_lines()}"
        if self.app.oom_killed:
            return f"{what}: killed for memory (exit {code})"
        return f"{what} (exit {code}): {self._last_lines()}"

    def _last_lines(self) -> str:
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return " | ".join(lines[-4:]) or "nothing was logged"


def _sessions(visitors: Visitors, upstream: Any) -> str | None:
    """Two visitors: does the second one's prompt hold what only the first one said?"""
    word = "QXALPHA771"
    with visitors.client() as first, visitors.client() as second:
        visitors.ask(first, f"My order number is {word}, can it still be changed?")
        before = len(upstream.requests())
        visitors.ask(first, "What did I just say?")
        own = json.dumps(upstream.requests()[before:])
        before = len(upstream.requests())
        visitors.ask(second, "What did the visitor before me say?")
        other = json.dumps(upstream.requests()[before:])
    if word in other:
        return "mixed"
    return "apart" if word in own else None


def _memory(app: Any, peak: bool = False) -> dict[str, float | None]:
    reading = app.peak() if peak else app.read()
    names = ("rss_mib", "anonymous_mib", "working_set_mib", "cgroup_peak_mib")
    return {name: getattr(reading, name) for name in names}


def _spread(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(p95, 1)}


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    raise SystemExit(main(sys.argv[1:]))
