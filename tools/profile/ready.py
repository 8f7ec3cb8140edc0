"""Finding where an app listens and which path tells that it is ready."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, replace

from tools.limits import Limited
from tools.profile.client import Request, ask
from tools.profile.ports import Address, listening

READY_PATHS = ("/ready", "/readyz")
HEALTH_PATHS = ("/health", "/healthz", "/healthcheck", "/_stcore/health", "/", "/docs")
_POLL_S, _SEARCH_S, _TIMEOUT_S = 0.005, 0.1, 10.0


@dataclass(frozen=True)
class Door:
    """Where an app is reached: `ready_path` answers 200 once it is ready, `health_path` while alive."""

    address: Address
    ready_path: str
    health_path: str


class Ended(Exception):
    """The run got no further; the message says why, `stage` where it was, `output` what it wrote.

    `alive` when only our patience ended.
    """

    def __init__(
        self, stage: str, reason: str, *, killed: bool = False, alive: bool = False
    ) -> None:
        super().__init__(reason)
        self.stage, self.killed, self.alive, self.output = stage, killed, alive, ""

    @property
    def unanswered(self) -> bool:
        """It was ready, and a request ran out of our patience."""
        return self.alive and self.stage not in ("imports", "model", "store", "ready")


def await_listening(app: Limited, guess: Address, deadline_s: float) -> Address:
    """Wait until the tree listens: at `guess` (5 ms exact), or anywhere (0.1 s). Raises Ended."""
    search_s = time.monotonic() + _SEARCH_S
    while True:
        check_alive(app, "imports")
        if _connects(guess) and guess in (listening(app.pids()) or [guess]):
            return guess
        if time.monotonic() >= search_s:
            found = listening(app.pids())
            if found:
                return found[0]
            search_s = time.monotonic() + _SEARCH_S
        if time.monotonic() >= deadline_s:
            raise Ended(
                "imports",
                "it did not listen on any port in time. What answers no HTTP, such as a worker or a"
                " bot that polls, cannot be measured; a web app listens at $PORT, or give it more time"
                " with --ready-within",
                alive=True,
            )
        time.sleep(_POLL_S)


def await_ready(app: Limited, door: Door, deadline_s: float) -> Door:
    """Wait for the first 200 on the ready path, wherever it listens in this run. Raises Ended."""
    status = None
    addresses = [door.address]
    while time.monotonic() < deadline_s:
        for address in addresses:
            check_alive(app, "ready")
            status = ask(address, Request("GET", door.ready_path), _TIMEOUT_S)
            if status == 200:
                return replace(door, address=address)
        time.sleep(_POLL_S)
        addresses = listening(app.pids()) or addresses
    last = "gave no answer" if status is None else f"last answered {status}"
    raise Ended("ready", f"GET {door.ready_path} {last}", alive=True)


def find_door(app: Limited, address: Address, health: str | None, deadline_s: float) -> Door:
    """Wait for the first 200 on a path that is likely to tell, or on `health`. Raises Ended."""
    statuses: dict[str, int | None] = {}
    while time.monotonic() < deadline_s:
        check_alive(app, "ready")
        for path in [health] if health else [*READY_PATHS, *HEALTH_PATHS]:
            statuses[path] = ask(address, Request("GET", path), _TIMEOUT_S)
        fine = [path for path, status in statuses.items() if status == 200]
        waiting = [path for path in READY_PATHS if statuses.get(path) == 503]
        if fine and not waiting:
            alive = next((path for path in fine if path not in READY_PATHS), fine[0])
            return Door(address, fine[0], alive)
        time.sleep(_POLL_S)
    tried = ", ".join(f"{path} {status or 'no answer'}" for path, status in statuses.items())
    raise Ended("ready", f"no path answered 200 ({tried}); name one with --health", alive=True)


def check_alive(app: Limited, stage: str) -> None:
    """Raises Ended when the app's first process has ended or any was killed for memory."""
    if app.oom_killed:
        raise Ended(stage, "killed for memory", killed=True)
    code = app.poll()
    if code is not None:
        raise Ended(
            stage, f"ended with exit code {code}" if code >= 0 else f"ended by signal {-code}"
        )


def _connects(address: Address) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=1):
            return True
    except OSError:
        return False
