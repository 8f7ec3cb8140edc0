"""The service on a store of a million chunks, inside a limit, on a cold cache; then warm.

Warm: as many other questions were asked before that most of what the lists take is in the page
cache, as far as the limit leaves room. What of the index's file is there is measured, too. The time
of a search is what the service says itself (`Server-Timing`): the index and the texts, without the
embedding.
"""

from __future__ import annotations

import http.client
import json
import mmap
import os
import re
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.limits import start
from tools.limits.cold import resident_pages
from tools.limits.free_port import free_port
from tools.limits.ready import await_ready
from vectorstore.manifest import INDEX

ROOT = Path(__file__).resolve().parent.parent
WARM_UP = 100
TOP_K = 10
SEARCH = re.compile(r"search;dur=([\d.]+)")


def service_figures(
    model: Path,
    store: Path,
    small: Path,
    questions: list[str],
    true: list[list[int]],
    limit_mib: float,
    *,
    warming: Sequence[str],
    others: Sequence[str],
) -> dict[str, Any]:
    """Ready, recall of the sources of its answers, ms, and what a small store takes beside it.

    `search`: how long the searches for `others` took after `warming` was asked. Memory is read after
    all of them, which both stores are asked; `asked` is their number.
    """
    little = _serve(model, small, questions, None, limit_mib, warming, others)
    large = _serve(model, store, questions, true, limit_mib, warming, others)
    grown = large["anonymous_mib"] - little["anonymous_mib"]
    return {**large, "anonymous_growth_mib": round(grown, 1), "small_store": little}


def _serve(
    model: Path,
    store: Path,
    questions: list[str],
    true: list[list[int]] | None,
    limit_mib: float,
    warming: Sequence[str],
    others: Sequence[str],
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
        first = _ask(port, "first", questions, true)
        times, shares = first.whole_ms, first.shares
        search = _warm_searches(port, store, warming, others)
        reading = service.read()
        return {
            "search": search,
            "asked": len(questions) + len(warming) + len(others),
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


def _warm_searches(
    port: int, store: Path, warming: Sequence[str], others: Sequence[str]
) -> dict[str, Any]:
    _ask(port, "warming", warming)
    cached = _cached_share(store / INDEX)
    search_ms = _ask(port, "others", others).search_ms
    return {
        "warmed_with": len(warming),
        "index_cached_share": round(cached, 3),
        **spread(search_ms),
    }


def spread(times_ms: Sequence[float]) -> dict[str, Any]:
    """How many, median, quartiles, p95 and the longest, in ms."""
    lower, _, upper = statistics.quantiles(times_ms, n=4, method="inclusive")
    return {
        "questions": len(times_ms),
        "p50_ms": round(statistics.median(times_ms), 2),
        "quartiles_ms": [round(lower, 2), round(upper, 2)],
        "p95_ms": round(statistics.quantiles(times_ms, n=20, method="inclusive")[-1], 2),
        "max_ms": round(max(times_ms), 2),
    }


def _cached_share(file: Path) -> float:
    with file.open("rb") as opened:
        return resident_pages(opened.fileno()) / -(-file.stat().st_size // mmap.PAGESIZE)


@dataclass(slots=True)
class Asked:
    """What came of questions: the time of each whole answer, of its search, and its recall."""

    whole_ms: list[float] = field(default_factory=list)
    search_ms: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def _ask(
    port: int, name: str, questions: Sequence[str], true: list[list[int]] | None = None
) -> Asked:
    """Each in a conversation of its own, so that none leans on one before it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked = Asked()
    for at, question in enumerate(questions):
        body = json.dumps({"question": question, "session_id": f"million-{name}-{at}"})
        started = time.perf_counter()
        connection.request("POST", "/chat", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        asked.whole_ms.append((time.perf_counter() - started) * 1000)
        asked.search_ms.append(search_ms(response.headers["Server-Timing"]))
        if true is not None:
            found = {int(source["id"]) for source in answer["sources"]}
            asked.shares.append(len(found & set(true[at])) / TOP_K)
    connection.close()
    return asked


def search_ms(timing: str) -> float:
    """The search in the `Server-Timing` of an answer, in ms."""
    found = SEARCH.search(timing)
    assert found is not None, timing
    return float(found[1])
