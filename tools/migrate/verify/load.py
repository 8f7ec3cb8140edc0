"""The questions that are asked of a running app, and what its memory and answers show."""

from __future__ import annotations

import json
import statistics

from tools.limits import Limited, Upstream
from tools.migrate.verify.spec import Result
from tools.migrate.verify.visitors import Visitors

AT_A_TIME = 8
WORD = "QXALPHA771"
READINGS = ("rss_mib", "anonymous_mib", "working_set_mib", "cgroup_peak_mib")


def ask_questions(
    visitors: Visitors, questions: list[str], app: Limited, upstream: Upstream, result: Result
) -> None:
    """All questions one at a time, then several visitors at once, then two who must not mix."""
    one = visitors.ask_all(questions[:1], at_a_time=1)
    result.memory["after 1 question"] = memory(app)
    rest = visitors.ask_all(questions, at_a_time=1)
    result.memory[f"after {len(questions)} questions"] = memory(app)
    result.latency_ms["one at a time"] = _spread(one + rest)
    together = visitors.ask_all(questions, at_a_time=AT_A_TIME)
    result.memory[f"{AT_A_TIME} at a time"] = memory(app)
    result.latency_ms[f"{AT_A_TIME} at a time"] = _spread(together)
    result.upstream_requests = upstream.count()
    result.sessions = _sessions(visitors, upstream)


def memory(app: Limited, peak: bool = False) -> dict[str, float | None]:
    reading = app.peak() if peak else app.read()
    return {name: getattr(reading, name) for name in READINGS}


def _sessions(visitors: Visitors, upstream: Upstream) -> str | None:
    """Two visitors: does the second one's prompt hold what only the first one said?"""
    with visitors.client() as first, visitors.client() as second:
        visitors.ask(first, f"My order number is {WORD}, can it still be changed?")
        before = len(upstream.requests())
        visitors.ask(first, "What did I just say?")
        own = json.dumps(upstream.requests()[before:])
        before = len(upstream.requests())
        visitors.ask(second, "What did the visitor before me say?")
        other = json.dumps(upstream.requests()[before:])
    if WORD in other:
        return "mixed"
    return "apart" if WORD in own else None


def _spread(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(p95, 1)}
