"""`python -m loadtests`: load a chat service inside its memory limit, and judge it."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadtests.adapters import load
from loadtests.arguments import LOAD, check_load, check_target, parser
from loadtests.figures import figures
from loadtests.options import HISTORY, STATISTICS, STOP, Options
from loadtests.others import Others
from loadtests.plan import VISITORS, check_visitors, plan
from loadtests.questions import read_questions
from loadtests.report.command import shown, without_password
from loadtests.report.data import report
from loadtests.report.terminal import lines
from loadtests.report.write import read_last, write
from loadtests.run import Model, Ran, run_local, run_remote
from loadtests.say import PROGRAM, say
from loadtests.target import ROOT, Target, service
from loadtests.thresholds import read_thresholds
from loadtests.verdict import judge
from tools.limits.faults import parse_faults
from tools.limits.sigterm import ended_by_sigterm
from tools.limits.units import format_mib, parse_mib
from vectorstore.commandline import CommandError, run

DEFAULT_MIB = 512.0
LEFT_BEHIND = (STOP, STATISTICS, HISTORY, "ramp.json", "locust.log", "server.log")


def main(argv: Sequence[str] | None = None) -> int:
    with ended_by_sigterm(PROGRAM):
        return run(PROGRAM, _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    own, extra = _split(words)
    arguments = parser().parse_args(own)
    options = _options(arguments)
    thresholds = read_thresholds(Path(options.thresholds), options.shape)
    if not arguments.thresholds:  # ours are for every kind of visitor
        thresholds = [one for one in thresholds if one.metric not in _not_sent(options)]
    limit_mib = _limit_mib(arguments)
    model = _model(arguments)
    _clear(Path(options.out))
    say(_what(options, arguments, limit_mib))
    others = Others()
    ran = _run(arguments, options, limit_mib, model, extra)
    busy = {"machine_load": others.seen()}
    found = figures(ran, options)
    verdict = judge(ran, found, thresholds)
    about = _about(arguments, words, limit_mib, model)
    _tell(report(ran, found, verdict, options, about | busy), arguments)
    return verdict.exit_code


def _model(arguments: argparse.Namespace) -> Model:
    given = {name: getattr(arguments, name) for name in ("latency_ms", "token_rate")}
    given = {name: value for name, value in given.items() if value is not None}
    return Model(**given, faults=parse_faults(arguments.fault or []))


def _not_sent(options: Options) -> set[str]:
    """The metrics of what none of the visitors sends: no answer is streamed, or nobody is unfriendly."""
    users = options.users or plan(options.shape).users
    chosen = {name.strip() for name in users.split(",")} if users else set(VISITORS)
    streams = "streaming" in chosen and load(options.adapter).streams
    sent = {"first_token_p95": streams, "wrong_refusals": "unfriendly" in chosen}
    return {metric for metric, is_sent in sent.items() if not is_sent}


def _tell(found: dict[str, Any], arguments: argparse.Namespace) -> None:
    written = write(found, read_last(arguments.out), arguments.out)
    print(json.dumps(written) if arguments.json else "\n".join(lines(written)))
    say(f"report: {arguments.out / 'load.html'}")


def _limit_mib(arguments: argparse.Namespace) -> float | None:
    """None for no limit, and for a remote host whose /metrics tells it."""
    if arguments.limit is None:
        return None if arguments.host else DEFAULT_MIB
    return parse_mib(arguments.limit) if arguments.limit else None


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Ours, and what stands after "--" for Locust itself."""
    at = words.index("--") if "--" in words else len(words)
    return list(words[:at]), list(words[at + 1 :])


def _options(arguments: argparse.Namespace) -> Options:
    """The options, everything that can be wrong with them said before anything is started."""
    plan(arguments.shape)
    check_visitors(arguments.users)
    check_target(arguments)
    check_load(arguments)
    load_given = {name: getattr(arguments, name) for name in LOAD}
    given = {name: value for name, value in load_given.items() if value is not None}
    given |= {
        name: getattr(arguments, name)
        for name in ("shape", "users", "adapter", "seed", "timeout_s")
    }
    files = {"questions": arguments.questions, "thresholds": arguments.thresholds}
    files = {name: str(file.resolve()) for name, file in files.items() if file}
    out = arguments.out / "locust"
    options = replace(
        Options(), **given, **files, duration_s=arguments.duration, out=str(out.resolve())
    )
    if options.adapter.endswith(".toml"):
        options = replace(options, adapter=str(Path(options.adapter).resolve()))
    load(options.adapter)
    read_questions(Path(options.questions))
    return options


def _clear(out: Path) -> None:
    """Make the folder, without what an earlier run of ours has left there; other files are not ours."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in LEFT_BEHIND:
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"--out: {out}: {error.strerror}. Choose another folder.") from error


def _run(
    arguments: argparse.Namespace,
    options: Options,
    limit_mib: float | None,
    model: Model,
    extra: Sequence[str],
) -> Ran:
    if arguments.host:
        return run_remote(arguments.host, limit_mib, options, extra)
    return run_local(_target(arguments), limit_mib, model, options, extra)


def _target(arguments: argparse.Namespace) -> Target:
    pairs = [word.partition("=") for word in arguments.env or []]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise CommandError(f"--env {wrong[0]!r} is not NAME=VALUE.")
    given = {name: value for name, _, value in pairs}
    if not arguments.command:
        ours = service(_engine(arguments))
        return replace(ours, environment={**ours.environment, **given}, cores=arguments.cores)
    folder = (arguments.cwd or Path.cwd()).resolve()
    cold = [path.resolve() for path in arguments.cold or []]
    command = shlex.split(arguments.command)
    ready, redirect = arguments.ready or "/ready", bool(arguments.redirect)
    return Target(command, folder, given, ready, cold, redirect, arguments.cores)


def _engine(arguments: argparse.Namespace) -> str:
    return arguments.engine or "upstream"


def _about(
    arguments: argparse.Namespace, words: Sequence[str], limit_mib: float | None, model: Model
) -> dict[str, Any]:
    own = arguments.command or f"service, engine {_engine(arguments)}"
    upstream = {"latency_ms": model.latency_ms, "token_rate": model.token_rate}
    return {
        "command": shown(words),
        "target": without_password(arguments.host or own.replace(str(ROOT), ".")),
        "limit_mib": limit_mib,
        "upstream": None if arguments.host else {**upstream, "faults": dict(model.faults)},
    }


def _what(options: Options, arguments: argparse.Namespace, limit_mib: float | None) -> str:
    seconds = options.duration_s or plan(options.shape).duration_s
    where = (
        without_password(arguments.host or "")
        or f"the service inside {format_mib(limit_mib) if limit_mib else 'no limit'}"
    )
    return f"{options.shape} ({plan(options.shape).about}) against {where}, at most {seconds:g} s"
