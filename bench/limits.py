"""`python -m bench.limits`: what attacks on the service's memory come to, at its default settings.

Each attack of bench/attacks.py meets a fresh process inside 512 MiB, and one inside 16 MiB above what
it holds at rest. Told are how far the working set rose above rest, and whether the process lived and
answered a question afterwards, or was short of memory. Writes reports/limits.json; exit code 1 when
one was killed, or inside 512 MiB did not answer.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.attacks import BODIES, CROWDS, Body, crowding, statuses
from bench.machine import SERVICE_CODE, content, machine, versions
from bench.output import say, write_report
from bench.service import ROOT, serving
from bench.summary import summarize
from tools.limits import Limited
from vectorstore.commandline import Exit, run

LIMIT_MIB, ABOVE_REST_MIB = 512.0, 16.0
REST_S, CROWDED_S = 1.0, 5.0
ASKED = Body("a question", "/chat", '{"question": "Do you take PayPal?"}')


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.limits", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each attack (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/limits.json")
    arguments = parser.parse_args(argv)
    tight_mib = _rest_mib() + ABOVE_REST_MIB
    measured: dict[str, list[dict[str, Any]]] = {}
    for _ in range(arguments.runs):
        for name in (*CROWDS, *BODIES):
            found = {
                f"{label}_{key}": value
                for label, limit_mib in (("wide", LIMIT_MIB), ("tight", tight_mib))
                for key, value in _attacked(name, limit_mib).items()
            }
            measured.setdefault(name, []).append(found)
            say(f"{name}: {found}")
    report = _report(measured, tight_mib, arguments.runs)
    write_report(arguments.out, report)
    return Exit.OK if all(one["held"] for one in report["attacks"].values()) else Exit.NO


def _rest_mib() -> float:
    with serving(LIMIT_MIB, LOG_LEVEL="warning") as (service, _):
        time.sleep(REST_S)
        return _working_set_mib(service)


def _attacked(name: str, limit_mib: float) -> dict[str, float]:
    with serving(limit_mib, LOG_LEVEL="warning") as (service, port):
        time.sleep(REST_S)
        rest_mib = _working_set_mib(service)
        if name in CROWDS:
            with crowding(CROWDS[name], port):
                time.sleep(CROWDED_S)
        else:
            _unless_gone(lambda: statuses(BODIES[name], port))
        time.sleep(1)
        seen = _unless_gone(lambda: statuses(ASKED, port))
        return {
            "above_rest_mib": (service.peak().working_set_mib or rest_mib) - rest_mib,
            "killed": float(service.oom_killed),
            "answered": float(bool(seen[200])),
        }


def _unless_gone(do: Callable[[], Counter[int]]) -> Counter[int]:
    try:
        return do()
    except OSError:
        return Counter()


def _working_set_mib(service: Limited) -> float:
    found = service.read().working_set_mib
    assert found is not None
    return found


def _report(
    measured: dict[str, list[dict[str, Any]]], tight_mib: float, runs: int
) -> dict[str, Any]:
    attacks = {name: _attack(name, found) for name, found in measured.items()}
    return {
        "schema": 1,
        "command": f"python -m bench.limits --runs {runs}",
        "machine": machine(),
        "versions": versions(),
        "content": content(SERVICE_CODE),
        "runs": runs,
        "limits_mib": {"wide": LIMIT_MIB, "tight": round(tight_mib, 1)},
        "attacks": attacks,
    }


def _attack(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    every = {**CROWDS, **BODIES}
    killed = any(one["wide_killed"] or one["tight_killed"] for one in found)
    held = not killed and all(one["wide_answered"] for one in found)
    return {"title": every[name].title, "held": held, "figures": summarize(found)}


if __name__ == "__main__":
    raise SystemExit(main())
