"""What is left of a load: one line a second of what happened, and the statistics at its end.

Locust's own history has the percentiles of all requests together, refusals and first tokens included.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner
from locust.stats import StatsError

from loadtests.asked import Asked, asked
from loadtests.options import HISTORY, STATISTICS
from loadtests.setting import options
from loadtests.unasked import UNASKED

WINDOW_S = 10  # of the percentile


def keep(environment: Environment, **_: Any) -> None:
    """Begin the history, where there is a folder for it; the workers of a distributed run tell the master."""
    if isinstance(environment.runner, WorkerRunner):
        environment.events.test_stop.add_listener(_tell_master)  # type: ignore[no-untyped-call]
        return
    if not options().out:
        return
    out = Path(options().out)
    gevent.spawn(_write, environment, out / HISTORY)
    # Locust's --json-file is written by its workers, too, each over the other's.
    environment.events.quit.add_listener(lambda **_: _save(environment, out / STATISTICS))  # type: ignore[no-untyped-call]


def _tell_master(environment: Environment, **_: Any) -> None:
    """What a worker counted last. Locust's own last report comes after its stop timeout, too late."""
    worker = environment.runner
    assert isinstance(worker, WorkerRunner)
    data: dict[str, Any] = {}
    environment.events.report_to_master.fire(client_id=worker.client_id, data=data)  # type: ignore[no-untyped-call]
    worker.send_message("stats", data)


def _save(environment: Environment, file: Path) -> None:
    stats = environment.stats
    whole = {
        "entries": stats.serialize_stats(),
        "unasked": UNASKED.count,
        "errors": [_plain(error) for error in stats.errors.values()],
    }
    file.write_text(json.dumps(whole), "utf-8")


def _plain(error: StatsError) -> dict[str, Any]:
    found: dict[str, Any] = error.to_dict()  # type: ignore[no-untyped-call]
    return found


def _write(environment: Environment, file: Path) -> None:
    past: deque[Asked] = deque([asked(environment.stats)], maxlen=WINDOW_S + 1)
    with file.open("w", encoding="utf-8") as lines:
        while True:
            gevent.sleep(1 - time.time() % 1)
            past.append(asked(environment.stats))
            users = environment.runner.user_count if environment.runner else 0
            line = _line(past[0], past[-2], past[-1]) | {"users": users}
            lines.write(json.dumps(line) + "\n")
            lines.flush()


def _line(oldest: Asked, before: Asked, now: Asked) -> dict[str, float | None]:
    recent = Asked(times=Counter(now.times) - Counter(oldest.times))
    return {
        "at_s": round(time.time(), 2),
        "requests": now.requests - before.requests,
        "sent": now.sent - before.sent,
        "failures": now.failures - before.failures,
        "p95_ms": recent.percentile(0.95),
    }
