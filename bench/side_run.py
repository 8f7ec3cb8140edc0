"""One run of one side: its start, its rest, its questions, inside a limit. Dying is a result."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.load import Load, ask
from bench.sides import Side
from tools.limits import Limited, redirect, start, upstream
from tools.limits.free_port import free_port
from tools.limits.ready import NotReady, await_ready

LATENCY_MS = 50
ONE_AT_A_TIME, VISITORS, AT_ONCE = 200, 8, 240
# What is slower is called dead: a host's health check gives up long before.
READY_WITHIN_S, ANSWERED_WITHIN_S = 120, 240


class Ended(Exception):
    """The run got no further; the message says why."""


def measure(side: Side, limit_mib: float, asked: Sequence[str], log: Path) -> dict[str, Any]:
    """The figures as far as they were reached, the others None, and `ended`: None or a reason."""
    found: dict[str, Any] = dict.fromkeys(FIGURES)
    with ExitStack() as stack:
        local = stack.enter_context(upstream(latency_ms=LATENCY_MS))
        environment = {
            k: v.replace("{upstream}", local.base_url) for k, v in side.environment.items()
        }
        if side.redirected:
            environment |= stack.enter_context(redirect(local.base_url)).env
        port = free_port()
        written = stack.enter_context(log.open("wb"))
        app = stack.enter_context(
            start(
                [str(side.python), *(word.replace("{port}", str(port)) for word in side.arguments)],
                limit_mib=limit_mib,
                cwd=side.folder,
                env={**_own_environment(), **environment},
                cold=side.cold,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        )
        try:
            found["ready_s"] = _ready_s(app, port, side.ready_path)
            time.sleep(1)
            found |= _memory(app, "rest")
            found |= _times("one", _ask(app, port, asked[:ONE_AT_A_TIME], 1))
            found |= _memory(app, "after_200")
            found |= _times("many", _ask(app, port, asked[ONE_AT_A_TIME:], VISITORS))
            found |= _memory(app, "many")
            ended = None
        except Ended as reason:
            ended = f"killed for memory: {reason}" if app.oom_killed else str(reason)
        found["peak_rss_mib"] = app.peak().rss_mib
        return {**found, "ended": ended, "enforcement": str(app.enforcement)}


STAGES = ("rest", "after_200", "many")
FIGURES = (
    "ready_s",
    *(f"{stage}_{kind}_mib" for stage in STAGES for kind in ("rss", "anonymous", "working_set")),
    *(f"{load}_{figure}" for load in ("one", "many") for figure in ("p50_ms", "p95_ms")),
    "many_per_second",
    "peak_rss_mib",
)


def _own_environment() -> dict[str, str]:
    """This process's, without what leads to its own packages or to its own keys."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _ready_s(app: Limited, port: int, path: str) -> float:
    try:
        return await_ready(app, port, path, within_s=READY_WITHIN_S)
    except NotReady as error:
        raise Ended(error.reason) from None


def _ask(app: Limited, port: int, asked: Sequence[str], at_a_time: int) -> Load:
    try:
        load = ask(port, asked, sessions=at_a_time, at_a_time=at_a_time, within_s=ANSWERED_WITHIN_S)
    except TimeoutError:
        raise Ended(
            f"{len(asked)} questions, {at_a_time} at a time, took over {ANSWERED_WITHIN_S} s"
        ) from None
    except (OSError, asyncio.IncompleteReadError) as error:
        code = app.wait(5)
        raise Ended(f"ended with {code} while it was asked {at_a_time} at a time") from error
    if load.answered < load.asked:
        raise Ended(f"{load.asked - load.answered} of {load.asked} questions got an error")
    return load


def _times(prefix: str, load: Load) -> dict[str, float]:
    found = {f"{prefix}_p50_ms": load.p50_ms, f"{prefix}_p95_ms": load.p95_ms}
    return found if prefix == "one" else {**found, "many_per_second": load.per_second}


def _memory(app: Limited, stage: str) -> dict[str, float | None]:
    reading = app.read()
    return {
        f"{stage}_rss_mib": reading.rss_mib,
        f"{stage}_anonymous_mib": reading.anonymous_mib,
        f"{stage}_working_set_mib": reading.working_set_mib,
    }
