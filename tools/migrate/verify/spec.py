"""What the runner is asked to do, and what it saw: both cross a process as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spec:
    """What to run. Paths are absolute; `cold` are the trees evicted from the page cache first.

    Each of `commands` runs to its end, one after the other; then `server`, if there is one, is
    started and visited: by `probe` with the questions, else its `pages` and a `session` of its
    framework's own.
    """

    folder: str
    environment: dict[str, str]
    limit_mib: float | None
    log: str
    commands: list[list[str]] = field(default_factory=list)
    server: list[str] = field(default_factory=list)
    port: int = 0
    cold: list[str] = field(default_factory=list)
    health_path: str = "/"
    probe: dict[str, str] | None = None
    questions: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    session: list[str] = field(default_factory=list)  # a command; or ["chainlit"], asked from here


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
    store_error: str | None = None  # the copied runtime's own words in the log
    hosts: list[str] = field(default_factory=list)
    sessions: str | None = None  # "apart" | "mixed" | None: no history was ever sent
    pages: dict[str, int] = field(default_factory=dict)  # path -> status
    session: str | None = None  # what became of a visitor's session; None: there was none
    session_asked: bool = False  # whether a question was part of it
    session_error: str | None = None
    oom_killed: bool = False
    error: str | None = None
