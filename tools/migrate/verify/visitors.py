"""People at the app's own routes, on the loopback interface."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tools.limits import Limited
from tools.migrate.verify.probe import Probe
from tools.migrate.verify.spec import Spec

READY_TIMEOUT_S = 180
ANSWER_TIMEOUT_S = 60


class Failure(Exception):
    """The run cannot go on; the message is the reason."""


class Visitors:
    """Each thread is one visitor who keeps his cookies."""

    def __init__(self, spec: Spec, app: Limited) -> None:
        self.base_url = f"http://127.0.0.1:{spec.port}"
        self.probe = Probe(**spec.probe) if spec.probe else None
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
                    raise Failure(self.death("ended before it was ready"))
                try:
                    if client.get(self.health_path, timeout=5).status_code < 500:
                        return
                except httpx.TransportError:
                    time.sleep(0.02)
        raise Failure(self.death(f"not ready after {READY_TIMEOUT_S} s"))

    def open(self, path: str) -> int:
        """The status of a page, redirects followed. Raises Failure when there is no answer."""
        with self.client() as client:
            try:
                return client.get(path, follow_redirects=True).status_code
            except httpx.HTTPError as error:
                raise Failure(self.death(f"GET {path} was not answered ({error!r})")) from error

    def ask(self, client: httpx.Client, question: str) -> tuple[float, str]:
        """The answer's time in ms and its text. Raises Failure when there is no answer."""
        assert self.probe is not None
        with self._counting:
            self.asked += 1
        started = time.perf_counter()
        try:
            answer = client.request(
                self.probe.method,
                self.probe.fill_path(question),
                content=self.probe.fill(question),
                headers={"Content-Type": self.probe.content_type} if self.probe.body else {},
            )
        except httpx.TransportError as error:
            raise Failure(self.death(f"{self.probe} was not answered ({error!r})")) from error
        if answer.status_code != 200:
            text = answer.text.strip()[:300]
            raise Failure(
                self.death(f"{self.probe} was answered with {answer.status_code}: {text}")
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

    def death(self, what: str) -> str:
        """`what`, with how the app ended or what it last said."""
        code = self.app.poll()
        if code is None:
            return f"{what}; the app's last lines: {last_lines(self.log)}"
        if self.app.oom_killed:
            return f"{what}: killed for memory (exit {code})"
        return f"{what} (exit {code}): {last_lines(self.log)}"


def last_lines(log: Path, count: int = 4) -> str:
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return " | ".join(line.strip() for line in lines[-count:]) or "nothing was logged"
