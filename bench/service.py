"""`python -m bench.service`: what the chat service takes, and what it does inside a real limit.

Each run is a fresh process on a cold cache: without a limit, inside 512 MiB and inside 128 MiB,
alternately. It is left alone for a second, asked 200 questions one at a time, then 2,000 over 200
sessions, eight at a time; all questions differ. Writes reports/service.json; exit code 1 when a
target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from bench.load import ask, figures
from bench.machine import SERVICE_CODE, content, machine, versions
from bench.output import say, write_report
from bench.questions import questions
from bench.summary import summarize
from bench.verdict import verdict
from tools.limits import Limited, Reading, evict, format_mib, start
from tools.limits.free_port import free_port
from tools.limits.ready import await_ready
from vectorstore.commandline import Exit, run

ROOT = Path(__file__).resolve().parent.parent
FAQ = ROOT / "examples/shop_faq.jsonl"
MODEL = ROOT / "models/all-MiniLM-L6-v2"
STORE = ROOT / "stores/shop"
LIMITS_MIB = (None, 512.0, 128.0)
ONE_AT_A_TIME, WARM_UP, AT_ONCE, SESSIONS, VISITORS = 200, 20, 2000, 200, 8
READY_WITHIN_S = 60
COMMAND = (sys.executable, "-m", "service", "--port", "{port}")


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.service", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.service", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs for each limit (default: 5)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/service.json")
    arguments = parser.parse_args(argv)
    asked = questions(WARM_UP + ONE_AT_A_TIME + AT_ONCE, FAQ)
    measured: dict[str, list[dict[str, Any]]] = {_name(limit): [] for limit in LIMITS_MIB}
    for number in range(arguments.runs):
        for limit_mib in LIMITS_MIB:
            found = _measure(limit_mib, asked)
            measured[_name(limit_mib)].append(found)
            say(f"run {number + 1}, limit {_name(limit_mib)}: {_line(found)}")
    report = _report(measured, asked, arguments.runs)
    write_report(arguments.out, report)
    for line in report["verdict"]:
        say(line)
    return Exit.OK if all(line.startswith("ok") for line in report["verdict"]) else Exit.NO


def _name(limit_mib: float | None) -> str:
    return "none" if limit_mib is None else format_mib(limit_mib)


def _measure(limit_mib: float | None, asked: Sequence[str]) -> dict[str, Any]:
    """One fresh process: its start, its rest, its questions."""
    site_packages = Path(sysconfig.get_paths()["platlib"])
    evicted = evict([site_packages, ROOT / "service", ROOT / "vectorstore", MODEL, STORE])
    started = time.perf_counter()
    with serving(limit_mib, CACHE_MIB="0", LOG_LEVEL="info") as (service, port):
        ready_s = time.perf_counter() - started
        time.sleep(1)
        rest = service.read()
        figures = _ask_all(port, asked)
        after = service.read()
        return {
            "ready_s": ready_s,
            "rest_rss_mib": rest.rss_mib,
            "rest_anonymous_mib": rest.anonymous_mib,
            **figures,
            **_memory(after),
            "peak_rss_mib": service.peak().rss_mib,
            "killed": int(service.oom_killed),
            "left_in_cache_mib": evicted.kept_mib,
            "enforcement": str(service.enforcement),
        }


@contextmanager
def serving(
    limit_mib: float | None, command: Sequence[str] = COMMAND, **settings: str
) -> Iterator[tuple[Limited, int]]:
    """A service on the sample store once it is ready, and its port: `{port}` in the command."""
    port = free_port()
    own = {"MODEL_DIR": str(MODEL), "STORE_DIR": str(STORE), "CHAT_ENGINE": "extractive"}
    with start(
        [word.format(port=port) for word in command],
        limit_mib=limit_mib,
        cwd=ROOT,
        env={**os.environ, **own, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as service:
        await_ready(service, port, within_s=READY_WITHIN_S)
        yield service, port


def _ask_all(port: int, asked: Sequence[str]) -> dict[str, float]:
    first = WARM_UP + ONE_AT_A_TIME
    ask(port, asked[:WARM_UP], sessions=1, at_a_time=1)
    one = ask(port, asked[WARM_UP:first], sessions=SESSIONS, at_a_time=1)
    many = ask(port, asked[first:], sessions=SESSIONS, at_a_time=VISITORS)
    return figures(one, many)


def _memory(reading: Reading) -> dict[str, float | None]:
    return {
        "rss_mib": reading.rss_mib,
        "anonymous_mib": reading.anonymous_mib,
        "working_set_mib": reading.working_set_mib,
        "cgroup_peak_mib": reading.cgroup_peak_mib,
        "major_faults": reading.major_faults,
        "threads": reading.threads,
    }


def _report(
    measured: dict[str, list[dict[str, Any]]], asked: Sequence[str], runs: int
) -> dict[str, Any]:
    enforcement = {name: found[-1].pop("enforcement") for name, found in measured.items()}
    for found in measured.values():
        for one in found:
            one.pop("enforcement", None)
    figures = {name: summarize(found) for name, found in measured.items()}
    return {
        "schema": 1,
        "command": f"python -m bench.service --runs {runs}",
        "machine": machine(),
        "versions": versions(),
        "content": content(SERVICE_CODE),
        "model": json.loads((MODEL / "embedding.json").read_text())["recipe"],
        "runs": runs,
        "load": {
            "questions": len(asked),
            "different": len(set(asked)),
            **token_counts(asked),
            "sessions": SESSIONS,
            "at_a_time": VISITORS,
            "cache": False,
        },
        "enforcement": enforcement,
        "limits": figures,
        "verdict": verdict(figures),
    }


def token_counts(asked: Sequence[str]) -> dict[str, float]:
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(asked))]
    return {
        "distinct_tokens": len({token for ids in encoded for token in ids}),
        "mean_tokens": round(sum(map(len, encoded)) / len(encoded), 1),
    }


def _line(found: dict[str, Any]) -> str:
    return (
        f"ready {found['ready_s']:.2f} s, RSS {found['rest_rss_mib']:.1f} at rest,"
        f" {found['rss_mib']:.1f} after, anonymous {found['anonymous_mib']:.1f} MiB;"
        f" one at a time {found['one_p50_ms']:.1f} ms; {VISITORS} at a time"
        f" {found['per_second']:.0f}/s, p95 {found['p95_ms']:.0f} ms;"
        f" {found['answered']} of {found['asked']}; major faults {found['major_faults']}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
