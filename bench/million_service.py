"""The service on a store of a million chunks, inside a limit, on a cold cache."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

from tools.limits import start
from tools.limits.free_port import free_port
from tools.limits.ready import await_ready

ROOT = Path(__file__).resolve().parent.parent
WARM_UP = 100
TOP_K = 10


def service_figures(
    model: Path,
    store: Path,
    small: Path,
    questions: list[str],
    true: list[list[int]],
    limit_mib: float,
) -> dict[str, Any]:
    """Ready, recall of the sources of its answers, ms, and what a small store takes beside it."""
    little = _serve(model, small, questions, None, limit_mib)
    large = _serve(model, store, questions, true, limit_mib)
    grown = large["anonymous_mib"] - little["anonymous_mib"]
    return {**large, "anonymous_growth_mib": round(grown, 1), "small_store": little}


def _serve(
    model: Path, store: Path, questions: list[str], true: list[list[int]] | None, limit_mib: float
) -> dict[str, Any]:
    port = free_port()
    environment = os.environ | {
        "MODEL_DIR": str(model),
        "STORE_DIR": str(store),
        "CHAT_ENGINE": "extractive",
        "CACHE_MIB": "0",
        "TOP_K": str(TOP_K),
        "LOG_LEVEL": "error",
    }
    cold = [Path(sysconfig.get_paths()["platlib"]), model, store, ROOT / "service"]
    command = [sys.executable, "-m", "service", "--port", str(port)]
    with start(
        command,
        limit_mib=limit_mib,
        cwd=ROOT,
        env=environment,
        cold=cold,
        stderr=subprocess.DEVNULL,
    ) as service:
        started = service.started_s
        await_ready(service, port)
        ready = time.monotonic() - started
        times, shares = _ask(port, questions, true)
        reading = service.read()
        return {
            "ready_s": round(ready, 2),
            "p50_ms": round(statistics.median(times[WARM_UP:]), 2),
            "p95_ms": round(statistics.quantiles(times[WARM_UP:], n=20)[-1], 2),
            "recall": round(statistics.fmean(shares), 4) if shares else None,
            "anonymous_mib": round(reading.anonymous_mib or 0, 1),
            "rss_mib": round(reading.rss_mib or 0, 1),
            "working_set_mib": reading.working_set_mib and round(reading.working_set_mib, 1),
            "major_faults": reading.major_faults,
            "killed": service.oom_killed,
            "enforcement": str(service.enforcement),
        }


def _ask(
    port: int, questions: list[str], true: list[list[int]] | None
) -> tuple[list[float], list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, shares = [], []
    for at, question in enumerate(questions):
        body = json.dumps({"question": question, "session_id": f"million-{at}"})
        started = time.perf_counter()
        connection.request("POST", "/chat", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        times.append((time.perf_counter() - started) * 1000)
        if true is not None:
            found = {int(source["id"]) for source in answer["sources"]}
            shares.append(len(found & set(true[at])) / TOP_K)
    connection.close()
    return times, shares
