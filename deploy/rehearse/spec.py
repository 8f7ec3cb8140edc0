"""What the process inside the cut-off network is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spec:
    """`path` None: look for an open port alone. `log` is the file for the app's output."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    limit_mib: float
    cold: list[str]
    log: str
    port: int | None
    path: str | None
    page: str  # what a visitor asks for
    check_name: str  # the Host of a health check
    public_name: str  # the Host of a visitor
    statuses: list[int]
    ready_s: float
    answer_s: float
    grace_s: float
    question: str
    session: list[str]  # a command that opens a page; [] where a request is enough


@dataclass(slots=True)
class Result:
    """None is what was not reached."""

    error: str | None = None
    ready_s: float | None = None
    health: int | None = None  # the status that the check was answered with
    chat: int | None = None  # of one question; None: the app has no /chat
    session: str | None = None  # what opening a page did
    stop_s: float | None = None
    exit_code: int | None = None
    working_set_mib: float | None = None  # the peak
    rss_mib: float | None = None  # the peak
    oom_killed: bool = False
    enforcement: str = ""
    warnings: list[str] = field(default_factory=list)
