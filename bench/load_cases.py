"""The load tests of `bench.loads`: what each is, and the arguments of `python -m loadtests`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.output import say
from bench.service import ROOT
from bench.sides import Side, make

LIMITS = ("512MiB", "160MiB")
LEAKY = "tests.loadtests.leaky:app"
TOO_SMALL = "78MiB"  # the smoke test holds inside 88 MiB
# Name -> how, and the load. What the reference repository and its conversion are asked.
REFERENCE_LOADS = {
    "steady": ("50 questions/s", ("--shape", "steady", "--rate", "50", "--duration", "2m")),
    "held": ("1 question/s", ("--shape", "steady", "--rate", "1", "--duration", "4m")),
    "slow": ("5 questions/s", ("--shape", "steady", "--rate", "5", "--duration", "3m")),
    "eight": ("8 at a time", ("--shape", "steady", "--at-a-time", "8", "--duration", "2m")),
}
REFERENCE = tuple(f"{side}-{load}" for load in REFERENCE_LOADS for side in ("legacy", "converted"))


@dataclass(frozen=True)
class Loaded:
    """What is loaded: `paths` of `root`, and what else makes it what it is."""

    name: str
    root: Path
    paths: Sequence[str]
    packages: Mapping[str, str] = field(default_factory=dict)


SERVICE = Loaded("service", ROOT, ("requirements.txt", "service", "vectorstore"))


@dataclass(frozen=True)
class Case:
    """A load by a name of its own."""

    title: str
    arguments: Sequence[str]
    loaded: Loaded = SERVICE


def cases(steady: str, soak: str, reference: Path | None, sides: Path) -> dict[str, Case]:
    """Those that can be run, by name; REFERENCE only with its checkout.

    `steady` and `soak` are durations; `sides` keeps the environments.
    """
    found = {**_target(steady, soak), **_knees(), **_broken()}
    return {**found, **(_reference(reference, sides) if reference else {})}


def _target(steady: str, soak: str) -> dict[str, Case]:
    """Our service inside what it promises."""
    loads = {
        "steady": ("steady, 50 questions/s", ("--rate", "50", "--duration", steady)),
        "spike": ("spike from 30 to 300 visitors", ("--interval-s", "6")),
        "sessions": ("10,000 sessions", ("--rate", "25")),
        "soak": (f"soak, 10 questions/s, {soak}", ("--rate", "10", "--duration", soak)),
    }
    return {
        f"{shape}-{limit.removesuffix('MiB')}": Case(
            f"{title}, inside {limit}", ("--shape", shape, "--limit", limit, *arguments)
        )
        for shape, (title, arguments) in loads.items()
        for limit in LIMITS
    }


def _knees() -> dict[str, Case]:
    """The highest rate held: one worker, one core, an answer of the cache counts nowhere."""
    found = {}
    for engine, title in (("upstream", "lean"), ("langchain", "LangChain")):
        for users, how in (("passer_by", "whole answers"), ("streaming", "streamed")):
            arguments = ("--shape", "ramp", "--engine", engine, "--users", users, "--rate", "5")
            found[f"knee-{engine}-{users}"] = Case(
                f"highest rate held, {title}, {how}",
                (*arguments, "--env", "CACHE_MIB=0", "--cores", "1"),
            )
    return found


def _broken() -> dict[str, Case]:
    """What has to fail, and to say why."""
    leaky = f"{shlex.quote(sys.executable)} -m uvicorn {LEAKY} --port {{port}} --no-access-log"
    leak = ("--command", leaky, "--cwd", str(ROOT), "--env", "CHAT_ENGINE=extractive")
    minute = ("--rate", "10", "--duration", "60s")
    return {
        "broken-leak": Case("a leak of 50 KiB per question", (*minute, *leak)),
        "broken-slow": Case("an upstream answering in 40 s", (*minute, "--latency-ms", "40000")),
        "broken-upstream": Case(
            "an upstream failing half of its calls", (*minute, "--fault", "500:0.5")
        ),
        "broken-limit": Case(
            f"a limit 10 MiB too small: {TOO_SMALL}", (*minute, "--limit", TOO_SMALL)
        ),
    }


def _reference(checkout: Path, work: Path) -> dict[str, Case]:
    """The repository as it was and as `make migrate` leaves it: whatever happens."""
    sides = {side.name: side for side in make(checkout.resolve(), work.resolve(), say)[:2]}
    found = {}
    for name in REFERENCE:
        side, load = sides[name.split("-")[0]], name.split("-")[1]
        how, arguments = REFERENCE_LOADS[load]
        loaded = Loaded(side.name, side.folder, (".",), side.packages())
        title = f"{side.title}, {how}, inside 512MiB"
        found[name] = Case(title, (*arguments, *_of_side(side)), loaded)
    return found


def _of_side(side: Side) -> list[str]:
    command = shlex.join([str(side.python), *side.arguments])
    arguments = ["--command", command, "--cwd", str(side.folder), "--ready", side.ready_path]
    arguments += ["--thresholds", str(ROOT / "bench/load_thresholds.toml")]
    arguments += ["--redirect", "--adapter", "question_answer", "--users", "conversation,faq"]
    arguments += [
        word for name in side.environment for word in ("--env", f"{name}={side.environment[name]}")
    ]
    return arguments + [word for path in side.cold for word in ("--cold", str(path))]
