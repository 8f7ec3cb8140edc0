"""Locust as a process of its own, and what it has written when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.options import HISTORY, STATISTICS, STOP, Options
from loadtests.say import say
from loadtests.target import ROOT
from vectorstore.commandline import CommandError

_FINISH_S = 15  # for the answers that are still awaited when the load ends
_POLL_S = 0.2


@dataclass(frozen=True)
class Interrupted:
    """Ended from outside, by Ctrl-C or SIGTERM, after so many seconds of load."""

    after_s: int
    exit_code: int


@dataclass(frozen=True)
class Sent:
    """What Locust has counted. `entries`: kind, name, requests, failures, times; `errors`: the same of errors.

    `history` has one object a second, `steps` those of a ramp. `unasked`: questions that were due,
    and that nobody was free to ask. `interrupted`: None when it went to its end.
    """

    entries: Sequence[dict[str, Any]]
    errors: Sequence[dict[str, Any]]
    history: Sequence[dict[str, Any]]
    steps: Sequence[dict[str, Any]]
    unasked: int = 0
    interrupted: Interrupted | None = None


def drive(host: str, options: Options, extra: Sequence[str], ended: Callable[[], bool]) -> Sent:
    """Run the load against `host` until it is over, or until `ended` says that nobody is there.

    Ctrl-C and SIGTERM (tools.limits.sigterm) end the load, too, and what was counted until then is
    kept; where nothing was counted yet they are raised. Raises CommandError when Locust could not begin.
    """
    out = Path(options.out)
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests/locustfile.py")]
    command += ["--host", host, "--headless", "--only-summary", "--loglevel", "WARNING"]
    command += ["--stop-timeout", str(_FINISH_S), *extra]
    with (out / "locust.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **options.environment(), "PYTHONPATH": _path()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            interrupted = _finish(process, ended, out)
        finally:
            _kill(process)
    return _read(out, process.returncode, interrupted)


def _path() -> str:
    """Where Locust finds an adapter's module: also in the folder that we were called in."""
    return os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))


def _finish(
    process: subprocess.Popen[bytes], ended: Callable[[], bool], out: Path
) -> Interrupted | None:
    """Await the end of the load, and of Locust. Whoever interrupts that, too, gets no report."""
    try:
        _await(process, ended)
        _end(process, out)
    except (KeyboardInterrupt, SystemExit) as error:
        number = signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
        found = Interrupted(len(_lines(out / HISTORY)), 128 + number)
        say("ending the load, then comes the report; Ctrl-C ends without one")
        _end(process, out)
        if not (out / STATISTICS).exists():
            raise
        return found
    return None


def _await(process: subprocess.Popen[bytes], ended: Callable[[], bool]) -> None:
    while process.poll() is None and not ended():
        time.sleep(_POLL_S)


def _end(process: subprocess.Popen[bytes], out: Path) -> None:
    """Let Locust finish. Not by a signal: it handles none before its shape is over."""
    (out / STOP).touch()
    with suppress(subprocess.TimeoutExpired):
        process.wait(2 * _FINISH_S)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With the processes of --processes, which are in its group, and outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(out: Path, code: int, interrupted: Interrupted | None) -> Sent:
    file = out / STATISTICS
    if not file.exists():
        said = (out / "locust.log").read_text("utf-8", "replace").strip().splitlines()[-8:]
        raise CommandError(
            f"Locust ended with {code} and left no statistics:\n  " + "\n  ".join(said)
        )
    statistics = json.loads(file.read_text("utf-8"))
    history = [json.loads(line) for line in _lines(out / HISTORY)]
    ramp = out / "ramp.json"
    steps = json.loads(ramp.read_text("utf-8")) if ramp.exists() else []
    entries = [_entry(entry) for entry in statistics["entries"]]
    errors = [_error(error) for error in statistics["errors"]]
    return Sent(entries, errors, history, steps, statistics["unasked"], interrupted)


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": entry["method"],
        "name": entry["name"],
        "requests": entry["num_requests"],
        "failures": entry["num_failures"],
        "times": {int(time_ms): n for time_ms, n in entry["response_times"].items()},
    }


def _error(error: dict[str, Any]) -> dict[str, Any]:
    text = str(error["error"]).removeprefix("Wrong(").removeprefix("NotAnAnswer(")
    return {
        "kind": error["method"],
        "name": error["name"],
        "error": _unquoted(text.removesuffix(")")),
        "count": error["occurrences"],
    }


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in ("'", '"') and text[-1:] == text[:1] else text


def _lines(file: Path) -> list[str]:
    """Whole lines: a process that was killed leaves half of one."""
    text = file.read_text("utf-8") if file.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()
