"""The report as one dictionary, which load.json is and all other forms are made of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from bench.machine import machine
from loadtests.figures import Figures, rows
from loadtests.options import Options
from loadtests.plan import plan
from loadtests.run import Ran
from loadtests.verdict import Verdict

SCHEMA = 2
_MOST_POINTS = 600
_ERRORS = 20


def report(
    ran: Ran, figures: Figures, verdict: Verdict, options: Options, about: dict[str, Any]
) -> dict[str, Any]:
    """`about`: command, target, limit and upstream as the command line had them; the machine's load."""
    return {
        "schema": SCHEMA,
        **about,
        "machine": machine(),
        "versions": {
            "python": sys.version.split()[0],
            "locust": version("locust"),
            "gevent": version("gevent"),
        },
        "runs": 1,
        "load": _load(options),
        "memory_from": ran.how_memory,
        "enforcement": ran.enforcement,
        "warning": ran.warning,
        "left_in_cache_mib": rounded(ran.left_in_cache_mib),
        "upstream_requests": ran.upstream_requests,
        "verdict": verdict.word,
        "exit_code": int(verdict.exit_code),
        "interrupted_after_s": ran.sent.interrupted.after_s if ran.sent.interrupted else None,
        "why": list(verdict.why),
        "thresholds": [
            {
                "metric": one.threshold.metric,
                "text": one.threshold.text,
                "value": rounded(one.value),
                "measured": one.measured,
                "holds": one.holds,
            }
            for one in verdict.judged
        ],
        "figures": {name: rounded(value) for name, value in figures.items()},
        "rows": rows(ran),
        "errors": sorted(ran.sent.errors, key=lambda error: -int(error["count"]))[:_ERRORS],
        "steps": list(ran.sent.steps),
        "series": series(ran),
    }


def _load(options: Options) -> dict[str, Any]:
    at_a_time = options.at_a_time or None
    return {
        "shape": options.shape,
        "rate": None if at_a_time else options.rate,
        "at_a_time": at_a_time,
        "interval_s": options.interval_s,
        "duration_s": options.duration_s or plan(options.shape).duration_s,
        "most_users": options.most_users if options.shape == "spike" else None,
        "step": options.step if options.shape == "ramp" else None,
        "step_s": options.step_s if options.shape == "ramp" else None,
        "sessions": options.sessions if options.shape == "sessions" else None,
        "users": options.users or plan(options.shape).users or "the usual mix",
        "adapter": options.adapter,
        "seed": options.seed,
    }


def series(ran: Ran) -> dict[str, list[float | None]]:
    """The curves on one axis of seconds since the first of them; buckets where there are many.

    Requests and failures are per second, memory in MiB, p95 in ms of the 10 s before.
    """
    times = [s.at_s for s in ran.samples] + [line["at_s"] for line in ran.sent.history]
    if not times:
        return {}
    first, seconds = min(times), max(times) - min(times)
    width = max(1.0, seconds / _MOST_POINTS)
    found: dict[str, list[float | None]] = {"at_s": []}
    for number in range(int(seconds / width) + 1):
        begin = first + number * width
        found["at_s"].append(round(number * width, 1))
        memory = [s for s in ran.samples if begin <= s.at_s < begin + width]
        lines = [line for line in ran.sent.history if begin <= line["at_s"] < begin + width]
        for name in ("working_set_mib", "rss_mib", "anonymous_mib"):
            found.setdefault(name, []).append(_highest([getattr(s, name) for s in memory]))
        for name in ("requests", "failures"):
            found.setdefault(name, []).append(_mean([line[name] for line in lines]))
        for name in ("users", "p95_ms"):
            found.setdefault(name, []).append(_highest([line[name] for line in lines]))
    return found


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _highest(values: Sequence[float | None]) -> float | None:
    return rounded(max((value for value in values if value is not None), default=None))


def _mean(values: Sequence[float]) -> float | None:
    return rounded(sum(values) / len(values)) if values else None
