"""`python -m bench.claims`: three claims of the guide that no other benchmark measures.

What a window of 5 and of 3 turns takes, as this service keeps it, as LangChain's window does, and as
a memory does that only hides the older turns; what Redis costs a service that is one (without a
`redis-server` it is *not measured*); what a second worker takes. Turns have 200 bytes. Writes
reports/claims.json.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from bench.machine import SERVICE_CODE, content, machine, versions
from bench.output import say, write_report
from bench.service import COMMAND, FAQ, ROOT, serving
from bench.summary import summarize
from service.memory_sessions import MemorySessions
from service.sessions import Turn
from tools.limits.free_port import free_port
from vectorstore.commandline import Exit, run

CONVERSATIONS, TURNS = 500, 20
WINDOWS = (5, 3)
WORDS = FAQ.read_text("utf-8").split()


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.claims", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.claims", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each process (default: 3)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/claims.json")
    arguments = parser.parse_args(argv)
    report = {
        "schema": 1,
        "command": f"python -m bench.claims --runs {arguments.runs}",
        "machine": machine(),
        "versions": versions(),
        "content": content(SERVICE_CODE),
        "runs": arguments.runs,
        "window": {"conversations": CONVERSATIONS, "turns": TURNS, "kib_each": _windows()},
        "services": _services(arguments.runs),
    }
    write_report(arguments.out, report)
    return Exit.OK


def _turn(conversation: int, turn: int) -> tuple[str, str]:
    """A question and an answer of words of the sample's documents, 200 bytes together."""
    random = Random(f"{conversation} {turn}")
    text = " ".join(random.choices(WORDS, k=60))
    return text[:80], text[80:200]


def _windows() -> dict[str, float]:
    """KiB that one conversation takes after TURNS turns."""
    kinds: dict[str, Callable[[], Any]] = {
        **{f"service, k={k}": lambda k=k: _ours(k) for k in WINDOWS},
        **{f"LangChain's window, k={k}": lambda k=k: _langchain(k) for k in WINDOWS},
    }
    found = {name: _kib_each(make) for name, make in kinds.items()}
    for name, kib in found.items():
        say(f"{name}: {kib:.1f} KiB a conversation")
    return found


def _kib_each(make: Callable[[], Any]) -> float:
    make()  # what is made once
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
        del kept
    finally:
        tracemalloc.stop()
    return round(taken / CONVERSATIONS / 1024, 2)


def _ours(k: int) -> MemorySessions:
    kept = MemorySessions(turns=k, max_sessions=CONVERSATIONS, max_bytes=2**30, ttl_s=3600)

    async def fill() -> None:
        for one in range(CONVERSATIONS):
            for number in range(TURNS):
                await kept.append(f"session-{one}", Turn(*_turn(one, number)), 0)

    asyncio.run(fill())
    return kept


def _langchain(k: int) -> list[Any]:
    from langchain_classic.memory import ConversationBufferWindowMemory

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated: that is what legacy bots use
        kept = [ConversationBufferWindowMemory(k=k) for _ in range(CONVERSATIONS)]
    for one, memory in enumerate(kept):
        for number in range(TURNS):
            question, answer = _turn(one, number)
            memory.save_context({"input": question}, {"output": answer})
    return kept


def _services(runs: int) -> dict[str, Any]:
    """MiB of processes at rest: one worker, one with Redis, two workers, alternately."""
    uvicorn = [sys.executable, "-m", "uvicorn", "service.app:app", "--port", "{port}"]
    server = shutil.which("redis-server")
    redis_port = free_port()
    sides: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
        "one": (COMMAND, {}),
        "uvicorn, 1 worker": ([*uvicorn, "--workers", "1"], {}),
        "uvicorn, 2 workers": ([*uvicorn, "--workers", "2"], {}),
    }
    if server:
        sides["with Redis"] = (COMMAND, {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"})
    with subprocess.Popen(_redis(server, redis_port), stdout=subprocess.DEVNULL) as redis:
        try:
            measured = [{name: _rest(*side) for name, side in sides.items()} for _ in range(runs)]
        finally:
            redis.terminate()
    found: dict[str, Any] = {}
    for name in sides:
        found[name] = summarize([one[name] for one in measured])
        say(f"{name}: working set {found[name]['working_set_mib']['median']} MiB")
    return found if server else {**found, "with Redis": "not measured: there is no redis-server"}


def _redis(server: str | None, port: int) -> list[str]:
    if server is None:
        return ["true"]
    return [server, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]


def _rest(command: Sequence[str], variables: Mapping[str, str]) -> dict[str, float | None]:
    with serving(None, command, **variables) as (service, _):
        time.sleep(3)  # the second worker, too
        rest = service.read()
        return {"working_set_mib": rest.working_set_mib, "anonymous_mib": rest.anonymous_mib}


if __name__ == "__main__":
    raise SystemExit(main())
