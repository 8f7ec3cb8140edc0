"""What the servers' command lines take: which flags make workers, and which reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Server:
    """The flags of one program, as far as they concern workers, reloading and debugging."""

    workers: tuple[str, ...] = ()  # flags whose value is a number of processes
    dropped: tuple[str, ...] = ()  # flags without a value that reload or debug
    dropped_with_value: tuple[str, ...] = ()  # flags that only go with those
    boolean: tuple[str, ...] = ()  # flags whose value becomes false
    clustered: str = ""  # short flags without a value that are dropped, also out of `-wh`
    renamed: Mapping[str, str] = field(default_factory=dict)  # sub-commands


UVICORN = Server(
    workers=("--workers",),
    dropped=("--reload",),
    dropped_with_value=("--reload-dir", "--reload-include", "--reload-exclude", "--reload-delay"),
)
FLASK = Server(dropped=("--debug", "--debugger", "--reload"))
SERVERS: Mapping[str, Server] = {
    "gunicorn": Server(
        workers=("-w", "--workers"),
        dropped=("--reload",),
        dropped_with_value=("--reload-engine", "--reload-extra-file"),
    ),
    "uvicorn": UVICORN,
    "hypercorn": Server(workers=("-w", "--workers"), dropped=("--reload", "--debug")),
    "granian": Server(workers=("--workers",), dropped=("--reload",)),
    "fastapi": Server(
        workers=("--workers",),
        dropped=("--reload",),
        dropped_with_value=("--reload-dir",),
        renamed={"dev": "run"},
    ),
    "flask": FLASK,
    "quart": FLASK,
    "streamlit": Server(boolean=("--server.runOnSave",)),
    "chainlit": Server(dropped=("--watch", "--debug"), clustered="wd"),
}
# A sub-command that must be there: `flask db upgrade` and `streamlit config` serve nothing.
NEEDED: Mapping[str, frozenset[str]] = {
    "fastapi": frozenset({"dev", "run"}),
    "flask": frozenset({"run"}),
    "quart": frozenset({"run"}),
    "streamlit": frozenset({"run"}),
    "chainlit": frozenset({"run"}),
}
# What may stand before the server in its command.
WRAPPERS = frozenset(
    [
        "exec",
        "env",
        "nohup",
        "time",
        "setsid",
        "sudo",
        "call",
        "start",
        "if",
        "then",
        "else",
        "do",
        "while",
        "until",
        "!",
        "--",
        "run",
        "-m",
        "-u",
        "-O",
        "poetry",
        "uv",
        "pipenv",
        "pdm",
        "hatch",
        "rye",
        "conda",
        "tini",
        "dumb-init",
        "gosu",
        "su-exec",
        "nice",
        "ionice",
        "ddtrace-run",
        "opentelemetry-instrument",
        "newrelic-admin",
        "run-program",
        "@",
        "--no-sync",
        "--frozen",
    ]
)
