"""`python -m bench.engines`: what LangChain costs, as the same conversation with and without it.

Each run is a fresh process of the service, the engines alternately: left alone for a second, asked 200
questions one at a time, then 2,000 over 200 sessions, eight at a time. All questions differ, every
one after a session's first is condensed, and the cache is off. The language model is the local
upstream with 50 ms until its first word. Writes reports/engines.json and prints both side by side;
exit code 1 when a question was not answered.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.load import ask, figures
from bench.machine import SERVICE, machine, versions
from bench.output import say, write_report
from bench.questions import questions
from bench.service import (
    FAQ,
    MODEL,
    ROOT,
    SESSIONS,
    STORE,
    VISITORS,
    token_counts,
)
from bench.summary import summarize
from tools.limits import Limited, start, upstream
from tools.limits.free_port import free_port
from tools.limits.ready import await_ready
from vectorstore.commandline import Exit, run

ENGINES = {"upstream": "without LangChain", "langchain": "with LangChain"}
LANGCHAIN = ("langchain-classic", "langchain-core", "langchain-openai", "openai")
WARM_UP, ONE_AT_A_TIME, AT_ONCE = 20, 200, 2000
LATENCY_MS = 50
# Figure -> its name in the table and its digits.
FIGURES = {
    "ready_s": ("ready, s", 2),
    "rest_rss_mib": ("RSS at rest, MiB", 1),
    "rest_anonymous_mib": ("of it anonymous, MiB", 1),
    "after_200_rss_mib": ("RSS after 200 questions, MiB", 1),
    "after_200_anonymous_mib": ("of it anonymous, MiB", 1),
    "rss_mib": ("RSS after 2,000 more, MiB", 1),
    "anonymous_mib": ("of it anonymous, MiB", 1),
    "one_p50_ms": ("one at a time, p50, ms", 0),
    "one_p95_ms": ("p95, ms", 0),
    "p50_ms": ("8 at a time, p50, ms", 0),
    "p95_ms": ("p95, ms", 0),
    "per_second": ("questions a second, 8 at a time", 1),
}


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.engines", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.engines", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/engines.json")
    arguments = parser.parse_args(argv)
    asked = questions(WARM_UP + ONE_AT_A_TIME + AT_ONCE, FAQ)
    measured: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    for number in range(arguments.runs):
        for engine in ENGINES:
            found = _measure(engine, asked)
            measured[engine].append(found)
            say(f"run {number + 1}, {ENGINES[engine]}: {_line(found)}")
    report = _report(measured, asked, arguments.runs)
    write_report(arguments.out, report)
    for line in table(report["engines"]):
        say(line)
    missing = sum(one["asked"] - one["answered"] for found in measured.values() for one in found)
    return Exit.OK if not missing else Exit.NO


def _measure(engine: str, asked: Sequence[str]) -> dict[str, float]:
    port = free_port()
    command = [sys.executable, "-m", "service", "--port", str(port)]
    with upstream(latency_ms=LATENCY_MS) as local:
        environment = _environment(engine, local.base_url)
        started = time.perf_counter()
        with start(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as service:
            await_ready(service, port)
            ready_s = time.perf_counter() - started
            time.sleep(1)
            rest = _memory(service, "rest_")
            return {"ready_s": ready_s, **rest, **_ask_all(service, port, asked)}


def _environment(engine: str, base_url: str) -> dict[str, str]:
    chosen = {
        "MODEL_DIR": str(MODEL),
        "STORE_DIR": str(STORE),
        "CHAT_ENGINE": engine,
        "LLM_API_KEY": "local",
        "LLM_BASE_URL": base_url,
        "CACHE_MIB": "0",
    }
    return {**os.environ, **chosen}


def _ask_all(service: Limited, port: int, asked: Sequence[str]) -> dict[str, float]:
    first = WARM_UP + ONE_AT_A_TIME
    ask(port, asked[:WARM_UP], sessions=1, at_a_time=1)
    one = ask(port, asked[WARM_UP:first], sessions=SESSIONS // 10, at_a_time=1)
    after_200 = _memory(service, "after_200_")
    many = ask(port, asked[first:], sessions=SESSIONS, at_a_time=VISITORS)
    return {
        **after_200,
        **_memory(service, ""),
        **figures(one, many),
    }


def _memory(service: Limited, prefix: str) -> dict[str, float]:
    reading = service.read()
    figures = {"rss_mib": reading.rss_mib, "anonymous_mib": reading.anonymous_mib}
    return {f"{prefix}{name}": float(value or "nan") for name, value in figures.items()}


def _report(
    measured: dict[str, list[dict[str, float]]], asked: Sequence[str], runs: int
) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": f"python -m bench.engines --runs {runs}",
        "machine": machine(),
        "versions": versions([*SERVICE, *LANGCHAIN]),
        "runs": runs,
        "load": {
            "questions": len(asked),
            "different": len(set(asked)),
            **token_counts(asked),
            "sessions": SESSIONS,
            "at_a_time": VISITORS,
            "upstream_latency_ms": LATENCY_MS,
            "cache": False,
        },
        "engines": {engine: summarize(found) for engine, found in measured.items()},
    }


def table(engines: dict[str, dict[str, Any]]) -> list[str]:
    """Both engines side by side, as lines of a Markdown table: medians, lowest to highest."""
    rows = [
        f"| {text} | " + " | ".join(_spread(engines[name][key], digits) for name in ENGINES) + " |"
        for key, (text, digits) in FIGURES.items()
    ]
    head = "| the same conversation | " + " | ".join(ENGINES.values()) + " |"
    return [head, "| --- |" + " --- |" * len(ENGINES), *rows]


def _spread(figure: dict[str, float], digits: int) -> str:
    low, middle, high = (f"{figure[key]:.{digits}f}" for key in ("min", "median", "max"))
    return f"{middle} ({low} to {high})"


def _line(found: dict[str, float]) -> str:
    return (
        f"ready {found['ready_s']:.2f} s, RSS {found['rest_rss_mib']:.1f} at rest,"
        f" {found['after_200_rss_mib']:.1f} and {found['rss_mib']:.1f} MiB after; one at a time"
        f" {found['one_p50_ms']:.0f} ms; {VISITORS} at a time {found['per_second']:.1f}/s,"
        f" p95 {found['p95_ms']:.0f} ms; {found['answered']:.0f} of {found['asked']:.0f}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
